//! Margin accounts: results, positions, transfers.

use axum::extract::State;
use axum::response::Response;
use sqlx::any::AnyRow;
use sqlx::Row;

use super::answer::{table, Accepted, Page};
use super::error::Problem;
use super::parameters::{question, Address, Asked, Cursor, Limit, MarketName, Standing, Time};
use super::select::{Context, Select};
use super::App;
use crate::store::exact;

question! {
    AccountsQuestion {
        /// Only this margin account.
        account: Option<Address>,
        /// Only this owner's margin accounts.
        owner: Option<Address>,
    }
}

table! {
    /// A margin account from its opening to its closing; one that was opened again has a row for each time.
    AccountRow {
        /// The margin account.
        account: String,
        /// Its owner.
        owner: String,
        /// When it was opened, in Unix seconds; empty where that is not known.
        opened_at: Option<i64>,
        /// When it was closed, in Unix seconds; empty while it is open.
        closed_at: Option<i64>,
        /// Its balance after its last event, in atoms.
        balance: String,
        /// Realized profit and funding, less fees and penalties, and bounties, in atoms.
        net: String,
        /// Σ deposits, in atoms.
        deposited: String,
        /// Σ withdrawals, in atoms.
        withdrawn: String,
        /// Σ realized profit, in atoms.
        realized: String,
        /// Σ funding received, in atoms.
        funding: String,
        /// Σ fees charged, and what orders cost that could not be filled, in atoms.
        fees: String,
        /// Σ penalties charged, in atoms.
        penalties: String,
        /// Σ bounties received, in atoms.
        bounties: String,
        /// Σ notional of fills at the index, in atoms.
        volume: String,
        /// Fills.
        trades: i64,
    }
}

const LIFE: &str =
    "last_place, account, owner, opened_at, closed_at, balance, deposited, withdrawn, realized, funding, \
                    fees, penalties, bounties, volume, trades";

/// Results of margin accounts, the one that had an event last first.
#[utoipa::path(get, path = "/v1/accounts", tag = "accounts", params(AccountsQuestion), responses(
    (status = 200, body = Page<AccountRow>, content_type = "application/json"), (status = 400, body = Problem)
))]
pub(super) async fn accounts(
    State(app): State<App>,
    accepted: Accepted,
    Asked(question): Asked<AccountsQuestion>,
) -> Result<Response, Problem> {
    let context = Context::load(&app, question.numbers).await?;
    let Limit(limit) = question.limit.unwrap_or_default();
    let rows = Select::new(&format!("SELECT {LIFE} FROM lives WHERE 1 = 1"))
        .text("account = ?", question.account.map(|account| account.0))?
        .text("owner = ?", question.owner.map(|owner| owner.0))?
        .number("last_place < ?", Some(Cursor::place(question.cursor).number()))?
        .rows(&app, "last_place DESC", limit)
        .await?;
    let writing = context.amounts();
    let rows = rows.iter().map(|row| {
        let atoms = |column: usize| row.try_get::<i64, _>(column);
        let net =
            [(8, 1), (9, 1), (10, -1), (11, -1), (12, 1)].into_iter().try_fold(0_i64, |sum, (column, sign)| {
                atoms(column).map(|amount| sum.wrapping_add(amount.wrapping_mul(sign)))
            })?;
        let account = AccountRow {
            account: row.try_get(1)?,
            owner: row.try_get(2)?,
            opened_at: row.try_get(3)?,
            closed_at: row.try_get(4)?,
            balance: writing.atoms(atoms(5)?),
            net: writing.atoms(net),
            deposited: writing.atoms(atoms(6)?),
            withdrawn: writing.atoms(atoms(7)?),
            realized: writing.atoms(atoms(8)?),
            funding: writing.atoms(atoms(9)?),
            fees: writing.atoms(atoms(10)?),
            penalties: writing.atoms(atoms(11)?),
            bounties: writing.atoms(atoms(12)?),
            volume: writing.atoms(atoms(13)?),
            trades: atoms(14)?,
        };
        Ok((row.try_get(0)?, account))
    });
    Page::of(rows.collect::<Result<_, Problem>>()?, limit).written(question.format, &accepted)
}

question! {
    PositionsQuestion {
        /// Only of this margin account.
        account: Option<Address>,
        /// Only of this owner's margin accounts.
        owner: Option<Address>,
        /// Only of this market: its index or symbol.
        market: Option<MarketName>,
        /// Only open ones, or only closed ones.
        standing: Option<Standing>,
    }
}

table! {
    /// A position from the order that opened it until its size was zero again; what was settled of it afterwards counts.
    PositionRow {
        /// The margin account.
        account: String,
        /// Its owner.
        owner: String,
        /// Symbol of the market.
        market: String,
        /// When it was opened, in Unix seconds.
        opened_at: i64,
        /// When it was closed, in Unix seconds; empty while it is open.
        closed_at: Option<i64>,
        /// Its size, in base units; negative for a short.
        size: String,
        /// The largest size it has had, without a sign.
        largest: String,
        /// Profit realized, less funding paid, fees and penalties, in atoms.
        net: String,
        /// Σ realized profit, in atoms.
        realized: String,
        /// Σ funding received, in atoms.
        funding: String,
        /// Σ fees, in atoms.
        fees: String,
        /// Σ penalties, in atoms.
        penalties: String,
        /// Σ notional of fills at the index, in 2^-40 atoms.
        volume: String,
        /// Fills.
        trades: i64,
    }
}

