//! usage: random-views [STATES]
//! Asks the compiled program about random states, 100 000 unless told otherwise, and the engine about the same. Some minutes.

use perp_tests::random_views::{compare, Compared};
use std::process::ExitCode;

fn main() -> ExitCode {
    let states = match std::env::args().nth(1).map(|count| count.parse()) {
        None => 100_000,
        Some(Ok(states)) => states,
        Some(Err(error)) => {
            eprintln!("random-views: STATES is a number of states, as 100000: {error}");
            return ExitCode::FAILURE;
        }
    };
    let Compared { answered, refused } = compare(states);
    println!("{states} states: {answered} answers and {refused} refusals, each as the engine's");
    ExitCode::SUCCESS
}
