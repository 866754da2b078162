//! `docs/accounts.md`: every byte of every account, against the compiler's own layout.

use crate::{document, section, table};
use anchor_lang::Discriminator;
use bytemuck::Zeroable;
use perp_engine::state as engine;
use perp_engine::status::StoredStatus;
use perp_swap::state::{Exchange, LiquidityRequest, MarginAccount, Market, Pool};
use std::any::type_name_of_val;
use std::mem::{offset_of, size_of, size_of_val};

#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    offset: usize,
    size: usize,
    kind: String,
    name: String,
}

/// A type's name without its path, as the sources write it.
fn kind<T>(value: &T) -> String {
    let full = type_name_of_val(value);
    let name = full.rfind("::").map_or(full.trim_start_matches('['), |at| &full[at + 2..]);
    let bracket = if full.starts_with('[') { "[" } else { "" };
    format!("{bracket}{}", if name == "Address" { "Pubkey" } else { name })
}

macro_rules! fields {
    ($type:ty: $($field:ident)+) => {{
        let value = <$type>::zeroed();
        let fields = vec![$(Field {
            offset: offset_of!($type, $field),
            size: size_of_val(&value.$field),
            kind: kind(&value.$field),
            name: stringify!($field).to_owned(),
        }),+];
        assert_contiguous(&fields, 0, size_of::<$type>());
        fields
    }};
}

/// Every byte belongs to one field, so that none is left out here either.
fn assert_contiguous(fields: &[Field], start: usize, end: usize) {
    let mut next = start;
    for field in fields {
        assert_eq!(field.offset, next, "{}", field.name);
        next += field.size;
    }
    assert_eq!(next, end);
}

/// Puts a struct's fields in place of the field that holds it.
fn expanded(fields: Vec<Field>, name: &str, inner: &[Field]) -> Vec<Field> {
    let expand = |field: Field| {
        if field.name != name {
            return vec![field];
        }
        let moved = |part: &Field| Field {
            offset: field.offset + part.offset,
            name: format!("{name}.{}", part.name),
            ..part.clone()
        };
        inner.iter().map(moved).collect()
    };
    fields.into_iter().flat_map(expand).collect()
}

fn account(fields: Vec<Field>, space: usize) -> Vec<Field> {
    let discriminator = Field { offset: 0, size: 8, kind: "[u8; 8]".into(), name: "discriminator".into() };
    let shifted = fields.into_iter().map(|field| Field { offset: field.offset + 8, ..field });
    let all: Vec<_> = [discriminator].into_iter().chain(shifted).collect();
    assert_contiguous(&all, 0, space);
    all
}

fn status() -> Vec<Field> {
    fields!(StoredStatus: until current afterwards padding)
}

fn exchange() -> Vec<Field> {
    let exchange = fields!(Exchange: creator name quote_mint vault token_program share_mint share_escrow pool admin
        pending_admin risk_admin guardian status resumed_at market_count quote_decimals bump version padding reserved);
    expanded(exchange, "status", &status())
}

fn pool() -> Vec<Field> {
    let parameters = fields!(engine::PoolParameters: minimum_request deposit_delay withdrawal_delay deposit_lapse
        withdrawal_lapse hysteresis shared_draw_share shared_draw_window padding);
    let state = fields!(engine::Pool: cash placed insurance escrow shares parameters reserved);
    let state = expanded(state, "parameters", &parameters);
    expanded(fields!(Pool: exchange state bump version padding reserved), "state", &state)
}

fn side_book() -> Vec<Field> {
    fields!(engine::SideBook: open_interest entry funding_index size_index carry_fraction epoch padding reserved)
}

fn books() -> Vec<Field> {
    let draw = fields!(engine::SharedDraw: window_start insurance_at_start drawn);
    let books = fields!(engine::Books: sides funding_rate funding_time funding_fraction backing net_principal claims pot
        claim_factor debts insurance protocol_fees written_off shared_draw claim_epoch padding);
    expanded(books, "shared_draw", &draw)
}

fn parameters() -> Vec<Field> {
    fields!(engine::Parameters: open_interest_cap impact_scale open_interest_low open_interest_high size_premium
        funding_velocity funding_rate_cap carry_rate minimum_position minimum_bounty base_margin maintenance_fraction
        volatility_margin step penalty bounty_share_min bounty_share_max backing_share liquidation_buffer impact_limit
        taker_fee taker_fee_reducing protocol_share spread_confidence spread_volatility volatility confidence_increase
        confidence_good jump backing_cap bankrupt_bounty funding_dt_cap age_trade age_other age_liquidate age_funding
        future_tolerance dark_delay)
}

