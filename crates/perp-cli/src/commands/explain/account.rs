//! How an account stands, line by line, with the rule of each number.

use perp_engine::market::measured_margin::measured_margin_ceil;
use perp_engine::risk::margin::{initial_margin_ceil, maintenance_margin_ceil, unsettled_funding_owed};
use perp_engine::state::Account;
use perp_engine::units::products::{notional, unrealized_profit};
use perp_engine::units::{Atoms, QuoteX40};
use perp_exchange::convert::Units;
use solana_pubkey::Pubkey;

use super::line::{place, section, Line};
use crate::chain::Chain;
use crate::failure::Failure;
use crate::output::{Cell, Report};

/// Explains an account's equity and margins.
///
/// # Errors
/// [`Failure`].
pub fn explain(chain: &Chain, address: &Pubkey) -> Result<Report, Failure> {
    let account = crate::whose::fetch(chain, address)?.account.state;
    Ok(Report::of([section("Margin account", &lines(chain, &account)?)]))
}

fn lines(chain: &Chain, account: &Account) -> Result<Vec<Line>, Failure> {
    let (exchange, decimals) = (chain.exchange(), chain.decimals());
    let mut lines = vec![Line::told("balance", Cell::atoms(account.balance, decimals), "cash", place::EQUITY)];
    let (mut worth, mut required) = (account.balance.to_x40()?, Atoms::ZERO);
    for (_, position) in account.occupied() {
        let mut market = *exchange.market(position.market)?;
        market.refresh(None, &exchange.session())?;
        let (units, price) = (Units::of(&market), market.price.price);
        let profit = unrealized_profit(position.size, position.entry_notional.get(), price)?;
        let funding = unsettled_funding_owed(position, &market.ledger)?;
        let value = notional(position.size.size(), price)?.to_atoms_ceil()?;
        let measured = measured_margin_ceil(&market)?;
        let maintenance = maintenance_margin_ceil(value, measured, &market.parameters)?.margin;
        let initial = initial_margin_ceil(value, measured, &market.ledger, &market.parameters)?;
        let owed = |amount: Atoms| amount.to_x40().map_err(Failure::from);
        worth = worth
            .checked_add(profit)?
            .checked_sub(funding)?
            .checked_add(owed(position.claim)?)?
            .checked_sub(owed(position.debt)?)?;
        required = required.checked_add(maintenance)?;
        let told = |what, cell, rule, place| Line::told(what, cell, rule, place);
        lines.extend([
            told("position", Cell::signed_size(position.size, units), "as its fills left it", place::POSITION),
            told("index price", Cell::price(price, units), "the market's last valid price", place::EQUITY),
            told("unrealized", Cell::exact(profit, decimals), "size · index − entry notional", place::EQUITY),
            told(
                "funding owed",
                Cell::exact(funding, decimals),
                "size · (index now − index at the last settlement)",
                place::FUNDING,
            ),
            told("claim", Cell::atoms(position.claim, decimals), "profit that the market has not paid", place::CLAIMS),
            told("debt", Cell::atoms(position.debt, decimals), "loss that the account has not paid", place::CLAIMS),
            told(
                "maintenance margin",
                Cell::atoms(maintenance, decimals),
                "⌈notional · fraction · maintenance_fraction⌉",
                place::FRACTION,
            ),
            told(
                "initial margin",
                Cell::atoms(initial, decimals),
                "⌈notional · fraction⌉, more where open interest is high",
                place::FRACTION,
            ),
        ]);
    }
    let health = exchange.health(account)?.maintenance;
    // What every market would owe and be owed; the engine counts of that what it can pay, at the better end of each range.
    let sum = floor(worth)?;
    let (equity, margin) = (Cell::signed_atoms(health.equity, decimals), Cell::atoms(health.margin, decimals));
    lines.push(match sum == health.equity.get() {
        true => Line::compared(
            "equity",
            equity,
            Cell::Atoms(sum.into(), decimals),
            "the sum of all of it, rounded down",
            place::EQUITY,
        ),
        false => Line::told(
            "equity",
            equity,
            "the sum, with profit as far as markets can pay it and each leg at the better end of its range",
            place::EQUITY,
        ),
    });
    lines.push(match required == health.margin {
        true => Line::compared(
            "required margin",
            margin,
            Cell::atoms(required, decimals),
            "the sum of the maintenance margins",
            place::WHEN,
        ),
        false => Line::told("required margin", margin, "the sum, less what markets owe beyond their cash", place::WHEN),
    });
    lines.push(Line::told(
        "liquidatable",
        Cell::Flag(health.is_below_margin()),
        "equity < required margin, strictly",
        place::WHEN,
    ));
    Ok(lines)
}

fn floor(exact: QuoteX40) -> Result<i64, Failure> {
    Ok(exact.to_signed_atoms_floor()?.get())
}
