//! Whatever is traded, settled and liquidated, every counter is the sum of what it counts.

use super::super::*;
use crate::fixtures::{at, reading, session, sol_market, usdc, PRICE, SOL, USDC};
use crate::market::price::PriceOutcome;
use crate::market::solvency::pending_funding;
use crate::operations::market::plan_fund_claims;
use crate::risk::portfolio::Portfolio;
use crate::state::{Account, AccountCounters, Market, Position, Status};
use crate::units::{Atoms, Clock, Price, QuoteX40, SignedSize, Size};
use bytemuck::Zeroable;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Action {
    /// Thousandths of a SOL.
    Trade(i64),
    SettleFunding,
    SettlePnl,
    Liquidate,
    /// The price in thousandths of what it was, after so many seconds.
    Move(i64, i64),
    FundClaims,
}

fn action() -> impl Strategy<Value = (usize, Action)> {
    let action = prop_oneof![
        6 => (-400_000i64..400_000).prop_map(Action::Trade),
        2 => Just(Action::SettleFunding),
        2 => Just(Action::SettlePnl),
        3 => Just(Action::Liquidate),
        3 => (850i64..1_150, 1i64..3_000).prop_map(|(thousandths, seconds)| Action::Move(thousandths, seconds)),
        1 => Just(Action::FundClaims),
    ];
    (0..TRADERS, action)
}

const TRADERS: usize = 4;

/// A market, traders and whoever liquidates them, and what the plans said happened.
struct Exchange {
    market: Market,
    traders: [Account; TRADERS],
    /// What slots had counted when they were freed, by trader.
    past: [Position; TRADERS],
    liquidator: Account,
    /// The price in 10^-8 dollars.
    price: i64,
    seconds: i64,
    told: Told,
}

/// Sums over the plans.
#[derive(Default)]
struct Told {
    trades: u64,
    liquidations: u64,
    volume: i128,
    liquidated: i128,
    spread: i128,
    charge: i128,
    fees: u64,
    realized: i64,
    funding: i64,
    /// Funding and carry that accrued, and what of it was settled, exactly.
    accrued: i128,
    settled: i128,
    settlements: i64,
    penalties: u64,
    collected: u64,
    /// What markets added to bounties, in all and out of their insurance.
    added: u64,
    added_by_insurance: u64,
    bounties: u64,
    penalties_to_insurance: u64,
}

impl Exchange {
    fn new() -> Self {
        let mut market = sol_market();
        // So little that profits become claims now and then.
        market.ledger.backing = usdc(20_000);
        let trader = Account { balance: usdc(12_000), ..Account::zeroed() };
        let (traders, past) = ([trader; TRADERS], [Position::zeroed(); TRADERS]);
        let liquidator = Account::zeroed();
        Self { market, traders, past, liquidator, price: 25_000_000_000, seconds: 0, told: Told::default() }
    }

    fn play(&mut self, who: usize, action: Action) {
        if let Action::Move(thousandths, seconds) = action {
            self.price = (self.price / 1_000 * thousandths).clamp(5_000_000_000, 100_000_000_000);
            self.seconds += seconds;
        }
        // A second and a slot an action, so that no one is barred from reducing.
        self.seconds += 1;
        let clock = Clock { slot: u64::try_from(self.seconds).unwrap(), ..at(self.seconds) };
        let session = session(Status::Active, clock);
        let reading = reading(self.price, 0, self.seconds);
        let before = pending(&self.market);
        let ready = &mut self.market.refresh(Some(&reading), &session).unwrap();
        assert_eq!(ready.price_outcome(), Some(PriceOutcome::Accepted));
        let accrued = pending(ready);
        self.told.accrued += accrued - before;

        let account = &mut self.traders[who];
        let told = &mut self.told;
        let touched = match action {
            Action::Trade(size) => {
                let order = trade::Order::at_any_price(SignedSize::new(size * 1_000_000));
                let portfolio = Portfolio::new(account, Some(&**ready), [], clock).unwrap();
                plan_trade(&portfolio, ready, &order).ok().map(|plan| {
                    told.trades += 1;
                    told.volume += plan.fill.index_notional.get();
                    told.spread += plan.fill.spread.get();
                    told.charge += plan.fill.charge.get();
                    told.fees += plan.fill.fee.get();
                    told.realized += plan.realized.get();
                    told.funding += plan.settled.funding.get();
                    plan.apply(account, ready);
                    plan.ledger.position
                })
            }
            Action::SettleFunding => plan_settle_funding(account, ready).ok().map(|plan| {
                told.funding += plan.settled.funding.get();
                plan.ledger.apply(account, ready);
                plan.ledger.position
            }),
            Action::SettlePnl => plan_settle_pnl(account, ready).ok().map(|plan| {
                told.funding += plan.settled.funding.get();
                told.realized += plan.profit.get();
                plan.ledger.apply(account, ready);
                plan.ledger.position
            }),
            Action::Liquidate => {
                let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
                let portfolio = Portfolio::new(account, Some(&**ready), [], clock).unwrap();
                plan_liquidation(&portfolio, ready, &order).ok().map(|plan| {
                    told.liquidations += u64::from(!plan.closed.is_zero());
                    told.liquidated += plan.notional.get();
                    told.realized += plan.realized.get();
                    told.funding += plan.settled.funding.get();
                    told.penalties += plan.penalty.charged.get();
                    told.collected += plan.penalty.collected.get();
                    told.added += plan.penalty.added.get();
                    told.added_by_insurance += ready.ledger.insurance.get() + plan.penalty.insurance.get()
                        - plan.ledger.market.insurance.get();
                    told.bounties += plan.penalty.bounty.get();
                    told.penalties_to_insurance += plan.penalty.insurance.get();
                    plan.apply(account, &mut self.liquidator, ready).unwrap();
                    plan.ledger.position
                })
            }
            Action::FundClaims => {
                if let Ok(plan) = plan_fund_claims(ready, clock) {
                    self.market.ledger = plan.ledger;
                }
                None
            }
            Action::Move(..) => None,
        };
        if let Some(position) = touched {
            self.told.settled += accrued - pending(&self.market);
            self.told.settlements += 1;
            if position.is_empty() {
                let past = &mut self.past[who];
                past.realized = past.realized.checked_add(position.realized).unwrap();
                past.funding = past.funding.checked_add(position.funding).unwrap();
                past.fees = past.fees.checked_add(position.fees).unwrap();
            }
        }
    }

