use super::{Scratch, ViewPosition};
use crate::context::{refresh, session, Markets};
use crate::errors::refused;
use crate::views::LiquidationPriceView;
use anchor_lang::prelude::*;
use perp_engine::market::price::reference_time;
use perp_engine::risk::liquidation_price::{move_price, search_liquidation_price};
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::units::Price;
use perp_engine::EngineError;

/// The price of a market at which the account becomes liquidatable.
pub fn view_liquidation_price<'info>(ctx: Context<'info, ViewPosition<'info>>) -> Result<LiquidationPriceView> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let account = accounts.margin_account.load()?;
    let mut scratch = Scratch::of(&accounts.market)?;
    let market = scratch.market()?;
    refresh(market, accounts.oracle.as_deref(), &session)?;

    let state = &mut market.state;
    let present = state.price.price;
    if state.price.published.is_never() {
        let allowed = u64::from(state.parameters.max_age_liquidate);
        return Err(refused(EngineError::PriceStale { age: u64::MAX, allowed }));
    }
    let position = account.state.slot_of(state.index).and_then(|slot| account.state.positions.get(slot));
    let side = position.and_then(|position| position.size.side()).ok_or(EngineError::NoPosition).map_err(refused)?;
    let others = Markets::load(ctx.remaining_accounts, &account.exchange)?;
    let reference = reference_time(session.clock, others.states().chain([&*state]));
    let found = search_liquidation_price(side, present, |price: Price| {
        if !move_price(state, price, reference) {
            return Ok(None);
        }
        let portfolio = Portfolio::new(&account.state, Some(&*state), others.states(), session.clock)?;
        Ok(Some(portfolio.maintenance_health()?.is_below_margin()))
    });
    let liquidation_price = found.map_err(refused)?.map(Price::get);
    Ok(LiquidationPriceView { price: present.get(), liquidation_price })
}
