//! How much is held by how little.

use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::market::fill::skew;
use perp_engine::state::{Account, Market};
use perp_engine::units::products::{mul_div_ceil, notional};
use perp_engine::units::{Atoms, Side, SignedAtoms, PPM};
use perp_engine::EngineError;

/// A notional and what stands behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leverage {
    /// Notional at the markets' prices, in atoms rounded up.
    pub notional: Atoms,
    /// What stands behind it.
    pub behind: SignedAtoms,
}

impl Leverage {
    /// The notional as a multiple of what stands behind it, in ppm rounded up; `None` where nothing does, or not enough to tell.
    pub fn times(&self) -> Option<u64> {
        mul_div_ceil(self.notional.get(), PPM, self.behind.positive_part().get()).ok()
    }
}

/// What a market's backing bears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarketLeverage {
    /// Both sides' open interest over the backing.
    pub gross: Leverage,
    /// The skew, which the pool is the other side of, over the backing.
    pub net: Leverage,
}

/// Everybody's positions, and what stands behind them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SystemLeverage {
    /// All open interest over the equity of the accounts whose equity is positive.
    pub traders: Leverage,
    /// The skews of all markets, without their signs, over the pool's value to whoever leaves.
    pub pool: Leverage,
}

fn gross(market: &Market) -> Result<Atoms, EngineError> {
    let of = |side| notional(market.ledger.side(side).open_interest, market.price.price)?.to_atoms_ceil();
    of(Side::Long)?.checked_add(of(Side::Short)?)
}

fn net(market: &Market) -> Result<Atoms, EngineError> {
    notional(skew(&market.ledger)?.size(), market.price.price)?.to_atoms_ceil()
}

/// The notional of an account's positions at the prices of their markets.
pub(crate) fn positions_notional<'a>(
    account: &Account,
    market: impl Fn(u16) -> Option<&'a Market>,
) -> Result<Atoms, EngineError> {
    let mut sum = Atoms::ZERO;
    for (_, position) in account.occupied() {
        let missing = EngineError::MarketMissing { expected: position.market };
        let price = market(position.market).ok_or(missing)?.price.price;
        sum = sum.checked_add(notional(position.size.size(), price)?.to_atoms_ceil()?)?;
    }
    Ok(sum)
}

impl Exchange {
    /// The notional of an account's positions over its equity.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`].
    pub fn account_leverage(&self, account: &Account) -> Result<Leverage, Refusal> {
        let behind = self.health(account)?.maintenance.equity;
        Ok(Leverage { notional: positions_notional(account, |market| self.market(market).ok())?, behind })
    }

    /// The positions of a market over its backing.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`].
    pub fn market_leverage(&self, market: u16) -> Result<MarketLeverage, Refusal> {
        let market = self.market(market)?;
        let behind = market.ledger.backing.signed()?;
        Ok(MarketLeverage {
            gross: Leverage { notional: gross(market)?, behind },
            net: Leverage { notional: net(market)?, behind },
        })
    }

    /// The positions of all markets over what stands behind them: the equity of `accounts`, which must be all of the exchange's, and
    /// the pool.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`] where a market that the exchange lists is not here.
    pub fn system_leverage<'a>(
        &self,
        accounts: impl IntoIterator<Item = &'a Account>,
    ) -> Result<SystemLeverage, Refusal> {
        let mut system = SystemLeverage::default();
        for market in self.markets() {
            system.traders.notional = system.traders.notional.checked_add(gross(market)?)?;
            system.pool.notional = system.pool.notional.checked_add(net(market)?)?;
        }
        for account in accounts {
            let equity = self.health(account)?.maintenance.equity.positive_part().signed()?;
            system.traders.behind = system.traders.behind.checked_add(equity)?;
        }
        system.pool.behind = self.pool_value()?.lower.signed()?;
        Ok(system)
    }
}
