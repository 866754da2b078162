//! Who is liquidated at which price.

use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::quotes::at_price::{changed_floor, AtPrice};
use alloc::vec::Vec;
use perp_engine::state::Account;
use perp_engine::units::{Price, Side, Size};

/// What a price of a market liquidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CascadeStep {
    /// Change of the price, in ppm.
    pub change: i32,
    /// The price, rounded down.
    pub price: Price,
    /// Accounts with a position there that become liquidatable.
    pub accounts: u32,
    /// Open interest of `[longs, shorts]` that they hold there.
    pub interest: [Size; 2],
}

impl Exchange {
    /// The open interest whose owners become liquidatable at changed prices of a market, all else as it is. A price here follows
    /// its oracle and not the trades, so that a liquidation moves it no further. A change to a price that no market can have
    /// is left out.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`], also where one of an account's other markets is missing; `PriceStale` where the market never had a
    /// price.
    pub fn cascade<'a>(
        &self,
        accounts: impl IntoIterator<Item = &'a Account>,
        market: u16,
        changes: &[i32],
    ) -> Result<Vec<CascadeStep>, Refusal> {
        let present = self.market(market)?.price.price;
        let step = |&change: &i32| {
            let price = changed_floor(present, change)?;
            Some(CascadeStep { change, price, accounts: 0, interest: [Size::ZERO; 2] })
        };
        let mut steps: Vec<CascadeStep> = changes.iter().filter_map(step).collect();
        for account in accounts {
            self.add_to_cascade(account, market, &mut steps)?;
        }
        Ok(steps)
    }

    /// Counts one more account.
    ///
    /// # Errors
    /// Those of [`Exchange::cascade`].
    pub fn add_to_cascade(&self, account: &Account, market: u16, steps: &mut [CascadeStep]) -> Result<(), Refusal> {
        let position = account.slot_of(market).and_then(|slot| account.positions.get(slot));
        let Some((side, size)) = position.and_then(|position| Some((position.size.side()?, position.size.size())))
        else {
            return Ok(());
        };
        let question = AtPrice::new(self, account, market)?;
        for step in steps {
            if question.is_liquidatable(step.price)? == Some(true) {
                step.accounts = step.accounts.saturating_add(1);
                let interest = Side::of_mut(side, &mut step.interest);
                *interest = interest.checked_add(size)?;
            }
        }
        Ok(())
    }
}
