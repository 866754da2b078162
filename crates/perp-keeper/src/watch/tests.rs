use std::collections::{BTreeMap, BTreeSet};

use bytemuck::Zeroable;
use perp_accounts::{MarginAccount, VERSION};
use perp_client::instructions::Authority;
use perp_client::jobs::{liquidations, Fresh};
use perp_client::Addresses;
use perp_engine::fixtures::{at, pool_parameters, sol_parameters, usdc, SOL};
use perp_engine::operations::position::Order;
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Account, Parameters, PriceLimit};
use perp_engine::units::{Atoms, SignedSize};
use perp_exchange::{Exchange, Listing};
use solana_pubkey::Pubkey;

use super::Watch;

mod random;
mod targeted;

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
