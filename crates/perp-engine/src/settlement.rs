//! Turning what is owed into cash, for anybody's position: funding, profit and loss, claims.

use crate::claims::reduced_ceil;
use crate::error::EngineError;
use crate::ledger::{Ledger, Settled};
use crate::portfolio::{maintenance_with, Sums};
use crate::price::{reference_time, require_price, Action};
use crate::solvency::solvency;
use crate::state::{Account, Books, Market, Position};
use crate::status::Status;
use crate::units::products::unrealised_profit;
use crate::units::{Atoms, Clock, Raw, SignedAtoms};

#[cfg(test)]
mod tests;

/// One slot and its market's books after a settlement, and what moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementPlan {
    pub slot: usize,
    pub ledger: Ledger,
    /// Funding received, negative where paid.
    pub funding: SignedAtoms,
    /// Profit turned into cash, negative for a loss.
    pub profit: SignedAtoms,
    /// Claim paid out of the pot.
    pub redeemed: Atoms,
    /// Debt paid from the balance.
    pub repaid: Atoms,
}

fn touch(account: &Account, market: &Market) -> Result<(usize, Ledger), EngineError> {
    let slot = account.slot_of(market.index).ok_or(EngineError::NoPosition)?;
    Ok((slot, Ledger { balance: account.balance, position: account.positions[slot], books: market.books }))
}

/// Settles the position's funding up to the market's indices, redeems what is funded of its claim and pays its debt as
/// far as the balance goes. What the account would be worth if the market paid everybody does not change.
///
/// # Errors
/// [`EngineError::NoPosition`], [`EngineError::Paused`], [`EngineError::WouldWorsenHealth`] as for [`plan_settle_pnl`].
pub fn plan_settle_funding(
    account: &Account,
    market: &Market,
    status: Status,
    clock: Clock,
) -> Result<SettlementPlan, EngineError> {
    status.and(market.status.in_force(clock.now)).allows_reducing()?;
    let (slot, mut ledger) = touch(account, market)?;
    let stored = ledger;
    let Settled { funding, redeemed } = ledger.settle()?;
    let repaid = ledger.repay_debt()?;
    check_equity_kept(&stored, &ledger, market)?;
    Ok(SettlementPlan { slot, ledger, funding, profit: SignedAtoms::ZERO, redeemed, repaid })
}

/// Turns the position's unrealised profit or loss into cash. What the account would be worth if the market paid everybody
/// does not change: a profit is settled as far as the market can pay it, never into a claim, so that losers' losses become
/// cash before winners leave.
///
/// In a market that is short of money paying a part of a profit can lower what the rest counts for. That is refused: else
/// anybody could settle a healthy account's profit and then liquidate it.
///
/// # Errors
/// Refused where liquidation is not possible at the moment: [`EngineError::PriceStale`],
/// [`EngineError::MarketUnusable`], [`EngineError::Paused`]. [`EngineError::NoPosition`].
/// [`EngineError::WouldWorsenHealth`] where the account's equity would fall; it carries equity and margin of this position
/// and the balance.
pub fn plan_settle_pnl(
    account: &Account,
    market: &Market,
    status: Status,
    clock: Clock,
) -> Result<SettlementPlan, EngineError> {
    status.and(market.status.in_force(clock.now)).allows_reducing()?;
    let price = require_price(market, Action::Liquidate, reference_time(clock, [market]))?;
    let (slot, mut ledger) = touch(account, market)?;
    if ledger.position.size.is_zero() {
        return Err(EngineError::NoPosition);
    }
    let stored = ledger;
    let Settled { funding, redeemed } = ledger.settle()?;
    let unrealised = unrealised_profit(ledger.position.size, ledger.position.entry.get(), price)?;
    let profit = if unrealised.is_negative() {
        // ⌊loss⌋: the part below one atom stays unrealised.
        SignedAtoms::ZERO.minus(unrealised.negated()?.amount_floor()?.signed()?)?
    } else {
        let payable = ledger.position.debt.plus(ledger.payable()?)?;
        unrealised.amount_floor()?.min(payable).signed()?
    };
    if profit != SignedAtoms::ZERO {
        ledger.shift_entry(ledger.position.size, profit)?;
    }
    let repaid = ledger.repay_debt()?;
    check_equity_kept(&stored, &ledger, market)?;
    Ok(SettlementPlan { slot, ledger, funding, profit, redeemed, repaid })
}

/// That balance and position are worth as much after a settlement as before; what `h` rounds off may differ by an atom.
fn check_equity_kept(before: &Ledger, after: &Ledger, market: &Market) -> Result<(), EngineError> {
    // Without a profit and a claim nothing is left that could count for less.
    let Position { size, entry, claim, .. } = after.position;
    if claim.is_zero() && unrealised_profit(size, entry.get(), market.price.price)? <= Raw::ZERO {
        return Ok(());
    }
    // Nor where the market can pay everybody.
    if solvency(&after.books, &market.parameters, market.price.price)?.pays_everybody() {
        return Ok(());
    }
    let value = |ledger: &Ledger| {
        let nothing_else = Sums { equity: Raw::ZERO, margin: Atoms::ZERO };
        maintenance_with(nothing_else, ledger.balance, &ledger.position, &ledger.books, market)
    };
    let (before, after) = (value(before)?, value(after)?);
    if after.equity.plus(SignedAtoms::new(1))? < before.equity {
        return Err(EngineError::WouldWorsenHealth { equity: after.equity, margin: after.margin });
    }
    Ok(())
}

/// Pays out what is funded of the account's claim on `market`.
///
/// # Errors
/// [`EngineError::NoPosition`], [`EngineError::NothingToRedeem`].
pub fn plan_redeem_claim(account: &Account, market: &Market) -> Result<SettlementPlan, EngineError> {
    let (slot, mut ledger) = touch(account, market)?;
    let redeemed = ledger.redeem_claim()?;
    if redeemed.is_zero() {
        return Err(EngineError::NothingToRedeem);
    }
    Ok(SettlementPlan {
        slot,
        ledger,
        funding: SignedAtoms::ZERO,
        profit: SignedAtoms::ZERO,
        redeemed,
        repaid: Atoms::ZERO,
    })
}

/// The books after claims are funded, and by how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundClaimsPlan {
    pub books: Books,
    pub funded: Atoms,
}

/// Sets aside as much of the backing as unfunded claims need, pro rata over all of them: `P ← ⌈P · (W − y)/W⌉` for
/// `y = min(R, W)`. The factor rounds up, so the pot always covers what it promises.
///
/// # Errors
/// [`EngineError::NothingToFund`], also where it is so little that the factor would not change: less than a part in
/// 2^47.
pub fn plan_fund_claims(market: &Market) -> Result<FundClaimsPlan, EngineError> {
    let mut books = market.books;
    let waiting = books.unfunded_claims()?;
    let funded = waiting.min(books.backing);
    if funded.is_zero() {
        return Err(EngineError::NothingToFund);
    }
    books.backing = books.backing.minus(funded)?;
    books.pot = books.pot.plus(funded)?;
    if funded < waiting {
        let factor = reduced_ceil(books.claim_factor, waiting.minus(funded)?, waiting)?;
        if factor == books.claim_factor {
            return Err(EngineError::NothingToFund);
        }
        books.claim_factor = factor;
    } else {
        books.begin_claim_epoch()?;
    }
    Ok(FundClaimsPlan { books, funded })
}
