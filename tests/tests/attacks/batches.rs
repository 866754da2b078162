//! Several fills in one transaction, wallets of every kind, and markets that end while orders rest in them.

use crate::{with_account, world, BACKEND};
use anchor_lang::error::ErrorCode;
use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::Discriminator;
use perp_client::addresses::orders_address;
use perp_client::instructions::{self as client, Authority, TargetMarket};
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::Status;
use perp_engine::units::Timestamp;
use perp_swap::errors::ExchangeError;
use perp_swap::instruction as data;
use perp_tests::chain::Reason;
use perp_tests::world::orders::{above, below, next_price, price, reducing, TIP};
use perp_tests::{assert_refused, World, DAY, SOL, USDC};
use solana_account::Account;
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;

/// A trader with so many USDC and an account of orders.
fn trading(world: &mut World, amount: u64) -> Authority {
    let trader = world.trader(amount * USDC);
    world.open_orders(trader).unwrap();
    trader
}

fn lamports(world: &mut World, of: &Pubkey) -> u64 {
    world.chain.account(of).map_or(0, |account| account.lamports)
}

/// The form of a fill of which several share a transaction.
fn fill_if_due(execution: &Instruction) -> Instruction {
    client::if_due(execution.clone(), data::ExecuteOrderIfDue::DISCRIMINATOR)
}

/// The form of an arming of which several share a transaction.
fn arm_if_due(arming: &Instruction) -> Instruction {
    client::if_due(arming.clone(), data::ArmOrderIfDue::DISCRIMINATOR)
}

#[test]
fn attack_a_batch_is_failed_by_nothing_that_an_owner_can_do() {
    let mut world = world();
    let (attacker, honest, keeper) = (trading(&mut world, 1_000), trading(&mut world, 1_000), world.key());
    world.place(attacker, 0, &[next_price(SOL)]).unwrap();
    world.place(honest, 0, &[next_price(SOL)]).unwrap();
    world.to_fill(honest, 0, 250.0);
    let fills = |world: &mut World, of: Authority| {
        let execution = world.execution(keeper, &of.margin_account, 0, world.oracle(0), 0);
        fill_if_due(&execution)
    };
    let batch = [fills(&mut world, attacker), fills(&mut world, honest)];
    let arming = arm_if_due(&world.arming(&attacker.margin_account, world.target(0), 0));
    // The attacker fills it himself, closes all he has, withdraws, and closes both accounts.
    world.execute(attacker.signer, attacker, 0).unwrap();
    world.next_slot();
    world.close_position(attacker, 0).unwrap();
    let left = world.balance(&attacker.margin_account);
    world.withdraw(attacker, left).unwrap();
    world.close_orders(attacker).unwrap();
    // Somebody leaves lamports where the account was.
    world
        .chain
        .set_account(&orders_address(&attacker.margin_account), Account { lamports: 890_880, ..Account::default() });
    world.run(std::slice::from_ref(&arming)).unwrap();
    world.close_account(attacker).unwrap();
    world.run(std::slice::from_ref(&arming)).unwrap();
    world.run(&batch).unwrap();
    assert_eq!(world.position(&honest.margin_account, 0).size.get(), SOL);
    // Opened anew at the same addresses, with an order in the same place: what was made before finds that one and no other.
    world.open_account(attacker.signer, 0, None).unwrap();
    world.open_orders(attacker).unwrap();
    world.run(std::slice::from_ref(&arming)).unwrap();
    world.deposit(attacker, 900 * USDC).unwrap();
    world.place(attacker, 0, &[below(10, SOL)]).unwrap();
    world.run(&[arming]).unwrap();
    world.run(&batch).unwrap();
    assert!(world.position(&attacker.margin_account, 0).size.is_zero());
    assert_eq!(world.order(&attacker.margin_account, 0).lamports, TIP);
}

