use super::*;
use crate::rpc::tests::{addresses, answer, node, stored};
use bytemuck::Zeroable;
use perp_accounts::VERSION;
use solana_rpc_client_api::request::RpcRequest;

/// A transaction that did nothing.
const IDLE: &str = r#"{"slot":2,"blockTime":null,"transaction":{"signatures":[],"message":{"accountKeys":["11111111111111111111111111111111"],"recentBlockhash":"",
    "instructions":[],"header":{"numRequiredSignatures":1,"numReadonlySignedAccounts":0,"numReadonlyUnsignedAccounts":0}}},
    "meta":{"err":null,"status":{"Ok":null},"fee":5000,"preBalances":[],"postBalances":[],"logMessages":[],"innerInstructions":[],
        "loadedAddresses":{"writable":[],"readonly":[]}}}"#;

/// A node whose pool closed this boundary last, which knows one transaction of the record and nothing of the record itself.
fn epochs(boundary: i64) -> Result<Vec<ClosedBoundary>, EpochsError> {
    let mut pool = Pool { version: VERSION, ..Pool::zeroed() };
    pool.state.last.boundary = Timestamp::new(boundary);
    let answers = [(RpcRequest::GetAccountInfo, answer(&stored(&pool)))];
    node("succeeds", &answers).epochs(&addresses(), 10)
}

/// What a node makes of a transaction of the record that did nothing, or that it does not tell of.
fn close_among(record: Option<&str>) -> EpochsError {
    let answers: Vec<_> = record.map(|record| (RpcRequest::GetTransaction, record.to_owned())).into_iter().collect();
    let node = node(if record.is_some() { "succeeds" } else { "fails" }, &answers);
    node.close_among(&[Signature::default()], Pubkey::new_unique(), Timestamp::new(3_600)).unwrap_err()
}

#[test]
fn an_exchange_that_closed_no_boundary_has_no_epochs() {
    assert_eq!(epochs(0).unwrap(), []);
}

#[test]
fn a_node_that_does_not_reach_back_to_the_close_is_named_as_such() {
    let told = close_among(Some(IDLE)).to_string();
    assert!(told.contains("no close of the boundary 3600") && told.contains("older history"), "{told}");
}

#[test]
fn attack_a_transaction_that_cannot_be_read_does_not_hide_the_close_of_others() {
    // It is passed over, and named where nothing else closed the boundary.
    let EpochsError::NoClose { unread: Some(unread), .. } =
        close_among(Some(&IDLE.replace("[],\"innerInstructions\"", "null,\"innerInstructions\"")))
    else {
        panic!("it can be read")
    };
    assert!(unread.to_string().contains("has no logs"), "{unread}");
}

#[test]
fn a_boundary_is_told_alike_by_its_record_and_by_its_close() {
    let atoms = Atoms::new;
    let closed = ClosedEpoch {
        previous: Timestamp::new(3_600),
        boundary: Timestamp::new(7_200),
        lower: atoms(1),
        upper: atoms(2),
        shares: atoms(3),
        deposited: atoms(4),
        issued: atoms(5),
        leaving: atoms(6),
        redeemed: atoms(7),
        paid: atoms(8),
        ..ClosedEpoch::default()
    };
    let told = ClosedBoundary::from(&closed);
    assert_eq!((told.lower, told.upper, told.shares), (atoms(1), atoms(2), atoms(3)));
    assert_eq!([told.deposited, told.issued, told.redeemed, told.paid], [4, 5, 7, 8].map(atoms));
    assert_eq!((told.previous, told.boundary), (closed.previous, closed.boundary));
}
