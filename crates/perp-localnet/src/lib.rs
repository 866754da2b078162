//! The exchange on an embedded local validator: an offline chain, an oracle that prices its markets, funded test
//! wallets, and a scripted demonstration.

pub mod address_file;
pub mod chain;
pub mod cli;
pub mod demo;
pub mod desk;
pub mod exchange;
pub mod feeds;
pub mod guardians;
pub mod liquidity;
pub mod local_exchange;
pub mod oracle_driver;
pub mod price_path;
pub mod price_server;
pub mod quotes;
pub mod receiver;
pub mod report;
pub mod run;
pub mod setup;
pub mod signed_update;
pub mod usdc;
pub mod validator;
pub mod wallets;
