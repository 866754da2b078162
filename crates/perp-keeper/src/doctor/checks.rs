//! What is good and what is not, by the numbers alone.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use perp_engine::state::Market;
use perp_engine::units::Timestamp;
use perp_exchange::convert::Units;
use perp_updates::server::Apart;
use perp_updates::FeedId;
use solana_pubkey::Pubkey;

use crate::config::Wallet;

/// An answer that takes longer costs races.
const SLOW: Duration = Duration::from_millis(200);

/// How good something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// As it should be.
    Good,
    /// The keeper runs, and does less than it could.
    Fair,
    /// It does not run, or sends nothing.
    Bad,
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// How good it is.
    pub grade: Grade,
    /// What it is about.
    pub about: &'static str,
    /// What was found.
    pub found: String,
    /// What to do, where anything is.
    pub remedy: Option<String>,
}

impl Check {
    /// As it should be.
    pub const fn good(about: &'static str, found: String) -> Self {
        Self { grade: Grade::Good, about, found, remedy: None }
    }

    /// To be looked at.
    pub fn fair(about: &'static str, found: String, remedy: &str) -> Self {
        Self { grade: Grade::Fair, about, found, remedy: Some(remedy.into()) }
    }

    /// In the way.
    pub fn bad(about: &'static str, found: String, remedy: &str) -> Self {
        Self { grade: Grade::Bad, about, found, remedy: Some(remedy.into()) }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grade = match self.grade {
            Grade::Good => "ok  ",
            Grade::Fair => "look",
            Grade::Bad => "BAD ",
        };
        write!(formatter, "{grade} {:<14} {}", self.about, self.found)?;
        match &self.remedy {
            Some(remedy) => write!(formatter, "\n     {:<14} → {remedy}", ""),
            None => Ok(()),
        }
    }
}

/// A key file that was read; `open` is its mode where others may read it.
pub fn key(path: &Path, wallet: &Pubkey, open: Option<u32>) -> Check {
    match open {
        None => Check::good("key", format!("{} of wallet {wallet}, closed to others", path.display())),
        Some(mode) => {
            let found = format!("{} of wallet {wallet} has mode {mode:o}: others may read it", path.display());
            Check::fair("key", found, &format!("chmod 600 {}", path.display()))
        }
    }
}

/// Whether metrics can be served.
pub fn listening(listen: SocketAddr, error: Option<std::io::Error>) -> Check {
    match error {
        None => Check::good("metrics", format!("{listen} is free")),
        Some(error) => {
            let remedy = "where a keeper runs it is its own; else set http.listen to a free port";
            Check::fair("metrics", format!("nobody can listen on {listen} ({error})"), remedy)
        }
    }
}

/// How long the node took to answer.
pub fn answer(node: &str, took: Duration) -> Check {
    let found = format!("{node} answers within {} ms (slow from {} ms on)", took.as_millis(), SLOW.as_millis());
    if took < SLOW {
        Check::good("node", found)
    } else {
        Check::fair("node", found, "use a node nearer by: whoever reads sooner decides sooner")
    }
}

/// The chain's clock against this machine's, both in seconds since 1970.
pub fn clock(chain: i64, here: i64, most_lag: u64) -> Check {
    let behind = here.saturating_sub(chain);
    let limit = i64::try_from(most_lag).unwrap_or(i64::MAX);
    let found = format!("the chain's is {behind} s behind this machine's, and may be {most_lag} s");
    if most_lag == 0 {
        Check::good(
            "clock",
            format!("the chain's is {behind} s behind this machine's; nobody looks (pace.most_lag_seconds is 0)"),
        )
    } else if behind > limit {
        Check::bad(
            "clock",
            found,
            "nothing is sent: see whether the node follows the cluster, and whether this machine's clock is right",
        )
    } else if behind < -5 {
        Check::fair("clock", found, "this machine's clock is slow: synchronize it, for instance with chrony")
    } else {
        Check::good("clock", found)
    }
}

/// Whether the node says that it follows its cluster.
pub fn progress(health: Result<(), String>) -> Check {
    match health {
        Ok(()) => Check::good("node", "it says that it follows the cluster".into()),
        Err(reason) => Check::fair("node", reason, "wait until it has caught up, or use another"),
    }
}

/// What a wallet holds.
pub fn wallet(wallet: &Pubkey, lamports: u64, limits: &Wallet) -> Check {
    let (floor, resume) = (limits.floor_lamports, limits.resume_lamports);
    let held = format!("{wallet} holds {lamports} lamports");
    if lamports < floor {
        Check::bad("wallet", format!("{held}, and pays for nothing below {floor}"), "send it SOL")
    } else if lamports < resume {
        Check::fair("wallet", format!("{held}, and pays for nothing below {floor}"), "send it SOL soon")
    } else {
        Check::good("wallet", format!("{held} ≥ {resume}"))
    }
}

/// A margin account that alerts are to be about.
pub fn watched(account: &Pubkey, is_there: bool) -> Check {
    match is_there {
        true => Check::good("watched", format!("margin account {account}")),
        false => {
            let found = format!("{account} is no margin account of this exchange");
            Check::fair(
                "watched",
                found,
                "take it out of alerts.accounts, or give the margin account's address, not its owner's",
            )
        }
    }
}

