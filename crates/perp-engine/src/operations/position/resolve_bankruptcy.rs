//! What happens to a loss its account cannot pay: the market's insurance, then the shared insurance up to its limits, and the
//! rest is written off.

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::market::price::is_dead;
use crate::market::range::stale_range;
use crate::market::Ready;
use crate::risk::margin::Leg;
use crate::risk::portfolio::Portfolio;
use crate::state::{Account, Market, Pool, SharedDraw};
use crate::units::products::share_floor;
use crate::units::{Atoms, Clock, SignedAtoms};

#[cfg(test)]
mod tests;

/// The slot, its market and the pool after a bankruptcy; the parts that paid add up to `debt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BankruptcyPlan {
    /// The slot, the balance and the market's ledger.
    pub ledger: Ledger,
    /// The pool.
    pub pool: Pool,
    /// The debt before anything paid it.
    pub debt: Atoms,
    /// Paid by the account's balance.
    pub paid_by_balance: Atoms,
    /// Paid by the market's own insurance.
    pub paid_by_insurance: Atoms,
    /// Paid by the shared insurance.
    pub paid_by_shared_insurance: Atoms,
    /// Written off.
    pub written_off: Atoms,
    /// What of all that the account owes the market's insurance out of its claims without cash.
    pub recoverable: Atoms,
}

impl BankruptcyPlan {
    /// Stores the plan.
    pub fn apply(&self, account: &mut Account, market: &mut Ready<'_>, pool: &mut Pool) {
        self.ledger.apply(account, market);
        *pool = self.pool;
    }
}

/// Plans how the account's debt to `market` ends: balance, the market's insurance, the shared insurance, nobody.
///
/// Only cash counts against a debt: a claim without cash neither keeps the insurance from paying nor is it lost. Up to what
/// others paid, the account owes it to the market's insurance. A position whose oracle is dead waits for nothing either: it counts
/// for the most it may come to, and what it does come to pays the insurance first.
///
/// # Errors
/// [`EngineError::Paused`], [`EngineError::PositionsOpen`] where one's oracle is not dead, [`EngineError::NoDebt`], [`EngineError::NotBankrupt`],
/// [`EngineError::ClaimNotRedeemed`] where cash is set aside for one of its claims: redeem it first.
pub fn plan_resolve_bankruptcy(
    portfolio: &Portfolio<'_>,
    market: &Ready<'_>,
    pool: &Pool,
) -> Result<BankruptcyPlan, EngineError> {
    market.status().allows_reducing()?;
    let account = portfolio.account;
    let promised = promised_by_dead_oracles(portfolio)?;
    if account.slot_of(market.index).is_none() {
        return Err(EngineError::NoDebt);
    }
    let mut ledger = Ledger::open(account, market)?;
    let debt = ledger.position.debt;
    if debt.is_zero() {
        return Err(EngineError::NoDebt);
    }
    let equity = cash_equity(account)?.checked_add(promised.signed()?)?;
    if !equity.is_negative() {
        return Err(EngineError::NotBankrupt { equity });
    }
    let claims = claims_without_cash(portfolio)?.checked_add(promised)?;
    let paid_by_balance = ledger.repay_debt()?;
    let owed = ledger.position.debt;

    let own = ledger.market.insurance.min(owed);
    ledger.market.insurance = ledger.market.insurance.checked_sub(own)?;
    pay_debt(&mut ledger, own)?;
    let mut pool = *pool;
    let shared = draw_shared(&mut pool, &mut ledger, market, market.clock())?;
    pay_debt(&mut ledger, shared)?;
    let written_off = ledger.position.debt;
    ledger.position.debt = Atoms::ZERO;
    ledger.market.debts = ledger.market.debts.checked_sub(written_off)?;
    ledger.market.written_off = ledger.market.written_off.checked_add(written_off)?;

    let recoverable = owed.min(claims);
    ledger.position.recoverable = ledger.position.recoverable.checked_add(recoverable)?;
    Ok(BankruptcyPlan {
        ledger,
        pool,
        debt,
        paid_by_balance,
        paid_by_insurance: own,
        paid_by_shared_insurance: shared,
        written_off,
        recoverable,
    })
}

