//! Fills and liquidations.

use axum::extract::State;
use axum::response::Response;
use sqlx::any::AnyRow;
use sqlx::Row;

use super::answer::{table, Accepted, Page};
use super::error::Problem;
use super::parameters::{question, Address, Asked, Cursor, MarketName, Time};
use super::select::{Context, Select};
use super::App;
use crate::store::exact;

question! {
    Question {
        /// Only of this market: its index or symbol.
        market: Option<MarketName>,
        /// Only of this margin account.
        account: Option<Address>,
        /// Only of this owner's margin accounts.
        owner: Option<Address>,
        /// Only from then on.
        from: Option<Time>,
        /// Only before.
        to: Option<Time>,
    }
}

table! {
    /// A market order that was filled, or a slice of a resting one.
    Fill {
        /// When, in Unix seconds.
        time: i64,
        /// The slot.
        slot: u64,
        /// Whether the slot can no longer be abandoned.
        finalized: bool,
        /// The transaction.
        signature: String,
        /// Symbol of the market.
        market: String,
        /// The margin account.
        account: String,
        /// Its owner.
        owner: String,
        /// Who signed: the owner or the delegate; of a resting order whoever filled it.
        trader: String,
        /// Number of the resting order among the account's; empty for a market order.
        order: Option<u64>,
        /// What was filled, in base units; positive for a buy.
        size: String,
        /// The index price, in 2^-40 atoms per base unit.
        index_price: String,
        /// What it was bought or sold for, in 2^-40 atoms.
        notional: String,
        /// The spread's part of that, in 2^-40 atoms.
        spread: String,
        /// The impact's part, in 2^-40 atoms.
        impact: String,
        /// The fee, in atoms.
        fee: String,
        /// Profit realized, in atoms.
        realized: String,
        /// Funding received, in atoms.
        funding: String,
        /// The position before, in base units.
        size_before: String,
        /// The position after, in base units.
        size_after: String,
    }
}

table! {
    /// A position that was closed, in part or whole, because equity was below what is required.
    Liquidation {
        /// When, in Unix seconds.
        time: i64,
        /// The slot.
        slot: u64,
        /// Whether the slot can no longer be abandoned.
        finalized: bool,
        /// The transaction.
        signature: String,
        /// Symbol of the market.
        market: String,
        /// The margin account.
        account: String,
        /// Its owner.
        owner: String,
        /// Who signed the liquidation.
        liquidator: String,
        /// The margin account that received the bounty.
        liquidator_account: String,
        /// Why: price, funding, volatility, unsettled or settlement.
        reason: String,
        /// The index price, in 2^-40 atoms per base unit.
        index_price: String,
        /// What was closed, in base units.
        closed: String,
        /// What it was closed for, in 2^-40 atoms.
        notional: String,
        /// Profit realized, in atoms.
        realized: String,
        /// Funding received, in atoms.
        funding: String,
        /// The penalty, in atoms.
        penalty: String,
        /// The bounty, in atoms.
        bounty: String,
        /// What of the penalty went to the insurance, in atoms.
        insurance: String,
        /// What of it stayed in the backing, in atoms.
        backing: String,
        /// What the market added to the bounty, in atoms.
        added: String,
        /// The position before, in base units.
        size_before: String,
        /// The position after, in base units.
        size_after: String,
        /// Equity before, in atoms.
        equity_before: String,
        /// Equity after, in atoms.
        equity_after: String,
        /// Required margin before, in atoms.
        maintenance_before: String,
        /// Required margin after, in atoms.
        maintenance_after: String,
    }
}

const FILL: &str =
    "r.place, r.market, r.time, r.account, r.owner, r.trader, r.size, r.index_price, r.notional, r.spread, \
                    r.impact, r.fee, r.realized, r.funding, r.size_before, r.size_after, r.order_number";
const LIQUIDATION: &str =
    "r.place, r.market, r.time, r.account, r.owner, r.liquidator, r.liquidator_account, r.reason, \
     r.index_price, r.closed, r.notional, r.realized, r.funding, r.penalty, r.bounty, r.insurance, r.backing, r.added, \
     r.size_before, r.size_after, r.equity_before, r.equity_after, r.maintenance_before, r.maintenance_after";

async fn rows(
    app: &App,
    context: &Context,
    question: &Question,
    (columns, table): (&str, &str),
) -> Result<Vec<AnyRow>, Problem> {
    Select::from(columns, table)
        .number("r.market = ?", context.market_index(question.market.as_ref())?)?
        .text("r.account = ?", question.account.as_ref().map(|account| account.0.clone()))?
        .text("r.owner = ?", question.owner.as_ref().map(|owner| owner.0.clone()))?
        .number("r.place < ?", Some(Cursor::place(question.cursor).number()))?
        .between(app, question.from, question.to)
        .await?
        .rows(app, "r.place DESC", question.limit.unwrap_or_default().0)
        .await
}

