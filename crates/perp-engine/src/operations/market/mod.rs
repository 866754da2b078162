//! A market: its price and funding, its claims, insurance and fees, its status and target.

pub mod begin_settlement;
pub mod delist_market;
pub mod fund_claims;
pub mod fund_insurance;
pub mod report_oracle_outage;
pub mod set_backing_target;
pub mod set_market_status;
pub mod update_second_price;
pub mod withdraw_protocol_fees;

pub use begin_settlement::{plan_begin_settlement, SettlementPlan};
pub use delist_market::{apply_delisting, plan_delist_market};
pub use fund_claims::{plan_fund_claims, FundClaimsPlan};
pub use fund_insurance::{plan_fund_market_insurance, plan_fund_shared_insurance};
pub use report_oracle_outage::plan_report_oracle_outage;
pub use set_backing_target::plan_set_backing_target;
pub use set_market_status::{apply_market_status, plan_market_status};
pub use update_second_price::{plan_update_second_price, SecondPricePlan};
pub use withdraw_protocol_fees::{plan_withdraw_protocol_fees, FeesPlan};
