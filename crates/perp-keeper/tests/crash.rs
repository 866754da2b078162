//! `perp-keeper` through a crash.

mod common;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use common::{eventually, Local};
use serde_json::Value;

/// One validator with its keepers at a time: they share the machine with nobody.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Fourteen accounts of $2 000 at 5 to 18 times: isolated in SOL, isolated in BTC, one of each short, crossed and hedged.
fn traders(local: &Local) {
    for number in 0..14u16 {
        let notional = 2_000 * i64::from(number + 5);
        let side = if number == 8 || number == 9 { -1 } else { 1 };
        match number % 4 {
            0 => local.trader("alice", number, 2_000, Some(0), &[(0, side * notional)]),
            1 => local.trader("alice", number, 2_000, Some(1), &[(1, side * notional)]),
            2 => local.trader("bob", number, 2_000, None, &[(0, notional / 2), (1, notional / 2)]),
            _ => local.trader("bob", number, 2_000, None, &[(0, notional / 2), (1, -notional / 3)]),
        }
    }
}

/// Every outcome has a decision about the same before it.
fn every_outcome_was_decided(events: &[Value]) {
    let mut sent: Vec<&Value> = Vec::new();
    for event in events {
        if event["event"] == "decision" && event["verdict"] == "send" {
            sent.push(&event["task"]);
        } else if event["event"] == "outcome" {
            let place = sent.iter().position(|task| **task == event["task"]);
            sent.remove(place.unwrap_or_else(|| panic!("nobody decided on {event}")));
        }
    }
}

#[test]
fn two_keepers_bring_an_exchange_through_a_crash() {
    let _alone = alone();
    let local = Local::start();
    traders(&local);
    let mut first = local.keeper(&["liquidator"], &["--unpaid"]);
    let mut second = local.keeper(&["carol", "dave"], &["--jobs", "liquidate"]);
    for keeper in [&first, &second] {
        keeper.wait_for(|event| event["event"] == "decision" || event["event"] == "ready");
    }
    // 20 % in 100 seconds of the chain and 20 of ours.
    for step in 1..=100 {
        local.fall_to(step * 20);
        std::thread::sleep(Duration::from_millis(200));
        // However slow this machine is, no step comes before the one before it is dealt with.
        assert!(eventually(|| local.below_margin() == 0), "{}{}", first.text(), second.text());
    }
    first.stop();
    second.stop();
    let (mine, theirs) = (first.events(), second.events());
    assert_eq!(local.lost(), (0, 0), "{}{}", first.text(), second.text());
    let won = |events: &[Value]| {
        let liquidated = |event: &&Value| event["outcome"] == "won" && event["job"] == "liquidate";
        events.iter().filter(liquidated).count()
    };
    // From six times up every one that is not short or hedged falls below its margin, most several times.
    assert!(won(&mine) + won(&theirs) >= 8, "{}{}", first.text(), second.text());
    for events in [&mine, &theirs] {
        every_outcome_was_decided(events);
        // Nobody was refused for a mistake.
        assert!(!events.iter().any(|event| event["outcome"] == "refused"), "{events:#?}");
    }
    // Whoever operates the exchange keeps its prices as well; the other was told to liquidate alone.
    assert!(mine.iter().any(|event| event["job"] == "prices" && event["outcome"] == "won"));
    assert!(theirs.iter().all(|event| event["job"] == "liquidate" || event["job"].is_null()));
}

#[test]
fn a_dry_run_decides_and_sends_nothing() {
    let _alone = alone();
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 30_000)]);
    local.fall_to(600);
    let mut keeper = local.keeper(&["liquidator"], &["--dry-run", "--once"]);
    assert!(keeper.finished(), "{}", keeper.text());
    let decisions = keeper.of("decision");
    let liquidation = decisions.iter().find(|event| event["job"] == "liquidate").expect("a decision");
    assert_eq!((&liquidation["verdict"], liquidation["pays_atoms"].as_u64() > Some(0)), (&"send".into(), true));
    // What pays nothing is for whoever operates the exchange.
    let prices = decisions.iter().find(|event| event["job"] == "prices").expect("a decision");
    assert_eq!(prices["verdict"], "unpaid");
    assert_eq!(keeper.of("outcome"), Vec::<Value>::new());
    assert_eq!(local.below_margin(), 1);
}

#[test]
fn what_does_not_pay_its_fee_is_left_to_others() {
    let _alone = alone();
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 30_000)]);
    local.fall_to(600);
    // A thousand dollars, of a bounty of some forty.
    let settings = "[fees]\nleast_profit = 1000000000\n";
    let mut keeper = local.keeper_of(settings, &["liquidator"], &["--once", "--jobs", "liquidate"]);
    assert!(keeper.finished(), "{}", keeper.text());
    assert_eq!((keeper.of("outcome").len(), local.below_margin()), (0, 1), "{}", keeper.text());
}
