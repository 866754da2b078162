use crate::context::{clock, write_market};
use crate::errors::{refused, ExchangeError};
use crate::events::{BankruptcyResolved, ClaimUsed};
use crate::state::{Exchange, MarginAccount, Market, Pool};
use anchor_lang::prelude::*;
use perp_engine::bankruptcy::begin_bankruptcy;
use perp_engine::EngineError;

#[derive(Accounts)]
pub struct ResolveBankruptcy<'info> {
    #[account(has_one = pool @ ExchangeError::ExchangeMismatch)]
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub market: AccountLoader<'info, Market>,
}

/// Settles what a bankrupt account owes the market. The markets of its other slots follow the named accounts, writable,
/// in the order of the slots: claims on them are set off.
pub fn resolve_bankruptcy<'info>(ctx: Context<'info, ResolveBankruptcy<'info>>) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let exchange_key = accounts.exchange.key();
    let status = accounts.exchange.load()?.standing(clock.now).status;
    let mut account = accounts.margin_account.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let mut pool = accounts.pool.load_mut()?;

    let mut bankruptcy = begin_bankruptcy(&account.state, &market.state, status, clock).map_err(refused)?;
    let balance_before = account.state.balance;
    let (insurance_before, shared_insurance_before) = (market.state.books.insurance, pool.state.insurance);
    let mut claims_used = Vec::new();
    let mut others = ctx.remaining_accounts.iter();
    for slot in 0..account.state.positions.len() {
        let position = account.state.positions[slot];
        if slot == bankruptcy.slot || !position.is_occupied() {
            continue;
        }
        let missing = EngineError::MarketsMismatch { expected: position.market };
        let mut other = write_market(others.next().ok_or_else(|| refused(missing))?, &exchange_key)?;
        if other.state.index != position.market {
            return Err(refused(missing));
        }
        let paid_by_claims_before = bankruptcy.paid_by_claims;
        let set_off = bankruptcy.set_off(&position, &other.state).map_err(refused)?;
        if set_off.position.claim != position.claim {
            // What left the claim was set off, or it was funded and is cash.
            let used = position.claim.minus(set_off.position.claim).map_err(refused)?;
            let against_debt = bankruptcy.paid_by_claims.minus(paid_by_claims_before).map_err(refused)?;
            let redeemed = used.minus(against_debt).map_err(refused)?.get();
            claims_used.push(ClaimUsed { market_index: position.market, redeemed, set_off: against_debt.get() });
        }
        other.state.books = set_off.books;
        account.state.positions[slot] = set_off.position.or_freed();
    }
    if others.next().is_some() {
        return Err(refused(EngineError::MarketsMismatch { expected: u16::MAX }));
    }
    let plan = bankruptcy.finish(&pool.state, clock).map_err(refused)?;
    plan.ledger.apply(plan.slot, &mut account.state, &mut market.state);
    pool.state = plan.pool;

    emit!(BankruptcyResolved {
        account: accounts.margin_account.key(),
        market: accounts.market.key(),
        debt: plan.debt.get(),
        paid_by_balance: plan.paid_by_balance.get(),
        paid_by_claims: plan.paid_by_claims.get(),
        paid_by_insurance: plan.paid_by_insurance.get(),
        paid_by_shared_insurance: plan.paid_by_shared_insurance.get(),
        written_off: plan.written_off.get(),
        claims_used,
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
        insurance_before: insurance_before.get(),
        insurance_after: plan.ledger.books.insurance.get(),
        shared_insurance_before: shared_insurance_before.get(),
        shared_insurance_after: pool.state.insurance.get(),
    });
    Ok(())
}
