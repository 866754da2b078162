//! Random sequences of every verb over three markets, with everything that must hold checked after every step, and the
//! exchange emptied to the last atom at the end of each.

use crate::common::reference;
use crate::common::world::{Verb, World, VERBS};
use crate::playing::{exchange, keep, take};
use crate::steps::{steps, Step, HOLDERS, LIQUIDATOR, MARKETS};
use perp_engine::status::Status;
use perp_engine::units::{Atoms, Timestamp};
use perp_engine::EngineError;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestRunner};
use std::cell::RefCell;
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
    let totals = RefCell::new((BTreeMap::<Verb, u32>::new(), BTreeMap::<String, u32>::new()));
    runner(1_200)
        .run(&steps(80..160), |steps| {
            let world = play(&steps);
            let mut totals = totals.borrow_mut();
            for (verb, count) in &world.done {
                *totals.0.entry(*verb).or_default() += count;
            }
            for (error, count) in &world.refused {
                *totals.1.entry(error.clone()).or_default() += count;
            }
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    let (done, refused) = totals.into_inner();
    for verb in VERBS {
        let count = done.get(&verb).copied().unwrap_or(0);
        assert!(count >= 50, "{verb:?} went through only {count} times of {done:?}");
    }
    assert_eq!(refused.get("Overflow"), None, "a number of ordinary size left its range");
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
    world.set_exchange_status(Status::Active, Timestamp::NEVER).unwrap();
    for market in 0..MARKETS {
        // Whatever was paused and however wide the last price was.
        world.wait(1);
        world.feeds[market].confidence = 0;
        world.republish(market);
        world.set_market_status(market, Status::Active, Timestamp::NEVER).unwrap();
    }
    close_everything(world);
    settle_everything(world);
    for account in 0..world.accounts.len() {
        let balance = world.accounts[account].balance.get();
        if world.accounts[account].debt().is_none() && balance > 0 {
            world.withdraw(account, balance).unwrap();
        }
    }
    take_liquidity_out(world);
    check_what_is_left(world);
}

/// With prices fresh, whoever is solvent closes and whoever is not is liquidated: at most one instruction a position
/// and one more.
fn close_everything(world: &mut World) {
    world.wait(1);
    for account in 0..world.accounts.len() {
        let positions: Vec<usize> =
            world.positions().into_iter().filter(|(owner, _)| *owner == account).map(|(_, market)| market).collect();
        world.refresh();
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
        for (account, market) in world.slots(|position| !position.debt.is_zero()) {
            let _ = world.settle_funding(account, market);
        }
        keep(world);
    }
}

fn take_liquidity_out(world: &mut World) {
    while !world.requests.is_empty() {
        world.wait(world.pool.parameters.withdrawal_delay + world.pool.parameters.withdrawal_lapse);
        world.return_lapsed(0).unwrap();
    }
    world.wait(1);
    world.refresh();
    for market in 0..MARKETS {
        world.markets[market].target_backing = Atoms::ZERO;
        let backing = world.markets[market].books.backing;
        match world.allocate_backing(market) {
            Ok(_) => assert_eq!(world.markets[market].books.backing, Atoms::ZERO),
            Err(_) => assert!(backing <= world.markets[market].books.claims, "free backing stayed in market {market}"),
        }
    }
    for holder in 0..HOLDERS {
        if world.shares[holder].is_zero() {
            continue;
        }
        world.request_withdrawal(holder, world.shares[holder].get()).unwrap();
        world.wait(world.pool.parameters.withdrawal_delay);
        world.refresh();
        match world.execute(0) {
            // The pool holds nothing but cash, so all of it goes at once.
            Ok(()) => assert!(world.requests.is_empty()),
            Err(EngineError::OutputTooSmall { .. } | EngineError::PoolWorthless) => {
                world.requests.clear();
            }
            Err(other) => panic!("provider {holder} cannot leave: {other:?}"),
        }
    }
}

/// The vault holds donations, fees, insurance, what the dead shares are worth, and what nobody may have while claims or
/// debts stand; nothing else, and not an atom is missing.
fn check_what_is_left(world: &World) {
    let mut left = world.donated.get() + world.pool.cash.get() + world.pool.insurance.get();
    for market in &world.markets {
        let books = &market.books;
        for side in &books.sides {
            assert!(side.open_interest.is_zero());
            assert_eq!((side.entry.get().get(), side.size_index.get().get()), (0, 0));
        }
        left += books.insurance.get() + books.protocol_fees.get() + books.backing.get() + books.pot.get();
        if !books.claims.is_zero() {
            assert!(books.backing.is_zero(), "claims wait while there is backing");
        }
        assert_eq!(reference::pending(books), 0);
    }
    for account in &world.accounts {
        left += account.balance.get();
        if account.debt().is_none() {
            assert!(account.balance.is_zero());
        } else {
            // A debt stands only where claims of at least its worth wait in another market.
            let (claims, debts) = account.occupied().fold((0, 0), |(claims, debts), (_, position)| {
                (claims + position.claim.get(), debts + position.debt.get())
            });
            assert!(account.balance.is_zero() && claims >= debts);
        }
    }
    assert_eq!(left, world.vault.get());
}
