//! A margin account: opening and closing it, its delegate, collateral in and out.

pub mod close_account;
pub mod deposit;
pub mod limit_delegate;
pub mod open_account;
pub mod set_delegate;
pub mod withdraw;

pub use close_account::*;
pub use deposit::*;
pub use limit_delegate::*;
pub use open_account::*;
pub use set_delegate::*;
pub use withdraw::*;
