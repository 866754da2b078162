//! The market under stress: the one place that says with which parameters it is listed, how large it is and what stands behind it.

use perp_candles::UsdPrice;
use perp_engine::fixtures::{pool_parameters, sol_parameters, USDC};
use perp_engine::state::{Parameters, PoolParameters};
use perp_engine::units::{Atoms, Size};
use perp_exchange::Listing;

/// Open-interest cap of a side, in dollars at the price at which a path begins.
pub const CAP: f64 = 20_000_000.0;
/// What providers have put into the pool, in dollars.
pub const POOL: f64 = 6_900_000.0;
/// `impact_scale` as a multiple of the cap.
const IMPACT_SCALE: u64 = 200;
/// Backing as a multiple of what the stress move costs at the cap.
const BACKING: f64 = 1.1;
/// Confidence interval of every price, in hundredths of a percent of it; that of the local validator.
pub const CONFIDENCE_BPS: u16 = 5;
/// Slots that pass in two seconds.
pub const SLOTS_IN_TWO_SECONDS: u64 = 5;
/// Decimals of the quote token.
pub const QUOTE_DECIMALS: u8 = 6;

/// Atoms of so many dollars, rounded down, none for a negative amount.
pub fn atoms(dollars: f64) -> Atoms {
    Atoms::new((dollars.max(0.0) * USDC as f64) as u64)
}

/// The pool's parameters.
pub fn pool() -> PoolParameters {
    pool_parameters()
}

/// A market whose cap is so many dollars at `start`, with the backing that the cap asks for.
pub fn listing(start: UsdPrice, cap: f64) -> Listing {
    let start = dollars(start);
    // A base unit is worth from a tenth of an atom to an atom, so that prices and sizes stay in the engine's ranges, whatever
    // the asset.
    let base_decimals = (start * USDC as f64).log10().floor() as u8 + 1;
    let units = (cap / start * 10f64.powi(base_decimals.into())) as u64;
    let fixture = sol_parameters();
    let of_cap = |size: Size| {
        Size::new((size.get() as u128 * u128::from(units) / u128::from(fixture.open_interest_cap.get())) as u64)
    };
    let parameters = Parameters {
        open_interest_cap: Size::new(units),
        impact_scale: Size::new(units * IMPACT_SCALE),
        open_interest_low: of_cap(fixture.open_interest_low),
        open_interest_high: of_cap(fixture.open_interest_high),
        ..fixture
    };
    let stress_move = f64::from(parameters.stress_move.get()) / 1e6;
    Listing { parameters, base_decimals, target_backing: atoms(BACKING * stress_move * cap) }
}

/// A price in dollars.
pub fn dollars(price: UsdPrice) -> f64 {
    price.units() as f64 / 1e8
}

/// The nearest price to so many dollars.
pub fn price(dollars: f64) -> UsdPrice {
    UsdPrice::from_units((dollars * 1e8).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_asset_costs_the_market_is_as_large_and_its_parameters_are_accepted() {
        for (start, decimals) in [(0.02, 5), (2.13, 7), (140.0, 9), (3_950.0, 10), (61_334.0, 11)] {
            let listing = listing(price(start), CAP);
            listing.parameters.validate().unwrap();
            assert_eq!(listing.base_decimals, decimals);
            let cap = listing.parameters.open_interest_cap.get() as f64 / 10f64.powi(decimals.into()) * start;
            assert!((cap / CAP - 1.0).abs() < 1e-6, "{start}: {cap}");
            assert_eq!(listing.parameters.impact_scale.get(), 200 * listing.parameters.open_interest_cap.get());
            // 1.1 · 15 % of $20 million.
            assert_eq!(listing.target_backing, atoms(3_300_000.0));
        }
    }
}
