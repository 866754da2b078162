//! Longs and shorts in markets that move together: what an account asks for them, what becomes of it in every scenario and on crash
//! days, and whether a liquidation leaves it worse off than accounts of one position each.

mod acting;
mod attacks;
mod candles;
mod crash_days;
mod liquidation;
mod recorded;
mod reductions;
mod scenarios;
mod stage;
mod worst_loss;
