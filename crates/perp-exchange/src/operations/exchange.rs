//! The exchange's own status, and tokens that reach the vault without an instruction.

use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::operations::exchange::{permitted_status, StatusAuthority};
use perp_engine::state::{Status, StoredStatus};
use perp_engine::units::Atoms;

impl Exchange {
    /// Sets the exchange's status as that role may.
    ///
    /// # Errors
    /// Those of [`permitted_status`].
    pub fn set_exchange_status(&mut self, status: Status, authority: StatusAuthority) -> Result<StoredStatus, Refusal> {
        let stored = permitted_status(&self.state.status, status, authority, self.clock.now)?;
        self.begin_changes();
        self.state.set_status(stored, self.clock);
        self.state.next_event();
        self.changes.exchange = true;
        Ok(stored)
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
