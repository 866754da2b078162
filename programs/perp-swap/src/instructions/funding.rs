use crate::context::{bring_up_to_date, clock, take_price};
use crate::errors::{refused, ExchangeError};
use crate::events::{FundingSettled, FundingUpdated};
use crate::state::{Exchange, MarginAccount, Market};
use anchor_lang::prelude::*;
use perp_engine::funding::plan_funding;
use perp_engine::settlement::plan_settle_funding;

#[derive(Accounts)]
pub struct UpdateFunding<'info> {
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub market: AccountLoader<'info, Market>,
    /// CHECK: owner, address, layout and feed are checked against the market's binding by the oracle reader.
    pub oracle: Option<UncheckedAccount<'info>>,
}

/// Accrues funding and carry up to now.
pub fn update_funding(ctx: Context<UpdateFunding>) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let standing = accounts.exchange.load()?.standing(clock.now);
    let mut market = accounts.market.load_mut()?;
    if let Some(oracle) = &accounts.oracle {
        take_price(&mut market, oracle, clock)?;
    }
    let plan = plan_funding(&market.state, standing.status, standing.resumed_at, clock).map_err(refused)?;
    let [long_before, short_before] = market.state.books.sides.map(|side| side.funding_index);
    market.state.books = plan.books;
    emit!(FundingUpdated {
        market: accounts.market.key(),
        seconds: plan.seconds,
        rate_before: plan.rate_before,
        rate_after: plan.books.funding_rate,
        long_index_before: long_before.get(),
        long_index_after: plan.books.sides[0].funding_index.get(),
        short_index_before: short_before.get(),
        short_index_after: plan.books.sides[1].funding_index.get(),
    });
    Ok(())
}

/// Also redeems what is funded of the position's claim and pays its debt as far as the balance goes.
#[derive(Accounts)]
pub struct SettleFunding<'info> {
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub market: AccountLoader<'info, Market>,
}

/// Settles a position's funding for anybody.
pub fn settle_funding(ctx: Context<SettleFunding>) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let standing = accounts.exchange.load()?.standing(clock.now);
    let mut account = accounts.margin_account.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    bring_up_to_date(&mut market, None, standing, clock)?;
    let plan = plan_settle_funding(&account.state, &market.state, standing.status, clock).map_err(refused)?;
    let balance_before = account.state.balance;
    plan.ledger.apply(plan.slot, &mut account.state, &mut market.state);
    emit!(FundingSettled {
        account: accounts.margin_account.key(),
        market: accounts.market.key(),
        funding: plan.funding.get(),
        redeemed: plan.redeemed.get(),
        repaid: plan.repaid.get(),
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
    });
    Ok(())
}
