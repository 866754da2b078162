//! Accounts and collateral.

use super::*;

impl World {
    /// Binds an account that holds nothing to a market.
    pub fn isolate(&mut self, account: usize, market: u16) {
        assert!(self.account(account).is_empty());
        let sequence = self.account(account).sequence;
        self.exchange.put_account(account, Account { sequence, ..Account::opened(Some(market)) }).unwrap();
    }

    pub fn close_account(&mut self, account: usize) -> Result<(), EngineError> {
        let (before, ()) = self.attempt(|exchange| exchange.close_account(account))?;
        assert!(before.accounts()[account].is_empty());
        assert_eq!(self.exchange.account(account), Err(Refusal::NoAccount { account }));
        self.tally.account_closed(account);
        self.finish(&before, Kind::CloseAccount);
        Ok(())
    }

    pub fn deposit(&mut self, account: usize, amount: u64) -> Result<(), EngineError> {
        let (before, plan) = self.attempt(|exchange| exchange.deposit(account, atoms(amount)))?;
        self.tally.deposit(account, plan.amount);
        self.finish(&before, Kind::Deposit);
        Ok(())
    }

    pub fn withdraw(&mut self, account: usize, amount: u64) -> Result<(), EngineError> {
        let (before, plan) = self.attempt(|exchange| exchange.withdraw(account, atoms(amount)))?;
        if let Some(after) = plan.after {
            let health = reference::adverse(&self.exchange, self.account(account), None);
            assert!(health.equity >= health.margin, "a withdrawal left {health:?}");
            assert_eq!(
                (i128::from(after.equity.get()), i128::from(after.margin.get())),
                (health.equity, health.margin)
            );
        }
        let now = self.exchange.clock.now;
        for (_, order) in self.orders_of(account) {
            let waits = !order.is_reduce_only() && order.is_armed(now).unwrap();
            assert!(!waits, "a withdrawal did not wait for an armed order");
        }
        self.tally.withdrawal(account, plan.amount);
        self.finish(&before, Kind::Withdraw);
        Ok(())
    }

    pub fn withdraw_protocol_fees(&mut self, market: u16) -> Result<Atoms, EngineError> {
        let (before, amount) = self.attempt(|exchange| exchange.withdraw_protocol_fees(market))?;
        self.tally.protocol_fees_withdrawn(market, amount);
        self.finish(&before, Kind::WithdrawProtocolFees);
        Ok(amount)
    }

    pub fn donate(&mut self, amount: u64) -> Result<(), EngineError> {
        let (before, ()) = self.attempt(|exchange| exchange.donate(atoms(amount)))?;
        self.finish(&before, Kind::Donate);
        Ok(())
    }
}
