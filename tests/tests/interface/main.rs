//! The interface file as clients of any language meet it: everything has docs, names collide with nothing, and constants,
//! enums, errors and events are those of the program.

use perp_artifacts::idl::missing_docs;
use perp_client::errors::ExchangeError;
use perp_client::events::Event;
use perp_engine::market::price::PriceOutcome;
use perp_engine::state::{OrderTrigger, PriceLimit, RequestKind, Status};
use perp_swap::constants;
use perp_swap::events::{ArmingOutcome, ExecutionOutcome, ValuationOutcome};
use perp_tests::idl::{idl, items, name};
use serde_json::{json, Value};
use std::collections::BTreeSet;
use std::fmt::Debug;

#[test]
fn everything_in_it_has_docs() {
    let missing = missing_docs(&idl());
    assert!(missing.is_empty(), "without docs in the interface file:\n{}", missing.join("\n"));
}

#[test]
fn it_is_of_this_program() {
    assert_eq!(idl()["address"], perp_swap::ID.to_string());
    assert_eq!(idl()["metadata"]["name"], "perp_swap");
}

/// Anchor's client for TypeScript finds no field in a struct that has none with a name, and encodes nothing of it.
#[test]
fn every_field_of_a_struct_has_a_name() {
    let idl = idl();
    for definition in items(&idl, "types").iter().filter(|definition| definition["type"]["kind"] == "struct") {
        let unnamed = items(&definition["type"], "fields").iter().any(|field| field.get("name").is_none());
        assert!(!unnamed, "{} has a field without a name", name(definition));
    }
}

/// What TypeScript clients import beside the types they are generated with, and what every script knows.
const TAKEN: &str = "
    Account AccountMeta AccountSignerMeta Address Array BN BigInt Buffer Codec Commitment Connection
    Date Decoder EncodedAccount Encoder Error Event FetchAccountConfig FetchAccountsConfig
    FixedSizeCodec FixedSizeDecoder FixedSizeEncoder Idl Instruction InstructionWithAccounts
    InstructionWithData Keypair Map MaybeAccount MaybeEncodedAccount Number Object Option
    OptionOrNullable Program ProgramDerivedAddress Promise Provider PublicKey ReadonlyUint8Array Record
    Request Response Set String Transaction TransactionSigner
";

#[test]
fn no_type_is_called_what_clients_of_other_languages_have_already() {
    let idl = idl();
    let mut names = BTreeSet::new();
    for definition in items(&idl, "types") {
        let name = name(definition);
        assert!(
            !TAKEN.split_whitespace().any(|taken| taken == name),
            "{name} is a name that TypeScript clients import"
        );
        assert!(name.chars().all(char::is_alphanumeric), "{name} is no name");
        // Generators drop case and underscores in some places.
        assert!(names.insert(name.to_lowercase()), "two types are called {name}");
    }
}

macro_rules! published {
    ($($constant:ident $kind:literal;)+) => {
        vec![$((stringify!($constant).to_owned(), json!($kind), format!("{:?}", constants::$constant))),+]
    };
}

#[test]
fn constants_have_the_values_of_the_program() {
    let expected = published! {
        X40_BITS "u32"; RATE_BITS "u32"; PPM "u64"; MAX_POSITIONS "u64"; DEAD_SHARES "u64"; MAX_SIZE "u64";
        MAX_PRICE "u64"; MAX_OPEN_PRICE "u64"; MAX_OPEN_NOTIONAL "u64"; MAX_ATOMS "u64"; MIN_QUOTE_DECIMALS "u8";
        MAX_QUOTE_DECIMALS "u8"; MAX_BASE_DECIMALS "u8"; ANY_PRICE_BUY "u64"; ANY_PRICE_SELL "u64"; EXCHANGE_SEED "bytes";
        VAULT_SEED "bytes"; SHARE_MINT_SEED "bytes"; SHARE_ESCROW_SEED "bytes"; POOL_SEED "bytes"; MARKET_SEED "bytes";
        MARGIN_ACCOUNT_SEED "bytes"; LIQUIDITY_REQUEST_SEED "bytes"; EPOCH_SEED "bytes"; VALUATION_LAMPORTS "u64";
        CLOSE_LAMPORTS "u64"; PAYMENT_LAMPORTS "u64"; BOUNDARY_REST_SECONDS "u32"; SETTLING_SECONDS "u32";
        READING_ALLOWANCE_SECONDS "u32"; ORDER_SLOTS "u64"; ORDER_TIP_LAMPORTS "u64"; FILL_SECONDS "u32";
        FILL_READING_SECONDS "u32"; REARM_SECONDS "u32"; TURN_SECONDS "u32"; SLICE_SECONDS "u32"; ORDERS_SEED "bytes";
    };
    let idl = idl();
    let published: BTreeSet<(String, String, String)> = items(&idl, "constants")
        .iter()
        .map(|constant| {
            let value = constant["value"].as_str().expect("a constant has a value");
            (name(constant).into(), constant["type"].to_string(), value.into())
        })
        .collect();
    let expected: BTreeSet<_> =
        expected.into_iter().map(|(name, kind, value)| (name, kind.to_string(), value)).collect();
    assert_eq!(published, expected);
}

