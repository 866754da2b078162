//! What can be taken by resting orders, or through those of others.

mod blocked_stops;
mod lost_orders;
mod search;
mod straddle;
mod venue;
