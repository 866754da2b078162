//! What is told of the exchange's roles, its parameters and what waits.

use perp_accounts::Exchange;
use perp_engine::state::{Status, StatusAuthority, PAUSES, REDUCTIONS};
use solana_pubkey::Pubkey;

use crate::chain::Chain;
use crate::commands::markets::{parameter_cells, status_name};
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};

/// Who may do what, and for how long.
///
/// # Errors
/// [`Failure`].
pub fn roles(chain: &Chain) -> Result<Report, Failure> {
    let root: Exchange = chain.venue.connection.fetch(&chain.addresses().exchange)?;
    let (exchange, now) = (chain.exchange(), chain.now());
    let somebody = |key: &Pubkey| if *key == Pubkey::default() { Cell::None } else { Cell::address(key) };
    let roles = Section::fields(
        "exchange",
        "Exchange",
        [
            ("address", Cell::address(&chain.addresses().exchange)),
            ("admin", Cell::address(&root.admin)),
            ("proposed admin", somebody(&root.pending_admin)),
            ("risk admin", Cell::address(&root.risk_admin)),
            ("guardian", Cell::address(&root.guardian)),
            ("status", Cell::text(status_name(exchange.session().status))),
            ("paused until", Cell::time(exchange.state.pause.until)),
            ("reduce-only until", Cell::time(exchange.state.reduce_only.until)),
        ],
    );
    let mut rows = Vec::new();
    let mut row = |what: String, restriction: &perp_engine::state::Restriction, rule| -> Result<(), Failure> {
        let left = |authority| restriction.allowance.left(rule, authority, now);
        let (admin, guardian) = (left(StatusAuthority::RiskAdmin)?, left(StatusAuthority::Guardian)?);
        rows.push(vec![Cell::text(what), Cell::Seconds(admin), Cell::Seconds(guardian)]);
        Ok(())
    };
    row("pauses of the exchange".into(), &exchange.state.pause, &PAUSES)?;
    row("the exchange reduce-only".into(), &exchange.state.reduce_only, &REDUCTIONS)?;
    for market in exchange.markets() {
        row(format!("{} reduce-only", chain.symbol(market.index)), &market.reduce_only, &REDUCTIONS)?;
    }
    let columns = ["restriction", "admins may still", "guardian may still"];
    Ok(Report::of([roles, Section::rows("allowances", "How long it may still be restricted", &columns, rows)]))
}

macro_rules! pool_cells {
    ($($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
        /// Every parameter of the pool.
        fn pool_parameters(parameters: &perp_engine::state::PoolParameters, decimals: u8) -> Vec<Vec<Cell>> {
            vec![$(vec![Cell::text(stringify!($field)), pool_cell!($kind parameters.$field, decimals), Cell::text($text)]),+]
        }
    };
}

macro_rules! pool_cell {
    (Quote $value:expr, $decimals:expr) => {
        Cell::atoms($value, $decimals)
    };
    (Seconds $value:expr, $decimals:expr) => {
        Cell::Seconds($value.into())
    };
    ($share:ident $value:expr, $decimals:expr) => {
        Cell::share($value)
    };
}

perp_engine::pool_parameters!(pool_cells);

/// What the pool or a market was set up with.
///
/// # Errors
/// [`Failure`].
pub fn parameters(chain: &Chain, market: Option<&str>) -> Result<Report, Failure> {
    let columns = ["parameter", "value", "meaning"];
    let (heading, rows) = match market {
        None => ("The pool".to_owned(), pool_parameters(&chain.exchange().pool.parameters, chain.decimals())),
        Some(name) => {
            let state = &chain.market(name)?.state;
            let cells = parameter_cells(&state.parameters, chain.units(state.index)).into_iter();
            let rows = cells.map(|(name, cell, text)| vec![Cell::text(name), cell, Cell::text(text)]);
            (chain.symbol(state.index), rows.collect())
        }
    };
    let mut report = Report::of([Section::rows("parameters", heading, &columns, rows)]);
    report.warnings.push("nobody can change them: who wants others lists a new market, or makes a new exchange".into());
    Ok(report)
}

/// What waits.
///
/// # Errors
/// [`Failure`].
pub fn pending(chain: &Chain) -> Result<Report, Failure> {
    let root: Exchange = chain.venue.connection.fetch(&chain.addresses().exchange)?;
    let (exchange, mut rows) = (chain.exchange(), Vec::new());
    let mut row = |what: &str, of: Cell, when| rows.push(vec![Cell::text(what), of, when]);
    if root.pending_admin != Pubkey::default() {
        row(
            "proposed admin",
            Cell::address(&root.pending_admin),
            Cell::text("until it accepts or another is proposed"),
        );
    }
    if !exchange.state.boundary.is_never() {
        row("boundary of the pool", Cell::None, Cell::time(exchange.state.boundary));
    }
    let session = exchange.session();
    if session.status != Status::Active {
        let until = exchange.state.pause.until.max(exchange.state.reduce_only.until);
        row(status_name(session.status), Cell::text("the exchange"), Cell::time(until));
    }
    for market in exchange.markets() {
        let of = || Cell::text(chain.symbol(market.index));
        if market.own_status(chain.now()) != Status::Active {
            row("reduce-only", of(), Cell::time(market.reduce_only.until));
        }
        if !market.price.outage_since.is_never() {
            row("oracle outage reported", of(), Cell::time(market.price.outage_since));
        }
        if market.settlement.is_announced() && !market.settlement.has_begun() {
            row("delisting", of(), Cell::time(market.settlement.delisted_from));
        }
        if market.settlement.has_begun() {
            row("positions closed by anybody", of(), Cell::time(market.settlement.closes_from()));
        }
    }
    Ok(Report::of([Section::rows("pending", "What waits", &["what", "of", "when"], rows)]))
}
