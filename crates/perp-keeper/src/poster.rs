//! Prices from a server to the chain, for markets whose own are getting old.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use perp_accounts::Market;
use perp_client::jobs::compute_units;
use perp_client::rpc::{SendError, Venue};
use perp_engine::market::price::PriceOutcome;
use perp_exchange::Exchange;
use perp_updates::receiver::Poster as Payer;
use perp_updates::rpc::{receiver_config, send, vaa_lamports, PlanSendError};
use perp_updates::{Destination, FeedId, Legs, Plan, Posting, Receiver, Update};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::{pubkey, Pubkey};
use solana_signer::Signer;

use crate::config::Fees;
use crate::decision::{transaction_fee, Budget};
use crate::outcome::{lacks_lamports, may_have_cost};
use crate::prices::{Prices, Troubled};

/// The program that sets limit and price of compute units.
const COMPUTE_BUDGET: Pubkey = pubkey!("ComputeBudget111111111111111111111111111111");

/// Posts what a server of signed prices says.
pub struct Poster<'a> {
    prices: &'a Prices,
    fees: Fees,
    /// Markets whose prices are refused.
    refused: Mutex<Troubled<u16>>,
}

/// What came of a look at all markets.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// Feeds that were posted.
    pub feeds: usize,
    /// What was in the way of others, in words.
    pub troubles: Vec<String>,
}

/// Who posts where, and from what.
struct Desk<'a> {
    venue: &'a Venue,
    payer: &'a Keypair,
    budget: &'a Mutex<Budget>,
    receiver: Receiver,
}

/// Why a price was not posted.
struct NotPosted {
    reason: String,
    /// Whether the chain has refused it, so that other markets' prices may do without it.
    is_refused: bool,
}

impl NotPosted {
    /// Nothing was refused.
    fn because(reason: impl std::fmt::Display) -> Self {
        Self { reason: reason.to_string(), is_refused: false }
    }
}

impl<'a> Poster<'a> {
    /// Of this server, within what may be spent.
    pub const fn new(prices: &'a Prices, fees: Fees) -> Self {
        Self { prices, fees, refused: Mutex::new(Troubled::none("market")) }
    }

    /// Brings markets whose price is older than so many seconds the newest prices and has them taken in, those of one receiver after those
    /// of another, all of one signature together. Markets to which nobody can post are passed over. A market whose price is not to be had,
    /// or is refused, keeps no other from its own.
    pub fn post(&self, venue: &Venue, payer: &Keypair, older_than: u64, budget: &Mutex<Budget>) -> Posted {
        let mut posted = Posted::default();
        let read = venue.fresh().and_then(|fresh| Ok((fresh.exchange, venue.all::<Market>()?)));
        let (exchange, markets) = match read {
            Ok(read) => read,
            Err(error) => {
                posted.troubles.push(error.to_string());
                return posted;
            }
        };
        let is_old = |market: &Market| {
            let age = exchange.clock.now.seconds_since(market.state.price.published);
            age.is_ok_and(|age| age > older_than) && !market.state.settlement.has_begun()
        };
        for (receiver, markets) in by_receiver(markets.into_values().filter(is_old)) {
            let desk = Desk { venue, payer, budget, receiver };
            match self.prices.latest(&feeds_of(&markets)) {
                Ok(parts) => {
                    for (update, feeds) in parts {
                        let markets = markets.iter().filter(|market| feeds.contains(&feed(market)));
                        self.bring(&desk, &exchange, &update, markets, &mut posted);
                    }
                }
                Err(error) => posted.troubles.push(error.to_string()),
            }
        }
        posted
    }

