use crate::expected::{contents, event, world};
use perp_client::events::Event;
use perp_client::instructions::{self as client, Authority, TargetMarket};
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::units::{Atoms, Size};
use perp_swap::errors::ExchangeError;
use perp_tests::world::ALL;
use perp_tests::{assert_refused, World, SOL, USDC};
use solana_instruction::Instruction;

fn attempt(world: &mut World, by: Authority, of: Authority, market: u16, order: &LiquidationOrder) -> Instruction {
    let account = world.margin_account(&of.margin_account).state;
    client::liquidate_if_due(&world.addresses, by, of.margin_account, &account, world.target(market), order)
}

/// Two longs of 40 SOL at 250 with 700 of collateral, which a price of 218.75 ruins, one with 2 000, and a liquidator.
fn three(world: &mut World) -> ([Authority; 3], Authority) {
    let traders = [700, 2_000, 700].map(|dollars| world.trader(dollars * USDC));
    for trader in traders {
        world.trade(trader, 0, 40 * SOL).unwrap();
    }
    let liquidator = world.trader(0);
    world.later_at(60, 0, 218.75);
    (traders, liquidator)
}

#[test]
fn of_several_in_one_transaction_those_that_are_due_are_liquidated() {
    let mut world = world(1);
    let (traders, liquidator) = three(&mut world);
    let batch = traders.map(|of| attempt(&mut world, liquidator, of, 0, &ALL));
    let events = world.run(&batch).unwrap().events();
    let liquidated: Vec<_> = events
        .iter()
        .map(|event| match event {
            Event::Liquidated(event) => event.account,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(liquidated, [traders[0].margin_account, traders[2].margin_account]);
    assert_eq!(traders.map(|of| world.position(&of.margin_account, 0).size.get() / SOL), [0, 40, 0]);
    // Again, and there is nothing to do.
    let before = world.margin_account(&liquidator.margin_account).state;
    let events = world.run(&batch).unwrap().events();
    assert_eq!(events, []);
    assert_eq!(world.margin_account(&liquidator.margin_account).state, before);
    // The single instruction says why.
    let (alone, healthy) = (world.liquidate(liquidator, traders[0].margin_account, 0), traders[1].margin_account);
    assert_refused(alone, ExchangeError::NoPosition);
    assert_refused(world.liquidate(liquidator, healthy, 0), ExchangeError::NotLiquidatable);
}

#[test]
fn what_is_due_is_liquidated_as_by_the_single_instruction() {
    let told = [false, true].map(|if_due| {
        let mut world = world(1);
        let (traders, liquidator) = three(&mut world);
        let instruction = if if_due {
            attempt(&mut world, liquidator, traders[0], 0, &ALL)
        } else {
            world.liquidation(liquidator, traders[0].margin_account, world.target(0), &ALL)
        };
        let event = event!(world.run(&[instruction]), Liquidated);
        (event.closed, event.penalty, event.bounty, event.balance_after, event.liquidator_balance_after)
    });
    assert_eq!(told[0], told[1]);
}

#[test]
fn what_a_rule_refuses_changes_nothing_not_even_the_price() {
    let mut world = world(2);
    let (traders, liquidator) = three(&mut world);
    let dear = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::new(1_000_000 * USDC) };
    let (too_little, nothing) = (
        attempt(&mut world, liquidator, traders[0], 0, &dear),
        attempt(&mut world, liquidator, traders[0], 0, &LiquidationOrder { max_size: Size::ZERO, ..dear }),
    );
    let healthy = attempt(&mut world, liquidator, traders[1], 0, &ALL);
    // The account is not in this market.
    let elsewhere = attempt(&mut world, liquidator, traders[0], 1, &ALL);
    for instruction in [too_little, nothing, healthy, elsewhere] {
        let before = contents(&mut world, &instruction);
        let events = world.run(std::slice::from_ref(&instruction)).unwrap().events();
        assert_eq!(events, []);
        assert_eq!(contents(&mut world, &instruction), before);
    }
}

#[test]
fn an_account_that_is_gone_is_passed_over_and_a_wrong_one_is_refused() {
    let mut world = world(1);
    let (traders, liquidator) = three(&mut world);
    let leaver = world.trader(0);
    let gone = attempt(&mut world, liquidator, leaver, 0, &ALL);
    let due = attempt(&mut world, liquidator, traders[0], 0, &ALL);
    world.close_account(leaver).unwrap();
    world.run(&[gone, due.clone()]).unwrap();
    assert_eq!(world.position(&traders[0].margin_account, 0).size.get(), 0);
    // What is no margin account, whose signature is missing, or would be paid to itself is no matter of time.
    let itself = attempt(&mut world, traders[2], traders[2], 0, &ALL);
    assert_refused(world.run(&[itself]), ExchangeError::SelfLiquidation);
    let stranger = Authority { signer: world.key(), ..liquidator };
    let stolen = attempt(&mut world, stranger, traders[2], 0, &ALL);
    assert_refused(world.run(&[stolen]), ExchangeError::NotAuthorized);
    let mut wrong = due;
    wrong.accounts[3].pubkey = world.addresses.market(0);
    assert_refused(world.run(&[wrong]), anchor_lang::error::ErrorCode::AccountDiscriminatorMismatch);
    // A stale cache is a rule's refusal.
    world.later_at(60, 0, 218.75);
    let account = world.margin_account(&traders[2].margin_account).state;
    let at_cache = TargetMarket::at_cached_price(0);
    let stale =
        client::liquidate_if_due(&world.addresses, liquidator, traders[2].margin_account, &account, at_cache, &ALL);
    world.run(&[stale]).unwrap();
}
