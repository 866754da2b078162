//! Events as a command tells of them.

use perp_client::events::Event;
use perp_engine::state::OrderTrigger;
use perp_engine::units::{Price, Timestamp, MAX_SIZE};
use perp_exchange::convert::Units;

use crate::chain::Chain;
use crate::output::{Cell, Section};

/// What happened, a row for each number.
pub fn sections(chain: &Chain, events: &[Event]) -> Vec<Section> {
    let mut rows = Vec::new();
    for event in events {
        for (what, cell) in told(chain, event) {
            rows.push(vec![Cell::text(event.name()), Cell::text(what), cell]);
        }
    }
    vec![Section::rows("events", "What happened", &["event", "what", "value"], rows)]
}

/// The numbers of an event that people ask for.
fn told(chain: &Chain, event: &Event) -> Vec<(&'static str, Cell)> {
    let decimals = chain.decimals();
    let atoms = |amount: u64| Cell::Atoms(amount.into(), decimals);
    let signed = |amount: i64| Cell::Atoms(amount.into(), decimals);
    let exact = |amount: i128| Cell::Exact(amount, decimals);
    let units = |market: u16| chain.units(market);
    let symbol = |market: u16| Cell::text(chain.symbol(market));
    match event {
        Event::Deposited(it) => vec![("deposited", atoms(it.amount)), ("balance", atoms(it.balance_after))],
        Event::Withdrawn(it) => vec![("withdrawn", atoms(it.amount)), ("balance", atoms(it.balance_after))],
        Event::AccountOpened(it) => vec![
            ("margin account", Cell::address(&it.account)),
            ("number", Cell::Count(it.sub_account.into())),
            ("isolated to", it.isolated_market.map_or(Cell::None, symbol)),
        ],
        Event::AccountClosed(it) => vec![("margin account", Cell::address(&it.account))],
        Event::DelegateSet(it) => vec![("delegate", Cell::address(&it.after))],
        Event::Traded(it) => {
            let units = units(it.market_index);
            vec![
                ("market", symbol(it.market_index)),
                ("filled", Cell::Size(it.size, units)),
                ("average price", average(it.notional, it.size, units)),
                ("index price", Cell::price(Price::new(it.state.index_price), units)),
                ("spread", exact(it.spread)),
                ("impact", exact(it.impact)),
                ("fee", atoms(it.fee)),
                ("realized", signed(it.realized)),
                ("funding", signed(it.funding)),
                ("position", Cell::Size(it.size_after, units)),
                ("balance", atoms(it.balance_after)),
            ]
        }
        Event::FundingSettled(it) => vec![
            ("market", symbol(it.market_index)),
            ("funding", signed(it.funding)),
            ("redeemed", atoms(it.redeemed)),
            ("repaid", atoms(it.repaid)),
            ("balance", atoms(it.balance_after)),
        ],
        Event::ProfitSettled(it) => vec![
            ("market", symbol(it.market_index)),
            ("profit", signed(it.profit)),
            ("funding", signed(it.funding)),
            ("redeemed", atoms(it.redeemed)),
            ("repaid", atoms(it.repaid)),
            ("balance", atoms(it.balance_after)),
        ],
        Event::ClaimRedeemed(it) => vec![
            ("market", symbol(it.market_index)),
            ("redeemed", atoms(it.redeemed)),
            ("left", atoms(it.left)),
            ("balance", atoms(it.balance_after)),
        ],
        Event::ClaimWaived(it) => vec![
            ("market", symbol(it.market_index)),
            ("redeemed", atoms(it.redeemed)),
            ("waived", atoms(it.waived)),
            ("balance", atoms(it.balance_after)),
        ],
        Event::Liquidated(it) => {
            let units = units(it.market_index);
            vec![
                ("market", symbol(it.market_index)),
                ("margin account", Cell::address(&it.account)),
                ("reason", Cell::text(format!("{:?}", it.reason).to_lowercase())),
                ("closed", Cell::Size(i64::try_from(it.closed).unwrap_or(i64::MAX), units)),
                ("index price", Cell::price(Price::new(it.state.index_price), units)),
                ("realized", signed(it.realized)),
                ("penalty", atoms(it.penalty)),
                ("bounty", atoms(it.bounty)),
                ("position", Cell::Size(it.size_after, units)),
                ("balance", atoms(it.balance_after)),
            ]
        }
        Event::BankruptcyResolved(it) => vec![
            ("market", symbol(it.market_index)),
            ("debt", atoms(it.debt)),
            ("paid by balance", atoms(it.paid_by_balance)),
            ("paid by insurance", atoms(it.paid_by_insurance)),
            ("paid by shared insurance", atoms(it.paid_by_shared_insurance)),
            ("written off", atoms(it.written_off)),
        ],
        Event::OrdersOpened(it) => vec![("orders", Cell::address(&it.orders))],
        Event::OrdersClosed(it) => vec![("orders", Cell::address(&it.orders))],
        Event::OrdersPlaced(it) => vec![
            ("market", symbol(it.market_index)),
            ("places taken", Cell::text(places(it.placed))),
            ("places freed", Cell::text(places(it.removed))),
            ("lamports held", Cell::Lamports(it.paid)),
            ("lamports returned", Cell::Lamports(it.returned)),
        ],
        Event::OrderPlaced(it) => order(chain, &it.order),
        Event::OrderArmed(it) => {
            let mut fields = order(chain, &it.order);
            fields.push(("outcome", Cell::text(format!("{:?}", it.outcome).to_lowercase())));
            fields.push(("fills from", Cell::time(Timestamp::new(it.order.fills_from))));
            fields
        }
        Event::OrderExecuted(it) => {
            let mut fields = order(chain, &it.order);
            fields.push(("outcome", Cell::text(format!("{:?}", it.outcome).to_lowercase())));
            if let Some(fill) = &it.fill {
                let units = units(it.market_index);
                fields.push(("filled", Cell::Size(fill.size, units)));
                fields.push(("average price", average(fill.notional, fill.size, units)));
                fields.push(("fee", atoms(fill.fee)));
                fields.push(("realized", signed(fill.realized)));
                fields.push(("position", Cell::Size(fill.size_after, units)));
            }
            fields.push(("forfeited", atoms(it.forfeited)));
            fields.push(("balance", atoms(it.balance_after)));
            fields
        }
        Event::OrderSwept(it) => order(chain, &it.order),
        Event::LiquidityRequested(it) => vec![
            ("request", Cell::address(&it.request)),
            ("kind", Cell::text(format!("{:?}", it.kind).to_lowercase())),
            ("amount", atoms(it.amount)),
            ("boundary", Cell::time(Timestamp::new(it.boundary_after))),
        ],
        Event::LiquidityPaid(it) => vec![
            ("request", Cell::address(&it.request)),
            ("tokens", atoms(it.tokens)),
            ("shares", atoms(it.shares)),
            ("still waits", atoms(it.left)),
        ],
        Event::PriceUpdated(it) => vec![
            ("market", symbol(it.market_index)),
            ("outcome", Cell::text(format!("{:?}", it.outcome).to_lowercase())),
            ("price", Cell::price(Price::new(it.after), units(it.market_index))),
            ("published", Cell::time(Timestamp::new(it.published))),
        ],
        Event::FundingUpdated(it) => vec![
            ("market", symbol(it.market_index)),
            ("rate before", Cell::Rate(it.rate_before)),
            ("rate", Cell::Rate(it.state.funding_rate)),
            ("accrued", Cell::Seconds(it.state.funding_seconds)),
        ],
        Event::ExchangeStatusSet(it) => vec![
            ("before", Cell::text(format!("{:?}", it.before))),
            ("after", Cell::text(format!("{:?}", it.after))),
            ("until", Cell::time(Timestamp::new(it.until))),
        ],
        Event::MarketStatusSet(it) => vec![
            ("market", symbol(it.market_index)),
            ("before", Cell::text(format!("{:?}", it.before))),
            ("after", Cell::text(format!("{:?}", it.after))),
            ("until", Cell::time(Timestamp::new(it.until))),
        ],
        Event::BackingAllocated(it) => {
            vec![("market", symbol(it.market_index)), ("moved", signed(it.moved)), ("backing", atoms(it.backing_after))]
        }
        Event::EpochClosed(it) => vec![
            ("boundary", Cell::time(Timestamp::new(it.boundary))),
            ("requests", Cell::Count(it.requests.into())),
            ("deposited", atoms(it.deposited)),
            ("issued", atoms(it.issued)),
            ("redeemed", atoms(it.redeemed)),
            ("paid", atoms(it.paid)),
        ],
        other => vec![("time", Cell::time(Timestamp::new(other.time())))],
    }
}

