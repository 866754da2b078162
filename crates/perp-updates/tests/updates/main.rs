//! Updates as Pyth's own code writes them: read, refused, planned into transactions, and fetched.

mod common;
mod interface;
mod parse;
mod plan;
mod pyth;
mod server;
