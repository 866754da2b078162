use crate::access::{check_exchange, check_trader};
use crate::context::{refresh, session, size_in, Markets};
use crate::errors::{refused, require, ExchangeError};
use crate::events::{record, Liquidated, MarketMoment};
use crate::state::{Exchange, MarginAccount, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::position::{plan_liquidation, LiquidationOrder};
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::units::{Atoms, Size};

/// Accounts of `liquidate`.
#[event_cpi]
#[derive(Accounts)]
pub struct Liquidate<'info> {
    /// Owner or delegate of the margin account that receives the bounty.
    pub liquidator: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// Margin account that receives the bounty.
    #[account(mut)]
    pub liquidator_account: AccountLoader<'info, MarginAccount>,
    /// Margin account that is liquidated.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The market of the position.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The market's price account; without it the position is closed at the last valid price.
    /// CHECK: the oracle reader checks owner, address, layout and feed against the market's binding.
    pub oracle: Option<UncheckedAccount<'info>>,
}

impl Liquidate<'_> {
    /// # Errors
    /// [`ExchangeError::SelfLiquidation`], [`ExchangeError::ExchangeMismatch`], [`ExchangeError::NotAuthorized`].
    pub fn validate(&self) -> Result<()> {
        let Self {
            liquidator,
            exchange,
            liquidator_account,
            margin_account,
            market,
            oracle: _,
            event_authority: _,
            program: _,
        } = self;
        let distinct = liquidator_account.as_ref().key != margin_account.as_ref().key;
        require(distinct, ExchangeError::SelfLiquidation)?;
        let receiver = liquidator_account.load()?;
        check_exchange(exchange, &receiver.exchange)?;
        check_exchange(exchange, &margin_account.load()?.exchange)?;
        check_exchange(exchange, &market.load()?.exchange)?;
        check_trader(&receiver, liquidator.key)
    }
}

/// Closes part or all of an under-margined position at the index.
pub fn liquidate<'info>(
    accounts: &Liquidate<'info>,
    others: &'info [AccountInfo<'info>],
    max_size: u64,
    min_bounty: u64,
) -> Result<()> {
    let session = session(&accounts.exchange)?;
    let mut account = accounts.margin_account.load_mut()?;
    let mut liquidator = accounts.liquidator_account.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let mut ready = refresh(&mut market, accounts.oracle.as_deref(), &session)?;

    let order = LiquidationOrder { max_size: Size::new(max_size), min_bounty: Atoms::new(min_bounty) };
    let planned = {
        let others = Markets::load(others, &account.exchange)?;
        let portfolio =
            Portfolio::new(&account.state, Some(&ready), others.states(), session.clock).map_err(refused)?;
        plan_liquidation(&portfolio, &ready, &order)
    };
    // A plan is large: it stays where it was made.
    let plan = planned.as_ref().map_err(|error| refused(*error))?;
    let size_before = size_in(&account.state, plan.ledger.slot);
    let (balance_before, liquidator_balance_before) = (account.state.balance, liquidator.state.balance);
    plan.apply(&mut account.state, &mut liquidator.state, &mut ready).map_err(refused)?;

    let event = Liquidated {
        exchange: account.exchange,
        time: session.clock.now.get(),
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        reason: plan.reason,
        liquidator: accounts.liquidator.key(),
        liquidator_account: accounts.liquidator_account.key(),
        liquidator_sequence: liquidator.state.next_event(),
        closed: plan.closed.get(),
        notional: plan.notional.get(),
        size_before: size_before.get(),
        size_after: plan.ledger.position.size.get(),
        realized: plan.realized.get(),
        funding: plan.settled.funding.get(),
        redeemed: plan.settled.redeemed.get(),
        repaid: plan.settled.repaid.get(),
        penalty: plan.penalty.charged.get(),
        bounty: plan.penalty.bounty.get(),
        insurance: plan.penalty.insurance.get(),
        backing: plan.penalty.backing.get(),
        added: plan.penalty.added.get(),
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
        liquidator_balance_before: liquidator_balance_before.get(),
        liquidator_balance_after: liquidator.state.balance.get(),
        equity_before: plan.before.equity.get(),
        equity_after: plan.after.equity.get(),
        maintenance_before: plan.before.margin.get(),
        maintenance_after: plan.after.margin.get(),
    };
    record(&event, &accounts.event_authority)
}
