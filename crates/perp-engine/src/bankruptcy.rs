//! What happens to a loss its account cannot pay: claims elsewhere, then the market's insurance, then the shared
//! insurance up to a cap, then it is written off.
//!
//! The one verb that changes several markets, planned one market after the other: [`begin_bankruptcy`],
//! [`Bankruptcy::set_off`] for each other slot, [`Bankruptcy::finish`]. The books of twelve markets in one plan would not
//! fit a program's stack frame.

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::state::{Account, Books, Market, Pool, Position, SharedDraw};
use crate::status::Status;
use crate::units::products::share_floor;
use crate::units::{Atoms, Clock, SignedAtoms};

#[cfg(test)]
mod tests;

/// An account's bankruptcy in one market while it is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bankruptcy {
    pub slot: usize,
    pub ledger: Ledger,
    /// The debt before anything paid it.
    pub debt: Atoms,
    pub paid_by_balance: Atoms,
    pub paid_by_claims: Atoms,
}

/// Balance, claims and debts of an account without open positions.
///
/// # Errors
/// [`EngineError::PositionsOpen`].
fn closed_equity(account: &Account) -> Result<SignedAtoms, EngineError> {
    let mut equity = account.balance.signed()?;
    for (_, position) in account.occupied() {
        if !position.size.is_zero() {
            return Err(EngineError::PositionsOpen);
        }
        equity = equity.plus(position.claim.signed()?)?.minus(position.debt.signed()?)?;
    }
    Ok(equity)
}

/// Begins: checks that the account is bankrupt and owes `market`, and takes its balance. `status` is the exchange's.
///
/// # Errors
/// [`EngineError::Paused`], [`EngineError::PositionsOpen`], [`EngineError::NotBankrupt`], [`EngineError::NoDebt`].
pub fn begin_bankruptcy(
    account: &Account,
    market: &Market,
    status: Status,
    clock: Clock,
) -> Result<Bankruptcy, EngineError> {
    status.and(market.status.in_force(clock.now)).allows_reducing()?;
    let equity = closed_equity(account)?;
    if !equity.is_negative() {
        return Err(EngineError::NotBankrupt { equity });
    }
    let slot = account.slot_of(market.index).ok_or(EngineError::NoDebt)?;
    let mut ledger = Ledger { balance: account.balance, position: account.positions[slot], books: market.books };
    let debt = ledger.position.debt;
    if debt.is_zero() {
        return Err(EngineError::NoDebt);
    }
    let paid_by_balance = ledger.repay_debt()?;
    Ok(Bankruptcy { slot, ledger, debt, paid_by_balance, paid_by_claims: Atoms::ZERO })
}

/// The account's slot in another market and that market's books after its claim was set off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetOff {
    pub position: Position,
    pub books: Books,
}

impl Bankruptcy {
    /// Sets off the account's claim on another market: its funded part becomes cash, the rest extinguishes debt against
    /// claim one for one. Like a redemption it works in every status of that market.
    pub fn set_off(&mut self, position: &Position, market: &Market) -> Result<SetOff, EngineError> {
        let mut other = Ledger { balance: Atoms::ZERO, position: *position, books: market.books };
        let redeemed = other.redeem_claim()?;
        self.ledger.balance = self.ledger.balance.plus(redeemed)?;
        self.paid_by_balance = self.paid_by_balance.plus(self.ledger.repay_debt()?)?;

        let amount = other.position.claim.min(self.ledger.position.debt);
        other.position.claim = other.position.claim.minus(amount)?;
        other.books.claims = other.books.claims.minus(amount)?;
        other.books.close_claim_epoch_if_funded()?;
        self.ledger.position.debt = self.ledger.position.debt.minus(amount)?;
        self.ledger.books.debts = self.ledger.books.debts.minus(amount)?;
        self.paid_by_claims = self.paid_by_claims.plus(amount)?;
        Ok(SetOff { position: other.position, books: other.books })
    }

    /// Ends: the market's insurance pays, then the shared insurance within the market's cap, and the rest is written
    /// off.
    pub fn finish(self, pool: &Pool, clock: Clock) -> Result<BankruptcyPlan, EngineError> {
        let Self { slot, mut ledger, debt, paid_by_balance, paid_by_claims } = self;
        let mut pool = *pool;
        let own = ledger.books.insurance.min(ledger.position.debt);
        ledger.books.insurance = ledger.books.insurance.minus(own)?;
        pay_debt(&mut ledger, own)?;

        let mut draw = current_window(ledger.books.shared_draw, &pool, clock)?;
        let cap = share_floor(draw.insurance_at_start, pool.parameters.shared_draw_share)?.excess_over(draw.drawn);
        let shared = pool.insurance.min(cap).min(ledger.position.debt);
        pool.insurance = pool.insurance.minus(shared)?;
        draw.drawn = draw.drawn.plus(shared)?;
        ledger.books.shared_draw = draw;
        pay_debt(&mut ledger, shared)?;

        let written_off = ledger.position.debt;
        ledger.position.debt = Atoms::ZERO;
        ledger.books.debts = ledger.books.debts.minus(written_off)?;
        ledger.books.written_off = ledger.books.written_off.plus(written_off)?;
        Ok(BankruptcyPlan {
            slot,
            ledger,
            pool,
            debt,
            paid_by_balance,
            paid_by_claims,
            paid_by_insurance: own,
            paid_by_shared_insurance: shared,
            written_off,
        })
    }
}

/// Cash from an insurance enters the backing and lowers the debt.
fn pay_debt(ledger: &mut Ledger, amount: Atoms) -> Result<(), EngineError> {
    ledger.books.backing = ledger.books.backing.plus(amount)?;
    ledger.position.debt = ledger.position.debt.minus(amount)?;
    ledger.books.debts = ledger.books.debts.minus(amount)?;
    Ok(())
}

/// The running window of the market's draw on the shared insurance, a new one where the last is over.
fn current_window(draw: SharedDraw, pool: &Pool, clock: Clock) -> Result<SharedDraw, EngineError> {
    let over =
        draw.window_start.is_never() || clock.now >= draw.window_start.after(pool.parameters.shared_draw_window)?;
    if over {
        return Ok(SharedDraw { window_start: clock.now, insurance_at_start: pool.insurance, drawn: Atoms::ZERO });
    }
    Ok(draw)
}

/// The slot, the market's books and the pool after a bankruptcy; the parts that paid add up to `debt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BankruptcyPlan {
    pub slot: usize,
    pub ledger: Ledger,
    pub pool: Pool,
    pub debt: Atoms,
    pub paid_by_balance: Atoms,
    pub paid_by_claims: Atoms,
    pub paid_by_insurance: Atoms,
    pub paid_by_shared_insurance: Atoms,
    pub written_off: Atoms,
}
