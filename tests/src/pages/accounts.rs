//! `docs/accounts.md`: every account to the byte.

use super::layout::{Field, Types};
use super::{code, meaning, plain, table, Block};
use crate::idl::{docs, items, name, type_name};
use perp_accounts::oracle::OracleKind;
use perp_accounts::{EpochRecord, Exchange, LiquidityRequest, MarginAccount, Market, Orders, Pool, Stored};
use perp_engine::state::{AccountKind, OrderTrigger, PriceLimit, RequestKind, Status};
use serde_json::Value;
use std::fmt::Debug;

/// The program's accounts, with length and tag.
const ACCOUNTS: [(&str, usize, [u8; 8]); 7] = [
    ("Exchange", Exchange::SPACE, Exchange::TAG),
    ("Pool", Pool::SPACE, Pool::TAG),
    ("Market", Market::SPACE, Market::TAG),
    ("MarginAccount", MarginAccount::SPACE, MarginAccount::TAG),
    ("Orders", Orders::SPACE, Orders::TAG),
    ("LiquidityRequest", LiquidityRequest::SPACE, LiquidityRequest::TAG),
    ("EpochRecord", EpochRecord::SPACE, EpochRecord::TAG),
];

/// What instructions call the accounts that have derived addresses, what they are, and which of [`ACCOUNTS`].
const ADDRESSED: [(&str, &str, Option<&str>); 11] = [
    ("exchange", "[Exchange](#exchange)", Some("Exchange")),
    ("pool", "[Pool](#pool)", Some("Pool")),
    ("vault", "vault, a token account", None),
    ("share_mint", "share mint", None),
    ("share_escrow", "share escrow, a token account", None),
    ("market", "[Market](#market)", Some("Market")),
    ("margin_account", "[MarginAccount](#marginaccount)", Some("MarginAccount")),
    ("orders", "[Orders](#orders)", Some("Orders")),
    ("request", "[LiquidityRequest](#liquidityrequest)", Some("LiquidityRequest")),
    ("record", "[EpochRecord](#epochrecord)", Some("EpochRecord")),
    ("event_authority", "event authority, which signs the program's calls of itself and has no account", None),
];

/// The bytes before an account's fields.
const TAG_LENGTH: usize = 8;

pub(super) fn blocks(idl: &Value) -> Vec<Block> {
    let types = Types::new(idl);
    let known: Vec<&str> = items(idl, "accounts").iter().map(name).collect();
    assert!(known.len() == ACCOUNTS.len(), "the interface file has the accounts {known:?}");
    let mut blocks =
        vec![Block { name: "addresses".into(), text: addresses(idl) }, Block { name: "bytes".into(), text: bytes() }];
    for (account, space, tag) in ACCOUNTS {
        let fields = stored(&types, account, space);
        let in_idl = items(idl, "accounts").iter().find(|item| name(item) == account);
        let in_idl = in_idl.unwrap_or_else(|| panic!("the interface file has no account {account}"));
        assert_eq!(in_idl["discriminator"], serde_json::json!(tag), "tag of {account}");
        let hexadecimal: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        let tag_row = ["0", &TAG_LENGTH.to_string(), "`[u8; 8]`", "`discriminator`", "Tag of the type, from its name"]
            .map(String::from);
        let rows = [tag_row.to_vec()].into_iter().chain(fields.iter().map(row));
        let docs = plain(&docs(types.definition(account)));
        let text = format!("{space} bytes, discriminator `{hexadecimal}`. {docs}\n\n{}", fields_table(rows));
        blocks.push(Block { name: account.into(), text });
        for field in &fields {
            if let Some((element, count)) = field.elements() {
                blocks.push(Block { name: element.into(), text: elements(&types, field, element, count) });
            }
        }
    }
    blocks
}

/// The fields of an account behind its tag.
fn stored<'a>(types: &Types<'a>, account: &str, space: usize) -> Vec<Field<'a>> {
    let behind_tag = |field: Field<'a>| Field { offset: TAG_LENGTH + field.offset, ..field };
    let fields: Vec<_> = types.flattened(account).into_iter().map(behind_tag).collect();
    assert_eq!(fields.last().map(|last| last.offset + last.size), Some(space), "length of {account}");
    fields
}

