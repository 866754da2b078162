use crate::access::check_exchange;
use crate::context::{refresh, session};
use crate::errors::refused;
use crate::events::{log, MarketMoment, ProfitSettled};
use crate::state::{Exchange, MarginAccount, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::position::plan_settle_pnl;

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
}

impl SettlePnl<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, margin_account, market, oracle: _ } = self;
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

    let plan = plan_settle_pnl(&account.state, &ready).map_err(refused)?;
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
    })?;
    Ok(())
}
