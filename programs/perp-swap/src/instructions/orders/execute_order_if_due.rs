use super::{execute_order, ExecuteOrder};
use crate::due::{if_due, is_gone};
use crate::state::{Exchange, Market};
use anchor_lang::prelude::*;

/// Accounts of `execute_order_if_due`: those of `execute_order`.
#[event_cpi]
#[derive(Accounts)]
pub struct ExecuteOrderIfDue<'info> {
    /// Anybody; receives what the order pays for it.
    #[account(mut)]
    pub caller: Signer<'info>,
    /// The margin account's owner, who receives what is left of orders that are over.
    /// CHECK: the margin account names its address.
    #[account(mut)]
    pub owner: UncheckedAccount<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account.
    /// CHECK: where it is not gone it is loaded as a margin account.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// The account of its orders.
    /// CHECK: where it is not gone it is loaded as an account of orders.
    #[account(mut)]
    pub orders: UncheckedAccount<'info>,
    /// The order's market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Any account of the market's oracle program that holds the reading at which the order fills.
    /// CHECK: the oracle reader checks owner, layout and feed against the market's binding, and a legacy account's address.
    pub oracle: UncheckedAccount<'info>,
}

impl<'info> ExecuteOrderIfDue<'info> {
    /// The accounts of `execute_order`.
    fn checked(&'info self) -> Result<ExecuteOrder<'info>> {
        let accounts = ExecuteOrder {
            caller: self.caller.clone(),
            owner: self.owner.clone(),
            exchange: self.exchange.clone(),
            margin_account: AccountLoader::try_from(&self.margin_account)?,
            orders: AccountLoader::try_from(&self.orders)?,
            market: self.market.clone(),
            oracle: self.oracle.clone(),
            event_authority: self.event_authority.clone(),
            program: self.program.clone(),
        };
        accounts.validate()?;
        Ok(accounts)
    }
}

/// Fills an armed order, or finds that it comes to nothing, where that is due; else nothing happens.
pub fn execute_order_if_due<'info>(
    accounts: &'info ExecuteOrderIfDue<'info>,
    others: &'info [AccountInfo<'info>],
    slot: u8,
) -> Result<()> {
    // The account of the orders is closed before the margin account.
    if is_gone(&accounts.orders) {
        return Ok(());
    }
    let checked = accounts.checked()?;
    let written = [checked.margin_account.as_ref(), checked.orders.as_ref(), checked.market.as_ref()];
    if_due(&written, || execute_order(&checked, others, slot))
}
