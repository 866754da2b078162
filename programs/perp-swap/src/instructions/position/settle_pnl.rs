use crate::access::{check_exchange, check_pool};
use crate::context::{refresh, session};
use crate::errors::{refused, require, ExchangeError};
use crate::events::{log, MarketMoment, ProfitSettled, SettlementRewarded};
use crate::state::{Exchange, MarginAccount, Market, Pool};
use anchor_lang::prelude::*;
use perp_engine::operations::position::{plan_settle_pnl, PnlSettlementPlan};
use perp_engine::Session;

/// Accounts of `settle_pnl`.
#[derive(Accounts)]
pub struct SettlePnl<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The market of the position.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The market's price account; without it the profit is settled at the last valid price.
    /// CHECK: the oracle reader checks owner, address, layout and feed against the market's binding.
    pub oracle: Option<UncheckedAccount<'info>>,
    /// The exchange's pool, which pays for settlements just before a boundary; none for no reward.
    #[account(mut)]
    pub pool: Option<AccountLoader<'info, Pool>>,
    /// Another margin account, which receives the reward; none for no reward.
    #[account(mut)]
    pub rewarded_account: Option<AccountLoader<'info, MarginAccount>>,
}

impl SettlePnl<'_> {
    /// # Errors
    /// [`ExchangeError::ExchangeMismatch`], [`ExchangeError::RewardToItself`].
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, margin_account, market, oracle: _, pool, rewarded_account } = self;
        if let Some(pool) = pool {
            check_pool(&*exchange.load()?, pool.as_ref().key)?;
        }
        if let Some(rewarded) = rewarded_account {
            require(rewarded.as_ref().key != margin_account.as_ref().key, ExchangeError::RewardToItself)?;
            check_exchange(exchange, &rewarded.load()?.exchange)?;
        }
        check_exchange(exchange, &margin_account.load()?.exchange)?;
        check_exchange(exchange, &market.load()?.exchange)
    }
}

/// Turns a position's unrealized profit or loss into cash.
pub fn settle_pnl(ctx: Context<SettlePnl>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut account = accounts.margin_account.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let mut ready = refresh(&mut market, accounts.oracle.as_deref(), &session)?;
    let balance_before = account.state.balance;

    let mut plan = plan_settle_pnl(&account.state, &ready).map_err(refused)?;
    let reward = match (&accounts.pool, &accounts.rewarded_account) {
        (Some(pool), Some(rewarded)) => reward(&mut plan, pool, rewarded, &session)?,
        _ => None,
    };
    plan.ledger.apply(&mut account.state, &mut ready);

    log(&ProfitSettled {
        exchange: account.exchange,
        time: session.clock.now.get(),
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        profit: plan.profit.get(),
        funding: plan.settled.funding.get(),
        redeemed: plan.settled.redeemed.get(),
        repaid: plan.settled.repaid.get(),
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
        reward,
    })?;
    Ok(())
}

/// Pays for the settlement what the queue pays for it, if anything.
#[inline(never)]
fn reward(
    plan: &mut PnlSettlementPlan,
    pool: &AccountLoader<'_, Pool>,
    rewarded: &AccountLoader<'_, MarginAccount>,
    session: &Session,
) -> Result<Option<SettlementRewarded>> {
    let mut pool = pool.load_mut()?;
    let paid = plan.rewarded(&pool.state, session).map_err(refused)?;
    if paid.reward.is_zero() {
        return Ok(None);
    }
    let mut account = rewarded.load_mut()?;
    let (balance_before, settling_before) = (account.state.balance, pool.state.settling);
    account.state.balance = balance_before.checked_add(paid.reward).map_err(refused)?;
    pool.state = paid.pool;
    *plan = paid.plan;
    Ok(Some(SettlementRewarded {
        account: rewarded.key(),
        account_sequence: account.state.next_event(),
        pool_sequence: pool.state.next_event(),
        amount: paid.reward.get(),
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
        settling_before: settling_before.get(),
        settling_after: pool.state.settling.get(),
    }))
}
