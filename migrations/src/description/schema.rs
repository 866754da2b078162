//! The tables of the file.

use super::fields::{MARKET, MARKET_RULES, POOL, POOL_RULES};
use super::kind::Decimals;
use super::reader::{Reader, Table};
use super::{Description, ExchangeDescription, FileError, MarketDescription};
use anchor_lang::prelude::Pubkey;
use perp_client::addresses::padded;
use perp_client::convert::atoms;
use perp_engine::state::{Parameters, PoolParameters, MAX_MARKETS};
use perp_engine::EngineError;
use perp_swap::errors::ExchangeError;
use perp_swap::oracle::{validate_binding, OracleKind};
use perp_swap::state::OracleArguments;
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
        if markets.len() == MAX_MARKETS {
            let problem = format!("market: an exchange lists at most {MAX_MARKETS} markets");
            return Err(reader.error(table.span(), problem));
        }
        markets.push(market);
    }
    Ok(Description { exchange, markets })
}

fn exchange(reader: &Reader, table: &Exchange) -> Result<ExchangeDescription, FileError> {
    let quote_decimals = *table.quote_decimals.get_ref();
    if quote_decimals > 12 {
        return Err(reader.error(table.quote_decimals.span(), "quote_decimals: expected 0 to 12"));
    }
    let decimals = Decimals { base: 0, quote: quote_decimals };
    let pool: PoolParameters = reader.fields("exchange.pool", &table.pool, POOL, decimals)?;
    pool.validate().map_err(|error| {
        reader.error(table.pool.span(), format!("[exchange.pool] {}", broken_rule(error, &POOL_RULES)))
    })?;
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
    if base_decimals > 18 {
        return Err(reader.error(table.base_decimals.span(), "base_decimals: expected 0 to 18"));
    }
    let decimals = Decimals { base: base_decimals, quote: quote_decimals };
    let parameters: Parameters = reader.fields("market.parameters", &table.parameters, MARKET, decimals)?;
    parameters.validate().map_err(|error| {
        let problem =
            format!("[market.parameters] of {}: {}", table.symbol.get_ref(), broken_rule(error, &MARKET_RULES));
        reader.error(table.parameters.span(), problem)
    })?;
    Ok(MarketDescription {
        symbol: reader.value("symbol", &table.symbol, |text| padded(text).map_err(|error| error.to_string()))?,
        base_decimals,
        target_backing: reader.value("target_backing", &table.target_backing, |text| {
            atoms(text, quote_decimals).map_err(|error| error.to_string())
        })?,
        oracle: oracle(reader, &table.oracle)?,
        parameters,
    })
}

fn oracle(reader: &Reader, table: &Spanned<Oracle>) -> Result<OracleArguments, FileError> {
    let Oracle { kind, program, account, feed_id } = table.get_ref();
    let kind = reader.value("kind", kind, |text| match text {
        "legacy" => Ok(OracleKind::LegacyPush),
        "pull" => Ok(OracleKind::Pull),
        _ => Err(format!("\"{text}\" is neither \"legacy\" nor \"pull\"")),
    })?;
    let account = account.as_ref().map(|account| reader.address("account", account)).transpose()?;
    let feed_id = feed_id.as_ref().map(|feed_id| reader.value("feed_id", feed_id, hexadecimal)).transpose()?;
    let arguments = OracleArguments {
        kind: kind as u8,
        program: reader.address("program", program)?,
        account: account.unwrap_or_default(),
        feed_id: feed_id.unwrap_or_default(),
    };
    arguments.binding().and_then(|binding| validate_binding(&binding)).map_err(|error| {
        let rule = ExchangeError::from(error);
        let problem = format!("[market.oracle] {rule} {}", perp_client::errors::remedy(rule));
        reader.error(table.span(), problem)
    })?;
    Ok(arguments)
}

/// 32 bytes in hexadecimal, with or without 0x.
fn hexadecimal(text: &str) -> Result<[u8; 32], String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut bytes = [0; 32];
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(format!("\"{text}\" is not a feed id: expected 64 hexadecimal digits"));
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).map_err(|error| error.to_string())?;
    }
    Ok(bytes)
}

fn broken_rule(error: EngineError, rules: &[&str]) -> String {
    match error {
        EngineError::ParametersInconsistent { rule } => match rules.get(usize::from(rule).wrapping_sub(1)) {
            Some(text) => format!("rule {rule} does not hold: {text}"),
            None => format!("rule {rule} does not hold"),
        },
        other => format!("the numbers are too large ({other})"),
    }
}

/// What an oracle's binding looks like in the file.
pub fn show_kind(kind: u8) -> String {
    match OracleKind::try_from(kind) {
        Ok(OracleKind::LegacyPush) => "legacy".into(),
        Ok(OracleKind::Pull) => "pull".into(),
        Err(_) => format!("unknown kind {kind}"),
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

/// A feed id in hexadecimal.
pub fn show_feed_id(feed_id: &[u8; 32]) -> String {
    feed_id.iter().map(|byte| format!("{byte:02x}")).collect()
}
