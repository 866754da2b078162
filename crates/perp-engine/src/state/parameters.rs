//! A market's parameters, listed once.

use crate::units::{Atoms, Ppm, Size};
use bytemuck::{Pod, Zeroable};

/// Hands every parameter of a market to the macro named, as `field: Unit integer Kind "What it is.";`: its type in the
/// engine, the integer it is stored as, the unit in which people write it, and its documentation.
#[macro_export]
macro_rules! market_parameters {
    ($($callback:tt)+) => { $($callback)+! {
        open_interest_cap: Size u64 Base
            "Largest open interest of a side, in base units. 1 to 2^56.";
        impact_scale: Size u64 Base
            "`S` of the impact function, in base units: at skew `s` the marginal price is worse by `s/S`. 1 to 2^56.";
        open_interest_low: Size u64 Base
            "Open interest at which the initial margin starts to rise, in base units.";
        open_interest_high: Size u64 Base
            "Open interest at which the initial margin reaches 100 %, in base units; above `open_interest_low`, at most 2^57.";
        size_premium: u64 u64 PercentPerRootMillion
            "Size premium: margin fraction per √atom of notional, in ppm · 2^-32.";
        funding_velocity: u64 u64 PercentPerDayPerDay
            "Change of the funding rate per second at full skew, in 2^-60 per second². At most 100 % a day per day.";
        funding_rate_cap: u64 u64 PercentPerHour
            "Largest funding rate, in 2^-60 per second. At most 1 % an hour.";
        carry_rate: u64 u64 PercentPerYear
            "Carry that both sides pay at full open interest, in 2^-60 per second. At most the rate cap.";
        carry_surge: u64 u64 PercentPerYear
            "What full open interest adds to the carry, in 2^-60 per second; nothing up to half of the cap. With the carry at most the rate cap.";
        minimum_position: Atoms u64 Quote
            "Least notional of a position after an increase or a partial close, in atoms. At most 2^52.";
        minimum_bounty: Atoms u64 Quote
            "What the first partial liquidation of the smallest position must pay its caller, in atoms.";
        shared_draw_limit: Atoms u64 Quote
            "What the market may ever draw of the shared insurance, in atoms.";
        base_margin: Ppm u32 Percent
            "Base margin fraction `f`, in ppm. 1 to 1 000 000.";
        maintenance_fraction: Ppm u32 Percent
            "Maintenance margin as a part of `f`, in ppm. 1 to 1 000 000.";
        volatility_margin: Ppm u32 Percent
            "Margin fraction for the market's volatility, in ppm; `f` is at least this.";
        measured_weight: Ppm u32 Factor
            "`c`: margin for measured volatility as a part of `base_margin` where that is the listed one, in ppm; 0 for none. At most tenfold.";
        measured_limit: Ppm u32 Percent
            "Largest margin fraction for measured volatility, in ppm.";
        ramp_up: Ppm u32 PpmPerHour
            "How fast the margin for measured volatility may rise, in ppm per hour. At most tenfold.";
        ramp_down: Ppm u32 PpmPerHour
            "How fast the margin for measured volatility may fall, in ppm per hour. At most tenfold.";
        max_price_step: Ppm u32 Percent
            "Largest move from one price to the next that the maintenance margin must absorb, in ppm.";
        penalty: Ppm u32 Percent
            "Liquidation penalty on the closed notional, in ppm.";
        bounty_share_min: Ppm u32 Percent
            "Bounty's share of the penalty at the threshold, in ppm.";
        bounty_share_max: Ppm u32 Percent
            "Bounty's share of the penalty when equity is gone, in ppm.";
        backing_share: Ppm u32 Percent
            "The backing's share of the penalty, in ppm; insurance gets what bounty and backing leave.";
        liquidation_buffer: Ppm u32 Percent
            "`b`, in ppm: a partial liquidation restores equity to `(1 + b)` times the maintenance margin.";
        impact_limit: Ppm u32 Percent
            "`M`: largest marginal impact, in ppm.";
        taker_fee: Ppm u32 Percent
            "Fee on the part of an order that increases the market's skew, in ppm of its notional.";
        taker_fee_rebalancing: Ppm u32 Percent
            "Fee on the part of an order that reduces the market's skew, in ppm of its notional; at most `taker_fee`.";
        protocol_share: Ppm u32 Percent
            "The protocol's part of fees, in ppm.";
        spread_confidence: Ppm u32 Factor
            "`k`: weight of the confidence in the spread, in ppm. At most tenfold.";
        spread_volatility: Ppm u32 Factor
            "`z`: weight of the listed volatility since the price was published in the spread, in ppm. At most tenfold.";
        spread_measured: Ppm u32 Factor
            "`v`: weight of the measured volatility since the price was published in the spread, in ppm; the larger of the two terms counts. At most tenfold.";
        spread_drift: Ppm u32 Factor
            "`d`: weight of the price's distance from its average in the spread, in ppm. At most tenfold.";
        volatility: Ppm u32 PercentPerRootYear
            "`σ`: volatility per √year, in ppm. At most tenfold.";
        max_confidence_to_increase: Ppm u32 Percent
            "Widest confidence at which positions may increase, in ppm of the price.";
        max_confidence_valid: Ppm u32 Percent
            "Widest confidence of a valid price, at which positions are reduced, liquidated and valued, in ppm of the price.";
        stress_move: Ppm u32 Percent
            "`J`: the move the market must be able to pay for, in ppm of the price.";
        backing_cap: Ppm u32 Percent
            "Largest part of the pool's principal that may be placed here, in ppm.";
        max_accrual_seconds: u32 u32 Seconds
            "Longest time one accrual of funding covers. 1 s to a day.";
        max_age_trade: u32 u32 Seconds
            "Oldest own price for trading, in seconds. Above 0.";
        max_age_liquidate: u32 u32 Seconds
            "Oldest price for liquidating, settling profit and moving liquidity, in seconds. At most 15.";
        max_age_funding: u32 u32 Seconds
            "Oldest price for accruing funding, in seconds. At most 3600.";
        future_tolerance: u32 u32 Seconds
            "How far ahead of the clock a publish time may be, in seconds. At most 10.";
        settle_after: u32 u32 Seconds
            "Seconds from the report of an oracle outage until the market may be moved to settlement. 48 hours to 14 days, longer than its longest regular closing.";
        isolated_only: u32 u32 Flag
            "1 where only accounts isolated to the market may hold positions in it, else 0: a thin market's price can take the cash that an account's losses elsewhere need.";
        outage_delay: u32 u32 Seconds
            "Seconds from the report of an oracle outage until the price is held for dead. At most 7200.";
        second_max_deviation: Ppm u32 Percent
            "How far a price may be from the second source's besides both spreads, in ppm of that; 0 where there is no second source. At most `stress_move`.";
        second_max_age: u32 u32 Seconds
            "How far in time a price of the second source may be from one that it bounds, in seconds; 0 where there is no second source. At most 3600.";
        risk_group: u32 u32 Number
            "Markets of the same number move together: an account's longs and shorts in them are margined as one; 0 for none. At most 8.";
        group_credit: Ppm u32 Percent
            "What of its margin a position lowers the other side of its risk group by, in ppm; 0 outside a group. At most what `maintenance_fraction` leaves of 100 %.";
        group_divergence: Ppm u32 Percent
            "How far the market moves apart from its risk group before anybody can act, in ppm; 0 outside a group. At least `max_price_step`, and at most the base maintenance margin less its `group_credit`.";
    }};
}

macro_rules! define {
    ($($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
        /// A market's parameters as they are stored. Which values go together is what [`Parameters::validate`] accepts.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
        #[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
        #[repr(C)]
        pub struct Parameters {
            $(#[doc = $text] pub $field: $unit,)+
            /// Zero; room for what is added later.
            pub reserved: [u32; 5],
        }
    };
}

market_parameters!(define);

const _: () = assert!(core::mem::size_of::<Parameters>() == 252 + 20);

/// Funding rates are in 2^-60 per second.
pub const RATE_BITS: u32 = 60;
