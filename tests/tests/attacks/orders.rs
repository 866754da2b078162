//! Whoever arms, fills or owns a resting order, and would choose its price, its moment or its turn; and who would have what it holds.

use crate::accounts::{foreign_account, foreign_exchange};
use crate::{gains_nothing, with_account, world, BACKEND};
use anchor_lang::error::ErrorCode;
use anchor_lang::prelude::{pubkey, Pubkey};
use perp_accounts::{encode_into, Orders};
use perp_client::addresses::orders_address;
use perp_client::instructions::{self as client, Authority, TargetMarket};
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::Parameters;
use perp_engine::units::Size;
use perp_swap::errors::ExchangeError;
use perp_tests::chain::Reason;
use perp_tests::world::orders::{above, below, next_price, price, reducing, TIP};
use perp_tests::{assert_refused, listing, tokens, World, SOL, USDC};

/// A trader with so many USDC and an account of orders.
fn trading(world: &mut World, amount: u64) -> Authority {
    let trader = world.trader(amount * USDC);
    world.open_orders(trader).unwrap();
    trader
}

fn lamports(world: &mut World, of: &Pubkey) -> u64 {
    world.chain.account(of).map_or(0, |account| account.lamports)
}

#[test]
fn attack_choosing_the_price_at_which_an_order_fills() {
    let mut world = world();
    let (trader, attacker) = (trading(&mut world, 1_000), world.key());
    world.place(trader, 0, &[next_price(SOL)]).unwrap();
    let from = world.order(&trader.margin_account, 0).fills_from.get();
    // The feed prints every second, here and there; of all prints that lie somewhere in an account one is the order's.
    let mut readings = Vec::new();
    for (second, dollars) in [(-2, 240.0), (-1, 245.0), (0, 250.0), (1, 255.0), (9, 260.0)] {
        world.set_time(from + second);
        world.publish_after(0, dollars, from + second, from + second - 1);
        readings.push((second, world.posted(0)));
    }
    for (second, reading) in &readings {
        let execution = world.execution(attacker, &trader.margin_account, 0, *reading, 0);
        if *second != 0 {
            assert_refused(world.send(&execution), ExchangeError::NoFillReading);
        }
    }
    world.update_price(0).unwrap();
    let execution = world.execution(attacker, &trader.margin_account, 0, readings[2].1, 0);
    world.send(&execution).unwrap();
    // 250 and 1 / (2 · 20 000 000) · 250: though the market is at $260 by now.
    let entry = world.position(&trader.margin_account, 0).entry_notional.get();
    assert_eq!(entry.to_atoms_floor().unwrap().get(), 250_000_006);
    assert!((world.cached_price(0) - 260.0).abs() < 1e-6);
}

#[test]
fn attack_choosing_the_moment_at_which_an_order_is_armed() {
    // The print that met it is three seconds old, and another one has been seen since: the moment counts from now, which is behind
    // nobody's knowledge.
    let mut world = world();
    let trader = trading(&mut world, 1_000);
    world.place(trader, 0, &[below(240, SOL)]).unwrap();
    world.wait(1);
    world.publish(0, 239.0);
    let met = world.posted(0);
    world.later_at(3, 0, 250.0);
    let arming = world.arming(&trader.margin_account, TargetMarket::with_oracle(0, met), 0);
    world.send(&arming).unwrap();
    assert_eq!(world.order(&trader.margin_account, 0).fills_from.get(), world.now + 11);
    // A market that has seen a later second counts from that, whatever the clock shows.
    let late = trading(&mut world, 1_000);
    world.publish_with(0, 250.0, 0.0, world.now + 5);
    world.update_price(0).unwrap();
    world.place(late, 0, &[next_price(SOL)]).unwrap();
    assert_eq!(world.order(&late.margin_account, 0).fills_from.get(), world.now + 5 + 11);
}

#[test]
fn attack_the_order_among_orders_changes_what_nobody_pays() {
    // Two buys of one account fill at the same print, and pay one impact together. Nobody chooses which is first.
    let mut world = world();
    let (trader, attacker) = (trading(&mut world, 10_000), world.key());
    world.place(trader, 0, &[next_price(10 * SOL), next_price(30 * SOL)]).unwrap();
    world.to_fill(trader, 0, 250.0);
    assert_refused(world.execute(attacker, trader, 1), ExchangeError::EarlierOrderArmed);
    for slot in [0, 1] {
        world.execute(attacker, trader, slot).unwrap();
    }
    assert_eq!(world.position(&trader.margin_account, 0).size.get(), 40 * SOL);
}

