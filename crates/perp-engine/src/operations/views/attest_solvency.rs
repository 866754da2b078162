//! What an exchange has and owes as a whole.

use crate::error::EngineError;
use crate::invariants::{market_cash, pool_cash};
use crate::market::solvency::Coverage;
use crate::state::{Market, Pool};
use crate::units::{Atoms, SignedAtoms};

#[cfg(test)]
mod tests;

/// What an exchange has and owes, summed up over its pool and all of its markets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// Tokens in the vault.
    pub vault: Atoms,
    /// Cash of the pool: unplaced, insurance, requests and what is set apart.
    pub pool: Atoms,
    /// Cash of all markets: backing, claims reserves, insurances and fees.
    pub markets: Atoms,
    /// What is left of the vault for the balances of margin accounts and for what was sent there outside the program; negative where the
    /// vault lacks even what the rest has.
    pub accounts: SignedAtoms,
    /// What all markets have, each at its last good price: see [`Coverage`].
    pub assets: Atoms,
    /// What they owe.
    pub liabilities: Atoms,
    /// Σ of what each market that lacks anything lacks: one market's surplus pays nothing in another.
    pub deficit: Atoms,
}

impl Attestation {
    /// Of a pool and all `market_count` markets in the order of their indices.
    ///
    /// # Errors
    /// [`EngineError::MarketMissing`] with the first index that is not in its place; [`EngineError::Overflow`].
    pub fn of<'a>(
        pool: &Pool,
        markets: impl Iterator<Item = &'a Market>,
        market_count: u16,
        vault: Atoms,
    ) -> Result<Self, EngineError> {
        let mut sums = Self {
            vault,
            pool: pool_cash(pool)?,
            markets: Atoms::ZERO,
            accounts: SignedAtoms::ZERO,
            assets: Atoms::ZERO,
            liabilities: Atoms::ZERO,
            deficit: Atoms::ZERO,
        };
        let mut expected = 0u16;
        for market in markets {
            if market.index != expected || expected >= market_count {
                return Err(EngineError::MarketMissing { expected });
            }
            expected = expected.checked_add(1).ok_or(EngineError::Overflow)?;
            let Coverage { assets, liabilities } =
                Coverage::of(&market.ledger, &market.parameters, market.price.price)?;
            sums.markets = sums.markets.checked_add(market_cash(&market.ledger)?)?;
            sums.assets = sums.assets.checked_add(assets)?;
            sums.liabilities = sums.liabilities.checked_add(liabilities)?;
            sums.deficit = sums.deficit.checked_add(liabilities.checked_sub(assets.min(liabilities))?)?;
        }
        if expected != market_count {
            return Err(EngineError::MarketMissing { expected });
        }
        let held = sums.pool.checked_add(sums.markets)?;
        sums.accounts = vault.signed()?.checked_sub(held.signed()?)?;
        Ok(sums)
    }
}
