//! Taking the protocol's part of a market's fees out.

use crate::error::EngineError;
use crate::state::{Market, MarketLedger};
use crate::units::Atoms;

/// The market's ledger without the protocol's fees, and how much they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeesPlan {
    /// What applying the plan stores.
    pub ledger: MarketLedger,
    /// What is taken out.
    pub amount: Atoms,
}

/// Takes all of the protocol's fees out of the market, and nothing else.
///
/// # Errors
/// [`EngineError::NoProtocolFees`] where there are none.
pub fn plan_withdraw_protocol_fees(market: &Market) -> Result<FeesPlan, EngineError> {
    let amount = market.ledger.protocol_fees;
    if amount.is_zero() {
        return Err(EngineError::NoProtocolFees);
    }
    Ok(FeesPlan { ledger: MarketLedger { protocol_fees: Atoms::ZERO, ..market.ledger }, amount })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::sol_market;

    #[test]
    fn fees_are_taken_whole_and_once() {
        let mut market = sol_market();
        market.ledger.backing = Atoms::new(1_000);
        market.ledger.protocol_fees = Atoms::new(7);
        let plan = plan_withdraw_protocol_fees(&market).unwrap();
        assert_eq!(
            (plan.amount, plan.ledger.protocol_fees, plan.ledger.backing),
            (Atoms::new(7), Atoms::ZERO, Atoms::new(1_000))
        );
        market.ledger = plan.ledger;
        assert_eq!(plan_withdraw_protocol_fees(&market), Err(EngineError::NoProtocolFees));
    }
}
