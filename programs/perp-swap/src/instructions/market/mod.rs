//! A market: its listing, status and target, its price and funding, its claims, insurance and fees.

pub mod begin_settlement;
pub mod create_market;
pub mod delist_market;
pub mod fund_claims;
pub mod fund_insurance;
pub mod report_oracle_outage;
pub mod set_backing_target;
pub mod set_market_status;
pub mod update_funding;
pub mod update_prices;
pub mod update_second_price;
pub mod withdraw_protocol_fees;

pub use begin_settlement::*;
pub use create_market::*;
pub use delist_market::*;
pub use fund_claims::*;
pub use fund_insurance::*;
pub use report_oracle_outage::*;
pub use set_backing_target::*;
pub use set_market_status::*;
pub use update_funding::*;
pub use update_prices::*;
pub use update_second_price::*;
pub use withdraw_protocol_fees::*;
