//! A crash with thousands of accounts: what a keeper, or two, make of it, and what it takes them.

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use perp_client::accounts::MarginAccount;
use perp_client::instructions::update_prices;
use perp_localnet::feeds::{publish, DEFAULT_CONFIDENCE_BPS};
use perp_localnet::wallets::ADMIN;
use solana_pubkey::Pubkey;
use solana_signature::Signature;

use crate::common::http::losing;
use crate::common::relay::Relay;
use crate::common::{Local, FEEDS};
use crate::planted::{plant, Trader};

/// Markets of the exchange: two of SOL and two of BTC.
const MARKETS: u16 = 4;
/// How far prices fall, in hundredths of a percent.
const DEPTH: i64 = 700;
/// How long the keepers have once the prices stand still.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is played.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Margin accounts.
    pub accounts: usize,
    /// How many of them fall below their margin.
    pub fragile: usize,
    /// Seconds in which the prices fall.
    pub seconds: u64,
    /// How many of a hundred transactions are lost on their way.
    pub lost_percent: u64,
    /// Keepers that compete, one or two.
    pub keepers: usize,
    /// How often the node goes away within the crash.
    pub gaps: u64,
    /// For how many seconds each time.
    pub gap_seconds: u64,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Accounts that are below their margin in the end.
    pub below: usize,
    /// Accounts that never were below it and were liquidated.
    pub wronged: usize,
    /// Fragile accounts that were liquidated.
    pub liquidated: usize,
    /// What was written off, and what is owed by accounts with nothing left, in atoms.
    pub lost: (u64, u64),
    /// Milliseconds from the read of the state to the news that the liquidation has landed, in ascending order.
    pub landed_ms: Vec<u64>,
    /// Transactions that were handed in.
    pub sent: usize,
    /// Those of them that did not land, or failed.
    pub wasted: usize,
    /// How often a transaction was handed in, again included, and how often that was lost.
    pub handed_in: (u64, u64),
    /// From the first price that fell to the last account healthy.
    pub took: Duration,
    /// What the keepers recorded, for whoever looks for a reason.
    pub record: String,
}

impl Measured {
    /// The number of milliseconds that so many of a hundred liquidations did not exceed.
    pub fn quantile(&self, percent: usize) -> u64 {
        let place = (self.landed_ms.len() * percent).div_ceil(100).saturating_sub(1);
        self.landed_ms.get(place).copied().unwrap_or(0)
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { below, wronged, liquidated, lost, sent, wasted, handed_in, .. } = self;
        writeln!(f, "accounts liquidated {liquidated}, below their margin {below}, wronged {wronged}")?;
        writeln!(f, "liquidations {}", self.landed_ms.len())?;
        writeln!(f, "read to landed: p50 {} ms, p99 {} ms", self.quantile(50), self.quantile(99))?;
        writeln!(f, "transactions sent {sent}, wasted {wasted}; handed in {}, lost {}", handed_in.0, handed_in.1)?;
        writeln!(f, "bad debt: written off {} atoms, left {} atoms", lost.0, lost.1)?;
        write!(f, "took {} s", self.took.as_secs())
    }
}

/// The traders of a plan: the fragile long at 11.5 to 13 times, the others long and short at what they have.
///
/// $2 300 in BTC are at the margin of 2.4 % where (199 − 0.024 · 2 300) / (0.976 · 2 300) = 6.4 % are lost, a dollar of the $200 being the
/// fee; $2 600 in SOL at 3 % where 4.8 % are, and of these nothing is left at 7.6 %.
fn traders(plan: &Plan) -> Vec<Trader> {
    let of = |number: usize| {
        let market = u16::try_from(number % usize::from(MARKETS)).unwrap();
        let notional = match number < plan.fragile {
            true => 2_300 + i64::try_from(300 * number / plan.fragile).unwrap(),
            false if (number / usize::from(MARKETS)).is_multiple_of(2) => 200,
            false => -200,
        };
        Trader { market, dollars: 200, notional }
    };
    (0..plan.accounts).map(of).collect()
}

/// Four markets on the local validator, each of the two feeds twice.
fn exchange() -> Local {
    let local = Local::start_of(|description| {
        for place in 0..2 {
            let mut again = description.markets[place].clone();
            again.symbol[8] = b'2';
            description.markets.push(again);
        }
        for market in &mut description.markets {
            market.target_backing = perp_client::engine::units::Atoms::new(1_250_000_000_000);
        }
    });
    local.fall_to(0);
    let (localnet, addresses) = (&local.exchange.localnet, &local.exchange.addresses);
    let admin = &localnet.wallets.get(ADMIN).unwrap().keypair;
    let prices = (0..MARKETS).map(|market| (market, FEEDS[usize::from(market % 2)].address()));
    localnet.connection.send(&[update_prices(addresses, prices)], &[admin]).unwrap();
    local
}

