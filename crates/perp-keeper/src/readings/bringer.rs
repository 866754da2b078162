//! The thread that asks the price server for readings, posts them, and closes their accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use perp_accounts::oracle::OracleBinding;
use perp_accounts::Market;
use perp_client::jobs::{fills_at, PostedPrice};
use perp_client::rpc::{SendError, Venue};
use perp_engine::units::Timestamp;
use perp_updates::destination::Place;
use perp_updates::receiver::{reclaim_rent, Poster as Payer};
use perp_updates::rpc::{receiver_config, send, vaa_lamports};
use perp_updates::{Destination, FeedId, Post, Posting, Receiver, Update};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::{Evidence, Posted, Readings, Wanted};
use crate::decision::{transaction_fee, Budget, Policy};
use crate::journal::Journal;
use crate::operations::Operations;
use crate::poster::Costs;
use crate::prices::Prices;

mod left;
mod search;

/// Why orders of a market wait in vain.
const NO_READING: &str = "no reading was published within ten seconds";
/// Posts that are on their way at once.
const AT_ONCE: usize = 8;
/// Accounts that one transaction closes.
const CLOSED_AT_ONCE: usize = 8;
/// Prices are dated in whole seconds.
const LATEST_EVERY: Duration = Duration::from_secs(1);
/// Between two tries to close accounts.
const CLOSE_EVERY: Duration = Duration::from_secs(2);

/// Brings readings from the price server to the chain.
pub struct Bringer<'a> {
    prices: &'a Prices,
    venue: &'a Venue,
    wallets: &'a [Keypair],
    operations: &'a Operations,
    budget: &'a Mutex<Budget>,
    policy: Policy,
    readings: &'a Readings,
    evidence: &'a Evidence,
    /// Feeds of the markets, and the receivers that their prices go through.
    feeds: BTreeMap<u16, (Receiver, FeedId)>,
    /// What the markets read.
    bindings: BTreeMap<u16, OracleBinding>,
    asked: Option<Instant>,
    searched: Option<Instant>,
    /// Why the newest readings were not told the last time.
    trouble: Option<String>,
    closed: Instant,
    /// Receivers at which it has looked for accounts that an earlier run left behind.
    tidied: Vec<Receiver>,
    /// Whose turn it is to pay.
    turn: usize,
}

/// Readings of one receiver and time, which share a posting.
type Groups = BTreeMap<(Timestamp, u8), Vec<(u16, u64)>>;

impl<'a> Bringer<'a> {
    /// One of this server, whose payers are the wallets.
    pub fn new(
        prices: &'a Prices,
        (venue, wallets): (&'a Venue, &'a [Keypair]),
        (operations, budget): (&'a Operations, &'a Mutex<Budget>),
        policy: Policy,
        (readings, evidence): (&'a Readings, &'a Evidence),
    ) -> Self {
        Self {
            prices,
            venue,
            wallets,
            operations,
            budget,
            policy,
            readings,
            evidence,
            feeds: BTreeMap::new(),
            bindings: BTreeMap::new(),
            asked: None,
            searched: None,
            trouble: None,
            closed: Instant::now(),
            tidied: Vec::new(),
            turn: 0,
        }
    }

    /// Asks, posts and closes what there is to.
    pub fn turn(&mut self) {
        self.tidy();
        self.tell_latest();
        self.post_due();
        if self.searched.is_none_or(|searched| searched.elapsed() >= LATEST_EVERY) {
            self.searched = Some(Instant::now());
            self.search();
        }
        if self.closed.elapsed() >= CLOSE_EVERY {
            self.close(false);
        }
    }

    /// Closes every account.
    pub fn end(&mut self) {
        self.close(true);
    }

