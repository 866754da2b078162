use super::{Scratch, ViewPosition};
use crate::context::{refresh, session, Markets};
use crate::errors::refused;
use crate::views::TradeView;
use anchor_lang::prelude::*;
use perp_engine::operations::position::{plan_trade, Order};
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::units::{Price, SignedSize};

/// What a market order would do, or why it would be refused.
pub fn view_trade<'info>(
    ctx: Context<'info, ViewPosition<'info>>,
    size: i64,
    acceptable_price: u64,
    reduce_only: bool,
) -> Result<TradeView> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let account = accounts.margin_account.load()?;
    let mut scratch = Scratch::of(&accounts.market)?;
    let ready = refresh(scratch.market()?, accounts.oracle.as_deref(), &session)?;

    let order = Order { size: SignedSize::new(size), acceptable_price: Price::new(acceptable_price), reduce_only };
    let others = Markets::load(ctx.remaining_accounts, &account.exchange)?;
    let portfolio = Portfolio::new(&account.state, Some(&ready), others.states(), session.clock).map_err(refused)?;
    TradeView::of(&plan_trade(&portfolio, &ready, &order).map_err(refused)?)
}
