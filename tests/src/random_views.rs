//! Views of random states: what the compiled program answers, against what the engine says of the same accounts.

use crate::chain::Backend;
use crate::world::order;
use crate::{World, SOL, USDC};
use anchor_lang::prelude::Pubkey;
use anchor_lang::AnchorDeserialize;
use perp_accounts::{decode, encode_into, Market, Stored};
use perp_client::instructions::{self as client, answers, Authority, TargetMarket};
use perp_engine::market::forecast::Ahead;
use perp_engine::market::solvency::Coverage;
use perp_engine::operations::position::plan_trade;
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::state::{Account, Market as MarketState, Position};
use perp_engine::units::{Atoms, FundingIndex, Price, QuoteX40, Side, SignedSize, Size, Timestamp};
use perp_engine::{EngineError, Session};
use perp_swap::errors::ExchangeError;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use solana_instruction::Instruction;
use std::fmt::Debug;

const MARKETS: u16 = 3;

/// How many questions had an answer, and how many were refused by a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    pub answered: usize,
    pub refused: usize,
}

/// Asks all views of so many random states, the same ones in every run.
///
/// # Panics
/// Where the program answers anything else than the engine.
pub fn compare(states: usize) -> Compared {
    let mut runner = TestRunner::deterministic();
    let mut world = World::new(Backend::Sbf, MARKETS);
    let trader = world.trader(1_000 * USDC);
    let mut compared = Compared::default();
    for number in 0..states {
        let states = vary(&mut world, &mut runner, trader);
        let size = drawn(&mut runner, -100 * SOL..100 * SOL);
        let seconds = drawn(&mut runner, 0..200_000u32);
        let asked = Asked { world: &mut world, trader, states, number, compared: &mut compared };
        asked.all(size, seconds);
    }
    compared
}

fn drawn<T: Debug>(runner: &mut TestRunner, from: impl Strategy<Value = T>) -> T {
    from.new_tree(runner).expect("every value of a range will do").current()
}

/// Gives the markets and the account other numbers, most of them such as they come to be, and returns what was stored.
fn vary(world: &mut World, runner: &mut TestRunner, trader: Authority) -> (Account, [MarketState; 3]) {
    let now = world.now;
    let markets = [0, 1, 2].map(|index| {
        let market = varied_market(runner, world.market(index).state, now);
        write(world, world.addresses.market(index), |stored: &mut Market| stored.state = market);
        market
    });
    let mut account = world.margin_account(&trader.margin_account).state;
    account.balance = Atoms::new(drawn(runner, 0..20_000 * USDC));
    for (position, market) in account.positions.iter_mut().zip(&markets) {
        *position = varied_position(runner, market);
    }
    write(world, trader.margin_account, |stored: &mut perp_accounts::MarginAccount| stored.state = account);
    (account, markets)
}

fn varied_market(runner: &mut TestRunner, before: MarketState, now: i64) -> MarketState {
    let mut market = before;
    let price = drawn(runner, 50_000_000_000u64..800_000_000_000);
    let published = now - [0, 0, 1, 4, 20, 90, 4_000][drawn(runner, 0..7usize)];
    market.price.price = Price::new(price);
    market.price.confidence = Price::new(drawn(runner, 0..price / 500));
    market.price.published = Timestamp::new(published);
    market.price.newest_published = Timestamp::new(published);
    market.recent = Default::default();
    for ago in (0..drawn(runner, 1..6i64)).rev() {
        let print = price / 1_000 * drawn(runner, 990..1_010u64);
        market
            .recent
            .record(if ago == 0 { market.price.price } else { Price::new(print) }, Timestamp::new(published - ago));
    }
    let ledger = &mut market.ledger;
    for side in Side::BOTH {
        let totals = ledger.side_mut(side);
        let size = drawn(runner, 0..40_000 * SOL.unsigned_abs());
        totals.open_interest = Size::new(size);
        totals.entry_notional =
            QuoteX40::new(i128::from(size) * i128::from(price / 1_000 * drawn(runner, 700..1_300u64))).into();
        totals.funding_index = FundingIndex::new(drawn(runner, -(1i64 << 36)..1 << 36));
        totals.funding_checkpoint = QuoteX40::new(
            i128::from(size) * i128::from(totals.funding_index.get() + drawn(runner, -(1i64 << 30)..1 << 30)),
        )
        .into();
    }
    ledger.backing = Atoms::new(drawn(runner, 0..4_000_000 * USDC));
    ledger.funding_rate = drawn(runner, -(1i64 << 38)..1 << 38);
    ledger.funding_time = Timestamp::new(now - drawn(runner, 0..4_000i64));
    if drawn(runner, 0..4u8) == 0 {
        let claims = drawn(runner, 1..100_000 * USDC);
        (ledger.claims, ledger.claims_reserve) = (Atoms::new(claims), Atoms::new(drawn(runner, 0..claims)));
    }
    market
}

