//! What is good and what is not for a keeper, by the numbers alone.

use std::collections::BTreeMap;
use std::net::SocketAddr;

pub use perp_client::operator::checks::{answer, clock, key, price, progress, Check, Grade, Report};
use perp_updates::server::Apart;
use perp_updates::FeedId;
use solana_pubkey::Pubkey;

use crate::config::Wallet;

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

#[cfg(test)]
mod tests {
    use super::*;
    use perp_updates::{ServerError, UpdateError};

    fn grades(checks: &[Check]) -> Vec<Grade> {
        checks.iter().map(|check| check.grade).collect()
    }

    #[test]
    fn a_wallet_is_told_before_it_is_empty() {
        let limits = Wallet { floor_lamports: 100, resume_lamports: 150, ..Wallet::default() };
        let of = |lamports| wallet(&Pubkey::default(), lamports, &limits);
        assert_eq!(grades(&[of(99), of(100), of(149), of(150)]), [Grade::Bad, Grade::Fair, Grade::Fair, Grade::Good]);
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
    fn a_watched_account_that_is_none_is_to_be_looked_at() {
        let checks = [watched(&Pubkey::default(), true), watched(&Pubkey::default(), false)];
        assert_eq!(grades(&checks), [Grade::Good, Grade::Fair]);
    }
}
