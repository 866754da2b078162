use crate::context::{bring_up_to_date, clock, Markets};
use crate::errors::{refused, ExchangeError};
use crate::events::Liquidated;
use crate::state::{Exchange, MarginAccount, Market};
use anchor_lang::prelude::*;
use perp_engine::liquidation::{plan_liquidation, LiquidationOrder};
use perp_engine::portfolio::Portfolio;
use perp_engine::units::{Atoms, Size};

#[derive(Accounts)]
pub struct Liquidate<'info> {
    /// Owner or delegate of the account that receives the bounty.
    pub liquidator: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub liquidator_account: AccountLoader<'info, MarginAccount>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub market: AccountLoader<'info, Market>,
    /// CHECK: owner, address, layout and feed are checked against the market's binding by the oracle reader.
    pub oracle: Option<UncheckedAccount<'info>>,
}

/// Closes part or all of an under-margined position at the index. The bounty is credited to the liquidator's margin
/// account. The markets of the account's other positions follow the named accounts in the order of the slots.
pub fn liquidate<'info>(ctx: Context<'info, Liquidate<'info>>, max_size: Size, min_bounty: Atoms) -> Result<()> {
    let accounts = ctx.accounts;
    if accounts.liquidator_account.key() == accounts.margin_account.key() {
        return Err(refused(ExchangeError::SelfLiquidation));
    }
    let clock = clock()?;
    let exchange_key = accounts.exchange.key();
    let standing = accounts.exchange.load()?.standing(clock.now);
    let mut account = accounts.margin_account.load_mut()?;
    let mut liquidator = accounts.liquidator_account.load_mut()?;
    liquidator.require_trader(accounts.liquidator.key)?;
    let mut market = accounts.market.load_mut()?;
    bring_up_to_date(&mut market, accounts.oracle.as_deref(), standing, clock)?;

    let plan = {
        let others = Markets::load(ctx.remaining_accounts, &exchange_key)?;
        let portfolio =
            Portfolio::new(&account.state, Some(&market.state), &others.states(), clock).map_err(refused)?;
        let order = LiquidationOrder { max_size, min_bounty };
        plan_liquidation(&portfolio, &market.state, order, standing.status, clock).map_err(refused)?
    };
    let size_before = account.state.positions[plan.slot].size;
    let (balance_before, liquidator_balance_before) = (account.state.balance, liquidator.state.balance);
    plan.ledger.apply(plan.slot, &mut account.state, &mut market.state);
    liquidator.state.balance = liquidator.state.balance.plus(plan.penalty.bounty).map_err(refused)?;

    emit!(Liquidated {
        account: accounts.margin_account.key(),
        market: accounts.market.key(),
        liquidator: accounts.liquidator.key(),
        liquidator_account: accounts.liquidator_account.key(),
        index_price: market.state.price.price.get(),
        closed: plan.closed.get(),
        size_before: size_before.get(),
        size_after: plan.ledger.position.size.get(),
        realised: plan.realised.get(),
        funding: plan.funding.get(),
        redeemed: plan.redeemed.get(),
        repaid: plan.repaid.get(),
        penalty: plan.penalty.charged.get(),
        bounty: plan.penalty.bounty.get(),
        insurance: plan.penalty.insurance.get(),
        backing: plan.penalty.backing.get(),
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
        liquidator_balance_before: liquidator_balance_before.get(),
        liquidator_balance_after: liquidator.state.balance.get(),
        equity_before: plan.before.equity.get(),
        equity_after: plan.after.equity.get(),
        maintenance_before: plan.before.margin.get(),
        maintenance_after: plan.after.margin.get(),
    });
    Ok(())
}
