//! What tests share: SOL-PERP as it is listed, and a pool.
#![allow(clippy::arithmetic_side_effects)] // numbers that a test wrote

use crate::market::claims::FULL_CLAIM_FACTOR;
#[cfg(test)]
use crate::market::Ready;
use crate::oracle::OracleReading;
#[cfg(test)]
use crate::risk::portfolio::Portfolio;
use crate::session::Session;
use crate::state::{
    Account, Market, Parameters, Pool, PoolParameters, Position, RecentPrices, Restriction, Status, RATE_BITS,
};
use crate::units::{Atoms, Clock, Ppm, Price, QuoteX40, Side, SignedSize, Size, Timestamp, X40_PER_ATOM};
use bytemuck::Zeroable;

/// One SOL in base units.
pub const SOL: u64 = 1_000_000_000;
/// One USDC in atoms.
pub const USDC: u64 = 1_000_000;
/// $250 per SOL: a quarter of an atom per base unit, 2^38 in 2^-40 atoms.
pub const PRICE: u64 = 1 << 38;
/// A Friday in November 2026.
pub const NOW: i64 = 1_795_000_000;

const SECONDS_A_YEAR: u64 = 31_557_600;

/// The clock so many seconds after [`NOW`].
pub fn at(seconds_later: i64) -> Clock {
    Clock { now: Timestamp::new(NOW + seconds_later), slot: 1_000 }
}

/// The exchange in this status, never paused before.
pub fn session(status: Status, clock: Clock) -> Session {
    Session { status, pause_began: Timestamp::NEVER, pause_ended: Timestamp::NEVER, boundary: Timestamp::NEVER, clock }
}

/// In force until so many seconds after [`NOW`], with nothing spent of its allowance.
pub fn restricted_until(seconds_later: i64) -> Restriction {
    Restriction { until: at(seconds_later).now, ..Restriction::default() }
}

/// Dollars in atoms.
pub fn usdc(amount: u64) -> Atoms {
    Atoms::new(amount * USDC)
}

/// Dollars in 2^-40 atoms.
pub fn exact(dollars: i128) -> QuoteX40 {
    QuoteX40::new(dollars * i128::from(USDC) * X40_PER_ATOM)
}

/// SOL-PERP's parameters.
pub fn sol_parameters() -> Parameters {
    Parameters {
        open_interest_cap: Size::new(100_000 * SOL),
        impact_scale: Size::new(20_000_000 * SOL),
        open_interest_low: Size::new(5_000 * SOL),
        open_interest_high: Size::new(225_000 * SOL),
        size_premium: 0,
        // 9.6 % per day per day; 0.1 % an hour; 5 % a year. 86 400² / 9.6 % = 77 760 000 000
        funding_velocity: (1 << RATE_BITS) / 77_760_000_000,
        funding_rate_cap: (1 << RATE_BITS) / (1_000 * 3_600),
        carry_rate: (5 << RATE_BITS) / (100 * SECONDS_A_YEAR),
        // Seven times as much: 35 %.
        carry_surge: 7 * ((5 << RATE_BITS) / (100 * SECONDS_A_YEAR)),
        minimum_position: Atoms::new(100 * USDC),
        minimum_bounty: Atoms::new(50_000),
        shared_draw_limit: Atoms::new(100_000 * USDC),
        base_margin: Ppm::new(50_000),
        maintenance_fraction: Ppm::new(600_000),
        volatility_margin: Ppm::ZERO,
        measured_weight: Ppm::new(330_000),
        measured_limit: Ppm::new(200_000),
        ramp_up: Ppm::new(600_000),
        ramp_down: Ppm::new(20_000),
        max_price_step: Ppm::new(18_000),
        penalty: Ppm::new(10_000),
        bounty_share_min: Ppm::new(300_000),
        bounty_share_max: Ppm::new(500_000),
        backing_share: Ppm::new(200_000),
        liquidation_buffer: Ppm::new(250_000),
        impact_limit: Ppm::new(4_000),
        taker_fee: Ppm::new(400),
        taker_fee_rebalancing: Ppm::new(200),
        protocol_share: Ppm::new(100_000),
        spread_confidence: Ppm::new(1_000_000),
        spread_volatility: Ppm::new(2_000_000),
        spread_measured: Ppm::new(1_500_000),
        spread_drift: Ppm::new(100_000),
        volatility: Ppm::new(800_000),
        max_confidence_to_increase: Ppm::new(5_000),
        max_confidence_valid: Ppm::new(15_000),
        stress_move: Ppm::new(150_000),
        backing_cap: Ppm::new(500_000),
        max_accrual_seconds: 3_600,
        max_age_trade: 5,
        max_age_liquidate: 15,
        max_age_funding: 60,
        future_tolerance: 10,
        settle_after: 172_800,
        isolated_only: 0,
        outage_delay: 300,
        second_max_deviation: Ppm::ZERO,
        second_max_age: 0,
        risk_group: 0,
        group_credit: Ppm::ZERO,
        group_divergence: Ppm::ZERO,
        reserved: [0; 5],
    }
}

/// SOL-PERP in risk group 1: a maintenance margin of 3.75 %, a credit of 10 %, so that positions in it and the like survive moves apart
/// of 3.2 %.
pub fn grouped_parameters() -> Parameters {
    Parameters {
        maintenance_fraction: Ppm::new(750_000),
        risk_group: 1,
        group_credit: Ppm::new(100_000),
        group_divergence: Ppm::new(32_000),
        ..sol_parameters()
    }
}