/// What an account has several of.
fn elements(types: &Types, field: &Field, element: &str, count: u64) -> String {
    let size = types.size(&serde_json::json!({ "defined": { "name": element } }));
    let docs = plain(&docs(types.definition(element)));
    let (offset, last) = (field.offset, count - 1);
    let place = format!("Number `i` of `{}`, 0 to {last}, begins at {offset} + {size} · `i`.", field.name);
    format!("{size} bytes. {docs} {place}\n\n{}", fields_table(types.flattened(element).iter().map(row)))
}

fn fields_table(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    table(&["offset", "size", "type", "field", "meaning"], rows)
}

fn row(field: &Field) -> Vec<String> {
    let kind = code(&type_name(&field.item["type"]));
    vec![field.offset.to_string(), field.size.to_string(), kind, code(&field.name), meaning(field.item)]
}

/// What every derived address is made of.
fn addresses(idl: &Value) -> String {
    let mut derived: Vec<(&str, String)> = Vec::new();
    for instruction in items(idl, "instructions") {
        for account in items(instruction, "accounts") {
            let Some(pda) = account.get("pda").filter(|pda| pda.get("program").is_none()) else { continue };
            let seeds: Vec<String> = items(pda, "seeds").iter().map(|seed| seed_of(seed, instruction)).collect();
            let (name, seeds) = (name(account), seeds.join(", "));
            match derived.iter().find(|(known, _)| *known == name) {
                Some((_, known)) => assert_eq!(*known, seeds, "instructions disagree on the address of {name}"),
                None => derived.push((name, seeds)),
            }
        }
    }
    let unknown: Vec<_> =
        derived.iter().filter(|(name, _)| ADDRESSED.iter().all(|(known, ..)| known != name)).collect();
    assert!(unknown.is_empty(), "no row says what {unknown:?} is");
    let rows = ADDRESSED.map(|(name, what, account)| {
        let seeds = derived.iter().find(|(derived, _)| *derived == name).map(|(_, seeds)| seeds.clone());
        let space = account.and_then(|account| ACCOUNTS.iter().find(|(known, ..)| *known == account));
        let space = space.map_or_else(|| "—".into(), |(_, space, _)| space.to_string());
        vec![what.into(), seeds.unwrap_or_else(|| panic!("the interface file does not say where {name} is")), space]
    });
    table(&["account", "seeds", "bytes"], rows)
}

/// A seed as text, or what it is taken from.
fn seed_of(seed: &Value, instruction: &Value) -> String {
    if seed["kind"] == "const" {
        let bytes: Vec<u8> = serde_json::from_value(seed["value"].clone()).expect("a constant seed is bytes");
        return format!("`\"{}\"`", String::from_utf8(bytes).expect("the program's seeds are text"));
    }
    let path = seed["path"].as_str().expect("a seed has a value or a path");
    let argument = items(instruction, "args").iter().find(|argument| name(argument) == path);
    match argument.filter(|_| seed["kind"] == "arg") {
        Some(argument) => format!("`{path}` (`{}`)", type_name(&argument["type"])),
        None => format!("`{path}`"),
    }
}

/// What the bytes stand for that are stored in place of a choice.
fn bytes() -> String {
    use {AccountKind::*, OracleKind::*, OrderTrigger::*, RequestKind::*, Status::*};
    fn row<T: Copy + Debug>(kind: &str, values: &[T], byte: fn(T) -> u8) -> Vec<String> {
        let values: Vec<String> = values.iter().map(|value| format!("{} `{value:?}`", byte(*value))).collect();
        vec![code(kind), values.join(", ")]
    }
    let rows = [
        row("AccountKind", &[Cross, Isolated], |kind| kind as u8),
        row("OracleKind", &[LegacyPush, Pull], |kind| kind as u8),
        row("RequestKind", &[Deposit, Withdrawal], |kind| kind as u8),
        row("PriceLimit", &PriceLimit::ALL, |limit| limit as u8),
        row("OrderTrigger", &[AtTime, AtOrAbove, AtOrBelow], |trigger| trigger as u8),
        row("Status", &[Active, ReduceOnly, Paused], |status| status as u8),
    ];
    table(&["what", "bytes"], rows)
}
