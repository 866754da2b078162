use crate::error::EngineError;
use crate::margin::{maintenance_margin_ceil, Maintenance};
use crate::price::spread_at_age_ceil;
use crate::units::products::{mul_div_ceil, mul_div_floor};
use crate::units::{Atoms, Ppm, Price, Size, MAX_OPEN_NOTIONAL, MAX_SIZE, PPM};
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};
use bytemuck::{Pod, Zeroable};

#[cfg(test)]
mod tests;

/// A market's parameters. The documented range of each is what [`Parameters::validate`] accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(C)]
pub struct Parameters {
    /// Largest open interest of a side. 1 ..= 2^56 base units.
    pub open_interest_cap: Size,
    /// `S` of the impact function: at skew `s` the marginal price is worse by `s/S`. 1 ..= 2^56 base units.
    pub impact_scale: Size,
    /// Open interest at which the initial margin starts to rise.
    pub open_interest_low: Size,
    /// Open interest at which the initial margin reaches 100 %; above `open_interest_low`.
    pub open_interest_high: Size,
    /// Size premium: margin fraction per √atom of notional, in ppm · 2^-32.
    pub size_premium: u64,
    /// Change of the funding rate per second at full skew, in 2^-60 per second².
    pub funding_velocity: u64,
    /// Largest funding rate, in 2^-60 per second.
    pub funding_rate_cap: u64,
    /// Carry that both sides pay at full open interest, in 2^-60 per second.
    pub carry_rate: u64,
    /// Least notional of a position after an increase or a partial close.
    pub minimum_position: Atoms,
    /// What the first partial liquidation of the smallest position must pay its caller.
    pub minimum_bounty: Atoms,
    /// Base margin fraction `f`.
    pub base_margin: Ppm,
    /// Maintenance margin as a part of `f`.
    pub maintenance_fraction: Ppm,
    /// Margin fraction for the market's volatility; `f` is at least this.
    pub volatility_margin: Ppm,
    /// Largest one-step move the maintenance margin must absorb.
    pub step: Ppm,
    /// Liquidation penalty on the closed notional.
    pub penalty: Ppm,
    /// Bounty's share of the penalty at the threshold.
    pub bounty_share_min: Ppm,
    /// Bounty's share of the penalty when equity is gone.
    pub bounty_share_max: Ppm,
    /// The backing's share of the penalty; insurance gets what bounty and backing leave.
    pub backing_share: Ppm,
    /// `b`: a partial liquidation restores equity to `(1 + b)` times the maintenance margin.
    pub liquidation_buffer: Ppm,
    /// `M`: largest marginal impact.
    pub impact_limit: Ppm,
    pub taker_fee: Ppm,
    /// Fee on the part of an order that reduces the market's skew.
    pub taker_fee_reducing: Ppm,
    /// The protocol's part of fees.
    pub protocol_share: Ppm,
    /// `k`: weight of the confidence in the spread.
    pub spread_confidence: Ppm,
    /// `z`: weight of the volatility since the price was published in the spread.
    pub spread_volatility: Ppm,
    /// `σ`: volatility per √year.
    pub volatility: Ppm,
    /// Confidence limit for increasing, as a part of the price.
    pub confidence_increase: Ppm,
    /// Confidence limit of a good price: for reducing, liquidating and valuing.
    pub confidence_good: Ppm,
    /// `J`: the jump the market must be able to pay for.
    pub jump: Ppm,
    /// Largest part of the pool's principal that may be placed here.
    pub backing_cap: Ppm,
    /// Bounty for closing a bankrupt account, on the closed notional. Reserved: must be zero.
    pub bankrupt_bounty: Ppm,
    /// Longest time one accrual of funding covers, in seconds.
    pub funding_dt_cap: u32,
    /// Oldest own price for trading, in seconds.
    pub age_trade: u32,
    /// Oldest price of the other positions' markets for trading and withdrawing.
    pub age_other: u32,
    /// Oldest price for liquidating, settling profit and moving liquidity.
    pub age_liquidate: u32,
    /// Oldest price for funding.
    pub age_funding: u32,
    /// How far ahead of the clock a publish time may be.
    pub future_tolerance: u32,
    /// Time from `mark_dark` until the market counts as dark.
    pub dark_delay: u32,
}

/// Funding rates are in 2^-60 per second.
pub const RATE_BITS: u32 = 60;
/// 1 % per hour: no market's rate may be higher.
pub(crate) const MAX_FUNDING_RATE: u64 = (1 << RATE_BITS) / 360_000;
/// 100 % per day per day.
pub(crate) const MAX_FUNDING_VELOCITY: u64 = (1 << RATE_BITS) / (86_400 * 86_400);
/// Longest that one accrual of funding may cover.
pub(crate) const MAX_FUNDING_DT: u32 = 86_400;