    /// Posts what is news to these markets, those whose prices were refused before each by itself.
    fn bring<'m>(
        &self,
        desk: &Desk<'_>,
        exchange: &Exchange,
        update: &Update,
        markets: impl Iterator<Item = &'m Market>,
        posted: &mut Posted,
    ) {
        let now = Instant::now();
        let (mut scratch, mut news) = (exchange.clone(), BTreeMap::new());
        for market in markets {
            let index = market.state.index;
            match is_news(&mut scratch, market, update) {
                // The feed is silent.
                Ok(false) => {}
                Ok(true) => drop(news.insert(index, *market)),
                Err(reason) => self.refused().failed(index, &reason, now),
            }
        }
        let (sound, due) = self.refused().divide(&news.keys().copied().collect::<Vec<_>>(), now);
        let of = |indices: &[u16]| indices.iter().filter_map(|index| news.get(index)).copied().collect::<Vec<_>>();
        match self.send(desk, update, &of(&sound)) {
            Ok(feeds) => {
                posted.feeds += feeds;
                self.refused().parted(true, now);
            }
            Err(error) if error.is_refused && sound.len() > 1 && self.refused().may_part(now) => {
                let mut refusals = Vec::new();
                let before = posted.feeds;
                for index in &sound {
                    match self.send(desk, update, &of(&[*index])) {
                        Ok(feeds) => posted.feeds += feeds,
                        Err(error) => refusals.push((*index, error)),
                    }
                }
                let came = posted.feeds > before;
                self.refused().parted(came, now);
                for (index, error) in refusals {
                    match came && error.is_refused {
                        true => self.refused().failed(index, &error.reason, now),
                        false => posted.troubles.push(error.reason),
                    }
                }
            }
            Err(error) => posted.troubles.push(error.reason),
        }
        for index in due {
            match self.send(desk, update, &of(&[index])) {
                Ok(feeds) => {
                    posted.feeds += feeds;
                    self.refused().mended(index);
                }
                Err(error) => self.refused().failed(index, &error.reason, now),
            }
        }
    }

    /// Posts the prices of these markets and has them taken in, all or none. Returns how many feeds that were.
    fn send(&self, desk: &Desk<'_>, update: &Update, markets: &[Market]) -> Result<usize, NotPosted> {
        if markets.is_empty() {
            return Ok(0);
        }
        let connection = &desk.venue.connection;
        // Markets that take any account of their feed are given new ones, which are closed after use.
        let own: Vec<Keypair> = markets.iter().map(|_| Keypair::new()).collect();
        let addresses: Vec<Pubkey> = own.iter().map(Signer::pubkey).collect();
        let legs = Legs::of(&desk.venue.addresses, markets, &addresses).map_err(NotPosted::because)?;
        let feeds = legs.feeds.len();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(NotPosted::because)?;
        let each = compute_units("update_prices", 0);
        let config = receiver_config(connection, desk.receiver).map_err(NotPosted::because)?;
        let post_fee = config.fee;
        let plan = Posting {
            config,
            poster: Payer { payer: desk.payer.pubkey(), treasury: 0 },
            update,
            posts: legs.posts,
            then: vec![legs.update],
            then_units: u32::try_from(markets.len()).unwrap_or(u32::MAX).saturating_mul(each),
            unit_price: self.fees.micro_lamports,
            number: u64::try_from(since.as_micros()).unwrap_or_default(),
            vaa_lamports: vaa_lamports(connection, &update.vaa).map_err(NotPosted::because)?,
        };
        let plan = plan.plan().map_err(NotPosted::because)?;
        let posts_fee = post_fee.saturating_mul(u64::try_from(feeds).unwrap_or(u64::MAX));
        let costs = Costs::of(&plan, posts_fee);
        costs.reserve(&self.fees, desk.budget).map_err(NotPosted::because)?;
        let signers: Vec<&Keypair> = [desk.payer].into_iter().chain(&own).collect();
        let sent = send(connection, &plan, &signers);
        costs.settle(sent.as_ref().err(), desk.budget);
        match sent {
            Ok(_) => Ok(feeds),
            Err(error) => Err(NotPosted {
                is_refused: matches!(*error.reason, SendError::Failed { .. }) && !lacks_lamports(&error.reason),
                reason: error.to_string(),
            }),
        }
    }

    fn refused(&self) -> MutexGuard<'_, Troubled<u16>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an update says something to a market that neither it nor its account has.
///
/// # Errors
/// Why the market would refuse it, and with it everything that is taken in at once, in words.
fn is_news(exchange: &mut Exchange, market: &Market, update: &Update) -> Result<bool, String> {
    let said = update.price(feed(market)).map_err(words)?;
    let reading = said.reading().ok().ok_or("the feed says what no oracle may")?;
    let outcome = exchange.update_price(market.state.index, &reading).map_err(words)?;
    Ok(outcome != PriceOutcome::NotNewer)
}

