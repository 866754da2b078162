//! Who made most, or traded most.

use axum::extract::State;
use axum::response::Response;
use perp_engine::units::X40_PER_ATOM;
use sqlx::any::AnyRow;
use sqlx::Row;

use super::answer::{table, Accepted, Page};
use super::error::Problem;
use super::numbers::Writing;
use super::parameters::{question, Asked, Limit, Ranking};
use super::select::Context;
use super::App;

const NET: &str = "realized + funding - fees - penalties + bounties";

question! {
    Question {
        /// What it is ordered by.
        by: Option<Ranking>,
    }
}

table! {
    /// An owner with what all their margin accounts have counted together, those that are closed included.
    Leader {
        /// Counted from 1.
        rank: i64,
        /// The owner.
        owner: String,
        /// Realized profit and funding, less fees and penalties, and bounties, in atoms.
        net: String,
        /// Σ realized profit, in atoms.
        realized: String,
        /// Σ funding received, in atoms.
        funding: String,
        /// Σ fees charged, in atoms.
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

/// Owners by what they made, or by what they traded.
#[utoipa::path(get, path = "/v1/leaderboard", tag = "accounts", params(Question), responses(
    (status = 200, body = Page<Leader>, content_type = "application/json"), (status = 400, body = Problem)
))]
pub(super) async fn leaderboard(
    State(app): State<App>,
    accepted: Accepted,
    Asked(question): Asked<Question>,
) -> Result<Response, Problem> {
    // Sums of whole numbers are decimals in PostgreSQL; what is added up here is far below 2^63.
    let sum = |of: &str| format!("CAST(SUM({of}) AS BIGINT)");
    let plain = ["realized", "funding", "fees", "penalties", "bounties"].map(sum).join(", ");
    // Rests below an atom can be atoms together.
    let volume = format!("{} + {} / {X40_PER_ATOM}", sum("volume"), sum("volume_rest"));
    let trades = sum("trades");
    let by = match question.by.unwrap_or_default() {
        Ranking::Net => sum(NET),
        Ranking::Realized => sum("realized"),
        Ranking::Funding => sum("funding"),
        Ranking::Fees => sum("fees"),
        Ranking::Penalties => sum("penalties"),
        Ranking::Bounties => sum("bounties"),
        Ranking::Volume => volume.clone(),
        Ranking::Trades => trades.clone(),
    };
    let context = Context::load(&app, question.numbers).await?;
    let Limit(limit) = question.limit.unwrap_or_default();
    let skipped = question.cursor.map_or(0, |cursor| cursor.0);
    if skipped > i64::from(u32::MAX) {
        return Err(Problem::parameter("cursor", Some(&skipped.to_string()), "the \"next\" of an earlier answer"));
    }
    let text = format!(
        "SELECT owner, {}, {plain}, {volume}, {trades} FROM lives WHERE owner <> '' GROUP BY owner \
         ORDER BY {by} DESC, owner LIMIT $1 OFFSET $2",
        sum(NET)
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(text)).bind(limit + 1).bind(skipped).fetch_all(app.store.pool()).await?;
    let writing = context.amounts();
    let rows = rows.iter().zip(skipped + 1..).map(|(row, rank)| Ok((rank, leader(&writing, row, rank)?)));
    Page::of(rows.collect::<Result<_, Problem>>()?, limit).written(question.format, &accepted)
}

fn leader(writing: &Writing, row: &AnyRow, rank: i64) -> Result<Leader, Problem> {
    let atoms = |column: usize| row.try_get(column).map(|amount| writing.atoms(amount));
    Ok(Leader {
        rank,
        owner: row.try_get(0)?,
        net: atoms(1)?,
        realized: atoms(2)?,
        funding: atoms(3)?,
        fees: atoms(4)?,
        penalties: atoms(5)?,
        bounties: atoms(6)?,
        volume: atoms(7)?,
        trades: row.try_get(8)?,
    })
}
