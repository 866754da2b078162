//! What is stored: plain data, the same bytes on chain and off.

mod account;
mod averages;
pub(crate) mod counters;
mod exchange;
mod market;
mod parameters;
mod pool;
mod recent_prices;
mod status;

pub use account::{Account, AccountKind, Position, MAX_POSITIONS};
pub use averages::PriceAverages;
pub use counters::{AccountCounters, MarketCounters};
pub use exchange::ExchangeState;
pub use market::{Market, MarketLedger, PriceCache, SideTotals};
pub use parameters::{Parameters, RATE_BITS};
pub use pool::{Pool, PoolParameters, SharedDraw, Request, RequestKind, DEAD_SHARES, MAX_MARKETS};
pub use recent_prices::{is_fresh, RecentPrices, Span, FRESH_SECONDS, SPANS, SPAN_SECONDS};
pub use status::{Status, StoredStatus, GUARDIAN_COOLDOWN_SECONDS, GUARDIAN_STATUS_SECONDS};
