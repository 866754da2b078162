use std::collections::{BTreeMap, BTreeSet};

use bytemuck::Zeroable;
use perp_accounts::{MarginAccount, VERSION};
use perp_client::instructions::Authority;
use perp_client::jobs::{liquidations, Fresh};
use perp_client::Addresses;
use perp_engine::fixtures::{at, pool_parameters, sol_parameters, usdc, SOL};
use perp_engine::operations::position::Order;
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Account, Parameters, PriceLimit, RATE_BITS};
use perp_engine::units::{Atoms, Ppm, SignedSize, Size};
use perp_exchange::{Exchange, Listing};
use proptest::prelude::*;
use solana_pubkey::Pubkey;

use super::Watch;

const MARKETS: u16 = 3;
const START: i64 = 25_000;

/// Three markets with a quarter of a million dollars each, the last with a margin that grows with the size of a position.
struct Venue {
    exchange: Exchange,
    /// What the oracle of each market says, in cents.
    cents: Vec<i64>,
    watch: Watch,
    /// As the watch was last told.
    told: Vec<Account>,
}

fn address(number: usize) -> Pubkey {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
    Pubkey::new_from_array(bytes)
}

fn number(address: &Pubkey) -> usize {
    u64::from_be_bytes(address.to_bytes()[..8].try_into().unwrap()) as usize
}

impl Venue {
    fn new() -> Self {
        // One ppm of margin for each root of an atom: above the base of 5 % from 2 500 dollars on.
        let by_size = Parameters { size_premium: 1 << 32, ..sol_parameters() };
        Self::of([sol_parameters(), sol_parameters(), by_size])
    }

    fn of(markets: [Parameters; MARKETS as usize]) -> Self {
        let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
        for parameters in markets {
            exchange.list(&Listing { parameters, base_decimals: 9, target_backing: usdc(250_000) }).unwrap();
        }
        let provider = exchange.add_provider();
        exchange.request_liquidity_deposit(provider, usdc(1_000_000), PriceLimit::None).unwrap();
        let ahead = exchange.state.boundary.seconds_since(exchange.clock.now).unwrap();
        exchange.wait(u32::try_from(ahead).unwrap(), 2 * ahead).unwrap();
        for market in 0..MARKETS {
            exchange.value_market(market, None).unwrap();
        }
        exchange.close_epoch().unwrap();
        exchange.pay_liquidity_request(0).unwrap();
        for market in 0..MARKETS {
            exchange.allocate_backing(market, None).unwrap();
        }
        let mut venue =
            Self { exchange, cents: vec![START; usize::from(MARKETS)], watch: Watch::default(), told: Vec::new() };
        for market in 0..MARKETS {
            venue.price(market);
        }
        venue
    }

    fn reading(&self, market: u16) -> OracleReading {
        let cents = self.cents[usize::from(market)];
        OracleReading::new(cents * 1_000_000, 0, -8, self.exchange.clock.now.get()).unwrap()
    }

    fn price(&mut self, market: u16) {
        let reading = self.reading(market);
        self.exchange.update_price(market, &reading).unwrap();
    }

    fn trader(&mut self, dollars: u64) -> usize {
        let account = self.exchange.open_account(None).unwrap();
        self.exchange.deposit(account, usdc(dollars)).unwrap();
        account
    }

    /// Whether the order was filled.
    fn trade(&mut self, account: usize, market: u16, tenths: i64) -> bool {
        let reading = self.reading(market);
        let order = Order::at_any_price(SignedSize::new(tenths * (SOL as i64) / 10));
        let filled = self.exchange.trade(account, market, &order, Some(&reading)).is_ok();
        self.exchange.wait(1, 2).unwrap();
        filled
    }

    /// Tells the watch what has changed, and returns what it would have asked after.
    fn due(&mut self) -> Vec<usize> {
        for (number, account) in self.exchange.accounts().iter().enumerate() {
            if self.told.get(number) != Some(account) {
                self.watch.changed(address(number), Some(account));
            }
        }
        self.told = self.exchange.accounts().to_vec();
        let accounts = self.exchange.accounts();
        let due = self.watch.due(&self.exchange, |address| accounts.get(number(address)).copied());
        due.iter().map(number).collect()
    }

