//! What must hold between any two instructions, over a whole exchange. Tests call it after every step; anybody can
//! call it on decoded accounts.

use crate::error::EngineError;
use crate::market::solvency::net_asset_value;
use crate::risk::margin::face_value;
use crate::state::{Account, Market, MarketLedger, Pool, Position};
use crate::units::products::funding_owed;
use crate::units::{Atoms, Price, QuoteX40, Side};

mod orders;
#[cfg(test)]
mod tests;

pub use orders::{check_orders, check_position_numbers};

/// Every account of one exchange and the tokens in its vault.
#[derive(Clone, Copy, Debug)]
pub struct ExchangeView<'a> {
    /// Every margin account.
    pub accounts: &'a [Account],
    /// In index order.
    pub markets: &'a [Market],
    /// The liquidity pool.
    pub pool: &'a Pool,
    /// Tokens in the vault.
    pub vault: Atoms,
    /// Tokens sent to the vault outside the program; they belong to nobody.
    pub donated: Atoms,
}

/// Which rule does not hold, and the two numbers that should be equal or ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The vault differs from the sum of everybody's cash.
    Custody {
        /// Tokens in the vault.
        vault: u64,
        /// Everybody's cash.
        cash: u64,
    },
    /// Equity and net asset value at a price do not add up to the vault.
    PriceIndependence {
        /// The sum less the vault, in 2^-40 atoms.
        difference: i128,
    },
    /// A stored aggregate of a market differs from the sum over positions.
    Aggregate {
        /// Index of the market.
        market: u16,
        /// Which aggregate.
        name: &'static str,
        /// What the market has, in the aggregate's unit.
        stored: i128,
        /// What its positions add up to.
        summed: i128,
    },
    /// The claims reserve promises more than it holds.
    ClaimsReserve {
        /// Index of the market.
        market: u16,
        /// What it holds, in atoms.
        claims_reserve: u64,
        /// What claims could redeem at once, in atoms.
        promised: u64,
    },
    /// The pool's placed principal differs from the sum over markets.
    Placed {
        /// What the pool has, in atoms.
        stored: u64,
        /// What the markets add up to, in atoms.
        summed: u64,
    },
    /// Two slots of an account are in one market, or a free slot is not zeroed.
    Slots {
        /// Index of the market the slot names.
        market: u16,
    },
    /// The lamports held for whoever fills resting orders differ from what the orders add up to.
    OrderLamports {
        /// What is held.
        held: u64,
        /// What the orders add up to.
        summed: u64,
    },
    /// A resting order is in a state that no operation leaves it in.
    Order {
        /// Its place.
        slot: usize,
        /// What does not hold.
        rule: &'static str,
    },
    /// Two positions in a market have one number, or one has a number that was never given out.
    PositionNumber {
        /// Index of the market.
        market: u16,
        /// The number.
        number: u64,
    },
    /// A sum left its range.
    Range(EngineError),
}

impl From<EngineError> for Violation {
    fn from(error: EngineError) -> Self {
        Self::Range(error)
    }
}

/// Cash of the pool: unplaced, insurance, escrow and what is set apart.
///
/// # Errors
/// [`EngineError::Overflow`].
pub fn pool_cash(pool: &Pool) -> Result<Atoms, EngineError> {
    let cash = pool.cash.checked_add(pool.insurance)?.checked_add(pool.escrow)?;
    cash.checked_add(pool.payable)?.checked_add(pool.settling)
}

/// Cash of a market: backing, claims reserve, insurance and fees.
///
/// # Errors
/// [`EngineError::Overflow`].
pub fn market_cash(ledger: &MarketLedger) -> Result<Atoms, EngineError> {
    let cash = ledger.backing.checked_add(ledger.claims_reserve)?;
    cash.checked_add(ledger.insurance)?.checked_add(ledger.protocol_fees)
}

/// Σ of all cash but donations: the pool's, every market's, and the balances.
///
/// # Errors
/// [`EngineError::Overflow`].
pub fn total_cash(view: &ExchangeView<'_>) -> Result<Atoms, EngineError> {
    let mut cash = pool_cash(view.pool)?;
    for market in view.markets {
        cash = cash.checked_add(market_cash(&market.ledger)?)?;
    }
    view.accounts.iter().try_fold(cash, |cash, account| cash.checked_add(account.balance))
}

/// Checks custody, price independence, aggregates, claims, debts and slots.
///
/// # Errors
/// The first [`Violation`].
pub fn check_invariants(view: &ExchangeView<'_>) -> Result<(), Violation> {
    let cash = total_cash(view)?;
    if cash.checked_add(view.donated)? != view.vault {
        return Err(Violation::Custody { vault: view.vault.get(), cash: cash.get() });
    }
    let placed =
        view.markets.iter().try_fold(Atoms::ZERO, |sum, market| sum.checked_add(market.ledger.net_principal))?;
    if placed != view.pool.placed {
        return Err(Violation::Placed { stored: view.pool.placed.get(), summed: placed.get() });
    }
    for account in view.accounts {
        check_slots(account)?;
    }
    for market in view.markets {
        check_aggregates(view, market)?;
        check_claims_reserve(view, market)?;
    }
    // Any price will do; a power of two and the neighborhood of the cached one meet different roundings.
    for shift in [0u32, 1, 3] {
        check_price_independence(view, shift)?;
    }
    Ok(())
}

