//! The exchange's own status, and tokens that reach the vault without an instruction.

use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::operations::exchange::{plan_exchange_status, StatusOrder};
use perp_engine::units::Atoms;

impl Exchange {
    /// Sets the exchange's status as that role may.
    ///
    /// # Errors
    /// Those of [`plan_exchange_status`].
    pub fn set_exchange_status(&mut self, order: &StatusOrder) -> Result<(), Refusal> {
        let state = plan_exchange_status(&self.state, order, self.clock)?;
        self.begin_changes();
        self.state = state;
        self.state.next_event();
        self.changes.exchange = true;
        Ok(())
    }

    /// Somebody sends tokens to the vault past the program.
    ///
    /// # Errors
    /// `Overflow`.
    pub fn donate(&mut self, amount: Atoms) -> Result<(), Refusal> {
        let (vault, donated) = (self.vault.checked_add(amount)?, self.donated.checked_add(amount)?);
        self.begin_changes();
        (self.vault, self.donated) = (vault, donated);
        Ok(())
    }
}
