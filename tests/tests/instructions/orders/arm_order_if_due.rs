use crate::expected::{contents, world};
use perp_client::events::Event;
use perp_client::instructions::{self as client, Authority, OrdersOf};
use perp_swap::errors::ExchangeError;
use perp_swap::events::ArmingOutcome;
use perp_tests::world::orders::{below, reducing};
use perp_tests::{assert_refused, World, SOL, USDC};
use solana_instruction::Instruction;

fn attempt(world: &mut World, of: Authority, slot: u8) -> Instruction {
    let account = world.margin_account(&of.margin_account).state;
    let of = OrdersOf { owner: of.signer, margin_account: of.margin_account, account: &account };
    client::arm_order_if_due(&world.addresses, &of, world.target(0), slot)
}

#[test]
fn of_several_in_one_transaction_those_that_are_met_are_armed() {
    let mut world = world(1);
    let trader = world.trader(1_000 * USDC);
    world.open_orders(trader).unwrap();
    world.place(trader, 0, &[below(240, SOL), below(230, SOL), below(235, SOL)]).unwrap();
    world.wait(1);
    world.publish(0, 234.0);
    let batch = [0, 1, 2, 3].map(|slot| attempt(&mut world, trader, slot));
    let events = world.run(&batch).unwrap().events();
    let armed: Vec<_> = events
        .iter()
        .map(|event| match event {
            Event::OrderArmed(event) => (event.order.slot, event.outcome),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(armed, [(0, ArmingOutcome::Armed), (2, ArmingOutcome::Armed)]);
    // Whoever comes later finds nothing to do, and the single instruction says why.
    let before = contents(&mut world, &batch[0]);
    let events = world.run(&batch).unwrap().events();
    assert_eq!(events, []);
    assert_eq!(contents(&mut world, &batch[0]), before);
    assert_refused(world.arm(trader, 0), ExchangeError::OrderArmed);
    assert_refused(world.arm(trader, 1), ExchangeError::OrderNotMet);
}

#[test]
fn orders_that_are_gone_are_passed_over_and_wrong_ones_are_refused() {
    let mut world = world(1);
    let [leaver, trader] = [1_000, 1_000].map(|dollars| world.trader(dollars * USDC));
    for of in [leaver, trader] {
        world.open_orders(of).unwrap();
    }
    world.trade(trader, 0, SOL).unwrap();
    world.place(trader, 0, &[reducing(below(240, -SOL))]).unwrap();
    world.wait(1);
    world.publish(0, 239.0);
    let (gone, met) = (attempt(&mut world, leaver, 0), attempt(&mut world, trader, 0));
    world.close_orders(leaver).unwrap();
    let mut wrong = gone.clone();
    wrong.accounts[2].pubkey = met.accounts[2].pubkey;
    assert_refused(world.run(&[wrong]), ExchangeError::WrongOrders);
    world.run(&[gone, met]).unwrap();
    assert!(!world.order(&trader.margin_account, 0).fills_from.is_never());
}
