//! Resting orders.

use axum::extract::State;
use axum::response::Response;
use sqlx::any::AnyRow;
use sqlx::Row;

use super::answer::{table, Accepted, Page};
use super::error::Problem;
use super::parameters::{question, Address, Asked, Cursor, Limit, MarketName, OrderFilter, Orders, Time};
use super::select::{Context, Select};
use super::App;
use crate::place::Place;
use crate::store::exact;

question! {
    Question {
        /// Only of this market: its index or symbol.
        market: Option<MarketName>,
        /// Only of this margin account.
        account: Option<Address>,
        /// Only of this owner's margin accounts.
        owner: Option<Address>,
        /// Only in this state.
        state: Option<OrderFilter>,
        /// Only placed from then on.
        from: Option<Time>,
        /// Only placed before.
        to: Option<Time>,
    }
}

table! {
    /// A resting order from its placing until it was over, as it was told of last.
    RestingOrder {
        /// When it was placed, in Unix seconds; empty where that event is missing.
        placed_at: Option<i64>,
        /// The slot in which it was placed, or first told of.
        slot: u64,
        /// The slot in which it was told of last.
        last_slot: u64,
        /// Whether that slot can no longer be abandoned.
        finalized: bool,
        /// The transaction that placed it, or first told of it.
        signature: String,
        /// Symbol of the market.
        market: String,
        /// The margin account.
        account: String,
        /// Its owner.
        owner: String,
        /// Which of the account's orders it is; they begin anew at 1 where the account of the orders is opened again.
        number: u64,
        /// Its place among the account's orders, from 0 to 15.
        place: u8,
        /// How it stands: asleep, waiting or armed; or how it ended: filled, disarmed, forfeited, cancelled, group, parent, swept or
        /// lost. One that is armed and that nobody filled within 15 s of `fills_from` waits on, or has lost that slice.
        state: String,
        /// When it ended, in Unix seconds; empty while it rests.
        ended_at: Option<i64>,
        /// What one fill buys, in base units; negative for a sale. Of one that only reduces the most.
        size: String,
        /// When it is met: at_time, at_or_above or at_or_below a price.
        trigger: String,
        /// That price, in 2^-40 atoms per base unit; 0 by time and where it trails.
        trigger_price: String,
        /// By how much it trails the best price, in parts per million; 0 where it does not.
        trailing: u32,
        /// The best price of one that trails, in 2^-40 atoms per base unit; 0 before the first.
        best: String,
        /// The worst average price that is accepted, in 2^-40 atoms per base unit.
        acceptable_price: String,
        /// Whether it only reduces its position.
        reduce_only: bool,
        /// Number of that position as it was told last; 0 before it was.
        position: u64,
        /// From when on it may be met, in Unix seconds; of one that has woken as it was told last.
        active_from: i64,
        /// After this it is no longer armed, in Unix seconds; 0 for never.
        expires: i64,
        /// Slices it began with.
        slices: u16,
        /// Slices that are left.
        slices_left: u16,
        /// Seconds from one slice to the next.
        seconds_between: u32,
        /// A fill cancels the account's other orders with this number; 0 for none.
        group: u8,
        /// Place of the order with whose fill it wakes; empty while it is awake.
        parent: Option<u8>,
        /// How often it was armed.
        armings: i64,
        /// When that was for the last time, in Unix seconds.
        armed_at: Option<i64>,
        /// While it is armed from when on a reading counts for it, in Unix seconds; else 0.
        fills_from: i64,
        /// While it is armed and only reduces the most that it reduces, in base units.
        armed_size: String,
        /// While it is armed what it costs where it cannot be filled, in atoms.
        margin_held: String,
        /// Slices that were filled; each is a fill with the order's number.
        fills: i64,
        /// Σ what was filled, in base units; negative for a sale.
        filled: String,
        /// Σ what that was bought or sold for, in 2^-40 atoms.
        notional: String,
        /// Σ fees of its fills, in atoms.
        fees: String,
        /// Σ profit realized by its fills, in atoms.
        realized: String,
        /// What its owner paid because it could not be filled, in atoms.
        forfeited: String,
        /// Lamports it began with: what it holds, was paid to whoever filled it, and went home.
        lamports: u64,
        /// Lamports it holds.
        held: u64,
        /// Σ lamports paid to whoever filled it.
        tips: u64,
        /// Lamports that went home to its owner.
        returned: u64,
    }
}

const ORDER: &str =
    "r.place, r.market, r.placed_at, r.last_place, r.account, r.owner, r.number, r.slot, r.state, r.ended_at, \
     r.size, r.kind, r.trigger_price, r.trailing_ppm, r.best, r.acceptable_price, r.reduce_only, r.position_number, \
     r.active_from, r.expires, r.slices, r.slices_left, r.seconds_between, r.group_number, r.parent, r.armings, r.armed_at, \
     r.fills_from, r.armed_size, r.margin_held, r.fills, r.filled, r.notional, r.fees, r.realized, r.forfeited, r.lamports, r.held, \
     r.tips, r.returned";

