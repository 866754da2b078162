//! Whoever would have an armed order for nothing: filled where it gains, and lapsed where it loses.

use crate::{world, BACKEND};
use anchor_lang::prelude::Pubkey;
use anchor_lang::Discriminator;
use perp_client::instructions::{self as client, Authority, NewMarket, OracleSource};
use perp_engine::operations::orders::NewOrder;
use perp_swap::errors::ExchangeError;
use perp_tests::chain::Reason;
use perp_tests::world::orders::{above, below, next_price, reducing, TIP};
use perp_tests::{assert_refused, assert_refused_at, listing, World, SOL, USDC};

/// A trader with so many USDC and an account of orders.
fn trading(world: &mut World, amount: u64) -> Authority {
    let trader = world.trader(amount * USDC);
    world.open_orders(trader).unwrap();
    trader
}

/// One market, which takes readings of one account alone.
fn bound() -> World {
    let market = listing::market(0, listing::unmeasured(), 2_000_000 * USDC);
    // As worlds address the feed of their first market.
    let mut address = [0xEE; 32];
    address[..2].fill(0);
    let account = Pubkey::new_from_array(address);
    let oracle = OracleSource { account, ..market.oracle };
    World::with_listed(BACKEND, NewMarket { oracle, ..market })
}

/// The clock lags by fifteen seconds, while the tolerance is ten: the feed has said already what it says eleven seconds from now by the
/// clock, $250, and $260 after that. Who knows both places an order and fills it in one transaction. Says whether he could.
fn arms_and_fills_at_once(mut world: World) -> bool {
    let attacker = trading(&mut world, 10_000);
    let order: NewOrder = next_price(100 * SOL);
    world.publish(0, 250.0);
    let placement = world.placement(attacker, world.target(0), &[], &[order]);
    let from = world.now + 11;
    let own = world.posted(0);
    world.publish_after(0, 250.0, from, from - 1);
    let known = world.posted(0);
    let now = world.chain.account(&own).unwrap();
    world.chain.set_account(&world.oracle(0), now);
    let execution = world.execution(attacker.signer, &attacker.margin_account, 0, known, 0);
    let before = world.wealth(&[attacker.signer]);
    match world.run(&[placement, execution]) {
        Ok(_) => {
            // A quarter of a minute later the clock is where the feed is.
            world.wait(15);
            world.publish(0, 260.0);
            world.close_position(attacker, 0).unwrap();
            let gained = world.wealth(&[attacker.signer]) - before;
            println!("he gained {gained} atoms, and nobody could have told the market in between");
            assert!(gained > 900_000_000, "{gained}");
            true
        }
        refused => {
            assert_refused_at(1, refused, ExchangeError::ClockBehind);
            false
        }
    }
}

#[test]
fn attack_arming_and_filling_in_one_transaction_while_the_clock_lags() {
    assert!(!arms_and_fills_at_once(World::with_market(BACKEND, listing::unmeasured())));
}

#[test]
fn attack_the_same_in_a_market_that_is_bound_to_an_account() {
    assert!(!arms_and_fills_at_once(bound()));
}

#[test]
fn attack_proving_a_silence_once_the_price_of_an_armed_order_is_known() {
    // The feed was silent for a minute and a half, and the first that the market takes in after it is the second reading. The first one,
    // which proves the silence, makes the market reduce only, as long as it is fresh: the order's owner keeps it.
    let mut world = world();
    let (attacker, keeper) = (trading(&mut world, 1_000), world.key());
    let last = world.market(0).state.price.published.get();
    world.wait(91);
    let ended = world.now - 1;
    world.publish_after(0, 250.0, ended, last);
    let silence = world.posted(0);
    world.publish_after(0, 250.0, world.now, ended);
    world.update_price(0).unwrap();
    assert_eq!(world.market(0).state.grace.until.get(), 0, "nobody has proved it");
    world.place(attacker, 0, &[next_price(40 * SOL)]).unwrap();
    // Bought at $255 what is at $250 a second later.
    world.to_fill(attacker, 0, 255.0);
    let reading = world.posted(0);
    world.wait(1);
    world.publish(0, 250.0);
    world.update_price(0).unwrap();
    let execution = world.execution(keeper, &attacker.margin_account, 0, reading, 0);
    let before = world.wealth(&[attacker.signer]);
    world.run(&[client::update_prices(&world.addresses, [(0, silence)])]).unwrap();
    world.run(&[execution]).expect("it is filled, or costs what the fill would have lost");
    assert!(before - world.wealth(&[attacker.signer]) >= 40 * 5_000_000);
}

/// A wallet of ten megabytes, which a program of its owner's has made, is written by whoever fills the order.
#[test]
fn attack_a_wallet_of_ten_megabytes_keeps_no_order_from_being_filled() {
    let mut world = world();
    let (attacker, delegate, keeper) = (trading(&mut world, 1_000), world.key(), world.key());
    world.set_delegate(attacker, delegate).unwrap();
    let by = Authority { signer: delegate, ..attacker };
    let one_of_two = |order: NewOrder| NewOrder { group: 1, ..order };
    world.place(by, 0, &[one_of_two(next_price(SOL)), one_of_two(below(1, SOL))]).unwrap();
    world.to_fill(attacker, 0, 250.0);
    let wallet = solana_account::Account {
        lamports: 100_000_000_000,
        data: vec![0; 10 * 1024 * 1024],
        owner: anchor_spl::token::ID,
        ..Default::default()
    };
    world.chain.set_account(&attacker.signer, wallet);
    let spent = world.execute(keeper, attacker, 0).unwrap().compute_units;
    println!("{spent} units");
    assert_eq!(world.position(&attacker.margin_account, 0).size.get(), SOL);
}

