//! What the parameters of the pool must satisfy together.

use super::market::MAX_FUTURE_TOLERANCE;
use crate::error::EngineError;
use crate::state::{PoolParameters, DEAD_SHARES};
use crate::units::Ppm;

#[cfg(test)]
mod tests;

const MONTH: u32 = 30 * 86_400;
/// Prices that execute a request are published after it by 20 s more than any market's future tolerance.
const LEAST_DELAY: u32 = MAX_FUTURE_TOLERANCE + 20;

rules! { PoolRule "A rule that the pool's parameters must satisfy."
    MinimumRequest "the smallest request is more than 10 000 atoms";
    Delays "delays are 30 s to 30 days";
    Validities "requests stay valid for 60 s to 30 days";
    Hysteresis "the hysteresis is at most 100 %";
    SharedDraw "the shared draw is at most 100 %, its window an hour to 30 days";
    Reserved "reserved bytes are zero";
}

impl PoolParameters {
    /// Whether the delays and limits agree with each other by every [`PoolRule`]: a request is worth executing, prices that
    /// execute it were unknown when it was made, requests expire within a month, the draw on the shared insurance is
    /// bounded.
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
            PoolRule::MinimumRequest => self.minimum_request.get() > DEAD_SHARES,
            PoolRule::Delays => {
                [self.deposit_delay, self.withdrawal_delay].iter().all(|delay| (LEAST_DELAY..=MONTH).contains(delay))
            }
            PoolRule::Validities => {
                [self.deposit_validity, self.withdrawal_validity].iter().all(|validity| (60..=MONTH).contains(validity))
            }
            PoolRule::Hysteresis => self.hysteresis <= Ppm::ONE,
            PoolRule::SharedDraw => {
                self.shared_draw_share <= Ppm::ONE && (3_600..=MONTH).contains(&self.shared_draw_window)
            }
            PoolRule::Reserved => self.padding == 0 && self.reserved == [0; 4],
        }
    }
}
