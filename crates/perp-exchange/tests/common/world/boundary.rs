//! A boundary while it is waited for, as the world saw it come: markets and cash as they stood then, and what the markets are found to
//! have been worth.

use super::*;
use crate::common::reference::{Known, Near};
use perp_engine::operations::liquidity::Valuation;
use perp_engine::session::Session;
use perp_engine::state::PriceCache;
use perp_engine::units::{Clock, Timestamp};

#[derive(Clone, Debug, Default)]
pub struct Boundary {
    /// When it is; zero where nobody waits for one.
    pub time: i64,
    pub markets: BTreeMap<u16, Market>,
    pub cash: Option<i128>,
    /// What the requests that belong to it have left for its valuations.
    pub lamports: Option<u64>,
    /// What each market is worth at least and at most; the latter counts for nothing where its losers owe too much.
    pub values: BTreeMap<u16, (i128, i128)>,
    pub sells_nothing: bool,
    near: BTreeMap<u16, Near>,
}

/// The market with its funding accrued up to the boundary, and not a second further.
fn accrued(kept: &Market, boundary: i64) -> Market {
    let mut market = *kept;
    let session = Session {
        status: Status::Active,
        pause_began: Timestamp::NEVER,
        pause_ended: Timestamp::NEVER,
        boundary: Timestamp::NEVER,
        clock: Clock { now: Timestamp::new(boundary), slot: 0 },
    };
    market.refresh(None, &session).unwrap();
    market
}

impl Boundary {
    pub fn at(time: i64) -> Self {
        Self { time, ..Self::default() }
    }

    /// What has not been seen of an exchange yet is seen now, before anything happens on it. `handed` is the reading that a market
    /// is about to take in.
    pub fn see(&mut self, before: &Exchange, handed: Option<(u16, i64)>) {
        let now = before.clock.now.get();
        if self.has_come(before) {
            for market in before.markets() {
                self.markets.entry(market.index).or_insert(*market);
            }
            self.cash.get_or_insert(before.pool.cash.get().into());
        } else if let Some((market, published)) = handed.filter(|_| self.time != 0) {
            let market = before.market(market).unwrap();
            if (self.time..=now + i64::from(market.parameters.future_tolerance)).contains(&published) {
                self.markets.entry(market.index).or_insert(*market);
            }
        }
    }

    pub fn has_come(&self, exchange: &Exchange) -> bool {
        self.time != 0 && exchange.clock.now.get() >= self.time
    }

    /// What an operation kept is what the world saw, and whatever changes a market's worth keeps it first.
    pub fn check(&self, before: &Exchange, after: &Exchange, kind: Kind) {
        let values = matches!(kind, Kind::ValueMarket | Kind::NoteReading);
        // Only insurance and fees are nothing that a market is worth to the pool.
        let worthless = matches!(kind, Kind::FundInsurance | Kind::WithdrawProtocolFees);
        for (was, is) in before.markets().iter().zip(after.markets()) {
            let kept = is.at_boundary.boundary.get() == self.time;
            let unchanged = worthless || was.ledger == is.ledger;
            assert!(!self.has_come(before) || kept || unchanged, "{kind:?} kept no books first");
            if was.at_boundary.boundary == is.at_boundary.boundary {
                assert!(values || was.at_boundary == is.at_boundary, "{kind:?} changed what was kept");
            } else {
                assert!(kept, "{kind:?} kept another boundary's books");
            }
        }
        for (index, seen) in &self.markets {
            let kept = &after.market(*index).unwrap().at_boundary;
            // A market that nothing touched since is not kept yet.
            if kept.boundary.get() == self.time && !values {
                let valued = self.values.contains_key(index) || self.near.contains_key(index);
                let ledger = if valued { accrued(seen, self.time).ledger } else { seen.ledger };
                assert_eq!(kept.ledger.sides, ledger.sides, "{kind:?}: market {index} was kept with other positions");
                let said = |price: PriceCache| (price.price, price.confidence, price.published);
                assert_eq!(said(kept.price), said(seen.price), "{kind:?}: market {index} was kept at another price");
                assert_eq!((kept.averages, kept.second_price), (seen.averages, seen.second_price));
            }
        }
    }

    /// What must be known of a market's price if this is handed in.
    pub fn known(&self, before: &Exchange, market: u16, reading: Option<&OracleReading>) -> Option<Known> {
        let epoch = &before.pool.epoch;
        let listed_later = epoch.waiting.boundary.get() == self.time && market >= epoch.markets;
        if !self.has_come(before) || listed_later || self.values.contains_key(&market) {
            return None;
        }
        let kept = accrued(&self.markets[&market], self.time);
        let near = self.near.get(&market).copied();
        Some(reference::known(&kept, reading, near, self.time, before.clock.now.get()))
    }

    /// A market was valued: at what the world saw of it, whatever was done since. Returns what was paid for it, in lamports.
    pub fn value(&mut self, market: u16, known: Option<Known>, outcome: &Valuation) -> u64 {
        match (known, outcome) {
            (Some(Known::Range { low, high, price }), Valuation::Valued { value, lamports }) => {
                let kept = accrued(&self.markets[&market], self.time);
                let worth = reference::market_bounds(&kept.ledger, low, high);
                assert_eq!((value.lower.get().into(), value.upper.get().into()), worth, "market {market}");
                let sells = price.is_none_or(|price| !reference::losers_owe_too_much(&kept, price));
                self.values.insert(market, (worth.0, if sells { worth.1 } else { 0 }));
                self.sells_nothing |= !sells;
                let left = self.lamports.as_mut().unwrap();
                assert_eq!(*lamports, 10_000.min(*left));
                *left -= lamports;
                *lamports
            }
            (Some(Known::Near(near)), Valuation::Noted | Valuation::NotEarlier) => {
                let was = self.near.insert(market, near);
                assert_eq!(*outcome == Valuation::Noted, was != Some(near));
                0
            }
            (known, outcome) => panic!("market {market}: {outcome:?} where {known:?} is known"),
        }
    }

    /// The pool's cash and what the markets valued so far were worth, at least and at most.
    pub fn worth(&self) -> (i128, i128) {
        let cash = self.cash.unwrap();
        self.values.values().fold((cash, cash), |sum, worth| (sum.0 + worth.0, sum.1 + worth.1))
    }
}