fn market() -> Vec<Field> {
    let price = fields!(engine::PriceCache: price confidence published newest_published dark_since);
    let state = fields!(engine::Market: price books parameters target_backing status paused_at index base_decimals
        quote_decimals padding reserved);
    let state = expanded(state, "price", &price);
    let state = expanded(state, "books", &books());
    let state = expanded(state, "parameters", &parameters());
    let state = expanded(state, "status", &status());
    let market = fields!(Market: exchange oracle_program oracle_account feed_id state symbol oracle_kind bump version
        padding reserved);
    expanded(market, "state", &state)
}

fn position() -> Vec<Field> {
    fields!(engine::Position: size entry funding_index claim claim_factor debt last_increase_slot claim_epoch epoch
        market occupied padding reserved)
}

fn margin_account() -> Vec<Field> {
    let state = fields!(engine::Account: balance kind padding isolated_market positions);
    let account = fields!(MarginAccount: exchange owner delegate state sub_account bump version padding reserved);
    expanded(account, "state", &state)
}

fn liquidity_request() -> Vec<Field> {
    let state = fields!(engine::Request: amount minimum_output requested_at);
    let request = fields!(LiquidityRequest: exchange owner destination origin state nonce tip kind bump version padding
        reserved);
    expanded(request, "state", &state)
}

/// The table below `heading` must be these fields, each with a meaning.
fn assert_documented(heading: &str, fields: &[Field]) {
    let text = document("docs/accounts.md").text;
    let rows = table(section(&text, heading).unwrap_or_default());
    let meaning_of = |name: &str| {
        let row = rows.iter().find(|row| row.len() == 5 && row[3] == format!("`{name}`"));
        row.map_or(String::new(), |row| row[4].clone())
    };
    let expected: Vec<Vec<String>> = fields
        .iter()
        .map(|Field { offset, size, kind, name }| {
            let (kind, quoted) = (format!("`{kind}`"), format!("`{name}`"));
            vec![offset.to_string(), size.to_string(), kind, quoted, meaning_of(name)]
        })
        .collect();
    let right: Vec<String> = expected.iter().map(|row| format!("| {} |", row.join(" | "))).collect();
    let right = right.join("\n");
    assert!(rows == expected, "{heading} of docs/accounts.md must have these rows:\n{right}");
    let unexplained: Vec<_> = expected.iter().filter(|row| row[4].is_empty()).map(|row| &row[3]).collect();
    assert!(unexplained.is_empty(), "{heading} of docs/accounts.md explains no {unexplained:?}");
}

/// Size and discriminator as the paragraph below `heading` states them.
fn assert_headed<T: Discriminator>(heading: &str, space: usize) {
    let text = document("docs/accounts.md").text;
    let tag: String = T::DISCRIMINATOR.iter().map(|byte| format!("{byte:02x}")).collect();
    let stated = format!("{space} bytes, discriminator `{tag}`");
    let body = section(&text, heading).unwrap_or_default();
    assert!(body.contains(&stated), "{heading} of docs/accounts.md must say: {stated}");
}

#[test]
fn the_exchange_is_documented_byte_by_byte() {
    assert_headed::<Exchange>("## Exchange", Exchange::SPACE);
    assert_documented("## Exchange", &account(exchange(), Exchange::SPACE));
}

#[test]
fn the_pool_is_documented_byte_by_byte() {
    assert_headed::<Pool>("## Pool", Pool::SPACE);
    assert_documented("## Pool", &account(pool(), Pool::SPACE));
}

#[test]
fn a_market_is_documented_byte_by_byte() {
    assert_headed::<Market>("## Market", Market::SPACE);
    assert_documented("## Market", &account(market(), Market::SPACE));
    assert_documented("### SideBook", &side_book());
}

#[test]
fn a_margin_account_is_documented_byte_by_byte() {
    assert_headed::<MarginAccount>("## MarginAccount", MarginAccount::SPACE);
    assert_documented("## MarginAccount", &account(margin_account(), MarginAccount::SPACE));
    assert_documented("### Position", &position());
}

#[test]
fn a_liquidity_request_is_documented_byte_by_byte() {
    let space = LiquidityRequest::SPACE;
    assert_headed::<LiquidityRequest>("## LiquidityRequest", space);
    assert_documented("## LiquidityRequest", &account(liquidity_request(), space));
}
