use crate::expected::{contents, lamports, world};
use anchor_lang::prelude::Pubkey;
use perp_client::events::Event;
use perp_client::instructions::{self as client, Authority, OrdersOf};
use perp_engine::operations::orders::NewOrder;
use perp_swap::errors::ExchangeError;
use perp_tests::world::orders::{below, next_price, reducing, TIP};
use perp_tests::{assert_refused, World, SOL, USDC};
use solana_instruction::Instruction;

fn attempt(world: &mut World, caller: Pubkey, of: Authority, slot: u8) -> Instruction {
    let account = world.margin_account(&of.margin_account).state;
    let book = world.orders(&of.margin_account).state;
    let of = OrdersOf { owner: of.signer, margin_account: of.margin_account, account: &account };
    client::execute_order_if_due(&world.addresses, caller, &of, &book, 0, world.oracle(0), slot)
}

#[test]
fn of_several_in_one_transaction_those_that_are_armed_are_filled_and_paid_for() {
    let mut world = world(1);
    let (trader, keeper) = (world.trader(1_000 * USDC), world.key());
    world.open_orders(trader).unwrap();
    world.place(trader, 0, &[next_price(SOL), below(240, SOL), next_price(2 * SOL)]).unwrap();
    world.to_fill(trader, 0, 250.0);
    let batch = [0, 1, 2, 3].map(|slot| attempt(&mut world, keeper, trader, slot));
    let before = lamports(&mut world, &keeper);
    let events = world.run(&batch).unwrap().events();
    let filled: Vec<_> = events
        .iter()
        .map(|event| match event {
            Event::OrderExecuted(event) => event.order.slot,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(filled, [0, 2]);
    assert_eq!(lamports(&mut world, &keeper), before + 2 * TIP);
    assert_eq!(world.position(&trader.margin_account, 0).size.get(), 3 * SOL);
    // Whoever comes later finds nothing to do, and the single instruction says why.
    let written = contents(&mut world, &batch[0]);
    let events = world.run(&batch).unwrap().events();
    assert_eq!(events, []);
    assert_eq!(contents(&mut world, &batch[0]), written);
    assert_eq!(lamports(&mut world, &keeper), before + 2 * TIP);
    assert_refused(world.execute(keeper, trader, 1), ExchangeError::OrderNotArmed);
}

#[test]
fn orders_that_are_gone_are_passed_over_and_wrong_ones_are_refused() {
    let mut world = world(1);
    let ([leaver, trader], keeper) = ([1_000, 1_000].map(|dollars| world.trader(dollars * USDC)), world.key());
    for of in [leaver, trader] {
        world.open_orders(of).unwrap();
    }
    world.trade(trader, 0, SOL).unwrap();
    let stop =
        NewOrder { trigger: next_price(SOL).trigger, trigger_price: next_price(SOL).trigger_price, ..below(1, -SOL) };
    world.place(trader, 0, &[reducing(stop)]).unwrap();
    world.to_fill(trader, 0, 250.0);
    let (gone, due) = (attempt(&mut world, keeper, leaver, 0), attempt(&mut world, keeper, trader, 0));
    world.close_orders(leaver).unwrap();
    let mut stolen = due.clone();
    stolen.accounts[1].pubkey = keeper;
    assert_refused(world.run(&[stolen]), ExchangeError::WrongReceiver);
    world.run(&[gone, due]).unwrap();
    assert_eq!(world.position(&trader.margin_account, 0).size.get(), 0);
}
