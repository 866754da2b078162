//! Random sequences of every operation over three markets, with everything that must hold checked after every step, and the
//! exchange emptied to the last atom at the end of each.

use crate::common::reference;
use crate::common::world::{Kind, World, KINDS};
use crate::playing::{exchange, keep, outwait_notice, take};
use crate::steps::{steps, Step, LIQUIDATOR, MARKETS, PROVIDERS};
use perp_engine::fixtures::USDC;
use perp_engine::state::Status;
use perp_engine::units::Atoms;
use perp_engine::EngineError;
use proptest::prelude::any;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestRunner};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// The same cases every time, so that the counts below cannot fail by chance; `PROPTEST_RNG_SEED` and `PROPTEST_CASES`
/// explore others.
pub fn runner(cases: u32) -> TestRunner {
    let default = Config::default();
    let explores = std::env::var_os("PROPTEST_RNG_SEED").is_some();
    TestRunner::new(Config {
        cases: if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { cases },
        rng_seed: if explores { default.rng_seed } else { RngSeed::Fixed(2026) },
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        source_file: Some(file!()),
        max_shrink_iters: 4_000,
        ..default
    })
}

#[test]
fn books_balance_after_every_step_and_the_vault_drains_to_what_is_left() {
    let totals = RefCell::new((BTreeMap::<Kind, u32>::new(), BTreeMap::<&str, u32>::new()));
    runner(2_300)
        .run(&steps(80..160), |steps| {
            let world = play(&steps);
            let mut totals = totals.borrow_mut();
            for (kind, count) in &world.done {
                *totals.0.entry(*kind).or_default() += count;
            }
            for (rule, count) in &world.refused {
                *totals.1.entry(rule).or_default() += count;
            }
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    let (done, refused) = totals.into_inner();
    for kind in KINDS {
        let count = done.get(&kind).copied().unwrap_or(0);
        assert!(count >= 50, "{kind:?} went through only {count} times of {done:?}");
    }
    assert_eq!(refused.get("Overflow"), None, "a number of ordinary size left its range");
}

#[test]
fn every_account_reaches_flat_and_every_market_ends_whatever_is_dead() {
    let closed = Cell::new(0);
    runner(300)
        .run(&(steps(20..80), proptest::collection::vec(any::<bool>(), 3), 1u32..600), |(steps, outages, later)| {
            let mut world = exchange();
            for step in &steps {
                take(&mut world, step);
            }
            // From here on no oracle says anything: some are reported, the other markets are delisted.
            lift_everything(&mut world);
            world.wait(later + 16);
            for (market, outage) in (0..MARKETS).zip(&outages) {
                let _ = if *outage { world.report_oracle_outage(market) } else { world.delist(market) };
            }
            world.wait(172_800 + 3_600);
            for market in 0..MARKETS {
                let ended = world.market(market).settlement.has_begun();
                assert!(ended || world.begin_settlement(market).is_ok(), "market {market} does not end");
            }
            closed.set(closed.get() + world.positions().len());
            close_what_has_ended(&mut world);
            assert_eq!(world.positions(), []);
            leave(&mut world);
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    assert!(closed.get() >= 250, "only {} positions were there to close", closed.get());
}

fn play(steps: &[Step]) -> World {
    let mut world = exchange();
    for step in steps {
        take(&mut world, step);
    }
    drain(&mut world);
    world
}

/// Everybody leaves: positions close, what is owed is settled, liquidity goes home.
fn drain(world: &mut World) {
    lift_everything(world);
    for market in 0..MARKETS {
        world.republish(market);
    }
    close_what_has_ended(world);
    close_everything(world);
    leave(world);
}

/// Whatever was restricted, however wide the last price was and whoever's clock was not believed.
fn lift_everything(world: &mut World) {
    world.set_exchange_status(Status::Active, 0).unwrap();
    world.wait(90);
    for market in 0..MARKETS {
        world.wait(1);
        world.feed_mut(market).confidence = 0;
        world.set_market_status(market, Status::Active, 0).unwrap();
    }
}

/// Once nobody is in any market any more.
fn leave(world: &mut World) {
    clear_orders(world);
    settle_everything(world);
    for account in 0..world.exchange.accounts().len() {
        let balance = world.account(account).balance.get();
        if world.owes_nothing(account) && balance > 0 {
            world.withdraw(account, balance).unwrap();
        }
    }
    take_liquidity_out(world);
    check_what_is_left(world);
    close_accounts(world);
}

/// Positions in markets that have ended or whose delisting is due, by anybody and whatever their oracles say.
fn close_what_has_ended(world: &mut World) {
    for market in 0..MARKETS {
        let settlement = world.market(market).settlement;
        if settlement.is_due(world.exchange.clock.now) && !settlement.has_begun() {
            world.wait(3_600);
            world.begin_settlement(market).unwrap();
        }
        if !world.market(market).settlement.has_begun() {
            continue;
        }
        outwait_notice(world, market);
        for (account, held) in world.positions() {
            if held == market {
                let by = if account == LIQUIDATOR { 0 } else { LIQUIDATOR };
                world.liquidate(by, account, market, 1).unwrap();
            }
        }
    }
}

/// With prices fresh, whoever is solvent closes and whoever is not is liquidated: at most one instruction a position
/// and one more.
fn close_everything(world: &mut World) {
    world.wait(1);
    for account in 0..world.exchange.accounts().len() {
        let positions: Vec<u16> =
            world.positions().into_iter().filter(|(owner, _)| *owner == account).map(|(_, market)| market).collect();
        world.refresh_all();
        for market in positions {
            let by = if account == LIQUIDATOR { 0 } else { LIQUIDATOR };
            match world.close(account, market) {
                Ok(_) => {}
                Err(EngineError::NegativeEquity { .. }) => {
                    let plan = world.liquidate(by, account, market, u64::MAX).unwrap();
                    assert!(plan.ledger.position.size.is_zero(), "a bankrupt position is closed whole");
                }
                Err(other) => panic!("account {account} cannot leave market {market}: {other:?}"),
            }
        }
    }
    assert_eq!(world.positions(), []);
}

/// Debts are paid or resolved, claims funded and redeemed, as far as there is cash.
fn settle_everything(world: &mut World) {
    for _ in 0..2 {
        for market in 0..MARKETS {
            let _ = world.fund_claims(market);
        }
        for (account, market) in world.slots(|position| !position.claim.is_zero()) {
            let _ = world.redeem_claim(account, market);
        }
        for (account, market) in world.slots(|position| !position.owed().is_zero()) {
            let _ = world.settle_funding(account, market);
        }
        keep(world);
    }
}

/// Owners cancel their orders and close the accounts of them; of a market that has ended anybody sweeps them.
fn clear_orders(world: &mut World) {
    world.wait(120);
    for account in 0..world.exchange.accounts().len() {
        if world.exchange.orders_of(account).is_err() {
            continue;
        }
        while let Some((slot, order)) = world.orders_of(account).first().copied() {
            if world.place_orders(account, order.market, &[slot as u8], &[]).is_err() {
                world.sweep_order(account, slot, Some(order.market)).unwrap();
            }
        }
        world.close_orders(account).unwrap();
    }
    assert_eq!(world.exchange.order_lamports, 0);
}

fn take_liquidity_out(world: &mut World) {
    serve_everything(world);
    world.wait(1);
    world.refresh_all();
    for market in 0..MARKETS {
        world.set_backing_target(market, 0).unwrap();
        let backing = world.market(market).ledger.backing;
        match world.allocate_backing(market) {
            Ok(_) => assert_eq!(world.market(market).ledger.backing, Atoms::ZERO),
            Err(_) => assert!(backing <= world.market(market).ledger.claims, "free backing stayed in market {market}"),
        }
    }
    for provider in 0..PROVIDERS {
        if world.shares(provider) == 0 {
            continue;
        }
        world.request_withdrawal(provider, world.shares(provider)).unwrap();
        // The pool holds nothing but cash, so all of it goes at once; of a pool that is worth nothing shares come back.
        serve_everything(world);
        assert!(world.shares(provider) == 0 || world.exchange.pool.cash.is_zero());
    }
    assert_eq!((world.exchange.pool.escrow, world.exchange.pool.payable), (Atoms::ZERO, Atoms::ZERO));
    assert!(world.exchange.state.boundary.is_never() && world.exchange.requests().is_empty());
}

/// Boundaries come and are closed until nobody waits: what the cash did not reach for waits until backing has come back and somebody
/// names another boundary.
fn serve_everything(world: &mut World) {
    world.pay_all();
    while !world.exchange.state.boundary.is_never() || !world.exchange.requests().is_empty() {
        if world.exchange.state.boundary.is_never() {
            world.request_deposit(0, 10 * USDC).unwrap();
        }
        world.serve();
        world.refresh_all();
        for market in 0..MARKETS {
            world.set_backing_target(market, 0).unwrap();
            let _ = world.allocate_backing(market);
        }
    }
}

/// Whoever owes nothing gives up what nobody will pay and closes the account.
fn close_accounts(world: &mut World) {
    for account in 0..world.exchange.accounts().len() {
        if !world.owes_nothing(account) {
            assert_eq!(world.close_account(account), Err(EngineError::AccountNotEmpty));
            continue;
        }
        for (holder, market) in world.slots(|position| !position.claim.is_zero()) {
            if holder == account {
                world.waive_claim(account, market).unwrap();
            }
        }
        world.close_account(account).unwrap();
    }
}

/// The vault holds donations, fees, insurance, what the dead shares are worth, and what nobody may have while claims or
/// debts stand; nothing else, and not an atom is missing.
fn check_what_is_left(world: &World) {
    let exchange = &world.exchange;
    let pool = &exchange.pool;
    let mut left = exchange.donated.get() + pool.cash.get() + pool.insurance.get() + pool.settling.get();
    for market in exchange.markets() {
        let ledger = &market.ledger;
        for side in &ledger.sides {
            assert!(side.open_interest.is_zero());
            assert_eq!((side.entry_notional.get().get(), side.funding_checkpoint.get().get()), (0, 0));
        }
        left +=
            ledger.insurance.get() + ledger.protocol_fees.get() + ledger.backing.get() + ledger.claims_reserve.get();
        if !ledger.claims.is_zero() {
            assert!(ledger.backing.is_zero(), "claims wait while there is backing");
        }
        assert_eq!(reference::pending(ledger), 0);
    }
    for (number, account) in exchange.accounts().iter().enumerate() {
        left += account.balance.get();
        if world.owes_nothing(number) {
            assert!(account.balance.is_zero());
        } else {
            // What stands is no debt any more but what others paid of it, to be taken from claims that still wait.
            assert!(account.balance.is_zero() && account.occupied().all(|(_, position)| position.debt.is_zero()));
        }
    }
    assert_eq!(left, exchange.vault.get());
}