    /// Asks for the newest readings, once a second.
    fn tell_latest(&mut self) {
        let watched = self.readings.watched();
        if watched.is_empty() || self.asked.is_some_and(|asked| asked.elapsed() < LATEST_EVERY) {
            return;
        }
        self.asked = Some(Instant::now());
        self.learn(watched.iter().copied());
        let feeds: Vec<(u16, FeedId)> =
            watched.iter().filter_map(|market| Some((*market, self.feeds.get(market)?.1))).collect();
        let mut ids: Vec<FeedId> = feeds.iter().map(|(_, feed)| *feed).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return;
        }
        match self.prices.latest(&ids) {
            Ok(parts) => {
                let of = |feed: &FeedId| parts.iter().find(|(_, feeds)| feeds.contains(feed)).map(|(update, _)| update);
                let said =
                    |(market, feed): &(u16, FeedId)| Some((*market, of(feed)?.price(*feed).ok()?.reading().ok()?));
                self.readings.tell_latest(feeds.iter().filter_map(said).collect());
                self.trouble = None;
            }
            Err(error) => {
                let reason = error.to_string();
                // What goes on is told once.
                if self.trouble.as_ref() != Some(&reason) {
                    Journal::trouble("not_told", &reason);
                }
                self.trouble = Some(reason);
            }
        }
    }

    /// Learns of markets that are not known yet.
    fn learn(&mut self, markets: impl Iterator<Item = u16>) {
        for index in markets {
            if self.feeds.contains_key(&index) {
                continue;
            }
            let address = self.venue.addresses.market(index);
            let Ok(market) = self.venue.connection.fetch::<Market>(&address) else { continue };
            self.bindings.insert(index, market.oracle);
            // To an order any account of the feed will do, whichever the market is bound to.
            let oracle = OracleBinding { account: Pubkey::default(), ..market.oracle };
            if let Ok(Destination { receiver, feed, .. }) = Destination::of(&oracle, Pubkey::default()) {
                self.feeds.insert(index, (receiver, feed));
            }
        }
    }

    fn post_due(&mut self) {
        let due = self.readings.due(Instant::now());
        if due.is_empty() {
            return;
        }
        self.learn(due.keys().map(|(market, _)| *market));
        let mut groups = Groups::new();
        for ((market, second), worth) in due {
            match self.feeds.get(&market) {
                Some((receiver, _)) => {
                    groups.entry((second, *receiver as u8)).or_default().push((market, worth));
                }
                // Nobody can post to its oracle.
                None => {
                    self.readings.failed((market, second), Instant::now());
                }
            }
        }
        let groups: Vec<_> = groups.into_iter().take(AT_ONCE).collect();
        let able: Vec<&Keypair> =
            self.wallets.iter().filter(|wallet| self.operations.may_pay(&wallet.pubkey())).collect();
        let first = self.turn;
        self.turn = self.turn.wrapping_add(groups.len());
        let this = &*self;
        std::thread::scope(|scope| {
            for (place, ((second, _), markets)) in groups.into_iter().enumerate() {
                let payer = able.get(first.wrapping_add(place) % able.len().max(1)).copied();
                scope.spawn(move || this.post_group(payer, second, &markets));
            }
        });
    }

    fn post_group(&self, payer: Option<&Keypair>, second: Timestamp, markets: &[(u16, u64)]) {
        let posted = match payer {
            Some(payer) => self.post(payer, second, markets),
            None => Err("no wallet holds enough lamports to pay for it".into()),
        };
        self.operations.brought(posted.as_ref().map_or(0, Vec::len));
        let posted = posted.unwrap_or_else(|reason| {
            self.failed(markets.iter().map(|(market, _)| *market), second, &reason);
            Vec::new()
        });
        let found: Vec<u16> = posted.iter().map(|((market, _), _)| *market).collect();
        if !found.is_empty() {
            Journal::reading(&found, second.get(), None);
        }
        for (wanted, posted) in posted {
            self.readings.put(wanted, posted);
        }
    }

    /// These have no reading of that time yet. What goes on is told once.
    fn failed(&self, markets: impl Iterator<Item = u16>, second: Timestamp, reason: &str) {
        let now = Instant::now();
        let news: Vec<u16> = markets.filter(|market| self.readings.failed((*market, second), now)).collect();
        if !news.is_empty() {
            Journal::reading(&news, second.get(), Some(reason));
        }
    }

    /// Posts the readings of one time into new accounts of the payer's, where what orders pay at them is worth it. A market that has none
    /// keeps no other from its own.
    fn post(
        &self,
        payer: &Keypair,
        second: Timestamp,
        markets: &[(u16, u64)],
    ) -> Result<Vec<(Wanted, Posted)>, String> {
        let feed_of = |market: &u16| self.feeds.get(market).copied();
        let mut ids: Vec<FeedId> = markets.iter().filter_map(|(market, _)| Some(feed_of(market)?.1)).collect();
        ids.sort_unstable();
        ids.dedup();
        // At first it is rather that the server does not have that second yet.
        let is_apart = markets.iter().any(|(market, _)| self.readings.has_failed(&(*market, second)));
        let parts = self.prices.at(&ids, second.get(), is_apart).map_err(words)?;
        let (mut posted, mut troubles) = (Vec::new(), Vec::new());
        let mut missing: BTreeSet<u16> = markets.iter().map(|(market, _)| *market).collect();
        for (update, feeds) in &parts {
            let of_part =
                markets.iter().filter(|(market, _)| feed_of(market).is_some_and(|(_, feed)| feeds.contains(&feed)));
            match self.post_part(payer, second, of_part, update) {
                Ok(found) => {
                    for ((market, _), _) in &found {
                        missing.remove(market);
                    }
                    posted.extend(found);
                }
                Err(reason) => troubles.push(reason),
            }
        }
        match posted.is_empty() {
            true => Err(troubles.into_iter().next().unwrap_or_else(|| NO_READING.into())),
            false => {
                let reason = troubles.first().map_or(NO_READING, String::as_str);
                self.failed(missing.into_iter(), second, reason);
                Ok(posted)
            }
        }
    }

    /// The same of what comes under one signature.
    fn post_part<'m>(
        &self,
        payer: &Keypair,
        second: Timestamp,
        markets: impl Iterator<Item = &'m (u16, u64)>,
        update: &Update,
    ) -> Result<Vec<(Wanted, Posted)>, String> {
        let (mut own, mut posts, mut found) = (Vec::new(), Vec::new(), Vec::new());
        let (mut worth, mut receiver) = (0u64, Receiver::Core);
        let mut accounts: BTreeMap<FeedId, Pubkey> = BTreeMap::new();
        for (market, lamports) in markets {
            let Some((of, feed)) = self.feeds.get(market).copied() else { continue };
            let said = update.price(feed).ok().and_then(|said| said.reading().ok());
            // It is none that an order fills at: nothing was published for too long.
            let Some(reading) = said.filter(|said| fills_at(second, said)) else { continue };
            receiver = of;
            worth = worth.saturating_add(*lamports);
            // Two markets of one feed share the account.
            let account = *accounts.entry(feed).or_insert_with(|| {
                let key = Keypair::new();
                let (account, place) = (key.pubkey(), Place::Own { account: key.pubkey() });
                let destination = Destination { receiver: of, feed, place };
                posts.push(Post { destination, is_new: true, close: false });
                own.push(key);
                account
            });
            let price = PostedPrice { account, reading };
            found.push(((*market, second), Posted { price, receiver: of, payer: payer.pubkey() }));
        }
        if found.is_empty() {
            return Err(NO_READING.into());
        }
        self.send(payer, &own, receiver, update, posts, worth)?;
        Ok(found)
    }

    fn send(
        &self,
        payer: &Keypair,
        own: &[Keypair],
        receiver: Receiver,
        update: &Update,
        posts: Vec<Post>,
        worth: u64,
    ) -> Result<(), String> {
        let connection = &self.venue.connection;
        let config = receiver_config(connection, receiver).map_err(words)?;
        let posts_fee = config.fee.saturating_mul(u64::try_from(posts.len()).unwrap_or(u64::MAX));
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(words)?;
        let fees = &self.policy.fees;
        let posting = Posting {
            config,
            poster: Payer { payer: payer.pubkey(), treasury: 0 },
            update,
            posts,
            then: Vec::new(),
            then_units: 0,
            unit_price: fees.micro_lamports,
            number: u64::try_from(since.as_micros()).unwrap_or_default(),
            vaa_lamports: vaa_lamports(connection, &update.vaa).map_err(words)?,
        };
        let plan = posting.plan().map_err(words)?;
        let costs = Costs::of(&plan, posts_fee);
        let cost = costs.sum().saturating_add(close_fee());
        if !self.policy.is_worth(worth, cost) {
            return Err(format!(
                "posting for {cost} lamports costs more than the {worth} that orders pay at it are worth"
            ));
        }
        costs.reserve(fees, self.budget)?;
        let signers: Vec<&Keypair> = [payer].into_iter().chain(own).collect();
        let sent = send(connection, &plan, &signers);
        costs.settle(sent.as_ref().err(), self.budget);
        sent.map(drop).map_err(words)
    }

    /// Closes accounts whose readings are of no use any more: their rent returns to whoever has paid it.
    fn close(&mut self, all: bool) {
        self.closed = Instant::now();
        let mut by_payer: BTreeMap<Pubkey, BTreeMap<Pubkey, (Receiver, Vec<Wanted>)>> = BTreeMap::new();
        let over = self.readings.over(all).into_iter().chain(self.evidence.over(all, self.closed));
        for (wanted, Posted { price, receiver, payer }) in over {
            let accounts = by_payer.entry(payer).or_default();
            accounts.entry(price.account).or_insert_with(|| (receiver, Vec::new())).1.push(wanted);
        }
        for (payer, over) in by_payer {
            let Some(key) = self.wallets.iter().find(|wallet| wallet.pubkey() == payer) else { continue };
            let over: Vec<(Pubkey, (Receiver, Vec<Wanted>))> = over.into_iter().collect();
            for part in over.chunks(CLOSED_AT_ONCE) {
                let accounts = part.iter().map(|(account, (receiver, _))| (*receiver, *account));
                if let Err(error) = self.reclaim(key, accounts) {
                    Journal::trouble("not_closed", &error);
                    continue;
                }
                for (account, (_, read)) in part {
                    for wanted in read {
                        self.readings.closed(wanted, account);
                        self.evidence.closed(wanted, account);
                    }
                }
            }
        }
    }

    /// Closes accounts of this wallet's in one transaction.
    fn reclaim(&self, wallet: &Keypair, accounts: impl Iterator<Item = (Receiver, Pubkey)>) -> Result<(), SendError> {
        let payer = wallet.pubkey();
        let close: Vec<Instruction> =
            accounts.map(|(receiver, account)| reclaim_rent(receiver, payer, account)).collect();
        self.venue.connection.send(&close, &[wallet])?;
        let mut budget = self.budget.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        budget.settle(Instant::now(), 0, close_fee());
        Ok(())
    }
}

/// Lamports of a transaction that closes accounts, at no price of a unit.
fn close_fee() -> u64 {
    transaction_fee(1, 0, 0)
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
