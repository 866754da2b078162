//! What the parameters of the pool must satisfy together.

use crate::error::EngineError;
use crate::state::{PoolParameters, DEAD_SHARES};
use crate::units::Ppm;

#[cfg(test)]
mod tests;

/// The first of them, less the queue's fee, buys shares that somebody gets, beside the dead ones.
const SMALLEST_REQUEST: u64 = 2 * DEAD_SHARES;
const MONTH: u32 = 30 * 86_400;
const DAY: u32 = 86_400;
/// A price of the boundary is not known when a request is made, by any market's future tolerance and 50 s.
const LEAST_NOTICE: u32 = 60;
/// Of the 32 boundaries at which requests can wait, two are left for what passes to the next one.
const MOST_EPOCHS: u64 = 30;
/// A queue that charged more would be dearer than what unsettled traders cost it.
const MOST_QUEUE_FEE: Ppm = Ppm::new(1_000);

rules! { PoolRule "A rule that the pool's parameters must satisfy."
    MinimumRequest "the smallest request is at least 20 000 atoms";
    Epochs "an epoch is 600 s to a day";
    Notices "notices are 60 s to 30 epochs";
    QueueFee "the queue's fee is at most 0.1 %";
    Hysteresis "the hysteresis is at most 100 %";
    SharedDraw "the shared draw is at most 100 %, its window an hour to 30 days";
    Reserved "reserved bytes are zero";
}

impl PoolParameters {
    /// Whether the delays and limits agree with each other by every [`PoolRule`]: a request is worth executing, the price it
    /// gets was unknown when it was made, the queue has room for it, the draw on the shared insurance is bounded.
    ///
    /// # Errors
    /// [`EngineError::PoolParameters`] with the first rule broken.
    pub fn validate(&self) -> Result<(), EngineError> {
        for rule in PoolRule::ALL {
            if !self.satisfies(*rule) {
                return Err(EngineError::PoolParameters { rule: *rule });
            }
        }
        Ok(())
    }

    fn satisfies(&self, rule: PoolRule) -> bool {
        match rule {
            PoolRule::MinimumRequest => self.minimum_request.get() >= SMALLEST_REQUEST,
            PoolRule::Epochs => (600..=DAY).contains(&self.epoch_seconds),
            PoolRule::Notices => [self.deposit_notice, self.withdrawal_notice].iter().all(|notice| {
                let longest = u64::from(self.epoch_seconds).checked_mul(MOST_EPOCHS);
                *notice >= LEAST_NOTICE && longest.is_some_and(|longest| u64::from(*notice) <= longest)
            }),
            PoolRule::QueueFee => self.queue_fee <= MOST_QUEUE_FEE,
            PoolRule::Hysteresis => self.hysteresis <= Ppm::ONE,
            PoolRule::SharedDraw => {
                self.shared_draw_share <= Ppm::ONE && (3_600..=MONTH).contains(&self.shared_draw_window)
            }
            PoolRule::Reserved => self.padding == 0 && self.reserved == [0; 4],
        }
    }
}