#[test]
fn attack_dust_orders_cost_their_sender_and_nobody_else() {
    let mut world = world();
    let attacker = trading(&mut world, 10);
    // An order that pays nobody is none, and sixteen are all that one account has.
    let free = NewOrder { lamports: 0, ..below(240, 1) };
    assert_refused(world.place(attacker, 0, &[free]), ExchangeError::OrderTipTooSmall);
    let before = lamports(&mut world, &attacker.signer);
    world.place(attacker, 0, &[below(240, 1); 8]).unwrap();
    world.place(attacker, 0, &[below(240, 1); 8]).unwrap();
    assert_eq!(lamports(&mut world, &attacker.signer), before - 16 * TIP);
    assert_refused(world.place(attacker, 0, &[below(240, 1)]), ExchangeError::NoFreeOrder);
    // A base unit is no position: nobody can be made to arm it, and others go their way.
    world.wait(1);
    world.publish(0, 239.0);
    assert_refused(world.arm(attacker, 0), ExchangeError::BelowMinimumPosition);
    let honest = trading(&mut world, 1_000);
    let keeper = world.key();
    world.place(honest, 0, &[below(240, SOL)]).unwrap();
    world.trigger(keeper, honest, 0, 239.0, 239.0).unwrap();
}

#[test]
fn attack_an_order_does_not_outrun_a_liquidation() {
    let mut world = world();
    let (victim, liquidator) = (trading(&mut world, 700), world.trader(0));
    world.trade(victim, 0, 40 * SOL).unwrap();
    // A stop of its own is armed when the account is liquidated: what was closed already is not closed again.
    world.place(victim, 0, &[reducing(below(240, i64::MIN))]).unwrap();
    world.later_at(60, 0, 238.28125);
    world.arm(victim, 0).unwrap();
    world.liquidate(liquidator, victim.margin_account, 0).unwrap();
    let left = world.position(&victim.margin_account, 0).size.get();
    assert!(left > 0 && left < 40 * SOL, "{left}");
    gains_nothing(&mut world, &[victim.signer], |world| {
        world.to_fill(victim, 0, 238.28125);
        world.execute(liquidator.signer, victim, 0).unwrap();
        assert_eq!(world.position(&victim.margin_account, 0).size.get(), 0);
    });
    // One that would increase neither helps an account that is under water nor is it armed.
    let victim = trading(&mut world, 700);
    world.later_at(1, 1, 250.0);
    world.trade(victim, 1, 40 * SOL).unwrap();
    world.place(victim, 1, &[below(240, 20 * SOL)]).unwrap();
    world.later_at(60, 1, 238.28125);
    assert_refused(world.arm(victim, 0), ExchangeError::InitialMargin);
    world.liquidate(liquidator, victim.margin_account, 1).unwrap();
}

#[test]
fn attack_forged_orders_and_orders_of_others_are_refused() {
    let mut world = world();
    let (victim, attacker) = (trading(&mut world, 1_000), trading(&mut world, 1_000));
    let at = world.addresses;
    world.place(victim, 0, &[next_price(SOL)]).unwrap();
    let [own, others] = [attacker, victim].map(|of| orders_address(&of.margin_account));
    // Byte for byte an armed order, of another program.
    let mut rich = world.orders(&victim.margin_account);
    rich.margin_account = attacker.margin_account;
    let mut bytes = vec![0; Orders::SPACE];
    assert!(encode_into(&rich, &mut bytes));
    let forged = Pubkey::new_from_array([0xFA; 32]);
    world.chain.set_account(&forged, tokens::account(&Pubkey::new_from_array([0xFB; 32]), bytes));
    // An account of orders of a worthless exchange.
    let foreign = foreign_exchange(&mut world, attacker.signer);
    let rich = foreign_account(&mut world, &foreign, attacker.signer, 1_000 * USDC);
    world.run(&[client::open_orders(rich, rich.signer)]).unwrap();
    let worthless = orders_address(&rich.margin_account);

    world.to_fill(victim, 0, 250.0);
    let target = world.target(0);
    let instructions = [
        world.placement(attacker, target, &[0], &[]),
        world.arming(&attacker.margin_account, target, 0),
        world.execution(attacker.signer, &attacker.margin_account, 0, world.oracle(0), 0),
        client::sweep_order(&at, attacker.signer, attacker.margin_account, None, 0),
        client::close_orders(attacker),
    ];
    gains_nothing(&mut world, &[attacker.signer], |world| {
        for instruction in instructions {
            for (address, reason) in [
                (others, ExchangeError::WrongOrders.error()),
                (worthless, ExchangeError::WrongOrders.error()),
                (forged, ErrorCode::AccountOwnedByWrongProgram.error()),
                (attacker.margin_account, ErrorCode::AccountDiscriminatorMismatch.error()),
            ] {
                let swapped = with_account(instruction.clone(), own, address);
                assert_refused(world.run(&[swapped]), reason);
            }
        }
    });
    world.execute(attacker.signer, victim, 0).unwrap();
}

