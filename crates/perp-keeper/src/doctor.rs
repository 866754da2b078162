//! Whether everything that a keeper needs is there, and what to do about what is not.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use perp_accounts::{MarginAccount, Market, Orders, Pool, ID};
use perp_client::instructions::Authority;
use perp_client::rpc::{Accounts, Connection, FetchError, Venue};
use perp_updates::{FeedId, PriceServer};
use solana_pubkey::Pubkey;
use solana_rpc_client_api::client_error::Error as ClientError;
use solana_signer::Signer;

use crate::changes::examine as examine_changes;
use crate::config::{keys, origin, Config};
use crate::decision::{Policy, Verdict};
use crate::explain::{compared, decisions};
use crate::plan::Known;

pub mod checks;

use checks::Check;
pub use checks::Report;

/// What is wrong with the address of an exchange, where it is that: not where the node does not answer.
pub fn exchange_fault(
    error: &FetchError,
    exchange: &Pubkey,
    is_program: impl FnOnce() -> Option<bool>,
) -> Option<String> {
    match error {
        FetchError::Account(error) => Some(format!("exchange is {exchange}: {error}")),
        FetchError::Missing { address, .. } if address == exchange => match is_program()? {
            false => Some(format!("the program {ID} is not on this cluster: check that rpc_url is of the right one")),
            true => Some(format!("exchange is {exchange}, where there is nothing: check the address")),
        },
        _ => None,
    }
}

/// What to do about a price that is old.
const UNPOSTED: &str = "nobody posts it: set prices_url and unpaid, or see whether its feed is silent";

/// Looks at everything.
pub fn examine(config: &Config) -> Report {
    let mut checks = Vec::new();
    let wallets = wallets(config, &mut checks);
    if let Some(listen) = config.http.listen {
        checks.push(checks::listening(listen, TcpListener::bind(listen).err()));
    }
    let connection = Connection::new(&config.rpc_url);
    let begun = Instant::now();
    let clock = connection.clock();
    let node = origin(&config.rpc_url);
    let clock = match clock {
        Ok(clock) => clock,
        Err(error) => {
            checks.push(Check::bad("node", error.to_string(), "start it, or set rpc_url"));
            return Report(checks);
        }
    };
    checks.push(checks::answer(&node, begun.elapsed()));
    let here = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    checks.push(checks::clock(clock.now.get(), i64::try_from(here).unwrap_or(i64::MAX), config.pace.most_lag_seconds));
    checks.push(checks::progress(connection.client().get_health().map_err(unanswered)));
    match venue(config, &connection) {
        Ok(venue) => {
            checks.push(Check::good("exchange", format!("{} of program {ID}", venue.addresses.exchange)));
            hold(config, &venue, &wallets, &mut checks);
            serve(config, &venue, &mut checks);
            decide(config, &venue, &wallets, &mut checks);
        }
        Err(reason) => checks.push(Check::bad("exchange", reason, "set exchange and rpc_url to those of one cluster")),
    }
    Report(checks)
}

fn venue(config: &Config, connection: &Connection) -> Result<Venue, String> {
    let exchange = config.exchange().map_err(|error| error.to_string())?;
    Venue::open(&config.rpc_url, exchange).map_err(|error| {
        exchange_fault(&error, &exchange, || connection.is_program(&ID).ok()).unwrap_or_else(|| error.to_string())
    })
}

/// Every wallet whose key can be read.
fn wallets(config: &Config, checks: &mut Vec<Check>) -> Vec<Pubkey> {
    let mut wallets = Vec::new();
    for path in &config.keypairs {
        match keys::read(path, config.wallet.open_keys) {
            Ok(key) => {
                let open = std::fs::metadata(path).ok().as_ref().and_then(keys::open_mode);
                checks.push(checks::key(path, &key.pubkey(), open));
                wallets.push(key.pubkey());
            }
            Err(reason) => checks.push(Check::bad("key", format!("{} {reason}", path.display()), "see there")),
        }
    }
    wallets
}

/// What the wallets hold, and where they are credited.
fn hold(config: &Config, venue: &Venue, wallets: &[Pubkey], checks: &mut Vec<Check>) {
    let found = match venue.connection.read(wallets) {
        Ok(found) => found,
        Err(error) => {
            return checks.push(Check::bad("wallet", error.to_string(), "see whether the node is overloaded"))
        }
    };
    for (wallet, account) in wallets.iter().zip(found) {
        checks.push(checks::wallet(wallet, account.map_or(0, |account| account.lamports), &config.wallet));
        let own = venue.addresses.margin_account(wallet, config.sub_account);
        checks.push(match venue.connection.find::<MarginAccount>(&own) {
            Ok(Some(_)) => Check::good("margin account", format!("{own} of {wallet}")),
            Ok(None) => {
                Check::good("margin account", format!("{own} of {wallet} is opened at the start, for its rent"))
            }
            Err(error) => Check::bad("margin account", error.to_string(), "give another sub_account"),
        });
    }
}

