//! What the keeper would decide about an account or an order now, by its own code, with the two numbers whose comparison decided.

use std::collections::BTreeSet;
use std::fmt::Write;

use perp_accounts::{MarginAccount, Orders};
use perp_client::instructions::Authority;
use perp_client::jobs::{Fresh, Job};
use perp_client::rpc::{Accounts, FetchError, Venue};
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::risk::portfolio::Health;
use perp_engine::state::{Account, AccountKind};
use perp_engine::units::{Atoms, Size};
use perp_exchange::convert::{show_atoms, show_signed_atoms, Units};
use solana_pubkey::Pubkey;

use crate::config::Config;
use crate::decision::{Policy, Verdict};
use crate::plan::{account as account_of, upkeep, urgent, Known};

mod order;

pub use order::explain_order;

/// Sub-accounts of a wallet that are looked for.
const SUB_ACCOUNTS: u16 = 8;

/// What a verdict compares, the smaller or larger on the left as it came.
pub fn compared(verdict: Verdict, job: &Job, policy: &Policy) -> String {
    let (fee, fees) = (policy.fee(job), &policy.fees);
    match verdict {
        Verdict::Send if policy.unpaid => format!("fee of {fee} lamports ≤ most_lamports of {}", fees.most_lamports),
        Verdict::Send => format!("profit of {} atoms ≥ least_profit of {}", policy.profit(job), fees.least_profit),
        Verdict::Unpaid => "it pays 0, and unpaid is false".into(),
        Verdict::Unprofitable { profit, least } => format!("profit of {profit} atoms < least_profit of {least}"),
        Verdict::TooDear { fee, most } => format!("fee of {fee} lamports > most_lamports of {most}"),
        Verdict::Spent { spent, most } => {
            format!("{spent} lamports spent within the hour and a fee of {fee} > most_lamports_an_hour of {most}")
        }
        Verdict::WalletLow { lamports, least } => format!("the fullest wallet holds {lamports} lamports < {least}"),
        Verdict::InFlight => "a transaction for it is on its way".into(),
        Verdict::Waiting { for_the_next, failures } => {
            format!("it failed {failures} times, and is left alone for {} ms", for_the_next.as_millis())
        }
        Verdict::Hopeless => "it was refused, and nothing about it has changed".into(),
    }
}

/// Everything that can be done now, and whether a keeper without a past would do it: what its memory holds back is not known here.
pub fn decisions(known: &Known<'_>, keepers: &[Authority], config: &Config) -> Vec<(Job, Verdict)> {
    let policy = Policy { fees: config.fees, unpaid: config.unpaid };
    let open = known.accounts.iter().filter(|(_, account)| account.state.has_open_position());
    let due: BTreeSet<Pubkey> = open.map(|(address, _)| address).collect();
    let caller = keepers.first().map(|keeper| keeper.signer).unwrap_or_default();
    let jobs = urgent(known, due.iter(), keepers, config, usize::MAX)
        .into_iter()
        .chain(upkeep(known, keepers, caller, config));
    let mut spent = 0u64;
    let judged = jobs.map(|job| {
        let verdict = policy.judge(&job, spent);
        if verdict == Verdict::Send {
            spent = spent.saturating_add(policy.fee(&job));
        }
        (job, verdict)
    });
    judged.collect()
}

/// An account with what would be decided about it.
pub struct Explained<'a> {
    /// Its address.
    pub address: Pubkey,
    /// The account.
    pub account: &'a MarginAccount,
    /// The exchange at the prices of now.
    pub fresh: &'a Fresh,
    /// Everything that can be done.
    pub decisions: &'a [(Job, Verdict)],
    /// By which rules.
    pub policy: Policy,
    /// Decimals of the quote token.
    pub quote_decimals: u8,
}

