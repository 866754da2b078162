//! The exchange's accounts as they lie on chain: what each holds, where it is, and how its bytes are read.
//!
//! The program loads them with the feature `anchor`; everything off chain decodes them without any of Solana's crates but
//! the type of an address.

#![cfg_attr(not(feature = "anchor"), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod decode;
mod epoch_record;
mod exchange;
mod liquidity_request;
mod margin_account;
mod market;
pub mod oracle;
mod orders;
mod pool;
mod proposal;

pub use decode::{decode, encode_into, AccountError, Stored};
pub use epoch_record::EpochRecord;
pub use exchange::Exchange;
pub use liquidity_request::LiquidityRequest;
pub use margin_account::MarginAccount;
pub use market::Market;
pub use orders::Orders;
pub use pool::Pool;
pub use proposal::{check_rebinding, Proposal};
pub use solana_address::Address as Pubkey;

/// Layout version of every account. It begins to count with the first deployment; before it layouts change without notice.
pub const VERSION: u8 = 1;

/// Hands the program's address to the macro named: the one place where it stands. The committed one is an address to which
/// nobody has a key, so it runs on local validators only.
#[macro_export]
macro_rules! program_id {
    ($($callback:tt)+) => { $($callback)+!("Perp111111111111111111111111111111111111111"); };
}

macro_rules! define {
    ($address:literal) => {
        /// The program's address.
        pub const ID: Pubkey = Pubkey::from_str_const($address);
    };
}

program_id!(define);
