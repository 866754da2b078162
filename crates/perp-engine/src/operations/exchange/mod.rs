//! The exchange: the status that whoever holds a role may set.

pub mod set_exchange_status;

pub use crate::state::{StatusAuthority, StatusOrder};
pub use set_exchange_status::plan_exchange_status;
