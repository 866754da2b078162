//! Events are numbered for whatever they are about, so that a reader sees where one is missing.

use anchor_lang::prelude::Pubkey;
use perp_client::events::Event;
use perp_swap::events::MarketMoment;
use perp_tests::World;
use std::collections::BTreeMap;

/// What events are numbered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Exchange,
    Pool,
    Market(u16),
    Account(Pubkey),
}

use Subject::{Account, Exchange, Market, Pool};

/// The numbers an event carries.
fn numbers(event: &Event) -> Vec<(Subject, u64)> {
    match event {
        Event::ExchangeCreated(it) => vec![(Exchange, it.exchange_sequence)],
        Event::AdminProposed(it) => vec![(Exchange, it.exchange_sequence)],
        Event::AdminAccepted(it) => vec![(Exchange, it.exchange_sequence)],
        Event::RolesSet(it) => vec![(Exchange, it.exchange_sequence)],
        Event::SolvencyAttested(_) => vec![],
        Event::ExchangeStatusSet(it) => vec![(Exchange, it.exchange_sequence)],

        Event::MarketCreated(it) => vec![(Market(it.market_index), it.market_sequence)],
        Event::MarketStatusSet(it) => vec![(Market(it.market_index), it.state.sequence)],
        Event::BackingTargetSet(it) => vec![(Market(it.market_index), it.market_sequence)],
        Event::ProtocolFeesWithdrawn(it) => vec![(Market(it.market_index), it.market_sequence)],
        Event::PriceUpdated(it) => vec![(Market(it.market_index), it.state.sequence)],
        Event::SecondPriceUpdated(it) => vec![(Market(it.market_index), it.market_sequence)],
        Event::OracleOutageReported(it) => vec![(Market(it.market_index), it.market_sequence)],
        Event::FundingUpdated(it) => vec![(Market(it.market_index), it.state.sequence)],
        Event::MarketDelisted(it) => vec![(Market(it.market_index), it.state.sequence)],
        Event::SettlementBegun(it) => vec![(Market(it.market_index), it.state.sequence)],
        Event::ClaimsFunded(it) => vec![(Market(it.market_index), it.market_sequence)],
        Event::InsuranceFunded(it) => match (it.market_index, it.market_sequence, it.pool_sequence) {
            (Some(market), Some(number), None) => vec![(Market(market), number)],
            (None, None, Some(number)) => vec![(Pool, number)],
            _ => panic!("{it:?}"),
        },

        Event::AccountOpened(it) => vec![(Account(it.account), it.account_sequence)],
        Event::AccountClosed(it) => vec![(Account(it.account), it.account_sequence)],
        Event::DelegateSet(it) => vec![(Account(it.account), it.account_sequence)],
        Event::Deposited(it) => vec![(Account(it.account), it.account_sequence)],
        Event::Withdrawn(it) => vec![(Account(it.account), it.account_sequence)],

        Event::Traded(it) => of_both(it.account, it.account_sequence, it.market_index, it.state.sequence),
        Event::FundingSettled(it) => of_both(it.account, it.account_sequence, it.market_index, it.state.sequence),
        Event::ProfitSettled(it) => {
            let mut all = of_both(it.account, it.account_sequence, it.market_index, it.state.sequence);
            if let Some(reward) = &it.reward {
                all.extend([(Account(reward.account), reward.account_sequence), (Pool, reward.pool_sequence)]);
            }
            all
        }
        Event::ClaimRedeemed(it) => of_both(it.account, it.account_sequence, it.market_index, it.market_sequence),
        Event::ClaimWaived(it) => of_both(it.account, it.account_sequence, it.market_index, it.market_sequence),
        Event::Liquidated(it) => {
            let mut both = of_both(it.account, it.account_sequence, it.market_index, it.state.sequence);
            both.push((Account(it.liquidator_account), it.liquidator_sequence));
            both
        }
        Event::BankruptcyResolved(it) => {
            let mut all = of_both(it.account, it.account_sequence, it.market_index, it.state.sequence);
            all.push((Pool, it.pool_sequence));
            all
        }

        Event::OrdersOpened(it) => vec![(Account(it.account), it.account_sequence)],
        Event::OrdersClosed(it) => vec![(Account(it.account), it.account_sequence)],
        Event::OrdersPlaced(it) => of_both(it.account, it.account_sequence, it.market_index, it.state.sequence),
        Event::OrderArmed(it) => of_both(it.account, it.account_sequence, it.market_index, it.state.sequence),
        Event::OrderExecuted(it) => of_both(it.account, it.account_sequence, it.market_index, it.state.sequence),
        Event::OrderSwept(it) => vec![(Account(it.account), it.account_sequence)],
        // They bear the number of the event that they follow.
        Event::OrderPlaced(_) => vec![],

        Event::LiquidityRequested(it) => vec![(Pool, it.pool_sequence)],
        Event::MarketValued(it) => vec![(Pool, it.pool_sequence), (Market(it.market_index), it.state.sequence)],
        Event::EpochClosed(it) => vec![(Pool, it.pool_sequence)],
        Event::LiquidityPaid(it) => vec![(Pool, it.pool_sequence)],
        Event::BackingAllocated(it) => vec![(Pool, it.pool_sequence), (Market(it.market_index), it.state.sequence)],
    }
}

