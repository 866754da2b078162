//! What must hold between any two instructions, over a whole exchange. Tests call it after every step; anybody can
//! call it on decoded accounts.

use crate::error::EngineError;
use crate::solvency::{pending_funding, side_unrealised};
use crate::state::{Account, Market, Pool, Position};
use crate::units::products::{funding_owed, unrealised_profit};
use crate::units::{Atoms, Price, Raw, Side};

#[cfg(test)]
mod tests;

/// Every account of one exchange and the tokens in its vault.
#[derive(Clone, Copy, Debug)]
pub struct ExchangeView<'a> {
    pub accounts: &'a [Account],
    /// In index order.
    pub markets: &'a [Market],
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
    Custody { vault: u64, cash: u64 },
    /// Equity and net asset value at a price do not add up to the vault.
    PriceIndependence { difference: i128 },
    /// A stored aggregate of a market differs from the sum over positions.
    Aggregate { market: u16, name: &'static str, stored: i128, summed: i128 },
    /// The pot promises more than it holds.
    Pot { market: u16, pot: u64, promised: u64 },
    /// The pool's placed principal differs from the sum over markets.
    Placed { stored: u64, summed: u64 },
    /// Two slots of an account are in one market, or a free slot is not zeroed.
    Slots { market: u16 },
    /// A sum left its range.
    Range(EngineError),
}

impl From<EngineError> for Violation {
    fn from(error: EngineError) -> Self {
        Self::Range(error)
    }
}

/// Σ of all cash but donations: balances, pool, insurances, escrow and every market's backing, pot, insurance and fees.
pub fn total_cash(view: &ExchangeView<'_>) -> Result<Atoms, EngineError> {
    let pool = view.pool;
    let mut cash = pool.cash.plus(pool.insurance)?.plus(pool.escrow)?;
    for market in view.markets {
        let books = &market.books;
        cash = cash.plus(books.backing)?.plus(books.pot)?.plus(books.insurance)?.plus(books.protocol_fees)?;
    }
    view.accounts.iter().try_fold(cash, |cash, account| cash.plus(account.balance))
}

/// Checks custody, price independence, aggregates, claims, debts and slots.
///
/// # Errors
/// The first [`Violation`].
pub fn check_invariants(view: &ExchangeView<'_>) -> Result<(), Violation> {
    let cash = total_cash(view)?;
    if cash.plus(view.donated)? != view.vault {
        return Err(Violation::Custody { vault: view.vault.get(), cash: cash.get() });
    }
    let placed = view.markets.iter().try_fold(Atoms::ZERO, |sum, market| sum.plus(market.books.net_principal))?;
    if placed != view.pool.placed {
        return Err(Violation::Placed { stored: view.pool.placed.get(), summed: placed.get() });
    }
    for account in view.accounts {
        check_slots(account)?;
    }
    for market in view.markets {
        check_aggregates(view, market)?;
        check_pot(view, market)?;
    }
    // Any price will do; a power of two and the neighbourhood of the cached one meet different roundings.
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
    let mut sums = [(0i128, Raw::ZERO, Raw::ZERO); 2];
    let (mut claims, mut debts) = (Atoms::ZERO, Atoms::ZERO);
    for position in positions_of(view, market.index) {
        claims = claims.plus(position.claim)?;
        debts = debts.plus(position.debt)?;
        if let Some(side) = position.size.side() {
            let (interest, entry, size_index) = &mut sums[side.index()];
            let size = position.size.size();
            *interest = interest.checked_add(i128::from(size.get())).ok_or(EngineError::Overflow)?;
            *entry = entry.plus(position.entry.get())?;
            *size_index = size_index.plus(funding_owed(size, position.funding_index)?)?;
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
        let (interest, entry, size_index) = sums[side.index()];
        let book = market.books.side(side);
        equal("open interest", i128::from(book.open_interest.get()), interest)?;
        equal("entry", book.entry.get().get(), entry.get())?;
        equal("size index", book.size_index.get().get(), size_index.get())?;
    }
    equal("claims", i128::from(market.books.claims.get()), i128::from(claims.get()))?;
    equal("debts", i128::from(market.books.debts.get()), i128::from(debts.get()))
}

/// Everybody could redeem what is funded of their claim at once.
fn check_pot(view: &ExchangeView<'_>, market: &Market) -> Result<(), Violation> {
    let mut promised = Atoms::ZERO;
    for position in positions_of(view, market.index) {
        promised = promised.plus(position.claim.minus(market.books.unfunded_part_ceil(position)?)?)?;
    }
    if promised > market.books.pot || market.books.pot > market.books.claims {
        return Err(Violation::Pot { market: market.index, pot: market.books.pot.get(), promised: promised.get() });
    }
    Ok(())
}

/// `ΣE(p) + NAV(p) + ΣI + Φ = V − D − X`, exactly and for every p. Raw amounts on both sides, so no rounding hides.
fn check_price_independence(view: &ExchangeView<'_>, shift: u32) -> Result<(), Violation> {
    let price_of = |market: &Market| Price::new((market.price.price.get() >> shift).max(1));
    let mut total = view.pool.cash.raw()?.plus(view.pool.insurance.raw()?)?;
    for account in view.accounts {
        total = total.plus(account.balance.raw()?)?;
    }
    for market in view.markets {
        let (books, price) = (&market.books, price_of(market));
        for position in positions_of(view, market.index) {
            total = total.plus(equity_of(position, market, price)?)?;
        }
        let mut value = books.backing.raw()?.plus(books.pot.raw()?)?.minus(books.claims.raw()?)?;
        value = value.plus(books.debts.raw()?)?.plus(pending_funding(books)?)?;
        for side in Side::BOTH {
            value = value.minus(side_unrealised(books, side, price)?)?;
        }
        total = total.plus(value)?.plus(books.insurance.raw()?)?.plus(books.protocol_fees.raw()?)?;
    }
    let held = view.vault.minus(view.donated)?.minus(view.pool.escrow)?.raw()?;
    let difference = total.minus(held)?.get();
    if difference != 0 {
        return Err(Violation::PriceIndependence { difference });
    }
    Ok(())
}

fn equity_of(position: &Position, market: &Market, price: Price) -> Result<Raw, EngineError> {
    let owed = position.claim.raw()?.minus(position.debt.raw()?)?;
    let Some(side) = position.size.side() else { return Ok(owed) };
    let change = market.books.side(side).funding_index.minus(position.funding_index)?;
    let funding = funding_owed(position.size.size(), change)?;
    owed.plus(unrealised_profit(position.size, position.entry.get(), price)?)?.minus(funding)
}
