//! What settling a trader pays just before a boundary.

use super::*;
use crate::fixtures::{pool, session};
use crate::units::FundingIndex;

/// 10 SOL bought for $2400, worth $2500: $100 of profit, of which a basis point is a cent.
fn winner() -> (Account, Market) {
    alone(5, Side::Long, 2_400, 1_000)
}

/// A pool in which so much of requests' fees has been set apart.
fn set_apart(atoms: u64) -> Pool {
    Pool { settling: Atoms::new(atoms), ..pool(1_000 * USDC) }
}

/// An exchange that waits for a boundary so many seconds from now.
fn ahead(seconds: i64) -> Session {
    Session { boundary: at(seconds).now, ..session(Status::Active, at(0)) }
}

fn rewarded(account: &Account, market: &Market, pool: &Pool, session: &Session) -> SettlementReward {
    let seconds = session.clock.now.get() - at(0).now.get();
    let plan = settle_at(account, market, Status::Active, seconds).unwrap();
    plan.rewarded(pool, session).unwrap()
}

const CENT: u64 = 10_000;

#[test]
fn in_the_last_seconds_before_a_boundary_a_settlement_is_paid_for() {
    let (account, market) = winner();
    let pool = set_apart(5 * USDC);
    for (seconds, cents) in [(-1, 0), (0, 0), (1, 1), (5, 1), (6, 1), (7, 0), (3_600, 0)] {
        let reward = rewarded(&account, &market, &pool, &ahead(seconds));
        assert_eq!(reward.reward, Atoms::new(cents * CENT), "{seconds} s before");
        assert_eq!(reward.pool, set_apart(5 * USDC - cents * CENT));
        // What the trader gets and has is the same; his position remembers that it was paid for.
        let mut plan = settle(&account, &market).unwrap();
        assert_eq!(plan.profit, SignedAtoms::new(100 * USDC as i64));
        if cents > 0 {
            plan.ledger.position.settlement_paid_at = at(0).now;
        }
        assert_eq!(reward.plan, plan);
    }
    // Where nobody waits for a boundary nothing is paid.
    assert_eq!(rewarded(&account, &market, &pool, &session(Status::Active, at(0))).reward, Atoms::ZERO);
}

#[test]
fn losses_pay_like_profits_and_what_does_not_move_pays_nothing() {
    let pool = set_apart(5 * USDC);
    // Bought for $2600 with $60 of balance: $100 are lost.
    let (account, market) = alone(60, Side::Long, 2_600, 0);
    assert_eq!(rewarded(&account, &market, &pool, &ahead(6)).reward, Atoms::new(CENT));
    // A profit that the market cannot pay is not settled.
    let (account, market) = alone(5, Side::Long, 2_400, 0);
    let nothing = rewarded(&account, &market, &pool, &ahead(6));
    assert_eq!((nothing.reward, nothing.plan.ledger.position.settlement_paid_at), (Atoms::ZERO, Timestamp::NEVER));
    // $0.009999 of profit: less than an atom is due.
    let (mut account, mut market) = alone(5, Side::Long, 2_500, 1_000);
    let entry = QuoteX40::new(account.positions[0].entry_notional.get().get() - 9_999 * X40_PER_ATOM);
    account.positions[0].entry_notional = entry.into();
    market.ledger.side_mut(Side::Long).entry_notional = entry.into();
    let little = rewarded(&account, &market, &pool, &ahead(6));
    assert_eq!((little.plan.profit, little.reward), (SignedAtoms::new(9_999), Atoms::ZERO));
    assert_eq!(little.plan.ledger.position.settlement_paid_at, Timestamp::NEVER);
}

#[test]
fn funding_that_moves_is_paid_for_as_well() {
    // $100 of profit and $50 of funding to receive: a cent and a half.
    let (account, mut market) = winner();
    let owed = i128::from(50 * USDC) * X40_PER_ATOM / i128::from(account.positions[0].size.get()) + 1;
    let index = -i64::try_from(owed).unwrap();
    market.ledger.side_mut(Side::Long).funding_index = FundingIndex::new(index);
    let reward = rewarded(&account, &market, &set_apart(5 * USDC), &ahead(6));
    assert_eq!((reward.plan.profit.get(), reward.plan.settled.funding.get()), (100_000_000, 50_000_000));
    assert_eq!(reward.reward, Atoms::new(CENT + CENT / 2));
}

#[test]
fn no_more_is_paid_than_requests_have_left_for_it() {
    let (account, market) = winner();
    let last = rewarded(&account, &market, &set_apart(7_000), &ahead(6));
    assert_eq!((last.reward, last.pool), (Atoms::new(7_000), set_apart(0)));
    let none = rewarded(&account, &market, &set_apart(0), &ahead(6));
    assert_eq!((none.reward, none.plan.ledger.position.settlement_paid_at), (Atoms::ZERO, Timestamp::NEVER));
}

#[test]
fn attack_settling_a_profit_that_comes_and_goes_is_paid_for_once_in_ten_minutes() {
    let pool = set_apart(5 * USDC);
    for (ago, cents) in [(0, 0), (599, 0), (600, 1), (100_000, 1)] {
        let (mut account, market) = winner();
        account.positions[0].settlement_paid_at = at(-ago).now;
        let reward = rewarded(&account, &market, &pool, &ahead(6));
        assert_eq!(reward.reward, Atoms::new(cents * CENT), "{ago} s after");
        assert_eq!(reward.plan.ledger.position.settlement_paid_at, at(if cents > 0 { 0 } else { -ago }).now);
    }
}