#[test]
fn attack_a_batch_swallows_no_mistake_about_accounts() {
    let mut world = world();
    let (victim, attacker) = (trading(&mut world, 1_000), trading(&mut world, 1_000));
    world.place(victim, 0, &[next_price(SOL)]).unwrap();
    world.place(attacker, 0, &[next_price(SOL)]).unwrap();
    world.to_fill(victim, 0, 250.0);
    let execution = world.execution(attacker.signer, &victim.margin_account, 0, world.oracle(0), 0);
    let arming = world.arming(&victim.margin_account, world.target(0), 0);
    let [own, others] = [victim, attacker].map(|of| orders_address(&of.margin_account));
    for form in [fill_if_due(&execution), arm_if_due(&arming)] {
        for (address, reason) in [
            (others, ExchangeError::WrongOrders.error()),
            (victim.margin_account, ErrorCode::AccountDiscriminatorMismatch.error()),
            (world.addresses.vault, ErrorCode::AccountOwnedByWrongProgram.error()),
        ] {
            assert_refused(world.run(&[with_account(form.clone(), own, address)]), reason);
        }
        let other = with_account(form.clone(), victim.margin_account, attacker.margin_account);
        assert!(world.run(&[other]).is_err());
    }
    let stolen = with_account(fill_if_due(&execution), victim.signer, attacker.signer);
    assert_refused(world.run(&[stolen]), ExchangeError::WrongReceiver);
    // The market among the others, too, is a mistake of whoever names it.
    let mut twice = fill_if_due(&execution);
    twice.accounts.push(AccountMeta::new_readonly(world.addresses.market(0), false));
    assert_refused(world.run(&[twice]), InstructionError::AccountBorrowFailed);
    world.run(&[fill_if_due(&execution)]).unwrap();
    assert_eq!(world.position(&victim.margin_account, 0).size.get(), SOL);
}

#[test]
fn attack_a_batch_keeps_nothing_of_what_a_rule_refuses() {
    // The price of the reading is taken in, and funding accrues, before any rule about the order is asked.
    let mut world = world();
    let (victim, attacker) = (trading(&mut world, 1_000), world.key());
    world.trade(victim, 0, SOL).unwrap();
    world.place(victim, 0, &[next_price(SOL), below(200, SOL)]).unwrap();
    world.wait(8);
    world.publish(0, 260.0);
    let execution = world.execution(attacker, &victim.margin_account, 0, world.oracle(0), 0);
    let arming = world.arming(&victim.margin_account, world.target(0), 1);
    let before = world.everything();
    for form in [fill_if_due(&execution), arm_if_due(&arming)] {
        let done = world.run(&[form.clone(), form]).unwrap();
        assert!(done.events().is_empty() && done.inner_instructions.is_empty());
        assert!(before == world.everything());
    }
    // In front of one that goes through it changes nothing of that.
    world.publish(0, 199.0);
    let low = world.arming(&victim.margin_account, world.target(0), 1);
    let done = world.run(&[arm_if_due(&low), fill_if_due(&execution)]).unwrap();
    assert_eq!(done.events().len(), 1);
}

#[test]
fn attack_no_kind_of_wallet_keeps_an_order_from_being_filled() {
    let token_program = anchor_spl::token::ID;
    let system = anchor_lang::system_program::ID;
    for wallet in [
        // Below its rent, as accounts from before rent was asked of all.
        Account { lamports: 100_000, ..Account::default() },
        // A lamport short of it once the 40 000 come home, exactly at it, and a lamport above.
        Account { lamports: 850_879, ..Account::default() },
        Account { lamports: 850_880, ..Account::default() },
        Account { lamports: 890_881, ..Account::default() },
        // A nonce's account, below its own rent of 1 447 680 and above.
        Account { lamports: 1_000_000, data: vec![0; 80], owner: system, ..Account::default() },
        Account { lamports: 1_447_680, data: vec![0; 80], owner: system, ..Account::default() },
        // Of another program, with and without data.
        Account { lamports: 10_000_000, data: vec![0; 165], owner: token_program, ..Account::default() },
        Account { lamports: 890_880, owner: token_program, ..Account::default() },
        // Of the exchange's program.
        Account { lamports: 10_000_000, data: vec![0; 100], owner: perp_swap::ID, ..Account::default() },
    ] {
        let mut world = world();
        let (attacker, delegate, keeper) = (trading(&mut world, 1_000), world.key(), world.key());
        world.set_delegate(attacker, delegate).unwrap();
        let by = Authority { signer: delegate, ..attacker };
        let one_of_two = |order: NewOrder| NewOrder { group: 1, ..order };
        world.place(by, 0, &[one_of_two(next_price(SOL)), one_of_two(below(1, SOL))]).unwrap();
        world.to_fill(attacker, 0, 250.0);
        world.chain.set_account(&attacker.signer, wallet.clone());
        let orders = orders_address(&attacker.margin_account);
        let all = lamports(&mut world, &orders) + wallet.lamports;
        let tipped = lamports(&mut world, &keeper);
        world.execute(keeper, attacker, 0).unwrap_or_else(|refused| panic!("{wallet:?}: {refused:#?}"));
        assert_eq!(lamports(&mut world, &keeper), tipped + TIP);
        assert_eq!(lamports(&mut world, &orders) + lamports(&mut world, &attacker.signer), all - TIP);
    }
}

