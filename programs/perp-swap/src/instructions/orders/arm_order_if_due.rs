use super::{arm_order, ArmOrder};
use crate::due::{if_due, is_gone};
use crate::state::{Exchange, Market};
use anchor_lang::prelude::*;

/// Accounts of `arm_order_if_due`: those of `arm_order`.
#[derive(Accounts)]
pub struct ArmOrderIfDue<'info> {
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
    /// Any account of the market's oracle program that holds the reading by which the order is met; none for an order by time.
    /// CHECK: the oracle reader checks owner, layout and feed against the market's binding, and a legacy account's address.
    pub oracle: Option<UncheckedAccount<'info>>,
}

impl<'info> ArmOrderIfDue<'info> {
    /// The accounts of `arm_order`.
    fn checked(&'info self) -> Result<ArmOrder<'info>> {
        let accounts = ArmOrder {
            exchange: self.exchange.clone(),
            margin_account: AccountLoader::try_from(&self.margin_account)?,
            orders: AccountLoader::try_from(&self.orders)?,
            market: self.market.clone(),
            oracle: self.oracle.clone(),
        };
        accounts.validate()?;
        Ok(accounts)
    }
}

/// Arms an order that is met, or moves its trigger; else nothing happens.
pub fn arm_order_if_due<'info>(
    accounts: &'info ArmOrderIfDue<'info>,
    others: &'info [AccountInfo<'info>],
    slot: u8,
) -> Result<()> {
    // The account of the orders is closed before the margin account.
    if is_gone(&accounts.orders) {
        return Ok(());
    }
    let checked = accounts.checked()?;
    let written = [checked.margin_account.as_ref(), checked.orders.as_ref(), checked.market.as_ref()];
    if_due(&written, || arm_order(&checked, others, slot))
}
