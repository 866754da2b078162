//! Which readings the orders of an exchange need.

use std::collections::{BTreeMap, BTreeSet};

use perp_client::jobs::{fills_at, readings_to_arm, readings_to_fill};
use perp_engine::oracle::OracleReading;
use perp_engine::state::OrderTrigger;
use perp_engine::units::Timestamp;
use solana_pubkey::Pubkey;

use super::Wanted;
use crate::plan::Known;

/// What the orders of an exchange need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// How many rest.
    pub resting: usize,
    /// How many of them are armed.
    pub armed: usize,
    /// Readings to post, with what orders pay at them.
    pub wanted: BTreeMap<Wanted, u64>,
    /// Markets whose newest readings may meet an order.
    pub watched: BTreeSet<u16>,
}

/// What the orders need that is not there. `latest` are readings that the price server has told of; what they promise nothing for is
/// done where `unpaid` is.
pub fn needs(known: &Known<'_>, latest: &BTreeMap<u16, OracleReading>, unpaid: bool) -> Needs {
    let now = known.fresh.exchange.clock.now;
    let orders = || known.orders.into_iter().flatten();
    let mut needs = Needs::default();
    for (_, orders) in orders() {
        for (_, order) in orders.state.occupied() {
            needs.resting += 1;
            if order.is_armed(now).unwrap_or(false) {
                needs.armed += 1;
            } else if !order.is_asleep() && (order.kind() != OrderTrigger::AtTime || order.active_from <= now) {
                needs.watched.insert(order.market);
            }
        }
    }
    let readings = known.fresh.readings();
    let account = |address: &Pubkey| known.accounts.get(address);
    for ((market, second), worth) in readings_to_fill(known.fresh, account, orders()) {
        // The market's own account may say it, for as long as it does.
        let is_there = readings.get(&market).is_some_and(|said| fills_at(second, &said.reading));
        if !is_there {
            needs.wanted.insert((market, second), worth);
        }
    }
    for (market, worth) in readings_to_arm(known.fresh, account, orders(), &known.posted, latest) {
        if let Some(reading) = latest.get(&market).filter(|_| unpaid || worth > 0) {
            let sum = needs.wanted.entry((market, Timestamp::new(reading.publish_time()))).or_default();
            *sum = sum.saturating_add(worth);
        }
    }
    needs
}
