use super::stream::{exchange, record, Event};
use bytemuck::Zeroable;
use fastrand::Rng;
use perp_accounts::{encode_into, Stored, VERSION};
use perp_engine::operations::orders::ORDER_TIP_LAMPORTS;
use perp_engine::state::{Account, Market, OrderBook, OrderTrigger, RestingOrder};
use perp_engine::units::{Atoms, Ppm, Price, QuoteX40, SignedAtoms, SignedSize, Size, Timestamp};
use perp_exchange::Exchange;
use perp_wasm::Reading;

/// What is done to a module, in the order in which it is done.
pub enum Step {
    /// The clock.
    Clock { now: i64, slot: u64 },
    /// An account.
    Load { number: u64, bytes: Vec<u8> },
    /// A reading.
    Price { market: u64, reading: Reading },
    /// A question.
    Ask { words: Vec<u64> },
}

pub const MARKETS: u16 = 3;
pub const ACCOUNTS: usize = 6;
/// Operations after which the exchange begins anew, with another seed.
const OPERATIONS: usize = 4_000;

/// A busy exchange, snapshot after snapshot: it goes on by a few operations, and what it comes to is distorted, so that rare states are as
/// frequent as common ones.
pub struct Snapshots {
    pub rng: Rng,
    exchange: Exchange,
    events: std::vec::IntoIter<Event>,
    /// Whether everything is to be loaded.
    is_new: bool,
}

