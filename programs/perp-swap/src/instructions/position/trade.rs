use crate::access::{check_exchange, check_trader};
use crate::context::{refresh, session, size_in, Markets};
use crate::errors::refused;
use crate::events::{log, MarketMoment, Traded};
use crate::state::{Exchange, MarginAccount, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::account::check_delegated_trade;
use perp_engine::operations::position::{plan_trade, Order};
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::units::{Price, SignedSize};

/// Accounts of `trade`.
#[derive(Accounts)]
pub struct Trade<'info> {
    /// Owner or delegate of the margin account.
    pub trader: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The market's price account; without it the order is filled at the last valid price.
    /// CHECK: the oracle reader checks owner, address, layout and feed against the market's binding.
    pub oracle: Option<UncheckedAccount<'info>>,
}

impl Trade<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`NotAuthorized`](crate::errors::ExchangeError::NotAuthorized).
    pub fn validate(&self) -> Result<()> {
        let Self { trader, exchange, margin_account, market, oracle: _ } = self;
        let account = margin_account.load()?;
        check_exchange(exchange, &account.exchange)?;
        check_exchange(exchange, &market.load()?.exchange)?;
        check_trader(&account, trader.key)
    }
}

/// Fills one market order.
pub fn trade<'info>(
    ctx: Context<'info, Trade<'info>>,
    size: i64,
    acceptable_price: u64,
    reduce_only: bool,
) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut account = accounts.margin_account.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let mut ready = refresh(&mut market, accounts.oracle.as_deref(), &session)?;

    let order = Order { size: SignedSize::new(size), acceptable_price: Price::new(acceptable_price), reduce_only };
    let plan = {
        let others = Markets::load(ctx.remaining_accounts, &account.exchange)?;
        let portfolio =
            Portfolio::new(&account.state, Some(&ready), others.states(), session.clock).map_err(refused)?;
        plan_trade(&portfolio, &ready, &order).map_err(refused)?
    };
    if account.state.delegate.are_set() && account.owner != *accounts.trader.key {
        check_delegated_trade(&account.state.delegate, &ready, &plan, session.clock.now).map_err(refused)?;
    }
    let (size_before, balance_before) = (size_in(&account.state, plan.ledger.slot), account.state.balance);
    plan.apply(&mut account.state, &mut ready);

    log(&Traded {
        exchange: account.exchange,
        time: session.clock.now.get(),
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        trader: accounts.trader.key(),
        size: plan.size.get(),
        notional: plan.notional.get(),
        charge: plan.fill.charge.get(),
        spread: plan.fill.spread.get(),
        impact: plan.fill.impact().map_err(refused)?.get(),
        fee: plan.fill.fee.get(),
        realized: plan.realized.get(),
        funding: plan.settled.funding.get(),
        redeemed: plan.settled.redeemed.get(),
        repaid: plan.settled.repaid.get(),
        size_before: size_before.get(),
        size_after: plan.ledger.position.size.get(),
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
        equity: plan.after.equity.get(),
        margin: plan.after.margin.get(),
    })?;
    Ok(())
}
