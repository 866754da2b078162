//! Brings a cluster to the exchange and markets described in a TOML file, and says what it did and what was already so.
//!
//! Everything the file can be refused for is found before a node is asked, and everything the chain contradicts before a
//! transaction is sent. Running it again changes nothing.

pub mod description;
pub mod migration;

pub use description::{Description, FileError};
pub use migration::{migrate, Migration, MigrationError, Step};

/// The exchange of the local validator.
pub const LOCALNET: &str = include_str!("../localnet.toml");
