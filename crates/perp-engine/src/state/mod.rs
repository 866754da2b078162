//! What is stored: plain data, the same bytes on chain and off.

mod account;
mod allowance;
pub(crate) mod counters;
mod exchange;
mod market;
mod parameters;
mod pool;
mod restriction;
mod status;

pub use account::{Account, AccountKind, Position, MAX_POSITIONS};
pub use allowance::{Allowance, AllowanceRule, ALLOWANCE_WINDOW_SECONDS, PAUSES, PAUSE_GRACE_SECONDS, REDUCTIONS};
pub use counters::{AccountCounters, MarketCounters};
pub use exchange::ExchangeState;
pub use market::{Market, MarketLedger, PriceCache, SharedDraw, SideTotals};
pub use parameters::{Parameters, RATE_BITS};
pub use pool::{Pool, PoolParameters, Request, RequestKind, DEAD_SHARES, MAX_MARKETS};
pub use restriction::Restriction;
pub use status::{Status, StatusAuthority, StatusOrder};
