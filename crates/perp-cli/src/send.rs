//! From a plan to a confirmed transaction: shown, confirmed by whoever typed it, sent, and told only once the chain has it.

use std::io::{BufRead, IsTerminal, Write};

use clap::Args;
use perp_client::rpc::EventsError;
use perp_updates::Plan;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::chain::Chain;
use crate::commands::events;
use crate::failure::Failure;
use crate::output::{Cell, Format, OutputFlags, Report, Section};

// Flags of every command that sends a transaction.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Sending")]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct SendFlags {
    /// Shows what would happen, has the node try it, and sends nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Does not ask before what cannot be undone
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Pays so much for a compute unit, in millionths of a lamport
    #[arg(long, value_name = "MICRO_LAMPORTS", default_value_t = 0)]
    pub unit_price: u64,
}

/// Something to send.
pub struct Intent {
    /// What it does, as an answer to "this would …".
    pub what: String,
    /// What is sent, in one transaction.
    pub instructions: Vec<Instruction>,
    /// What it comes to, by the engine.
    pub preview: Vec<Section>,
    /// What whoever sends it should know besides.
    pub warnings: Vec<String>,
    /// Why it cannot be undone; none where what it does can be taken back.
    pub final_because: Option<&'static str>,
}

/// What a command has at hand while it runs.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The exchange.
    pub chain: &'a Chain,
    /// How it answers.
    pub output: OutputFlags,
    /// How it sends.
    pub flags: SendFlags,
}

impl Desk<'_> {
    /// Carries it out, signed by one key, or shows what it would come to.
    ///
    /// # Errors
    /// [`Failure`]: refused, declined, not reached, or sent without anybody knowing what became of it.
    pub fn carry_out(&self, key: &Keypair, intent: Intent) -> Result<Report, Failure> {
        let Intent { what, instructions, preview, warnings, final_because } = intent;
        let connection = &self.chain.venue.connection;
        let planned = self.planned(key, instructions)?;
        if self.flags.dry_run {
            let (units, trial) = match &planned.transactions[..] {
                [only] => {
                    let tried = connection.simulate(only, &key.pubkey())?;
                    (tried.compute_units.map_or(Cell::None, Cell::Count), "and the node's trial of it succeeds")
                }
                _ => (Cell::None, "once prices are posted, before which the node cannot try it"),
            };
            let mut report = Report::of(preview);
            report.warnings = warnings;
            report.sections.push(Section::fields(
                "transaction",
                format!("Dry run: nothing was sent. This would {what}, {trial}."),
                [("status", Cell::text("dry_run")), ("what", Cell::text(what)), ("compute_units", units)],
            ));
            return Ok(report);
        }
        let shown = Report { warnings: warnings.clone(), ..Report::of(preview.clone()) };
        if self.output.output == Format::Table {
            self.output.print(&shown.text(self.output.atoms));
        }
        if let Some(reason) = final_because.filter(|_| !self.flags.yes) {
            confirm(&what, reason, self.output.output)?;
        }
        let keys = self.chain.brought.as_ref().map_or_else(|| vec![key], |brought| brought.signers(key));
        let signatures = perp_updates::rpc::send(connection, &planned, &keys)?;
        let used = signatures.get(planned.uses).copied();
        let signature = used.ok_or_else(|| Failure::Refused("nothing was sent".into()))?;
        let mut report = if self.output.output == Format::Json { shown } else { Report::default() };
        report.sections.push(Section::fields(
            "transaction",
            "Confirmed.",
            [
                ("status", Cell::text("confirmed")),
                ("what", Cell::text(what)),
                ("signature", Cell::text(signature.to_string())),
            ],
        ));
        match connection.events(&signature) {
            Ok(told) => report.sections.extend(events::sections(self.chain, &told)),
            Err(EventsError::Incomplete(incomplete)) => {
                report.sections.extend(events::sections(self.chain, &incomplete.seen));
                report.warnings.push(incomplete.to_string());
            }
            // It took place all the same.
            Err(error) => report.warnings.push(format!("confirmed, but what it did is not told: {error}")),
        }
        Ok(report)
    }

    /// One transaction; or several, where prices are posted first that do not fit beside it.
    fn planned(&self, key: &Keypair, instructions: Vec<Instruction>) -> Result<Plan, Failure> {
        match &self.chain.brought {
            Some(brought) => brought.plan(&self.chain.venue.connection, key, instructions, self.flags.unit_price),
            None => Ok(Plan { transactions: vec![self.priced(instructions)], uses: 0, encoded_vaa: None }),
        }
    }

    fn priced(&self, instructions: Vec<Instruction>) -> Vec<Instruction> {
        if self.flags.unit_price == 0 {
            return instructions;
        }
        let mut priced = vec![ComputeBudgetInstruction::set_compute_unit_price(self.flags.unit_price)];
        priced.extend(instructions);
        priced
    }
}

/// Asks, where somebody is there to answer.
fn confirm(what: &str, reason: &str, output: Format) -> Result<(), Failure> {
    let input = std::io::stdin();
    if output == Format::Json || !input.is_terminal() {
        return Err(Failure::Input(format!(
            "this would {what}, and {reason}: add --yes to send it without being asked, or --dry-run to see what it comes to"
        )));
    }
    let mut errors = std::io::stderr().lock();
    let _ = write!(errors, "This would {what}, and {reason}. Send it? [y/N] ");
    let _ = errors.flush();
    let mut answer = String::new();
    let read = input.lock().read_line(&mut answer);
    match (read, answer.trim()) {
        (Ok(_), "y" | "Y" | "yes") => Ok(()),
        _ => Err(Failure::Declined("not confirmed: nothing was sent".into())),
    }
}
