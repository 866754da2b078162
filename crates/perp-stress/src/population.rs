//! Who trades: how large, how long, with how much leverage. Every trader draws from a stream of random numbers of its own, so that
//! what happens to one changes nothing of what another wants.

use fastrand::Rng;

/// Traders at a time.
pub const TRADERS: usize = 2_000;
/// The part of them that is long.
pub const LONG_SHARE: f64 = 0.7;
/// Standard deviation of the logarithm of a position's notional.
const SIZE_SIGMA: f64 = 1.2;
/// The leverage wanted: its median, the standard deviation of its logarithm, its limits.
const LEVERAGE: (f64, f64, f64, f64) = (7.0, 0.6, 2.0, 20.0);
/// Mean time for which a position is held, in seconds.
const HOLDING: f64 = 12.0 * 3_600.0;
/// Distance of the take-profit: its median, and the standard deviation of its logarithm.
const TAKE_PROFIT: (f64, f64) = (0.03, 0.3);
/// Longest time until a closed position is replaced, in seconds.
const REPLACED_WITHIN: f64 = 3_600.0;
/// The part of the liquidated that come back, and the longest time they take, in seconds.
const RETURNING: (f64, f64) = (0.7, 4.0 * 3_600.0);

/// A normal number.
pub fn normal(rng: &mut Rng) -> f64 {
    // Box and Muller's; one of the pair is thrown away. 1 − u is never zero.
    (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (std::f64::consts::TAU * rng.f64()).cos()
}

/// A position as its trader wants it.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Whether it is long.
    pub long: bool,
    /// Its notional as a multiple of the mean.
    pub size: f64,
    /// Notional by collateral.
    pub leverage: f64,
    /// Seconds for which it is held.
    pub holding: i64,
    /// Part of the price that its profit is taken at.
    pub take_profit: f64,
}

/// A trader's stream of wishes.
#[derive(Clone, Debug)]
pub struct Appetite(Rng);

impl Appetite {
    /// That of a trader in the population of a seed.
    pub fn of(seed: u64, trader: usize) -> Self {
        // Far apart, so that no two populations share a trader.
        Self(Rng::with_seed(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (trader as u64).wrapping_mul(0xd1b5_4a32_d192_ed03),
        ))
    }

    /// The next position wanted.
    pub fn wish(&mut self) -> Wish {
        let rng = &mut self.0;
        let long = rng.f64() < LONG_SHARE;
        let size = (SIZE_SIGMA * normal(rng) - SIZE_SIGMA * SIZE_SIGMA / 2.0).exp();
        let (median, sigma, least, most) = LEVERAGE;
        let leverage = (median * (sigma * normal(rng)).exp()).clamp(least, most);
        let holding = (-HOLDING * (1.0 - rng.f64()).ln()) as i64;
        let take_profit = TAKE_PROFIT.0 * (TAKE_PROFIT.1 * normal(rng)).exp();
        Wish { long, size, leverage, holding, take_profit }
    }

    /// Seconds until another position is opened after one was closed.
    pub fn pause(&mut self) -> i64 {
        (REPLACED_WITHIN * self.0.f64()) as i64
    }

    /// Seconds until another position is opened after a liquidation; `None` for one who has had enough.
    pub fn recovery(&mut self) -> Option<i64> {
        let (share, longest) = RETURNING;
        let (returns, after) = (self.0.f64() < share, (longest * self.0.f64()) as i64);
        returns.then_some(after)
    }
}