/// Resting orders, the one that was placed last first.
#[utoipa::path(get, path = "/v1/orders", tag = "orders", params(Question), responses(
    (status = 200, body = Page<RestingOrder>, content_type = "application/json"),
    (status = 400, body = Problem), (status = 404, body = Problem)
))]
pub(super) async fn orders(
    State(app): State<App>,
    accepted: Accepted,
    Asked(question): Asked<Question>,
) -> Result<Response, Problem> {
    let context = Context::load(&app, question.numbers).await?;
    let Limit(limit) = question.limit.unwrap_or_default();
    let wanted = question.state.map(|filter| filter.0);
    let state = match wanted {
        Some(Orders::In(state)) => Some(state.name().to_owned()),
        _ => None,
    };
    let rows = Select::from(ORDER, "orders")
        .number("r.market = ?", context.market_index(question.market.as_ref())?)?
        .text("r.account = ?", question.account.map(|account| account.0))?
        .text("r.owner = ?", question.owner.map(|owner| owner.0))?
        .text("r.state = ?", state)?
        .only("r.ended_at IS NULL", wanted == Some(Orders::Open))
        .only("r.ended_at IS NOT NULL", wanted == Some(Orders::Over))
        .number("r.place < ?", Some(Cursor::place(question.cursor).number()))?
        .between(&app, question.from, question.to)
        .await?
        .rows(&app, "r.place DESC", limit)
        .await?;
    let rows = rows.iter().map(|row| Ok((row.try_get(0)?, order(&context, row)?))).collect::<Result<_, Problem>>()?;
    Page::of(rows, limit).written(question.format, &accepted)
}

/// Orders that were told of last from one place to another, in the order in which they were.
pub(super) async fn orders_between(
    app: &App,
    context: &Context,
    first: i64,
    last: i64,
) -> Result<Vec<RestingOrder>, Problem> {
    let select = Select::from(ORDER, "orders")
        .number("r.last_place >= ?", Some(first))?
        .number("r.last_place <= ?", Some(last))?;
    let rows = select.rows(app, "r.last_place, r.place", super::live::MOST).await?;
    rows.iter().map(|row| order(context, row)).collect()
}

fn order(context: &Context, row: &AnyRow) -> Result<RestingOrder, Problem> {
    let market = row.try_get(1)?;
    let writing = context.writing(market);
    let stamp = context.stamp(row.try_get(0)?, row.try_get(40)?);
    let last_slot = Place::from_number(row.try_get(3)?).slot();
    let number = |column: usize| row.try_get::<i64, _>(column);
    let count = |column: usize| number(column).map(i64::cast_unsigned);
    let price = |column: usize| count(column).map(|price| writing.limit(price));
    let atoms = |column: usize| number(column).map(|amount| writing.atoms(amount));
    let size = |column: usize| number(column).map(|size| writing.size(size));
    Ok(RestingOrder {
        placed_at: row.try_get(2)?,
        slot: stamp.slot,
        last_slot,
        finalized: context.is_final(last_slot),
        signature: stamp.signature,
        market: context.symbol(market),
        account: row.try_get(4)?,
        owner: row.try_get(5)?,
        number: count(6)?,
        place: small(number(7)?),
        state: row.try_get(8)?,
        ended_at: row.try_get(9)?,
        size: size(10)?,
        trigger: row.try_get(11)?,
        trigger_price: price(12)?,
        trailing: small(number(13)?),
        best: price(14)?,
        acceptable_price: price(15)?,
        reduce_only: number(16)? != 0,
        position: count(17)?,
        active_from: number(18)?,
        expires: number(19)?,
        slices: small(number(20)?),
        slices_left: small(number(21)?),
        seconds_between: small(number(22)?),
        group: small(number(23)?),
        parent: row.try_get::<Option<i64>, _>(24)?.map(small),
        armings: number(25)?,
        armed_at: row.try_get(26)?,
        fills_from: number(27)?,
        armed_size: size(28)?,
        margin_held: atoms(29)?,
        fills: number(30)?,
        filled: size(31)?,
        notional: writing.exact(exact(row.try_get(32)?)?),
        fees: atoms(33)?,
        realized: atoms(34)?,
        forfeited: atoms(35)?,
        lamports: count(36)?,
        held: count(37)?,
        tips: count(38)?,
        returned: count(39)?,
    })
}

/// A number that was stored from one of so few bits.
fn small<T: TryFrom<i64> + Default>(number: i64) -> T {
    T::try_from(number).unwrap_or_default()
}
