use super::{check, debug, hex, key};
use perp_client::accounts::{
    decode, encode_into, EpochRecord, Exchange, LiquidityRequest, MarginAccount, Market, Orders, Pool, Pubkey, Stored,
    ID, VERSION,
};
use serde_json::{json, Value};
use std::fmt::Debug;

/// The bytes of an account.
pub fn bytes<T: Stored>(account: &T) -> Vec<u8> {
    let mut bytes = vec![0; T::SPACE];
    assert!(encode_into(account, &mut bytes));
    bytes
}

/// An account of bytes that are no two alike side by side, of the version that clients read.
fn some<T: Stored + Debug>(set_version: impl Fn(&mut T)) -> Value {
    let mut account: T = bytemuck::Zeroable::zeroed();
    for (place, byte) in bytemuck::bytes_of_mut(&mut account).iter_mut().enumerate() {
        *byte = u8::try_from((place * 7 + place / 251) % 251).unwrap();
    }
    set_version(&mut account);
    json!({ "type": T::NAME, "data": hex(&bytes(&account)), "fields": debug::parse(&format!("{account:?}")) })
}

fn refusal<T: Stored + Debug>(what: &str, owner: Pubkey, data: &[u8]) -> Value {
    let error = decode::<T>(&key(7), &owner, data).unwrap_err();
    json!({
        "what": what, "type": T::NAME, "address": key(7).to_string(), "owner": owner.to_string(), "data": hex(data),
        "error": error.to_string(),
    })
}

#[test]
fn accounts_are_decoded_and_refused_alike() {
    let accounts = [
        some::<Exchange>(|account| account.version = VERSION),
        some::<Pool>(|account| account.version = VERSION),
        some::<Market>(|account| account.version = VERSION),
        some::<MarginAccount>(|account| account.version = VERSION),
        some::<Orders>(|account| account.version = VERSION),
        some::<LiquidityRequest>(|account| account.version = VERSION),
        some::<EpochRecord>(|account| account.version = VERSION),
    ];
    let request = bytes(&LiquidityRequest { version: VERSION, ..bytemuck::Zeroable::zeroed() });
    let old = bytes(&LiquidityRequest { version: 0, ..bytemuck::Zeroable::zeroed() });
    let refusals = [
        refusal::<LiquidityRequest>("of another program", key(8), &request),
        refusal::<EpochRecord>("of another type", ID, &request),
        refusal::<LiquidityRequest>("a byte short", ID, &request[..request.len() - 1]),
        refusal::<LiquidityRequest>("a byte long", ID, &[&request[..], &[0]].concat()),
        refusal::<LiquidityRequest>("nothing but the tag", ID, &request[..8]),
        refusal::<LiquidityRequest>("not even that", ID, &request[..7]),
        refusal::<LiquidityRequest>("empty", ID, &[]),
        refusal::<LiquidityRequest>("of another version", ID, &old),
    ];
    check("accounts.json", &json!({ "accounts": accounts, "refusals": refusals }));
}
