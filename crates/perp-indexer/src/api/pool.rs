//! The pool by epoch: share prices, what came in and went out, the yield.

use axum::extract::State;
use axum::response::Response;
use sqlx::any::AnyRow;
use sqlx::Row;

use super::answer::{table, Accepted, Page};
use super::error::Problem;
use super::numbers::ratio;
use super::parameters::{question, Address, Asked, Cursor, Limit, Time};
use super::select::{Context, Select};
use super::App;

const YEAR: i128 = 365 * 86_400;

question! {
    EpochsQuestion {
        /// Only closed from then on.
        from: Option<Time>,
        /// Only closed before.
        to: Option<Time>,
    }
}

table! {
    /// An epoch that was closed.
    Epoch {
        /// When it ended, in Unix seconds.
        boundary: i64,
        /// When it was closed, in Unix seconds.
        time: i64,
        /// The slot.
        slot: u64,
        /// Whether the slot can no longer be abandoned.
        finalized: bool,
        /// The transaction.
        signature: String,
        /// What the pool was worth to those who left, in atoms: its cash, and what was left of each backing with winners and claims
        /// paid.
        lower: String,
        /// What it was worth to those who entered, in atoms: its cash, placed or not.
        upper: String,
        /// What traders had won or lost that was not settled, in atoms.
        unsettled: String,
        /// Shares before, the dead ones included.
        shares_before: String,
        /// Shares after.
        shares_after: String,
        /// At which withdrawals were served: atoms a share, to twelve decimals, rounded down.
        lower_share_price: String,
        /// At which deposits were served: atoms a share, to twelve decimals, rounded down.
        upper_share_price: String,
        /// By what part the lower share price has risen since the epoch closed before; empty for the first.
        gain: Option<String>,
        /// The same for a year of 365 days, without compounding.
        yearly: Option<String>,
        /// Requests that were served.
        requests: i64,
        /// Price limits under which deposits were accepted, separated by spaces: 0 for any price, 1 to 4 for one, two, five and ten
        /// percent. None were where more than half a percent of the upper value was unsettled.
        deposits_accepted: String,
        /// Price limits under which withdrawals were accepted.
        withdrawals_accepted: String,
        /// Tokens that came in, in atoms.
        deposited: String,
        /// Tokens of deposits that were kept out, as far as they have been paid back, in atoms.
        kept_out: String,
        /// Shares issued for them that came in.
        issued: String,
        /// Shares of the withdrawals that were accepted.
        leaving: String,
        /// What of them was redeemed; the rest waits.
        redeemed: String,
        /// Tokens that went out, in atoms.
        paid: String,
        /// The pool's cash afterwards, in atoms.
        cash_after: String,
    }
}

const EPOCH: &str = "r.place, r.boundary, r.time, r.lower, r.upper, r.shares_before, r.shares_after, r.requests, \
     r.deposited, r.issued, r.leaving, r.redeemed, r.paid, r.cash_after, r.unsettled, r.deposits_accepted, r.withdrawals_accepted, \
     (SELECT CAST(COALESCE(SUM(l.tokens), 0) AS BIGINT) FROM liquidity l WHERE l.boundary = r.boundary AND l.step = 'paid' \
      AND l.kind = 'deposit'), \
     (SELECT p.boundary FROM epochs p WHERE p.place < r.place ORDER BY p.place DESC LIMIT 1), \
     (SELECT p.lower FROM epochs p WHERE p.place < r.place ORDER BY p.place DESC LIMIT 1), \
     (SELECT p.shares_before FROM epochs p WHERE p.place < r.place ORDER BY p.place DESC LIMIT 1)";

/// Closed epochs, the newest first.
#[utoipa::path(get, path = "/v1/pool/epochs", tag = "pool", params(EpochsQuestion), responses(
    (status = 200, body = Page<Epoch>, content_type = "application/json"), (status = 400, body = Problem)
))]
pub(super) async fn epochs(
    State(app): State<App>,
    accepted: Accepted,
    Asked(question): Asked<EpochsQuestion>,
) -> Result<Response, Problem> {
    let context = Context::load(&app, question.numbers).await?;
    let Limit(limit) = question.limit.unwrap_or_default();
    let rows = Select::from(EPOCH, "epochs")
        .number("r.place < ?", Some(Cursor::place(question.cursor).number()))?
        .between(&app, question.from, question.to)
        .await?
        .rows(&app, "r.place DESC", limit)
        .await?;
    let rows = rows.iter().map(|row| Ok((row.try_get(0)?, epoch(&context, row)?))).collect::<Result<_, Problem>>()?;
    Page::of(rows, limit).written(question.format, &accepted)
}

/// Epochs closed from one place to another, the oldest first.
pub(super) async fn epochs_between(app: &App, context: &Context, first: i64, last: i64) -> Result<Vec<Epoch>, Problem> {
    let select =
        Select::from(EPOCH, "epochs").number("r.place >= ?", Some(first))?.number("r.place <= ?", Some(last))?;
    let rows = select.rows(app, "r.place", super::live::MOST).await?;
    rows.iter().map(|row| epoch(context, row)).collect()
}

