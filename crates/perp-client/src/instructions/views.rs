use super::{instruction, markets_of, read_only, TargetMarket, NO_OTHERS};
use crate::addresses::Addresses;
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::InstructionData;
use perp_engine::operations::position::Order;
use perp_engine::state::Account;
use perp_swap::accounts::{AttestSolvency, ViewAccount, ViewMarket, ViewPosition};
use perp_swap::instruction as data;

/// How a margin account stands: answers [`HealthView`](super::answers::HealthView). `account` is its state.
pub fn view_health(addresses: &Addresses, margin_account: Pubkey, account: &Account) -> Instruction {
    let accounts = ViewAccount { exchange: addresses.exchange, margin_account };
    instruction(accounts, data::ViewHealth {}, markets_of(addresses, account, None).map(read_only))
}

/// What one position comes to: answers [`PositionView`](super::answers::PositionView).
pub fn view_position(
    addresses: &Addresses,
    margin_account: Pubkey,
    account: &Account,
    target: TargetMarket,
) -> Instruction {
    of_position(addresses, margin_account, account, target, data::ViewPosition {})
}

/// The price of a market at which the account becomes liquidatable: answers
/// [`LiquidationPriceView`](super::answers::LiquidationPriceView).
pub fn view_liquidation_price(
    addresses: &Addresses,
    margin_account: Pubkey,
    account: &Account,
    target: TargetMarket,
) -> Instruction {
    of_position(addresses, margin_account, account, target, data::ViewLiquidationPrice {})
}

/// What a market order would do: answers [`TradeView`](super::answers::TradeView), or is refused as the order would be.
pub fn view_trade(
    addresses: &Addresses,
    margin_account: Pubkey,
    account: &Account,
    target: TargetMarket,
    order: &Order,
) -> Instruction {
    let Order { size, acceptable_price, reduce_only } = *order;
    let data = data::ViewTrade { size: size.get(), acceptable_price: acceptable_price.get(), reduce_only };
    of_position(addresses, margin_account, account, target, data)
}

/// Where a market's funding is heading in so many seconds, a week at most: answers [`FundingView`](super::answers::FundingView).
pub fn view_funding(addresses: &Addresses, target: TargetMarket, seconds: u32) -> Instruction {
    instruction(market(addresses, target), data::ViewFunding { seconds }, NO_OTHERS)
}

/// What a market has and owes: answers [`MarketView`](super::answers::MarketView).
pub fn view_market(addresses: &Addresses, target: TargetMarket) -> Instruction {
    instruction(market(addresses, target), data::ViewMarket {}, NO_OTHERS)
}

/// What the exchange with so many markets has and owes as a whole, told by an event: answers
/// [`SolvencyView`](super::answers::SolvencyView).
pub fn attest_solvency(addresses: &Addresses, market_count: u16) -> Instruction {
    let accounts = AttestSolvency { exchange: addresses.exchange, pool: addresses.pool, vault: addresses.vault };
    let markets = (0..market_count).map(|index| addresses.market(index));
    instruction(accounts, data::AttestSolvency {}, markets.map(read_only))
}

/// A view of an account in one market, behind which the markets of its other positions stand.
fn of_position(
    addresses: &Addresses,
    margin_account: Pubkey,
    account: &Account,
    target: TargetMarket,
    data: impl InstructionData,
) -> Instruction {
    let TargetMarket { market, oracle } = target;
    let accounts =
        ViewPosition { exchange: addresses.exchange, margin_account, market: addresses.market(market), oracle };
    instruction(accounts, data, markets_of(addresses, account, Some(market)).map(read_only))
}

fn market(addresses: &Addresses, target: TargetMarket) -> ViewMarket {
    ViewMarket { exchange: addresses.exchange, market: addresses.market(target.market), oracle: target.oracle }
}
