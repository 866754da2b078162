//! The stand-in for Pyth's receiver as its clients find it: on the binary, over RPC. What it takes, and all it refuses.

mod bridge;
mod common;
mod forged;
mod markets;
mod post;
