//! What turns give, and take: findings of an audit of resting orders.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod blocked;
mod canceled_option;
mod free_option;
mod greedy;
mod grace;
mod ladder;
mod protection;
mod search;
mod venue;
