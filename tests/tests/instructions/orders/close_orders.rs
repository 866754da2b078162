use crate::expected::{account_sequence, lamports, says, world};
use perp_client::addresses::orders_address;
use perp_client::instructions::{close_orders, Authority};
use perp_swap::errors::ExchangeError;
use perp_swap::events::OrdersClosed;
use perp_tests::world::orders::below;
use perp_tests::{assert_refused, SOL};

#[test]
fn an_empty_one_is_gone_and_its_rent_is_the_owners() {
    let mut world = world(1);
    let trader = world.trader(0);
    let before = lamports(&mut world, &trader.signer);
    world.open_orders(trader).unwrap();
    let address = orders_address(&trader.margin_account);
    let expected = OrdersClosed {
        exchange: world.addresses.exchange,
        time: world.now,
        account: trader.margin_account,
        owner: trader.signer,
        account_sequence: account_sequence(&mut world, trader) + 1,
        orders: address,
    };
    says(world.close_orders(trader), expected);
    assert_eq!((lamports(&mut world, &address), lamports(&mut world, &trader.signer)), (0, before));
    // The margin account is not closed before.
    world.open_orders(trader).unwrap();
    assert_refused(world.close_account(trader), ExchangeError::AccountNotEmpty);
    world.close_orders(trader).unwrap();
    world.close_account(trader).unwrap();
}

#[test]
fn an_order_keeps_it_open() {
    let mut world = world(1);
    let trader = world.trader(0);
    world.open_orders(trader).unwrap();
    world.place(trader, 0, &[below(240, SOL)]).unwrap();
    assert_refused(world.close_orders(trader), ExchangeError::OrdersNotEmpty);
    world.replace(trader, 0, &[0], &[]).unwrap();
    world.close_orders(trader).unwrap();
}

#[test]
fn nobody_but_the_owner_closes_it() {
    let mut world = world(1);
    let (trader, delegate) = (world.trader(0), world.key());
    world.open_orders(trader).unwrap();
    world.set_delegate(trader, delegate).unwrap();
    for signer in [delegate, world.admin] {
        assert_refused(world.run(&[close_orders(Authority { signer, ..trader })]), ExchangeError::NotTheOwner);
    }
}
