//! Whoever settles whose position, it harms nobody.

use super::*;
use crate::fixtures::base;
use crate::market::claims::FULL_CLAIM_FACTOR;
use crate::market::range::Moment;
use crate::market::solvency::net_asset_value;
use crate::operations::position::plan_settle_funding;
use crate::risk::margin::face_value;
use crate::units::{FundingIndex, Price};
use proptest::prelude::*;

/// An account with a leg in each of two markets, and the markets with more positions and claims besides.
#[derive(Clone, Copy, Debug)]
struct State {
    account: Account,
    markets: [Market; 2],
    /// At which everything is looked at: some prices are stale then, some up to ten seconds ahead.
    seconds: i64,
}

prop_compose! {
    fn leg(index: u16)(
        size in prop_oneof![-(1i64 << 36)..0, 1i64..1 << 36],
        entry_thousandths in 700i128..1_300, fraction in 0i128..X40_PER_ATOM,
        funding in prop_oneof![Just(0i64), -(1i64 << 34)..1 << 34],
        claim in prop_oneof![2 => Just(0u64), 1 => 1u64..1 << 33], funded in 0u64..=4,
        backing in prop_oneof![Just(0u64), 1u64..1 << 36], others in 0u64..1 << 36,
        moved in 900u64..1_100, published in 0i64..40, dead: bool,
        debt in prop_oneof![2 => Just(0u64), 1 => 1u64..1 << 34],
        earlier in proptest::collection::vec((900u64..1_100, 1i64..15), 0..3),
        grace in proptest::option::weighted(0.2, 900u64..1_100),
    ) -> (Position, Market) {
        let mut market = Market { index, ..sol_market() };
        let side = if size < 0 { Side::Short } else { Side::Long };
        let entry = i128::from(size.unsigned_abs()) * i128::from(PRICE) / 1_000 * entry_thousandths + fraction;
        set_side(&mut market, side, size.unsigned_abs() + others, others / 4);
        let totals = market.ledger.side_mut(side);
        let beside = totals.entry_notional.get().get();
        totals.entry_notional = QuoteX40::new(entry + beside).into();
        totals.funding_index = FundingIndex::new(funding);
        let mut position = Position { size: base(size), ..Position::empty_in(index) };
        position.entry_notional = QuoteX40::new(entry).into();
        // A gain pays a debt first and a loss a claim: nobody has both.
        let debt = if claim == 0 { debt } else { 0 };
        (position.claim, position.claim_factor) = (Atoms::new(claim), FULL_CLAIM_FACTOR);
        position.debt = Atoms::new(debt);
        market.ledger.debts = Atoms::new(debt);
        let ledger = &mut market.ledger;
        (ledger.backing, ledger.claims) = (Atoms::new(backing), Atoms::new(claim));
        // Funded by halves: a factor of 2^-funded.
        ledger.claim_factor = funded << 48 | FULL_CLAIM_FACTOR;
        ledger.claims_reserve = Atoms::new(claim - claim.div_ceil(1 << funded));
        publish(&mut market, PRICE / 1_000 * moved, published);
        for (moved, before) in earlier {
            market.recent.record(Price::new(PRICE / 1_000 * moved), at(published - before).now);
        }
        if let Some(moved) = grace {
            (market.grace.price_before, market.grace.until) = (Price::new(PRICE / 1_000 * moved), at(100).now);
        }
        // Reported as soon as the price is not fresh any more, which at once is long enough.
        market.parameters.outage_delay = 0;
        market.price.outage_since = if dead { at(published + 16).now } else { Timestamp::NEVER };
        let value = net_asset_value(&market.ledger, market.price.price).unwrap();
        market.ledger.short = u8::from(value.is_negative());
        (position, market)
    }
}

prop_compose! {
    fn state()(
        first in leg(0), second in leg(1), balance in prop_oneof![Just(0u64), 0u64..1 << 36], seconds in 30i64..56,
    ) -> State {
        let mut account = Account { balance: Atoms::new(balance), ..Account::zeroed() };
        let (mut first, mut second) = (first, second);
        for (_, market) in [&mut first, &mut second] {
            // Nobody has reported what is still to come.
            if market.price.outage_since > at(seconds).now {
                market.price.outage_since = Timestamp::NEVER;
            }
        }
        account.positions[0] = first.0;
        account.positions[1] = second.0;
        State { account, markets: [first.1, second.1], seconds }
    }
}

impl State {
    fn health(&self) -> Health {
        let markets = self.markets.each_ref();
        Portfolio::new(&self.account, None, markets, at(self.seconds)).unwrap().maintenance_health().unwrap()
    }

    /// Whether the account is judged at a wider range of the first market's price than a settlement there goes by, which knows
    /// neither that another market is ahead of the clock nor that the two have no second in common.
    fn judges_wider(&self) -> bool {
        let portfolio = Portfolio::new(&self.account, None, self.markets.each_ref(), at(self.seconds)).unwrap();
        let market = &self.markets[0];
        let settles = is_fresh_in(market, reference_time(at(self.seconds), [market]));
        portfolio.moment == Moment::Apart || (settles && !is_fresh_in(market, portfolio.reference))
    }

    /// What the account is worth if every market pays everybody.
    fn face(&self) -> i128 {
        let slots = self.account.positions.iter().zip(&self.markets);
        let owed: i128 = slots.map(|(position, market)| face_value(position, market).unwrap().get()).sum();
        self.account.balance.to_x40().unwrap().get() + owed
    }

    /// The state once anybody has settled the first leg's funding, or its profit as well.
    fn settled(&self, profit: bool) -> Option<Self> {
        let mut state = *self;
        let ledger = planned(&self.markets[0], Status::Active, at(self.seconds), |market| {
            if profit {
                plan_settle_pnl(&self.account, market).map(|plan| plan.ledger)
            } else {
                plan_settle_funding(&self.account, market).map(|plan| plan.ledger)
            }
        });
        ledger.ok()?.apply_to(&mut state.account, &mut state.markets[0].ledger);
        Some(state)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Settling never lowers what an account has beyond what is demanded of it, but for an atom of rounding, whatever it owes, nor
    /// does it change what it is worth if every market pays. Where it is judged at a wider range than a loss is settled at another test
    /// says what that may cost.
    #[test]
    fn settling_funding_and_profit_never_lowers_a_surplus(state in state(), profit: bool) {
        let Some(settled) = state.settled(profit) else { return Ok(()) };
        let wider = state.judges_wider();
        let (before, after) = (state.health().surplus(), settled.health().surplus());
        prop_assert!(wider || after >= before - 1, "{before} becomes {after}");
        let (before, after) = (state.face(), settled.face());
        prop_assert!((before - after).abs() <= X40_PER_ATOM, "worth {before} becomes {after}");
    }
}
