//! Resting orders: placing, arming, filling, cancelling and sweeping them.
//!
//! An order waits until it is met, by a reading or by its time; anybody then arms it, and it fills at the one reading of a moment that
//! nobody knows anything about yet. Who arms or fills it chooses nothing.

pub mod arm;
pub mod cancel;
pub mod execute;
pub mod place;

pub use arm::{plan_arm_order, ArmingPlan};
pub use cancel::{cancel_order, sweep_order};
pub use execute::{plan_execute_order, ExecutionPlan, OrderLamports, OrderOutcome};
pub use place::{place_orders, NewOrder, PlacementPlan, ORDER_TIP_LAMPORTS};

#[cfg(test)]
mod tests;
