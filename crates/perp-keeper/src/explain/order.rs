//! What the keeper would decide about an order now.

use std::collections::BTreeSet;
use std::fmt::Write;

use perp_accounts::{MarginAccount, Orders};
use perp_client::addresses::orders_address;
use perp_client::instructions::Authority;
use perp_client::jobs::{fills_at, Fresh, Job};
use perp_client::rpc::{Accounts, FetchError, Venue};
use perp_engine::state::{OrderTrigger, RestingOrder, FILL_SECONDS};
use perp_engine::units::{Ppm, Price, MAX_SIZE};
use perp_exchange::convert::Units;
use solana_pubkey::Pubkey;

use super::{compared, decisions, fetched};
use crate::config::Config;
use crate::decision::{Policy, Verdict};
use crate::plan::{order as order_of, Known};

/// An order with what would be decided about it.
pub(super) struct ExplainedOrder<'a> {
    pub address: Pubkey,
    pub account: &'a MarginAccount,
    pub orders: &'a Orders,
    pub place: u8,
    pub fresh: &'a Fresh,
    pub decisions: &'a [(Job, Verdict)],
    pub policy: Policy,
}

impl ExplainedOrder<'_> {
    /// In words; none where there is no order at the place.
    pub fn text(&self) -> Option<String> {
        let order = self.orders.state.order(self.place.into()).ok()?;
        let mut text = String::new();
        // Writing to memory does not fail.
        let _ = writeln!(text, "order {} at place {} of margin account {}", order.number, self.place, self.address);
        let _ = writeln!(text, "  {}", self.terms(order));
        let _ = writeln!(text, "  {}", self.state(order));
        let _ = writeln!(text, "  {}", self.by_the_market(order));
        let about: Vec<_> =
            self.decisions.iter().filter(|(job, _)| order_of(&job.task) == Some((self.address, self.place))).collect();
        if about.is_empty() {
            let _ = writeln!(text, "the keeper would do nothing about it now");
        }
        for (job, verdict) in about {
            let _ = writeln!(text, "{job}: {} ({})", verdict.name(), compared(*verdict, job, &self.policy));
        }
        Some(text)
    }

    /// What it is to do.
    fn terms(&self, order: &RestingOrder) -> String {
        let Ok(market) = self.fresh.exchange.market(order.market) else {
            return format!("market {} is not known", order.market);
        };
        let units = Units::of(market);
        let price = |price: Price| units.show_price(price);
        let side = match order.kind() {
            OrderTrigger::AtTime => format!("from second {}", order.active_from.get()),
            kind => {
                let side = if kind == OrderTrigger::AtOrAbove { "at or above" } else { "at or below" };
                match order.trailing {
                    Ppm::ZERO => format!("{side} {}", price(order.trigger_price)),
                    trailing if order.best_published.is_never() => {
                        format!("{side} what is {} ppm from the best price, of which there is none yet", trailing.get())
                    }
                    trailing => {
                        format!("{side} what is {} ppm from the best price, {}", trailing.get(), price(order.best))
                    }
                }
            }
        };
        let reduces = match (order.is_reduce_only(), order.is_asleep()) {
            (false, _) => String::new(),
            (true, true) => ", only to reduce what its parent leaves".into(),
            (true, false) => format!(", only to reduce position {}", order.position),
        };
        let size = match order.is_reduce_only() && order.size.size().get() > MAX_SIZE {
            true => "all of it".into(),
            false => units.show_signed_size(order.size),
        };
        format!(
            "market {}: {size} {side}{reduces}; fills left: {}, the next for {} lamports",
            order.market,
            order.slices,
            order.tip()
        )
    }

    /// What it waits for.
    fn state(&self, order: &RestingOrder) -> String {
        let now = self.fresh.exchange.clock.now;
        let (from, at) = (order.fills_from.get(), now.get());
        if order.is_dead(&self.account.state, now).unwrap_or(false) {
            "dead: it can never be filled any more, and may be swept".into()
        } else if order.is_armed(now).unwrap_or(false) {
            let until = from.saturating_add(FILL_SECONDS.into());
            format!(
                "armed: it fills at the first reading of second {from} or later, handed in up to {until}; now is {at}"
            )
        } else if order.is_asleep() {
            format!("asleep until the order at place {} fills", order.parent.saturating_sub(1))
        } else {
            format!("waits; it may be met by what is published after second {}; now is {at}", order.active_from.get())
        }
    }

    /// What the reading of its market's price account would do.
    fn by_the_market(&self, order: &RestingOrder) -> String {
        let (exchange, market, place) = (&self.fresh.exchange, order.market, usize::from(self.place));
        let readings = self.fresh.readings();
        let said = readings.get(&market).map(|said| &said.reading);
        if order.is_armed(exchange.clock.now).unwrap_or(false) {
            return match said.filter(|said| fills_at(order.fills_from, said)) {
                Some(said) => {
                    match exchange.preview_execution(&self.account.state, &self.orders.state, place, market, said) {
                        Ok(after) => {
                            format!("filling it by the market's price account pays {}", after.plan.lamports.tip)
                        }
                        Err(refusal) => format!("no filling it by the market's price account: {refusal}"),
                    }
                }
                None => "the market's price account does not hold the reading at which it fills".into(),
            };
        }
        match exchange.preview_arming(&self.account.state, &self.orders.state, place, market, said) {
            Ok(after) if after.plan.is_armed() => "the market's price account meets it".into(),
            Ok(_) => "the market's price account moves its trigger".into(),
            Err(refusal) => format!("no arming it by the market's price account: {refusal}"),
        }
    }
}

/// What the keeper would decide about the order at a place of the margin account at an address.
///
/// # Errors
/// What is in the way, in words.
pub fn explain_order(
    config: &Config,
    venue: &Venue,
    keepers: &[Authority],
    account: &str,
    place: u8,
) -> Result<String, String> {
    let (address, found) = fetched(venue, account)?;
    let words = |error: FetchError| error.to_string();
    let at = orders_address(&address);
    let none = || format!("explain {address} {place}: there is no order at that place");
    let orders = venue.connection.find::<Orders>(&at).map_err(words)?.ok_or_else(none)?;
    let fresh = venue.fresh().map_err(words)?;
    let accounts: Accounts<MarginAccount> = [(address, found)].into_iter().collect();
    let of_account: Accounts<Orders> = [(at, orders)].into_iter().collect();
    let unpayable = BTreeSet::new();
    let known = Known { orders: Some(&of_account), ..Known::of(&fresh, &accounts, &unpayable) };
    let decisions = decisions(&known, keepers, config);
    let policy = Policy { fees: config.fees, unpaid: config.unpaid };
    let explained = ExplainedOrder {
        address,
        account: &found,
        orders: &orders,
        place,
        fresh: &fresh,
        decisions: &decisions,
        policy,
    };
    explained.text().ok_or_else(none)
}
