//! What the parameters of a market must satisfy together.

use crate::error::EngineError;
use crate::market::price::listed_spread_ceil;
use crate::market::solvency::base_maintenance_floor;
use crate::operations::position::liquidate::closing_slope;
use crate::risk::group::MAX_RISK_GROUPS;
use crate::risk::margin::{maintenance_margin_ceil, margin_floor, Maintenance};
use crate::state::{Parameters, FRESH_SECONDS, RATE_BITS};
use crate::units::products::{mul_div_ceil, mul_div_floor, share_ceil};
use crate::units::{Atoms, Ppm, Price, Size, MAX_OPEN_INTEREST, MAX_OPEN_NOTIONAL, MAX_SIZE, PPM};
use core::ops::RangeInclusive;

#[cfg(test)]
mod tests;

/// 1 % per hour: no market's rate may be higher.
pub(crate) const MAX_FUNDING_RATE: u64 = (1 << RATE_BITS) / 360_000;
/// 100 % per day per day.
pub(crate) const MAX_FUNDING_VELOCITY: u64 = (1 << RATE_BITS) / (86_400 * 86_400);
/// Longest that one accrual of funding may cover.
pub(crate) const MAX_ACCRUAL_SECONDS: u32 = 86_400;

/// Largest weight of confidence or volatility: tenfold.
pub(crate) const MAX_WEIGHT: u64 = 10 * PPM;
/// A market whose oracle died keeps its accounts' other legs from being liquidated until it is unusable: two hours at most.
const MAX_OUTAGE_DELAY: u32 = 7_200;
/// How long an outage lasts before its market may end: longer than any weekend, at most two weeks.
const SETTLE_AFTER: RangeInclusive<u32> = 172_800..=1_209_600;
/// Furthest in time that a price of a second source bounds one of the first, in seconds.
const MAX_SECOND_AGE: u32 = 3_600;
/// Furthest that any market lets a publish time be ahead of the clock, in seconds.
pub(crate) const MAX_FUTURE_TOLERANCE: u32 = 10;
/// Least that a market lets it be ahead: an order fills a second later than that after it is armed, which is to be longer than whoever
/// is ahead of the chain sees.
const MIN_FUTURE_TOLERANCE: u32 = 2;

rules! { MarketRule "A rule that relates a market's parameters to each other."
    Sizes "open_interest_cap is above 0 and at most 2^50 base units, impact_scale at most 2^56, open_interest_low is below open_interest_high, which is at most 2^57, and minimum_position is at most 2^52 atoms";
    Shares "every share is at most 100 %, factors and volatility are at most 10, base_margin and maintenance_fraction are above 0, taker_fee_rebalancing is at most taker_fee, bounty_share_min is at most bounty_share_max, and bounty_share_max and backing_share together are at most 100 %";
    PriceStep "max_price_step + penalty + largest funding and carry of one accrual + taker_fee is at most the base maintenance margin: a position at the threshold survives one step";
    ValidConfidence "max_confidence_valid + penalty + largest funding and carry of one accrual is at most the base maintenance margin";
    EntryCost "taker_fee + impact_limit + the widest spread that still opens a position is at most the base maintenance margin";
    SelfLiquidation "impact_limit + taker_fee is at most the part of the penalty that is not bounty: provoking one's own liquidation loses";
    FirstBounty "the first partial liquidation of the smallest position pays minimum_bounty, with and without the largest margin for measured volatility, and the maintenance margin with liquidation_buffer is above the penalty";
    TimesAndRates "0 < max_age_trade <= max_age_liquidate <= 15, max_age_liquidate <= max_age_funding <= 3600, future_tolerance is 2 to 10, outage_delay is above max_age_liquidate and at most 7200, settle_after is 48 hours to 14 days, max_accrual_seconds is 1 to 86400, the funding rate is at most 1 % an hour, its velocity at most 100 % a day per day, carry and its surge at most the rate cap";
    StressMove "max_confidence_to_increase is at most max_confidence_valid, stress_move is at least the base maintenance margin, isolated_only is 0 or 1, and what is reserved is zero";
    MeasuredMargin "a market with a measured_weight has a volatility, a measured_limit of at least base_margin, and both ramps above 0";
    SecondSource "second_max_deviation is at most stress_move and second_max_age at most 3600, and either both are 0 or neither";
    RiskGroup "risk_group is at most 8; outside a group group_credit and group_divergence are 0; inside, maintenance_fraction and group_credit together are at most 100 %, and group_divergence is at least max_price_step and at most what group_credit leaves of the base maintenance margin";
}

impl Parameters {
    /// Whether the parameters agree with each other by every [`MarketRule`].
    ///
    /// The base fraction is the smallest any notional has, so each rule holds for every notional;
    /// [`MarketRule::FirstBounty`], which a larger fraction could break, is checked where it is tightest.
    ///
    /// # Errors
    /// [`EngineError::MarketParameters`] with the first rule broken.
    pub fn validate(&self) -> Result<(), EngineError> {
        for rule in MarketRule::ALL {
            if !self.satisfies(*rule)? {
                return Err(EngineError::MarketParameters { rule: *rule });
            }
        }
        Ok(())
    }