    /// Those that the engine would liquidate or settle, of every account.
    fn scanned(&self, among: impl Iterator<Item = usize>) -> Vec<perp_client::jobs::Job> {
        let addresses = Addresses::new(address(90), address(91), address(92));
        let fresh = Fresh::new(addresses, self.exchange.clone());
        let stored = |number: usize| {
            let state = self.exchange.accounts()[number];
            (address(number), MarginAccount { state, version: VERSION, ..MarginAccount::zeroed() })
        };
        let accounts: BTreeMap<Pubkey, MarginAccount> = among.map(stored).collect();
        let keeper = Authority { signer: address(93), margin_account: address(94) };
        liquidations(&fresh, &accounts, &[keeper], Atoms::ZERO)
    }

    fn count(&self) -> usize {
        self.exchange.accounts().len()
    }
}

#[test]
fn an_account_with_one_position_is_asked_after_at_its_liquidation_price() {
    let mut venue = Venue::new();
    // 100 SOL at $250 with $2 000: at a margin of 3 % the account is below it where 2 000 − 100 · (250 − p) < 3 · p, at about
    // p = 23 000 / 97 = $237.11, and a little above for spread and fee paid and what triggers allow for.
    let trader = venue.trader(2_000);
    assert!(venue.trade(trader, 0, 1_000));
    assert!(venue.due().is_empty());
    assert_eq!(venue.watch.count(), (1, 0));
    for cents in [24_500, 24_200, 26_000] {
        venue.cents[0] = cents;
        venue.price(0);
        assert!(venue.due().is_empty(), "{cents}");
        venue.exchange.wait(1, 2).unwrap();
    }
    venue.cents[0] = 23_600;
    venue.price(0);
    assert_eq!(venue.due(), [trader]);
    assert_eq!(venue.scanned(0..1).len(), 1);
    // It has no room, so it is asked after again.
    assert_eq!(venue.watch.count(), (1, 1));
    assert_eq!(venue.due(), [trader]);
}

#[test]
fn a_price_asks_after_no_account_that_it_cannot_have_moved() {
    let mut venue = Venue::new();
    // Twenty longs and twenty shorts of 10 SOL, from 2 to 16 times.
    for number in 0..40i64 {
        let dollars = 2_500 / (2 + number as u64 / 3) + 20;
        let trader = venue.trader(dollars);
        let side = if number % 2 == 0 { 1 } else { -1 };
        assert!(venue.trade(trader, (number % 2) as u16, side * 100), "{number}");
    }
    assert!(venue.due().is_empty());
    assert_eq!(venue.watch.count(), (40, 0));
    // A fall of a percent asks after none of the second market's shorts, and no long of less than about 16 times.
    venue.cents = vec![24_750; 3];
    venue.price(0);
    venue.price(1);
    let due = venue.due();
    assert!(due.len() < 4, "{due:?}");
    assert!(venue.scanned(0..40).len() <= due.len());
}

#[test]
fn attack_accounts_whose_addresses_begin_alike_are_told_apart() {
    let mut venue = Venue::new();
    let trader = venue.trader(2_000);
    assert!(venue.trade(trader, 0, 1_000));
    let account = venue.exchange.accounts()[trader];
    // Somebody has searched for addresses that begin like that of a large account, and trades as it does: all have the same trigger.
    let alike = |last: u8| {
        let mut bytes = address(0).to_bytes();
        bytes[31] = last;
        Pubkey::new_from_array(bytes)
    };
    let mut watch = Watch::default();
    let due = |watch: &mut Watch, exchange: &Exchange| watch.due(exchange, |_| Some(account)).clone();
    for last in [1, 2, 3] {
        watch.changed(alike(last), Some(&account));
    }
    assert!(due(&mut watch, &venue.exchange).is_empty());
    // It closes two of them, and the trigger of the third is there all the same.
    watch.changed(alike(1), None);
    watch.changed(alike(3), None);
    assert_eq!(watch.count(), (1, 0));
    venue.cents[0] = 23_600;
    venue.price(0);
    assert_eq!(due(&mut watch, &venue.exchange), BTreeSet::from([alike(2)]));
    watch.changed(alike(2), None);
    assert_eq!(watch.count(), (0, 0));
}

#[test]
fn an_account_that_closes_is_forgotten() {
    let mut venue = Venue::new();
    let trader = venue.trader(2_000);
    assert!(venue.trade(trader, 0, 100));
    venue.due();
    assert!(venue.trade(trader, 0, -100));
    assert!(venue.due().is_empty());
    assert_eq!(venue.watch.count(), (0, 0));
}