impl Explained<'_> {
    /// In words.
    pub fn text(&self) -> String {
        let (state, decimals) = (&self.account.state, self.quote_decimals);
        let mut text = String::new();
        let kind = match AccountKind::from_byte(state.kind) {
            Some(AccountKind::Isolated) => format!("isolated to market {}", state.isolated_market),
            _ => "cross".into(),
        };
        let (owner, number) = (self.account.owner, self.account.sub_account);
        // Writing to memory does not fail.
        let _ = writeln!(text, "margin account {} of {owner}, number {number}, {kind}", self.address);
        let _ = writeln!(text, "  balance {}", show_atoms(state.balance, decimals));
        match self.fresh.exchange.health(state) {
            Ok(health) => {
                let _ = writeln!(text, "  {}", judged("equity", &health.maintenance, decimals));
                let _ = writeln!(text, "  {}", judged("equity in cash alone", &health.on_cash, decimals));
            }
            Err(refusal) => drop(writeln!(text, "  its equity cannot be told: {refusal}")),
        }
        for (_, position) in state.occupied().filter(|(_, position)| !position.size.is_zero()) {
            let _ = writeln!(text, "  {}", self.position(state, position.market, position.size));
        }
        let about: Vec<_> =
            self.decisions.iter().filter(|(job, _)| account_of(&job.task) == Some(self.address)).collect();
        if about.is_empty() {
            let _ = writeln!(text, "the keeper would do nothing about it now");
        }
        for (job, verdict) in about {
            let _ = writeln!(text, "{job}: {} ({})", verdict.name(), compared(*verdict, job, &self.policy));
        }
        text
    }

    /// A position: what it is worth, where it would be liquidated, and what a liquidation now would come to.
    fn position(&self, account: &Account, index: u16, size: perp_engine::units::SignedSize) -> String {
        let exchange = &self.fresh.exchange;
        let Ok(market) = exchange.market(index) else { return format!("market {index} is not known") };
        let units = Units::of(market);
        let age = exchange.clock.now.seconds_since(market.price.published).unwrap_or(0);
        let price = match exchange.liquidation_price(account, index) {
            Ok(Some(price)) => format!("liquidated at {}", units.show_price(price)),
            Ok(None) => "liquidated at no price of this market alone".into(),
            Err(refusal) => refusal.to_string(),
        };
        let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
        let now = match exchange.preview_liquidation(account, &Account::opened(None), index, &order, None) {
            Ok(after) => {
                let (bounty, fees) = (after.plan.penalty.bounty, &self.policy.fees);
                let compared = match !self.policy.unpaid && bounty.get() < fees.least_profit {
                    true => format!(
                        " < least_profit of {}: it is left to others",
                        units.show_atoms(Atoms::new(fees.least_profit))
                    ),
                    false => String::new(),
                };
                format!("a liquidation now pays {}{compared}", units.show_atoms(bounty))
            }
            Err(refusal) => format!("no liquidation now: {refusal}"),
        };
        let (size, at) = (units.show_signed_size(size), units.show_price(market.price.price));
        format!("market {index}: {size} at {at}, which is {age} s old; {price}; {now}")
    }
}

/// Equity against the margin.
fn judged(what: &str, health: &Health, decimals: u8) -> String {
    let (equity, margin) = (show_signed_atoms(health.equity, decimals), show_atoms(health.margin, decimals));
    match health.is_below_margin() {
        true => format!("{what} of {equity} < maintenance margin of {margin}: below it"),
        false => format!("{what} of {equity} ≥ maintenance margin of {margin}: healthy"),
    }
}

/// What the keeper would decide about the margin account at an address.
///
/// # Errors
/// What is in the way, in words.
pub fn explain(config: &Config, venue: &Venue, keepers: &[Authority], account: &str) -> Result<String, String> {
    let (address, found) = fetched(venue, account)?;
    let words = |error: FetchError| error.to_string();
    let fresh = venue.fresh().map_err(words)?;
    let accounts: Accounts<MarginAccount> = venue.all::<MarginAccount>().map_err(words)?.into_iter().collect();
    let orders: Accounts<Orders> = venue.all::<Orders>().map_err(words)?.into_iter().collect();
    let unpayable = BTreeSet::new();
    let known = Known { orders: Some(&orders), ..Known::of(&fresh, &accounts, &unpayable) };
    let decisions = decisions(&known, keepers, config);
    let policy = Policy { fees: config.fees, unpaid: config.unpaid };
    let quote_decimals = venue.quote_decimals;
    Ok(Explained { address, account: &found, fresh: &fresh, decisions: &decisions, policy, quote_decimals }.text())
}

/// The margin account at an address of this exchange.
fn fetched(venue: &Venue, account: &str) -> Result<(Pubkey, MarginAccount), String> {
    let address: Pubkey = account
        .parse()
        .map_err(|_| format!("explain {account}: that is no address: give a margin account's, in base 58"))?;
    let found = venue.connection.find::<MarginAccount>(&address).map_err(|error| match error {
        FetchError::Account(_) => or_its_accounts(venue, &address, error.to_string()),
        error => error.to_string(),
    })?;
    let Some(found) = found else {
        return Err(or_its_accounts(venue, &address, format!("there is no account at {address}")));
    };
    if found.exchange != venue.addresses.exchange {
        return Err(format!(
            "{address} is a margin account of exchange {}, and this is {}",
            found.exchange, venue.addresses.exchange
        ));
    }
    Ok((address, found))
}

/// What is wrong with an address; where it is a wallet, with its margin accounts.
fn or_its_accounts(venue: &Venue, address: &Pubkey, fault: String) -> String {
    let numbers = (0..SUB_ACCOUNTS).map(|number| venue.addresses.margin_account(address, number));
    let found = numbers.filter(|own| matches!(venue.connection.find::<MarginAccount>(own), Ok(Some(_))));
    let own: Vec<String> = found.map(|own| own.to_string()).collect();
    match own.as_slice() {
        [] => format!("explain {address}: {fault}, nor margin accounts of it as a wallet"),
        own => format!("explain {address}: that is a wallet: give one of its margin accounts, {}", own.join(" or ")),
    }
}

#[cfg(test)]
mod tests;
