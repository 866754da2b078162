//! Markets and what they have counted.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::Row;
use utoipa::IntoParams;

use super::answer::{table, Accepted, Page};
use super::error::Problem;
use super::parameters::{Asked, Format, Numbers};
use super::select::Context;
use super::App;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Question {
    /// How numbers are written.
    #[param(inline)]
    numbers: Option<Numbers>,
    /// How the answer is written.
    #[param(inline)]
    format: Option<Format>,
}

table! {
    /// A market.
    Market {
        /// Its index within the exchange.
        market: u16,
        /// Its symbol.
        symbol: String,
        /// Its address.
        address: String,
        /// One base unit is 10^-`base_decimals` of the asset.
        base_decimals: u8,
        /// Decimals of the quote token.
        quote_decimals: u8,
        /// Its price when it last had an event, in 2^-40 atoms per base unit; empty before its first price.
        price: Option<String>,
        /// Funding rate per second, in 2^-60; decimal: per hour.
        funding_rate: Option<String>,
        /// Σ size of all longs, in base units.
        long_open_interest: Option<String>,
        /// Σ size of all shorts, in base units.
        short_open_interest: Option<String>,
        /// Unix seconds of that event.
        time: Option<i64>,
        /// Σ notional of fills at the index, in 2^-40 atoms.
        volume: String,
        /// Fills.
        trades: u64,
        /// Σ notional closed by liquidations, in 2^-40 atoms.
        liquidated: String,
        /// Liquidations.
        liquidations: u64,
        /// Σ traders' realized profit, in atoms.
        traders_result: String,
        /// Σ bounties, in atoms.
        bounties: String,
        /// Σ penalties that stayed in the backing, in atoms.
        penalties: String,
        /// Σ penalties that went to the insurance, in atoms.
        penalties_to_insurance: String,
    }
}

/// All markets with what they have counted.
#[utoipa::path(get, path = "/v1/markets", tag = "markets", params(Question), responses(
    (status = 200, body = Page<Market>, content_type = "application/json"), (status = 400, body = Problem)
))]
pub(super) async fn list(
    State(app): State<App>,
    accepted: Accepted,
    Asked(question): Asked<Question>,
) -> Result<Response, Problem> {
    const LAST: &str = "SELECT price, funding_rate, long_open_interest, short_open_interest, time FROM moments \
                        WHERE market = $1 ORDER BY place DESC LIMIT 1";
    let context = Context::load(&app, question.numbers).await?;
    let mut rows = Vec::new();
    for market in context.markets.values() {
        let index = i64::from(market.market);
        let writing = context.writing(index);
        let totals = app.store.market_totals(market.market).await?;
        let last = sqlx::query(LAST).bind(index).fetch_optional(app.store.pool()).await?;
        let last = last.as_ref();
        let number = |column: usize| last.map(|row| row.try_get::<i64, _>(column)).transpose();
        let row = Market {
            market: market.market,
            symbol: market.symbol.clone(),
            address: market.address.clone(),
            base_decimals: market.base_decimals,
            quote_decimals: context.quote_decimals,
            price: number(0)?.filter(|price| *price > 0).map(|price| writing.price(price)),
            funding_rate: number(1)?.map(|rate| writing.rate(rate)),
            long_open_interest: number(2)?.map(|size| writing.size(size)),
            short_open_interest: number(3)?.map(|size| writing.size(size)),
            time: number(4)?,
            volume: writing.exact(totals.volume),
            trades: totals.trades,
            liquidated: writing.exact(totals.liquidated),
            liquidations: totals.liquidations,
            traders_result: writing.atoms(totals.traders_result),
            bounties: writing.atoms(totals.bounties.cast_signed()),
            penalties: writing.atoms(totals.penalties.cast_signed()),
            penalties_to_insurance: writing.atoms(totals.penalties_to_insurance.cast_signed()),
        };
        rows.push(row);
    }
    Page { data: rows, next: None }.written(question.format, &accepted)
}
