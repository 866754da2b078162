//! The history of a market: prices, funding, open interest, by intervals.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::answer::{table, Accepted, Page, Table};
use super::error::Problem;
use super::numbers::Writing;
use super::parameters::{Asked, Cursor, Format, Limit, MarketName, Named, Numbers, Time, Width};
use super::select::{in_order, Context};
use super::App;
use crate::store::Candle;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Question {
    /// Width of an interval, in seconds: 60, 300, 900, 3600, 14400 or 86400.
    #[param(inline)]
    width: Option<Width>,
    /// Only intervals that begin then or later.
    #[param(inline)]
    from: Option<Time>,
    /// Only intervals that begin before.
    #[param(inline)]
    to: Option<Time>,
    /// How many intervals an answer spans; those in which nothing happened have no row.
    #[param(inline)]
    limit: Option<Limit>,
    /// The `next` of the last answer.
    #[param(inline)]
    cursor: Option<Cursor>,
    /// How numbers are written.
    #[param(inline)]
    numbers: Option<Numbers>,
    /// How the answer is written.
    #[param(inline)]
    format: Option<Format>,
}

table! {
    /// Prices the market used in an interval, and what was traded.
    CandleRow {
        /// When it begins, in Unix seconds.
        start: i64,
        /// The first price, in 2^-40 atoms per base unit.
        open: String,
        /// The highest.
        high: String,
        /// The lowest.
        low: String,
        /// The last.
        close: String,
        /// Σ notional of fills at the index, in 2^-40 atoms.
        volume: String,
        /// Fills.
        trades: i64,
    }
}

table! {
    /// Funding at the end of an interval. What a long paid per base unit over some intervals is the difference of the index.
    FundingRow {
        /// When the interval begins, in Unix seconds.
        start: i64,
        /// Funding rate per second, in 2^-60, positive where longs pay; decimal: per hour.
        funding_rate: String,
        /// What a long has owed per base unit so far, in 2^-40 atoms.
        long_funding_index: String,
        /// What a short has owed per base unit so far, in 2^-40 atoms.
        short_funding_index: String,
        /// The price, in 2^-40 atoms per base unit.
        price: String,
    }
}

table! {
    /// Open interest at the end of an interval.
    OpenInterestRow {
        /// When the interval begins, in Unix seconds.
        start: i64,
        /// Σ size of all longs, in base units.
        long_open_interest: String,
        /// Σ size of all shorts, in base units.
        short_open_interest: String,
        /// The price, in 2^-40 atoms per base unit.
        price: String,
    }
}

/// Prices of a market by intervals, from the prices it took in; the newest first.
#[utoipa::path(get, path = "/v1/markets/{market}/candles", tag = "markets",
    params(("market" = String, Path, description = "Its index or symbol"), Question), responses(
    (status = 200, body = Page<CandleRow>, content_type = "application/json"),
    (status = 400, body = Problem), (status = 404, body = Problem)
))]
pub(super) async fn candles(
    State(app): State<App>,
    Named(market): Named,
    accepted: Accepted,
    Asked(question): Asked<Question>,
) -> Result<Response, Problem> {
    answer(&app, &market, &accepted, question, prices).await
}

/// The prices of an interval.
pub(super) fn prices(candle: &Candle, writing: &Writing) -> CandleRow {
    CandleRow {
        start: candle.start,
        open: writing.price(candle.open.cast_signed()),
        high: writing.price(candle.high.cast_signed()),
        low: writing.price(candle.low.cast_signed()),
        close: writing.price(candle.close.cast_signed()),
        volume: writing.exact(candle.volume),
        trades: candle.trades,
    }
}

/// Funding of a market by intervals; the newest first.
#[utoipa::path(get, path = "/v1/markets/{market}/funding", tag = "markets",
    params(("market" = String, Path, description = "Its index or symbol"), Question), responses(
    (status = 200, body = Page<FundingRow>, content_type = "application/json"),
    (status = 400, body = Problem), (status = 404, body = Problem)
))]
pub(super) async fn funding(
    State(app): State<App>,
    Named(market): Named,
    accepted: Accepted,
    Asked(question): Asked<Question>,
) -> Result<Response, Problem> {
    answer(&app, &market, &accepted, question, |candle, writing| FundingRow {
        start: candle.start,
        funding_rate: writing.rate(candle.end.funding_rate),
        long_funding_index: writing.price(candle.end.long_funding_index),
        short_funding_index: writing.price(candle.end.short_funding_index),
        price: writing.price(candle.close.cast_signed()),
    })
    .await
}

/// Open interest of a market by intervals; the newest first.
#[utoipa::path(get, path = "/v1/markets/{market}/open-interest", tag = "markets",
    params(("market" = String, Path, description = "Its index or symbol"), Question), responses(
    (status = 200, body = Page<OpenInterestRow>, content_type = "application/json"),
    (status = 400, body = Problem), (status = 404, body = Problem)
))]
pub(super) async fn open_interest(
    State(app): State<App>,
    Named(market): Named,
    accepted: Accepted,
    Asked(question): Asked<Question>,
) -> Result<Response, Problem> {
    answer(&app, &market, &accepted, question, |candle, writing| OpenInterestRow {
        start: candle.start,
        long_open_interest: writing.size(candle.end.long_open_interest.cast_signed()),
        short_open_interest: writing.size(candle.end.short_open_interest.cast_signed()),
        price: writing.price(candle.close.cast_signed()),
    })
    .await
}

async fn answer<T: Table>(
    app: &App,
    market: &MarketName,
    accepted: &Accepted,
    question: Question,
    row: impl Fn(&Candle, &Writing) -> T,
) -> Result<Response, Problem> {
    let context = Context::load(app, question.numbers).await?;
    let market = context.market(market)?.market;
    in_order(question.from, question.to)?;
    let writing = context.writing(market.into());
    let Width(width) = question.width.unwrap_or_default();
    let mut page = Page { data: Vec::new(), next: None };
    if let Some((oldest, newest)) = app.store.candle_range(market, width).await? {
        let oldest = oldest.max(question.from.map_or(i64::MIN, |from| from.0));
        let asked = [question.to.map(|to| to.0), question.cursor.map(|cursor| cursor.0), Some(newest + width)];
        let end = asked.into_iter().flatten().min().unwrap_or(newest + width);
        let Limit(limit) = question.limit.unwrap_or_default();
        let begin = (end - limit * width).max(oldest);
        let candles = app.store.candles(market, width, begin, end).await?;
        page.data = candles.iter().rev().map(|candle| row(candle, &writing)).collect();
        page.next = (begin > oldest).then(|| begin.to_string());
    }
    page.written(question.format, accepted)
}
