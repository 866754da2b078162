use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::state::Account;
use perp_engine::units::Atoms;

impl Exchange {
    /// The largest withdrawal that the exchange would let through now, and what keeps one atom more from it; nothing can be taken
    /// where the amount is zero. The engine is asked at each amount of a bisection: what it refuses it refuses with every atom more.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`].
    pub fn largest_withdrawal(&self, account: &Account) -> Result<(Atoms, Refusal), Refusal> {
        let preview = |amount| self.preview_withdrawal(account, Atoms::new(amount)).err();
        let mut admitted = 0;
        let mut beyond = account.balance.get().saturating_add(1);
        let mut reason = match preview(beyond) {
            Some(Refusal::NoMarket { market }) => return Err(Refusal::NoMarket { market }),
            Some(reason) => reason,
            None => return Ok((account.balance, Refusal::Rule(perp_engine::EngineError::Overflow))),
        };
        while beyond - admitted > 1 {
            let middle = admitted.midpoint(beyond);
            match preview(middle) {
                None => admitted = middle,
                Some(refusal) => (beyond, reason) = (middle, refusal),
            }
        }
        Ok((Atoms::new(admitted), reason))
    }
}
