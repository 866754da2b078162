//! Decisions: what is proposed, what puts it in force, and what acts at once.

pub mod apply_oracle;
pub mod apply_parameters;
pub mod cancel;
pub mod insurance;
pub mod listing;
pub mod pool_parameters;
pub mod propose_parameters;
pub mod role;
pub mod tighten_market;

#[cfg(test)]
mod tests;

pub use apply_oracle::{apply_oracle, plan_apply_oracle, plan_propose_oracle, ORACLE_DIFFERENCE};
pub use apply_parameters::{plan_apply_parameters, ParametersPlan};
pub use cancel::check_cancel;
pub use insurance::{plan_apply_insurance, plan_propose_insurance, INSURANCE_FLOOR, INSURANCE_STEP};
pub use listing::{plan_apply_listing, plan_propose_listing, Listing};
pub use pool_parameters::{plan_apply_pool_parameters, plan_propose_pool_parameters};
pub use propose_parameters::plan_propose_parameters;
pub use role::{plan_apply_role, plan_propose_role};
pub use tighten_market::{plan_tighten_market, Tightening, TighteningPlan};
