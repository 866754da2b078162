use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::sizing::{holding_costs, MarketLeverage};
use perp_engine::market::fill::skew;
use perp_engine::market::measured_margin::measured_margin_ceil;
use perp_engine::market::price::{age, is_dead, is_fresh_in, reference_time, spread_ceil};
use perp_engine::market::solvency::{solvency, Solvency};
use perp_engine::risk::margin::{initial_margin_ceil, maintenance_margin_ceil};
use perp_engine::state::{Market, Status};
use perp_engine::units::{Atoms, Ppm, Price, SignedSize, PPM};
use perp_engine::EngineError;

/// The funding rate where it is heading, if price and open interest stay as they are; none where no funding accrues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateAhead {
    /// In an hour, per second in 2^-60; positive where longs pay.
    pub in_an_hour: i64,
    /// In a day.
    pub in_a_day: i64,
}

/// What a market says of itself, with funding accrued up to now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketQuote {
    /// The market with its funding accrued.
    pub market: Market,
    /// What may be done there now.
    pub status: Status,
    /// Age of its valid price in seconds.
    pub age: u64,
    /// Whether that is a price of the last seconds.
    pub is_fresh: bool,
    /// Whether it is held for dead, after an outage was reported.
    pub is_dead: bool,
    /// Spread of one base unit.
    pub spread: Price,
    /// Where funding is heading.
    pub rate_ahead: Option<RateAhead>,
    /// Long minus short open interest.
    pub skew: SignedSize,
    /// What it could bear.
    pub solvency: Solvency,
    /// What its backing bears.
    pub leverage: MarketLeverage,
    /// Initial margin of the smallest position now, as a part of its notional.
    pub initial_fraction: Ppm,
    /// Maintenance margin of the smallest position, as a part of its notional.
    pub maintenance_fraction: Ppm,
}

impl Exchange {
    /// What a market says of itself.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`]; [`EngineError::PriceStale`] where it never had a price.
    pub fn market_quote(&self, index: u16) -> Result<MarketQuote, Refusal> {
        let mut market = *self.market(index)?;
        if market.price.published.is_never() {
            let allowed = u64::from(market.parameters.max_age_trade);
            return Err(EngineError::PriceStale { age: u64::MAX, allowed }.into());
        }
        let session = self.session();
        let status = market.refresh(None, &session)?.status();
        let reference = reference_time(self.clock, [&market]);
        let ahead = holding_costs(&market, &session, SignedSize::new(1), &[3_600, 86_400]);
        let rate_ahead = match ahead.as_deref() {
            Ok([hour, day]) => Some(RateAhead { in_an_hour: hour.funding_rate, in_a_day: day.funding_rate }),
            _ => None,
        };
        // The margin of a million atoms, in atoms, is its fraction in ppm.
        let (million, measured) = (Atoms::new(PPM), measured_margin_ceil(&market)?);
        let fraction = |margin: Atoms| u32::try_from(margin.get()).map(Ppm::new).map_err(|_| EngineError::Overflow);
        let (ledger, parameters) = (&market.ledger, &market.parameters);
        Ok(MarketQuote {
            status,
            age: age(&market, reference)?,
            is_fresh: is_fresh_in(&market, reference),
            is_dead: is_dead(&market, reference),
            spread: spread_ceil(&market, reference)?,
            rate_ahead,
            skew: skew(ledger)?,
            solvency: solvency(ledger, parameters, market.price.price)?,
            leverage: self.market_leverage(index)?,
            initial_fraction: fraction(initial_margin_ceil(million, measured, ledger, parameters)?)?,
            maintenance_fraction: fraction(maintenance_margin_ceil(million, measured, parameters)?.margin)?,
            market,
        })
    }
}