/// Prices that are so many hundredths of a percent lower than at the start, dated with the chain's second.
fn print(local: &Local, lower: i64) {
    let prices = FEEDS.map(|feed| (feed, feed.start_price().moved(-i128::from(lower) * 100_000)));
    publish(local.exchange.localnet.chain(), &prices, DEFAULT_CONFIDENCE_BPS).unwrap();
}

/// Plays the plan.
pub fn run(plan: &Plan) -> Measured {
    let local = exchange();
    let planted = plant(&local, &traders(plan));
    assert_eq!(local.below_margin(), 0);
    let validator = &local.exchange.localnet.validator;
    let (node, socket) = (Relay::to(&validator.rpc_url()), Relay::to(&validator.ws_url()));
    let (url, losses) = losing(node.url("http"));
    // The prices are brought here: a post that is lost would only be waited for.
    let keeper = |wallets: &[&str]| {
        let flags = ["--unpaid", "--rpc-url", &url, "--websocket-url", &socket.url("ws")];
        local.keeper(wallets, &[&flags[..], &["--set", "pace.post_after_seconds=3600"]].concat())
    };
    let wallets = [["liquidator", "carol"], ["dave", "erin"]];
    let mut keepers: Vec<_> = wallets.iter().take(plan.keepers).map(|wallets| keeper(wallets)).collect();
    local.exchange.localnet.chain().follow_wall_clock().unwrap();
    let is_ready = |event: &serde_json::Value| event["event"] == "ready";
    let waiting = Instant::now();
    while !keepers.iter().all(|keeper| keeper.events().iter().any(is_ready)) {
        assert!(waiting.elapsed() < PATIENCE, "{}", keepers[0].text());
        print(&local, 0);
        std::thread::sleep(Duration::from_secs(1));
    }
    losses.percent.store(plan.lost_percent, Ordering::Relaxed);
    let begun = Instant::now();
    for second in 1..=plan.seconds {
        let away = (1..=plan.gaps).any(|gap| {
            let begins = plan.seconds * gap / (plan.gaps + 1);
            (begins..begins + plan.gap_seconds).contains(&second)
        });
        for relay in [&node, &socket] {
            if away {
                relay.cut();
            } else {
                relay.mend();
            }
        }
        print(&local, DEPTH * i64::try_from(second).unwrap() / i64::try_from(plan.seconds).unwrap());
        std::thread::sleep(Duration::from_secs(1));
    }
    for relay in [&node, &socket] {
        relay.mend();
    }
    let still = Instant::now();
    let mut below = local.below_margin();
    while below > 0 && still.elapsed() < PATIENCE {
        print(&local, DEPTH);
        std::thread::sleep(Duration::from_secs(1));
        below = local.below_margin();
    }
    let took = begun.elapsed();
    for keeper in &mut keepers {
        keeper.stop();
    }
    let events: Vec<_> = keepers.iter().flat_map(|keeper| keeper.of("outcome")).collect();
    let won = events.iter().filter(|event| event["job"] == "liquidate" && event["outcome"] == "won");
    let mut landed_ms: Vec<u64> = won.map(|event| event["landed_ms"].as_u64().unwrap()).collect();
    landed_ms.sort_unstable();
    let (liquidated, wronged) = liquidated(&local, &planted, plan.fragile);
    let signatures: Vec<String> = losses.signatures.lock().unwrap().iter().cloned().collect();
    Measured {
        below,
        wronged,
        liquidated,
        lost: local.lost(),
        landed_ms,
        sent: signatures.len(),
        wasted: signatures.len() - landed(&local, &signatures),
        handed_in: (losses.handed_in.load(Ordering::Relaxed), losses.lost.load(Ordering::Relaxed)),
        took,
        record: keepers.iter().map(|keeper| keeper.text()).collect(),
    }
}

/// How many of the fragile accounts, and of the others, have paid a penalty.
fn liquidated(local: &Local, planted: &[Pubkey], fragile: usize) -> (usize, usize) {
    let accounts = local.venue().all::<MarginAccount>().unwrap();
    let (below, healthy) = planted.split_at(fragile);
    let paid =
        |some: &[Pubkey]| some.iter().filter(|address| !accounts[address].state.counters.penalties.is_zero()).count();
    (paid(below), paid(healthy))
}

/// How many of these transactions took place.
fn landed(local: &Local, signatures: &[String]) -> usize {
    let client = local.exchange.localnet.connection.client();
    let took_place = |some: &[String]| {
        let some: Vec<Signature> = some.iter().map(|signature| signature.parse().unwrap()).collect();
        let found = client.get_signature_statuses_with_history(&some).unwrap().value;
        found.iter().flatten().filter(|status| status.err.is_none()).count()
    };
    signatures.chunks(200).map(took_place).sum()
}
