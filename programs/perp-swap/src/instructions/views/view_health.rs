use super::ViewAccount;
use crate::context::{clock, Markets};
use crate::errors::refused;
use crate::views::HealthView;
use anchor_lang::prelude::*;
use perp_engine::risk::portfolio::Portfolio;

/// How a margin account stands with its markets as they are stored.
pub fn view_health<'info>(ctx: Context<'info, ViewAccount<'info>>) -> Result<HealthView> {
    let account = ctx.accounts.margin_account.load()?;
    let markets = Markets::load(ctx.remaining_accounts, &account.exchange)?;
    let portfolio = Portfolio::new(&account.state, None, markets.states(), clock()?).map_err(refused)?;
    HealthView::of(&portfolio)
}
