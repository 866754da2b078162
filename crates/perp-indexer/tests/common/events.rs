//! Events of a small exchange, numbered as the program numbers them.

#[path = "orders.rs"]
pub mod orders;

use std::collections::HashMap;

use anchor_lang::prelude::Pubkey;
use perp_client::events::Event;
use perp_engine::market::price::PriceOutcome;
use perp_engine::operations::position::LiquidationReason;
use perp_engine::state::RequestKind;
use perp_swap::events::*;

pub const EXCHANGE: Pubkey = Pubkey::new_from_array([1; 32]);
pub const POOL: Pubkey = Pubkey::new_from_array([2; 32]);
/// An atom, as exact amounts count.
pub const ATOM: i128 = 1 << 40;

pub fn market(index: u16) -> Pubkey {
    Pubkey::new_from_array([0x40 + index as u8; 32])
}

pub fn account(number: u8) -> Pubkey {
    Pubkey::new_from_array([0x80 + number; 32])
}

pub fn owner(number: u8) -> Pubkey {
    Pubkey::new_from_array([0xC0 + number; 32])
}

/// Numbers events and remembers what the next one has to begin with.
#[derive(Clone, Default)]
pub struct Exchange {
    pub time: i64,
    sequences: HashMap<Pubkey, u64>,
    balances: HashMap<u8, u64>,
    sizes: HashMap<(u8, u16), i64>,
    price: HashMap<u16, u64>,
    open_interest: HashMap<u16, (u64, u64)>,
    index: HashMap<u16, i64>,
    orders: HashMap<(u8, u8), OrderMoment>,
    ordered: HashMap<u8, u64>,
}

impl Exchange {
    pub fn at(time: i64) -> Self {
        Self { time, ..Self::default() }
    }

    fn next(&mut self, address: Pubkey) -> u64 {
        let sequence = self.sequences.entry(address).or_default();
        *sequence += 1;
        *sequence
    }

    fn moment(&mut self, index: u16, seconds: u64) -> MarketMoment {
        let (long, short) = self.open_interest.get(&index).copied().unwrap_or_default();
        let funding = self.index.entry(index).or_default();
        *funding += seconds as i64 * 3;
        let funding = *funding;
        MarketMoment {
            sequence: self.next(market(index)),
            index_price: self.price.get(&index).copied().unwrap_or_default(),
            funding_rate: 7,
            long_funding_index: funding,
            short_funding_index: -funding,
            long_open_interest: long,
            short_open_interest: short,
            funding_seconds: seconds,
        }
    }

    pub fn list(&mut self, index: u16, symbol: &str) -> Event {
        let mut padded = [0; 16];
        padded[..symbol.len()].copy_from_slice(symbol.as_bytes());
        let event = MarketCreated {
            exchange: EXCHANGE,
            time: self.time,
            market: market(index),
            market_index: index,
            market_sequence: self.next(market(index)),
            symbol: padded,
            base_decimals: 9,
            target_backing: 0,
        };
        event.into()
    }

    /// A price in 2^-40 atoms per base unit.
    pub fn price(&mut self, index: u16, price: u64) -> Event {
        let before = self.price.insert(index, price).unwrap_or_default();
        let event = PriceUpdated {
            exchange: EXCHANGE,
            time: self.time,
            market: market(index),
            market_index: index,
            state: self.moment(index, 0),
            outcome: PriceOutcome::Accepted,
            before,
            after: price,
            confidence: 1,
            published: self.time,
            newest_published: self.time,
        };
        event.into()
    }

    pub fn funding(&mut self, index: u16, seconds: u64) -> Event {
        let event = FundingUpdated {
            exchange: EXCHANGE,
            time: self.time,
            market: market(index),
            market_index: index,
            state: self.moment(index, seconds),
            rate_before: 7,
            long_index_before: 0,
            short_index_before: 0,
        };
        event.into()
    }

    pub fn open(&mut self, number: u8) -> Event {
        self.sequences.remove(&account(number));
        let event = AccountOpened {
            exchange: EXCHANGE,
            time: self.time,
            account: account(number),
            owner: owner(number),
            account_sequence: self.next(account(number)),
            sub_account: 0,
            isolated_market: None,
        };
        event.into()
    }

    pub fn close(&mut self, number: u8) -> Event {
        let event = AccountClosed {
            exchange: EXCHANGE,
            time: self.time,
            account: account(number),
            owner: owner(number),
            account_sequence: self.next(account(number)),
        };
        event.into()
    }

    pub fn deposit(&mut self, number: u8, amount: u64) -> Event {
        let before = self.balances.get(&number).copied().unwrap_or_default();
        self.balances.insert(number, before + amount);
        let event = Deposited {
            exchange: EXCHANGE,
            time: self.time,
            account: account(number),
            owner: owner(number),
            account_sequence: self.next(account(number)),
            amount,
            balance_before: before,
            balance_after: before + amount,
        };
        event.into()
    }

    pub fn withdraw(&mut self, number: u8, amount: u64) -> Event {
        let before = self.balances.get(&number).copied().unwrap_or_default();
        self.balances.insert(number, before - amount);
        let event = Withdrawn {
            exchange: EXCHANGE,
            time: self.time,
            account: account(number),
            owner: owner(number),
            account_sequence: self.next(account(number)),
            destination: owner(number),
            amount,
            balance_before: before,
            balance_after: before - amount,
        };
        event.into()
    }

