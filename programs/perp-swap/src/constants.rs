//! Numbers that clients need to build instructions and to read accounts and events, published in the IDL.

use anchor_lang::prelude::*;
use perp_accounts::{EpochRecord, Exchange, LiquidityRequest, MarginAccount, Market, Orders, Pool, Proposal};
use perp_engine::operations::{liquidity, orders, position};
use perp_engine::{state, units};

/// Exact amounts (`x40`) and prices are in 2^-40 atoms: this many bits stand behind the binary point.
#[constant]
pub const X40_BITS: u32 = units::X40_BITS;
/// Funding rates are in 2^-60 per second: this many bits stand behind the binary point.
#[constant]
pub const RATE_BITS: u32 = state::RATE_BITS;
/// Parts per million in one.
#[constant]
pub const PPM: u64 = units::PPM;
/// Positions one margin account can hold.
#[constant]
pub const MAX_POSITIONS: u64 = state::MAX_POSITIONS as u64;
/// Shares of the first liquidity deposit that nobody gets.
#[constant]
pub const DEAD_SHARES: u64 = state::DEAD_SHARES;
/// Largest position or side of a market, in base units.
#[constant]
pub const MAX_SIZE: u64 = units::MAX_SIZE;
/// Largest price, in 2^-40 atoms per base unit.
#[constant]
pub const MAX_PRICE: u64 = units::MAX_PRICE;
/// Largest price at which positions may increase, in 2^-40 atoms per base unit.
#[constant]
pub const MAX_OPEN_PRICE: u64 = units::MAX_OPEN_PRICE;
/// Largest notional of a side of a market after an increase, in atoms.
#[constant]
pub const MAX_OPEN_NOTIONAL: u64 = units::MAX_OPEN_NOTIONAL;
/// Largest amount in any one field, in atoms.
#[constant]
pub const MAX_ATOMS: u64 = units::MAX_ATOMS;
/// Lamports paid for valuing a market at a boundary.
#[constant]
pub const VALUATION_LAMPORTS: u64 = liquidity::VALUATION_LAMPORTS;
/// Lamports paid for closing a boundary.
#[constant]
pub const CLOSE_LAMPORTS: u64 = liquidity::CLOSE_LAMPORTS;
/// Lamports paid for paying a request out.
#[constant]
pub const PAYMENT_LAMPORTS: u64 = liquidity::PAYMENT_LAMPORTS;
/// Seconds before a boundary in which backing rests.
#[constant]
pub const BOUNDARY_REST_SECONDS: u32 = liquidity::BOUNDARY_REST_SECONDS;
/// Seconds before a boundary in which settlements are paid for.
#[constant]
pub const SETTLING_SECONDS: u32 = position::SETTLING_SECONDS;
/// Seconds after a boundary in which readings of it count.
#[constant]
pub const READING_ALLOWANCE_SECONDS: u32 = liquidity::READING_ALLOWANCE_SECONDS;
/// Resting orders one margin account can have.
#[constant]
pub const ORDER_SLOTS: u64 = state::ORDER_SLOTS as u64;
/// Lamports that a resting order holds at least for each of its fills.
#[constant]
pub const ORDER_TIP_LAMPORTS: u64 = orders::ORDER_TIP_LAMPORTS;
/// Seconds after `fills_from` within which an armed order is filled.
#[constant]
pub const FILL_SECONDS: u32 = state::FILL_SECONDS;
/// Seconds after `fills_from` within which the reading is published at which an armed order fills.
#[constant]
pub const FILL_READING_SECONDS: u32 = state::FILL_READING_SECONDS;
/// Seconds after `fills_from` for which an order by price that was armed for nothing is not met again.
#[constant]
pub const REARM_SECONDS: u32 = state::REARM_SECONDS;
/// For so many seconds from the publish time of an order's reading on those of its market or group that were armed before it go first.
#[constant]
pub const TURN_SECONDS: u32 = state::TURN_SECONDS;
/// Fewest seconds between two slices of an order by time.
#[constant]
pub const SLICE_SECONDS: u32 = state::SLICE_SECONDS;
/// Fewest decimals of a quote token.
#[constant]
pub const MIN_QUOTE_DECIMALS: u8 = *units::QUOTE_DECIMALS.start();
/// Most decimals of a quote token.
#[constant]
pub const MAX_QUOTE_DECIMALS: u8 = *units::QUOTE_DECIMALS.end();
/// Most decimals of a market's base unit.
#[constant]
pub const MAX_BASE_DECIMALS: u8 = units::MAX_BASE_DECIMALS;
/// The acceptable price of a buy at any price.
#[constant]
pub const ANY_PRICE_BUY: u64 = u64::MAX;
/// The acceptable price of a sale at any price.
#[constant]
pub const ANY_PRICE_SELL: u64 = 1;
/// First seed of an exchange's address; creator and name follow.
#[constant]
pub const EXCHANGE_SEED: &[u8] = Exchange::SEED;
/// First seed of the vault's address; the exchange follows.
#[constant]
pub const VAULT_SEED: &[u8] = Exchange::VAULT_SEED;
/// First seed of the share mint's address; the exchange follows.
#[constant]
pub const SHARE_MINT_SEED: &[u8] = Exchange::SHARE_MINT_SEED;
/// First seed of the share escrow's address; the exchange follows.
#[constant]
pub const SHARE_ESCROW_SEED: &[u8] = Exchange::SHARE_ESCROW_SEED;
/// First seed of a pool's address; the exchange follows.
#[constant]
pub const POOL_SEED: &[u8] = Pool::SEED;
/// First seed of a market's address; the exchange and the market's index, two bytes little-endian, follow.
#[constant]
pub const MARKET_SEED: &[u8] = Market::SEED;
/// First seed of a margin account's address; the exchange, the owner and the sub-account, two bytes little-endian,
/// follow.
#[constant]
pub const MARGIN_ACCOUNT_SEED: &[u8] = MarginAccount::SEED;
/// First seed of the address of a margin account's orders; the margin account follows.
#[constant]
pub const ORDERS_SEED: &[u8] = Orders::SEED;
/// First seed of a liquidity request's address; the exchange, the owner and the nonce, eight bytes little-endian,
/// follow.
#[constant]
pub const LIQUIDITY_REQUEST_SEED: &[u8] = LiquidityRequest::SEED;
/// First seed of the address of a closed epoch's record; the exchange and the boundary, eight bytes little-endian, follow.
#[constant]
pub const EPOCH_SEED: &[u8] = EpochRecord::SEED;
/// First seed of a proposal's address; exchange, kind (a byte), and market or role (two bytes, little-endian) follow.
#[constant]
pub const PROPOSAL_SEED: &[u8] = Proposal::SEED;