fn epoch(context: &Context, row: &AnyRow) -> Result<Epoch, Problem> {
    let writing = context.amounts();
    let number = |column: usize| row.try_get::<i64, _>(column);
    let before = |column: usize| row.try_get::<Option<i64>, _>(column);
    let stamp = context.stamp(number(0)?, row.try_get(21)?);
    let (lower, upper, shares) = (i128::from(number(3)?), i128::from(number(4)?), i128::from(number(5)?));
    let earned = match (before(18)?, before(19)?, before(20)?) {
        // lower / shares over what it was before, less one.
        (Some(boundary), Some(worth), Some(held)) if worth > 0 => {
            let (worth, held) = (i128::from(worth), i128::from(held));
            let whole = shares.checked_mul(worth);
            let part = lower.checked_mul(held).zip(whole).and_then(|(now, then)| now.checked_sub(then));
            part.zip(whole).map(|(part, whole)| (part, whole, i128::from(number(1).unwrap_or(boundary) - boundary)))
        }
        _ => None,
    };
    Ok(Epoch {
        boundary: number(1)?,
        time: number(2)?,
        slot: stamp.slot,
        finalized: stamp.is_final,
        signature: stamp.signature,
        lower: writing.atoms(number(3)?),
        upper: writing.atoms(number(4)?),
        unsettled: writing.atoms(number(14)?),
        shares_before: number(5)?.to_string(),
        shares_after: number(6)?.to_string(),
        lower_share_price: ratio(lower, shares),
        upper_share_price: ratio(upper, shares),
        gain: earned.map(|(part, whole, _)| yield_of(part, whole, 1, 1)),
        yearly: earned.filter(|earned| earned.2 > 0).map(|(part, whole, seconds)| yield_of(part, whole, YEAR, seconds)),
        requests: number(7)?,
        deposits_accepted: limits(number(15)?),
        withdrawals_accepted: limits(number(16)?),
        deposited: writing.atoms(number(8)?),
        kept_out: writing.atoms(number(17)?),
        issued: number(9)?.to_string(),
        leaving: number(10)?.to_string(),
        redeemed: number(11)?.to_string(),
        paid: writing.atoms(number(12)?),
        cash_after: writing.atoms(number(13)?),
    })
}

/// The numbers of the bits that are set.
fn limits(bits: i64) -> String {
    let set = (0..8).filter(|bit| bits >> bit & 1 == 1).map(|bit| bit.to_string());
    set.collect::<Vec<_>>().join(" ")
}

/// A part of a whole for so much of a time, to twelve decimals, rounded down: the last of what is too large to multiply is
/// left away.
fn yield_of(mut part: i128, mut whole: i128, times: i128, of: i128) -> String {
    // Room for the twelve decimals and the time.
    const LARGEST: i128 = i128::MAX / 1_000_000_000_000 / (2 * YEAR);
    while part.abs() > LARGEST || whole > LARGEST {
        (part, whole) = (part >> 1, whole >> 1);
    }
    ratio(part * times, whole * of)
}

question! {
    LiquidityQuestion {
        /// Only of this owner.
        owner: Option<Address>,
        /// Only of this request.
        request: Option<Address>,
        /// Only from then on.
        from: Option<Time>,
        /// Only before.
        to: Option<Time>,
    }
}

table! {
    /// A step of a request of liquidity.
    LiquidityStep {
        /// When, in Unix seconds.
        time: i64,
        /// The slot.
        slot: u64,
        /// Whether the slot can no longer be abandoned.
        finalized: bool,
        /// The transaction.
        signature: String,
        /// The request.
        request: String,
        /// Its owner.
        owner: String,
        /// What happened: requested or paid.
        step: String,
        /// What it is: deposit or withdrawal.
        kind: String,
        /// The boundary that pays it; of what is requested, from when on it belongs to one.
        boundary: i64,
        /// Tokens asked to come in, or paid, in atoms.
        tokens: String,
        /// Shares asked to go, or paid.
        shares: String,
        /// What waits afterwards: tokens in atoms, or shares.
        waiting: String,
    }
}

/// Requests of liquidity and what they were paid, the newest first.
#[utoipa::path(get, path = "/v1/pool/liquidity", tag = "pool", params(LiquidityQuestion), responses(
    (status = 200, body = Page<LiquidityStep>, content_type = "application/json"), (status = 400, body = Problem)
))]
pub(super) async fn liquidity(
    State(app): State<App>,
    accepted: Accepted,
    Asked(question): Asked<LiquidityQuestion>,
) -> Result<Response, Problem> {
    const COLUMNS: &str =
        "r.place, r.time, r.request, r.owner, r.step, r.kind, r.boundary, r.tokens, r.shares, r.waiting";
    let context = Context::load(&app, question.numbers).await?;
    let Limit(limit) = question.limit.unwrap_or_default();
    let rows = Select::from(COLUMNS, "liquidity")
        .text("r.owner = ?", question.owner.map(|owner| owner.0))?
        .text("r.request = ?", question.request.map(|request| request.0))?
        .number("r.place < ?", Some(Cursor::place(question.cursor).number()))?
        .between(&app, question.from, question.to)
        .await?
        .rows(&app, "r.place DESC", limit)
        .await?;
    let writing = context.amounts();
    let rows = rows.iter().map(|row| {
        let place = row.try_get(0)?;
        let stamp = context.stamp(place, row.try_get(10)?);
        let step = LiquidityStep {
            time: row.try_get(1)?,
            slot: stamp.slot,
            finalized: stamp.is_final,
            signature: stamp.signature,
            request: row.try_get(2)?,
            owner: row.try_get(3)?,
            step: row.try_get(4)?,
            kind: row.try_get(5)?,
            boundary: row.try_get(6)?,
            tokens: writing.atoms(row.try_get(7)?),
            shares: row.try_get::<i64, _>(8)?.to_string(),
            waiting: row.try_get::<i64, _>(9)?.to_string(),
        };
        Ok((place, step))
    });
    Page::of(rows.collect::<Result<_, Problem>>()?, limit).written(question.format, &accepted)
}
