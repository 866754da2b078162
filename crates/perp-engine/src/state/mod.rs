//! What is stored: plain data, the same bytes on chain and off.

mod account;
mod allowance;
mod averages;
pub(crate) mod counters;
mod delegate;
mod epoch;
mod exchange;
mod grace;
mod market;
mod order;
mod parameters;
mod pool;
mod proposal;
mod recent_prices;
mod restriction;
mod settlement;
mod status;

pub use account::{Account, AccountKind, Position, MAX_POSITIONS};
pub use allowance::{Allowance, AllowanceRule, ALLOWANCE_WINDOW_SECONDS, PAUSES, PAUSE_GRACE_SECONDS, REDUCTIONS};
pub use averages::PriceAverages;
pub use counters::{AccountCounters, MarketCounters};
pub use delegate::DelegateLimits;
pub use epoch::{
    BoundaryLedger, BoundaryReading, ClosedEpoch, Epoch, LastEpoch, LimitSet, PriceLimit, Queue, Request, RequestKind,
    RequestSums, Waiting, PRICE_LIMITS, QUEUE_BOUNDARIES,
};
pub use exchange::ExchangeState;
pub use grace::Grace;
pub use market::{Market, MarketLedger, PriceCache, SecondPrice, SideTotals};
pub(crate) use order::parent_mark;
pub use order::{
    OrderBook, OrderTrigger, RestingOrder, FILL_READING_SECONDS, FILL_SECONDS, ORDER_SLOTS, REARM_SECONDS,
    SLICE_SECONDS, TURN_SECONDS,
};
pub use parameters::{Parameters, RATE_BITS};
pub use pool::{Pool, PoolParameters, SharedDraw, DEAD_SHARES};
pub use proposal::{
    Canceller, Proposal, ProposalKind, Role, LAPSE_SECONDS, LONG_WAIT_SECONDS, STEP_SECONDS, WAIT_SECONDS,
};
pub use recent_prices::{is_fresh, RecentPrices, Second, FRESH_SECONDS, SECONDS};
pub use restriction::Restriction;
pub use settlement::{Settlement, DELISTING_NOTICE_SECONDS, SETTLEMENT_AVERAGE_SECONDS, SETTLEMENT_NOTICE_SECONDS};
pub use status::{Status, StatusAuthority, StatusOrder};
