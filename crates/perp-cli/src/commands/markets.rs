//! `perp markets`: every market in a line, or the whole contract of one.

use clap::Args;
use perp_accounts::Market;
use perp_client::addresses::unpadded;
use perp_engine::market::fill::quote;
use perp_engine::market::price::{reference_time, spread_ceil};
use perp_engine::state::{Status, RATE_BITS};
use perp_engine::units::products::mul_div_floor;
use perp_engine::units::{Atoms, Side, Size, X40_BITS};
use perp_exchange::convert::Units;

use super::events::average;
use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};

/// Orders of so many whole quote tokens are quoted.
const QUOTED: [u64; 3] = [1_000, 10_000, 100_000];

// Which market.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    /// Symbol, asset or index; all of them in a line each without
    pub market: Option<String>,
}

impl Arguments {
    /// Tells it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        let chain = context.chain()?;
        match &self.market {
            None => Ok(Report::of([list(&chain)])),
            Some(name) => sheet(&chain, chain.market(name)?),
        }
    }
}

/// How a status is called.
pub const fn status_name(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::ReduceOnly => "reduce-only",
        Status::Paused => "paused",
    }
}

/// Every market in a line.
pub fn list(chain: &Chain) -> Section {
    let (exchange, now) = (chain.exchange(), chain.now());
    let rows = exchange.markets().iter().map(|market| {
        let (units, ledger) = (Units::of(market), &market.ledger);
        let session = exchange.session();
        vec![
            Cell::Count(market.index.into()),
            Cell::text(chain.symbol(market.index)),
            Cell::price(market.price.price, units),
            now.seconds_since(market.price.published).map_or(Cell::None, Cell::Seconds),
            Cell::text(status_name(session.status.and(market.own_status(now)))),
            Cell::size(ledger.side(Side::Long).open_interest, units),
            Cell::size(ledger.side(Side::Short).open_interest, units),
            Cell::size(market.parameters.open_interest_cap, units),
            Cell::Rate(ledger.funding_rate),
            Cell::atoms(ledger.backing, units.quote_decimals),
            Cell::atoms(ledger.insurance, units.quote_decimals),
        ]
    });
    let columns =
        ["index", "market", "price", "age", "status", "long", "short", "cap", "funding rate", "backing", "insurance"];
    Section::rows("markets", "", &columns, rows.collect())
}

/// The whole contract of a market: what it is, how it stands, what an order of some sizes costs, and every parameter.
fn sheet(chain: &Chain, listed: &Market) -> Result<Report, Failure> {
    let (exchange, now) = (chain.exchange(), chain.now());
    let market = exchange.market(listed.state.index)?;
    let (units, ledger) = (Units::of(market), &market.ledger);
    let decimals = units.quote_decimals;
    let reference = reference_time(exchange.clock, [market]);
    let contract = Section::fields(
        "contract",
        format!("{} (market {})", unpadded(&listed.symbol), market.index),
        [
            ("address", Cell::address(&chain.addresses().market(market.index))),
            ("oracle", Cell::address(&listed.oracle.account)),
            ("base decimals", Cell::Count(units.base_decimals.into())),
            ("price", Cell::price(market.price.price, units)),
            ("published", Cell::time(market.price.published)),
            ("confidence", Cell::price(market.price.confidence, units)),
            ("spread", spread_ceil(market, reference).map_or(Cell::None, |spread| Cell::price(spread, units))),
            ("status", Cell::text(status_name(exchange.session().status.and(market.own_status(now))))),
            ("isolated only", Cell::Flag(market.parameters.isolated_only != 0)),
            ("delisted from", Cell::time(market.settlement.delisted_from)),
            ("ended at", Cell::time(market.settlement.moved_at)),
            ("final price", Cell::price(market.settlement.price, units)),
        ],
    );
    let money = Section::fields(
        "money",
        "Money",
        [
            ("long", Cell::size(ledger.side(Side::Long).open_interest, units)),
            ("short", Cell::size(ledger.side(Side::Short).open_interest, units)),
            ("funding rate", Cell::Rate(ledger.funding_rate)),
            ("funding accrued to", Cell::time(ledger.funding_time)),
            ("backing", Cell::atoms(ledger.backing, decimals)),
            ("backing target", Cell::atoms(market.target_backing, decimals)),
            ("insurance", Cell::atoms(ledger.insurance, decimals)),
            ("claims", Cell::atoms(ledger.claims, decimals)),
            ("set aside for claims", Cell::atoms(ledger.claims_reserve, decimals)),
            ("debts", Cell::atoms(ledger.debts, decimals)),
            ("written off", Cell::atoms(ledger.written_off, decimals)),
            ("protocol fees", Cell::atoms(ledger.protocol_fees, decimals)),
            ("short of money", Cell::Flag(ledger.is_short())),
        ],
    );
    Ok(Report::of([contract, money, quotes(chain, market), parameters(market)]))
}

