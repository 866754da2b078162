//! The tables of the file.

use super::fields::{MARKET, POOL};
use super::kind::Decimals;
use super::reader::{Reader, Table};
use super::{Description, ExchangeDescription, FileError, MarketDescription};
use anchor_lang::prelude::Pubkey;
use perp_client::accounts::oracle::{OracleBinding, OracleError, OracleKind};
use perp_client::addresses::padded;
use perp_client::errors::ExchangeError;
use perp_client::exchange::convert::atoms;
use perp_client::instructions::OracleSource;
use perp_engine::state::{Parameters, PoolParameters};
use perp_engine::units::{MAX_BASE_DECIMALS, QUOTE_DECIMALS};
use perp_engine::EngineError;
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    exchange: Exchange,
    #[serde(default, rename = "market")]
    markets: Vec<Spanned<Market>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    creator: Spanned<String>,
    name: Spanned<String>,
    quote_mint: Spanned<String>,
    quote_decimals: Spanned<u8>,
    risk_admin: Spanned<String>,
    guardian: Spanned<String>,
    pool: Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Market {
    symbol: Spanned<String>,
    base_decimals: Spanned<u8>,
    target_backing: Spanned<String>,
    oracle: Spanned<Oracle>,
    /// Bounds the price where a market has one.
    second_oracle: Option<Spanned<Oracle>>,
    parameters: Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Oracle {
    kind: Spanned<String>,
    program: Spanned<String>,
    /// Needed for a legacy account; without it any account of a pull feed is accepted.
    account: Option<Spanned<String>>,
    /// Needed for a pull account.
    feed_id: Option<Spanned<String>>,
}

pub fn parse(reader: &Reader) -> Result<Description, FileError> {
    let file: File = reader.parse()?;
    let exchange = exchange(reader, &file.exchange)?;
    let mut markets: Vec<MarketDescription> = Vec::new();
    for table in &file.markets {
        let market = market(reader, table.get_ref(), exchange.quote_decimals)?;
        let symbol = &table.get_ref().symbol;
        if markets.iter().any(|other| other.symbol == market.symbol) {
            return Err(reader.error(symbol.span(), format!("symbol: {} is listed twice", symbol.get_ref())));
        }
        markets.push(market);
    }
    Ok(Description { exchange, markets })
}

fn exchange(reader: &Reader, table: &Exchange) -> Result<ExchangeDescription, FileError> {
    let quote_decimals = *table.quote_decimals.get_ref();
    if !QUOTE_DECIMALS.contains(&quote_decimals) {
        let problem = format!("quote_decimals: expected {} to {}", QUOTE_DECIMALS.start(), QUOTE_DECIMALS.end());
        return Err(reader.error(table.quote_decimals.span(), problem));
    }
    let decimals = Decimals { base: 0, quote: quote_decimals };
    let unset = PoolParameters::default().into();
    let pool: PoolParameters = reader.fields("exchange.pool", &table.pool, POOL, decimals, unset)?.into();
    pool.validate()
        .map_err(|error| reader.error(table.pool.span(), format!("[exchange.pool] {}", broken_rule(error))))?;
    Ok(ExchangeDescription {
        creator: reader.address("creator", &table.creator)?,
        name: reader.value("name", &table.name, |text| padded(text).map_err(|error| error.to_string()))?,
        quote_mint: reader.address("quote_mint", &table.quote_mint)?,
        quote_decimals,
        risk_admin: reader.address("risk_admin", &table.risk_admin)?,
        guardian: reader.address("guardian", &table.guardian)?,
        pool,
    })
}

fn market(reader: &Reader, table: &Market, quote_decimals: u8) -> Result<MarketDescription, FileError> {
    let base_decimals = *table.base_decimals.get_ref();
    if base_decimals > MAX_BASE_DECIMALS {
        let problem = format!("base_decimals: expected 0 to {MAX_BASE_DECIMALS}");
        return Err(reader.error(table.base_decimals.span(), problem));
    }
    let decimals = Decimals { base: base_decimals, quote: quote_decimals };
    let unset = Parameters::default().into();
    let parameters: Parameters = reader.fields("market.parameters", &table.parameters, MARKET, decimals, unset)?.into();
    parameters.validate().map_err(|error| {
        let problem = format!("[market.parameters] of {}: {}", table.symbol.get_ref(), broken_rule(error));
        reader.error(table.parameters.span(), problem)
    })?;
    let first = oracle(reader, "oracle", &table.oracle, OracleBinding::validate)?;
    let second_oracle = table
        .second_oracle
        .as_ref()
        .map(|table| oracle(reader, "second_oracle", table, |second| second.validate_second(&first.into())));
    let second_oracle = second_oracle.transpose()?;
    if second_oracle.is_some() != (parameters.second_max_age > 0) {
        let rule = ExchangeError::SecondOracleParameters;
        let problem = format!("[market.parameters] of {}: {} {}", table.symbol.get_ref(), rule.text(), rule.remedy());
        return Err(reader.error(table.parameters.span(), problem));
    }
    Ok(MarketDescription {
        symbol: reader.value("symbol", &table.symbol, |text| padded(text).map_err(|error| error.to_string()))?,
        base_decimals,
        target_backing: reader.value("target_backing", &table.target_backing, |text| {
            atoms(text, quote_decimals).map_err(|error| error.to_string())
        })?,
        oracle: first,
        second_oracle,
        parameters,
    })
}

/// The oracle that a table named `name` describes, where a market may be bound to it.
fn oracle(
    reader: &Reader,
    name: &str,
    table: &Spanned<Oracle>,
    validate: impl FnOnce(&OracleBinding) -> Result<(), OracleError>,
) -> Result<OracleSource, FileError> {
    let Oracle { kind, program, account, feed_id } = table.get_ref();
    let kind = reader.value("kind", kind, |text| match text {
        "legacy" => Ok(OracleKind::LegacyPush),
        "pull" => Ok(OracleKind::Pull),
        _ => Err(format!("\"{text}\" is neither \"legacy\" nor \"pull\"")),
    })?;
    let account = account.as_ref().map(|account| reader.address("account", account)).transpose()?;
    let feed_id = feed_id.as_ref().map(|feed_id| reader.value("feed_id", feed_id, hexadecimal)).transpose()?;
    let source = OracleSource {
        kind,
        program: reader.address("program", program)?,
        account: account.unwrap_or_default(),
        feed_id: feed_id.unwrap_or_default(),
    };
    validate(&source.into()).map_err(|error| {
        let rule = ExchangeError::from(error);
        reader.error(table.span(), format!("[market.{name}] {} {}", rule.text(), rule.remedy()))
    })?;
    Ok(source)
}

/// 32 bytes in hexadecimal, with or without 0x.
fn hexadecimal(text: &str) -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    match hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(format!("\"{text}\" is not a feed id: expected 64 hexadecimal digits")),
    }
}

/// The rule that parameters break, in the engine's words.
fn broken_rule(error: EngineError) -> String {
    match error {
        EngineError::MarketParameters { rule } => format!("{rule:?} does not hold: {}", rule.text()),
        EngineError::PoolParameters { rule } => format!("{rule:?} does not hold: {}", rule.text()),
        other => format!("the numbers are too large ({other})"),
    }
}

/// What a binding's kind looks like in the file; none of a second oracle that is not there.
pub fn show_kind(binding: &OracleBinding) -> String {
    match binding.kind {
        _ if *binding == OracleBinding::NONE => "none".into(),
        kind if kind == OracleKind::LegacyPush as u8 => "legacy".into(),
        kind if kind == OracleKind::Pull as u8 => "pull".into(),
        kind => format!("unknown kind {kind}"),
    }
}

/// An address, or that there is none.
pub fn show_address(address: Pubkey) -> String {
    if address == Pubkey::default() {
        "none".into()
    } else {
        address.to_string()
    }
}