#[test]
fn attack_lamports_are_not_locked_by_the_end_of_the_only_market() {
    let mut world = World::new(BACKEND, 1);
    let trader = trading(&mut world, 1_000);
    let (wallet, orders) = (trader.signer, orders_address(&trader.margin_account));
    let before = lamports(&mut world, &wallet) + lamports(&mut world, &orders);
    world.trade(trader, 0, SOL).unwrap();
    let child = NewOrder { parent: Some(0), ..reducing(above(400, -SOL)) };
    world.place(trader, 0, &[below(100, SOL), child, reducing(below(90, i64::MIN)), below(80, SOL)]).unwrap();
    world.delist_market(0).unwrap();
    world.wait(2 * DAY + 3_600);
    world.begin_settlement(0).unwrap();
    // The owner cancels in a market that has ended, and nowhere else is there one.
    let unread = TargetMarket::at_cached_price(0);
    let cancel = world.placement(trader, unread, &[0], &[]);
    world.run(&[cancel]).unwrap();
    assert_refused(world.place(trader, 0, &[below(100, SOL)]), ExchangeError::MarketSettled);
    // Anybody sweeps what is left, the living with the market's account and not without.
    assert_refused(world.sweep(trader, None, 3), ExchangeError::OrderAlive);
    for slot in [2, 3] {
        world.sweep(trader, Some(0), slot).unwrap();
    }
    assert_eq!(lamports(&mut world, &wallet) + lamports(&mut world, &orders), before);
    world.close_orders(trader).unwrap();
    assert_eq!(lamports(&mut world, &wallet), before);
}

#[test]
fn attack_lamports_are_not_locked_by_a_dead_oracle_or_a_pause() {
    let mut world = World::new(BACKEND, 1);
    let (trader, guardian) = (trading(&mut world, 1_000), world.guardian);
    world
        .place(trader, 0, &[below(100, SOL), NewOrder { expires: Timestamp::new(world.now), ..below(90, SOL) }])
        .unwrap();
    world.wait(16);
    world.report_oracle_outage(0).unwrap();
    world.set_exchange_status(guardian, Status::Paused, 60).unwrap();
    world.sweep(trader, None, 1).unwrap();
    let unread = TargetMarket::at_cached_price(0);
    let cancel = world.placement(trader, unread, &[0], &[]);
    world.run(&[cancel]).unwrap();
    world.close_orders(trader).unwrap();
    // In an end that may still be undone nobody but the owner takes a living order out.
    let mut world = World::new(BACKEND, 1);
    let trader = trading(&mut world, 1_000);
    world.place(trader, 0, &[below(100, SOL)]).unwrap();
    world.wait(16);
    world.report_oracle_outage(0).unwrap();
    world.wait(14 * DAY);
    world.begin_settlement(0).unwrap();
    assert_refused(world.sweep(trader, Some(0), 0), ExchangeError::OrderAlive);
    let cancel = world.placement(trader, unread, &[0], &[]);
    world.run(&[cancel]).unwrap();
    world.close_orders(trader).unwrap();
}

#[test]
fn attack_sweeping_a_living_order_by_the_end_of_another_market() {
    let mut world = world();
    let trader = trading(&mut world, 1_000);
    world.place(trader, 0, &[below(100, SOL)]).unwrap();
    world.delist_market(1).unwrap();
    world.wait(2 * DAY + 3_600);
    world.begin_settlement(1).unwrap();
    assert_refused(world.sweep(trader, Some(1), 0), ExchangeError::MarketMissing);
    let foreign = crate::accounts::foreign_exchange(&mut world, trader.signer);
    let sweep = client::sweep_order(&world.addresses, trader.signer, trader.margin_account, Some(0), 0);
    let sweep = with_account(sweep, world.addresses.market(0), foreign.market(0));
    assert!(world.run(&[sweep]).is_err());
    assert_refused(world.sweep(trader, Some(0), 0), ExchangeError::OrderAlive);
    // An armed one is swept by nobody, whatever it says about its expiry.
    let expires = Timestamp::new(world.now);
    world.publish(0, 250.0);
    world.place(trader, 0, &[NewOrder { expires, ..next_price(SOL) }]).unwrap();
    let until = world.order(&trader.margin_account, 1).fills_from.get() + 15;
    world.wait(until - world.now);
    assert_refused(world.sweep(trader, None, 1), ExchangeError::OrderAlive);
    world.wait(1);
    world.sweep(trader, None, 1).unwrap();
}

