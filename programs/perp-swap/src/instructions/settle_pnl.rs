use crate::context::{bring_up_to_date, clock};
use crate::errors::{refused, ExchangeError};
use crate::events::ProfitSettled;
use crate::state::{Exchange, MarginAccount, Market};
use anchor_lang::prelude::*;
use perp_engine::settlement::plan_settle_pnl;

#[derive(Accounts)]
pub struct SettlePnl<'info> {
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub market: AccountLoader<'info, Market>,
    /// CHECK: owner, address, layout and feed are checked against the market's binding by the oracle reader.
    pub oracle: Option<UncheckedAccount<'info>>,
}

/// Turns a position's unrealised profit or loss into cash, for anybody; equity does not fall.
pub fn settle_pnl(ctx: Context<SettlePnl>) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let standing = accounts.exchange.load()?.standing(clock.now);
    let mut account = accounts.margin_account.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    bring_up_to_date(&mut market, accounts.oracle.as_deref(), standing, clock)?;
    let plan = plan_settle_pnl(&account.state, &market.state, standing.status, clock).map_err(refused)?;
    let balance_before = account.state.balance;
    plan.ledger.apply(plan.slot, &mut account.state, &mut market.state);
    emit!(ProfitSettled {
        account: accounts.margin_account.key(),
        market: accounts.market.key(),
        profit: plan.profit.get(),
        funding: plan.funding.get(),
        redeemed: plan.redeemed.get(),
        repaid: plan.repaid.get(),
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
    });
    Ok(())
}
