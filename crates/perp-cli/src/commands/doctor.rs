//! `perp doctor`: whether everything that is needed is there, and what to do about what is not.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use perp_accounts::Pool;
use perp_client::operator::checks::{self, Check, Grade};
use perp_client::operator::{key_file, origin};
use perp_client::rpc::{Connection, FetchError};
use solana_signer::Signer;

use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};

/// Slots of which the fees and what landed are looked at.
const SAMPLED: usize = 60;
/// Below this a wallet pays for some hundred transactions more.
const FEW_LAMPORTS: u64 = 10_000_000;
/// A transaction with fewer of a hundred votes apart is rare on a healthy cluster.
const MANY_FAILED_PERCENT: u64 = 70;
/// A signature costs so many lamports.
const SIGNATURE_LAMPORTS: u64 = 5_000;
/// Above this a unit is dear: as in a crash.
const DEAR_UNIT: u64 = 1_000_000;

// What counts as late.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    /// Seconds that the chain's clock may be behind this machine's; 0 not to look
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    most_lag: u64,
}

impl Arguments {
    /// Looks at everything.
    ///
    /// # Errors
    /// [`Failure::Input`] where a setting is missing.
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        examine(context, self.most_lag)
    }
}

fn examine(context: &Context<'_>, most_lag: u64) -> Result<Report, Failure> {
    let url = context.settings.rpc_url()?;
    context.settings.exchange()?;
    let connection = Connection::new(url);
    let mut looked = Vec::new();
    let begun = Instant::now();
    match connection.clock() {
        Err(error) => looked.push(Check::bad("node", error.to_string(), "start it, or set rpc_url")),
        Ok(clock) => {
            looked.push(checks::answer(&origin(url), begun.elapsed()));
            let here = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            looked.push(checks::clock(clock.now.get(), i64::try_from(here).unwrap_or(i64::MAX), most_lag));
            let health = connection.client().get_health();
            looked.push(checks::progress(health.map_err(|error| FetchError::from(Box::new(error)).to_string())));
            looked.push(fees(&connection));
            looked.push(landing(&connection));
            match context.chain() {
                Ok(chain) => exchange(context, &chain, &mut looked),
                Err(failure) => {
                    let remedy = "set exchange and rpc_url to those of one cluster";
                    looked.push(Check::bad("exchange", failure.to_string(), remedy));
                }
            }
        }
    }
    wallet(context, &connection, &mut looked);
    let report = checks::Report(looked);
    Ok(told(&report))
}

fn told(report: &checks::Report) -> Report {
    let rows = report.0.iter().map(|check| {
        let grade = match check.grade {
            Grade::Good => "ok",
            Grade::Fair => "look",
            Grade::Bad => "BAD",
        };
        let remedy = check.remedy.clone().map_or(Cell::None, Cell::Text);
        vec![Cell::text(grade), Cell::text(check.about), Cell::text(check.found.clone()), remedy]
    });
    let mut answer = Report::of([Section::rows("checks", "", &["", "about", "found", "what to do"], rows.collect())]);
    if !report.is_good() {
        answer.bad = Some(format!("{} of {} checks are in the way", report.count(Grade::Bad), report.0.len()));
    }
    answer
}

/// What a compute unit has cost lately.
fn fees(connection: &Connection) -> Check {
    match connection.client().get_recent_prioritization_fees(&[]) {
        Err(error) => {
            Check::fair("fees", FetchError::from(Box::new(error)).to_string(), "use a node that tells recent fees")
        }
        Ok(found) => {
            let mut paid: Vec<u64> = found.iter().map(|fee| fee.prioritization_fee).collect();
            paid.sort_unstable();
            let at = |share: usize| paid.get(paid.len().saturating_mul(share) / 100).copied().unwrap_or(0);
            let (half, most) = (at(50), at(90));
            let found = format!(
                "a unit has cost {half} millionths of a lamport in half of the last {} slots, {most} in nine of ten; a signature costs {SIGNATURE_LAMPORTS} lamports",
                paid.len()
            );
            if half > DEAR_UNIT {
                Check::fair("fees", found, &format!("give --unit-price {most} to land soon, or wait"))
            } else {
                Check::good("fees", found)
            }
        }
    }
}

