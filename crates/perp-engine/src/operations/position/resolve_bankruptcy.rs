//! What happens to a loss its account cannot pay: claims elsewhere, then the market's insurance, then the shared
//! insurance up to a cap, then it is written off.
//!
//! The one operation that changes several markets, planned one market after the other: [`begin_bankruptcy`],
//! [`Bankruptcy::set_off`] for each other slot, [`Bankruptcy::finish`]. The ledger of twelve markets in one plan would not
//! fit a program's stack frame.

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::session::Session;
use crate::state::{Account, Market, MarketLedger, Pool, Position, SharedDraw};
use crate::units::products::share_floor;
use crate::units::{Atoms, Clock, SignedAtoms};

#[cfg(test)]
mod tests;

/// An account's bankruptcy in one market while it is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bankruptcy {
    ledger: Ledger,
    /// The debt before anything paid it.
    debt: Atoms,
    paid_by_balance: Atoms,
    paid_by_claims: Atoms,
}

/// Balance, claims and debts of an account without open positions.
///
/// # Errors
/// [`EngineError::PositionsOpen`].
fn closed_equity(account: &Account) -> Result<SignedAtoms, EngineError> {
    account.require_no_position()?;
    let mut equity = account.balance.signed()?;
    for (_, position) in account.occupied() {
        equity = equity.checked_add(position.claim.signed()?)?.checked_sub(position.debt.signed()?)?;
    }
    Ok(equity)
}

/// Begins: checks that the account is bankrupt and owes `market`, and takes its balance.
///
/// # Errors
/// [`EngineError::Paused`], [`EngineError::PositionsOpen`], [`EngineError::NotBankrupt`], [`EngineError::NoDebt`].
pub fn begin_bankruptcy(account: &Account, market: &Market, session: &Session) -> Result<Bankruptcy, EngineError> {
    market.status_in(session).allows_reducing()?;
    let equity = closed_equity(account)?;
    if !equity.is_negative() {
        return Err(EngineError::NotBankrupt { equity });
    }
    if account.slot_of(market.index).is_none() {
        return Err(EngineError::NoDebt);
    }
    let mut ledger = Ledger::open(account, market)?;
    let debt = ledger.position.debt;
    if debt.is_zero() {
        return Err(EngineError::NoDebt);
    }
    let paid_by_balance = ledger.repay_debt()?;
    Ok(Bankruptcy { ledger, debt, paid_by_balance, paid_by_claims: Atoms::ZERO })
}

/// The account's slot in another market and that market's ledger after its claim was set off, and what of the claim was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetOff {
    /// The slot.
    pub position: Position,
    /// Its market's ledger.
    pub ledger: MarketLedger,
    /// Claim that was funded and came into the account's balance.
    pub redeemed: Atoms,
    /// Claim that was set off against the debt.
    pub set_off: Atoms,
}

impl SetOff {
    /// Whether anything of the claim was used.
    pub fn is_empty(&self) -> bool {
        self.redeemed.is_zero() && self.set_off.is_zero()
    }
}

impl Bankruptcy {
    /// Places of the account's other occupied slots, in order: the claim in each is set off before the bankruptcy ends.
    pub fn other_slots<'a>(&self, account: &'a Account) -> impl Iterator<Item = usize> + 'a {
        let owing = self.ledger.slot;
        account.occupied().map(|(slot, _)| slot).filter(move |slot| *slot != owing)
    }

    /// Sets off the account's claim on another market: its funded part becomes cash, the rest extinguishes debt against
    /// claim one for one. Like a redemption it works in every status of that market.
    pub fn set_off(&mut self, account: &mut Account, slot: usize, market: &mut Market) -> Result<SetOff, EngineError> {
        let place = account.positions.get_mut(slot).ok_or(EngineError::NoPosition)?;
        if place.market != market.index {
            return Err(EngineError::MarketMissing { expected: place.market });
        }
        let set_off = self.plan_set_off(place, market)?;
        *place = set_off.position.cleared_if_empty();
        market.ledger = set_off.ledger;
        Ok(set_off)
    }

    fn plan_set_off(&mut self, position: &Position, market: &Market) -> Result<SetOff, EngineError> {
        let mut other = Ledger { balance: Atoms::ZERO, position: *position, market: market.ledger, ..self.ledger };
        let redeemed = other.redeem_claim()?;
        self.ledger.balance = self.ledger.balance.checked_add(redeemed)?;
        self.paid_by_balance = self.paid_by_balance.checked_add(self.ledger.repay_debt()?)?;

        let amount = other.position.claim.min(self.ledger.position.debt);
        other.position.claim = other.position.claim.checked_sub(amount)?;
        other.market.claims = other.market.claims.checked_sub(amount)?;
        other.market.close_claim_round_if_funded()?;
        self.ledger.position.debt = self.ledger.position.debt.checked_sub(amount)?;
        self.ledger.market.debts = self.ledger.market.debts.checked_sub(amount)?;
        self.paid_by_claims = self.paid_by_claims.checked_add(amount)?;
        Ok(SetOff { position: other.position, ledger: other.market, redeemed, set_off: amount })
    }

    /// Ends: the market's insurance pays, then the shared insurance within the market's cap, and the rest is written
    /// off.
    pub fn finish(self, pool: &Pool, clock: Clock) -> Result<BankruptcyPlan, EngineError> {
        let Self { mut ledger, debt, paid_by_balance, paid_by_claims } = self;
        let mut pool = *pool;
        let own = ledger.market.insurance.min(ledger.position.debt);
        ledger.market.insurance = ledger.market.insurance.checked_sub(own)?;
        pay_debt(&mut ledger, own)?;

        let mut draw = current_window(ledger.market.shared_draw, &pool, clock)?;
        let cap = share_floor(draw.insurance_at_start, pool.parameters.shared_draw_share)?.saturating_sub(draw.drawn);
        let shared = pool.insurance.min(cap).min(ledger.position.debt);
        pool.insurance = pool.insurance.checked_sub(shared)?;
        draw.drawn = draw.drawn.checked_add(shared)?;
        ledger.market.shared_draw = draw;
        pay_debt(&mut ledger, shared)?;

        let written_off = ledger.position.debt;
        ledger.position.debt = Atoms::ZERO;
        ledger.market.debts = ledger.market.debts.checked_sub(written_off)?;
        ledger.market.written_off = ledger.market.written_off.checked_add(written_off)?;
        Ok(BankruptcyPlan {
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
    ledger.market.backing = ledger.market.backing.checked_add(amount)?;
    ledger.position.debt = ledger.position.debt.checked_sub(amount)?;
    ledger.market.debts = ledger.market.debts.checked_sub(amount)?;
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

/// The slot, its market and the pool after a bankruptcy; the parts that paid add up to `debt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BankruptcyPlan {
    /// The slot, the balance and the market's ledger.
    pub ledger: Ledger,
    /// The pool.
    pub pool: Pool,
    /// The debt before anything paid it.
    pub debt: Atoms,
    /// Paid by the account's balance, and by what was funded of its claims.
    pub paid_by_balance: Atoms,
    /// Extinguished against claims on other markets.
    pub paid_by_claims: Atoms,
    /// Paid by the market's own insurance.
    pub paid_by_insurance: Atoms,
    /// Paid by the shared insurance.
    pub paid_by_shared_insurance: Atoms,
    /// Written off.
    pub written_off: Atoms,
}

impl BankruptcyPlan {
    /// Stores the plan.
    pub fn apply(&self, account: &mut Account, market: &mut Market, pool: &mut Pool) {
        self.ledger.apply_to(account, &mut market.ledger);
        *pool = self.pool;
    }
}
