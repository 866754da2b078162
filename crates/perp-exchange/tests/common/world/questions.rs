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

    /// Requests that a closed boundary owes something.
    pub fn owed(&self) -> Vec<u64> {
        self.epochs.owed()
    }

    /// Tokens and shares that a provider has asked for or has coming, in atoms.
    pub fn coming_to(&self, provider: usize) -> (i128, i128) {
        let own = self.exchange.requests().iter().filter(|(_, open)| open.provider == provider);
        own.fold((0, 0), |(tokens, shares), (number, _)| {
            let coming = self.epochs.coming_to(*number);
            (tokens + coming.0, shares + coming.1)
        })
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
