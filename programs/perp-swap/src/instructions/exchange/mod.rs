//! The exchange: its creation, its roles, its status.

pub mod accept_admin;
pub mod create_exchange;
pub mod propose_admin;
pub mod set_exchange_status;
pub mod set_roles;

pub use accept_admin::*;
pub use create_exchange::*;
pub use propose_admin::*;
pub use set_exchange_status::*;
pub use set_roles::*;
