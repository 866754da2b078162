use super::{if_due, instruction, markets_of, read_only, Authority, TargetMarket, NO_OTHERS};
use crate::addresses::{event_authority, Addresses};
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::Discriminator;
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::state::Account;
use perp_swap::accounts::{Liquidate, RedeemClaim, ResolveBankruptcy, SettleFunding, SettlePnl, Trade, WaiveClaim};
use perp_swap::instruction as data;

/// One market order. `account` is the state of the trader's margin account.
pub fn trade(
    addresses: &Addresses,
    trader: Authority,
    account: &Account,
    target: TargetMarket,
    order: &Order,
) -> Instruction {
    let accounts = Trade {
        trader: trader.signer,
        exchange: addresses.exchange,
        margin_account: trader.margin_account,
        market: addresses.market(target.market),
        oracle: target.oracle,
    };
    let Order { size, acceptable_price, reduce_only } = *order;
    let others = markets_of(addresses, account, Some(target.market));
    instruction(
        accounts,
        data::Trade { size: size.get(), acceptable_price: acceptable_price.get(), reduce_only },
        others.map(read_only),
    )
}

/// Settles the funding of a position, for anybody.
pub fn settle_funding(addresses: &Addresses, margin_account: Pubkey, market: u16) -> Instruction {
    let accounts = SettleFunding { exchange: addresses.exchange, margin_account, market: addresses.market(market) };
    instruction(accounts, data::SettleFunding {}, NO_OTHERS)
}

/// Turns a position's unrealized profit or loss into cash, for anybody. `rewarded` is another margin account, which receives what the
/// queue pays for it just before a boundary.
pub fn settle_pnl(
    addresses: &Addresses,
    margin_account: Pubkey,
    target: TargetMarket,
    rewarded: Option<Pubkey>,
) -> Instruction {
    let accounts = SettlePnl {
        exchange: addresses.exchange,
        margin_account,
        market: addresses.market(target.market),
        oracle: target.oracle,
        pool: rewarded.map(|_| addresses.pool),
        rewarded_account: rewarded,
    };
    instruction(accounts, data::SettlePnl {}, NO_OTHERS)
}

/// Pays an account what is funded of its claim, for anybody.
pub fn redeem_claim(addresses: &Addresses, margin_account: Pubkey, market: u16) -> Instruction {
    let accounts = RedeemClaim { exchange: addresses.exchange, margin_account, market: addresses.market(market) };
    instruction(accounts, data::RedeemClaim {}, NO_OTHERS)
}

/// Gives up the owner's claim on a market.
pub fn waive_claim(addresses: &Addresses, owner: Authority, market: u16) -> Instruction {
    let accounts = WaiveClaim {
        owner: owner.signer,
        exchange: addresses.exchange,
        margin_account: owner.margin_account,
        market: addresses.market(market),
    };
    instruction(accounts, data::WaiveClaim {}, NO_OTHERS)
}

/// Closes part or all of an under-margined position, settles the profit of one whose account is healthy only by what markets have
/// not paid yet, or closes one in a market that has ended; the bounty is credited to the liquidator's margin account. `account`
/// is the state of `margin_account`, the account that is liquidated.
pub fn liquidate(
    addresses: &Addresses,
    liquidator: Authority,
    margin_account: Pubkey,
    account: &Account,
    target: TargetMarket,
    order: &LiquidationOrder,
) -> Instruction {
    let accounts = Liquidate {
        liquidator: liquidator.signer,
        exchange: addresses.exchange,
        liquidator_account: liquidator.margin_account,
        margin_account,
        market: addresses.market(target.market),
        oracle: target.oracle,
        event_authority: event_authority(),
        program: perp_accounts::ID,
    };
    let LiquidationOrder { max_size, min_bounty } = *order;
    let others = markets_of(addresses, account, Some(target.market));
    instruction(
        accounts,
        data::Liquidate { max_size: max_size.get(), min_bounty: min_bounty.get() },
        others.map(read_only),
    )
}

/// The same where it is due, for a transaction of several: where a rule refuses it, and where the margin account is gone, nothing
/// happens.
pub fn liquidate_if_due(
    addresses: &Addresses,
    liquidator: Authority,
    margin_account: Pubkey,
    account: &Account,
    target: TargetMarket,
    order: &LiquidationOrder,
) -> Instruction {
    if_due(
        liquidate(addresses, liquidator, margin_account, account, target, order),
        data::LiquidateIfDue::DISCRIMINATOR,
    )
}

/// Settles what a bankrupt account owes `market`. Its other markets are read, for its claims on them.
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
        event_authority: event_authority(),
        program: perp_accounts::ID,
    };
    let others = markets_of(addresses, account, Some(market));
    instruction(accounts, data::ResolveBankruptcy {}, others.map(read_only))
}
