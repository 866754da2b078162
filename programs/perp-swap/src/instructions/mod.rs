//! One file for each instruction, in the folder of what it is about: accounts, their checks, handler.
//!
//! Accounts are checked in `validate`, which names every one of them: the compiler does not let it forget any. A
//! handler always refreshes, plans, applies, emits and transfers, in this order.

pub mod account;
pub mod exchange;
pub mod governance;
pub mod liquidity;
pub mod market;
pub mod orders;
pub mod position;

pub use account::*;
pub use exchange::*;
pub use governance::*;
pub use liquidity::*;
pub use market::*;
pub use orders::*;
pub use position::*;
