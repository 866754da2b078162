use super::{Scratch, ViewPosition};
use crate::context::{refresh, session, Markets};
use crate::errors::refused;
use crate::views::PositionView;
use anchor_lang::prelude::*;
use perp_engine::market::solvency::Coverage;
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::EngineError;

/// What a position comes to.
pub fn view_position<'info>(ctx: Context<'info, ViewPosition<'info>>) -> Result<PositionView> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let account = accounts.margin_account.load()?;
    let mut scratch = Scratch::of(&accounts.market)?;
    let ready = refresh(scratch.market()?, accounts.oracle.as_deref(), &session)?;

    let others = Markets::load(ctx.remaining_accounts, &account.exchange)?;
    let portfolio = Portfolio::new(&account.state, Some(&ready), others.states(), session.clock).map_err(refused)?;
    let slot = account.state.slot_of(ready.index).ok_or(EngineError::NoPosition).map_err(refused)?;
    let coverage = Coverage::of(&ready.ledger, &ready.parameters, ready.price.price).map_err(refused)?;
    PositionView::of(&portfolio.terms(slot).map_err(refused)?, &coverage)
}