#[test]
fn attack_a_partly_verified_reading_fills_nothing() {
    let mut world = world();
    let (trader, attacker) = (trading(&mut world, 1_000), world.key());
    world.place(trader, 0, &[next_price(SOL)]).unwrap();
    world.to_fill(trader, 0, 250.0);
    let mut reading = world.chain.account(&world.oracle(0)).unwrap();
    // The level of verification follows discriminator and authority: partial, by five signatures, moves what follows by a byte.
    reading.data[40] = 0;
    reading.data.insert(41, 5);
    reading.data.pop();
    let forged = Pubkey::new_unique();
    world.chain.set_account(&forged, reading);
    let execution = world.execution(attacker, &trader.margin_account, 0, forged, 0);
    assert_refused(world.run(std::slice::from_ref(&execution)), ExchangeError::OraclePartiallyVerified);
    assert_refused(world.run(&[fill_if_due(&execution)]), ExchangeError::OraclePartiallyVerified);
    let arming = world.arming(&trader.margin_account, TargetMarket::with_oracle(0, forged), 0);
    assert_refused(world.run(&[arming]), ExchangeError::OraclePartiallyVerified);
}

#[test]
fn attack_a_keeper_works_for_nothing_where_the_bound_is_never_met() {
    // A buy from $260 down at no more than $200, while the market is at $250: it is met all the time and never filled.
    let mut world = world();
    let (attacker, keeper) = (trading(&mut world, 1_000), world.key());
    let before = lamports(&mut world, &attacker.signer);
    world.place(attacker, 0, &[NewOrder { acceptable_price: price(200), ..below(260, SOL) }]).unwrap();
    let (paid, started) = (lamports(&mut world, &keeper), world.now);
    for _ in 0..10 {
        world.wait(1);
        world.publish(0, 250.0);
        world.arm(attacker, 0).unwrap();
        world.to_fill(attacker, 0, 250.0);
        world.execute(keeper, attacker, 0).unwrap();
        world.wait(30);
    }
    // Two transactions every 42 s, of ours and of whoever else looks.
    assert_eq!(world.now - started, 420);
    assert_eq!(lamports(&mut world, &keeper), paid);
    world.replace(attacker, 0, &[0], &[]).unwrap();
    assert_eq!(lamports(&mut world, &attacker.signer), before);
}

#[test]
fn attack_taking_an_order_back_before_the_market_has_heard_of_its_loss() {
    // Short 100 SOL, he buys 99 at the reading of a moment: $255. A second later the feed says $250, which no market has taken in yet. He
    // buys 0.97 SOL at the reading of the moment, so that less than the minimum would be left, and hands it in himself: all is bought.
    let mut world = world();
    let attacker = trading(&mut world, 10_000);
    world.trade(attacker, 0, -100 * SOL).unwrap();
    world.next_slot();
    world.place(attacker, 0, &[next_price(99 * SOL)]).unwrap();
    world.to_fill(attacker, 0, 255.0);
    let reading = world.posted(0);
    world.wait(1);
    let target = TargetMarket::with_oracle(0, reading);
    let trade = world.trade_instruction(attacker, target, &perp_tests::world::order(970_000_000));
    let fill = world.execution(attacker.signer, &attacker.margin_account, 0, reading, 0);
    world.publish(0, 250.0);
    let balance = world.balance(&attacker.margin_account);
    world.run(&[trade, fill]).unwrap();
    assert!(world.position(&attacker.margin_account, 0).size.is_zero());
    // 100 · $5, and what two trades cost.
    let lost = balance - world.balance(&attacker.margin_account);
    assert!((500_000_000..520_000_000).contains(&lost), "{lost}");
}

#[test]
fn attack_many_orders_of_one_transaction_and_what_is_told_of_them() {
    // As many as a transaction carries; each is told, and the log is not cut off.
    let mut world = world();
    let trader = trading(&mut world, 1_000);
    let done = world.place(trader, 0, &[below(100, SOL); 9]).unwrap();
    assert!(done.logs.iter().map(String::len).sum::<usize>() < 4_000);
    assert_eq!(done.events().len(), 10);
}
