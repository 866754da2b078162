//! The story, a chapter per file.

mod bankruptcy;
mod books;
mod claims;
mod closing;
mod crash;
mod exit;
mod funding;
mod liquidation;
mod liquidity;
mod listing;
mod trading;

use perp_candles::Candle;

use crate::cli::NodeOptions;
use crate::demo::DemoError;
use crate::report::Recorder;

/// 17 April 2021, 01:45, as the candles count time.
const START: i64 = 1_618_623_900;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The first traders open their positions.
const OPENING: i64 = START + 70 * MINUTE;
/// A quarter of an hour after which a day of funding begins.
const FUNDING: i64 = START + 75 * MINUTE;
/// The next day, 03:10: more traders open positions, with more leverage.
const LATE: i64 = FUNDING + DAY + 10 * MINUTE;
/// The minutes of the crash that are played: 03:11 to 03:59.
const CRASH: [i64; 2] = [LATE + MINUTE, LATE + 49 * MINUTE];

/// Movements of the progress bar: one per chapter, hour of funding and minute of the crash.
pub const LENGTH: u64 = 10 + 24 + 49;

const INTRODUCTION: &str = "The life of a perpetual swap exchange on an offline validator, from its first deposit \
through the crash of 18 April 2021 until everybody has left. Each step is one or more transactions over RPC; \"expected\" is \
computed by the engine before they are sent, \"actual\" is read from the chain afterwards.";

/// Plays all of it on a new chain.
pub fn play(node: &NodeOptions, day: &[Candle], recorder: &mut Recorder) -> Result<(), DemoError> {
    recorder.say(INTRODUCTION);
    let mut run = listing::play(node, day, recorder)?;
    liquidity::play(&mut run)?;
    trading::play(&mut run)?;
    funding::play(&mut run)?;
    trading::play_late(&mut run)?;
    let crash = crash::play(&mut run)?;
    closing::play(&mut run, &crash)?;
    exit::play(&mut run)?;
    books::play(&mut run)?;
    run.close()
}
