//! Taking the protocol's part of a market's fees out.

use crate::error::EngineError;
use crate::state::{Books, Market};
use crate::units::Atoms;

/// The market's books without the protocol's fees, and how much they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeesPlan {
    pub books: Books,
    pub amount: Atoms,
}

/// Takes all of the protocol's fees out of the market, and nothing else.
///
/// # Errors
/// [`EngineError::NothingToDo`] where there are none.
pub fn plan_withdraw_protocol_fees(market: &Market) -> Result<FeesPlan, EngineError> {
    let amount = market.books.protocol_fees;
    if amount.is_zero() {
        return Err(EngineError::NothingToDo);
    }
    Ok(FeesPlan { books: Books { protocol_fees: Atoms::ZERO, ..market.books }, amount })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::sol_market;

    #[test]
    fn fees_are_taken_whole_and_once() {
        let mut market = sol_market();
        market.books.backing = Atoms::new(1_000);
        market.books.protocol_fees = Atoms::new(7);
        let plan = plan_withdraw_protocol_fees(&market).unwrap();
        assert_eq!(
            (plan.amount, plan.books.protocol_fees, plan.books.backing),
            (Atoms::new(7), Atoms::ZERO, Atoms::new(1_000))
        );
        market.books = plan.books;
        assert_eq!(plan_withdraw_protocol_fees(&market), Err(EngineError::NothingToDo));
    }
}