fn of_both(account: Pubkey, account_number: u64, market: u16, market_number: u64) -> Vec<(Subject, u64)> {
    vec![(Account(account), account_number), (Market(market), market_number)]
}

/// The market after the event and its time, where it may have accrued funding or changed open interest.
pub fn moment(event: &Event) -> Option<(u16, i64, MarketMoment)> {
    match event {
        Event::MarketStatusSet(it) => Some((it.market_index, it.time, it.state)),
        Event::PriceUpdated(it) => Some((it.market_index, it.time, it.state)),
        Event::FundingUpdated(it) => Some((it.market_index, it.time, it.state)),
        Event::MarketDelisted(it) => Some((it.market_index, it.time, it.state)),
        Event::SettlementBegun(it) => Some((it.market_index, it.time, it.state)),
        Event::Traded(it) => Some((it.market_index, it.time, it.state)),
        Event::FundingSettled(it) => Some((it.market_index, it.time, it.state)),
        Event::ProfitSettled(it) => Some((it.market_index, it.time, it.state)),
        Event::Liquidated(it) => Some((it.market_index, it.time, it.state)),
        Event::BankruptcyResolved(it) => Some((it.market_index, it.time, it.state)),
        Event::BackingAllocated(it) => Some((it.market_index, it.time, it.state)),
        Event::MarketValued(it) => Some((it.market_index, it.time, it.state)),
        Event::OrdersPlaced(it) => Some((it.market_index, it.time, it.state)),
        Event::OrderArmed(it) => Some((it.market_index, it.time, it.state)),
        Event::OrderExecuted(it) => Some((it.market_index, it.time, it.state)),
        _ => None,
    }
}

/// What events are missing of, or numbered twice: for each subject they must count from one to what its account says.
pub fn gaps(events: &[Event], world: &mut World) -> Vec<String> {
    let mut counted = BTreeMap::<Subject, Vec<u64>>::new();
    for event in events {
        // An account opened at the address of a closed one counts anew.
        if let Event::AccountOpened(opened) = event {
            counted.remove(&Account(opened.account));
        }
        for (subject, number) in numbers(event) {
            counted.entry(subject).or_default().push(number);
        }
    }
    let mut gaps = Vec::new();
    for (subject, mut numbers) in counted {
        numbers.sort_unstable();
        let last = match subject {
            Exchange => world.exchange().state.sequence,
            Pool => world.pool().state.sequence,
            Market(index) => world.market(index).state.sequence,
            Account(address) if world.chain.account(&address).is_some() => {
                world.margin_account(&address).state.sequence
            }
            Account(_) => numbers.len() as u64,
        };
        if !numbers.iter().copied().eq(1..=last) {
            gaps.push(format!("{subject:?} has had {last} events, and these were seen: {numbers:?}"));
        }
    }
    gaps
}
