//! Lifetime counters as the events add up to them.

use super::Funding;
use anchor_lang::prelude::Pubkey;
use perp_client::events::Event;
use perp_engine::state::{AccountCounters, Market, MarketCounters, Position};
use perp_engine::units::{Atoms, QuoteX40, SignedAtoms, SignedSize, StoredQuoteX40, Timestamp};
use perp_swap::events::{Liquidated, Traded};
use perp_tests::World;
use std::collections::BTreeMap;

/// What was filled in a market, at once or as a resting order.
pub fn traded_in(events: &[Event], market: u16) -> impl Iterator<Item = Traded> + Clone + '_ {
    events.iter().filter_map(traded).filter(move |it| it.market_index == market)
}

/// The fill that an event tells; that of a resting order as if it had been traded at once.
fn traded(event: &Event) -> Option<Traded> {
    let it = match event {
        Event::Traded(it) => return Some(it.clone()),
        Event::OrderExecuted(it) => it,
        _ => return None,
    };
    let fill = it.fill?;
    Some(Traded {
        exchange: it.exchange,
        time: it.time,
        account: it.account,
        owner: it.owner,
        account_sequence: it.account_sequence,
        market: it.market,
        market_index: it.market_index,
        state: it.state,
        trader: it.caller,
        size: fill.size,
        notional: fill.notional,
        charge: fill.charge,
        spread: fill.spread,
        impact: fill.impact,
        fee: fill.fee,
        realized: fill.realized,
        funding: fill.funding,
        redeemed: fill.redeemed,
        repaid: fill.repaid,
        size_before: fill.size_before,
        size_after: fill.size_after,
        balance_before: it.balance_before,
        balance_after: it.balance_after,
        equity: fill.equity,
        margin: fill.margin,
    })
}

fn liquidated_in(events: &[Event], market: u16) -> impl Iterator<Item = &Liquidated> + Clone {
    events.iter().filter_map(move |event| match event {
        Event::Liquidated(it) if it.market_index == market => Some(it),
        _ => None,
    })
}

fn exact(raw: i128) -> StoredQuoteX40 {
    QuoteX40::new(raw).into()
}

/// The counters of a market.
pub fn of_market(events: &[Event], market: &Market, funding: &Funding) -> MarketCounters {
    let index = market.index;
    let (trades, liquidations) = (|| traded_in(events, index), || liquidated_in(events, index));
    let settled = events.iter().filter_map(|event| match event {
        Event::ProfitSettled(it) if it.market_index == index => Some(it.profit),
        _ => None,
    });
    let withdrawn = events.iter().filter_map(|event| match event {
        Event::ProtocolFeesWithdrawn(it) if it.market_index == index => Some(it.amount),
        _ => None,
    });
    let forfeited = events.iter().filter_map(|event| match event {
        Event::OrderExecuted(it) if it.market_index == index => Some(it.forfeited),
        _ => None,
    });
    // What was paid for it without the charge.
    let at_price = |it: Traded| it.notional - i128::from(it.size.signum()) * it.charge;
    let realized = trades().map(|it| it.realized).chain(liquidations().map(|it| it.realized)).chain(settled);
    // What of a fee became a debt or was set off against a claim was not collected, and no event says how much that
    // was.
    let fees = market.ledger.counters.fees;
    assert!(fees.get() <= trades().map(|it| it.fee).chain(forfeited).sum());
    MarketCounters {
        volume: exact(trades().map(at_price).sum()),
        liquidated: exact(liquidations().map(|it| it.notional).sum()),
        spread: exact(trades().map(|it| it.spread).sum()),
        impact: exact(trades().map(|it| it.impact).sum()),
        funding: exact(funding.kept),
        carry: exact(funding.carry),
        traders_result: SignedAtoms::new(realized.sum()),
        fees,
        protocol_fees: Atoms::new(withdrawn.sum::<u64>() + market.ledger.protocol_fees.get()),
        penalties: Atoms::new(liquidations().map(|it| it.backing).sum()),
        penalties_to_insurance: Atoms::new(liquidations().map(|it| it.insurance).sum()),
        bounties: Atoms::new(liquidations().map(|it| it.bounty).sum()),
        trades: trades().count() as u64,
        // A liquidation that only settles a profit closes nothing.
        liquidations: liquidations().filter(|it| it.closed > 0).count() as u64,
        reserved: [0; 8],
    }
}

