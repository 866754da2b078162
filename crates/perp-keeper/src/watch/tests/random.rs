//! Whatever happens, what is due is what a full scan finds.

use super::*;
use proptest::prelude::*;

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
