//! The markets of the test exchange: SOL-PERP as it is listed, BTC-PERP, and a thin one in which the size premium, the
//! scaling by open interest and a small share of the pool all bind.

use super::fixtures::{sol_parameters, USDC};
use perp_engine::state::Parameters;
use perp_engine::units::{Atoms, Ppm, Size};

pub const SOL_PERP: usize = 0;
pub const BTC_PERP: usize = 1;
pub const THIN_PERP: usize = 2;

/// One BTC in base units: ten decimals, so that $100 000 is 10 atoms a unit, a hundredth of the largest price.
pub const BTC: u64 = 10_000_000_000;
/// One of the thin asset in base units.
pub const THIN: u64 = 100_000;

/// How a market is listed: parameters, decimals, first price in 10^-8 dollars, and where its backing is moved to.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    pub parameters: Parameters,
    pub base_decimals: u8,
    pub price: i64,
    pub target_backing: u64,
}

/// $250, twenty-fold leverage.
pub fn sol_perp() -> Listing {
    Listing { parameters: sol_parameters(), base_decimals: 9, price: 25_000_000_000, target_backing: 400_000 * USDC }
}

/// $100 000, the same margins, a cap of 500 BTC a side.
pub fn btc_perp() -> Listing {
    let parameters = Parameters {
        open_interest_cap: Size::new(500 * BTC),
        impact_scale: Size::new(100_000 * BTC),
        open_interest_low: Size::new(250 * BTC),
        open_interest_high: Size::new(1_000 * BTC),
        ..sol_parameters()
    };
    Listing { parameters, base_decimals: 10, price: 10_000_000_000_000, target_backing: 300_000 * USDC }
}

/// $0.50, ten-fold leverage, at most 2 % of the pool. The size premium binds above a notional of $10 000:
/// 0.1 · √(10^10 atoms) / √(10^10) with 10 % = 10^5 ppm is 1 ppm per √atom, times 2^32.
pub fn thin_perp() -> Listing {
    let parameters = Parameters {
        open_interest_cap: Size::new(400_000 * THIN),
        impact_scale: Size::new(80_000_000 * THIN),
        open_interest_low: Size::new(40_000 * THIN),
        open_interest_high: Size::new(800_000 * THIN),
        size_premium: 1 << 32,
        base_margin: Ppm::new(100_000),
        penalty: Ppm::new(15_000),
        step: Ppm::new(30_000),
        taker_fee: Ppm::new(1_000),
        taker_fee_reducing: Ppm::new(500),
        volatility: Ppm::new(1_500_000),
        jump: Ppm::new(300_000),
        backing_cap: Ppm::new(20_000),
        minimum_position: Atoms::new(50 * USDC),
        minimum_bounty: Atoms::new(20_000),
        ..sol_parameters()
    };
    Listing { parameters, base_decimals: 5, price: 50_000_000, target_backing: 20_000 * USDC }
}

pub fn listings() -> [Listing; 3] {
    [sol_perp(), btc_perp(), thin_perp()]
}
