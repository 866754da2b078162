use crate::expected::{account_sequence, event, lamports, moment, world};
use perp_client::events::Event;
use perp_client::instructions::{Authority, TargetMarket};
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::Status;
use perp_engine::units::{Ppm, Timestamp};
use perp_swap::errors::ExchangeError;
use perp_swap::events::{OrderMoment, OrderPlaced, OrdersPlaced};
use perp_tests::world::orders::{above, below, next_price, price, reducing, TIP};
use perp_tests::{assert_refused, World, DAY, SOL, USDC};

/// A trader with 1 000 and an account of orders.
fn trading(markets: u16) -> (World, Authority) {
    let mut world = world(markets);
    let trader = world.trader(1_000 * USDC);
    world.open_orders(trader).unwrap();
    (world, trader)
}

#[test]
fn every_order_that_goes_and_every_one_that_comes_is_told() {
    let (mut world, trader) = trading(1);
    world.place(trader, 0, &[below(240, SOL)]).unwrap();
    world.wait(7);
    let (rich, sequence) = (lamports(&mut world, &trader.signer), account_sequence(&mut world, trader));
    let stop = NewOrder { parent: Some(0), group: 3, ..reducing(below(230, -SOL)) };
    let trails = NewOrder { trailing: Ppm::new(20_000), expires: Timestamp::new(world.now + 9), ..above(0, SOL) };
    let events = world.replace(trader, 0, &[0], &[above(260, SOL), stop, trails]).unwrap().events();

    let exchange = world.addresses.exchange;
    let (time, account, owner) = (world.now, trader.margin_account, trader.signer);
    let placed = |slot: u8, world: &mut World| {
        let (order, account_sequence) = (OrderMoment::of(slot, &world.order(&account, slot)), sequence + 1);
        Event::from(OrderPlaced { exchange, time, account, owner, account_sequence, order })
    };
    let expected = [
        Event::from(OrdersPlaced {
            exchange,
            time,
            account,
            owner,
            account_sequence: sequence + 1,
            market: world.addresses.market(0),
            market_index: 0,
            state: moment(&mut world, 0, 7),
            trader: trader.signer,
            // The first of the new ones has the place of the old one.
            placed: 0b111,
            removed: 0b1,
            paid: 3 * TIP,
            returned: TIP,
            armed_until: 0,
        }),
        placed(0, &mut world),
        placed(1, &mut world),
        placed(2, &mut world),
    ];
    assert_eq!(events, expected);
    assert_eq!(lamports(&mut world, &trader.signer), rich - 2 * TIP);
    let Event::OrderPlaced(told) = &events[2] else { panic!("{events:?}") };
    assert_eq!((told.order.number, told.order.parent, told.order.group), (3, 1, 3));
    assert_eq!((told.order.trigger_price, told.order.reduce_only), (price(230).get(), true));
}

#[test]
fn an_order_by_time_that_is_due_is_armed_at_once() {
    let (mut world, trader) = trading(1);
    let events = world.place(trader, 0, &[next_price(SOL)]).unwrap().events();
    let [Event::OrdersPlaced(whole), Event::OrderPlaced(one)] = &events[..] else { panic!("{events:?}") };
    // The market's tolerance is 10 s: it fills from 11 s on, and for 15 s more nothing is withdrawn.
    assert_eq!((one.order.fills_from, whole.armed_until), (world.now + 11, world.now + 26));
    assert_eq!(world.margin_account(&trader.margin_account).state.armed_until.get(), world.now + 26);
    assert_refused(world.withdraw(trader, 1), ExchangeError::OrderArmed);
    assert_refused(world.replace(trader, 0, &[0], &[]), ExchangeError::OrderArmed);
    // One for later is not.
    let later = NewOrder { active_from: Timestamp::new(world.now + 1), ..next_price(SOL) };
    world.place(trader, 0, &[later]).unwrap();
    assert!(world.order(&trader.margin_account, 1).fills_from.is_never());
}