#[test]
fn a_market_that_has_ended_keeps_its_accounts_due() {
    let mut venue = Venue::new();
    let trader = venue.trader(20_000);
    assert!(venue.trade(trader, 0, 100));
    venue.due();
    assert!(venue.due().is_empty());
    venue.exchange.delist_market(0).unwrap();
    // Two days, up to the full hour after them.
    venue.exchange.wait(172_800 + 7_200, 400_000).unwrap();
    venue.exchange.begin_settlement(0).unwrap();
    assert_eq!(venue.due(), [trader]);
    // A day later the position can be closed, whatever it holds.
    venue.exchange.wait(86_401, 200_000).unwrap();
    assert_eq!(venue.due(), [trader]);
    assert_eq!(venue.scanned(0..1).len(), 1);
}

impl Venue {
    /// Whether the account can be liquidated or settled, once the watch is found to know that.
    fn is_found(&mut self) -> bool {
        let due = self.due();
        let all = self.scanned(0..self.count());
        assert_eq!(self.scanned(due.into_iter()), all);
        !all.is_empty()
    }
}

/// Accounts of every kind, as all prices move by a thousandth of the first ones at a time; how many are found, at every step.
fn found_on_the_way(by: i64) -> Vec<usize> {
    let mut venue = Venue::new();
    let sizes: [i64; 4] = [100, -100, 60, -60];
    for number in 0..32usize {
        // From 4 to 18 times; every third account holds two markets, with and against one another.
        let (size, second) = (sizes[number % 4], sizes[(number / 4) % 4]);
        let notional = 25 * (size.abs() + if number % 3 == 0 { second.abs() } else { 0 });
        let trader = venue.trader(notional as u64 / (4 + number as u64 * 14 / 32) + 3);
        venue.trade(trader, (number % 3) as u16, size);
        if number % 3 == 0 {
            venue.trade(trader, 1, second);
        }
    }
    (0..200)
        .map(|step| {
            venue.cents = vec![START + step * by * START / 1_000; usize::from(MARKETS)];
            (0..MARKETS).for_each(|market| venue.price(market));
            venue.exchange.wait(1, 2).unwrap();
            venue.is_found();
            venue.scanned(0..venue.count()).len()
        })
        .collect()
}

#[test]
fn everybody_is_found_at_the_first_price_at_which_that_is_possible() {
    for by in [-1, 1] {
        let found = found_on_the_way(by);
        // One after the other, until a fifth more or less leaves few.
        let times = found.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(found[0] == 0 && times > 8 && found[199] > 10, "{found:?}");
    }
}

#[test]
fn a_rise_makes_a_long_due_whose_margin_grows_faster_than_it_gains() {
    // 4.7 ppm for each root of an atom: of $10 000 or 10^10 atoms 47 %, which grows with the root of the price, and 90 % of that.
    let steep = Parameters {
        size_premium: (47 << 32) / 10,
        maintenance_fraction: Ppm::new(900_000),
        minimum_bounty: Atoms::new(1),
        ..sol_parameters()
    };
    let mut venue = Venue::of([steep, sol_parameters(), sol_parameters()]);
    // $4 950 for 40 SOL, less fee and impact. At twice the price 60 % of $20 000 are $12 000 of $14 900; at 4.5 times 90 % of $45 000 are
    // $40 500, of $39 900 that are there.
    let trader = venue.trader(4_950);
    assert!(venue.trade(trader, 0, 400));
    let found = (0..120).find(|_| {
        venue.cents[0] += venue.cents[0] / 50;
        venue.price(0);
        venue.exchange.wait(1, 2).unwrap();
        venue.is_found()
    });
    assert!(found.is_some_and(|_| venue.cents[0] > 3 * START), "{found:?} at {}", venue.cents[0]);
}

#[test]
fn funding_alone_makes_an_account_due() {
    // 100 % a day per day at full skew, which is 0.4 % of 200 000 SOL: half of it reaches the cap of 0.1 % an hour within two hours.
    let quick = Parameters {
        impact_scale: Size::new(200_000 * SOL),
        funding_velocity: (1 << RATE_BITS) / (86_400 * 86_400),
        ..sol_parameters()
    };
    let mut venue = Venue::of([quick, sol_parameters(), sol_parameters()]);
    // $5 500 for $100 000 long, of which fee and impact take some 200: 2.3 % above the margin of 3 %. Nobody is short, so that the rate
    // takes $100 an hour.
    let trader = venue.trader(5_500);
    assert!(venue.trade(trader, 0, 4_000));
    let hours = (0..72).find(|_| {
        venue.exchange.wait(3_600, 7_200).unwrap();
        venue.price(0);
        venue.is_found()
    });
    assert!(hours.is_some_and(|hours| (15..35).contains(&hours)), "{hours:?}");
    assert_eq!(venue.cents[0], START);
}