/// What orders of some sizes cost on both sides: the basis of the market.
fn quotes(chain: &Chain, market: &perp_engine::state::Market) -> Section {
    let (units, decimals) = (Units::of(market), chain.decimals());
    let reference = reference_time(chain.exchange().clock, [market]);
    let mut rows = Vec::new();
    for tokens in QUOTED {
        let Some(amount) = 10u64.checked_pow(decimals.into()).and_then(|one| one.checked_mul(tokens)) else { continue };
        for side in Side::BOTH {
            let name = if side == Side::Long { "buy" } else { "sell" };
            let filled = mul_div_floor(amount, 1 << X40_BITS, market.price.price.get())
                .and_then(|size| Size::new(size).on(side))
                .and_then(|size| Ok((size, quote(market, size, reference)?)))
                .and_then(|(size, fill)| Ok((size, fill, fill.notional(side)?, fill.impact()?)));
            let amount = Cell::atoms(Atoms::new(amount), decimals);
            rows.push(match filled {
                Ok((size, fill, notional, impact)) => vec![
                    Cell::text(name),
                    amount,
                    Cell::signed_size(size, units),
                    average(notional.get(), size.get(), units),
                    Cell::exact(fill.spread, decimals),
                    Cell::exact(impact, decimals),
                    Cell::atoms(fill.fee, decimals),
                ],
                Err(rule) => vec![Cell::text(name), amount, Cell::text(rule.to_string())],
            });
        }
    }
    let columns = ["side", "notional", "size", "average price", "spread", "impact", "fee"];
    Section::rows("quotes", "What orders cost now", &columns, rows)
}

/// Every parameter with its meaning.
fn parameters(market: &perp_engine::state::Market) -> Section {
    let units = Units::of(market);
    let rows = parameter_cells(&market.parameters, units)
        .into_iter()
        .map(|(name, cell, text)| vec![Cell::text(name), cell, Cell::text(text)]);
    Section::rows("parameters", "Parameters, as listed", &["parameter", "value", "meaning"], rows.collect())
}

/// A value of a parameter in the unit in which people write it.
macro_rules! parameter_cell {
    (Base $value:expr, $units:expr) => {
        Cell::size($value, $units)
    };
    (Quote $value:expr, $units:expr) => {
        Cell::atoms($value, $units.quote_decimals)
    };
    (Seconds $value:expr, $units:expr) => {
        Cell::Seconds($value.into())
    };
    (Flag $value:expr, $units:expr) => {
        Cell::Flag($value != 0)
    };
    (Number $value:expr, $units:expr) => {
        Cell::Count($value.into())
    };
    (PercentPerHour $value:expr, $units:expr) => {
        rate($value)
    };
    (PercentPerYear $value:expr, $units:expr) => {
        rate($value)
    };
    (PercentPerDayPerDay $value:expr, $units:expr) => {
        Cell::Text(format!("{} · 2^-{RATE_BITS} / s²", $value))
    };
    (PercentPerRootMillion $value:expr, $units:expr) => {
        Cell::Text(format!("{} · 2^-32 ppm / √atom", $value))
    };
    ($share:ident $value:expr, $units:expr) => {
        Cell::share($value)
    };
}

fn rate(value: u64) -> Cell {
    Cell::Rate(i64::try_from(value).unwrap_or(i64::MAX))
}

macro_rules! cells {
    ($($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
        /// Every parameter: its name, its value, and what it is.
        pub fn parameter_cells(
            parameters: &perp_engine::state::Parameters,
            units: Units,
        ) -> Vec<(&'static str, Cell, &'static str)> {
            vec![$((stringify!($field), parameter_cell!($kind parameters.$field, units), $text)),+]
        }
    };
}

perp_engine::market_parameters!(cells);
