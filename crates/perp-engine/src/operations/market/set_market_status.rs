//! Setting a market's status.

use crate::market::Ready;
use crate::state::{Status, StoredStatus};

/// Stores a market's status. Funding has accrued up to now under the old one: the market is ready.
pub fn apply_market_status(market: &mut Ready<'_>, status: StoredStatus) {
    let clock = market.clock();
    let state = market.market_mut();
    state.status = status;
    if status.in_force(clock.now) == Status::Paused {
        state.paused_at = clock.now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{at, session, sol_market};
    use crate::units::Timestamp;

    #[test]
    fn a_status_is_stored_and_a_pause_is_noted() {
        let mut market = sol_market();
        let before = market;
        let reduce_only = StoredStatus::permanent(Status::ReduceOnly);
        apply_market_status(&mut market.refresh(None, &session(Status::Active, at(0))).unwrap(), reduce_only);
        assert_eq!((market.status, market.paused_at), (reduce_only, Timestamp::NEVER));
        let paused = reduce_only.restricted(Status::Paused, at(10).now).unwrap();
        apply_market_status(&mut market.refresh(None, &session(Status::Active, at(10))).unwrap(), paused);
        assert_eq!((market.status, market.paused_at), (paused, at(10).now));
        // Lifting it keeps when it was.
        let active = StoredStatus::permanent(Status::Active);
        apply_market_status(&mut market.refresh(None, &session(Status::Active, at(70))).unwrap(), active);
        assert_eq!((market.status, market.paused_at), (active, at(10).now));
        assert_eq!(market.ledger.sides, before.ledger.sides);
    }

    #[test]
    fn funding_accrues_under_the_old_status() {
        // 60 s of it before the pause, none of the 600 s it lasts, and what follows starts where it was lifted.
        let mut market = sol_market();
        let paused = StoredStatus::permanent(Status::Paused);
        apply_market_status(&mut market.refresh(None, &session(Status::Active, at(60))).unwrap(), paused);
        assert_eq!(market.ledger.funding_time, at(60).now);
        let active = StoredStatus::permanent(Status::Active);
        apply_market_status(&mut market.refresh(None, &session(Status::Active, at(660))).unwrap(), active);
        assert_eq!(market.ledger.funding_time, at(660).now);
    }
}
