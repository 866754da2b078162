//! Serving the pool's requests at a boundary, as keepers do.

use perp_engine::operations::liquidity::{EpochPlan, PaymentPlan};
use perp_engine::oracle::OracleReading;
use perp_exchange::{Exchange, Refusal};

/// A boundary that was served.
#[derive(Clone, Debug)]
pub struct Served {
    /// How it was closed.
    pub plan: EpochPlan,
    /// What each of its requests got, by number.
    pub paid: Vec<(u64, PaymentPlan)>,
}

/// Values every market at its reading of the boundary, closes the epoch and pays its requests.
///
/// # Errors
/// The first operation's that is refused; those before it have taken place.
pub fn serve(exchange: &mut Exchange, reading: impl Fn(u16) -> Option<OracleReading>) -> Result<Served, Refusal> {
    for market in 0..exchange.market_count {
        exchange.value_market(market, reading(market).as_ref())?;
    }
    let plan = exchange.close_epoch()?;
    let belong = exchange.requests().iter().filter(|(_, open)| plan.closed.is_of(&open.request));
    let numbers: Vec<u64> = belong.map(|(number, _)| *number).collect();
    let paid = numbers.into_iter().map(|number| Ok((number, exchange.pay_liquidity_request(number)?)));
    let paid = paid.collect::<Result<Vec<_>, Refusal>>()?;
    Ok(Served { plan, paid })
}
