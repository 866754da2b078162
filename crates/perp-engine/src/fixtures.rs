//! What the engine's tests share: SOL-PERP as it is listed, and a pool.

use crate::state::{Market, Parameters, Pool, PoolParameters, RATE_BITS};
use crate::units::{Atoms, Base, Clock, Ppm, Price, Raw, Side, Size, Timestamp, RAW_PER_ATOM};
use bytemuck::Zeroable;

/// One SOL in base units.
pub const SOL: u64 = 1_000_000_000;
/// One USDC in atoms.
pub const USDC: u64 = 1_000_000;
/// $250 per SOL: a quarter of an atom per base unit, a power of two in raw.
pub const PRICE: u64 = 1 << 38;
/// A Friday in November 2026.
pub const NOW: i64 = 1_795_000_000;

const SECONDS_A_YEAR: u64 = 31_557_600;

pub fn at(seconds_later: i64) -> Clock {
    Clock { now: Timestamp::new(NOW + seconds_later), slot: 1_000 }
}

pub fn sol_parameters() -> Parameters {
    Parameters {
        open_interest_cap: Size::new(100_000 * SOL),
        impact_scale: Size::new(20_000_000 * SOL),
        open_interest_low: Size::new(50_000 * SOL),
        open_interest_high: Size::new(200_000 * SOL),
        size_premium: 0,
        // 9.6 % per day per day; 0.1 % an hour; 5 % a year. 86 400² / 9.6 % = 77 760 000 000
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

/// SOL-PERP without positions, its price published and its funding accrued at [`NOW`].
pub fn sol_market() -> Market {
    let mut market = Market { parameters: sol_parameters(), base_decimals: 9, quote_decimals: 6, ..Market::zeroed() };
    market.books.claim_factor = crate::claims::FULL_CLAIM_FACTOR;
    market.books.funding_time = Timestamp::new(NOW);
    publish(&mut market, PRICE, 0);
    market
}

/// A price without a confidence interval becomes the market's good one.
pub fn publish(market: &mut Market, price: u64, seconds_later: i64) {
    market.price.price = Price::new(price);
    market.price.confidence = Price::ZERO;
    market.price.published = Timestamp::new(NOW + seconds_later);
    market.price.newest_published = market.price.published;
}

/// Positions of a whole side that entered for `entry` atoms and settled their funding just now.
pub fn set_side(market: &mut Market, side: Side, size: u64, entry: u64) {
    let book = market.books.side_mut(side);
    book.open_interest = Size::new(size);
    book.entry = Raw::new(i128::from(entry) * RAW_PER_ATOM).into();
    book.size_index = Raw::new(i128::from(size) * i128::from(book.funding_index.get())).into();
}

pub fn base(size: i64) -> Base {
    Base::new(size)
}

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

/// A pool with `cash` and as many shares.
pub fn pool(cash: u64) -> Pool {
    Pool { cash: Atoms::new(cash), shares: Atoms::new(cash), parameters: pool_parameters(), ..Pool::zeroed() }
}
