use crate::access::check_exchange;
use crate::context::{refresh, session};
use crate::errors::refused;
use crate::events::{log, FundingSettled, MarketMoment};
use crate::state::{Exchange, MarginAccount, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::position::plan_settle_funding;

/// Accounts of `settle_funding`.
#[derive(Accounts)]
pub struct SettleFunding<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The market of the position.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl SettleFunding<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, margin_account, market } = self;
        check_exchange(exchange, &margin_account.load()?.exchange)?;
        check_exchange(exchange, &market.load()?.exchange)
    }
}

/// Settles a position's funding, redeems what is funded of its claim and pays its debt as far as the balance goes.
pub fn settle_funding(ctx: Context<SettleFunding>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut account = accounts.margin_account.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let mut ready = refresh(&mut market, None, &session)?;
    let balance_before = account.state.balance;

    let plan = plan_settle_funding(&account.state, &ready).map_err(refused)?;
    plan.ledger.apply(&mut account.state, &mut ready);

    log(&FundingSettled {
        exchange: account.exchange,
        time: session.clock.now.get(),
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        funding: plan.settled.funding.get(),
        redeemed: plan.settled.redeemed.get(),
        repaid: plan.settled.repaid.get(),
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
    })?;
    Ok(())
}
