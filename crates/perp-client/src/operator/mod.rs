//! What every program asks of the person who runs it, and tells that person: key files, where a localnet is, URLs that may hold
//! secrets, and whether everything that is needed is there.

pub mod checks;
pub mod key_file;
mod localnet;
mod secret;

pub use localnet::{LocalnetAddresses, LocalnetError};
pub use secret::{origin, shown_text};
