use super::views::{health, position, times};
use super::{Output, Question};
use crate::layout::{AccountView, MarginTransfer, MarginTransferView, OfAccount, Transfer, TransferView};
use crate::refused::Refused;
use crate::world::World;
use perp_engine::operations::account::plan_deposit;
use perp_engine::state::Account;
use perp_engine::units::Atoms;
use perp_exchange::Exchange;

fn moved(exchange: &Exchange, before: &Account, after: &Account) -> Result<TransferView, Refused> {
    Ok(TransferView {
        balance: after.balance.get(),
        before: health(&exchange.health(before)?),
        after: health(&exchange.health(after)?),
    })
}

fn deposited(account: &Account, amount: u64) -> Result<Account, Refused> {
    let mut after = *account;
    plan_deposit(account, Atoms::new(amount))?.apply(&mut after);
    Ok(after)
}

fn withdrawn(exchange: &Exchange, account: &Account, amount: u64) -> Result<Account, Refused> {
    let mut after = *account;
    exchange.preview_withdrawal(account, Atoms::new(amount))?.apply(&mut after);
    Ok(after)
}

pub(super) fn deposit(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<Transfer>()?;
    let account = world.account(asked.account)?;
    output.put(&moved(world.exchange()?, account, &deposited(account, asked.amount)?)?)
}

pub(super) fn withdraw(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<Transfer>()?;
    let (exchange, account) = (world.exchange()?, world.account(asked.account)?);
    output.put(&moved(exchange, account, &withdrawn(exchange, account, asked.amount)?)?)
}

pub(super) fn transfer_margin(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<MarginTransfer>()?;
    if asked.from == asked.to {
        return Err(Refused::out_of_range(asked.to));
    }
    let (exchange, from, to) = (world.exchange()?, world.account(asked.from)?, world.account(asked.to)?);
    let left = withdrawn(exchange, from, asked.amount)?;
    let entered = deposited(to, asked.amount)?;
    output.put(&MarginTransferView { from: moved(exchange, from, &left)?, to: moved(exchange, to, &entered)? })
}

pub(super) fn account(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<OfAccount>()?;
    let (exchange, account) = (world.exchange()?, world.account(asked.account)?);
    let stands = exchange.health(account)?;
    let leverage = exchange.account_leverage(account)?;
    let (largest_withdrawal, reason) = exchange.largest_withdrawal(account)?;
    output.put(&AccountView {
        balance: account.balance.get(),
        health: health(&stands),
        notional: leverage.notional.get(),
        leverage: times(&leverage),
        // Both are amounts in range, so that their difference fits.
        free_collateral: i64::try_from(stands.initial.surplus()).unwrap_or(i64::MIN),
        is_liquidatable: stands.maintenance.is_below_margin().into(),
        largest_withdrawal: largest_withdrawal.get(),
        withdrawal_code: Refused::from(reason).words.code,
        armed_until: account.armed_until.get(),
        positions: account.occupied().count() as u64,
    })
}

pub(super) fn positions(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<OfAccount>()?;
    let (exchange, account) = (world.exchange()?, world.account(asked.account)?);
    for (_, stored) in account.occupied() {
        if let Some(quote) = exchange.position_quote(account, stored.market)? {
            output.put(&position(&quote, stored))?;
        }
    }
    Ok(())
}