#[test]
fn attack_an_order_is_not_filled_twice() {
    let mut world = world();
    let (trader, attacker) = (trading(&mut world, 1_000), world.key());
    let twice = NewOrder { slices: 2, seconds_between: 60, lamports: 2 * TIP, ..next_price(SOL) };
    world.place(trader, 0, &[twice]).unwrap();
    world.to_fill(trader, 0, 250.0);
    let execution = world.execution(attacker, &trader.margin_account, 0, world.oracle(0), 0);
    // Neither in one transaction nor in another one.
    perp_tests::assert_refused_at(1, world.run(&[execution.clone(), execution.clone()]), ExchangeError::OrderNotArmed);
    let before = lamports(&mut world, &attacker);
    world.send(&execution).unwrap();
    assert_refused(world.send(&execution), ExchangeError::OrderNotArmed);
    assert_eq!(lamports(&mut world, &attacker), before + TIP);
    assert_eq!(world.position(&trader.margin_account, 0).size.get(), SOL);
}

#[test]
fn attack_a_reading_of_another_feed_neither_arms_nor_fills() {
    let mut world = world();
    let (trader, attacker) = (trading(&mut world, 1_000), world.key());
    world.place(trader, 0, &[below(240, SOL)]).unwrap();
    world.wait(1);
    world.publish(1, 1.0);
    let arming = world.arming(&trader.margin_account, TargetMarket::with_oracle(0, world.oracle(1)), 0);
    assert_refused(world.send(&arming), ExchangeError::OracleWrongFeedId);
    // Nor does another market with a reading of its own.
    let arming = world.arming(&trader.margin_account, world.target(1), 0);
    assert_refused(world.send(&arming), ExchangeError::MarketMissing);
    world.publish(0, 239.0);
    world.arm(trader, 0).unwrap();
    world.to_fill(trader, 0, 239.0);
    let from = world.now;
    world.publish_after(1, 1.0, from, from - 1);
    for (market, oracle, reason) in
        [(0, world.oracle(1), ExchangeError::OracleWrongFeedId), (1, world.oracle(1), ExchangeError::MarketMissing)]
    {
        let execution = world.execution(attacker, &trader.margin_account, market, oracle, 0);
        assert_refused(world.run(&[execution]), reason);
    }
    // A copy by another program is none.
    let forged = Pubkey::new_unique();
    let data = world.chain.account(&world.oracle(0)).unwrap().data;
    world.chain.set_account(&forged, tokens::account(&attacker, data));
    let execution = world.execution(attacker, &trader.margin_account, 0, forged, 0);
    assert_refused(world.run(&[execution]), ExchangeError::OracleWrongOwner);
    world.execute(attacker, trader, 0).unwrap();
}

#[test]
fn attack_withdrawing_and_cancelling_once_the_price_is_known() {
    let mut world = world();
    let attacker = trading(&mut world, 1_000);
    let keeper = world.key();
    let delegate = world.key();
    world.set_delegate(attacker, delegate).unwrap();
    world.place(attacker, 0, &[next_price(40 * SOL)]).unwrap();
    world.to_fill(attacker, 0, 255.0);
    // The price of the moment is known, and dear.
    gains_nothing(&mut world, &[attacker.signer], |world| {
        assert_refused(world.withdraw(attacker, 1), ExchangeError::OrderArmed);
        for signer in [attacker.signer, delegate] {
            let done = world.replace(Authority { signer, ..attacker }, 0, &[0], &[]);
            assert_refused(done, ExchangeError::OrderArmed);
        }
        assert_refused(world.close_account(attacker), ExchangeError::AccountNotEmpty);
        assert_refused(world.close_orders(attacker), ExchangeError::OrdersNotEmpty);
        assert_refused(world.sweep(attacker, None, 0), ExchangeError::OrderAlive);
        world.execute(keeper, attacker, 0).unwrap();
        assert_eq!(world.position(&attacker.margin_account, 0).size.get(), 40 * SOL);
    });
}