/// How the cluster fares.
fn landing(connection: &Connection) -> Check {
    match connection.client().get_recent_performance_samples(Some(SAMPLED)) {
        Err(error) => Check::fair(
            "landing",
            FetchError::from(Box::new(error)).to_string(),
            "use a node that tells how its cluster fares",
        ),
        Ok(samples) => {
            let (slots, seconds) = samples.iter().fold((0u64, 0u64), |(slots, seconds), sample| {
                (slots.saturating_add(sample.num_slots), seconds.saturating_add(sample.sample_period_secs.into()))
            });
            let landed: u64 = samples.iter().map(|sample| sample.num_transactions).fold(0, u64::saturating_add);
            if slots == 0 || seconds == 0 {
                return Check::good("landing", "the node keeps no samples of its cluster".into());
            }
            let (milliseconds, each) = (seconds.saturating_mul(1_000) / slots, landed / seconds);
            let found = format!(
                "a slot has taken {milliseconds} ms, and {each} transactions have landed a second, over {seconds} s"
            );
            if milliseconds > 600 {
                Check::fair("landing", found, "the cluster is slow: give a --unit-price, and expect to wait")
            } else {
                Check::good("landing", found)
            }
        }
    }
}

/// The exchange, its markets and what follows its changes.
fn exchange(context: &Context<'_>, chain: &Chain, looked: &mut Vec<Check>) {
    looked
        .push(Check::good("exchange", format!("{} with {} markets", chain.addresses().exchange, chain.markets.len())));
    let session = chain.exchange().session();
    let status = super::markets::status_name(session.status);
    looked.push(match session.status {
        perp_engine::state::Status::Active => Check::good("status", status.into()),
        _ => Check::fair("status", status.into(), "it ends by itself: `perp admin pending` says when"),
    });
    for market in chain.exchange().markets() {
        let limit = u64::from(market.parameters.max_age_trade);
        let remedy = "orders need a fresher one: bring it with `perp oracle update`, or see whether its feed is silent";
        looked.push(checks::price(market, chain.now(), limit, remedy));
    }
    if let Ok(url) = context.settings.websocket_url() {
        let begun = Instant::now();
        looked.push(match chain.venue.follow::<Pool>(url) {
            Ok(_) => Check::good(
                "websocket",
                format!("{} subscribed within {} ms", origin(url), begun.elapsed().as_millis()),
            ),
            Err(error) => {
                Check::bad("websocket", error.to_string(), "set websocket_url to the node's WebSocket server")
            }
        });
    }
    failures(context, chain, looked);
}

/// How the wallet's own last transactions fared.
fn failures(context: &Context<'_>, chain: &Chain, looked: &mut Vec<Check>) {
    let Ok(key) = context.settings.keypair() else { return };
    let asked = chain.venue.connection.client().get_signatures_for_address(&key.pubkey());
    let Ok(told) = asked else {
        looked.push(Check::fair(
            "history",
            "the node tells no transactions of the wallet".into(),
            "use one that keeps a history",
        ));
        return;
    };
    let (all, failed) = (told.len(), told.iter().filter(|told| told.err.is_some()).count());
    let found = format!("{} of the wallet's last {all} transactions took place", all.saturating_sub(failed));
    let last = told.iter().find(|told| told.err.is_some());
    let many = u64::try_from(failed).unwrap_or(0) * 100 > u64::try_from(all).unwrap_or(0) * (100 - MANY_FAILED_PERCENT);
    looked.push(match last {
        Some(last) if many => {
            Check::fair("history", found, &format!("`perp explain {}` says why the last one failed", last.signature))
        }
        _ => Check::good("history", found),
    });
}

fn wallet(context: &Context<'_>, connection: &Connection, looked: &mut Vec<Check>) {
    let Some(path) = context.settings.key_path() else {
        looked.push(Check::good("key", "none is set: nothing can be sent, and everything can be looked at".into()));
        return;
    };
    let key = match context.settings.keypair() {
        Ok(key) => key,
        Err(failure) => return looked.push(Check::bad("key", failure.to_string(), "see there")),
    };
    let open = std::fs::metadata(path).ok().as_ref().and_then(key_file::open_mode);
    looked.push(checks::key(path, &key.pubkey(), open));
    match connection.read(&[key.pubkey()]) {
        Err(error) => looked.push(Check::fair("wallet", error.to_string(), "see whether the node is overloaded")),
        Ok(found) => {
            let lamports = found.into_iter().flatten().next().map_or(0, |account| account.lamports);
            let found = format!("{} holds {}", key.pubkey(), Cell::Lamports(lamports).shown(false));
            looked.push(match lamports {
                0 => Check::bad("wallet", found, "send it SOL: it pays for every transaction"),
                1..FEW_LAMPORTS => Check::fair("wallet", found, "send it SOL soon"),
                _ => Check::good("wallet", found),
            });
        }
    }
}
