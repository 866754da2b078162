use crate::expected::{account_sequence, event, lamports, moment, world};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::Authority;
use perp_engine::operations::orders::NewOrder;
use perp_swap::errors::ExchangeError;
use perp_swap::events::{ExecutionOutcome, OrderExecuted, OrderFill, OrderMoment};
use perp_tests::world::orders::{below, next_price, price, reducing, TIP};
use perp_tests::{assert_refused, World, SOL, USDC};

/// A trader with 1 000, these orders, and somebody who fills them.
fn placed(orders: &[NewOrder]) -> (World, Authority, Pubkey) {
    let mut world = world(1);
    let (trader, keeper) = (world.trader(1_000 * USDC), world.key());
    world.open_orders(trader).unwrap();
    world.place(trader, 0, orders).unwrap();
    (world, trader, keeper)
}

#[test]
fn a_fill_is_told_to_the_atom_and_pays_its_sender() {
    let (mut world, trader, keeper) = placed(&[next_price(4 * SOL)]);
    world.to_fill(trader, 0, 250.0);
    world.wait(2);
    let order = world.order(&trader.margin_account, 0);
    let (rich, owner) = (lamports(&mut world, &keeper), lamports(&mut world, &trader.signer));
    let sequence = account_sequence(&mut world, trader);
    let event = event!(world.execute(keeper, trader, 0), OrderExecuted);
    let fill = event.fill.unwrap();
    let expected = OrderExecuted {
        exchange: world.addresses.exchange,
        time: world.now,
        account: trader.margin_account,
        owner: trader.signer,
        account_sequence: sequence + 1,
        market: world.addresses.market(0),
        market_index: 0,
        state: moment(&mut world, 0, 13),
        caller: keeper,
        outcome: ExecutionOutcome::Filled,
        order: OrderMoment::of(0, &order),
        published: world.now - 2,
        fill: Some(OrderFill {
            size: 4 * SOL,
            // 1 000 and 4² / (2 · 20 000 000) · 250 = 0.000 1
            notional: fill.impact + (i128::from(1_000 * USDC) << 40),
            charge: fill.impact,
            spread: 0,
            // 4 bps of 1 000
            fee: 400_000,
            realized: 0,
            funding: 0,
            redeemed: 0,
            repaid: 0,
            size_before: 0,
            size_after: 4 * SOL,
            ..fill
        }),
        forfeited: 0,
        slices_left: 0,
        removed: 0,
        woken_at: world.now,
        tip: TIP,
        returned: 0,
        balance_before: 1_000 * USDC,
        balance_after: 999_600_000,
    };
    assert_eq!(event, expected);
    assert_eq!(fill.impact >> 40, 100);
    // 1 000 less the fee and the impact, and 3 % of 1 000.
    assert_eq!((fill.equity, fill.margin), (999_599_900, 30 * USDC));
    assert_eq!((lamports(&mut world, &keeper), lamports(&mut world, &trader.signer)), (rich + TIP, owner));
    assert_eq!(world.order(&trader.margin_account, 0).number, 0);
    assert_refused(world.execute(keeper, trader, 0), ExchangeError::NoOrder);
}

#[test]
fn the_others_of_its_group_go_and_are_told() {
    let child = |order: NewOrder| NewOrder { parent: Some(0), group: 7, ..reducing(order) };
    let (mut world, trader, keeper) =
        placed(&[next_price(4 * SOL), child(below(240, i64::MIN)), child(below(230, i64::MIN))]);
    world.to_fill(trader, 0, 250.0);
    world.execute(keeper, trader, 0).unwrap();
    let owner = lamports(&mut world, &trader.signer);
    let told = event!(world.trigger(keeper, trader, 2, 229.0, 229.0), OrderExecuted);
    // Place 1 is bit 1.
    assert_eq!((told.tip, told.returned, told.removed), (TIP, TIP, 0b10));
    assert_eq!(lamports(&mut world, &trader.signer), owner + TIP);
}

#[test]
fn worse_than_its_price_an_order_by_price_waits_on_and_one_by_time_is_over() {
    let bound = |order: NewOrder| NewOrder { acceptable_price: price(245), ..order };
    let child = NewOrder { parent: Some(1), ..reducing(below(200, i64::MIN)) };
    let (mut world, trader, keeper) = placed(&[bound(below(260, SOL)), bound(next_price(SOL)), child]);
    let owner = lamports(&mut world, &trader.signer);
    world.to_fill(trader, 1, 250.0);
    let told = event!(world.execute(keeper, trader, 1), OrderExecuted);
    assert_eq!((told.outcome, told.slices_left, told.tip, told.returned), (ExecutionOutcome::Disarmed, 0, 0, 2 * TIP));
    assert_eq!(told.removed, 0b100);
    assert_eq!(lamports(&mut world, &trader.signer), owner + 2 * TIP);

    let event = event!(world.trigger(keeper, trader, 0, 250.0, 250.0), OrderExecuted);
    assert_eq!((event.outcome, event.slices_left, event.tip, event.returned), (ExecutionOutcome::Disarmed, 1, 0, 0));
    assert_eq!(world.order(&trader.margin_account, 0).active_from.get(), world.now + 30);
}

#[test]
fn an_order_whose_margin_is_gone_pays_what_it_has_lost() {
    // 60 SOL at 250 for 1 000: 3 % of 13 875 are more than is left when the market is at 231.25 by the time it is shown.
    let (mut world, trader, keeper) = placed(&[next_price(60 * SOL)]);
    world.to_fill(trader, 0, 250.0);
    let reading = world.posted(0);
    world.wait(1);
    world.publish(0, 231.25);
    world.update_price(0).unwrap();
    let before = world.balance(&trader.margin_account);
    let execution = world.execution(keeper, &trader.margin_account, 0, reading, 0);
    let event = event!(world.run(&[execution]), OrderExecuted);
    // 60 · 18.75 = 1 125 are more than there is.
    assert_eq!((event.outcome, event.forfeited, event.tip), (ExecutionOutcome::Forfeited, before, TIP));
    assert_eq!((event.balance_before, event.balance_after, event.fill), (before, 0, None));
}

#[test]
fn there_is_one_reading_at_which_it_fills() {
    let (mut world, trader, keeper) = placed(&[next_price(SOL)]);
    assert_eq!(world.order(&trader.margin_account, 0).fills_from.get(), world.now + 11);
    let from = world.now + 11;
    world.set_time(from + 12);
    for (published, previous) in [(from - 1, from - 2), (from + 1, from), (from + 11, from - 1)] {
        world.publish_after(0, 250.0, published, previous);
        assert_refused(world.execute(keeper, trader, 0), ExchangeError::NoFillReading);
    }
    // The first good one of that moment, ten seconds later at most.
    world.publish_between(0, 250.0, 5.0, [from - 1, from]);
    assert_refused(world.execute(keeper, trader, 0), ExchangeError::NoFillReading);
    world.publish_after(0, 250.0, from + 10, from - 1);
    world.execute(keeper, trader, 0).unwrap();
}

#[test]
fn what_is_not_armed_is_not_filled() {
    let (mut world, trader, keeper) = placed(&[below(240, SOL)]);
    world.wait(1);
    world.publish(0, 239.0);
    assert_refused(world.execute(keeper, trader, 0), ExchangeError::OrderNotArmed);
    world.arm(trader, 0).unwrap();
    // 11 + 15 s later it is over.
    world.wait(27);
    world.publish_after(0, 239.0, world.now - 15, world.now - 17);
    assert_refused(world.execute(keeper, trader, 0), ExchangeError::OrderNotArmed);
}
