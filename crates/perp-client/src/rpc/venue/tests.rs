use super::*;
use crate::rpc::stub::Stub;
use bytemuck::Zeroable;
use perp_accounts::oracle::{OracleKind, CORE_RECEIVER};
use perp_accounts::{MarginAccount, VERSION};
use perp_engine::fixtures::{sol_parameters, NOW};
use perp_engine::units::Atoms;
use perp_oracle::write::pull_account;

const FEED: [u8; 32] = [5; 32];

/// The exchange of [`venue`].
pub(in crate::rpc) const EXCHANGE: Pubkey = Pubkey::new_from_array([1; 32]);

pub(in crate::rpc) fn account_of(owner: Pubkey, sequence: u64) -> MarginAccount {
    let mut account = MarginAccount { exchange: EXCHANGE, owner, version: VERSION, ..MarginAccount::zeroed() };
    account.state.sequence = sequence;
    account
}

fn oracle(market: u16) -> Pubkey {
    let mut bytes = [9; 32];
    bytes[..2].copy_from_slice(&market.to_be_bytes());
    Pubkey::new_from_array(bytes)
}

/// Lists a market without a price, bound to an account of its own where `account` says so.
fn list(stub: &Stub, addresses: &Addresses, index: u16, account: Pubkey) {
    let binding = OracleBinding::new(OracleKind::Pull, CORE_RECEIVER, account, FEED);
    let mut market = Market { exchange: EXCHANGE, oracle: binding, version: VERSION, ..Market::zeroed() };
    (market.state.index, market.state.base_decimals, market.state.quote_decimals) = (index, 9, 6);
    market.state.parameters = sol_parameters();
    let root = Exchange {
        quote_mint: addresses.quote_mint,
        token_program: addresses.token_program,
        market_count: index + 1,
        version: VERSION,
        ..Exchange::zeroed()
    };
    let mut state = stub.state();
    state.put(addresses.market(index), &market);
    state.put(EXCHANGE, &root);
}

/// So many markets with price accounts that hold nothing yet, at second [`NOW`] and slot 7.
pub(in crate::rpc) fn exchange_of(markets: u16) -> (Stub, Addresses) {
    let (stub, addresses) = (Stub::start(), Addresses::new(EXCHANGE, Pubkey::new_unique(), anchor_spl::token::ID));
    let root = Exchange {
        quote_mint: addresses.quote_mint,
        token_program: addresses.token_program,
        quote_decimals: 6,
        version: VERSION,
        ..Exchange::zeroed()
    };
    let mut pool = Pool { exchange: EXCHANGE, version: VERSION, ..Pool::zeroed() };
    pool.state.cash = Atoms::new(4);
    let words: Vec<u8> = [7u64, 0, 0, 0, NOW as u64].iter().flat_map(|word| word.to_le_bytes()).collect();
    {
        let mut state = stub.state();
        state.put(EXCHANGE, &root);
        state.put(addresses.pool, &pool);
        state.accounts.insert(CLOCK, (Pubkey::default(), words));
    }
    (0..markets).for_each(|index| list(&stub, &addresses, index, oracle(index)));
    (stub, addresses)
}

/// The price account of a market says so many dollars.
fn print(stub: &Stub, market: u16, dollars: i64, published: i64) {
    let data = pull_account(FEED, dollars * 100_000_000, 0, -8, published, 1);
    stub.state().accounts.insert(oracle(market), (CORE_RECEIVER, data));
}

#[test]
fn fresh_reads_clock_pool_markets_and_prices_in_one_request() {
    let (stub, _) = exchange_of(3);
    print(&stub, 0, 250, NOW);
    // No price: of another feed, and none at all.
    stub.state().accounts.insert(oracle(1), (CORE_RECEIVER, pull_account([6; 32], 1, 0, -8, NOW, 1)));
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    stub.state().requests.clear();
    let fresh = venue.fresh().unwrap();
    // Clock, exchange, pool, three markets and three price accounts.
    assert_eq!(stub.state().requests, [("getMultipleAccounts".into(), 9)]);
    assert_eq!((fresh.exchange.clock.now.get(), fresh.exchange.clock.slot), (NOW, 7));
    assert_eq!((fresh.exchange.pool.cash, fresh.exchange.market_count), (Atoms::new(4), 3));
    // $250 is a quarter of an atom per base unit.
    assert_eq!(fresh.exchange.market(0).unwrap().price.price.get(), 1 << 38);
    assert_eq!(fresh.news().collect::<Vec<_>>(), [(0, oracle(0))]);
    assert_eq!((fresh.target(0).oracle, fresh.target(1).oracle), (Some(oracle(0)), None));
    // A market that never had a price is there all the same.
    assert!(fresh.exchange.market(1).unwrap().price.published.is_never());
}

#[test]
fn a_market_listed_later_is_found() {
    let (stub, addresses) = exchange_of(1);
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    list(&stub, &addresses, 1, oracle(1));
    print(&stub, 1, 250, NOW);
    let fresh = venue.fresh().unwrap();
    assert_eq!(fresh.exchange.markets().len(), 2);
    assert_eq!(fresh.target(1).oracle, Some(oracle(1)));
}