fn varied_position(runner: &mut TestRunner, market: &MarketState) -> Position {
    if drawn(runner, 0..5u8) == 0 {
        return Position::default();
    }
    let size = drawn(runner, -200 * SOL..200 * SOL);
    let entry = market.price.price.get() / 1_000 * drawn(runner, 600..1_400u64);
    let side = if size < 0 { Side::Short } else { Side::Long };
    let index = market.ledger.side(side).funding_index.get() - drawn(runner, -(1i64 << 32)..1 << 32);
    let mut position = Position {
        size: SignedSize::new(size),
        entry_notional: QuoteX40::new(i128::from(size.unsigned_abs()) * i128::from(entry)).into(),
        funding_index: FundingIndex::new(index),
        ..Position::empty_in(market.index)
    };
    match drawn(runner, 0..8u8) {
        0 => position.debt = Atoms::new(drawn(runner, 1..500 * USDC)),
        1 => {
            position.claim = Atoms::new(drawn(runner, 1..500 * USDC));
            position.claim_round = market.ledger.claim_round;
        }
        _ => {}
    }
    position
}

/// Puts an account there that no instruction made.
fn write<T: Stored>(world: &mut World, address: Pubkey, change: impl FnOnce(&mut T)) {
    let mut account = world.chain.account(&address).expect("the account exists");
    let mut stored: T = decode(&address, &account.owner, &account.data).expect("the account is what its address says");
    change(&mut stored);
    assert!(encode_into(&stored, &mut account.data));
    world.chain.set_account(&address, account);
}

/// One state, and everything that is asked of it.
struct Asked<'a> {
    world: &'a mut World,
    trader: Authority,
    states: (Account, [MarketState; 3]),
    number: usize,
    compared: &'a mut Compared,
}

impl Asked<'_> {
    fn all(mut self, size: i64, seconds: u32) {
        let (account, markets) = self.states;
        let (at, address, clock) = (self.world.addresses, self.trader.margin_account, self.world.clock());
        let session: Session = self.world.exchange().state.session(clock);
        let target = TargetMarket::at_cached_price(0);

        let health = || answers::HealthView::of(&Portfolio::new(&account, None, &markets, clock).map_err(rule)?);
        self.compare(client::view_health(&at, address, &account), health());

        // What is about one market finds it as of now.
        let mut refreshed = markets[0];
        let ready = refreshed.refresh(None, &session);
        let position = || {
            let ready = ready.as_ref().map_err(|error| rule(*error))?;
            let portfolio = Portfolio::new(&account, Some(ready), &markets[1..], clock).map_err(rule)?;
            let slot = account.slot_of(0).ok_or(EngineError::NoPosition).map_err(rule)?;
            let coverage = Coverage::of(&ready.ledger, &ready.parameters, ready.price.price).map_err(rule)?;
            answers::PositionView::of(&portfolio.terms(slot).map_err(rule)?, &coverage)
        };
        self.compare(client::view_position(&at, address, &account, target), position());
        let terms = order(size);
        let trade = || {
            let ready = ready.as_ref().map_err(|error| rule(*error))?;
            let portfolio = Portfolio::new(&account, Some(ready), &markets[1..], clock).map_err(rule)?;
            answers::TradeView::of(&plan_trade(&portfolio, ready, &terms).map_err(rule)?)
        };
        self.compare(client::view_trade(&at, address, &account, target, &terms), trade());
        let market = || answers::MarketView::of(ready.as_ref().map_err(|error| rule(*error))?, clock);
        self.compare(client::view_market(&at, target), market());
        let mut later = markets[0];
        let mut funding = || {
            later.refresh(None, &session).map_err(rule)?;
            answers::FundingView::of(&mut Ahead::new(&mut later, &session).map_err(rule)?, seconds)
        };
        self.compare(client::view_funding(&at, target, seconds), funding());
    }

    fn compare<T>(&mut self, instruction: Instruction, expected: anchor_lang::Result<T>)
    where
        T: AnchorDeserialize + PartialEq + Debug,
    {
        let answered = self.world.ask(&instruction).map(|done| done.answered::<T>());
        match (answered, expected) {
            (Ok(answered), Ok(expected)) => {
                assert_eq!(answered, expected, "state {}", self.number);
                self.compared.answered += 1;
            }
            (Err(refused), Err(error)) => {
                assert_eq!(refused.code(), code(&error), "state {}: {error:?}, {refused:?}", self.number);
                self.compared.refused += 1;
            }
            (answered, expected) => panic!("state {}: {answered:?} against {expected:?}", self.number),
        }
    }
}

fn rule(error: EngineError) -> anchor_lang::error::Error {
    ExchangeError::from(error).into()
}

fn code(error: &anchor_lang::error::Error) -> Option<u32> {
    match error {
        anchor_lang::error::Error::AnchorError(error) => Some(error.error_code_number),
        anchor_lang::error::Error::ProgramError(_) => None,
    }
}