#[test]
fn what_slept_for_another_of_the_group_is_removed_as_well() {
    // A fills; B is of its group, and C sleeps for B and is of none.
    let mut world = world();
    let (trader, keeper) = (trading(&mut world, 1_000), world.key());
    let grouped = |order: NewOrder| NewOrder { group: 1, ..order };
    let child = NewOrder { parent: Some(1), ..reducing(above(400, i64::MIN)) };
    world.place(trader, 0, &[grouped(next_price(SOL)), grouped(below(1, SOL)), child]).unwrap();
    world.to_fill(trader, 0, 250.0);
    let done = world.execute(keeper, trader, 0).unwrap();
    let perp_client::events::Event::OrderExecuted(told) = done.event() else { panic!() };
    println!("removed {:#b}, returned {}, tip {}", told.removed, told.returned, told.tip);
    assert_eq!((told.removed, told.returned, told.tip), (0b110, 2 * TIP, TIP));
}

#[test]
fn a_wallet_that_fills_its_own_order_while_it_is_empty() {
    // Somebody else pays the fee; the tip and what comes home are its rent together, and not alone.
    let mut world = world();
    let (owner, delegate) = (trading(&mut world, 1_000), world.key());
    world.set_delegate(owner, delegate).unwrap();
    let by = Authority { signer: delegate, ..owner };
    let rich = |order: NewOrder| NewOrder { group: 1, lamports: 500_000, ..order };
    world.place(by, 0, &[rich(next_price(SOL)), rich(below(1, SOL))]).unwrap();
    world.to_fill(owner, 0, 250.0);
    world.chain.set_account(&owner.signer, solana_account::Account::default());
    let done = world.execute(owner.signer, owner, 0);
    println!("{:?}", done.as_ref().map(|done| done.compute_units).map_err(|refused| refused.error.clone()));
}

#[test]
fn placing_and_cancelling_pays_the_difference_to_the_lamport() {
    let mut world = world();
    let trader = trading(&mut world, 1_000);
    let orders = perp_client::addresses::orders_address(&trader.margin_account);
    let lamports = |world: &mut World, of: &Pubkey| world.chain.account(of).map_or(0, |account| account.lamports);
    let (wallet, held) = (lamports(&mut world, &trader.signer), lamports(&mut world, &orders));
    world.place(trader, 0, &[NewOrder { lamports: 3 * TIP, ..below(100, SOL) }, below(90, SOL)]).unwrap();
    for (cancel, new) in [(vec![0], TIP), (vec![1], 7 * TIP), (vec![0, 1], 8 * TIP)] {
        world.replace(trader, 0, &cancel, &[NewOrder { lamports: new, ..below(80, SOL) }]).unwrap();
        let book = world.orders(&trader.margin_account).state.lamports().unwrap();
        assert_eq!(lamports(&mut world, &orders), held + book);
        assert_eq!(lamports(&mut world, &trader.signer), wallet - book);
    }
    world.replace(trader, 0, &[0], &[]).unwrap();
    world.close_orders(trader).unwrap();
    assert_eq!(lamports(&mut world, &trader.signer), wallet + held);
}

#[test]
fn attack_hiding_a_leg_from_an_order_is_refused() {
    // Positions in the second and third market, an order in the first; a fourth in which there is nothing.
    let mut world = World::new(BACKEND, 4);
    let (trader, keeper) = (trading(&mut world, 10_000), world.key());
    for market in [1, 2] {
        world.trade(trader, market, 4 * SOL).unwrap();
    }
    world.place(trader, 0, &[next_price(SOL), below(240, SOL)]).unwrap();
    world.to_fill(trader, 0, 239.0);
    let target = world.target(0);
    let armed = world.execution(keeper, &trader.margin_account, 0, world.oracle(0), 0);
    let met = world.arming(&trader.margin_account, target, 1);
    let cancel = world.placement(trader, target, &[1], &[]);
    let foreign = crate::accounts::foreign_exchange(&mut world, trader.signer).market(0);
    let at = |index: u16| world.addresses.market(index);
    let (own, b, c, strange, pool) = (at(0), at(1), at(2), at(3), world.addresses.pool);
    let before = world.everything();
    for (instruction, form) in [
        (&met, Some(perp_swap::instruction::ArmOrderIfDue::DISCRIMINATOR)),
        (&armed, Some(perp_swap::instruction::ExecuteOrderIfDue::DISCRIMINATOR)),
        (&cancel, None),
    ] {
        let with = |markets: &[Pubkey]| crate::remaining::with_markets(instruction, 2, markets);
        for markets in [&[][..], &[b], &[c], &[b, b], &[b, strange], &[strange, c], &[strange; 2]] {
            assert_refused(world.run(&[with(markets)]), ExchangeError::MarketMissing);
            if let Some(form) = form {
                let done = world.run(&[client::if_due(with(markets), form)]).unwrap();
                assert!(done.events().is_empty());
            }
        }
        for place in 0..3 {
            for (account, reason) in [
                (foreign, ExchangeError::ExchangeMismatch.error()),
                (pool, anchor_lang::error::ErrorCode::AccountDiscriminatorMismatch.error()),
                (own, solana_instruction::error::InstructionError::AccountBorrowFailed),
            ] {
                let mut markets = vec![b, c];
                markets.insert(place, account);
                assert_refused(world.run(&[with(&markets)]), reason.clone());
                if let Some(form) = form {
                    assert_refused(world.run(&[client::if_due(with(&markets), form)]), reason);
                }
            }
        }
    }
    assert!(before == world.everything());
    // What says no less does the same.
    let with = |markets: &[Pubkey]| crate::remaining::with_markets(&armed, 2, markets);
    world.run(&[with(&[strange, c, c, strange, b])]).unwrap();
    assert_eq!(world.position(&trader.margin_account, 0).size.get(), SOL);
}
