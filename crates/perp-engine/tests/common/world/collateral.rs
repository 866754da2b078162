//! Collateral.

use super::*;

impl World {
    pub fn isolate(&mut self, account: usize, market: usize) {
        assert!(self.accounts[account].is_empty());
        self.accounts[account].kind = AccountKind::Isolated as u8;
        self.accounts[account].isolated_market = u16::try_from(market).unwrap();
    }

    pub fn deposit(&mut self, account: usize, amount: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            let amount = atoms(amount);
            world.accounts[account].balance = plan_deposit(&world.accounts[account], amount)?;
            world.vault = world.vault.plus(amount)?;
            Ok((Verb::Deposit, ()))
        })
    }

    pub fn withdraw(&mut self, account: usize, amount: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            let amount = atoms(amount);
            let state = world.accounts[account];
            let plan = if needs_markets(&state) {
                let others = world.others(&state, None);
                let portfolio = Portfolio::new(&state, None, &others, world.clock)?;
                plan_margined_withdrawal(&portfolio, amount, world.status(), world.clock)?
            } else {
                plan_withdrawal(&state, amount)?
            };
            world.accounts[account].balance = plan.balance;
            world.vault = world.vault.minus(amount)?;
            if plan.after.is_some() {
                let health = reference::adverse(world, &world.accounts[account]);
                assert!(health.equity >= health.margin, "a withdrawal left {health:?}");
            }
            Ok((Verb::Withdraw, ()))
        })
    }

    pub fn withdraw_protocol_fees(&mut self, market: usize) -> Result<Atoms, EngineError> {
        self.instruction(|world| {
            let plan = plan_withdraw_protocol_fees(&world.markets[market])?;
            world.markets[market].books = plan.books;
            world.vault = world.vault.minus(plan.amount)?;
            Ok((Verb::WithdrawProtocolFees, plan.amount))
        })
    }

    pub fn donate(&mut self, amount: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            world.vault = world.vault.plus(atoms(amount))?;
            world.donated = world.donated.plus(atoms(amount))?;
            Ok((Verb::Donate, ()))
        })
    }

    /// The markets of the account's positions in slot order, `touched` apart.
    pub(super) fn others(&self, account: &Account, touched: Option<usize>) -> Vec<&Market> {
        account
            .occupied()
            .map(|(_, position)| usize::from(position.market))
            .filter(|market| Some(*market) != touched)
            .map(|market| &self.markets[market])
            .collect()
    }
}