const fn feed(market: &Market) -> FeedId {
    FeedId(market.oracle.feed_id)
}

/// The feeds of markets, each once.
fn feeds_of(markets: &[Market]) -> Vec<FeedId> {
    let feeds: BTreeSet<FeedId> = markets.iter().map(feed).collect();
    feeds.into_iter().collect()
}

/// Markets that can be posted to, by the receiver that their prices go through, in the order of their indices.
fn by_receiver(markets: impl Iterator<Item = Market>) -> Vec<(Receiver, Vec<Market>)> {
    let mut markets: Vec<Market> = markets.collect();
    markets.sort_by_key(|market| market.state.index);
    let mut grouped: Vec<(Receiver, Vec<Market>)> = Vec::new();
    for market in markets {
        let Ok(Destination { receiver, .. }) = Destination::of(&market.oracle, Pubkey::default()) else { continue };
        match grouped.iter_mut().find(|(of, _)| *of == receiver) {
            Some((_, markets)) => markets.push(market),
            None => grouped.push((receiver, vec![market])),
        }
    }
    grouped
}

/// What a posting costs, transaction by transaction, in lamports. Rent comes back when its accounts are closed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Costs(Vec<u64>);

impl Costs {
    /// Of a plan, with what the receiver takes for its posts.
    pub fn of(plan: &Plan, posts_fee: u64) -> Self {
        let mut costs: Vec<u64> = plan.transactions.iter().map(|instructions| cost(instructions)).collect();
        if let Some(uses) = costs.get_mut(plan.uses) {
            // The receiver takes it where the prices are posted, at the latest here.
            *uses = uses.saturating_add(posts_fee);
        }
        Self(costs)
    }

    /// Of all transactions.
    pub fn sum(&self) -> u64 {
        self.0.iter().copied().fold(0, u64::saturating_add)
    }

    /// Sets the whole aside, where each transaction and the hour stay within their caps.
    pub fn reserve(&self, fees: &Fees, budget: &Mutex<Budget>) -> Result<(), String> {
        let (dearest, sum) = (self.0.iter().copied().max().unwrap_or(0), self.sum());
        if dearest > fees.most_lamports {
            return Err(format!("a transaction would cost {dearest} lamports of {}", fees.most_lamports));
        }
        let mut budget = budget.lock().unwrap_or_else(PoisonError::into_inner);
        let most = fees.most_lamports_an_hour;
        if budget.sum(Instant::now()).saturating_add(sum) > most {
            return Err(format!("posting for {sum} lamports would cost more than {most} within an hour"));
        }
        budget.reserve(sum);
        Ok(())
    }

    /// What came before a failure was paid, and what failed may have been.
    pub fn settle(&self, failed: Option<&PlanSendError>, budget: &Mutex<Budget>) {
        let paid = failed.map_or(self.0.len(), |error| error.index + usize::from(may_have_cost(&error.reason)));
        let cost = self.0.iter().copied().take(paid).fold(0, u64::saturating_add);
        budget.lock().unwrap_or_else(PoisonError::into_inner).settle(Instant::now(), self.sum(), cost);
    }
}

