//! The engine driven as the program drives it, over whole exchanges.

mod coalition;
#[path = "../common/mod.rs"]
mod common;
mod isolation;
mod leaving;
mod life_cycle;
mod playing;
mod sequences;
mod steps;

// Where the shared fixtures look for the engine.
use perp_engine::{claims, state, units};