/// Largest weight of confidence or volatility: tenfold.
pub(crate) const MAX_WEIGHT: u64 = 10 * PPM;
/// A market whose oracle died keeps its accounts' other legs from being liquidated until it is dark: two hours at most.
const MAX_DARK_DELAY: u32 = 7_200;
/// Furthest that any market lets a publish time be ahead of the clock, in seconds.
pub(crate) const MAX_FUTURE_TOLERANCE: u32 = 10;

impl Parameters {
    /// Whether the parameters agree with each other. Rules, by number:
    ///
    /// 1. sizes: `0 < cap ≤ 2^56`, `0 < S ≤ 2^56`, `low < high ≤ 2^57`;
    /// 2. shares: every one at most 100 %, base margin and maintenance fraction above 0, volatility weights at most 10,
    ///    the bounty's least share at most its largest, bounty and backing together at most 100 %;
    /// 3. step + penalty + largest funding of one accrual + taker fee ≤ base maintenance: a position at the threshold
    ///    survives one step;
    /// 4. confidence of a good price ≤ base maintenance − penalty − largest funding of one accrual;
    /// 5. taker fee + largest impact + spread at the increase limits ≤ base maintenance;
    /// 6. largest impact + taker fee ≤ penalty · (1 − largest bounty share): provoking one's own liquidation loses;
    /// 7. the first partial liquidation of a position pays the minimum bounty, and a partial liquidation lowers the
    ///    requirement faster than equity;
    /// 8. ages are above 0 and ordered, a dead oracle is dark within two hours, the time for one accrual is 1 s to a day, the
    ///    funding rate at most 1 % an hour, its velocity at most 100 % a day per day, carry at most the rate cap;
    /// 9. the confidence limit for increasing is at most that of a good price, the jump at least the base maintenance,
    ///    reserved parameters zero.
    ///
    /// The base fraction is the smallest any notional has, so each rule holds for every notional; the seventh, which a
    /// larger fraction could break, is checked where it is tightest.
    ///
    /// # Errors
    /// [`EngineError::ParametersInconsistent`] with the number of the first rule broken.
    pub fn validate(&self) -> Result<(), EngineError> {
        let maintenance = mul_div_floor(self.base_margin.wide(), self.maintenance_fraction.wide(), PPM)?;
        let accrual = self.largest_accrual_ceil()?;
        let sum = |parts: &[u64]| {
            parts.iter().try_fold(0u64, |sum, part| sum.checked_add(*part)).ok_or(EngineError::Overflow)
        };
        let rules = [
            self.sizes_are_valid(),
            self.shares_are_valid(),
            sum(&[self.step.wide(), self.penalty.wide(), accrual, self.taker_fee.wide()])? <= maintenance,
            sum(&[self.confidence_good.wide(), self.penalty.wide(), accrual])? <= maintenance,
            sum(&[self.taker_fee.wide(), self.impact_limit.wide(), self.largest_spread_ceil()?])? <= maintenance,
            sum(&[self.impact_limit.wide(), self.taker_fee.wide()])?
                <= mul_div_floor(self.penalty.wide(), PPM.abs_diff(self.bounty_share_max.wide()), PPM)?,
            self.first_bounty_is_worth_it()?,
            self.times_and_rates_are_valid(),
            self.confidence_increase <= self.confidence_good
                && self.jump.wide() >= maintenance
                && self.bankrupt_bounty == Ppm::ZERO,
        ];
        for (number, holds) in (1u8..).zip(rules) {
            if !holds {
                return Err(EngineError::ParametersInconsistent { rule: number });
            }
        }
        Ok(())
    }

    fn sizes_are_valid(&self) -> bool {
        let in_range = |size: Size| !size.is_zero() && size.get() <= MAX_SIZE;
        in_range(self.open_interest_cap)
            && in_range(self.impact_scale)
            && self.impact_scale.get() <= MAX_SIZE / 2
            && self.open_interest_cap.get() <= MAX_SIZE / 2
            && self.open_interest_low < self.open_interest_high
            && in_range(self.open_interest_high)
            && self.minimum_position.get() <= MAX_OPEN_NOTIONAL
    }