    /// A fill for a thousand atoms at the index, with a charge of three and a fee of two; realized as given.
    pub fn trade(&mut self, number: u8, index: u16, size: i64, realized: i64) -> Event {
        let charge = 3 * ATOM;
        let before = self.sizes.get(&(number, index)).copied().unwrap_or_default();
        self.sizes.insert((number, index), before + size);
        let interest = self.open_interest.entry(index).or_default();
        let side = if size > 0 { &mut interest.0 } else { &mut interest.1 };
        *side += size.unsigned_abs();
        let balance = self.balances.get(&number).copied().unwrap_or_default();
        let after = balance.saturating_add_signed(realized) - 2;
        self.balances.insert(number, after);
        let event = Traded {
            exchange: EXCHANGE,
            time: self.time,
            account: account(number),
            owner: owner(number),
            account_sequence: self.next(account(number)),
            market: market(index),
            market_index: index,
            state: self.moment(index, 1),
            trader: owner(number),
            size,
            notional: 1_000 * ATOM + if size > 0 { charge } else { -charge },
            charge,
            spread: 2 * ATOM,
            impact: ATOM,
            fee: 2,
            realized,
            funding: 0,
            redeemed: 0,
            repaid: 0,
            size_before: before,
            size_after: before + size,
            balance_before: balance,
            balance_after: after,
            equity: 0,
            margin: 0,
        };
        event.into()
    }

    /// Closes all of a position for 500 atoms: a penalty of ten, of which the liquidator gets four and the insurance five.
    pub fn liquidate(&mut self, number: u8, index: u16, liquidator: u8) -> Event {
        let before = self.sizes.insert((number, index), 0).unwrap_or_default();
        let balance = self.balances.get(&number).copied().unwrap_or_default();
        let received = self.balances.get(&liquidator).copied().unwrap_or_default();
        self.balances.insert(number, balance - 50 - 10);
        self.balances.insert(liquidator, received + 4);
        let event = Liquidated {
            exchange: EXCHANGE,
            time: self.time,
            account: account(number),
            owner: owner(number),
            account_sequence: self.next(account(number)),
            market: market(index),
            market_index: index,
            state: self.moment(index, 1),
            reason: LiquidationReason::Price,
            liquidator: owner(liquidator),
            liquidator_account: account(liquidator),
            liquidator_sequence: self.next(account(liquidator)),
            closed: before.unsigned_abs(),
            notional: 500 * ATOM,
            size_before: before,
            size_after: 0,
            realized: -50,
            funding: 0,
            redeemed: 0,
            repaid: 0,
            penalty: 10,
            bounty: 4,
            insurance: 5,
            backing: 1,
            added: 0,
            balance_before: balance,
            balance_after: balance - 60,
            liquidator_balance_before: received,
            liquidator_balance_after: received + 4,
            equity_before: 20,
            equity_after: 10,
            maintenance_before: 30,
            maintenance_after: 0,
        };
        event.into()
    }

    pub fn request(&mut self, number: u8, tokens: u64) -> Event {
        let event = LiquidityRequested {
            exchange: EXCHANGE,
            time: self.time,
            pool_sequence: self.next(POOL),
            request: account(number),
            owner: owner(number),
            kind: RequestKind::Deposit,
            amount: tokens,
            limit: perp_engine::state::PriceLimit::None,
            belongs_from: self.time + 600,
            lamports: 1,
            boundary_before: 0,
            boundary_after: self.time + 600,
            escrow_before: 0,
            escrow_after: tokens,
        };
        event.into()
    }

    /// A deposit that its boundary has kept out is paid back.
    pub fn keep_out(&mut self, number: u8, boundary: i64, tokens: u64) -> Event {
        let event = LiquidityPaid {
            exchange: EXCHANGE,
            time: self.time,
            pool_sequence: self.next(POOL),
            request: account(number),
            owner: owner(number),
            caller: owner(0),
            kind: RequestKind::Deposit,
            boundary,
            tokens,
            shares: 0,
            left: 0,
            lamports: 1,
            passed_on: 0,
            requests_left: 0,
            pool_cash_before: 81,
            pool_cash_after: 81,
            escrow_before: tokens,
            escrow_after: 0,
            payable_before: 0,
            payable_after: 0,
        };
        event.into()
    }

    /// An epoch of a pool that is worth so many atoms, all in all a thousand shares.
    pub fn epoch(&mut self, boundary: i64, lower: u64, upper: u64) -> Event {
        let event = EpochClosed {
            exchange: EXCHANGE,
            time: self.time,
            pool_sequence: self.next(POOL),
            record: Pubkey::new_from_array([7; 32]),
            closer: owner(0),
            previous: 0,
            boundary,
            next: 0,
            rest_belongs_from: 0,
            lower,
            upper,
            unsettled: 7,
            requests: 1,
            deposits_accepted: 31,
            withdrawals_accepted: 31,
            deposited: 100,
            issued: 50,
            leaving: 20,
            redeemed: 10,
            paid: 19,
            lamports: 0,
            lamports_each: 0,
            pool_cash_before: 0,
            pool_cash_after: 81,
            escrow_before: 100,
            escrow_after: 0,
            payable_before: 0,
            payable_after: 19,
            settling_before: 0,
            settling_after: 1,
            shares_before: 1_000,
            shares_after: 1_040,
        };
        event.into()
    }
}
