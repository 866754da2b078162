//! What is stored: plain data, the same bytes on chain and off.

mod account;
mod market;
mod parameters;
mod pool;

pub use account::{Account, AccountKind, Position, MAX_POSITIONS};
pub use market::{Books, Market, PriceCache, SharedDraw, SideBook};
pub use parameters::{Parameters, RATE_BITS};
pub(crate) use parameters::{MAX_FUNDING_DT, MAX_FUNDING_RATE, MAX_FUNDING_VELOCITY, MAX_WEIGHT};
pub use pool::{Pool, PoolParameters, Request, RequestKind, DEAD_SHARES, MAX_MARKETS};