#[test]
fn what_a_second_source_says_is_read_as_well() {
    let (stub, addresses) = exchange_of(2);
    let venue_of = |stub: &Stub| Venue::open(&stub.url(), EXCHANGE).unwrap();
    // The second market is bounded by another feed, in an account of its own.
    let (owner, data) = stub.state().accounts[&addresses.market(1)].clone();
    let mut market: Market = perp_accounts::decode(&addresses.market(1), &owner, &data).unwrap();
    market.second_oracle = OracleBinding::new(OracleKind::Pull, CORE_RECEIVER, oracle(7), [8; 32]);
    market.state.parameters.second_max_age = 60;
    market.state.parameters.second_max_deviation = perp_engine::units::Ppm::new(10_000);
    stub.state().put(addresses.market(1), &market);
    assert_eq!(crate::jobs::second_prices(&venue_of(&stub).fresh().unwrap()), []);
    let says = pull_account([8; 32], 250 * 100_000_000, 0, -8, NOW, 1);
    stub.state().accounts.insert(oracle(7), (CORE_RECEIVER, says));
    let jobs = crate::jobs::second_prices(&venue_of(&stub).fresh().unwrap());
    assert_eq!(
        jobs.iter().map(|job| job.task).collect::<Vec<_>>(),
        [crate::jobs::Task::UpdateSecondPrice { market: 1 }]
    );
}

#[test]
fn an_answer_that_leaves_accounts_out_is_none() {
    let (stub, _) = exchange_of(3);
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    for leaves_out in [1, 3, 5, 9] {
        stub.state().leaves_out = leaves_out;
        let error = venue.fresh().unwrap_err();
        assert!(error.to_string().contains("another number of accounts"), "{error}");
    }
}

#[test]
fn a_market_at_the_address_of_another_is_not_looked_for_again_and_again() {
    let (stub, addresses) = exchange_of(1);
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    list(&stub, &addresses, 1, oracle(1));
    let (owner, data) = stub.state().accounts[&addresses.market(0)].clone();
    stub.state().accounts.insert(addresses.market(1), (owner, data));
    let error = venue.fresh().unwrap_err();
    assert!(error.to_string().contains("at the address of another"), "{error}");
}

#[test]
fn a_market_bound_to_no_account_stays_at_its_cached_price() {
    let (stub, addresses) = exchange_of(0);
    list(&stub, &addresses, 0, Pubkey::default());
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    let fresh = venue.fresh().unwrap();
    assert_eq!((fresh.exchange.markets().len(), fresh.target(0).oracle), (1, None));
    assert_eq!(venue.common_addresses().len(), 8 + 1);
}

#[test]
fn more_than_a_hundred_accounts_take_more_than_one_request() {
    let (stub, _) = exchange_of(60);
    print(&stub, 59, 250, NOW);
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    stub.state().requests.clear();
    let fresh = venue.fresh().unwrap();
    let sizes: Vec<_> = stub.state().requests.iter().map(|(_, size)| *size).collect();
    assert_eq!(sizes, [100, 23]);
    assert_eq!(fresh.exchange.markets().len(), 60);
    assert_eq!(fresh.target(59).oracle, Some(oracle(59)));
}

#[test]
fn all_accounts_of_a_type_are_those_of_the_exchange() {
    let (stub, _) = exchange_of(1);
    let (ours, theirs) = (Pubkey::new_unique(), Pubkey::new_unique());
    stub.state().put(ours, &account_of(ours, 3));
    stub.state().put(theirs, &MarginAccount { exchange: theirs, ..account_of(theirs, 3) });
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    let all = venue.all::<MarginAccount>().unwrap();
    assert_eq!(all.keys().collect::<Vec<_>>(), [&ours]);
    // One of another version cannot be planned with.
    stub.state().put(ours, &MarginAccount { version: VERSION + 1, ..account_of(ours, 4) });
    assert!(matches!(venue.all::<MarginAccount>(), Err(FetchError::Account(_))));
}

#[test]
fn a_node_that_is_not_there_is_named_without_its_path() {
    let url = "http://127.0.0.1:9/a-secret?key=another";
    let error = Venue::open(url, EXCHANGE).err().unwrap();
    let FetchError::Unreachable { url, reason } = &error else { panic!("{error}") };
    assert_eq!(url, "http://127.0.0.1:9");
    assert!(reason.contains("refused"), "{reason}");
    assert!(!error.to_string().contains("secret") && !error.to_string().contains("another"), "{error}");

    let (stub, _) = exchange_of(0);
    stub.state().is_down = true;
    let error = Venue::open(&stub.url(), EXCHANGE).err().unwrap();
    assert!(error.to_string().contains("503") && !error.to_string().contains("secret"), "{error}");
}

#[test]
fn a_lookup_table_is_read_and_anything_else_is_none() {
    let (stub, addresses) = exchange_of(2);
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    let (table, common) = (Pubkey::new_unique(), venue.common_addresses());
    // Exchange, pool, vault, two mints, escrow, token program and event authority; two markets with a price account each.
    assert_eq!(common.len(), 8 + 2 * 2);
    // In use: kind 1, never deactivated, last extended in slot 0 from place 0 on, without an authority.
    let mut bytes = [&1u32.to_le_bytes()[..], &u64::MAX.to_le_bytes(), &[0; 8], &[0]].concat();
    bytes.resize(56, 0);
    bytes.extend(common.iter().flat_map(|address| address.to_bytes()));
    stub.state().accounts.insert(table, (Pubkey::new_unique(), bytes));
    let read = venue.table(&table).unwrap();
    assert_eq!((read.key, read.addresses), (table, common));
    for none in [addresses.market(0), Pubkey::new_unique()] {
        assert!(matches!(venue.table(&none), Err(FetchError::Missing { address, .. }) if address == none));
    }
}
