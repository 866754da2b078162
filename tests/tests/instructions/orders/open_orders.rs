use crate::expected::{account_sequence, says, world};
use anchor_lang::prelude::Pubkey;
use perp_client::addresses::orders_address;
use perp_client::instructions::{close_orders, open_orders, Authority};
use perp_engine::state::OrderBook;
use perp_swap::errors::ExchangeError;
use perp_swap::events::OrdersOpened;
use perp_tests::{assert_refused, SystemError, World};

#[test]
fn an_empty_account_of_orders_belongs_to_its_margin_account() {
    let mut world = world(1);
    let trader = world.trader(0);
    let address = orders_address(&trader.margin_account);
    let lamports = world.chain.account(&trader.signer).unwrap().lamports;
    let expected = OrdersOpened {
        exchange: world.addresses.exchange,
        time: world.now,
        account: trader.margin_account,
        owner: trader.signer,
        account_sequence: account_sequence(&mut world, trader) + 1,
        orders: address,
    };
    says(world.open_orders(trader), expected);
    let stored = world.orders(&trader.margin_account);
    assert_eq!((stored.exchange, stored.margin_account), (world.addresses.exchange, trader.margin_account));
    assert_eq!(stored.state, OrderBook::default());
    assert_eq!(world.margin_account(&trader.margin_account).state.orders_open, 1);
    let rent = world.chain.account(&address).unwrap().lamports;
    assert_eq!(world.chain.account(&trader.signer).unwrap().lamports, lamports - rent);
    // There is one for each margin account.
    assert_refused(world.open_orders(trader), SystemError::AccountAlreadyInUse);
    let second = world.account(trader.signer, 1, None);
    world.open_orders(second).unwrap();
}

#[test]
fn somebody_else_may_pay_its_rent_which_is_the_owners_then() {
    let mut world = world(1);
    let (trader, sponsor) = (world.trader(0), world.key());
    let lamports = |world: &mut World, key: &Pubkey| world.chain.account(key).unwrap().lamports;
    let (owner, rich) = (lamports(&mut world, &trader.signer), lamports(&mut world, &sponsor));
    world.run(&[open_orders(trader, sponsor)]).unwrap();
    let rent = lamports(&mut world, &orders_address(&trader.margin_account));
    assert_eq!((lamports(&mut world, &trader.signer), lamports(&mut world, &sponsor)), (owner, rich - rent));
    world.run(&[close_orders(trader)]).unwrap();
    assert_eq!(lamports(&mut world, &trader.signer), owner + rent);
}

#[test]
fn nobody_but_the_owner_opens_it() {
    let mut world = world(1);
    let (trader, delegate) = (world.trader(0), world.key());
    world.set_delegate(trader, delegate).unwrap();
    for signer in [delegate, world.admin] {
        assert_refused(world.run(&[open_orders(Authority { signer, ..trader }, signer)]), ExchangeError::NotTheOwner);
    }
}
