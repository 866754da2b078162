//! The funding of a market rebuilt from the moments its events show, second by second, by the rules as the
//! specification states them and by none of the engine's code.

use perp_engine::state::{Parameters, RATE_BITS};
use perp_swap::events::MarketMoment;

/// Longs and shorts.
const SIDES: [usize; 2] = [0, 1];

/// A market's funding so far.
#[derive(Clone, Debug, Default)]
pub struct Funding {
    /// Per second, in 2^-60.
    pub rate: i64,
    /// What one base unit of each side has owed, in 2^-40 atoms.
    pub indices: [i64; 2],
    /// In base units.
    pub open_interest: [u64; 2],
    /// What payers owed beyond what receivers were owed, in 2^-40 atoms.
    pub kept: i128,
    /// What both sides owed the backing, in 2^-40 atoms.
    pub carry: i128,
    /// Up to when it is accrued.
    accrued_at: Option<i64>,
    /// What accruals so far left of one unit of an index, in 2^-61 and 2^-60 of it.
    funding_rest: u128,
    carry_rests: [u128; 2],
}

impl Funding {
    /// The funding after these moments, each of which must show what the one before it makes of it.
    pub fn rebuilt(parameters: &Parameters, moments: &[(i64, MarketMoment)]) -> Self {
        let mut funding = Self::default();
        for (time, moment) in moments {
            funding.drop_time(parameters, *time, moment.funding_seconds);
            funding.accrue(parameters, moment.funding_seconds, moment.index_price.into());
            assert_eq!(funding.rate, moment.funding_rate, "the rate after {moment:?}");
            assert_eq!(funding.indices, [moment.long_funding_index, moment.short_funding_index], "after {moment:?}");
            funding.open_interest = [moment.long_open_interest, moment.short_open_interest];
        }
        funding
    }

    /// What exceeds the longest accrual is dropped, and before it the rate falls by `⌈v/4⌉` a second of that. Time that no accrual
    /// covers yet is kept.
    fn drop_time(&mut self, parameters: &Parameters, time: i64, seconds: u64) {
        let since = *self.accrued_at.get_or_insert(time);
        if seconds > 0 {
            let dropped = (time - since).unsigned_abs() - seconds;
            assert!(dropped == 0 || seconds == u64::from(parameters.max_accrual_seconds), "{dropped} s are lost");
            let fall = dropped * parameters.funding_velocity.div_ceil(4);
            self.rate = self.rate.signum() * self.rate.unsigned_abs().saturating_sub(fall) as i64;
            self.accrued_at = Some(time);
        }
    }

    fn accrue(&mut self, parameters: &Parameters, seconds: u64, price: u128) {
        // Twice the area under the rate's path, by who pays, in the order in which they do.
        let mut areas: Vec<(usize, u128)> = Vec::new();
        for _ in 0..seconds {
            let before = self.rate;
            self.rate = self.next_rate(parameters);
            let area = u128::from(before.unsigned_abs()) + u128::from(self.rate.unsigned_abs());
            let payer = usize::from(before < 0 || self.rate < 0);
            match areas.last_mut() {
                Some((last, sum)) if *last == payer => *sum += area,
                _ => areas.push((payer, area)),
            }
        }
        for (payer, area) in areas {
            self.pay(payer, area, price);
        }
        for side in SIDES {
            self.pay_carry(parameters, side, seconds, price);
        }
    }

    /// The rate a second later: by `v·u` away from zero up to the cap where it leans as the skew does, else by
    /// `4·v·max(u, 1/16)` towards zero, where it stops.
    fn next_rate(&self, parameters: &Parameters) -> i64 {
        let skew = i128::from(self.open_interest[0]) - i128::from(self.open_interest[1]);
        let full = u128::from(parameters.impact_scale.get()) * u128::from(parameters.impact_limit.get()) / 1_000_000;
        let velocity = u128::from(parameters.funding_velocity);
        // ⌊4·v·u⌋, and a quarter of it.
        let returning = 4 * velocity * skew.unsigned_abs().min(full) / full;
        let building = (returning / 4) as u64;
        let returning = returning.max(velocity.div_ceil(4)) as u64;
        let size = self.rate.unsigned_abs();
        let leans = (self.rate == 0 || i128::from(self.rate).signum() == skew.signum()) && skew != 0;
        if leans {
            skew.signum() as i64 * (size + building).min(parameters.funding_rate_cap) as i64
        } else {
            self.rate.signum() * size.saturating_sub(returning) as i64
        }
    }

    /// Payers owe the area times the price; receivers get that times `min(1, payers / receivers)`, rounded down.
    fn pay(&mut self, payer: usize, area: u128, price: u128) {
        let (paying, receiving) = (self.open_interest[payer], self.open_interest[1 - payer]);
        if area == 0 || paying == 0 {
            return;
        }
        let exact = price * area + self.funding_rest;
        let bits = RATE_BITS + 1;
        let owed = exact >> bits;
        self.funding_rest = exact - (owed << bits);
        self.indices[payer] += owed as i64;
        self.kept += owed as i128 * i128::from(paying);
        if receiving > 0 {
            let received = (owed * u128::from(paying.min(receiving)) / u128::from(receiving)) as i64;
            self.indices[1 - payer] -= received;
            self.kept -= i128::from(received) * i128::from(receiving);
        }
    }

    fn pay_carry(&mut self, parameters: &Parameters, side: usize, seconds: u64, price: u128) {
        let (interest, cap) = (self.open_interest[side], parameters.open_interest_cap.get());
        if interest == 0 {
            return;
        }
        let rate = u128::from(parameters.carry_rate) * u128::from(interest.min(cap)) / u128::from(cap);
        let exact = price * rate * u128::from(seconds) + self.carry_rests[side];
        let owed = exact >> RATE_BITS;
        self.carry_rests[side] = exact - (owed << RATE_BITS);
        self.indices[side] += owed as i64;
        self.carry += owed as i128 * i128::from(interest);
    }
}