/// Fills, the newest first.
#[utoipa::path(get, path = "/v1/fills", tag = "trades", params(Question), responses(
    (status = 200, body = Page<Fill>, content_type = "application/json"), (status = 400, body = Problem)
))]
pub(super) async fn fills(
    State(app): State<App>,
    accepted: Accepted,
    Asked(question): Asked<Question>,
) -> Result<Response, Problem> {
    let context = Context::load(&app, question.numbers).await?;
    let rows = rows(&app, &context, &question, (FILL, "fills")).await?;
    let rows = rows.iter().map(|row| Ok((row.try_get(0)?, fill(&context, row)?))).collect::<Result<_, Problem>>()?;
    Page::of(rows, question.limit.unwrap_or_default().0).written(question.format, &accepted)
}

/// Liquidations, the newest first.
#[utoipa::path(get, path = "/v1/liquidations", tag = "trades", params(Question), responses(
    (status = 200, body = Page<Liquidation>, content_type = "application/json"), (status = 400, body = Problem)
))]
pub(super) async fn liquidations(
    State(app): State<App>,
    accepted: Accepted,
    Asked(question): Asked<Question>,
) -> Result<Response, Problem> {
    let context = Context::load(&app, question.numbers).await?;
    let rows = rows(&app, &context, &question, (LIQUIDATION, "liquidations")).await?;
    let rows =
        rows.iter().map(|row| Ok((row.try_get(0)?, liquidation(&context, row)?))).collect::<Result<_, Problem>>()?;
    Page::of(rows, question.limit.unwrap_or_default().0).written(question.format, &accepted)
}

/// Fills from one place to another, the oldest first.
pub(super) async fn fills_between(app: &App, context: &Context, first: i64, last: i64) -> Result<Vec<Fill>, Problem> {
    let select = Select::from(FILL, "fills").number("r.place >= ?", Some(first))?.number("r.place <= ?", Some(last))?;
    let rows = select.rows(app, "r.place", super::live::MOST).await?;
    rows.iter().map(|row| fill(context, row)).collect()
}

/// Liquidations from one place to another, the oldest first.
pub(super) async fn liquidations_between(
    app: &App,
    context: &Context,
    first: i64,
    last: i64,
) -> Result<Vec<Liquidation>, Problem> {
    let select = Select::from(LIQUIDATION, "liquidations")
        .number("r.place >= ?", Some(first))?
        .number("r.place <= ?", Some(last))?;
    let rows = select.rows(app, "r.place", super::live::MOST).await?;
    rows.iter().map(|row| liquidation(context, row)).collect()
}

fn fill(context: &Context, row: &AnyRow) -> Result<Fill, Problem> {
    let market = row.try_get(1)?;
    let (writing, stamp) = (context.writing(market), context.stamp(row.try_get(0)?, row.try_get(17)?));
    let wide = |column: usize| -> Result<String, Problem> { Ok(writing.exact(exact(row.try_get(column)?)?)) };
    Ok(Fill {
        time: row.try_get(2)?,
        slot: stamp.slot,
        finalized: stamp.is_final,
        signature: stamp.signature,
        market: context.symbol(market),
        account: row.try_get(3)?,
        owner: row.try_get(4)?,
        trader: row.try_get(5)?,
        order: row.try_get::<Option<i64>, _>(16)?.map(i64::cast_unsigned),
        size: writing.size(row.try_get(6)?),
        index_price: writing.price(row.try_get(7)?),
        notional: wide(8)?,
        spread: wide(9)?,
        impact: wide(10)?,
        fee: writing.atoms(row.try_get(11)?),
        realized: writing.atoms(row.try_get(12)?),
        funding: writing.atoms(row.try_get(13)?),
        size_before: writing.size(row.try_get(14)?),
        size_after: writing.size(row.try_get(15)?),
    })
}

fn liquidation(context: &Context, row: &AnyRow) -> Result<Liquidation, Problem> {
    let market = row.try_get(1)?;
    let (writing, stamp) = (context.writing(market), context.stamp(row.try_get(0)?, row.try_get(24)?));
    let atoms = |column: usize| row.try_get(column).map(|amount| writing.atoms(amount));
    Ok(Liquidation {
        time: row.try_get(2)?,
        slot: stamp.slot,
        finalized: stamp.is_final,
        signature: stamp.signature,
        market: context.symbol(market),
        account: row.try_get(3)?,
        owner: row.try_get(4)?,
        liquidator: row.try_get(5)?,
        liquidator_account: row.try_get(6)?,
        reason: row.try_get(7)?,
        index_price: writing.price(row.try_get(8)?),
        closed: writing.size(row.try_get(9)?),
        notional: writing.exact(exact(row.try_get(10)?)?),
        realized: atoms(11)?,
        funding: atoms(12)?,
        penalty: atoms(13)?,
        bounty: atoms(14)?,
        insurance: atoms(15)?,
        backing: atoms(16)?,
        added: atoms(17)?,
        size_before: writing.size(row.try_get(18)?),
        size_after: writing.size(row.try_get(19)?),
        equity_before: atoms(20)?,
        equity_after: atoms(21)?,
        maintenance_before: atoms(22)?,
        maintenance_after: atoms(23)?,
    })
}
