use crate::access::{check_exchange, check_pool};
use crate::context::{refresh, session, Markets};
use crate::errors::refused;
use crate::events::{record, BankruptcyResolved, MarketMoment};
use crate::state::{Exchange, MarginAccount, Market, Pool};
use anchor_lang::prelude::*;
use perp_engine::operations::position::plan_resolve_bankruptcy;
use perp_engine::risk::portfolio::Portfolio;

/// Accounts of `resolve_bankruptcy`.
#[event_cpi]
#[derive(Accounts)]
pub struct ResolveBankruptcy<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool, which holds the shared insurance.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The bankrupt margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The market it owes.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl ResolveBankruptcy<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, pool, margin_account, market, event_authority: _, program: _ } = self;
        check_pool(&*exchange.load()?, pool.as_ref().key)?;
        check_exchange(exchange, &margin_account.load()?.exchange)?;
        check_exchange(exchange, &market.load()?.exchange)
    }
}

/// Settles what a bankrupt margin account owes a market.
pub fn resolve_bankruptcy<'info>(ctx: Context<'info, ResolveBankruptcy<'info>>) -> Result<()> {
    let accounts = &ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut account = accounts.margin_account.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let mut pool = accounts.pool.load_mut()?;
    let mut ready = refresh(&mut market, None, &session)?;
    let balance_before = account.state.balance;
    let (insurance_before, shared_insurance_before) = (ready.ledger.insurance, pool.state.insurance);

    let plan = {
        let others = Markets::load(ctx.remaining_accounts, &account.exchange)?;
        let portfolio =
            Portfolio::new(&account.state, Some(&ready), others.states(), session.clock).map_err(refused)?;
        plan_resolve_bankruptcy(&portfolio, &ready, &pool.state).map_err(refused)?
    };
    plan.apply(&mut account.state, &mut ready, &mut pool.state);

    let event = BankruptcyResolved {
        exchange: account.exchange,
        time: session.clock.now.get(),
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        pool_sequence: pool.state.next_event(),
        debt: plan.debt.get(),
        paid_by_balance: plan.paid_by_balance.get(),
        paid_by_insurance: plan.paid_by_insurance.get(),
        paid_by_shared_insurance: plan.paid_by_shared_insurance.get(),
        written_off: plan.written_off.get(),
        recoverable: plan.recoverable.get(),
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
        insurance_before: insurance_before.get(),
        insurance_after: ready.ledger.insurance.get(),
        shared_insurance_before: shared_insurance_before.get(),
        shared_insurance_after: pool.state.insurance.get(),
    };
    record(&event, &accounts.event_authority)
}
