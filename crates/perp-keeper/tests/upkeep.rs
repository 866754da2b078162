//! What `perp-keeper` does while nothing falls: prices, boundaries, funding.

mod common;

use std::sync::atomic::Ordering;
use std::time::Duration;

use common::http::lacking;
use common::{eventually, Local, FEEDS};
use perp_client::accounts::{Exchange, LiquidityRequest, Market};
use perp_client::engine::state::PriceLimit;
use perp_client::engine::units::Atoms;
use perp_client::instructions::{begin_settlement, report_oracle_outage, request_liquidity_deposit, NewRequest};
use perp_localnet::feeds::{quote, Feed, DEFAULT_CONFIDENCE_BPS};
use perp_localnet::usdc::ONE;
use perp_localnet::wallets::LP;
use perp_updates::FeedId;

impl Local {
    fn market(&self, index: u16) -> Market {
        self.exchange.localnet.connection.fetch(&self.exchange.addresses.market(index)).unwrap()
    }
}

#[test]
fn an_operator_posts_the_prices_that_nobody_has_brought() {
    let local = Local::start();
    let chain = local.exchange.localnet.chain();
    let before = local.market(0).state.price;
    let mut keeper = local.keeper(&["carol"], &["--jobs", "prices", "--unpaid"]);
    keeper.wait_for(|event| event["event"] == "ready");
    // The publishers say another price five seconds later; the accounts on chain stay as they are.
    chain.travel_to(chain.clock().unix_timestamp + 5).unwrap();
    let dearer = FEEDS.map(|feed| (feed, feed.start_price().moved(10_000_000)));
    quote(chain, &dearer, DEFAULT_CONFIDENCE_BPS);
    assert!(eventually(|| local.market(0).state.price.published > before.published), "{}", keeper.text());
    let after = local.market(0).state.price;
    // 1 % more, to the last digit but one.
    assert!(after.price.get().abs_diff(before.price.get() + before.price.get() / 100) <= 1, "{after:?}");
    // Both feeds under one signature.
    assert_eq!(keeper.wait_for(|event| event["event"] == "posted")["feeds"], 2);
    // Nothing is posted again while nothing is old.
    std::thread::sleep(Duration::from_secs(3));
    keeper.stop();
    assert_eq!(keeper.of("posted").len(), 1, "{}", keeper.text());
}

#[test]
fn a_feed_that_the_price_server_lacks_keeps_no_other_from_being_posted() {
    let local = Local::start();
    let chain = local.exchange.localnet.chain();
    let [_, bitcoin] = FEEDS.map(|feed| FeedId(feed.id().unwrap()).to_string());
    let (url, lacks, asked) = lacking(local.exchange.localnet.prices.url(), bitcoin.clone());
    let mut keeper = local.keeper(&["carol"], &["--jobs", "prices", "--unpaid", "--prices-url", &url]);
    keeper.wait_for(|event| event["event"] == "ready");
    let published = || [0, 1].map(|index| local.market(index).state.price.published);
    let before = published();
    // Every few seconds the publishers say something; the accounts on chain stay as they are.
    let say = |seconds: i64| {
        chain.travel_to(chain.clock().unix_timestamp + seconds).unwrap();
        quote(chain, &FEEDS.map(|feed| (feed, feed.start_price())), DEFAULT_CONFIDENCE_BPS);
    };
    for round in 1..=4 {
        say(5);
        assert!(eventually(|| keeper.of("posted").len() == round), "{}", keeper.text());
    }
    let after = published();
    assert!(after[0] > before[0] && after[1] == before[1], "{before:?} {after:?}\n{}", keeper.text());
    // It is named once, and after the first two requests asked for by itself, ever more seldom.
    let left_out = keeper.of("left_out");
    assert!(matches!(&left_out[..], [told] if told["which"] == bitcoin.as_str()), "{}", keeper.text());
    assert_eq!(keeper.of("not_posted"), Vec::<serde_json::Value>::new(), "{}", keeper.text());
    assert!(asked.load(Ordering::Relaxed) < 12, "{asked:?}\n{}", keeper.text());

    // Once the server has it again it is posted, and with the other one from then on.
    lacks.store(false, Ordering::Relaxed);
    keeper.wait_for(|event| event["event"] == "taken_up" && event["which"] == bitcoin.as_str());
    say(5);
    keeper.wait_for(|event| event["event"] == "posted" && event["feeds"] == 2);
    assert!(published()[1] > before[1], "{}", keeper.text());
    keeper.stop();
}

