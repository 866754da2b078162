//! One event for each instruction, and after it one for each resting order that it places or takes out on the way. Every event says of which exchange it is and when it happened; one about a margin
//! account, a market or the pool carries its number among theirs, so that a reader notices one that a log has lost.
//!
//! `before` and `after` are those of the instruction. Amounts are atoms of the quote token, sizes base units; prices
//! are in 2^-40 atoms per base unit.

mod account;
mod exchange;
mod governance;
mod liquidity;
mod market;
mod moment;
mod orders;
mod position;
mod record;

pub use account::*;
pub use exchange::*;
pub use governance::*;
pub use liquidity::*;
pub use market::*;
pub use moment::MarketMoment;
pub use orders::*;
pub use position::*;
pub use record::{log, record};