/// Results by position, the one that was opened last first.
#[utoipa::path(get, path = "/v1/positions", tag = "accounts", params(PositionsQuestion), responses(
    (status = 200, body = Page<PositionRow>, content_type = "application/json"),
    (status = 400, body = Problem), (status = 404, body = Problem)
))]
pub(super) async fn positions(
    State(app): State<App>,
    accepted: Accepted,
    Asked(question): Asked<PositionsQuestion>,
) -> Result<Response, Problem> {
    const SELECT: &str =
        "SELECT opened, account, owner, market, opened_at, closed_at, size, largest, realized, funding, \
                          fees, penalties, volume, trades FROM positions WHERE 1 = 1";
    let context = Context::load(&app, question.numbers).await?;
    let Limit(limit) = question.limit.unwrap_or_default();
    let (open, closed) = match question.standing.unwrap_or_default() {
        Standing::All => (None, None),
        Standing::Open => (Some(0), None),
        Standing::Closed => (None, Some(0)),
    };
    let rows = Select::new(SELECT)
        .text("account = ?", question.account.map(|account| account.0))?
        .text("owner = ?", question.owner.map(|owner| owner.0))?
        .number("market = ?", context.market_index(question.market.as_ref())?)?
        .number("size <> ?", open)?
        .number("size = ?", closed)?
        .number("opened < ?", Some(Cursor::place(question.cursor).number()))?
        .rows(&app, "opened DESC", limit)
        .await?;
    let rows = rows.iter().map(|row| Ok((row.try_get(0)?, position(&context, row)?)));
    Page::of(rows.collect::<Result<_, Problem>>()?, limit).written(question.format, &accepted)
}

fn position(context: &Context, row: &AnyRow) -> Result<PositionRow, Problem> {
    let market = row.try_get(3)?;
    let writing = context.writing(market);
    let atoms = |column: usize| row.try_get::<i64, _>(column);
    let net = atoms(8)?.wrapping_add(atoms(9)?).wrapping_sub(atoms(10)?).wrapping_sub(atoms(11)?);
    Ok(PositionRow {
        account: row.try_get(1)?,
        owner: row.try_get(2)?,
        market: context.symbol(market),
        opened_at: row.try_get(4)?,
        closed_at: row.try_get(5)?,
        size: writing.size(row.try_get(6)?),
        largest: writing.size(row.try_get(7)?),
        net: writing.atoms(net),
        realized: writing.atoms(atoms(8)?),
        funding: writing.atoms(atoms(9)?),
        fees: writing.atoms(atoms(10)?),
        penalties: writing.atoms(atoms(11)?),
        volume: writing.exact(exact(row.try_get(12)?)?),
        trades: row.try_get(13)?,
    })
}

question! {
    TransfersQuestion {
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
    /// How a margin account's cash changed without an order or a liquidation of its own.
    Transfer {
        /// When, in Unix seconds.
        time: i64,
        /// The slot.
        slot: u64,
        /// Whether the slot can no longer be abandoned.
        finalized: bool,
        /// The transaction.
        signature: String,
        /// The margin account.
        account: String,
        /// What it was: deposit, withdrawal, funding, profit, claim, claim_waived, bankruptcy, bounty, reward or forfeit, what an
        /// order cost that could not be filled.
        kind: String,
        /// Symbol of the market, where it is about one.
        market: Option<String>,
        /// By how much the balance changed, in atoms.
        amount: String,
        /// The balance before, in atoms.
        balance_before: String,
        /// The balance after, in atoms.
        balance_after: String,
    }
}

/// Collateral in and out, and everything else that moved cash without an order; the newest first.
#[utoipa::path(get, path = "/v1/transfers", tag = "accounts", params(TransfersQuestion), responses(
    (status = 200, body = Page<Transfer>, content_type = "application/json"), (status = 400, body = Problem)
))]
pub(super) async fn transfers(
    State(app): State<App>,
    accepted: Accepted,
    Asked(question): Asked<TransfersQuestion>,
) -> Result<Response, Problem> {
    const COLUMNS: &str = "r.place, r.time, r.account, r.kind, r.market, r.amount, r.balance_before, r.balance_after";
    let context = Context::load(&app, question.numbers).await?;
    let Limit(limit) = question.limit.unwrap_or_default();
    let rows = Select::from(COLUMNS, "transfers")
        .text("r.account = ?", question.account.map(|account| account.0))?
        .text("r.account IN (SELECT account FROM lives WHERE owner = ?)", question.owner.map(|owner| owner.0))?
        .number("r.place < ?", Some(Cursor::place(question.cursor).number()))?
        .between(&app, question.from, question.to)
        .await?
        .rows(&app, "r.place DESC", limit)
        .await?;
    let writing = context.amounts();
    let rows = rows.iter().map(|row| {
        let place = row.try_get(0)?;
        let stamp = context.stamp(place, row.try_get(8)?);
        let atoms = |column: usize| row.try_get(column).map(|amount| writing.atoms(amount));
        let transfer = Transfer {
            time: row.try_get(1)?,
            slot: stamp.slot,
            finalized: stamp.is_final,
            signature: stamp.signature,
            account: row.try_get(2)?,
            kind: row.try_get(3)?,
            market: row.try_get::<Option<i64>, _>(4)?.map(|market| context.symbol(market)),
            amount: atoms(5)?,
            balance_before: atoms(6)?,
            balance_after: atoms(7)?,
        };
        Ok((place, transfer))
    });
    Page::of(rows.collect::<Result<_, Problem>>()?, limit).written(question.format, &accepted)
}
