use super::{Scratch, ViewMarket};
use crate::context::{refresh, session};
use crate::views::MarketView;
use anchor_lang::prelude::*;

/// What a market has and owes.
pub fn view_market(ctx: Context<ViewMarket>) -> Result<MarketView> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut scratch = Scratch::of(&accounts.market)?;
    let ready = refresh(scratch.market()?, accounts.oracle.as_deref(), &session)?;
    MarketView::of(&ready, session.clock)
}