    fn shares_are_valid(&self) -> bool {
        let shares = [
            self.base_margin,
            self.maintenance_fraction,
            self.volatility_margin,
            self.step,
            self.penalty,
            self.bounty_share_max,
            self.backing_share,
            self.liquidation_buffer,
            self.impact_limit,
            self.taker_fee,
            self.taker_fee_reducing,
            self.protocol_share,
            self.confidence_good,
            self.jump,
            self.backing_cap,
        ];
        let weights = [self.spread_confidence, self.spread_volatility, self.volatility];
        shares.iter().all(|share| *share <= Ppm::ONE)
            && weights.iter().all(|weight| weight.wide() <= MAX_WEIGHT)
            && self.base_margin > Ppm::ZERO
            && self.maintenance_fraction > Ppm::ZERO
            && self.taker_fee_reducing <= self.taker_fee
            && self.bounty_share_min <= self.bounty_share_max
            && self.bounty_share_max.get().checked_add(self.backing_share.get()).is_some_and(|sum| sum <= 1_000_000)
    }

    fn times_and_rates_are_valid(&self) -> bool {
        let ordered = 0 < self.age_trade
            && self.age_trade <= self.age_liquidate
            && self.age_liquidate <= self.age_other
            && self.age_liquidate <= self.age_funding
            && self.age_other <= 3_600
            && self.age_funding <= 3_600
            && self.future_tolerance <= MAX_FUTURE_TOLERANCE
            && self.dark_delay > self.age_other
            && self.dark_delay <= MAX_DARK_DELAY;
        ordered
            && (1..=MAX_FUNDING_DT).contains(&self.funding_dt_cap)
            && self.funding_rate_cap <= MAX_FUNDING_RATE
            && self.funding_velocity <= MAX_FUNDING_VELOCITY
            && self.carry_rate <= self.funding_rate_cap
    }

    /// Funding and carry of one accrual at the largest rates, in ppm of the notional.
    fn largest_accrual_ceil(&self) -> Result<u64, EngineError> {
        let rate = self.funding_rate_cap.checked_add(self.carry_rate).ok_or(EngineError::Overflow)?;
        let seconds_ppm = u64::from(self.funding_dt_cap).checked_mul(PPM).ok_or(EngineError::Overflow)?;
        mul_div_ceil(rate, seconds_ppm, 1 << RATE_BITS)
    }

    /// The spread of the widest and oldest price that still opens a position, in ppm of the price: that of a price of a
    /// million.
    fn largest_spread_ceil(&self) -> Result<u64, EngineError> {
        let (price, confidence) = (Price::new(PPM), Price::new(self.confidence_increase.wide()));
        Ok(spread_at_age_ceil(price, confidence, u64::from(self.age_trade), self)?.get())
    }

    /// At the threshold `E = MM` a position closes `b·MM / ((1 + b)·marginal − penalty)` of notional, and the penalty's
    /// least bounty share on that must reach the minimum bounty. It grows with the position but for one step down, where
    /// the size premium begins to bind and the marginal rate rises by half: both places are checked.
    fn first_bounty_is_worth_it(&self) -> Result<bool, EngineError> {
        Ok(self.first_bounty_reaches_minimum(self.minimum_position)?
            && self.first_bounty_reaches_minimum(self.minimum_position.max(self.premium_binds_from()))?)
    }

    fn first_bounty_reaches_minimum(&self, value: Atoms) -> Result<bool, EngineError> {
        let Maintenance { margin, marginal } = maintenance_margin_ceil(value, self)?;
        let buffered = PPM.checked_add(self.liquidation_buffer.wide()).ok_or(EngineError::Overflow)?;
        let slope = mul_div_ceil(marginal.wide(), buffered, PPM)?.checked_sub(self.penalty.wide());
        let Some(slope) = slope.filter(|slope| *slope > 0) else { return Ok(false) };
        let shortfall = mul_div_floor(margin.get(), self.liquidation_buffer.wide(), PPM)?;
        let closed = mul_div_floor(shortfall, PPM, slope)?.min(value.get());
        let penalty = mul_div_floor(closed, self.penalty.wide(), PPM)?;
        Ok(mul_div_floor(penalty, self.bounty_share_min.wide(), PPM)? >= self.minimum_bounty.get())
    }

    /// Smallest notional at which the size premium exceeds the floor of `f`: `⌈√value⌉ > floor · 2^32 / premium`. The
    /// largest that can be opened where it never does.
    fn premium_binds_from(&self) -> Atoms {
        let floor = self.base_margin.max(self.volatility_margin).wide();
        let root = (floor << 32).checked_div(self.size_premium).unwrap_or(u64::MAX);
        let square = root.checked_mul(root).and_then(|square| square.checked_add(1)).unwrap_or(MAX_OPEN_NOTIONAL);
        Atoms::new(square.min(MAX_OPEN_NOTIONAL))
    }
}

const _: () = assert!(core::mem::size_of::<Parameters>() == 192);