/// The variants of an enum of the interface file; which byte each is, is its place.
fn variants(idl: &Value, of: &str) -> Vec<String> {
    let definition = items(idl, "types").iter().find(|definition| name(definition) == of);
    let definition = definition.unwrap_or_else(|| panic!("the interface file has no {of}"));
    items(&definition["type"], "variants").iter().map(|variant| name(variant).into()).collect()
}

fn written(values: &[impl Debug]) -> Vec<String> {
    values.iter().map(|value| format!("{value:?}")).collect()
}

#[test]
fn enums_have_the_variants_of_the_program_in_the_order_of_their_bytes() {
    use perp_accounts::oracle::OracleKind;
    use perp_engine::operations::position::LiquidationReason;
    let idl = idl();
    let statuses = [Status::Active, Status::ReduceOnly, Status::Paused];
    assert_eq!(statuses.map(|status| status as u8), [0, 1, 2]);
    assert_eq!(variants(&idl, "Status"), written(&statuses));
    let kinds = [RequestKind::Deposit, RequestKind::Withdrawal];
    assert_eq!(kinds.map(|kind| kind as u8), [0, 1]);
    assert_eq!(variants(&idl, "RequestKind"), written(&kinds));
    let oracles = [OracleKind::LegacyPush, OracleKind::Pull];
    assert_eq!(oracles.map(|kind| kind as u8), [0, 1]);
    assert_eq!(variants(&idl, "OracleKind"), written(&oracles));
    let outcomes = [
        PriceOutcome::NotNewer,
        PriceOutcome::Accepted,
        PriceOutcome::TooWide,
        PriceOutcome::Older,
        PriceOutcome::ClockBehind,
        PriceOutcome::SettlementUndone,
        PriceOutcome::OutOfBounds,
    ];
    assert_eq!(outcomes.map(|outcome| outcome as u8), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(variants(&idl, "PriceOutcome"), written(&outcomes));
    let reasons = [
        LiquidationReason::Price,
        LiquidationReason::Funding,
        LiquidationReason::Volatility,
        LiquidationReason::Unsettled,
        LiquidationReason::Settlement,
    ];
    assert_eq!(reasons.map(|reason| reason as u8), [0, 1, 2, 3, 4]);
    assert_eq!(variants(&idl, "LiquidationReason"), written(&reasons));
    assert_eq!(PriceLimit::ALL.map(|limit| limit as u8), [0, 1, 2, 3, 4]);
    assert_eq!(variants(&idl, "PriceLimit"), written(&PriceLimit::ALL));
    let valuations = [ValuationOutcome::Valued, ValuationOutcome::Noted, ValuationOutcome::NotEarlier];
    assert_eq!(valuations.map(|outcome| outcome as u8), [0, 1, 2]);
    assert_eq!(variants(&idl, "ValuationOutcome"), written(&valuations));
    let triggers = [OrderTrigger::AtTime, OrderTrigger::AtOrAbove, OrderTrigger::AtOrBelow];
    assert_eq!(triggers.map(|trigger| trigger as u8), [0, 1, 2]);
    assert_eq!(variants(&idl, "OrderTrigger"), written(&triggers));
    let armings = [ArmingOutcome::Armed, ArmingOutcome::Moved];
    assert_eq!(armings.map(|outcome| outcome as u8), [0, 1]);
    assert_eq!(variants(&idl, "ArmingOutcome"), written(&armings));
    let executions = [ExecutionOutcome::Filled, ExecutionOutcome::Disarmed, ExecutionOutcome::Forfeited];
    assert_eq!(executions.map(|outcome| outcome as u8), [0, 1, 2]);
    assert_eq!(variants(&idl, "ExecutionOutcome"), written(&executions));
    let enums = items(&idl, "types").iter().filter(|definition| definition["type"]["kind"] == "enum");
    let compared = BTreeSet::from([
        "ArmingOutcome",
        "ExecutionOutcome",
        "LiquidationReason",
        "OracleKind",
        "OrderTrigger",
        "PriceLimit",
        "PriceOutcome",
        "RequestKind",
        "Status",
        "ValuationOutcome",
    ]);
    assert_eq!(enums.map(name).collect::<BTreeSet<_>>(), compared);
}

#[test]
fn every_event_is_one_that_clients_decode() {
    let idl = idl();
    let described: BTreeSet<&str> = items(&idl, "events").iter().map(name).collect();
    assert_eq!(described, Event::NAMES.iter().copied().collect());
    assert_eq!(described.len(), Event::NAMES.len(), "an event is listed twice");
}

#[test]
fn errors_are_those_of_the_table_with_code_name_and_text() {
    let idl = idl();
    let described = items(&idl, "errors");
    for (described, error) in described.iter().zip(ExchangeError::ALL) {
        let expected = json!({ "code": error.code(), "name": error.name(), "msg": error.text() });
        assert_eq!(*described, expected);
    }
    assert_eq!(described.len(), ExchangeError::ALL.len());
}