    /// Σ over the traders of one of their counters.
    fn sum(&self, part: fn(&AccountCounters) -> i64) -> i64 {
        self.traders.iter().map(|account| part(&account.counters)).sum()
    }

    fn check(&self) {
        let (told, ledger) = (&self.told, &self.market.ledger);
        let counters = &ledger.counters;
        assert_eq!((counters.trades, counters.liquidations), (told.trades, told.liquidations));
        assert_eq!(counters.volume.get().get(), told.volume);
        assert_eq!(counters.liquidated.get().get(), told.liquidated);
        assert_eq!(counters.spread.get().get(), told.spread);
        assert_eq!(counters.spread.get().get() + counters.impact.get().get(), told.charge);

        assert_eq!(counters.traders_result.get(), told.realized);
        assert_eq!(self.sum(|seen| seen.realized.get()), told.realized);
        assert_eq!(self.sum(|seen| seen.funding.get()), told.funding);
        assert_eq!(self.sum(|seen| signed(seen.fees)), i64::try_from(told.fees).unwrap());
        assert_eq!(self.sum(|seen| signed(seen.penalties)), i64::try_from(told.penalties).unwrap());
        for (account, past) in self.traders.iter().zip(&self.past) {
            let (seen, slot) = (&account.counters, &account.positions[0]);
            assert_eq!(seen.realized.get(), past.realized.get() + slot.realized.get());
            assert_eq!(seen.funding.get(), past.funding.get() + slot.funding.get());
            assert_eq!(seen.fees.get(), past.fees.get() + slot.fees.get());
        }

        // What the market has of a fee is what was paid of it in cash.
        assert!(counters.fees.get() <= told.fees);
        assert_eq!(counters.protocol_fees, ledger.protocol_fees);
        let collected = counters.penalties.get() + counters.penalties_to_insurance.get() + counters.bounties.get();
        assert_eq!(collected, told.collected + told.added);
        assert_eq!(
            (counters.bounties.get(), counters.penalties_to_insurance.get()),
            (told.bounties, told.penalties_to_insurance)
        );
        assert_eq!(ledger.insurance.get() + told.added_by_insurance, counters.penalties_to_insurance.get());
        assert_eq!(self.liquidator.balance, counters.bounties);
        assert_eq!(self.liquidator.counters.bounties, counters.bounties);

        // Exactly what accrued, of which a part is settled; a settlement in whole atoms costs the account up to one.
        assert_eq!(counters.funding.get().get() + counters.carry.get().get(), told.accrued);
        assert_eq!(told.accrued, told.settled + pending(&self.market));
        let rounded = QuoteX40::from_atoms(-i128::from(told.funding)).unwrap().get() - told.settled;
        let most = QuoteX40::from_atoms(i128::from(told.settlements)).unwrap().get();
        assert!((0..=most).contains(&rounded), "{rounded} of at most {most}");
    }
}

fn pending(market: &Market) -> i128 {
    pending_funding(&market.ledger).unwrap().get()
}

fn signed(amount: Atoms) -> i64 {
    amount.signed().unwrap().get()
}

#[test]
fn a_day_of_everything_is_counted() {
    // Two traders open against each other and a third alone; the price rises by 4 % twice, falls by 12 % and 10 %, and
    // all of them are settled, closed or liquidated on the way.
    let mut exchange = Exchange::new();
    for (who, action) in [
        (0, Action::Trade(200_000)),
        (1, Action::Trade(-200_000)),
        (2, Action::Trade(300_000)),
        (0, Action::Move(1_040, 2_000)),
        (0, Action::SettlePnl),
        (1, Action::SettleFunding),
        (1, Action::Move(1_040, 2_000)),
        (1, Action::SettlePnl),
        (0, Action::Trade(-350_000)),
        (2, Action::Move(880, 2_000)),
        (2, Action::Liquidate),
        (2, Action::Move(900, 2_000)),
        (2, Action::Liquidate),
        (0, Action::Trade(150_000)),
        (1, Action::Trade(200_000)),
    ] {
        exchange.play(who, action);
        exchange.check();
    }
    let counters = &exchange.market.ledger.counters;
    assert_eq!(counters.trades, 6);
    assert!(counters.liquidations > 0 && !counters.bounties.is_zero());
    assert_ne!(counters.funding.get(), QuoteX40::ZERO);
    assert_ne!(counters.carry.get(), QuoteX40::ZERO);
    assert_ne!(counters.impact.get(), QuoteX40::ZERO);
    assert!(exchange.past.iter().any(|past| !past.fees.is_zero()), "no slot was ever freed");
    assert!(exchange.market.price.price < Price::new(PRICE) && counters.volume.get().get() > i128::from(SOL * USDC));
}

proptest! {
    #[test]
    fn the_counters_add_up_to_what_happened(actions in proptest::collection::vec(action(), 1..60)) {
        let mut exchange = Exchange::new();
        for (who, action) in actions {
            exchange.play(who, action);
        }
        exchange.check();
    }
}
