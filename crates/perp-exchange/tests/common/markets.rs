//! The markets of the test exchange: SOL-PERP as it is listed, BTC-PERP, and a thin one in which the size premium, the
//! scaling by open interest and a small share of the pool all bind.

use perp_engine::fixtures::{sol_parameters, thin_parameters, usdc};
use perp_engine::state::Parameters;
use perp_engine::units::{Ppm, Size};
use perp_exchange::Listing;

pub const SOL_PERP: u16 = 0;
pub const BTC_PERP: u16 = 1;
pub const THIN_PERP: u16 = 2;

/// One BTC in base units: ten decimals, so that $100 000 is 10 atoms a unit, a hundredth of the largest price.
pub const BTC: u64 = 10_000_000_000;
/// One of the thin asset in base units.
pub const THIN: u64 = 100_000;

/// A market and the first price its oracle publishes.
#[derive(Clone, Copy, Debug)]
pub struct TestMarket {
    pub listing: Listing,
    /// In 10^-8 dollars.
    pub price: i64,
}

/// $250, twenty-fold leverage.
pub fn sol_perp() -> TestMarket {
    let listing = Listing { parameters: sol_parameters(), base_decimals: 9, target_backing: usdc(400_000) };
    TestMarket { listing, price: 25_000_000_000 }
}

/// $100 000, the same margins, a cap of 500 BTC a side.
pub fn btc_perp() -> TestMarket {
    let parameters = Parameters {
        open_interest_cap: Size::new(500 * BTC),
        impact_scale: Size::new(100_000 * BTC),
        open_interest_low: Size::new(250 * BTC),
        open_interest_high: Size::new(1_000 * BTC),
        ..sol_parameters()
    };
    let listing = Listing { parameters, base_decimals: 10, target_backing: usdc(300_000) };
    TestMarket { listing, price: 10_000_000_000_000 }
}

/// $0.50, ten-fold leverage, at most 2 % of the pool.
pub fn thin_perp() -> TestMarket {
    let listing = Listing { parameters: thin_parameters(), base_decimals: 5, target_backing: usdc(20_000) };
    TestMarket { listing, price: 50_000_000 }
}

pub fn test_markets() -> [TestMarket; 3] {
    [sol_perp(), btc_perp(), thin_perp()]
}

/// The same with SOL and BTC in one risk group.
pub fn grouped_markets() -> [TestMarket; 3] {
    let [sol, btc, thin] = test_markets();
    let grouped = |market: TestMarket, credit| {
        let parameters = Parameters {
            risk_group: 1,
            group_credit: Ppm::new(credit),
            group_divergence: Ppm::new(18_000),
            ..market.listing.parameters
        };
        TestMarket { listing: Listing { parameters, ..market.listing }, ..market }
    };
    [grouped(sol, 150_000), grouped(btc, 200_000), thin]
}

/// A market whose numbers a test can do in its head: no spread, impact, fee, funding or carry.
pub fn frictionless(market: TestMarket) -> TestMarket {
    let parameters = Parameters {
        impact_limit: Ppm::ZERO,
        taker_fee: Ppm::ZERO,
        taker_fee_rebalancing: Ppm::ZERO,
        volatility: Ppm::ZERO,
        measured_weight: Ppm::ZERO,
        funding_velocity: 0,
        carry_rate: 0,
        ..market.listing.parameters
    };
    TestMarket { listing: Listing { parameters, ..market.listing }, ..market }
}