#[test]
fn measured_margin_alone_makes_an_account_due() {
    let mut venue = Venue::new();
    // $5 200 for $100 000 long, 2.1 % above the margin of 3 %. Moves of 1 % up and back every ten seconds are a volatility more than ten
    // times the listed one: the fraction rises by a percent a minute from 5 %, and 60 % of 8.6 % are above what is there.
    let trader = venue.trader(5_200);
    assert!(venue.trade(trader, 0, 4_000));
    let moves = (0..600).find(|step| {
        venue.exchange.wait(10, 20).unwrap();
        venue.cents[0] = START + 250 * (step % 2);
        venue.price(0);
        venue.is_found()
    });
    assert!(moves.is_some_and(|moves| moves > 18), "{moves:?}");
    assert!(venue.cents[0] >= START);
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    /// An account with so many dollars.
    Open(u64),
    /// An order of tenths of SOL.
    Trade(usize, u16, i64),
    /// A price moves by so many hundredths of a percent, and its market takes it in.
    Price(u16, i64),
    /// All markets take their prices in.
    Prices,
    /// Seconds pass.
    Wait(u32),
    /// The first liquidation there is takes place.
    Liquidate,
    /// A position is settled.
    Settle(usize, u16),
    /// Cash is set aside for claims.
    Fund(u16),
    /// A debt ends.
    Resolve(usize, u16),
}

fn step() -> impl Strategy<Value = Step> {
    let (account, market) = (0usize..8, 0..MARKETS);
    prop_oneof![
        2 => (300u64..4_000).prop_map(Step::Open),
        6 => (account.clone(), market.clone(), prop_oneof![-600i64..-10, 10i64..600])
            .prop_map(|(account, market, tenths)| Step::Trade(account, market, tenths)),
        6 => (market.clone(), prop_oneof![-1_500i64..1_500, -150i64..150]).prop_map(|(market, by)| Step::Price(market, by)),
        2 => Just(Step::Prices),
        3 => prop_oneof![1u32..4, 10u32..40, 600u32..9_000].prop_map(Step::Wait),
        2 => Just(Step::Liquidate),
        2 => (account.clone(), market.clone()).prop_map(|(account, market)| Step::Settle(account, market)),
        1 => market.clone().prop_map(Step::Fund),
        1 => (account, market).prop_map(|(account, market)| Step::Resolve(account, market)),
    ]
}

impl Venue {
    /// Takes a step. Refusals are steps too.
    fn step(&mut self, step: &Step) {
        let of = |account: &usize, count: usize| account % count.max(1);
        let count = self.count();
        match step {
            Step::Open(dollars) => drop(self.trader(*dollars)),
            Step::Trade(account, market, tenths) => drop(self.trade(of(account, count), *market, *tenths)),
            Step::Price(market, by) => {
                let cents = &mut self.cents[usize::from(*market)];
                *cents = (*cents + *cents * by / 10_000).clamp(2_000, 200_000);
                self.price(*market);
            }
            Step::Prices => (0..MARKETS).for_each(|market| self.price(market)),
            Step::Wait(seconds) => self.exchange.wait(*seconds, u64::from(*seconds) * 2).unwrap(),
            Step::Liquidate => {
                let jobs = self.scanned(0..count);
                if let Some(perp_client::jobs::Task::Liquidate { account, market }) = jobs.first().map(|job| job.task) {
                    let keeper = self.trader(1);
                    let order = perp_engine::operations::position::LiquidationOrder {
                        max_size: perp_engine::units::Size::new(u64::MAX),
                        min_bounty: Atoms::ZERO,
                    };
                    self.exchange.liquidate(keeper, number(&account), market, &order, None).unwrap();
                }
            }
            Step::Settle(account, market) => {
                let _ = self.exchange.settle_pnl(of(account, count), *market, None, None);
            }
            Step::Fund(market) => drop(self.exchange.fund_claims(*market)),
            Step::Resolve(account, market) => {
                let _ = self.exchange.resolve_bankruptcy(of(account, count), *market);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// After every step the accounts that are due give exactly the jobs of a full scan.
    #[test]
    fn what_is_due_is_what_a_full_scan_finds(steps in prop::collection::vec(step(), 1..60)) {
        let mut venue = Venue::new();
        for trader in [1_000, 2_000, 500, 3_000] {
            venue.trader(trader);
        }
        for step in &steps {
            venue.step(step);
            let due = venue.due();
            let all = venue.scanned(0..venue.count());
            prop_assert_eq!(venue.scanned(due.iter().copied()), all, "{:?}: due {:?}", step, due);
        }
    }
}
