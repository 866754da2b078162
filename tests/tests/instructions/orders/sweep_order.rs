use crate::expected::{account_sequence, event, lamports, says, world};
use perp_client::instructions::Authority;
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::Status;
use perp_engine::units::Timestamp;
use perp_swap::errors::ExchangeError;
use perp_swap::events::{OrderMoment, OrderSwept};
use perp_tests::world::orders::{below, next_price, reducing, TIP};
use perp_tests::{assert_refused, World, DAY, SOL, USDC};

fn trading() -> (World, Authority) {
    let mut world = world(2);
    let trader = world.trader(1_000 * USDC);
    world.open_orders(trader).unwrap();
    (world, trader)
}

#[test]
fn what_has_expired_goes_home_in_every_status() {
    let (mut world, trader) = trading();
    let expires = Timestamp::new(world.now + 10);
    world.place(trader, 0, &[NewOrder { expires, ..below(240, SOL) }]).unwrap();
    assert_refused(world.sweep(trader, None, 0), ExchangeError::OrderAlive);
    world.wait(11);
    let risk_admin = world.risk_admin;
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    let owner = lamports(&mut world, &trader.signer);
    let order = OrderMoment::of(0, &world.order(&trader.margin_account, 0));
    let expected = OrderSwept {
        exchange: world.addresses.exchange,
        time: world.now,
        account: trader.margin_account,
        owner: trader.signer,
        account_sequence: account_sequence(&mut world, trader) + 1,
        order,
        removed: 0,
        returned: TIP,
    };
    says(world.sweep(trader, None, 0), expected);
    assert_eq!(lamports(&mut world, &trader.signer), owner + TIP);
    assert_refused(world.sweep(trader, None, 0), ExchangeError::NoOrder);
}

#[test]
fn protection_of_a_position_that_is_gone_goes_home() {
    let (mut world, trader) = trading();
    world.trade(trader, 0, SOL).unwrap();
    world.place(trader, 0, &[reducing(below(240, -SOL))]).unwrap();
    assert_refused(world.sweep(trader, None, 0), ExchangeError::OrderAlive);
    world.next_slot();
    world.close_position(trader, 0).unwrap();
    world.sweep(trader, None, 0).unwrap();
}

#[test]
fn with_an_entry_that_is_void_its_children_go() {
    let (mut world, trader) = trading();
    let stop = NewOrder { parent: Some(0), ..reducing(below(240, -SOL)) };
    world.place(trader, 0, &[next_price(SOL), stop]).unwrap();
    // 11 + 15 s
    world.wait(27);
    assert_refused(world.sweep(trader, None, 1), ExchangeError::OrderAlive);
    let owner = lamports(&mut world, &trader.signer);
    let entry = event!(world.sweep(trader, None, 0), OrderSwept);
    assert_eq!((entry.order.number, entry.removed, entry.returned), (1, 0b10, 2 * TIP));
    assert_eq!(lamports(&mut world, &trader.signer), owner + 2 * TIP);
}

#[test]
fn the_market_that_has_ended_is_the_orders_own() {
    let (mut world, trader) = trading();
    world.place(trader, 0, &[below(240, SOL)]).unwrap();
    world.place(trader, 1, &[below(240, SOL)]).unwrap();
    world.delist_market(0).unwrap();
    world.wait(2 * DAY + 3_600);
    world.begin_settlement(0).unwrap();
    assert_refused(world.sweep(trader, Some(0), 1), ExchangeError::MarketMissing);
    assert_refused(world.sweep(trader, Some(1), 0), ExchangeError::MarketMissing);
    assert_refused(world.sweep(trader, Some(1), 1), ExchangeError::OrderAlive);
    world.sweep(trader, Some(0), 0).unwrap();
}
