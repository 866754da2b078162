//! Whether the answers are true: how far the database is, what is missing, what the chain says otherwise.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{table, Accepted, Page};
use super::error::Problem;
use super::parameters::{Asked, Format, Limit, Nothing};
use super::App;

/// How far the database is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    /// The exchange.
    exchange: Option<String>,
    /// The newest confirmed slot at the last step.
    tip: Option<u64>,
    /// The newest slot that cannot be abandoned, at the last step.
    finalized: Option<u64>,
    /// The newest slot with an event.
    newest: u64,
    /// Seconds since the last complete step; none before the first.
    seconds_since_step: Option<u64>,
    /// What the last attempt failed with.
    error: Option<String>,
    /// Runs of missing events.
    gaps: i64,
    /// Transactions of which not everything is known.
    faulty_transactions: i64,
    /// The last comparison with the chain, in Unix seconds.
    checked_at: Option<i64>,
    /// Counters that were other than the chain's.
    differences: Option<usize>,
    /// Markets, accounts, pool and exchange of which the newest events were not known.
    behind: Option<usize>,
}

/// How far the database is.
#[utoipa::path(get, path = "/v1/status", tag = "health", responses(
    (status = 200, body = Status), (status = 400, body = Problem)
))]
pub(super) async fn status(State(app): State<App>, Asked(Nothing {}): Asked<Nothing>) -> Result<Json<Status>, Problem> {
    let progress = app.progress();
    let step = progress.step.map(|(step, _)| step);
    let check = progress.check.as_ref();
    Ok(Json(Status {
        exchange: app.store.scope().await?.map(|scope| scope.exchange.to_string()),
        tip: step.map(|step| step.tip),
        finalized: step.map(|step| step.finalized),
        newest: app.store.newest_slot().await?,
        seconds_since_step: progress.step.map(|(_, at)| at.elapsed().as_secs()),
        error: progress.error,
        gaps: app.store.count_gaps().await?,
        faulty_transactions: app.store.faulty_transactions().await?,
        checked_at: check.map(|(at, _)| *at),
        differences: check.map(|(_, report)| report.differences.len()),
        behind: check.map(|(_, report)| report.behind.len()),
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct GapsQuestion {
    /// How many rows.
    #[param(inline)]
    limit: Option<Limit>,
    /// How the answer is written.
    #[param(inline)]
    format: Option<Format>,
}

table! {
    /// Events that are missing.
    GapRow {
        /// Whose: exchange, pool, market or account.
        kind: String,
        /// Its address.
        address: String,
        /// The number of the first.
        first: u64,
        /// The number of the last.
        last: u64,
        /// How often they were looked for.
        attempts: i64,
        /// Why they were not found.
        reason: String,
    }
}

/// Events that are missing, by their numbers.
#[utoipa::path(get, path = "/v1/gaps", tag = "health", params(GapsQuestion), responses(
    (status = 200, body = Page<GapRow>, content_type = "application/json"), (status = 400, body = Problem)
))]
pub(super) async fn gaps(
    State(app): State<App>,
    accepted: Accepted,
    Asked(question): Asked<GapsQuestion>,
) -> Result<Response, Problem> {
    let limit = usize::try_from(question.limit.unwrap_or_default().0).unwrap_or(usize::MAX);
    let gaps = app.store.gaps(limit).await?;
    let rows = gaps.into_iter().map(|gap| GapRow {
        kind: gap.stream.kind.name().into(),
        address: gap.stream.address,
        first: gap.first,
        last: gap.last,
        attempts: gap.attempts,
        reason: gap.reason,
    });
    Page { data: rows.collect(), next: None }.written(question.format, &accepted)
}

table! {
    /// A counter that the chain has otherwise.
    DifferenceRow {
        /// Whose counter.
        subject: String,
        /// Its name; "events" where events are missing, "newest event" where it is the newest.
        counter: String,
        /// The chain's.
        chain: String,
        /// The database's.
        database: String,
        /// The chain's less the database's, as the counter wraps around.
        difference: String,
    }
}

/// What the last comparison with the chain found other than it should be.
#[utoipa::path(get, path = "/v1/check", tag = "health", params(GapsQuestion), responses(
    (status = 200, body = Page<DifferenceRow>, content_type = "application/json"), (status = 400, body = Problem)
))]
pub(super) async fn check(
    State(app): State<App>,
    accepted: Accepted,
    Asked(question): Asked<GapsQuestion>,
) -> Result<Response, Problem> {
    let report = app.progress().check.map(|(_, report)| report).unwrap_or_default();
    let behind = report.behind.into_iter().map(|behind| DifferenceRow {
        subject: behind.subject,
        counter: "newest event".into(),
        chain: behind.chain.to_string(),
        database: behind.newest.to_string(),
        difference: behind.chain.wrapping_sub(behind.newest).cast_signed().to_string(),
    });
    let differences = report.differences.into_iter().map(|difference| DifferenceRow {
        subject: difference.subject,
        counter: difference.counter,
        chain: difference.chain,
        database: difference.database,
        difference: difference.difference,
    });
    let limit = usize::try_from(question.limit.unwrap_or_default().0).unwrap_or(usize::MAX);
    Page { data: behind.chain(differences).take(limit).collect(), next: None }.written(question.format, &accepted)
}

/// Whether the process runs.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = String)))]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the answers are up to date: the database answers, and the follower has lately completed a step.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, body = String), (status = 503, body = String)
))]
pub(super) async fn readyz(State(app): State<App>) -> Response {
    let progress = app.progress();
    let late = app.late_after;
    let trouble = match (app.store.newest_slot().await, progress.step) {
        (Err(error), _) => Some(error.to_string()),
        (Ok(_), None) => Some("the chain has not been read yet".into()),
        (Ok(_), Some((_, at))) if at.elapsed().as_secs() > late => {
            Some(format!("the chain was last read {} s ago, more than {late}", at.elapsed().as_secs()))
        }
        (Ok(_), Some((step, _))) => {
            step.waits_for.map(|slot| format!("the RPC node does not tell of transactions in slot {slot} yet"))
        }
    };
    match trouble {
        None => (StatusCode::OK, "ready\n".to_owned()).into_response(),
        Some(trouble) => {
            let error = progress.error.map(|error| format!("; {error}")).unwrap_or_default();
            (StatusCode::SERVICE_UNAVAILABLE, format!("{trouble}{error}\n")).into_response()
        }
    }
}