#[test]
fn attack_making_an_order_fail_costs_what_filling_it_would_have_lost() {
    // An attacker who is at the edge lets another account of his take what is left of the market's open interest, once he knows that the
    // price of his order is bad: 40 SOL bought at 250, while the market is at 245 already.
    let parameters = Parameters { open_interest_cap: Size::new(40_000_000_000), ..listing::unmeasured() };
    let mut world = World::with_market(BACKEND, parameters);
    let (attacker, second, keeper) = (trading(&mut world, 1_000), world.trader(1_000 * USDC), world.key());
    world.place(attacker, 0, &[next_price(40 * SOL)]).unwrap();
    world.to_fill(attacker, 0, 250.0);
    let reading = world.posted(0);
    world.wait(1);
    world.publish(0, 245.0);
    world.trade(second, 0, SOL).unwrap();
    let before = world.wealth(&[attacker.signer, second.signer]);
    let execution = world.execution(keeper, &attacker.margin_account, 0, reading, 0);
    world.send(&execution).unwrap();
    assert_eq!(world.position(&attacker.margin_account, 0).size.get(), 0);
    // 40 · $5, an atom more as prices are rounded down.
    let lost = before - world.wealth(&[attacker.signer, second.signer]);
    assert!((200_000_000..=200_000_002).contains(&lost), "{lost}");
}

#[test]
fn attack_tips_go_to_who_earned_them_and_home() {
    let mut world = world();
    let (victim, thief) = (trading(&mut world, 1_000), world.key());
    world.trade(victim, 0, SOL).unwrap();
    let at = world.addresses;
    let [stop, target] =
        [below(240, -SOL), above(260, -SOL)].map(|order| NewOrder { group: 1, lamports: 5 * TIP, ..reducing(order) });
    world.place(victim, 0, &[stop, target, below(230, SOL)]).unwrap();
    let before = lamports(&mut world, &thief);
    // What goes home goes nowhere else.
    let placement = world.placement(victim, world.target(0), &[2], &[]);
    let mut stolen = placement.clone();
    stolen.accounts[1].pubkey = thief;
    assert_refused(world.send(&stolen), ExchangeError::WrongReceiver);
    world.wait(1);
    world.publish(0, 239.0);
    world.arm(victim, 0).unwrap();
    world.to_fill(victim, 0, 239.0);
    let mut stolen = world.execution(thief, &victim.margin_account, 0, world.oracle(0), 0);
    stolen.accounts[1].pubkey = thief;
    assert_refused(world.send(&stolen), ExchangeError::WrongReceiver);
    // Nor is anything closed, swept or cancelled for a stranger.
    let close = client::close_orders(Authority { signer: thief, ..victim });
    assert_refused(world.run(&[close]), ExchangeError::NotTheOwner);
    let sweep = client::sweep_order(&at, thief, victim.margin_account, None, 0);
    assert_refused(world.run(&[sweep]), ExchangeError::WrongReceiver);
    let cancel = Authority { signer: thief, ..victim };
    assert_refused(world.replace(cancel, 0, &[2], &[]), ExchangeError::NotAuthorized);
    // Who fills it gets its tip and no more.
    world.execute(thief, victim, 0).unwrap();
    assert_eq!(lamports(&mut world, &thief), before + 5 * TIP);
}

#[test]
fn attack_an_order_does_not_fill_better_than_its_market_bears() {
    // The owner of a bound order trades the skew to choose whether it fills: within its bound or not, nothing is gained by it.
    let mut world = world();
    let (attacker, keeper) = (trading(&mut world, 10_000), world.key());
    let bound = NewOrder { acceptable_price: price(250), ..next_price(10 * SOL) };
    world.place(attacker, 0, &[bound]).unwrap();
    gains_nothing(&mut world, &[attacker.signer], |world| {
        world.to_fill(attacker, 0, 250.0);
        // At $250 exactly the impact makes it dearer than that.
        world.execute(keeper, attacker, 0).unwrap();
        assert_eq!(world.position(&attacker.margin_account, 0).size.get(), 0);
    });
}

