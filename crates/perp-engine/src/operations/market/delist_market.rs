//! Delisting a market: the first step of its end, announced two days ahead.

use crate::error::EngineError;
use crate::market::Ready;
use crate::state::{Settlement, DELISTING_NOTICE_SECONDS};

/// Plans a delisting: from now on positions can only be reduced, and after two days anybody may move the market to settlement.
/// It cannot be taken back: else announcing it again and again would keep a market shut.
///
/// # Errors
/// [`EngineError::AlreadyDelisted`].
pub fn plan_delist_market(market: &Ready<'_>) -> Result<Settlement, EngineError> {
    if market.settlement.is_announced() {
        return Err(EngineError::AlreadyDelisted);
    }
    Ok(Settlement { delisted_from: market.clock().now.after(DELISTING_NOTICE_SECONDS)?, ..market.settlement })
}

/// Stores a delisting.
pub fn apply_delisting(market: &mut Ready<'_>, settlement: Settlement) {
    market.market_mut().settlement = settlement;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{at, session, sol_market};
    use crate::state::Status;

    #[test]
    fn a_delisted_market_only_lets_positions_be_reduced_and_is_delisted_once() {
        let mut market = sol_market();
        let mut ready = market.refresh(None, &session(Status::Active, at(0))).unwrap();
        let plan = plan_delist_market(&ready).unwrap();
        apply_delisting(&mut ready, plan);
        assert_eq!(plan.delisted_from, at(172_800).now);
        let again = market.refresh(None, &session(Status::Active, at(1))).unwrap();
        assert_eq!(again.status(), Status::ReduceOnly);
        assert_eq!(plan_delist_market(&again), Err(EngineError::AlreadyDelisted));
    }
}
