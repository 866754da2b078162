//! `perp`: the exchange's command line.
//!
//! Reads settings, asks a node, previews by the engine, sends, and says what came of it. It has no formula of its own.

pub mod amount;
pub mod bring;
pub mod chain;
pub mod cli;
pub mod commands;
pub mod failure;
pub mod output;
pub mod send;
pub mod settings;
pub mod whose;

pub use failure::Failure;