/// Parameters of a thin market in which the size premium, the scaling by open interest and a small share of the pool all bind:
/// ten-fold leverage, base units of 10^-5. The premium binds above a notional of $10 000:
/// 0.1 · √(10^10 atoms) / √(10^10) with 10 % = 10^5 ppm is 1 ppm per √atom, times 2^32.
pub fn thin_parameters() -> Parameters {
    const UNIT: u64 = 100_000;
    Parameters {
        open_interest_cap: Size::new(400_000 * UNIT),
        impact_scale: Size::new(80_000_000 * UNIT),
        open_interest_low: Size::new(40_000 * UNIT),
        open_interest_high: Size::new(800_000 * UNIT),
        size_premium: 1 << 32,
        base_margin: Ppm::new(100_000),
        penalty: Ppm::new(15_000),
        max_price_step: Ppm::new(30_000),
        taker_fee: Ppm::new(1_000),
        taker_fee_rebalancing: Ppm::new(500),
        volatility: Ppm::new(1_500_000),
        stress_move: Ppm::new(300_000),
        backing_cap: Ppm::new(20_000),
        minimum_position: usdc(50),
        minimum_bounty: Atoms::new(20_000),
        ..sol_parameters()
    }
}

/// SOL-PERP without positions, its price published and its funding accrued at [`NOW`].
pub fn sol_market() -> Market {
    let mut market = Market { parameters: sol_parameters(), base_decimals: 9, quote_decimals: 6, ..Market::zeroed() };
    market.ledger.claim_factor = FULL_CLAIM_FACTOR;
    market.ledger.funding_time = Timestamp::new(NOW);
    publish(&mut market, PRICE, 0);
    market
}

/// A price without a confidence interval becomes the market's only one.
pub fn publish(market: &mut Market, price: u64, seconds_later: i64) {
    market.recent = RecentPrices::default();
    market.recent.record(Price::new(price), Timestamp::new(NOW + seconds_later));
    market.price.price = Price::new(price);
    market.price.confidence = Price::ZERO;
    market.price.published = Timestamp::new(NOW + seconds_later);
    market.price.newest_published = market.price.published;
}

/// Positions of a whole side that entered for `entry` atoms and settled their funding just now.
pub fn set_side(market: &mut Market, side: Side, size: u64, entry: u64) {
    let totals = market.ledger.side_mut(side);
    totals.open_interest = Size::new(size);
    totals.entry_notional = QuoteX40::new(i128::from(entry) * X40_PER_ATOM).into();
    totals.funding_checkpoint = QuoteX40::new(i128::from(size) * i128::from(totals.funding_index.get())).into();
}

/// An account with `balance` dollars and 10 SOL on one side entered for `entry` dollars, and a market with `backing`
/// dollars in which it is alone. At $250 the position is worth $2500.
pub fn alone(balance: u64, side: Side, entry: u64, backing: u64) -> (Account, Market) {
    let mut market = sol_market();
    market.ledger.backing = usdc(backing);
    set_side(&mut market, side, 10 * SOL, entry * USDC);
    let mut account = Account { balance: usdc(balance), ..Account::zeroed() };
    account.positions[0] = Position {
        size: Size::new(10 * SOL).on(side).unwrap(),
        entry_notional: market.ledger.side(side).entry_notional,
        ..Position::empty_in(0)
    };
    (account, market)
}

/// A reading in units of 10^-8 dollars, published so many seconds after [`NOW`].
pub fn reading(price: i64, confidence: u64, seconds_later: i64) -> OracleReading {
    OracleReading::new(price, confidence, -8, NOW + seconds_later).unwrap()
}

/// Signed base units: positive is long.
pub fn base(size: i64) -> SignedSize {
    SignedSize::new(size)
}

/// The pool's parameters.
pub fn pool_parameters() -> PoolParameters {
    PoolParameters {
        minimum_request: Atoms::new(10 * USDC),
        epoch_seconds: 3_600,
        deposit_notice: 600,
        withdrawal_notice: 86_400,
        queue_fee: Ppm::new(200),
        hysteresis: Ppm::new(50_000),
        shared_draw_share: Ppm::new(100_000),
        shared_draw_window: 86_400,
        padding: 0,
        reserved: [0; 4],
    }
}

/// A pool with `cash` and as many shares.
pub fn pool(cash: u64) -> Pool {
    Pool { cash: Atoms::new(cash), shares: Atoms::new(cash), parameters: pool_parameters(), ..Pool::zeroed() }
}

/// What is planned on a copy of the market as it stands: nothing of its price or funding changes first.
#[cfg(test)]
pub(crate) fn planned<T>(market: &Market, status: Status, clock: Clock, plan: impl FnOnce(&Ready<'_>) -> T) -> T {
    let mut market = *market;
    plan(&Ready::as_stored(&mut market, status, clock))
}

/// What is planned for an account on a copy of the market, beside the markets of its other slots.
#[cfg(test)]
pub(crate) fn planned_for<T>(
    account: &Account,
    market: &Market,
    others: &[&Market],
    status: Status,
    clock: Clock,
    plan: impl FnOnce(&Portfolio<'_>, &Ready<'_>) -> T,
) -> T {
    planned(market, status, clock, |market| {
        let portfolio = Portfolio::new(account, Some(&**market), others.iter().copied(), clock).unwrap();
        plan(&portfolio, market)
    })
}
