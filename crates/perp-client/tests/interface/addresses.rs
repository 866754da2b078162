use super::{check, key};
use perp_client::addresses::{event_authority, exchange_address, orders_address, padded};
use perp_client::engine::units::Timestamp;
use perp_client::Addresses;
use serde_json::json;

#[test]
fn addresses_are_derived_alike() {
    let cases: Vec<_> = [("localnet", anchor_spl::token::ID), ("Börse", anchor_spl::token_2022::ID)]
        .into_iter()
        .map(|(name, token_program)| {
            let (creator, mint, owner) = (key(1), key(2), key(3));
            let exchange = exchange_address(&creator, &padded(name).unwrap());
            let addresses = Addresses::new(exchange, mint, token_program);
            let account = addresses.margin_account(&owner, 258);
            let markets = [0, 1, 513].map(|index| json!([index, addresses.market(index).to_string()]));
            let requests = [0, u64::MAX].map(|n| json!([n.to_string(), addresses.request(&owner, n).to_string()]));
            let epochs = [0, 1_790_000_000]
                .map(|time| json!([time.to_string(), addresses.epoch(Timestamp::new(time)).to_string()]));
            json!({
                "name": name, "creator": creator.to_string(), "owner": owner.to_string(),
                "exchange": exchange.to_string(), "quoteMint": mint.to_string(),
                "tokenProgram": token_program.to_string(), "pool": addresses.pool.to_string(),
                "vault": addresses.vault.to_string(), "shareMint": addresses.share_mint.to_string(),
                "shareEscrow": addresses.share_escrow.to_string(),
                "markets": markets,
                "marginAccount258": account.to_string(),
                "orders": orders_address(&account).to_string(),
                "requests": requests,
                "epochs": epochs,
                "tokens": addresses.tokens_of(&owner).to_string(),
                "shares": addresses.shares_of(&owner).to_string(),
            })
        })
        .collect();
    check("addresses.json", &json!({ "eventAuthority": event_authority().to_string(), "exchanges": cases }));
}
