//! The life cycle of an exchange, played over RPC on an embedded validator: every step says what it will do, does it,
//! and compares the chain with what the engine computes, to the atom.

mod chapters;
pub mod demo_run;
pub mod expect;
pub mod keeper;
pub mod participants;
mod show;
pub mod world;

use perp_candles::CandleError;
use perp_client::rpc::{EpochsError, EventsError, FetchError, SendError};
use perp_engine::oracle::ReadingError;
use perp_engine::EngineError;
use perp_exchange::convert::ConversionError;
use perp_exchange::Refusal;
use perp_migrations::{FileError, MigrationError};
use thiserror::Error;

use crate::chain::ChainError;
use crate::cli::DemoOptions;
use crate::demo::demo_run::DemoRun;
use crate::feeds::FeedError;
use crate::report::{Format, Recorder, Report};
use crate::setup::SetupError;
use crate::validator::ValidatorError;
use crate::wallets::WalletError;

/// One-minute candles of Bitcoin on 17 and 18 April 2021.
pub const CRASH_DAY: &str = "btc_usd_1m_2021-04-17_2021-04-18.csv";

/// What ended the demo early, or that a step of it failed.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The recorded prices.
    #[error(transparent)]
    Candles(#[from] CandleError),
    /// The recorded prices do not cover the story.
    #[error("{CRASH_DAY} in tests/data/prices does not have every minute from {from} to {to} (Unix seconds): restore the file that comes with the project")]
    DayIncomplete {
        /// The first minute that is needed.
        from: i64,
        /// The last.
        to: i64,
    },
    /// The chain, the program and the wallets.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The exchange's description.
    #[error(transparent)]
    Description(#[from] FileError),
    /// The exchange.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The test keypairs.
    #[error(transparent)]
    Wallets(#[from] WalletError),
    /// The validator.
    #[error(transparent)]
    Validator(#[from] ValidatorError),
    /// The chain's clock and accounts.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The feeds.
    #[error(transparent)]
    Feeds(#[from] FeedError),
    /// A price that no feed could show.
    #[error("a price of the story is no reading of an oracle: {0:?}")]
    Reading(ReadingError),
    /// Something cannot be read from the chain.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A transaction did not take place.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The events of a transaction cannot be read.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// The boundaries that were closed cannot be read.
    #[error(transparent)]
    Epochs(#[from] EpochsError),
    /// A number of the story does not fit its unit.
    #[error(transparent)]
    Conversion(#[from] ConversionError),
    /// The engine refuses what the story asks for, so the program would too.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something of the story is not there.
    #[error("there is no {expected} on the chain, or it cannot be read: were the program and this demo built from the same sources?")]
    Absent {
        /// What.
        expected: &'static str,
    },
    /// The demo came to its end, but not as it says.
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
    play_watched(options, &mut |_| ())
}

/// Plays the demo and prints it. `watch` sees the chain, which stands still meanwhile, after each part.
///
/// # Errors
/// As [`play`].
pub fn play_watched(options: &DemoOptions, watch: &mut dyn FnMut(&DemoRun<'_>)) -> Result<Report, DemoError> {
    let format = if options.json { Format::Json } else { Format::Tables };
    let mut recorder = Recorder::new(format, chapters::LENGTH);
    let outcome = script(options, &mut recorder, watch);
    let report = recorder.finish(outcome.as_ref().err().map(ToString::to_string));
    outcome?;
    match report.steps.iter().filter(|step| !step.ok).count() {
        0 => Ok(report),
        failed => Err(DemoError::StepsFailed(failed)),
    }
}

fn script(
    options: &DemoOptions,
    recorder: &mut Recorder,
    watch: &mut dyn FnMut(&DemoRun<'_>),
) -> Result<(), DemoError> {
    let day = perp_candles::read(&perp_candles::recorded_days().join(CRASH_DAY))?;
    chapters::play(&options.node, &day, recorder, watch)
}