    fn satisfies(&self, rule: MarketRule) -> Result<bool, EngineError> {
        let maintenance = base_maintenance_floor(self)?.wide();
        let sum = |parts: &[u64]| {
            parts.iter().try_fold(0u64, |sum, part| sum.checked_add(*part)).ok_or(EngineError::Overflow)
        };
        let penalty = self.penalty.wide();
        Ok(match rule {
            MarketRule::Sizes => self.sizes_are_valid(),
            MarketRule::Shares => self.shares_are_valid(),
            MarketRule::PriceStep => {
                let accrual = self.largest_accrual_ceil()?;
                sum(&[self.max_price_step.wide(), penalty, accrual, self.taker_fee.wide()])? <= maintenance
            }
            MarketRule::ValidConfidence => {
                sum(&[self.max_confidence_valid.wide(), penalty, self.largest_accrual_ceil()?])? <= maintenance
            }
            MarketRule::EntryCost => {
                let spread = self.largest_spread_ceil()?;
                sum(&[self.taker_fee.wide(), self.impact_limit.wide(), spread])? <= maintenance
            }
            MarketRule::SelfLiquidation => {
                let kept = mul_div_floor(penalty, PPM.abs_diff(self.bounty_share_max.wide()), PPM)?;
                sum(&[self.impact_limit.wide(), self.taker_fee.wide()])? <= kept
            }
            MarketRule::FirstBounty => self.first_bounty_covers_minimum()?,
            MarketRule::TimesAndRates => self.times_and_rates_are_valid(),
            MarketRule::StressMove => {
                self.max_confidence_to_increase <= self.max_confidence_valid
                    && self.stress_move.wide() >= maintenance
                    && self.isolated_only <= 1
                    && self.reserved == [0; 5]
            }
            MarketRule::MeasuredMargin => {
                self.measured_weight == Ppm::ZERO
                    || self.volatility > Ppm::ZERO
                        && self.measured_limit >= self.base_margin
                        && self.ramp_up > Ppm::ZERO
                        && self.ramp_down > Ppm::ZERO
            }
            MarketRule::SecondSource => {
                self.second_max_deviation <= self.stress_move
                    && self.second_max_age <= MAX_SECOND_AGE
                    && (self.second_max_deviation == Ppm::ZERO) == (self.second_max_age == 0)
            }
            MarketRule::RiskGroup => self.risk_group_is_valid(maintenance)?,
        })
    }

    fn sizes_are_valid(&self) -> bool {
        let in_range = |size: Size| !size.is_zero() && size.get() <= MAX_SIZE;
        in_range(self.open_interest_cap)
            && in_range(self.impact_scale)
            && self.impact_scale.get() <= MAX_SIZE / 2
            && self.open_interest_cap.get() <= MAX_OPEN_INTEREST
            && self.open_interest_low < self.open_interest_high
            && in_range(self.open_interest_high)
            && self.minimum_position.get() <= MAX_OPEN_NOTIONAL
    }

    fn shares_are_valid(&self) -> bool {
        let shares = [
            self.base_margin,
            self.maintenance_fraction,
            self.volatility_margin,
            self.measured_limit,
            self.max_price_step,
            self.penalty,
            self.bounty_share_max,
            self.backing_share,
            self.liquidation_buffer,
            self.impact_limit,
            self.taker_fee,
            self.taker_fee_rebalancing,
            self.protocol_share,
            self.max_confidence_valid,
            self.stress_move,
            self.backing_cap,
            self.group_credit,
            self.group_divergence,
        ];
        let weights = [
            self.spread_confidence,
            self.spread_volatility,
            self.spread_measured,
            self.spread_drift,
            self.measured_weight,
            self.ramp_up,
            self.ramp_down,
            self.volatility,
        ];
        shares.iter().all(|share| *share <= Ppm::ONE)
            && weights.iter().all(|weight| weight.wide() <= MAX_WEIGHT)
            && self.base_margin > Ppm::ZERO
            && self.maintenance_fraction > Ppm::ZERO
            && self.taker_fee_rebalancing <= self.taker_fee
            && self.bounty_share_min <= self.bounty_share_max
            && self.bounty_share_max.get().checked_add(self.backing_share.get()).is_some_and(|sum| sum <= 1_000_000)
    }

