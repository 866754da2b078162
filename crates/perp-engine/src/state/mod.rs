//! What is stored: plain data, the same bytes on chain and off.

mod account;
mod averages;
pub(crate) mod counters;
mod exchange;
mod market;
mod parameters;
mod pool;
mod status;

pub use account::{Account, AccountKind, Position, MAX_POSITIONS};
pub use averages::PriceAverages;
pub use counters::{AccountCounters, MarketCounters};
pub use exchange::ExchangeState;
pub use market::{Market, MarketLedger, PriceCache, SharedDraw, SideTotals};
pub use parameters::{Parameters, RATE_BITS};
pub use pool::{Pool, PoolParameters, Request, RequestKind, DEAD_SHARES, MAX_MARKETS};
pub use status::{Status, StoredStatus, GUARDIAN_COOLDOWN_SECONDS, GUARDIAN_STATUS_SECONDS};
