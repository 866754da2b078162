//! What turns give, and take: findings of an audit of resting orders.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod blocked;
mod canceled_option;
mod greedy;
mod ladder;
mod near_cap;
mod protection;
mod search;
mod venue;
