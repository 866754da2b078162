//! The markets of the tests: the starting numbers of the design.

use perp_client::addresses::padded;
use perp_engine::state::{Parameters, PoolParameters, RATE_BITS};
use perp_engine::units::{Atoms, Ppm, Size};
use perp_swap::instructions::CreateMarketArguments;
use perp_swap::oracle::{OracleKind, CORE_RECEIVER};
use perp_swap::state::OracleArguments;

/// One SOL in base units.
pub const SOL: i64 = 1_000_000_000;
/// One USDC in atoms.
pub const USDC: u64 = 1_000_000;
/// The price worlds begin at: a quarter of an atom per base unit, 2^38 raw, so that sums come out even.
pub const START_PRICE: f64 = 250.0;
/// A Friday in November 2026.
pub const NOW: i64 = 1_795_000_000;
/// A day in seconds.
pub const DAY: i64 = 86_400;

const SECONDS_A_YEAR: u64 = 31_557_600;

/// SOL-PERP.
pub fn parameters() -> Parameters {
    let sol = |count: u64| Size::new(count * SOL.unsigned_abs());
    Parameters {
        open_interest_cap: sol(100_000),
        impact_scale: sol(20_000_000),
        open_interest_low: sol(50_000),
        open_interest_high: sol(200_000),
        size_premium: 0,
        // 9.6 % per day per day, 86 400² / 9.6 % = 77 760 000 000; 0.1 % an hour; 5 % a year.
        funding_velocity: (1 << RATE_BITS) / 77_760_000_000,
        funding_rate_cap: (1 << RATE_BITS) / (1_000 * 3_600),
        carry_rate: (5 << RATE_BITS) / (100 * SECONDS_A_YEAR),
        minimum_position: Atoms::new(100 * USDC),
        minimum_bounty: Atoms::new(50_000),
        base_margin: Ppm::new(50_000),
        maintenance_fraction: Ppm::new(600_000),
        volatility_margin: Ppm::ZERO,
        step: Ppm::new(18_000),
        penalty: Ppm::new(10_000),
        bounty_share_min: Ppm::new(300_000),
        bounty_share_max: Ppm::new(500_000),
        backing_share: Ppm::new(200_000),
        liquidation_buffer: Ppm::new(250_000),
        impact_limit: Ppm::new(4_000),
        taker_fee: Ppm::new(400),
        taker_fee_reducing: Ppm::new(200),
        protocol_share: Ppm::new(100_000),
        spread_confidence: Ppm::new(1_000_000),
        spread_volatility: Ppm::new(2_000_000),
        volatility: Ppm::new(800_000),
        confidence_increase: Ppm::new(5_000),
        confidence_good: Ppm::new(15_000),
        jump: Ppm::new(150_000),
        backing_cap: Ppm::new(500_000),
        bankrupt_bounty: Ppm::ZERO,
        funding_dt_cap: 3_600,
        age_trade: 5,
        age_other: 60,
        age_liquidate: 15,
        age_funding: 60,
        future_tolerance: 10,
        dark_delay: 300,
    }
}

/// The liquidity providers' delays and limits.
pub fn pool_parameters() -> PoolParameters {
    PoolParameters {
        minimum_request: Atoms::new(10 * USDC),
        deposit_delay: 30,
        withdrawal_delay: 86_400,
        deposit_lapse: 3_600,
        withdrawal_lapse: 172_800,
        hysteresis: Ppm::new(50_000),
        shared_draw_share: Ppm::new(100_000),
        shared_draw_window: 86_400,
        padding: 0,
    }
}

/// Pyth's feed of a market of the tests.
pub fn feed_id(market: u16) -> [u8; 32] {
    let mut feed = [0xF0; 32];
    feed[..2].copy_from_slice(&market.to_le_bytes());
    feed
}

/// A market like SOL-PERP: any fully verified update of its feed is its oracle.
pub fn market(index: u16, parameters: Parameters, target_backing: u64) -> CreateMarketArguments {
    CreateMarketArguments {
        index,
        symbol: padded(&format!("M{index}-PERP")).expect("the symbol is short"),
        base_decimals: 9,
        oracle: OracleArguments {
            kind: OracleKind::Pull as u8,
            program: CORE_RECEIVER,
            account: Default::default(),
            feed_id: feed_id(index),
        },
        parameters,
        target_backing: Atoms::new(target_backing),
    }
}
