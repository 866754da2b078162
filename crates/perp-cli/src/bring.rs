//! Prices that a server has signed, posted in the transaction of whoever needs them.

use std::time::{SystemTime, UNIX_EPOCH};

use perp_client::jobs::PostedPrice;
use perp_client::rpc::Connection;
use perp_engine::units::Timestamp;
use perp_updates::destination::Place;
use perp_updates::receiver::Poster;
use perp_updates::{Destination, FeedId, Plan, Post, Posting, PriceServer, ServerError, Update};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::chain::Chain;
use crate::failure::Failure;

/// A price of so many seconds is brought anew: one that is older than 5 s fills nothing that increases.
const OLD: u64 = 2;
/// What an instruction may take in compute units beside the posting: the runtime's own default.
const UNITS: u32 = 200_000;

/// What is posted before a command's own instructions, together with them.
pub struct Brought {
    update: Update,
    posts: Vec<Post>,
    /// Keys of accounts that are made for it and closed after it.
    keys: Vec<Keypair>,
}

/// What a price server has of these markets: of each a signed price, and the account that it is posted into.
struct Fetched {
    brought: Brought,
    prices: Vec<(u16, PostedPrice)>,
}

impl Brought {
    /// The newest prices of those of these markets whose own is older than two seconds, taken in by the exchange in memory as the
    /// transaction will find them; none where all are young, or where no server is set.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] where the server does not answer, [`Failure::Refused`] where it answers with what no market takes.
    pub fn newest(chain: &mut Chain, server: Option<&str>, markets: &[u16]) -> Result<Option<Self>, Failure> {
        let Some(server) = server else { return Ok(None) };
        let now = chain.now();
        let is_old = |market: &u16| {
            let market = chain.exchange().market(*market).ok();
            market.is_some_and(|market| now.seconds_since(market.price.published).map_or(true, |age| age > OLD))
        };
        let mut old: Vec<u16> = markets.iter().copied().filter(is_old).collect();
        old.sort_unstable();
        old.dedup();
        // A market of a kind that nobody can post to is left as it is.
        let to = |market: u16| {
            let own = Keypair::new();
            Some((market, destination(chain, market, &own).ok()?, own))
        };
        let to: Vec<_> = old.into_iter().filter_map(to).collect();
        if to.is_empty() {
            return Ok(None);
        }
        let Fetched { brought, prices } = fetch(chain, to, |feeds| PriceServer::new(server)?.latest(feeds))?;
        let is_news = |(market, said): &(u16, PostedPrice)| {
            let known = chain.exchange().market(*market).map_or(0, |market| market.price.published.get());
            said.reading.publish_time() > known
        };
        if !prices.iter().any(is_news) {
            return Ok(None);
        }
        for (market, said) in prices {
            chain.fresh.take(market, said.account, &said.reading)?;
        }
        Ok(Some(brought))
    }

    /// The first reading of a market that was published in that second or after it.
    ///
    /// # Errors
    /// As of [`Brought::newest`]; [`Failure::Input`] where no server is set.
    pub fn of_second(
        chain: &Chain,
        server: Option<&str>,
        market: u16,
        second: Timestamp,
    ) -> Result<(Self, PostedPrice), Failure> {
        let server = server.ok_or_else(|| {
            Failure::input("prices_url is missing: give --prices-url or PERP_PRICES_URL, a server that has the reading of that second")
        })?;
        // Where the market's own account is one that everybody brings newer prices to, an older one fits into another account alone.
        let own = Keypair::new();
        let to = Destination { place: Place::Own { account: own.pubkey() }, ..destination(chain, market, &own)? };
        let Fetched { brought, prices } =
            fetch(chain, vec![(market, to, own)], |feeds| PriceServer::new(server)?.at(feeds, second.get()))?;
        let (_, said) = prices.first().ok_or_else(|| Failure::Refused("the price server has no reading".into()))?;
        Ok((brought, *said))
    }

    /// The transactions that post and then carry these instructions out.
    ///
    /// # Errors
    /// [`Failure`] where they do not fit, or the node does not answer.
    pub fn plan(
        &self,
        connection: &Connection,
        key: &Keypair,
        then: Vec<Instruction>,
        unit_price: u64,
    ) -> Result<Plan, Failure> {
        let first = self.posts.first().ok_or_else(|| Failure::Refused("nothing is posted".into()))?;
        let unreachable = |error: perp_updates::rpc::ReadError| Failure::Unreachable(error.to_string());
        let count = u32::try_from(then.len()).unwrap_or(u32::MAX);
        let posting = Posting {
            config: perp_updates::rpc::receiver_config(connection, first.destination.receiver).map_err(unreachable)?,
            poster: Poster { payer: key.pubkey(), treasury: 0 },
            update: &self.update,
            posts: self.posts.clone(),
            then,
            then_units: UNITS.saturating_mul(count),
            unit_price,
            // One signer has as many messages open at the same time as he likes.
            number: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            vaa_lamports: perp_updates::rpc::vaa_lamports(connection, &self.update.vaa).map_err(unreachable)?,
        };
        posting.plan().map_err(|error| Failure::Refused(error.to_string()))
    }

    /// Everybody who signs one of the transactions.
    pub fn signers<'a>(&'a self, key: &'a Keypair) -> Vec<&'a Keypair> {
        std::iter::once(key).chain(&self.keys).collect()
    }
}

fn destination(chain: &Chain, market: u16, own: &Keypair) -> Result<Destination, Failure> {
    let listed = chain.markets.get(usize::from(market)).ok_or_else(|| Failure::Refused("no such market".into()))?;
    Destination::of(&listed.oracle, own.pubkey()).map_err(|error| Failure::Refused(error.to_string()))
}

/// Asks for the prices of these markets, each with where it is posted and the key of the account where that is a new one.
fn fetch(
    chain: &Chain,
    to: Vec<(u16, Destination, Keypair)>,
    ask: impl Fn(&[FeedId]) -> Result<Update, ServerError>,
) -> Result<Fetched, Failure> {
    let feeds: Vec<FeedId> = to.iter().map(|(_, destination, _)| destination.feed).collect();
    let update = ask(&feeds).map_err(|error| Failure::Unreachable(error.to_string()))?;
    let (mut posts, mut keys, mut prices) = (Vec::new(), Vec::new(), Vec::new());
    for (market, destination, own) in to {
        let signed = update.price(destination.feed).map_err(|error| Failure::Refused(error.to_string()))?;
        let reading = signed.reading().map_err(|_| {
            Failure::Refused(format!("the price server says of {} what no market takes", chain.symbol(market)))
        })?;
        let is_own = matches!(destination.place, Place::Own { .. });
        prices.push((market, PostedPrice { account: destination.account(), reading }));
        posts.push(Post { destination, is_new: is_own, close: is_own });
        keys.extend(is_own.then_some(own));
    }
    Ok(Fetched { brought: Brought { update, posts, keys }, prices })
}
