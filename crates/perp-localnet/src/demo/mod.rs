//! The life cycle of an exchange, played over RPC on an embedded validator: every step says what it will do, does it,
//! and compares the chain with what the engine computes, to the atom.

mod acts;
pub mod cast;
mod expect;
pub mod keeper;
mod show;
pub mod stage;
pub mod world;

use perp_client::addresses::NameError;
use perp_client::convert::ConversionError;
use perp_client::rpc::{FetchError, SendError};
use perp_client::snapshot::QuoteError;
use perp_engine::EngineError;
use perp_migrations::{FileError, MigrationError};
use thiserror::Error;

use crate::candles::{self, CandleError};
use crate::chain::ChainError;
use crate::cli::DemoOptions;
use crate::feeds::FeedError;
use crate::report::{Format, Recorder, Report};
use crate::setup::SetupError;
use crate::validator::ValidatorError;
use crate::wallets::WalletError;

/// One-minute candles of Bitcoin on 17 and 18 April 2021.
pub const CRASH_DAY: &str = "btc_usd_1m_2021-04-17_2021-04-18.csv";

#[derive(Debug, Error)]
pub enum DemoError {
    #[error(transparent)]
    Candles(#[from] CandleError),
    #[error("{CRASH_DAY} in tests/data/prices does not have every minute from {from} to {to} (Unix seconds): restore the file that comes with the project")]
    DayIncomplete { from: i64, to: i64 },
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Description(#[from] FileError),
    #[error(transparent)]
    Migration(#[from] MigrationError),
    #[error(transparent)]
    Wallets(#[from] WalletError),
    #[error(transparent)]
    Validator(#[from] ValidatorError),
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Feeds(#[from] FeedError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Conversion(#[from] ConversionError),
    /// The engine refuses what the story asks for, so the program would too.
    #[error(transparent)]
    Refused(#[from] QuoteError),
    #[error("there is no {expected} on the chain, or it cannot be read: were the program and this demo built from the same sources?")]
    Absent { expected: &'static str },
    #[error("{0} of the steps did not do what they say: look for FAILED in their tables")]
    StepsFailed(usize),
}

impl From<EngineError> for DemoError {
    fn from(error: EngineError) -> Self {
        Self::Refused(error.into())
    }
}

/// Plays the demo and prints it.
///
/// # Errors
/// What ended it early, or [`DemoError::StepsFailed`] where a step did not do what it says.
pub fn play(options: &DemoOptions) -> Result<Report, DemoError> {
    let format = if options.json { Format::Json } else { Format::Tables };
    let mut recorder = Recorder::new(format, acts::LENGTH);
    let outcome = script(options, &mut recorder);
    let report = recorder.finish(outcome.as_ref().err().map(ToString::to_string));
    outcome?;
    match report.steps.iter().filter(|step| !step.ok).count() {
        0 => Ok(report),
        failed => Err(DemoError::StepsFailed(failed)),
    }
}

fn script(options: &DemoOptions, recorder: &mut Recorder) -> Result<(), DemoError> {
    let day = candles::read(&candles::recorded_days().join(CRASH_DAY))?;
    acts::play(&options.node, &day, recorder)
}
