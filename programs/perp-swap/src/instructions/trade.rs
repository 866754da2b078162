use crate::context::{bring_up_to_date, clock, Markets};
use crate::errors::{refused, ExchangeError};
use crate::events::Traded;
use crate::state::{Exchange, MarginAccount, Market};
use anchor_lang::prelude::*;
use perp_engine::portfolio::Portfolio;
use perp_engine::trade::{plan_trade, Order};
use perp_engine::units::{Base, Price};

#[derive(Accounts)]
pub struct Trade<'info> {
    /// Owner or delegate of the account.
    pub trader: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub market: AccountLoader<'info, Market>,
    /// CHECK: owner, address, layout and feed are checked against the market's binding by the oracle reader.
    pub oracle: Option<UncheckedAccount<'info>>,
}

/// One market order. The markets of the account's other positions follow the named accounts in the order of the slots.
pub fn trade<'info>(
    ctx: Context<'info, Trade<'info>>,
    size: Base,
    price_bound: Price,
    reduce_only: bool,
) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let exchange_key = accounts.exchange.key();
    let standing = accounts.exchange.load()?.standing(clock.now);
    let mut account = accounts.margin_account.load_mut()?;
    account.require_trader(accounts.trader.key)?;
    let mut market = accounts.market.load_mut()?;
    bring_up_to_date(&mut market, accounts.oracle.as_deref(), standing, clock)?;

    let plan = {
        let others = Markets::load(ctx.remaining_accounts, &exchange_key)?;
        let portfolio =
            Portfolio::new(&account.state, Some(&market.state), &others.states(), clock).map_err(refused)?;
        let order = Order { size, price_bound, reduce_only };
        plan_trade(&portfolio, &market.state, &order, standing.status, clock).map_err(refused)?
    };
    let size_before = account.state.positions[plan.slot].size;
    let balance_before = account.state.balance;
    plan.ledger.apply(plan.slot, &mut account.state, &mut market.state);

    emit!(Traded {
        account: accounts.margin_account.key(),
        market: accounts.market.key(),
        trader: accounts.trader.key(),
        size: plan.size.get(),
        index_price: market.state.price.price.get(),
        notional: plan.notional.get(),
        charge: plan.fill.charge.get(),
        fee: plan.fill.fee.get(),
        realised: plan.realised.get(),
        funding: plan.funding.get(),
        redeemed: plan.redeemed.get(),
        repaid: plan.repaid.get(),
        size_before: size_before.get(),
        size_after: plan.ledger.position.size.get(),
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
        equity_before: plan.before.equity.get(),
        equity_after: plan.after.equity.get(),
        maintenance_before: plan.before.margin.get(),
        maintenance_after: plan.after.margin.get(),
    });
    Ok(())
}
