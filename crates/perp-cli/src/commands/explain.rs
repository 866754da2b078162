//! `perp explain`: every atom of what happened, computed anew from chain data, with the rule it comes from.

mod account;
mod fill;
mod line;
mod liquidation;
mod replay;

use clap::Args;
use perp_client::errors::failure_in_logs;
use perp_client::events::Event;
use perp_client::rpc::EventsError;
use solana_pubkey::Pubkey;
use solana_signature::Signature;

use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Report, Section};
use line::{section, Line, Verdict};
use replay::Life;

// What is explained.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    /// A transaction's signature, or the address of a margin account
    what: String,
    /// How many of an account's last transactions are read to follow its positions
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000)]
    most: usize,
}

impl Arguments {
    /// Explains.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        if let Ok(address) = self.what.parse::<Pubkey>() {
            return account::explain(&context.chain()?, &address);
        }
        let signature: Signature = self.what.parse().map_err(|_| {
            Failure::Input(format!(
                "WHAT is \"{}\", which is neither a transaction's signature nor an address: give one of both in base 58",
                self.what
            ))
        })?;
        self.transaction(&context.chain()?, &signature)
    }

    fn transaction(&self, chain: &Chain, signature: &Signature) -> Result<Report, Failure> {
        let connection = &chain.venue.connection;
        let events = match connection.events(signature) {
            Ok(events) => events,
            Err(EventsError::Incomplete(incomplete)) => incomplete.seen,
            Err(EventsError::Failed { error, .. }) => return Ok(refused(chain, signature, &error.to_string())),
            Err(error) => return Err(error.into()),
        };
        let own = |event: &Event| event.exchange() == chain.addresses().exchange;
        let mut report = Report::default();
        for event in events.iter().filter(|event| own(event)) {
            let lines = self.lines(chain, signature, event, &mut report.warnings)?;
            if !lines.is_empty() {
                report.sections.push(section(event.name(), &lines));
            }
            if lines.iter().any(|line| line.verdict == Verdict::Differs) {
                report.bad =
                    Some(format!("{} does not come to what the rules say: see the lines that differ", event.name()));
            }
        }
        report.sections.extend(super::events::sections(chain, &events));
        if events.is_empty() {
            report.warnings.push(format!("transaction {signature} has no event of this program"));
        }
        Ok(report)
    }

    fn lines(
        &self,
        chain: &Chain,
        signature: &Signature,
        event: &Event,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<Line>, Failure> {
        let Some((account, sequence)) = about(event) else { return Ok(Vec::new()) };
        let life = Life::read(chain, &account, self.most)?;
        let Some(before) = life.before(sequence) else {
            warnings.push(format!(
                "the node does not tell all that margin account {account} went through before {signature}: give a larger --most, or ask a node that keeps a longer history"
            ));
            return Ok(Vec::new());
        };
        match event {
            Event::Traded(traded) => fill::traded(chain, &before, traded),
            Event::OrderExecuted(executed) => fill::executed(chain, &before, executed),
            Event::FundingSettled(settled) => fill::funding(chain, &before, settled),
            Event::ProfitSettled(settled) => fill::profit(chain, &before, settled),
            Event::Liquidated(liquidated) => liquidation::liquidated(chain, &before, liquidated),
            Event::BankruptcyResolved(resolved) => Ok(liquidation::bankruptcy(chain, resolved)),
            Event::ClaimRedeemed(redeemed) => Ok(liquidation::redeemed(chain, redeemed)),
            _ => Ok(Vec::new()),
        }
    }
}

/// The margin account that an event is about, and its number among that account's.
fn about(event: &Event) -> Option<(Pubkey, u64)> {
    Some(match event {
        Event::Traded(it) => (it.account, it.account_sequence),
        Event::OrderExecuted(it) => (it.account, it.account_sequence),
        Event::FundingSettled(it) => (it.account, it.account_sequence),
        Event::ProfitSettled(it) => (it.account, it.account_sequence),
        Event::Liquidated(it) => (it.account, it.account_sequence),
        Event::BankruptcyResolved(it) => (it.account, it.account_sequence),
        Event::ClaimRedeemed(it) => (it.account, it.account_sequence),
        _ => return None,
    })
}

/// Why a transaction failed: the rule with what to do about it.
fn refused(chain: &Chain, signature: &Signature, error: &str) -> Report {
    let logs = chain.venue.connection.logs(signature);
    let why = failure_in_logs(&logs).map_or_else(|| error.to_owned(), |failure| failure.to_string());
    let lines = vec![format!("transaction {signature} failed, and nothing of it took place but its fee"), why];
    Report::of([Section::lines("refused", "Refused", lines)])
}
