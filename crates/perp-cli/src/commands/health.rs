//! How an account stands, by the engine.

use perp_client::addresses::unpadded;
use perp_engine::state::Account;
use perp_engine::units::SignedAtoms;
use perp_exchange::convert::Units;
use perp_exchange::Exchange;

use crate::chain::Chain;
use crate::output::{Cell, Section};

/// The numbers that say how an account stands, in the order in which they are told.
pub fn numbers(exchange: &Exchange, account: &Account, decimals: u8) -> Vec<(&'static str, Cell)> {
    let mut numbers = vec![("balance", Cell::atoms(account.balance, decimals))];
    match exchange.health(account) {
        Ok(health) => {
            let (maintenance, initial) = (health.maintenance, health.initial);
            let free = SignedAtoms::new(i64::try_from(initial.surplus().max(0)).unwrap_or(i64::MAX));
            numbers.extend([
                ("equity", Cell::signed_atoms(maintenance.equity, decimals)),
                ("required margin", Cell::atoms(maintenance.margin, decimals)),
                ("above required margin", Cell::Atoms(maintenance.surplus(), decimals)),
                ("adverse equity", Cell::signed_atoms(initial.equity, decimals)),
                ("initial margin", Cell::atoms(initial.margin, decimals)),
                ("free for more", Cell::signed_atoms(free, decimals)),
                ("liquidatable", Cell::Flag(maintenance.is_below_margin())),
            ]);
        }
        Err(refusal) => numbers.push(("equity", Cell::text(refusal.to_string()))),
    }
    numbers
}

/// An account before and after what would be done, with its position in one market where that is what changes.
pub fn change(
    chain: &Chain,
    before: (&Exchange, &Account),
    after: (&Exchange, &Account),
    market: Option<u16>,
) -> Section {
    let decimals = chain.decimals();
    let of = |(exchange, account): (&Exchange, &Account)| {
        let mut numbers = numbers(exchange, account, decimals);
        if let Some(index) = market {
            let units = chain.units(index);
            let position =
                account.occupied().find(|(_, position)| position.market == index).map(|(_, position)| position);
            let size = position.map_or(Cell::Size(0, units), |position| Cell::signed_size(position.size, units));
            let price = exchange.liquidation_price(account, index).ok().flatten();
            numbers.push(("position", size));
            numbers.push(("liquidated at", Cell::price_or_none(price, units)));
        }
        numbers
    };
    let rows =
        of(before).into_iter().zip(of(after)).map(|((what, before), (_, after))| vec![Cell::text(what), before, after]);
    Section::rows("health", "Health", &["what", "before", "after"], rows.collect())
}

/// The account's positions.
pub fn positions(chain: &Chain, exchange: &Exchange, account: &Account) -> Section {
    let decimals = chain.decimals();
    let rows = account.occupied().map(|(_, position)| {
        let Ok(market) = exchange.market(position.market) else {
            return vec![Cell::text(position.market.to_string())];
        };
        let units = Units::of(market);
        let unrealized = perp_engine::units::products::unrealized_profit(
            position.size,
            position.entry_notional.get(),
            market.price.price,
        );
        let funding = perp_engine::risk::margin::unsettled_funding_owed(position, &market.ledger);
        let liquidation = exchange.liquidation_price(account, position.market).ok().flatten();
        vec![
            Cell::text(
                chain.markets.get(usize::from(position.market)).map_or_else(String::new, |it| unpadded(&it.symbol)),
            ),
            Cell::signed_size(position.size, units),
            super::events::average(position.entry_notional.get().get(), position.size.get(), units),
            Cell::price(market.price.price, units),
            unrealized.map_or(Cell::None, |amount| Cell::exact(amount, decimals)),
            funding.map_or(Cell::None, |amount| Cell::exact(amount, decimals)),
            Cell::price_or_none(liquidation, units),
            Cell::atoms(position.claim, decimals),
            Cell::atoms(position.debt, decimals),
        ]
    });
    let columns = [
        "market",
        "size",
        "entry price",
        "index price",
        "unrealized",
        "funding owed",
        "liquidated at",
        "claim",
        "debt",
    ];
    Section::rows("positions", "Positions", &columns, rows.collect())
}
