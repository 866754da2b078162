//! What tests ask.

use super::*;

impl World {
    pub fn size(&self, account: usize, market: usize) -> i64 {
        let state = &self.accounts[account];
        state.slot_of(u16::try_from(market).unwrap()).map_or(0, |slot| state.positions[slot].size.get())
    }

    /// Base units worth `value` atoms at the market's cached price.
    pub fn size_worth(&self, market: usize, value: u64) -> u64 {
        let price = u128::from(self.markets[market].price.price.get());
        u64::try_from((u128::from(value) << 40) / price).unwrap()
    }

    /// Accounts with an open position, and in which market.
    pub fn positions(&self) -> Vec<(usize, usize)> {
        self.slots(|position| !position.size.is_zero())
    }

    pub fn slots(&self, which: impl Fn(&perp_engine::state::Position) -> bool) -> Vec<(usize, usize)> {
        let slots = |(account, state): (usize, &Account)| {
            let markets: Vec<_> = state
                .occupied()
                .filter(|(_, position)| which(position))
                .map(|(_, position)| (account, usize::from(position.market)))
                .collect();
            markets
        };
        self.accounts.iter().enumerate().flat_map(slots).collect()
    }
}
