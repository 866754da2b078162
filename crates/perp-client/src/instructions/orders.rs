use super::{if_due, instruction, markets_of, read_only, Authority, TargetMarket, NO_OTHERS};
use crate::addresses::{event_authority, orders_address, Addresses};
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::{system_program, Discriminator};
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::{Account, OrderBook, RestingOrder};
use perp_swap::accounts::{ArmOrder, CloseOrders, ExecuteOrder, OpenOrders, PlaceOrders, SweepOrder};
use perp_swap::instruction as data;

/// A margin account whose orders an instruction is about.
#[derive(Clone, Copy, Debug)]
pub struct OrdersOf<'a> {
    /// Its owner, to whom lamports of orders go home.
    pub owner: Pubkey,
    /// Its address.
    pub margin_account: Pubkey,
    /// Its state, for the markets of its positions.
    pub account: &'a Account,
}

/// Opens the account of a margin account's resting orders; `payer` pays its rent.
pub fn open_orders(owner: Authority, payer: Pubkey) -> Instruction {
    let accounts = OpenOrders {
        owner: owner.signer,
        payer,
        margin_account: owner.margin_account,
        orders: orders_address(&owner.margin_account),
        system_program: system_program::ID,
    };
    instruction(accounts, data::OpenOrders {}, NO_OTHERS)
}

/// Cancels the orders at these places and places new ones in the target's market. `trader` is the owner or the delegate, and pays
/// what the new orders hold.
pub fn place_orders(
    addresses: &Addresses,
    trader: Pubkey,
    of: &OrdersOf<'_>,
    target: TargetMarket,
    cancel: &[u8],
    orders: &[NewOrder],
) -> Instruction {
    let accounts = PlaceOrders {
        trader,
        owner: of.owner,
        exchange: addresses.exchange,
        margin_account: of.margin_account,
        orders: orders_address(&of.margin_account),
        market: addresses.market(target.market),
        oracle: target.oracle,
        system_program: system_program::ID,
    };
    let orders = orders.iter().map(|order| (*order).into()).collect();
    let others = markets_of(addresses, of.account, Some(target.market));
    instruction(accounts, data::PlaceOrders { cancel: cancel.to_vec(), orders }, others.map(read_only))
}

/// Arms the order at this place, or moves the trigger of one that trails, for anybody. The target is the order's market, with any account
/// of its oracle program that holds the reading by which it is met; with none for an order by time.
pub fn arm_order(addresses: &Addresses, of: &OrdersOf<'_>, target: TargetMarket, slot: u8) -> Instruction {
    let accounts = ArmOrder {
        exchange: addresses.exchange,
        margin_account: of.margin_account,
        orders: orders_address(&of.margin_account),
        market: addresses.market(target.market),
        oracle: target.oracle,
    };
    let others = markets_of(addresses, of.account, Some(target.market));
    instruction(accounts, data::ArmOrder { slot }, others.map(read_only))
}

/// The same where it is due, for a transaction of several: where a rule refuses it, and where the account of the orders is gone,
/// nothing happens.
pub fn arm_order_if_due(addresses: &Addresses, of: &OrdersOf<'_>, target: TargetMarket, slot: u8) -> Instruction {
    if_due(arm_order(addresses, of, target, slot), data::ArmOrderIfDue::DISCRIMINATOR)
}

/// The markets that whoever fills an order of this account names: those of its positions, and those that its other orders may have entered
/// by then.
pub fn markets_to_fill(account: &Account, book: &OrderBook) -> impl Iterator<Item = u16> {
    let held = account.occupied().map(|(_, position)| position.market);
    let may_enter = |order: &RestingOrder| !order.fills_from.is_never() && !order.is_reduce_only();
    let entered = book.occupied().map(|(_, order)| order).filter(|order| may_enter(order)).map(|order| order.market);
    let mut markets: Vec<u16> = held.collect();
    for market in entered {
        if !markets.contains(&market) {
            markets.push(market);
        }
    }
    markets.into_iter()
}

/// Fills the armed order at this place, for anybody. `oracle` is any account of the market's oracle program that holds the reading at
/// which it fills; `book` are all orders of the account. The order pays `caller`.
pub fn execute_order(
    addresses: &Addresses,
    caller: Pubkey,
    of: &OrdersOf<'_>,
    book: &OrderBook,
    market: u16,
    oracle: Pubkey,
    slot: u8,
) -> Instruction {
    let accounts = ExecuteOrder {
        caller,
        owner: of.owner,
        exchange: addresses.exchange,
        margin_account: of.margin_account,
        orders: orders_address(&of.margin_account),
        market: addresses.market(market),
        oracle,
        event_authority: event_authority(),
        program: perp_accounts::ID,
    };
    let others = markets_to_fill(of.account, book).filter(|other| *other != market);
    instruction(accounts, data::ExecuteOrder { slot }, others.map(|other| read_only(addresses.market(other))))
}

/// The same where it is due, for a transaction of several: where a rule refuses it, and where the account of the orders is gone,
/// nothing happens.
pub fn execute_order_if_due(
    addresses: &Addresses,
    caller: Pubkey,
    of: &OrdersOf<'_>,
    book: &OrderBook,
    market: u16,
    oracle: Pubkey,
    slot: u8,
) -> Instruction {
    if_due(execute_order(addresses, caller, of, book, market, oracle, slot), data::ExecuteOrderIfDue::DISCRIMINATOR)
}

/// Takes the dead order at this place out, for anybody. `ended` is its market where it is dead because that has ended.
pub fn sweep_order(
    addresses: &Addresses,
    owner: Pubkey,
    margin_account: Pubkey,
    ended: Option<u16>,
    slot: u8,
) -> Instruction {
    let accounts = SweepOrder {
        owner,
        margin_account,
        orders: orders_address(&margin_account),
        market: ended.map(|market| addresses.market(market)),
    };
    instruction(accounts, data::SweepOrder { slot }, NO_OTHERS)
}

/// Closes the account of a margin account's resting orders, in which none is left; its rent returns to the owner.
pub fn close_orders(owner: Authority) -> Instruction {
    let accounts = CloseOrders {
        owner: owner.signer,
        margin_account: owner.margin_account,
        orders: orders_address(&owner.margin_account),
    };
    instruction(accounts, data::CloseOrders {}, NO_OTHERS)
}
