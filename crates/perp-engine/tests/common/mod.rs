//! An exchange in memory: what the integration tests run on. A crate that includes this module brings the engine's
//! `claims`, `state` and `units` into its root, where the shared numbers look for them.

// Shared with the unit tests, which use more of it.
#[allow(dead_code)]
#[path = "../../src/fixtures.rs"]
pub mod fixtures;
pub mod markets;
pub mod reference;
pub mod world;