/// What an account has seen, while its events are added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    deposited: u64,
    withdrawn: u64,
    realized: i64,
    funding: i64,
    fees: u64,
    penalties: u64,
    bounties: u64,
}

impl From<AccountCounters> for Sums {
    fn from(counters: AccountCounters) -> Self {
        let AccountCounters { deposited, withdrawn, realized, funding, fees, penalties, bounties } = counters;
        Self {
            deposited: deposited.get(),
            withdrawn: withdrawn.get(),
            realized: realized.get(),
            funding: funding.get(),
            fees: fees.get(),
            penalties: penalties.get(),
            bounties: bounties.get(),
        }
    }
}

fn of(sums: &mut BTreeMap<Pubkey, Sums>, account: Pubkey) -> &mut Sums {
    sums.entry(account).or_default()
}

/// Checks the counters of every account there still is.
pub fn check_accounts(events: &[Event], world: &mut World) {
    let mut sums = BTreeMap::<Pubkey, Sums>::new();
    for event in events {
        let sums = &mut sums;
        match event {
            Event::AccountOpened(it) => drop(sums.insert(it.account, Sums::default())),
            Event::Deposited(it) => of(sums, it.account).deposited += it.amount,
            Event::Withdrawn(it) => of(sums, it.account).withdrawn += it.amount,
            Event::Traded(_) | Event::OrderExecuted(_) => {
                if let Event::OrderExecuted(it) = event {
                    of(sums, it.account).fees += it.forfeited;
                }
                if let Some(it) = traded(event) {
                    let sums = of(sums, it.account);
                    sums.realized += it.realized;
                    sums.funding += it.funding;
                    sums.fees += it.fee;
                }
            }
            Event::FundingSettled(it) => of(sums, it.account).funding += it.funding,
            Event::ProfitSettled(it) => {
                let sums = of(sums, it.account);
                sums.realized += it.profit;
                sums.funding += it.funding;
            }
            Event::Liquidated(it) => {
                of(sums, it.liquidator_account).bounties += it.bounty;
                let sums = of(sums, it.account);
                sums.realized += it.realized;
                sums.funding += it.funding;
                sums.penalties += it.penalty;
            }
            _ => {}
        }
    }
    for (address, sums) in sums {
        if world.chain.account(&address).is_some() {
            let counters = world.margin_account(&address).state.counters;
            assert_eq!(Sums::from(counters), sums, "counters of {address}");
        }
    }
}

/// What a position has seen since its slot was taken, where no claim and no debt kept the slot beyond its closing.
pub fn of_position(events: &[Event], account: Pubkey, market: u16) -> Position {
    let mut position = Position::default();
    for event in events {
        let (realized, funding, fee, size) = match event {
            Event::Traded(it) if (it.account, it.market_index) == (account, market) => {
                if it.size_before == 0 {
                    position = Position { opened_at: Timestamp::new(it.time), ..Position::default() };
                }
                (it.realized, it.funding, it.fee, Some(it.size_after))
            }
            Event::FundingSettled(it) if (it.account, it.market_index) == (account, market) => (0, it.funding, 0, None),
            Event::ProfitSettled(it) if (it.account, it.market_index) == (account, market) => {
                (it.profit, it.funding, 0, None)
            }
            Event::Liquidated(it) if (it.account, it.market_index) == (account, market) => {
                (it.realized, it.funding, 0, Some(it.size_after))
            }
            _ => continue,
        };
        position.realized = SignedAtoms::new(position.realized.get() + realized);
        position.funding = SignedAtoms::new(position.funding.get() + funding);
        position.fees = Atoms::new(position.fees.get() + fee);
        position.size = size.map_or(position.size, SignedSize::new);
    }
    position
}