#[test]
fn attack_an_empty_wallet_keeps_no_order_from_being_filled() {
    // An owner with nothing in his wallet, and a delegate who places for him: the other of its group returns 40 000 lamports,
    // which are not the rent of a wallet, so that the transaction of whoever fills the parent would be refused by the runtime.
    let mut world = world();
    let (attacker, delegate, keeper) = (trading(&mut world, 1_000), world.key(), world.key());
    world.set_delegate(attacker, delegate).unwrap();
    let one_of_two = |order: NewOrder| NewOrder { group: 1, ..order };
    let by = Authority { signer: delegate, ..attacker };
    world.place(by, 0, &[one_of_two(next_price(SOL)), one_of_two(below(1, SOL))]).unwrap();
    world.to_fill(attacker, 0, 250.0);
    world.chain.set_account(&attacker.signer, solana_account::Account::default());
    let orders = orders_address(&attacker.margin_account);
    let held = lamports(&mut world, &orders);
    world.execute(keeper, attacker, 0).unwrap();
    assert_eq!(world.position(&attacker.margin_account, 0).size.get(), SOL);
    // The tip leaves; what is his waits where it was for the account to be closed.
    assert_eq!(lamports(&mut world, &orders), held - TIP);
    assert_eq!(lamports(&mut world, &attacker.signer), 0);
    let rich = solana_account::Account { lamports: 1_000_000_000, ..Default::default() };
    world.chain.set_account(&attacker.signer, rich);
    world.close_orders(attacker).unwrap();
    assert_eq!(lamports(&mut world, &attacker.signer), 1_000_000_000 + held - TIP);
}

#[test]
fn attack_an_owner_that_has_become_a_program_keeps_no_order_from_being_filled() {
    // A program is deployed at the owner's address once his orders rest, and what the other of the group held goes home there.
    let mut world = world();
    let (attacker, delegate, keeper) = (trading(&mut world, 1_000), world.key(), world.key());
    world.set_delegate(attacker, delegate).unwrap();
    let one_of_two = |order: NewOrder| NewOrder { group: 1, ..order };
    let by = Authority { signer: delegate, ..attacker };
    world.place(by, 0, &[one_of_two(next_price(SOL)), one_of_two(below(1, SOL))]).unwrap();
    world.to_fill(attacker, 0, 250.0);
    let program = solana_account::Account {
        lamports: 100_000_000_000,
        data: perp_artifacts::program_bytes().unwrap(),
        owner: pubkey!("BPFLoader2111111111111111111111111111111111"),
        executable: true,
        ..Default::default()
    };
    world.chain.set_account(&attacker.signer, program);
    world.execute(keeper, attacker, 0).unwrap();
    assert_eq!(world.position(&attacker.margin_account, 0).size.get(), SOL);
}

#[test]
fn attack_entering_a_market_that_whoever_fills_the_order_does_not_name() {
    for order in [next_price(SOL), reducing(next_price(-SOL))] {
        let mut world = world();
        let (attacker, keeper) = (trading(&mut world, 1_000), world.key());
        world.trade(attacker, 0, SOL).unwrap();
        world.place(attacker, 0, &[order]).unwrap();
        world.to_fill(attacker, 0, 250.0);
        let execution = world.execution(keeper, &attacker.margin_account, 0, world.oracle(0), 0);
        world.publish(1, 250.0);
        assert_refused(world.trade(attacker, 1, SOL), ExchangeError::OrderArmed);
        world.send(&execution).unwrap();
        // Once nothing is armed any more it may.
        world.wait(16);
        for market in [0, 1] {
            world.publish(market, 250.0);
            world.update_price(market).unwrap();
        }
        world.trade(attacker, 1, SOL).unwrap();
    }
}

#[test]
fn attack_a_price_that_is_not_fresh_makes_no_order_fail() {
    // Beside 40 SOL in a market that is silent by then, whose price may be anything within its range: at the end that is better for the
    // account, as for whoever would liquidate it, the margin is there.
    let mut world = world();
    let (attacker, keeper) = (trading(&mut world, 1_100), world.key());
    world.trade(attacker, 1, 40 * SOL).unwrap();
    world.wait(2);
    world.publish(0, 250.0);
    world.place(attacker, 0, &[next_price(40 * SOL)]).unwrap();
    world.to_fill(attacker, 0, 250.0);
    world.wait(10);
    assert_eq!(world.position(&attacker.margin_account, 1).size.get(), 40 * SOL);
    world.execute(keeper, attacker, 0).unwrap();
    assert_eq!(world.position(&attacker.margin_account, 0).size.get(), 40 * SOL);
}