/// Markets and everything that serves them: subscription, price server, lookup tables.
fn serve(config: &Config, venue: &Venue, checks: &mut Vec<Check>) {
    match (venue.fresh(), venue.all::<Market>()) {
        (Ok(fresh), Ok(markets)) => {
            let now = fresh.exchange.clock.now;
            for market in fresh.exchange.markets() {
                checks.push(checks::price(market, now, config.alerts.price_seconds, UNPOSTED));
            }
            let lives = markets.values().filter(|market| !market.state.settlement.has_begun());
            let feeds = lives.map(|market| (FeedId(market.oracle.feed_id), market.state.index));
            let feeds: BTreeMap<FeedId, u16> = feeds.filter(|(feed, _)| feed.0 != [0; 32]).collect();
            prices(config, &feeds, checks);
        }
        (Err(error), _) | (_, Err(error)) => {
            checks.push(Check::bad("markets", error.to_string(), "see whether the node is overloaded"));
        }
    }
    let begun = Instant::now();
    checks.push(match venue.follow::<Pool>(&config.websocket_url) {
        Ok(_) => Check::good(
            "websocket",
            format!("{} subscribed within {} ms", origin(&config.websocket_url), begun.elapsed().as_millis()),
        ),
        Err(error) => Check::bad("websocket", error.to_string(), "set websocket_url to the node's WebSocket server"),
    });
    checks.extend(examine_changes(config));
    for table in config.lookup_tables().unwrap_or_default() {
        checks.push(match venue.table(&table) {
            Ok(found) => Check::good("lookup table", format!("{table} with {} addresses", found.addresses.len())),
            Err(error) => Check::bad("lookup table", error.to_string(), "create it, or take it out of lookup_tables"),
        });
    }
}

/// Which of these feeds the price server has, each named with a market that reads it.
fn prices(config: &Config, feeds: &BTreeMap<FeedId, u16>, checks: &mut Vec<Check>) {
    let Some(url) = &config.prices_url else {
        return checks.push(Check::good("price server", "none is set, so no prices are posted".into()));
    };
    if feeds.is_empty() {
        return checks.push(Check::good("price server", format!("{} has nothing to be asked for", origin(url))));
    }
    let ids: Vec<FeedId> = feeds.keys().copied().collect();
    match PriceServer::new(url).and_then(|server| server.latest_apart(&ids)) {
        Ok(found) => checks.extend(checks::feeds(&origin(url), &found, feeds)),
        Err(error) => {
            let remedy = "set prices_url to a server of Hermes' interface";
            checks.push(Check::bad("price server", error.to_string(), remedy));
        }
    }
}

/// What a node did not answer, without what its URL may hold besides the host.
pub(crate) fn unanswered(error: ClientError) -> String {
    FetchError::from(Box::new(error)).to_string()
}

/// What there is to do, by the keeper's own code.
fn decide(config: &Config, venue: &Venue, wallets: &[Pubkey], checks: &mut Vec<Check>) {
    const SHOWN: usize = 10;
    let begun = Instant::now();
    let (fresh, accounts, orders) = match (venue.fresh(), venue.all::<MarginAccount>(), venue.all::<Orders>()) {
        (Ok(fresh), Ok(accounts), Ok(orders)) => {
            (fresh, accounts.into_iter().collect::<Accounts<_>>(), orders.into_iter().collect::<Accounts<_>>())
        }
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => {
            let remedy = "use a node that answers getProgramAccounts for the program";
            return checks.push(Check::bad("accounts", error.to_string(), remedy));
        }
    };
    for account in config.watched().ok().flatten().unwrap_or_default() {
        checks.push(checks::watched(&account, accounts.contains(&account)));
    }
    checks.push(Check::good("accounts", format!("{} read within {} ms", accounts.len(), begun.elapsed().as_millis())));
    let keepers = authorities(venue, wallets, config.sub_account);
    let unpayable = BTreeSet::new();
    let known = Known { orders: Some(&orders), ..Known::of(&fresh, &accounts, &unpayable) };
    let (found, policy) = (decisions(&known, &keepers, config), Policy { fees: config.fees, unpaid: config.unpaid });
    let sent = found.iter().filter(|(_, verdict)| *verdict == Verdict::Send).count();
    checks.push(Check::good("to do", format!("{} jobs, of which {sent} would be sent", found.len())));
    for (job, verdict) in found.iter().take(SHOWN) {
        let text = format!("{job}: {} ({})", verdict.name(), compared(*verdict, job, &policy));
        checks.push(Check::good("decision", text));
    }
}

/// The wallets' margin accounts, whether or not they are there.
pub fn authorities(venue: &Venue, wallets: &[Pubkey], sub_account: u16) -> Vec<Authority> {
    let of = |signer: &Pubkey| venue.addresses.margin_account(signer, sub_account);
    wallets.iter().map(|signer| Authority { signer: *signer, margin_account: of(signer) }).collect()
}
