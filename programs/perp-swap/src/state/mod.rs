//! The program's accounts. Each is a PDA that only this program writes, so its discriminator and owner vouch for its
//! contents; relations between accounts are checked by the instructions.

mod exchange;
mod liquidity_request;
mod margin_account;
mod market;
mod pool;

pub use exchange::{Exchange, Standing};
pub use liquidity_request::LiquidityRequest;
pub use margin_account::MarginAccount;
pub use market::{Market, OracleArguments};
pub use pool::Pool;

/// Layout version of every account.
pub const VERSION: u8 = 1;
