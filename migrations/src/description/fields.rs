//! Every parameter of a market and of the pool: its key in the file, its unit, its place in the program's state.

use super::kind::Kind;
use perp_engine::state::{Parameters, PoolParameters};
use perp_engine::units::{Atoms, Ppm, Size};

/// A number of the program's state.
pub trait Number: Sized {
    fn number(&self) -> u64;
    /// `None` where the state's field is narrower.
    fn from_number(number: u64) -> Option<Self>;
}

macro_rules! units {
    ($($unit:ty),+) => {$(
        impl Number for $unit {
            fn number(&self) -> u64 {
                self.get().into()
            }

            fn from_number(number: u64) -> Option<Self> {
                Some(Self::new(number.try_into().ok()?))
            }
        }
    )+};
}

macro_rules! integers {
    ($($integer:ty),+) => {$(
        impl Number for $integer {
            fn number(&self) -> u64 {
                (*self).into()
            }

            fn from_number(number: u64) -> Option<Self> {
                number.try_into().ok()
            }
        }
    )+};
}

units!(Size, Atoms, Ppm);
integers!(u32, u64);

/// One parameter of `T`.
pub struct Field<T> {
    pub key: &'static str,
    pub kind: Kind,
    pub get: fn(&T) -> u64,
    /// `None` where the field is narrower than the number.
    pub set: fn(&mut T, u64) -> Option<()>,
}

macro_rules! fields {
    ($($key:ident => $field:ident: $kind:ident,)+) => {
        &[$(Field {
            key: stringify!($key),
            kind: Kind::$kind,
            get: |state| state.$field.number(),
            set: |state, number| {
                state.$field = Number::from_number(number)?;
                Some(())
            },
        }),+]
    };
}

/// All but what is reserved.
pub const MARKET: &[Field<Parameters>] = fields! {
    open_interest_cap => open_interest_cap: Base,
    impact_scale => impact_scale: Base,
    open_interest_low => open_interest_low: Base,
    open_interest_high => open_interest_high: Base,
    size_premium_percent_per_root_million => size_premium: PercentPerRootMillion,
    funding_velocity_percent_per_day_per_day => funding_velocity: PercentPerDayPerDay,
    funding_rate_cap_percent_per_hour => funding_rate_cap: PercentPerHour,
    carry_percent_per_year => carry_rate: PercentPerYear,
    minimum_position => minimum_position: Quote,
    minimum_bounty => minimum_bounty: Quote,
    base_margin_percent => base_margin: Percent,
    maintenance_fraction_percent => maintenance_fraction: Percent,
    volatility_margin_percent => volatility_margin: Percent,
    step_percent => step: Percent,
    penalty_percent => penalty: Percent,
    bounty_share_min_percent => bounty_share_min: Percent,
    bounty_share_max_percent => bounty_share_max: Percent,
    backing_share_percent => backing_share: Percent,
    liquidation_buffer_percent => liquidation_buffer: Percent,
    impact_limit_percent => impact_limit: Percent,
    taker_fee_percent => taker_fee: Percent,
    taker_fee_reducing_percent => taker_fee_reducing: Percent,
    protocol_share_percent => protocol_share: Percent,
    spread_confidence => spread_confidence: Factor,
    spread_volatility => spread_volatility: Factor,
    volatility_percent_per_root_year => volatility: Percent,
    confidence_increase_percent => confidence_increase: Percent,
    confidence_good_percent => confidence_good: Percent,
    jump_percent => jump: Percent,
    backing_cap_percent => backing_cap: Percent,
    funding_dt_cap_seconds => funding_dt_cap: Seconds,
    age_trade_seconds => age_trade: Seconds,
    age_other_seconds => age_other: Seconds,
    age_liquidate_seconds => age_liquidate: Seconds,
    age_funding_seconds => age_funding: Seconds,
    future_tolerance_seconds => future_tolerance: Seconds,
    dark_delay_seconds => dark_delay: Seconds,
};

pub const POOL: &[Field<PoolParameters>] = fields! {
    minimum_request => minimum_request: Quote,
    deposit_delay_seconds => deposit_delay: Seconds,
    withdrawal_delay_seconds => withdrawal_delay: Seconds,
    deposit_lapse_seconds => deposit_lapse: Seconds,
    withdrawal_lapse_seconds => withdrawal_lapse: Seconds,
    hysteresis_percent => hysteresis: Percent,
    shared_draw_percent => shared_draw_share: Percent,
    shared_draw_window_seconds => shared_draw_window: Seconds,
};

/// What rules of [`Parameters::validate`] ask for, by number.
pub const MARKET_RULES: [&str; 9] = [
    "caps and scales are above 0 and at most 2^56 base units, open_interest_low is below open_interest_high, that is at most \
     2^57, and minimum_position is at most 2^52 atoms",
    "every share is at most 100 %, factors and volatility at most 10, margins above 0, the fee on what reduces skew at most \
     the taker fee, the least bounty at most the largest, and the largest and the backing's part together at most 100 % of \
     the penalty",
    "step + penalty + largest funding of one accrual + taker fee is at most the maintenance margin",
    "confidence_good + penalty + largest funding of one accrual is at most the maintenance margin",
    "taker fee + largest impact + largest spread is at most the maintenance margin",
    "impact limit + taker fee is at most the penalty without the largest bounty",
    "the first partial liquidation of the smallest position pays the minimum bounty, and the maintenance margin with the \
     buffer is above the penalty",
    "ages are above 0, at most 3600 s and ordered trade, liquidate, others and funding; future_tolerance is at most 10 s; \
     dark_delay is above age_other and at most 7200 s; one accrual is 1 s to a day; the funding rate is at most 1 % an hour, \
     its velocity at most 100 % a day per day, carry at most the rate",
    "confidence_increase is at most confidence_good, and the jump at least the maintenance margin",
];

/// What rules of [`PoolParameters::validate`] ask for, by number.
pub const POOL_RULES: [&str; 6] = [
    "the smallest request is more than 10 000 atoms",
    "delays are 30 s to 30 days",
    "lapses are 60 s to 30 days",
    "the hysteresis is at most 100 %",
    "the shared draw is at most 100 %, its window an hour to 30 days",
    "reserved bytes are zero",
];

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    /// Sets every listed field to its largest value: what stays zero is not listed.
    fn filled<T: Zeroable>(fields: &[Field<T>]) -> T {
        let mut state = T::zeroed();
        for field in fields {
            assert_eq!((field.get)(&state), 0, "{} is listed twice", field.key);
            let stored =
                [u64::MAX, u64::from(u32::MAX)].into_iter().any(|most| (field.set)(&mut state, most).is_some());
            assert!(stored, "{}", field.key);
        }
        state
    }

    #[test]
    fn every_parameter_is_listed_once() {
        let market = filled(MARKET);
        let zeros = bytemuck::bytes_of(&market).iter().filter(|byte| **byte == 0).count();
        // The bounty for closing a bankrupt account is reserved.
        assert_eq!((zeros, market.bankrupt_bounty), (4, Ppm::ZERO));
        let pool = filled(POOL);
        let zeros = bytemuck::bytes_of(&pool).iter().filter(|byte| **byte == 0).count();
        assert_eq!((zeros, pool.padding), (4, 0));
    }
}
