use super::{instruction, markets_of, read_only, writable, Actor, Touched, NO_OTHERS};
use crate::addresses::Addresses;
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use perp_engine::liquidation::LiquidationOrder;
use perp_engine::state::Account;
use perp_engine::trade::Order;
use perp_swap::accounts::{Liquidate, RedeemClaim, ResolveBankruptcy, SettleFunding, SettlePnl, Trade};
use perp_swap::instruction as data;

/// One market order. `account` is the state of the trader's margin account.
pub fn trade(addresses: &Addresses, trader: Actor, account: &Account, touched: Touched, order: &Order) -> Instruction {
    let accounts = Trade {
        trader: trader.signer,
        exchange: addresses.exchange,
        margin_account: trader.margin_account,
        market: addresses.market(touched.market),
        oracle: touched.oracle,
    };
    let Order { size, price_bound, reduce_only } = *order;
    let others = markets_of(addresses, account, Some(touched.market));
    instruction(accounts, data::Trade { size, price_bound, reduce_only }, others.map(read_only))
}

/// Settles the funding of a position, for anybody.
pub fn settle_funding(addresses: &Addresses, margin_account: Pubkey, market: u16) -> Instruction {
    let accounts = SettleFunding { exchange: addresses.exchange, margin_account, market: addresses.market(market) };
    instruction(accounts, data::SettleFunding {}, NO_OTHERS)
}

/// Turns a position's unrealised profit or loss into cash, for anybody.
pub fn settle_pnl(addresses: &Addresses, margin_account: Pubkey, touched: Touched) -> Instruction {
    let accounts = SettlePnl {
        exchange: addresses.exchange,
        margin_account,
        market: addresses.market(touched.market),
        oracle: touched.oracle,
    };
    instruction(accounts, data::SettlePnl {}, NO_OTHERS)
}

/// Pays an account what is funded of its claim, for anybody.
pub fn redeem_claim(addresses: &Addresses, margin_account: Pubkey, market: u16) -> Instruction {
    let accounts = RedeemClaim { margin_account, market: addresses.market(market) };
    instruction(accounts, data::RedeemClaim {}, NO_OTHERS)
}

/// Closes part or all of an under-margined position; the bounty is credited to the liquidator's margin account.
/// `account` is the state of `margin_account`, the account that is liquidated.
pub fn liquidate(
    addresses: &Addresses,
    liquidator: Actor,
    margin_account: Pubkey,
    account: &Account,
    touched: Touched,
    order: &LiquidationOrder,
) -> Instruction {
    let accounts = Liquidate {
        liquidator: liquidator.signer,
        exchange: addresses.exchange,
        liquidator_account: liquidator.margin_account,
        margin_account,
        market: addresses.market(touched.market),
        oracle: touched.oracle,
    };
    let LiquidationOrder { max_size, min_bounty } = *order;
    let others = markets_of(addresses, account, Some(touched.market));
    instruction(accounts, data::Liquidate { max_size, min_bounty }, others.map(read_only))
}

/// Settles what a bankrupt account owes `market`. Its other markets are written: claims on them are set off.
pub fn resolve_bankruptcy(
    addresses: &Addresses,
    margin_account: Pubkey,
    account: &Account,
    market: u16,
) -> Instruction {
    let accounts = ResolveBankruptcy {
        exchange: addresses.exchange,
        pool: addresses.pool,
        margin_account,
        market: addresses.market(market),
    };
    let others = markets_of(addresses, account, Some(market));
    instruction(accounts, data::ResolveBankruptcy {}, others.map(writable))
}
