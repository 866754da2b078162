//! A crash in its own time, measured: six minutes and a half, so it runs where somebody asks for it.

mod common;

use std::time::{Duration, Instant};

use common::Local;
use perp_client::accounts::MarginAccount;
use perp_localnet::feeds::{Feed, DEFAULT_CONFIDENCE_BPS};
use perp_localnet::oracle_driver::{OracleDriver, OracleScript};
use perp_localnet::price_path::{Crash, PricePath};
use perp_localnet::wallets::LIQUIDATOR;

/// Prices of the scripted crash, one a second.
const TICKS: u64 = 385;

/// 56 accounts of $2 000 at 2 to 17 times: 14 isolated in SOL and 14 in BTC, 4 of these short, and 28 with both, half of
/// them hedged.
fn traders(local: &Local) {
    for number in 0..56u16 {
        let notional = 2_000 * (2 * 55 + 15 * i64::from(number)) / 55;
        let wallet = if number < 28 { "alice" } else { "bob" };
        let sign = if number % 14 == 3 { -1 } else { 1 };
        let (isolated, positions) = match number % 4 {
            0 => (Some(0), vec![(0, sign * notional)]),
            1 => (Some(1), vec![(1, sign * notional)]),
            2 => (None, vec![(0, notional / 2), (1, notional / 2)]),
            _ => (None, vec![(0, notional / 2), (1, -notional / 2)]),
        };
        local.trader(wallet, number, 2_000, isolated, &positions);
    }
}

#[test]
#[ignore = "takes six minutes and a half, and prints what it has measured"]
fn the_scripted_crash() {
    let local = Local::start();
    traders(&local);
    let mut keeper = local.keeper(&[LIQUIDATOR, "carol", "dave"], &["--unpaid"]);
    keeper.wait_for(|event| event["event"] == "ready");
    let chain = local.exchange.localnet.chain();
    chain.follow_wall_clock().unwrap();
    let path = |feed: Feed| match feed {
        Feed::Usdc => PricePath::Steady(feed.start_price()),
        _ => PricePath::Crash(Crash::new(feed.start_price())),
    };
    let paths = Feed::ALL.map(|feed| (feed, path(feed))).into();
    let script = OracleScript { paths, confidence_bps: DEFAULT_CONFIDENCE_BPS, tick_seconds: 1 };
    let driver = OracleDriver::start(chain.clone(), script).unwrap();
    let (mut bankrupt, mut below) = (0, 0);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(TICKS) {
        std::thread::sleep(Duration::from_secs(1));
        let venue = local.venue();
        let (fresh, accounts) = (venue.fresh().unwrap(), venue.all::<MarginAccount>().unwrap());
        let health = || accounts.values().filter_map(|account| fresh.exchange.health(&account.state).ok());
        bankrupt = health().filter(|health| health.maintenance.equity.is_negative()).count().max(bankrupt);
        below = health().filter(|health| health.maintenance.is_below_margin()).count().max(below);
    }
    driver.stop();
    keeper.stop();

    let outcomes = keeper.of("outcome");
    let count = |job: &str, outcome: &str| {
        outcomes.iter().filter(|event| event["job"] == job && event["outcome"] == outcome).count()
    };
    let won = || outcomes.iter().filter(|event| event["job"] == "liquidate" && event["outcome"] == "won");
    let mut landed: Vec<u64> = won().map(|event| event["landed_ms"].as_u64().unwrap()).collect();
    landed.sort_unstable();
    let quantile = |percent: usize| landed[(landed.len() * percent).div_ceil(100) - 1];
    let bounties: u64 = won().map(|event| event["pays_atoms"].as_u64().unwrap()).sum();
    let (written_off, debts) = local.lost();
    println!("liquidations {}, lost races {}", landed.len(), count("liquidate", "outcompeted"));
    println!("read to landed {} / {} ms (half, 19 of 20)", quantile(50), quantile(95));
    println!("bounties ${}", bounties / 1_000_000);
    println!("below margin at once {below}, below nothing {bankrupt}");
    println!("written off ${}, debts left ${}", written_off / 1_000_000, debts / 1_000_000);
    for job in ["settle", "claims", "bankruptcies", "prices", "backing", "funding", "epochs"] {
        println!("{job}: {}", count(job, "won"));
    }
    for event in outcomes.iter().filter(|event| event["outcome"] != "won") {
        println!("{event}");
    }
    assert_eq!((written_off, local.below_margin()), (0, 0));
}
