//! Whole exchanges driven through every operation.

mod blocked_stops;
mod coalition;
#[path = "../common/mod.rs"]
mod common;
mod crowding;
mod entrants;
mod epochs;
mod hedges;
mod isolation;
mod leaving;
mod life_cycle;
mod many_markets;
mod moments;
mod orders;
mod pauses;
mod playing;
mod resting;
mod sequences;
mod shortage;
mod steps;
mod toxic;