/// Lamports of a transaction of these instructions, by the limit and the price of compute units that they set.
fn cost(instructions: &[Instruction]) -> u64 {
    const SET_LIMIT: u8 = 2;
    const SET_PRICE: u8 = 3;
    let (mut limit, mut price) = (0, 0);
    for Instruction { data, .. } in instructions.iter().filter(|called| called.program_id == COMPUTE_BUDGET) {
        match data.split_first() {
            Some((&SET_LIMIT, units)) => limit = units.try_into().map_or(0, u32::from_le_bytes),
            Some((&SET_PRICE, millionths)) => price = millionths.try_into().map_or(0, u64::from_le_bytes),
            _ => {}
        }
    }
    let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
    let signers: BTreeSet<Pubkey> = metas.filter(|meta| meta.is_signer).map(|meta| meta.pubkey).collect();
    transaction_fee(signers.len(), u64::from(limit), price)
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;
    use perp_accounts::oracle::{OracleBinding, OracleKind, CORE_RECEIVER};
    use perp_client::rpc::SendError;
    use perp_engine::units::Timestamp;

    fn market(index: u16, program: Pubkey) -> Market {
        let oracle = OracleBinding::new(OracleKind::Pull, program, Pubkey::default(), [5; 32]);
        let mut market = Market { oracle, ..Market::zeroed() };
        (market.state.index, market.state.price.published) = (index, Timestamp::new(1));
        market
    }

    #[test]
    fn every_receiver_is_posted_to() {
        let other = Receiver::Compatible;
        let markets = [
            market(3, CORE_RECEIVER),
            market(2, other.program()),
            market(0, CORE_RECEIVER),
            market(1, Pubkey::new_unique()),
        ];
        let grouped = by_receiver(markets.into_iter());
        let indices = |markets: &Vec<Market>| markets.iter().map(|market| market.state.index).collect::<Vec<_>>();
        let found: Vec<_> = grouped.iter().map(|(receiver, markets)| (receiver.program(), indices(markets))).collect();
        // To the second market's program nobody can post.
        assert_eq!(found, [(CORE_RECEIVER, vec![0, 3]), (other.program(), vec![2])]);
    }

    /// A transaction with two signers and a limit of 100 000 units at 20 000 millionths: 10 000 and 2 000 lamports.
    fn transaction() -> Vec<Instruction> {
        let budget = |data: Vec<u8>| Instruction { program_id: COMPUTE_BUDGET, accounts: Vec::new(), data };
        let signer = |number| solana_instruction::AccountMeta::new(Pubkey::new_from_array([number; 32]), true);
        let called = Instruction {
            program_id: Pubkey::new_from_array([9; 32]),
            accounts: vec![signer(1), signer(2), signer(1)],
            data: vec![2, 0xff],
        };
        let limit = [&[2][..], &100_000u32.to_le_bytes()].concat();
        let price = [&[3][..], &20_000u64.to_le_bytes()].concat();
        vec![budget(limit), budget(price), called]
    }

    #[test]
    fn posting_keeps_to_what_a_transaction_and_an_hour_may_cost() {
        let plan = Plan { transactions: vec![transaction(), transaction(), transaction()], uses: 1, encoded_vaa: None };
        let (costs, budget) = (Costs::of(&plan, 500), Mutex::new(Budget::default()));
        assert_eq!(costs, Costs(vec![12_000, 12_500, 12_000]));
        let fees = Fees { most_lamports: 12_500, most_lamports_an_hour: 50_000, ..Fees::default() };
        let dear = costs.reserve(&Fees { most_lamports: 12_499, ..fees }, &budget).unwrap_err();
        assert!(dear.contains("12500 lamports of 12499"), "{dear}");
        // Liquidations on their way have set 13 500 aside: with 36 500 that is all there is.
        budget.lock().unwrap().reserve(13_500);
        let spent = costs.reserve(&Fees { most_lamports_an_hour: 49_999, ..fees }, &budget).unwrap_err();
        assert!(spent.contains("more than 49999 within an hour"), "{spent}");
        costs.reserve(&fees, &budget).unwrap();
        assert!(costs.reserve(&fees, &budget).is_err());
    }

    #[test]
    fn of_a_posting_that_fails_in_the_middle_what_was_paid_counts() {
        let costs = Costs(vec![12_000, 12_500, 12_000]);
        let fees = Fees::default();
        let paid = |failed: Option<(usize, SendError)>| {
            let budget = Mutex::new(Budget::default());
            costs.reserve(&fees, &budget).unwrap();
            let error = failed.map(|(index, reason)| PlanSendError {
                index,
                count: 3,
                reason: Box::new(reason),
                left_open: None,
            });
            costs.settle(error.as_ref(), &budget);
            budget.into_inner().unwrap().sum(Instant::now())
        };
        let unsent = || SendError::NotSent { reason: "the node is down".into() };
        let unknown = || SendError::Unconfirmed { signature: Default::default() };
        assert_eq!([paid(None), paid(Some((0, unsent())))], [36_500, 0]);
        assert_eq!([paid(Some((1, unsent()))), paid(Some((1, unknown())))], [12_000, 24_500]);
    }
}
