//! What tests ask.

use super::*;

impl World {
    pub fn account(&self, account: usize) -> &Account {
        &self.exchange.accounts()[account]
    }

    pub fn market(&self, market: u16) -> &Market {
        self.exchange.market(market).unwrap()
    }

    /// Shares a provider holds, those in escrow apart.
    pub fn shares(&self, provider: usize) -> u64 {
        self.exchange.providers()[provider].shares.get()
    }

    /// Tokens a provider was paid.
    pub fn paid_out(&self, provider: usize) -> u64 {
        self.exchange.providers()[provider].paid_out.get()
    }

    /// Open requests with their numbers, in the order in which they were made.
    pub fn requests(&self) -> Vec<(u64, OpenRequest)> {
        self.exchange.requests().iter().map(|(number, open)| (*number, *open)).collect()
    }

    pub fn size(&self, account: usize, market: u16) -> i64 {
        let state = self.account(account);
        state.slot_of(market).map_or(0, |slot| state.positions[slot].size.get())
    }

    /// Base units worth `value` atoms at the market's cached price.
    pub fn size_worth(&self, market: u16, value: u64) -> u64 {
        let price = u128::from(self.market(market).price.price.get());
        u64::try_from((u128::from(value) << 40) / price).unwrap()
    }

    pub fn owes_nothing(&self, account: usize) -> bool {
        self.account(account).occupied().all(|(_, position)| position.debt.is_zero() && position.recoverable.is_zero())
    }

    /// Accounts with an open position, and in which market.
    pub fn positions(&self) -> Vec<(usize, u16)> {
        self.slots(|position| !position.size.is_zero())
    }

    pub fn slots(&self, which: impl Fn(&Position) -> bool) -> Vec<(usize, u16)> {
        let accounts = self.exchange.accounts().iter().enumerate();
        accounts
            .flat_map(|(account, state)| state.occupied().map(move |(_, position)| (account, position)))
            .filter(|(_, position)| which(position))
            .map(|(account, position)| (account, position.market))
            .collect()
    }
}
