//! One harness for all tests of the program: a world with an exchange, its markets, liquidity and users, on either of
//! two back ends. After every instruction that goes through, the books are checked to the atom; one that is refused must
//! have changed nothing.

pub mod chain;
pub mod costs;
pub mod idl;
pub mod listing;
pub mod pages;
pub mod random_views;
pub mod tokens;
pub mod world;

pub use chain::{assert_refused, assert_refused_at, Backend, Outcome, Refused, SystemError, TokenError};
pub use listing::{DAY, NOW, SOL, START_PRICE, USDC};
pub use world::{Ran, World};