fn check_slots(account: &Account) -> Result<(), Violation> {
    for (slot, position) in account.positions.iter().enumerate() {
        let duplicate = account.positions[..slot]
            .iter()
            .any(|earlier| earlier.is_occupied() && position.is_occupied() && earlier.market == position.market);
        let freed = position.is_occupied() || *position == bytemuck::Zeroable::zeroed();
        if duplicate || !freed || (position.is_occupied() && position.is_empty()) {
            return Err(Violation::Slots { market: position.market });
        }
    }
    Ok(())
}

fn positions_of<'a>(view: &ExchangeView<'a>, market: u16) -> impl Iterator<Item = &'a Position> {
    let accounts: &'a [Account] = view.accounts;
    accounts.iter().flat_map(move |account| {
        account.positions.iter().filter(move |position| position.is_occupied() && position.market == market)
    })
}

fn check_aggregates(view: &ExchangeView<'_>, market: &Market) -> Result<(), Violation> {
    let mut sums = [(0i128, QuoteX40::ZERO, QuoteX40::ZERO); 2];
    let (mut claims, mut debts) = (Atoms::ZERO, Atoms::ZERO);
    for position in positions_of(view, market.index) {
        claims = claims.checked_add(position.claim)?;
        debts = debts.checked_add(position.debt)?;
        if let Some(side) = position.size.side() {
            let (interest, entry, funding_checkpoint) = &mut sums[side.index()];
            let size = position.size.size();
            *interest = interest.checked_add(i128::from(size.get())).ok_or(EngineError::Overflow)?;
            *entry = entry.checked_add(position.entry_notional.get())?;
            *funding_checkpoint = funding_checkpoint.checked_add(funding_owed(size, position.funding_index)?)?;
        }
    }
    let equal = |name, stored: i128, summed: i128| {
        if stored == summed {
            Ok(())
        } else {
            Err(Violation::Aggregate { market: market.index, name, stored, summed })
        }
    };
    for side in Side::BOTH {
        let (interest, entry, funding_checkpoint) = sums[side.index()];
        let totals = market.ledger.side(side);
        equal("open interest", i128::from(totals.open_interest.get()), interest)?;
        equal("entry notional", totals.entry_notional.get().get(), entry.get())?;
        equal("funding checkpoint", totals.funding_checkpoint.get().get(), funding_checkpoint.get())?;
    }
    equal("claims", i128::from(market.ledger.claims.get()), i128::from(claims.get()))?;
    equal("debts", i128::from(market.ledger.debts.get()), i128::from(debts.get()))
}

/// Everybody could redeem what is funded of their claim at once.
fn check_claims_reserve(view: &ExchangeView<'_>, market: &Market) -> Result<(), Violation> {
    let mut promised = Atoms::ZERO;
    for position in positions_of(view, market.index) {
        promised = promised.checked_add(position.claim.checked_sub(market.ledger.unfunded_part_ceil(position)?)?)?;
    }
    if promised > market.ledger.claims_reserve || market.ledger.claims_reserve > market.ledger.claims {
        return Err(Violation::ClaimsReserve {
            market: market.index,
            claims_reserve: market.ledger.claims_reserve.get(),
            promised: promised.get(),
        });
    }
    Ok(())
}

/// `ΣE(p) + NAV(p) + ΣI + Φ = V − D − X − Y − Z`, exactly and for every p. QuoteX40 amounts on both sides, so no rounding hides.
fn check_price_independence(view: &ExchangeView<'_>, shift: u32) -> Result<(), Violation> {
    let price_of = |market: &Market| Price::new((market.price.price.get() >> shift).max(1));
    let mut total = view.pool.cash.to_x40()?.checked_add(view.pool.insurance.to_x40()?)?;
    for account in view.accounts {
        total = total.checked_add(account.balance.to_x40()?)?;
    }
    for market in view.markets {
        let (ledger, price) = (&market.ledger, price_of(market));
        // The same market at the other price: what its positions and the pool are worth there.
        let mut moved = *market;
        moved.price.price = price;
        for position in positions_of(view, market.index) {
            total = total.checked_add(face_value(position, &moved)?)?;
        }
        let cash = ledger.insurance.checked_add(ledger.protocol_fees)?.to_x40()?;
        total = total.checked_add(net_asset_value(ledger, price)?)?.checked_add(cash)?;
    }
    let apart = view.pool.escrow.checked_add(view.pool.payable)?.checked_add(view.pool.settling)?;
    let held = view.vault.checked_sub(view.donated)?.checked_sub(apart)?.to_x40()?;
    let difference = total.checked_sub(held)?.get();
    if difference != 0 {
        return Err(Violation::PriceIndependence { difference });
    }
    Ok(())
}
