//! Prices from a server to the chain, for markets whose own are getting old.

use std::time::{SystemTime, UNIX_EPOCH};

use perp_accounts::Market;
use perp_client::jobs::compute_units;
use perp_client::rpc::Venue;
use perp_updates::receiver::Poster as Payer;
use perp_updates::rpc::{receiver_config, send, vaa_lamports};
use perp_updates::{Destination, FeedId, Legs, Posting, PriceServer, Receiver};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// Posts what a server of signed prices says.
pub struct Poster {
    server: PriceServer,
    unit_price: u64,
}

impl Poster {
    /// Of the server at `url`, at this price of a compute unit in millionths of a lamport.
    ///
    /// # Errors
    /// Where this machine cannot speak HTTP at all, in words.
    pub fn new(url: &str, unit_price: u64) -> Result<Self, String> {
        Ok(Self { server: PriceServer::new(url).map_err(|error| error.to_string())?, unit_price })
    }

    /// Brings the markets of one receiver whose price is older than so many seconds the newest prices, and has them taken in, all of one
    /// second. Returns how many feeds were posted. Markets to which nobody can post are passed over.
    ///
    /// # Errors
    /// What is in the way, in words.
    pub fn post(&self, venue: &Venue, payer: &Keypair, older_than: u64) -> Result<usize, String> {
        let now = venue.connection.clock().map_err(words)?.now;
        let markets = venue.all::<Market>().map_err(words)?;
        let is_old = |market: &Market| {
            let age = now.seconds_since(market.state.price.published);
            age.is_ok_and(|age| age > older_than) && !market.state.settlement.has_begun()
        };
        let mut old: Vec<Market> = markets.into_values().filter(is_old).collect();
        old.sort_by_key(|market| market.state.index);
        let receiver = |market: &Market| {
            Destination::of(&market.oracle, Pubkey::default()).ok().map(|destination| destination.receiver)
        };
        let Some(first) = old.iter().find_map(receiver) else { return Ok(0) };
        old.retain(|market| receiver(market) == Some(first));
        self.bring(venue, payer, first, &old)
    }

    fn bring(&self, venue: &Venue, payer: &Keypair, receiver: Receiver, markets: &[Market]) -> Result<usize, String> {
        // Markets that take any account of their feed are given new ones, which are closed after use.
        let own: Vec<Keypair> = markets.iter().map(|_| Keypair::new()).collect();
        let addresses: Vec<Pubkey> = own.iter().map(Signer::pubkey).collect();
        let legs = Legs::of(&venue.addresses, markets, &addresses).map_err(words)?;
        let update = self.server.latest(&legs.feeds).map_err(words)?;
        let is_news = |market: &Market| {
            let said = update.price(FeedId(market.oracle.feed_id));
            said.is_ok_and(|said| said.publish_time > market.state.price.published.get())
        };
        if !markets.iter().any(is_news) {
            // The feed is silent.
            return Ok(0);
        }
        let feeds = legs.feeds.len();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(words)?;
        let each = compute_units("update_prices", 0);
        let plan = Posting {
            config: receiver_config(&venue.connection, receiver).map_err(words)?,
            poster: Payer { payer: payer.pubkey(), treasury: 0 },
            update: &update,
            posts: legs.posts,
            then: vec![legs.update],
            then_units: u32::try_from(markets.len()).unwrap_or(u32::MAX).saturating_mul(each),
            unit_price: self.unit_price,
            number: u64::try_from(since.as_micros()).unwrap_or_default(),
            vaa_lamports: vaa_lamports(&venue.connection, &update.vaa).map_err(words)?,
        };
        let plan = plan.plan().map_err(words)?;
        let signers: Vec<&Keypair> = [payer].into_iter().chain(&own).collect();
        send(&venue.connection, &plan, &signers).map_err(words)?;
        Ok(feeds)
    }
}

/// The error without what addresses of servers have after their host, or before it: keys are kept there.
pub(crate) fn words(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut pieces = text.split("://");
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let address = piece.find(|end: char| end.is_whitespace() || ")\"',;".contains(end)).unwrap_or(piece.len());
        let (address, rest) = piece.split_at(address);
        let host = address.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        shown.push_str("://");
        shown.push_str(host);
        shown.push_str(rest);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn attack_an_error_tells_no_key_of_a_servers_address() {
        let told = words("error sending request for url (https://me:secret@node.example:8899/key?api=1): refused");
        assert_eq!(told, "error sending request for url (https://node.example:8899): refused");
        assert_eq!(
            words("wss://a.example/key and http://b.example?key, twice"),
            "wss://a.example and http://b.example, twice"
        );
        assert_eq!(words("no address"), "no address");
    }
}