/// A resting order's terms.
fn order(chain: &Chain, order: &perp_client::events::OrderMoment) -> Vec<(&'static str, Cell)> {
    let units = chain.units(order.market_index);
    let trigger = match order.trigger {
        OrderTrigger::AtTime => "at a time",
        OrderTrigger::AtOrAbove => "at or above",
        OrderTrigger::AtOrBelow => "at or below",
    };
    vec![
        ("place", Cell::Count(order.slot.into())),
        ("number", Cell::Count(order.number)),
        ("market", Cell::text(chain.symbol(order.market_index))),
        ("size", if order.size.unsigned_abs() > MAX_SIZE { Cell::text("all") } else { Cell::Size(order.size, units) }),
        ("trigger", Cell::text(trigger)),
        ("trigger price", Cell::price(Price::new(order.trigger_price), units)),
    ]
}

/// What one base unit was bought or sold for, in whole 2^-40 atoms.
pub fn average(notional: i128, size: i64, units: Units) -> Cell {
    let average = notional.checked_div(i128::from(size.unsigned_abs())).and_then(|price| u64::try_from(price).ok());
    average.map_or(Cell::None, |price| Cell::price(Price::new(price), units))
}

/// The places of a mask.
fn places(mask: u16) -> String {
    let places: Vec<String> = (0..16).filter(|place| mask >> place & 1 == 1).map(|place| place.to_string()).collect();
    if places.is_empty() {
        "none".into()
    } else {
        places.join(", ")
    }
}
