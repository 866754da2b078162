//! What an account is worth at other prices.

use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::quotes::at_price::{changed_floor, AtPrice};
use alloc::vec::Vec;
use perp_engine::risk::margin::unsettled_funding_owed;
use perp_engine::risk::portfolio::Health;
use perp_engine::state::{Account, Market};
use perp_engine::units::products::unrealized_profit;
use perp_engine::units::{Price, SignedAtoms};

/// The usual changes of a price: −30 % to +30 % in steps of five, in ppm.
pub const LADDER: [i32; 13] =
    [-300_000, -250_000, -200_000, -150_000, -100_000, -50_000, 0, 50_000, 100_000, 150_000, 200_000, 250_000, 300_000];

/// What another price of a market makes of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Change of the price, in ppm.
    pub change: i32,
    /// The price, rounded down.
    pub price: Price,
    /// Profit of the position there at that price less the funding it owes, in atoms rounded down; zero without one.
    pub profit: SignedAtoms,
    /// Equity and the margin demanded: liquidatable when below.
    pub health: Health,
}

impl Exchange {
    /// Profit and health of an account at changed prices of a market, all else as it is. A change to a price that no market can have
    /// is left out.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`]; `PriceStale` where the market never had a price.
    pub fn ladder(&self, account: &Account, market: u16, changes: &[i32]) -> Result<Vec<Rung>, Refusal> {
        self.ladder_in(account, self.market(market)?, changes)
    }

    /// The same with a market in place of the exchange's, such as what a preview leaves.
    ///
    /// # Errors
    /// Those of [`Exchange::ladder`].
    pub fn ladder_in(&self, account: &Account, market: &Market, changes: &[i32]) -> Result<Vec<Rung>, Refusal> {
        let question = AtPrice::in_market(self, account, *market)?;
        let state = &question.market;
        let position = account.slot_of(market.index).and_then(|slot| account.positions.get(slot));
        let mut rungs = Vec::with_capacity(changes.len());
        for &change in changes {
            let Some(price) = changed_floor(state.price.price, change) else { continue };
            let Some(health) = question.health(price)? else { continue };
            let profit = match position {
                Some(position) => unrealized_profit(position.size, position.entry_notional.get(), price)?
                    .checked_sub(unsettled_funding_owed(position, &state.ledger)?)?
                    .to_signed_atoms_floor()?,
                None => SignedAtoms::ZERO,
            };
            rungs.push(Rung { change, price, profit, health });
        }
        Ok(rungs)
    }
}