#[test]
fn with_an_order_those_go_that_sleep_until_its_fill() {
    let (mut world, trader) = trading(1);
    let stop = NewOrder { parent: Some(0), ..reducing(below(230, -SOL)) };
    let rich = lamports(&mut world, &trader.signer);
    world.place(trader, 0, &[below(240, SOL), stop, above(260, SOL)]).unwrap();
    let told = event!(world.replace(trader, 0, &[0], &[]), OrdersPlaced);
    assert_eq!((told.placed, told.removed, told.returned), (0, 0b11, 2 * TIP));
    assert_eq!(lamports(&mut world, &trader.signer), rich - TIP);
}

#[test]
fn terms_that_contradict_each_other_are_refused() {
    let (mut world, trader) = trading(1);
    let past = Timestamp::new(world.now - 1);
    let order = below(240, SOL);
    for (terms, reason) in [
        (NewOrder { size: next_price(0).size, ..order }, ExchangeError::SizeOutOfRange),
        (NewOrder { acceptable_price: price(0), ..order }, ExchangeError::AcceptablePriceZero),
        (NewOrder { lamports: TIP - 1, ..order }, ExchangeError::OrderTipTooSmall),
        (NewOrder { trailing: Ppm::new(1), ..order }, ExchangeError::OrderTerms),
        (NewOrder { trigger_price: price(0), ..order }, ExchangeError::OrderTerms),
        (NewOrder { slices: 2, lamports: 2 * TIP, seconds_between: 60, ..order }, ExchangeError::OrderTerms),
        (NewOrder { slices: 0, ..order }, ExchangeError::OrderTerms),
        (NewOrder { expires: past, ..order }, ExchangeError::OrderTerms),
        (NewOrder { parent: Some(0), ..reducing(order) }, ExchangeError::OrderTerms),
        (reducing(order), ExchangeError::NoPosition),
    ] {
        println!("{terms:?}");
        assert_refused(world.place(trader, 0, &[terms]), reason);
    }
    world.place(trader, 0, &[order]).unwrap();
    // What must wait for margin until it is armed is placed without any.
    world.place(trader, 0, &[below(240, 1_000 * SOL)]).unwrap();
    assert_refused(world.place(trader, 0, &[next_price(1_000 * SOL)]), ExchangeError::InitialMargin);
}

#[test]
fn every_status_lets_orders_be_placed_and_an_ended_market_none() {
    let (mut world, trader) = trading(2);
    let risk_admin = world.risk_admin;
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    world.place(trader, 0, &[below(240, SOL)]).unwrap();
    assert_refused(world.place(trader, 0, &[next_price(SOL)]), ExchangeError::Paused);
    world.delist_market(0).unwrap();
    world.wait(2 * DAY + 3_600);
    world.begin_settlement(0).unwrap();
    assert_refused(world.place(trader, 0, &[below(240, SOL)]), ExchangeError::MarketSettled);
    // By way of another market what rests there is cancelled.
    world.replace(trader, 1, &[0], &[]).unwrap();
}

#[test]
fn the_markets_of_all_positions_are_passed() {
    let (mut world, trader) = trading(2);
    world.trade(trader, 1, SOL).unwrap();
    let mut placement = world.placement(trader, TargetMarket::at_cached_price(0), &[], &[below(240, SOL)]);
    placement.accounts.pop();
    assert_refused(world.send(&placement), ExchangeError::MarketMissing);
    world.place(trader, 0, &[below(240, SOL)]).unwrap();
}

#[test]
fn nobody_but_owner_and_delegate_places() {
    let (mut world, trader) = trading(1);
    let (stranger, delegate) = (world.key(), world.key());
    world.set_delegate(trader, delegate).unwrap();
    let as_stranger = Authority { signer: stranger, ..trader };
    assert_refused(world.place(as_stranger, 0, &[below(240, SOL)]), ExchangeError::NotAuthorized);
    world.place(Authority { signer: delegate, ..trader }, 0, &[below(240, SOL)]).unwrap();
}
