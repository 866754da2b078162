//! The exchange: the status that whoever holds a role may set.

pub mod set_exchange_status;

pub use set_exchange_status::{permitted_status, StatusAuthority};