impl Snapshots {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let (exchange, events) = begin(&mut rng);
        Self { rng, exchange, events, is_new: true }
    }

    /// The steps that lead to the next snapshot.
    pub fn next(&mut self) -> Vec<Step> {
        for _ in 0..self.rng.u8(1..6) {
            match self.events.next() {
                Some(Event::Second) => self.exchange.wait(1, 2).expect("time has an end far away"),
                Some(Event::Operation(operation)) => drop(self.exchange.execute(&operation)),
                None => {
                    (self.exchange, self.events) = begin(&mut self.rng);
                    self.is_new = true;
                }
            }
        }
        let all = std::mem::take(&mut self.is_new);
        let mut steps = vec![Step::Clock { now: self.exchange.clock.now.get(), slot: self.exchange.clock.slot }];
        if all {
            let state = self.exchange.state;
            let account = perp_accounts::Exchange {
                state,
                market_count: MARKETS,
                quote_decimals: 6,
                version: VERSION,
                ..Zeroable::zeroed()
            };
            steps.push(load(0, &account));
        }
        if all || self.rng.u8(..16) == 0 {
            let (state, queue) = (self.exchange.pool, self.exchange.queue);
            steps.push(load(0, &perp_accounts::Pool { state, queue, version: VERSION, ..Zeroable::zeroed() }));
        }
        for index in 0..MARKETS {
            if all || self.rng.u8(..3) == 0 {
                let state = self.distorted_market(index);
                steps.push(load(0, &perp_accounts::Market { state, version: VERSION, ..Zeroable::zeroed() }));
            }
        }
        for number in 0..ACCOUNTS {
            if all || self.rng.u8(..6) == 0 {
                let state = self.distorted_account(number);
                let stored = perp_accounts::MarginAccount { state, version: VERSION, ..Zeroable::zeroed() };
                steps.push(load(number as u64, &stored));
                let state = self.orders(&state);
                let stored = perp_accounts::Orders { state, version: VERSION, ..Zeroable::zeroed() };
                steps.push(load(number as u64, &stored));
            }
        }
        if self.rng.u8(..4) != 0 {
            let market = self.rng.u16(..MARKETS);
            steps.push(Step::Price { market: market.into(), reading: self.reading(market) });
        }
        steps
    }

    /// Within a fifth of the last price, more or less old, more or less certain.
    fn reading(&mut self, market: u16) -> Reading {
        let market = self.exchange.market(market).expect("a listed market");
        // 2^-40 atoms per base unit to 10^-8 dollars per SOL: 10^(8 + 9 − 6) / 2^40.
        let price = (i128::from(market.price.price.get()) * 100_000_000_000) >> 40;
        let price = i64::try_from(price).expect("a price in dollars") / 1_000 * self.rng.i64(800..1_200);
        let published = self.exchange.clock.now.get() - self.rng.i64(-3..8);
        let confidence = price.unsigned_abs() / 1_000_000 * self.rng.u64(..8_000);
        let previous = published - if self.rng.u8(..8) == 0 { self.rng.i64(0..900) } else { 1 };
        Reading { price, confidence, exponent: -8, published, previous }
    }

    fn distorted_market(&mut self, index: u16) -> Market {
        let mut market = *self.exchange.market(index).expect("a listed market");
        let (rng, now) = (&mut self.rng, self.exchange.clock.now.get());
        match rng.u8(..12) {
            0 => market.ledger.backing = Atoms::new(rng.u64(..1 << 40)),
            1 => market.price.published = Timestamp::new(now - rng.i64(0..400)),
            2 => market.price.outage_since = Timestamp::new(now - rng.i64(0..400)),
            3 => market.ledger.funding_rate = rng.i64(-(1 << 40)..1 << 40),
            4 => market.averages.measured_margin = rng.u64(..3_600 * 300_000),
            5 => market.reduce_only.until = Timestamp::new(now + rng.i64(-50..50)),
            6 => market.settlement.delisted_from = Timestamp::new(now + rng.i64(-50..50_000)),
            7 => market.parameters.size_premium = rng.u64(..1 << 34),
            8 => market.parameters.open_interest_low = Size::new(rng.u64(..1 << 40)),
            9 => market.parameters.impact_scale = Size::new(rng.u64(1 << 40..1 << 50)),
            // Claims of this round are owed; of the rounds before every one is funded in full.
            10 => {
                let ledger = &mut market.ledger;
                ledger.claim_round += rng.u32(..2);
                (ledger.claims, ledger.claims_reserve) = (Atoms::new(1 << 41), Atoms::new(1 << 41));
            }
            _ => (),
        }
        market
    }

    fn distorted_account(&mut self, number: usize) -> Account {
        let mut account = *self.exchange.account(number).expect("an open account");
        let rng = &mut self.rng;
        let used = account.occupied().count();
        let slot = rng.usize(..used.max(1));
        let position = &mut account.positions[slot];
        match rng.u8(..10) {
            0 => account.balance = Atoms::new(rng.u64(..1 << 34)),
            1 if used > 0 => position.debt = Atoms::new(rng.u64(..1 << 30)),
            2 if used > 0 => {
                let ledger = &self.exchange.market(position.market).expect("a listed market").ledger;
                (position.claim, position.claim_factor) = (Atoms::new(rng.u64(..1 << 30)), ledger.claim_factor);
                position.claim_round = ledger.claim_round;
            }
            3 if used > 0 => position.size = SignedSize::new(position.size.get() / 8 * rng.i64(1..24)),
            4 => account.armed_until = Timestamp::new(self.exchange.clock.now.get() + rng.i64(-10..20)),
            5 => position.realized = SignedAtoms::new(rng.i64(..)),
            // Everything is closed and nothing owed: a claim is left.
            6 if used > 0 => {
                position.claim = Atoms::new(rng.u64(1..1 << 30));
                for position in &mut account.positions {
                    (position.size, position.debt) = (SignedSize::ZERO, Atoms::ZERO);
                    position.entry_notional = QuoteX40::ZERO.into();
                }
            }
            _ => (),
        }
        account
    }

    /// Orders in about every second account.
    fn orders(&mut self, account: &Account) -> OrderBook {
        let mut book = OrderBook::default();
        let rng = &mut self.rng;
        let now = self.exchange.clock.now.get();
        for place in 0..rng.usize(..6).saturating_sub(2) {
            let held = account.positions[0];
            let market = if held.is_occupied() { held.market } else { rng.u16(..MARKETS) };
            let price = self.exchange.market(market).expect("a listed market").price.price.get();
            let trigger = [OrderTrigger::AtTime, OrderTrigger::AtOrAbove, OrderTrigger::AtOrBelow][rng.usize(..3)];
            let trails = rng.bool() && trigger != OrderTrigger::AtTime;
            let at_time = trigger == OrderTrigger::AtTime;
            let size = SignedSize::new(-held.size.get() / 4 + rng.i64(-1_000_000_000..1_000_000_000));
            let none = Price::ZERO;
            book.orders[place] = RestingOrder {
                size,
                trigger_price: if at_time || trails { none } else { Price::new(price / 100 * rng.u64(90..110)) },
                acceptable_price: if size.get() < 0 { Price::new(1) } else { Price::new(u64::MAX) },
                best: if trails { Price::new(price / 100 * rng.u64(95..105)) } else { none },
                best_published: Timestamp::new(if trails { now - 20 } else { 0 }),
                active_from: Timestamp::new(now - rng.i64(-5..40)),
                expires: Timestamp::new(if rng.bool() { 0 } else { now + rng.i64(-20..200) }),
                position: held.number,
                fills_from: Timestamp::new(if rng.u8(..4) == 0 { now - rng.i64(-3..20) } else { 0 }),
                lamports: ORDER_TIP_LAMPORTS,
                number: place as u64 + 1,
                trailing: Ppm::new(if trails { rng.u32(1_000..100_000) } else { 0 }),
                slices: 1,
                market,
                trigger: trigger as u8,
                reduce_only: u8::from(rng.bool()),
                ..RestingOrder::zeroed()
            };
        }
        book
    }
}

fn begin(rng: &mut Rng) -> (Exchange, std::vec::IntoIter<Event>) {
    let start = exchange(MARKETS, ACCOUNTS);
    let events = record(&start, OPERATIONS, rng.u64(..));
    (start, events.into_iter())
}

fn load<T: Stored>(number: u64, account: &T) -> Step {
    let mut bytes = vec![0; T::SPACE];
    assert!(encode_into(account, &mut bytes));
    Step::Load { number, bytes }
}
