//! An exchange with oracles and everything that must hold of it: what the integration tests run on.

pub mod decisions;
pub mod keys;
pub mod markets;
pub mod reference;
pub mod world;
