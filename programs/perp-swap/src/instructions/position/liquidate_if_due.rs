use super::{liquidate, Liquidate};
use crate::due::{if_due, is_gone};
use crate::state::{Exchange, MarginAccount, Market};
use anchor_lang::prelude::*;

/// Accounts of `liquidate_if_due`: those of `liquidate`.
#[event_cpi]
#[derive(Accounts)]
pub struct LiquidateIfDue<'info> {
    /// Owner or delegate of the margin account that receives the bounty.
    pub liquidator: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// Margin account that receives the bounty.
    #[account(mut)]
    pub liquidator_account: AccountLoader<'info, MarginAccount>,
    /// Margin account that is liquidated.
    /// CHECK: where it is not gone it is loaded as a margin account.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// The market of the position.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The market's price account; without it the position is closed at the last valid price.
    /// CHECK: the oracle reader checks owner, address, layout and feed against the market's binding.
    pub oracle: Option<UncheckedAccount<'info>>,
}

impl<'info> LiquidateIfDue<'info> {
    /// The accounts of `liquidate`.
    fn checked(&'info self) -> Result<Liquidate<'info>> {
        let accounts = Liquidate {
            liquidator: self.liquidator.clone(),
            exchange: self.exchange.clone(),
            liquidator_account: self.liquidator_account.clone(),
            margin_account: AccountLoader::try_from(&self.margin_account)?,
            market: self.market.clone(),
            oracle: self.oracle.clone(),
            event_authority: self.event_authority.clone(),
            program: self.program.clone(),
        };
        accounts.validate()?;
        Ok(accounts)
    }
}

/// Liquidates where that is due; else nothing happens.
pub fn liquidate_if_due<'info>(
    accounts: &'info LiquidateIfDue<'info>,
    others: &'info [AccountInfo<'info>],
    max_size: u64,
    min_bounty: u64,
) -> Result<()> {
    if is_gone(&accounts.margin_account) {
        return Ok(());
    }
    let checked = accounts.checked()?;
    let written = [checked.margin_account.as_ref(), checked.liquidator_account.as_ref(), checked.market.as_ref()];
    if_due(&written, || liquidate(&checked, others, max_size, min_bounty))
}