/// What a price server has of these feeds, each of which a market reads.
pub fn feeds(origin: &str, found: &Apart, feeds: &BTreeMap<FeedId, u16>) -> Vec<Check> {
    let there = found.updates.iter().map(|(_, feeds)| feeds.len()).sum::<usize>();
    let has = format!("{origin} has {there} of {} feeds", feeds.len());
    let missing = found.missing.iter().map(|(feed, reason)| {
        let market = feeds.get(feed).map_or(String::new(), |market| format!("market {market}: "));
        Check::fair(
            "feed",
            format!("{market}{feed}: {reason}"),
            "no price of it is posted, all others are: see whether it is published still",
        )
    });
    [Check::good("price server", has)].into_iter().chain(missing).collect()
}

/// The age of a market's price, of which its account may be newer than what the market has taken in.
pub fn price(market: &Market, now: Timestamp, limit: u64) -> Check {
    let index = market.index;
    if market.settlement.has_begun() {
        return Check::good("market", format!("{index} has ended"));
    }
    if market.price.published.is_never() {
        return Check::fair("market", format!("{index} has never had a price"), "post one: see docs/prices.md");
    }
    let age = now.seconds_since(market.price.published).unwrap_or(0);
    let liquidates = u64::from(market.parameters.max_age_liquidate);
    let at = Units::of(market).show_price(market.price.price);
    let found = format!("{index} at {at}, {age} s old (liquidated to {liquidates} s, alert from {limit} s)");
    if age <= liquidates.min(limit) {
        Check::good("market", found)
    } else {
        Check::fair("market", found, "nobody posts it: set prices_url and unpaid, or see whether its feed is silent")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perp_engine::fixtures::sol_parameters;
    use perp_engine::units::Price;
    use perp_updates::{ServerError, UpdateError};

    fn grades(checks: &[Check]) -> Vec<Grade> {
        checks.iter().map(|check| check.grade).collect()
    }

    #[test]
    fn a_clock_may_lag_by_so_much_and_lead_by_a_little() {
        let checks = [(100, 130, 30), (100, 131, 30), (105, 100, 30), (106, 100, 30), (0, 9_999, 0)]
            .map(|(chain, here, most)| clock(chain, here, most));
        assert_eq!(grades(&checks), [Grade::Good, Grade::Bad, Grade::Good, Grade::Fair, Grade::Good]);
        assert!(checks[1].to_string().contains("31 s behind") && checks[1].to_string().contains("may be 30 s"));
    }

    #[test]
    fn a_wallet_is_told_before_it_is_empty() {
        let limits = Wallet { floor_lamports: 100, resume_lamports: 150, ..Wallet::default() };
        let of = |lamports| wallet(&Pubkey::default(), lamports, &limits);
        assert_eq!(grades(&[of(99), of(100), of(149), of(150)]), [Grade::Bad, Grade::Fair, Grade::Fair, Grade::Good]);
    }

    #[test]
    fn a_price_is_compared_with_what_liquidations_need() {
        let parameters = sol_parameters();
        let mut market = Market { parameters, base_decimals: 9, quote_decimals: 6, ..Market::default() };
        let of = |market: &Market, age: i64| price(market, Timestamp::new(1_000 + age), 60);
        assert_eq!(of(&market, 0).grade, Grade::Fair, "it never had one");
        market.price.published = Timestamp::new(1_000);
        market.price.price = Price::new(1 << 38);
        let allowed = i64::from(parameters.max_age_liquidate);
        assert_eq!(grades(&[of(&market, allowed), of(&market, allowed + 1)]), [Grade::Good, Grade::Fair]);
    }

    #[test]
    fn a_feed_that_the_server_lacks_is_named_with_its_market() {
        let [there, missing] = [FeedId([1; 32]), FeedId([2; 32])];
        let reason = UpdateError::FeedMissing { feed: missing };
        let reason = ServerError::Update { server: "https://prices.example".into(), reason };
        let found = Apart { updates: Vec::new(), missing: vec![(missing, reason)] };
        let checks = feeds("https://prices.example", &found, &BTreeMap::from([(there, 0), (missing, 3)]));
        assert_eq!(grades(&checks), [Grade::Good, Grade::Fair]);
        assert!(checks[1].to_string().contains(&format!("market 3: {missing}")), "{}", checks[1]);
    }

    #[test]
    fn what_is_slow_open_or_taken_is_to_be_looked_at() {
        let checks = [
            answer("node", Duration::from_millis(199)),
            answer("node", Duration::from_millis(200)),
            key(Path::new("k.json"), &Pubkey::default(), None),
            key(Path::new("k.json"), &Pubkey::default(), Some(0o644)),
            progress(Err("behind by 100 slots".into())),
            watched(&Pubkey::default(), true),
            watched(&Pubkey::default(), false),
        ];
        let (good, fair) = (Grade::Good, Grade::Fair);
        assert_eq!(grades(&checks), [good, fair, good, fair, fair, good, fair]);
        assert!(checks[3].to_string().ends_with("→ chmod 600 k.json"));
    }
}
