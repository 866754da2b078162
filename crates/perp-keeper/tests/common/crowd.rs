//! Very many accounts with one position each, and a watch over them.
#![allow(dead_code)] // each of its users needs a part of it

use std::collections::BTreeSet;

use bytemuck::Zeroable;
use perp_accounts::{MarginAccount, VERSION};
use perp_client::instructions::Authority;
use perp_client::jobs::{liquidations_of_all_positions, Fresh};
use perp_client::rpc::Accounts;
use perp_client::Addresses;
use perp_engine::fixtures::{at, pool_parameters, sol_parameters, usdc, SOL};
use perp_engine::operations::position::Order;
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Account, PriceLimit};
use perp_engine::units::{Atoms, SignedSize};
use perp_exchange::{Exchange, Listing};
use perp_keeper::watch::Watch;
use solana_pubkey::Pubkey;

/// Accounts of 10 SOL at $250 on one market, long and short, at 2 to 17 times.
pub struct Crowd {
    pub exchange: Exchange,
    pub accounts: Accounts<MarginAccount>,
    addresses: Vec<Pubkey>,
}

/// Addresses lie in no order.
fn address(number: usize) -> Pubkey {
    let mut bytes = [7; 32];
    let mixed = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for (place, word) in bytes.chunks_mut(8).zip(1u64..) {
        place.copy_from_slice(&mixed.wrapping_mul(2 * word + 1).rotate_left(17).to_le_bytes());
    }
    Pubkey::new_from_array(bytes)
}

impl Crowd {
    pub fn of(count: usize) -> Self {
        let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
        let listing = Listing { parameters: sol_parameters(), base_decimals: 9, target_backing: usdc(250_000) };
        exchange.list(&listing).unwrap();
        let provider = exchange.add_provider();
        exchange.request_liquidity_deposit(provider, usdc(1_000_000), PriceLimit::None).unwrap();
        let ahead = exchange.state.boundary.seconds_since(exchange.clock.now).unwrap();
        exchange.wait(u32::try_from(ahead).unwrap(), 2 * ahead).unwrap();
        exchange.value_market(0, None).unwrap();
        exchange.close_epoch().unwrap();
        exchange.pay_liquidity_request(0).unwrap();
        exchange.allocate_backing(0, None).unwrap();
        let mut crowd = Self { exchange, accounts: std::iter::empty().collect(), addresses: Vec::new() };
        crowd.price(25_000);
        let [long, short] = [10, -10].map(|size| crowd.trader(size));
        let accounts = (0..count).map(|number| {
            let state = if number % 2 == 0 { long } else { short };
            // 2 500 dollars of notional at 2 to 17 times: from 1 250 to 147 dollars, in the balance of whoever paid its fee.
            let own = usdc(2_500).get() * count as u64 / (2 * count + 15 * number) as u64;
            let balance = state.balance.get() + own - usdc(2_000).get();
            let state = Account { balance: Atoms::new(balance), ..state };
            let exchange = Pubkey::new_from_array([1; 32]);
            (
                address(number),
                MarginAccount { state, exchange, owner: address(!number), version: VERSION, ..Zeroable::zeroed() },
            )
        });
        crowd.accounts = accounts.collect();
        crowd.addresses = (0..count).map(address).collect();
        crowd
    }

    fn trader(&mut self, whole: i64) -> Account {
        let account = self.exchange.open_account(None).unwrap();
        self.exchange.deposit(account, usdc(2_000)).unwrap();
        let order = Order::at_any_price(SignedSize::new(whole * i64::try_from(SOL).unwrap()));
        self.exchange.trade(account, 0, &order, None).unwrap();
        self.exchange.wait(1, 2).unwrap();
        *self.exchange.account(account).unwrap()
    }

    /// The market takes in a price in cents of a moment later.
    pub fn price(&mut self, cents: i64) {
        self.exchange.wait(1, 2).unwrap();
        let reading = OracleReading::new(cents * 1_000_000, 0, -8, self.exchange.clock.now.get()).unwrap();
        self.exchange.update_price(0, &reading).unwrap();
    }

    /// A watch that has been told of everybody, and has looked at nobody yet.
    pub fn unwatched(&self) -> Watch {
        let mut watch = Watch::default();
        for (address, account) in &self.accounts {
            watch.changed(address, Some(&account.state));
        }
        watch
    }

    /// What a look does between reading and sending: how many accounts the engine was asked about, and how many can be liquidated.
    pub fn look(&self, watch: &mut Watch) -> (usize, usize) {
        let due = watch.due(&self.exchange, |address| self.accounts.get(address).map(|account| account.state));
        (due.len(), self.judged(due))
    }

    pub fn whole(&self) -> BTreeSet<Pubkey> {
        self.addresses.iter().copied().collect()
    }

    /// How many of these can be liquidated, of which 256 are planned at most.
    pub fn judged(&self, due: &BTreeSet<Pubkey>) -> usize {
        let addresses = Addresses::new(address(90), address(91), address(92));
        let fresh = Fresh::new(addresses, self.exchange.clone());
        let keeper = Authority { signer: address(93), margin_account: address(94) };
        let accounts = due.iter().filter_map(|address| Some((*address, self.accounts.get(address)?)));
        liquidations_of_all_positions(&fresh, accounts, &[keeper], Atoms::ZERO, 256).len()
    }
}
