use super::*;
use crate::rpc::tests::{addresses, answer, node, stored};
use bytemuck::Zeroable;
use perp_accounts::VERSION;
use solana_rpc_client_api::request::RpcRequest;

/// What a node whose pool closed this boundary last tells of its epochs, with this list of transactions.
fn epochs(boundary: i64, listed: &str) -> Result<Vec<EpochClosed>, EpochsError> {
    let mut pool = Pool { version: VERSION, ..Pool::zeroed() };
    pool.state.last.boundary = Timestamp::new(boundary);
    let answers = [
        (RpcRequest::GetAccountInfo, answer(&stored(&pool))),
        (RpcRequest::GetSignaturesForAddress, listed.to_owned()),
    ];
    node("succeeds", &answers).epochs(&addresses(), 10)
}

#[test]
fn an_exchange_that_closed_no_boundary_has_no_epochs() {
    assert_eq!(epochs(0, "[]").unwrap(), []);
}

#[test]
fn a_node_that_lists_nothing_of_the_close_is_asked_for_more_history() {
    let error = epochs(3_600, r#"[{"signature":"x","slot":1,"err":{"InstructionError":[0,{"Custom":1}]},"memo":null,"blockTime":null,
        "confirmationStatus":"finalized"}]"#);
    let told = error.unwrap_err().to_string();
    assert!(told.contains("no close of the boundary 3600") && told.contains("older history"), "{told}");
}
