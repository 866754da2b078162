//! The command line: what can be typed, and how it ends.
#![allow(missing_docs)] // a comment on a flag is its help text

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::chain::Chain;
#[cfg(feature = "watch")]
use crate::commands::watch;
use crate::commands::{
    account, admin, completions, deposit, doctor, explain, export, funding, liquidate, liquidity, markets, oracle,
    order, size, terms, trade, withdraw,
};
use crate::failure::Failure;
use crate::output::{Format, OutputFlags, Report};
use crate::settings::{check_environment, SettingFlags, Settings};

/// The exchange's command line: markets, accounts, trades, orders that wait, liquidity, and everything that keeps it alive.
///
/// Every preview is computed by the engine that the program runs. Where the exchange is and who signs is said by flags, then
/// environment variables, then --localnet, then the file of --config.
///
/// The exit code says how it went: 0 it is done, and confirmed where it was sent; 1 a rule refused it, or what was looked at is not as
/// it should be; 2 something typed is wrong, and nothing was sent; 3 a server cannot be reached; 4 it was sent, and nobody knows yet
/// whether it took place; 5 it was not confirmed by whoever typed it.
#[derive(Debug, Parser)]
#[command(name = "perp", version, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub settings: SettingFlags,
    #[command(flatten)]
    pub output: OutputFlags,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the markets, or tells everything about one
    Markets(markets::Arguments),
    /// Tells how a margin account stands; opens, closes and delegates it
    Account(account::Arguments),
    /// Puts collateral into a margin account
    Deposit(deposit::Arguments),
    /// Takes collateral out of a margin account
    Withdraw(withdraw::Arguments),
    /// Trades at once, within a bound
    Trade(trade::Arguments),
    /// Tells how large a position should be, by risk, volatility, edge or history
    Size(size::Arguments),
    /// Places, changes and cancels orders that wait for a price or a time
    Order(order::Arguments),
    /// Tells the pool's worth, its exposure and what it has earned; enters and leaves it
    Liquidity(liquidity::Arguments),
    /// Tells what each side pays the other; accrues and settles it
    Funding(funding::Arguments),
    /// Lists and closes what may be liquidated; resolves bankruptcies
    Liquidate(liquidate::Arguments),
    /// Tells prices and their ages; takes them in
    Oracle(oracle::Arguments),
    /// Tells roles, allowances, parameters and what waits; does what the roles may do
    Admin(admin::Arguments),
    /// Computes every number of a transaction or an account anew, and says by which rule
    Explain(explain::Arguments),
    /// Exports what was realized, lot by lot, with sums that equal the chain's
    Export(export::Arguments),
    /// Shows markets, an account and its orders in the terminal, read anew until q ends it
    #[cfg(feature = "watch")]
    Watch(watch::Arguments),
    /// Tells which command, page and test does each term of the field
    Terms(terms::Arguments),
    /// Looks whether everything that is needed is there, and says what to do about what is not
    Doctor(doctor::Arguments),
    /// Prints a script that completes commands and flags in a shell
    Completions(completions::Arguments),
}

/// What every command has at hand.
pub struct Context<'a> {
    /// Where the exchange is and who signs.
    pub settings: &'a Settings,
    /// How it answers.
    pub output: OutputFlags,
}

impl Context<'_> {
    /// The exchange as it is now.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn chain(&self) -> Result<Chain, Failure> {
        Chain::load(self.settings)
    }
}

impl Command {
    /// Its name, with that of its own command.
    const fn name(&self) -> &'static str {
        match self {
            Self::Markets(_) => "markets",
            Self::Account(_) => "account",
            Self::Deposit(_) => "deposit",
            Self::Withdraw(_) => "withdraw",
            Self::Trade(_) => "trade",
            Self::Order(_) => "order",
            Self::Size(_) => "size",
            Self::Liquidity(_) => "liquidity",
            Self::Funding(_) => "funding",
            Self::Liquidate(_) => "liquidate",
            Self::Oracle(_) => "oracle",
            Self::Admin(_) => "admin",
            Self::Explain(_) => "explain",
            Self::Export(_) => "export",
            #[cfg(feature = "watch")]
            Self::Watch(_) => "watch",
            Self::Terms(_) => "terms",
            Self::Doctor(_) => "doctor",
            Self::Completions(_) => "completions",
        }
    }

    fn execute(&self, context: &Context<'_>) -> Result<Report, Failure> {
        match self {
            Self::Markets(arguments) => arguments.run(context),
            Self::Account(arguments) => arguments.run(context),
            Self::Deposit(arguments) => arguments.run(context),
            Self::Withdraw(arguments) => arguments.run(context),
            Self::Trade(arguments) => arguments.run(context),
            Self::Order(arguments) => arguments.run(context),
            Self::Size(arguments) => arguments.run(context),
            Self::Liquidity(arguments) => arguments.run(context),
            Self::Funding(arguments) => arguments.run(context),
            Self::Liquidate(arguments) => arguments.run(context),
            Self::Oracle(arguments) => arguments.run(context),
            Self::Admin(arguments) => arguments.run(context),
            Self::Explain(arguments) => arguments.run(context),
            Self::Export(arguments) => arguments.run(context),
            #[cfg(feature = "watch")]
            Self::Watch(arguments) => arguments.run(context),
            Self::Terms(arguments) => arguments.run(),
            Self::Doctor(arguments) => arguments.run(context),
            Self::Completions(arguments) => Ok(arguments.run()),
        }
    }
}

/// Does what was typed, prints what came of it, and says so by the exit code.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return mistyped(&error, wants_json(&arguments)),
    };
    let name = cli.command.name();
    let answered = check_environment(variables)
        .and_then(|()| cli.settings.settings())
        .and_then(|settings| cli.command.execute(&Context { settings: &settings, output: cli.output }));
    match answered {
        Ok(report) => {
            cli.output.print(&cli.output.answer(name, &report));
            match report.bad {
                Some(reason) => ended(&cli.output, &Failure::Bad(reason), None),
                None => ExitCode::SUCCESS,
            }
        }
        Err(failure) => ended(&cli.output, &failure, Some(name)),
    }
}

/// Tells a failure; in JSON where a command answers in nothing but that.
fn ended(output: &OutputFlags, failure: &Failure, command: Option<&str>) -> ExitCode {
    match command.filter(|_| output.output == Format::Json) {
        Some(command) => output.print(&output.failure(command, failure)),
        None => tell(&failure.to_string()),
    }
    ExitCode::from(failure.code())
}

fn tell(text: &str) {
    use std::io::Write;
    let mut errors = std::io::stderr().lock();
    for line in text.lines() {
        // Where it cannot be written the exit code says enough.
        let _ = writeln!(errors, "error: {line}");
    }
}

/// What cannot be understood, or a text that was asked for.
fn mistyped(error: &clap::Error, json: bool) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let failure = Failure::Input(error.render().to_string().trim_start_matches("error: ").trim_end().to_owned());
    if json {
        let output = OutputFlags { output: Format::Json, atoms: false };
        output.print(&output.failure("", &failure));
    } else {
        let _ = error.print();
    }
    ExitCode::from(failure.code())
}

/// Whether JSON was asked for, also of what cannot be understood.
fn wants_json(arguments: &[OsString]) -> bool {
    let is = |argument: &OsString, text: &str| argument.to_str() == Some(text);
    arguments.iter().any(|argument| is(argument, "--output=json"))
        || arguments.windows(2).any(|pair| is(&pair[0], "--output") && is(&pair[1], "json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