    fn times_and_rates_are_valid(&self) -> bool {
        let ordered = 0 < self.max_age_trade
            && self.max_age_trade <= self.max_age_liquidate
            && self.max_age_liquidate <= FRESH_SECONDS
            && self.max_age_liquidate <= self.max_age_funding
            && self.max_age_funding <= 3_600
            && self.future_tolerance >= MIN_FUTURE_TOLERANCE
            && self.future_tolerance <= MAX_FUTURE_TOLERANCE
            && self.outage_delay > self.max_age_liquidate
            && self.outage_delay <= MAX_OUTAGE_DELAY
            && SETTLE_AFTER.contains(&self.settle_after);
        ordered
            && (1..=MAX_ACCRUAL_SECONDS).contains(&self.max_accrual_seconds)
            && self.funding_rate_cap <= MAX_FUNDING_RATE
            && self.funding_velocity <= MAX_FUNDING_VELOCITY
            && self.carry_rate.checked_add(self.carry_surge).is_some_and(|carry| carry <= self.funding_rate_cap)
    }

    /// Whether positions in the market's group, each at its maintenance margin, survive their moves apart, and an account that may open or
    /// withdraw is never one that may be liquidated.
    fn risk_group_is_valid(&self, maintenance: u64) -> Result<bool, EngineError> {
        if self.risk_group == 0 {
            return Ok(self.group_credit == Ppm::ZERO && self.group_divergence == Ppm::ZERO);
        }
        let credited = self.maintenance_fraction.wide().checked_add(self.group_credit.wide());
        let left = PPM.saturating_sub(self.group_credit.wide());
        Ok(self.risk_group <= MAX_RISK_GROUPS
            && credited.is_some_and(|sum| sum <= PPM)
            && self.group_divergence >= self.max_price_step
            && self.group_divergence.wide() <= mul_div_floor(maintenance, left, PPM)?)
    }

    /// Funding and carry of one accrual at the largest rates, in ppm of the notional.
    fn largest_accrual_ceil(&self) -> Result<u64, EngineError> {
        let carry = self.carry_rate.checked_add(self.carry_surge).ok_or(EngineError::Overflow)?;
        let rate = self.funding_rate_cap.checked_add(carry).ok_or(EngineError::Overflow)?;
        let seconds_ppm = u64::from(self.max_accrual_seconds).checked_mul(PPM).ok_or(EngineError::Overflow)?;
        mul_div_ceil(rate, seconds_ppm, 1 << RATE_BITS)
    }

    /// The spread of the widest and oldest price that still opens a position while the market is no more volatile than
    /// listed, in ppm of the price: that of a price of a million.
    fn largest_spread_ceil(&self) -> Result<u64, EngineError> {
        let (price, confidence) = (Price::new(PPM), Price::new(self.max_confidence_to_increase.wide()));
        Ok(listed_spread_ceil(price, confidence, u64::from(self.max_age_trade), self)?.get())
    }

    /// At the threshold `E = MM` a position closes `b·MM / ((1 + b)·marginal − penalty)` of notional, and the penalty's
    /// least bounty share on that must reach the minimum bounty. It grows with the position but for one step down, where
    /// the size premium begins to bind and the marginal rate rises by half: both places are checked. It falls as the fraction
    /// grows, so that of measured margins the largest is.
    fn first_bounty_covers_minimum(&self) -> Result<bool, EngineError> {
        let largest = if self.measured_weight == Ppm::ZERO { Ppm::ZERO } else { self.measured_limit };
        for measured in [Ppm::ZERO, largest] {
            let binds = self.minimum_position.max(self.premium_binds_from(measured));
            if !self.first_bounty_reaches_minimum(self.minimum_position, measured)?
                || !self.first_bounty_reaches_minimum(binds, measured)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn first_bounty_reaches_minimum(&self, value: Atoms, measured: Ppm) -> Result<bool, EngineError> {
        let Maintenance { margin, marginal } = maintenance_margin_ceil(value, measured, self)?;
        let Some(slope) = closing_slope(marginal, self.penalty, self)?.filter(|slope| *slope > 0) else {
            return Ok(false);
        };
        // Beside a position that asks as much a group asks for so much less.
        let asked = margin.checked_sub(share_ceil(margin, self.group_credit)?)?;
        let shortfall = mul_div_floor(asked.get(), self.liquidation_buffer.wide(), PPM)?;
        let closed = mul_div_floor(shortfall, PPM, slope)?.min(value.get());
        let penalty = mul_div_floor(closed, self.penalty.wide(), PPM)?;
        Ok(mul_div_floor(penalty, self.bounty_share_min.wide(), PPM)? >= self.minimum_bounty.get())
    }

    /// Smallest notional at which the size premium exceeds the floor of `f`: `⌈√value⌉ > floor · 2^32 / premium`. The
    /// largest that can be opened where it never does.
    fn premium_binds_from(&self, measured: Ppm) -> Atoms {
        let floor = margin_floor(measured, self);
        let root = (floor << 32).checked_div(self.size_premium).unwrap_or(u64::MAX);
        let square = root.checked_mul(root).and_then(|square| square.checked_add(1)).unwrap_or(MAX_OPEN_NOTIONAL);
        Atoms::new(square.min(MAX_OPEN_NOTIONAL))
    }
}