/// What the account's open positions may come to at most, each at the better end of its range, none for less than nothing.
///
/// # Errors
/// [`EngineError::PositionsOpen`] where the oracle of one of them is not dead.
fn promised_by_dead_oracles(portfolio: &Portfolio<'_>) -> Result<Atoms, EngineError> {
    let mut promised = Atoms::ZERO;
    for (_, position, market) in portfolio.legs() {
        let Some(side) = position.size.side() else { continue };
        if !is_dead(market, portfolio.reference) {
            return Err(EngineError::PositionsOpen);
        }
        let best = stale_range(market, portfolio.reference)?.better(side);
        let leg = Leg::of(position, &market.ledger, market, best)?;
        promised = promised.checked_add(leg.worth()?.positive_part().to_atoms_ceil()?)?;
    }
    Ok(promised)
}

/// Balance less debts of an account: what it could pay them with.
fn cash_equity(account: &Account) -> Result<SignedAtoms, EngineError> {
    account
        .occupied()
        .try_fold(account.balance.signed()?, |equity, (_, position)| equity.checked_sub(position.debt.signed()?))
}

/// The account's claims less what it owes out of them already.
fn claims_without_cash(portfolio: &Portfolio<'_>) -> Result<Atoms, EngineError> {
    let (mut claims, mut owed) = (Atoms::ZERO, Atoms::ZERO);
    for (_, position, market) in portfolio.legs() {
        if market.ledger.unfunded_part_ceil(position)? < position.claim {
            return Err(EngineError::ClaimNotRedeemed { market: position.market });
        }
        claims = claims.checked_add(position.claim)?;
        owed = owed.checked_add(position.recoverable)?;
    }
    Ok(claims.saturating_sub(owed))
}

/// Takes from the shared insurance what the debt needs: at most what the market may ever draw, and within what all markets may
/// draw in the running window.
fn draw_shared(pool: &mut Pool, ledger: &mut Ledger, market: &Market, clock: Clock) -> Result<Atoms, EngineError> {
    let mut draw = current_window(pool, clock)?;
    let window = share_floor(draw.insurance_at_start, pool.parameters.shared_draw_share)?.saturating_sub(draw.drawn);
    let lifetime = market.parameters.shared_draw_limit.saturating_sub(ledger.market.shared_drawn);
    let shared = pool.insurance.min(window).min(lifetime).min(ledger.position.debt);
    pool.insurance = pool.insurance.checked_sub(shared)?;
    draw.drawn = draw.drawn.checked_add(shared)?;
    pool.shared_draw = draw;
    ledger.market.shared_drawn = ledger.market.shared_drawn.checked_add(shared)?;
    Ok(shared)
}

/// The running window of the draw on the shared insurance, a new one where the last is over.
fn current_window(pool: &Pool, clock: Clock) -> Result<SharedDraw, EngineError> {
    let draw = pool.shared_draw;
    let over =
        draw.window_start.is_never() || clock.now >= draw.window_start.after(pool.parameters.shared_draw_window)?;
    if over {
        return Ok(SharedDraw { window_start: clock.now, insurance_at_start: pool.insurance, drawn: Atoms::ZERO });
    }
    Ok(draw)
}

/// Cash from an insurance enters the backing and lowers the debt.
fn pay_debt(ledger: &mut Ledger, amount: Atoms) -> Result<(), EngineError> {
    ledger.market.backing = ledger.market.backing.checked_add(amount)?;
    ledger.position.debt = ledger.position.debt.checked_sub(amount)?;
    ledger.market.debts = ledger.market.debts.checked_sub(amount)?;
    Ok(())
}