#[test]
fn a_boundary_is_valued_closed_and_paid_for_its_wages() {
    let local = Local::start();
    // With open interest SOL needs a reading of the boundary, BTC needs none. The localnet's accounts do not say when the price
    // before was published, so theirs is none: it is noted, and counts half an hour later.
    local.trader("alice", 0, 2_000, None, &[(0, 10_000)]);
    let (localnet, addresses) = (&local.exchange.localnet, &local.exchange.addresses);
    let (connection, lp) = (&localnet.connection, localnet.wallets.get(LP).unwrap());
    let owner = lp.address();
    let request = NewRequest { nonce: 7, amount: Atoms::new(1_000 * ONE), limit: PriceLimit::None };
    let source = addresses.tokens_of(&owner);
    connection.send(&[request_liquidity_deposit(addresses, owner, source, &request)], &[&lp.keypair]).unwrap();
    let exchange: Exchange = connection.fetch(&addresses.exchange).unwrap();
    let boundary = exchange.state.boundary.get();

    let mut keeper = local.keeper(&["liquidator"], &["--jobs", "epochs", "--unpaid"]);
    keeper.wait_for(|event| event["event"] == "ready");
    let prices = Feed::ALL.map(|feed| (feed, feed.start_price()));
    let valued = |market: &str| {
        let task = format!("value market {market}");
        keeper.events().iter().filter(|event| event["outcome"] == "won" && event["task"] == task.as_str()).count()
    };
    local.exchange.step(boundary - localnet.chain().clock().unix_timestamp, &prices).unwrap();
    assert!(eventually(|| (valued("0"), valued("1")) == (1, 1)), "{}", keeper.text());
    local.exchange.step(1_801, &prices).unwrap();
    let is_paid = || connection.find::<LiquidityRequest>(&addresses.request(&owner, 7)).unwrap().is_none();
    assert!(eventually(is_paid), "{}", keeper.text());
    keeper.stop();
    // SOL's note is for nothing; two valuations, the close and the payment have their wages.
    let won = keeper.of("outcome").into_iter().filter(|event| event["outcome"] == "won");
    let mut wages: Vec<u64> = won.map(|event| event["pays_lamports"].as_u64().unwrap()).collect();
    wages.sort_unstable();
    assert_eq!(wages[..4], [0, 10_000, 10_000, 10_000], "{}", keeper.text());
    assert!(wages.len() == 5 && wages[4] >= 20_000, "{}", keeper.text());
}

#[test]
fn a_market_that_was_ended_though_its_feed_lived_goes_on() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 10_000)]);
    let (localnet, addresses) = (&local.exchange.localnet, &local.exchange.addresses);
    let (connection, chain) = (&localnet.connection, localnet.chain());
    let alice = localnet.wallets.get("alice").unwrap();
    let later = |seconds: i64| chain.travel_to(chain.clock().unix_timestamp + seconds).unwrap();
    // Nobody brings the prices that the publishers go on to say.
    later(60);
    connection.send(&[report_oracle_outage(addresses, 0)], &[&alice.keypair]).unwrap();
    later(local.market(0).state.parameters.settle_after.into());
    connection.send(&[begin_settlement(addresses, 0)], &[&alice.keypair]).unwrap();
    later(600);
    let ended = local.market(0).state;
    assert!(ended.settlement.has_begun());

    let mut keeper = local.keeper(&["carol"], &["--jobs", "outages", "--unpaid"]);
    keeper.wait_for(|event| event["event"] == "ready");
    let is_undone = || !local.market(0).state.settlement.has_begun();
    assert!(eventually(is_undone), "{}", keeper.text());
    let price = local.market(0).state.price;
    // The first reading after the report.
    assert_eq!(price.published.get(), ended.settlement.outage_since.get() + 1);
    // It was decided on before it was sent, and won.
    let task = "undo the settlement of market 0";
    let of = |name: &str| keeper.of(name).into_iter().filter(|event| event["task"] == task).collect::<Vec<_>>();
    assert!(eventually(|| of("outcome").len() == 1), "{}", keeper.text());
    assert_eq!((&of("decision")[0]["verdict"], &of("outcome")[0]["outcome"]), (&"send".into(), &"won".into()));
    keeper.stop();
}

#[test]
fn funding_that_is_late_is_accrued_by_the_operator() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 10_000)]);
    let before = local.market(0).state.ledger.funding_time;
    let mut keeper = local.keeper_of("funding_seconds = 5\n", &["liquidator"], &["--jobs", "funding", "--unpaid"]);
    keeper.wait_for(|event| event["event"] == "ready");
    for _ in 0..8 {
        local.fall_to(0);
        std::thread::sleep(Duration::from_millis(250));
    }
    assert!(eventually(|| local.market(0).state.ledger.funding_time > before), "{}", keeper.text());
    keeper.stop();
}
