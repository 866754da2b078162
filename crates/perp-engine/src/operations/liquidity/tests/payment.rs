//! Paying out what requests got.

use super::*;
use crate::state::{ClosedEpoch, LastEpoch, LimitSet};
use proptest::prelude::*;
use std::vec::Vec;

const ANY: PriceLimit = PriceLimit::None;
const ONE_PERCENT: PriceLimit = PriceLimit::OnePercent;

fn pay(plan: &EpochPlan, kind: RequestKind, limit: PriceLimit, amount: u64) -> PaymentPlan {
    plan_pay_request(&plan.pool, &plan.closed, &request(limit, amount), kind).unwrap()
}

/// A close of a pool whose price rose or fell by a twentieth, at which requests of one percent on that side are refused.
fn closed(before: u64, waiting: Waiting) -> EpochPlan {
    let worth = atoms(before);
    let last = LastEpoch { lower: worth, upper: worth, shares: atoms(1_000), ..LastEpoch::default() };
    close(&valued(Pool { last, ..free_pool(2_000, 1_000) }, 0, 0, waiting))
}

#[test]
fn an_accepted_deposit_gets_its_shares_and_a_refused_one_its_tokens() {
    // Two atoms a share, before 1.9: 600 tokens buy 300 shares, 100 get 50.
    let plan = closed(1_900, requests(&[(ANY, 500), (ANY, 100), (ONE_PERCENT, 70)], &[]));
    let paid = pay(&plan, RequestKind::Deposit, ANY, 100);
    assert_eq!((paid.tokens, paid.shares, paid.lamports), (Atoms::ZERO, atoms(50), 5_000));
    assert_eq!((paid.request_left, paid.pool), (None, plan.pool));
    assert_eq!(paid.closed, ClosedEpoch { requests: 2, ..plan.closed });
    let back = pay(&plan, RequestKind::Deposit, ONE_PERCENT, 70);
    assert_eq!((back.tokens, back.shares, back.lamports, back.request_left), (atoms(70), Atoms::ZERO, 5_000, None));
    // Only the refused tokens were left in escrow.
    assert_eq!((plan.pool.escrow, back.pool.escrow), (atoms(70), Atoms::ZERO));
}

#[test]
fn an_accepted_withdrawal_gets_its_tokens_and_a_refused_one_its_shares() {
    // Before 2.1 a share; 100 shares are 200 tokens now, 30 are 60.
    let plan = closed(2_100, requests(&[], &[(ANY, 70), (ANY, 30), (ONE_PERCENT, 8)]));
    let paid = pay(&plan, RequestKind::Withdrawal, ANY, 30);
    assert_eq!((paid.tokens, paid.shares, paid.lamports, paid.request_left), (atoms(60), Atoms::ZERO, 5_000, None));
    assert_eq!((plan.closed.payable, paid.closed.payable), (atoms(200), atoms(140)));
    assert_eq!((plan.pool.payable, paid.pool.payable), (atoms(200), atoms(140)));
    let back = pay(&plan, RequestKind::Withdrawal, ONE_PERCENT, 8);
    assert_eq!((back.tokens, back.shares, back.lamports, back.request_left), (Atoms::ZERO, atoms(8), 5_000, None));
    assert_eq!(back.pool, plan.pool);
}

#[test]
fn a_withdrawal_paid_in_part_stays_with_what_is_left_and_its_lamports() {
    // 100 of 200 tokens are cash: half of each.
    let mut pool = valued(free_pool(100, 100), 100, 100, requests(&[], &[(ANY, 60), (PriceLimit::TenPercent, 40)]));
    pool.last = LastEpoch { boundary: at(BOUNDARY - 3_600).now, ..pool.last };
    let plan = close(&pool);
    let paid = pay(&plan, RequestKind::Withdrawal, PriceLimit::TenPercent, 40);
    let left = Request { belongs_from: at(BOUNDARY + 3_600).now, ..request(PriceLimit::TenPercent, 20) };
    assert_eq!((paid.tokens, paid.request_left, paid.lamports), (atoms(40), Some(left), 0));
    // It is of the next epoch then.
    assert!(!plan.closed.is_of(&left));
    // Among those who are accepted only; the same boundary's deposits are done with.
    assert_eq!(plan.closed.withdrawals_accepted, LimitSet::where_each(|_| true));
}

#[test]
fn a_request_of_another_epoch_is_refused_on_both_sides() {
    let mut plan = closed(2_000, requests(&[(ANY, 100)], &[]));
    plan.closed.previous = at(BOUNDARY - 3_600).now;
    let wrong = Err(EngineError::WrongEpoch { boundary: at(BOUNDARY).now.get() });
    for (belongs_from, is_of) in [(-3_601, false), (-3_600, false), (-3_599, true), (0, true), (1, false)] {
        for kind in [RequestKind::Deposit, RequestKind::Withdrawal] {
            let request = Request { belongs_from: at(BOUNDARY + belongs_from).now, ..request(ANY, 100) };
            let paid = plan_pay_request(&plan.pool, &plan.closed, &request, kind);
            assert_eq!(paid.is_ok(), is_of, "{belongs_from}");
            assert!(is_of || paid == wrong);
        }
    }
}

#[test]
fn with_the_last_payment_what_rounding_left_returns_to_the_pool() {
    // 10 shares of 30 are worth ⌊10 · 20/30⌋ = 6: three and three and four get 1, 1 and 2.
    let plan = close(&valued(free_pool(20, 30), 0, 0, requests(&[], &[(ANY, 3), (ANY, 3), (ANY, 4)])));
    assert_eq!((plan.closed.paid, plan.pool.cash), (atoms(6), atoms(14)));
    let (mut pool, mut closed, mut tokens) = (plan.pool, plan.closed, Vec::new());
    for amount in [3, 3, 4] {
        let paid = plan_pay_request(&pool, &closed, &request(ANY, amount), RequestKind::Withdrawal).unwrap();
        tokens.push(paid.tokens.get());
        (pool, closed) = (paid.pool, paid.closed);
    }
    assert_eq!(tokens, [1, 1, 2]);
    assert_eq!((pool.cash, pool.payable, closed.payable, closed.requests), (atoms(16), Atoms::ZERO, Atoms::ZERO, 0));
    // Nobody is paid twice: there is none left.
    let again = plan_pay_request(&pool, &closed, &request(ANY, 3), RequestKind::Withdrawal);
    assert_eq!(again, Err(EngineError::Overflow));
}

#[test]
fn a_payment_takes_nothing_of_another_epochs_tokens() {
    // 500 are set apart for an earlier epoch: they stay, whatever is paid here.
    let plan = close(&valued(Pool { payable: atoms(500), ..free_pool(20, 30) }, 0, 0, requests(&[], &[(ANY, 10)])));
    let paid = pay(&plan, RequestKind::Withdrawal, ANY, 10);
    assert_eq!((paid.tokens, paid.pool.payable, paid.pool.cash), (atoms(6), atoms(500), atoms(14)));
}

prop_compose! {
    /// Up to twenty requests a kind of any size, one of two limits each.
    fn any_requests()(
        deposits in prop::collection::vec((any::<bool>(), 1u64..1 << 40), 0..20),
        withdrawals in prop::collection::vec((any::<bool>(), 1u64..1 << 36), 1..20),
    ) -> [Vec<(PriceLimit, u64)>; 2] {
        [deposits, withdrawals].map(|requests| {
            let limited = |(any, amount)| (if any { ANY } else { PriceLimit::FivePercent }, amount);
            requests.into_iter().map(limited).collect()
        })
    }
}

proptest! {
    /// In whatever order everybody is paid, nobody gets more than his part, all together no more than the whole, and what is left of
    /// the tokens is the pool's.
    #[test]
    fn the_parts_never_exceed_the_whole(
        [deposits, withdrawals] in any_requests(), cash in 1u64..1 << 42, market in 0u64..1 << 42,
        fee in 0u32..=1_000, moved in 90u64..110, rotation in 0usize..40,
    ) {
        let mut pool = free_pool(cash, 1 << 41);
        pool.parameters.queue_fee = Ppm::new(fee);
        let worth = atoms((cash + market) / 100 * moved);
        pool.last = LastEpoch { lower: worth, upper: worth, shares: pool.shares, ..LastEpoch::default() };
        let before = valued(pool, market, market, requests(&deposits, &withdrawals));
        let plan = close(&before);
        let total = |pool: &Pool| [pool.cash, pool.escrow, pool.payable, pool.settling].map(Atoms::get).iter().sum::<u64>();
        prop_assert_eq!(total(&plan.pool), total(&before));

        let kinds = [RequestKind::Deposit, RequestKind::Withdrawal];
        let mut all: Vec<_> = kinds.into_iter().zip([&deposits, &withdrawals])
            .flat_map(|(kind, requests)| requests.iter().map(move |(limit, amount)| (kind, *limit, *amount)))
            .collect();
        let middle = rotation % all.len();
        all.rotate_left(middle);
        let (mut pool, mut closed) = (plan.pool, plan.closed);
        let (mut issued, mut paid_out, mut returned, mut kept, mut lamports) = (0, 0, [0, 0], 0, 0);
        for (kind, limit, amount) in all {
            let paid = plan_pay_request(&pool, &closed, &request(limit, amount), kind).unwrap();
            let accepted = [closed.deposits_accepted, closed.withdrawals_accepted][kind as usize].contains(limit);
            match kind {
                RequestKind::Deposit if accepted => issued += paid.shares.get(),
                RequestKind::Deposit => returned[0] += paid.tokens.get(),
                RequestKind::Withdrawal if accepted => paid_out += paid.tokens.get(),
                RequestKind::Withdrawal => returned[1] += paid.shares.get(),
            }
            kept += paid.request_left.map_or(0, |left| left.amount.get());
            lamports += paid.lamports;
            (pool, closed) = (paid.pool, paid.closed);
        }
        let requests = (deposits.len() + withdrawals.len()) as u64;
        // Of issued shares, tokens and shares that wait less than an atom each is left.
        prop_assert!(issued <= plan.closed.issued.get() && plan.closed.issued.get() - issued < requests.max(1));
        prop_assert!(paid_out <= plan.closed.paid.get() && plan.closed.paid.get() - paid_out < requests);
        let unredeemed = plan.closed.leaving.get() - plan.closed.redeemed.get();
        prop_assert!(kept <= unredeemed && unredeemed - kept < requests);
        let refused = |sums: &RequestSums, whole: Atoms| sums.amounts.iter().map(|sum| sum.get()).sum::<u64>() - whole.get();
        let waiting = &before.epoch.waiting;
        prop_assert_eq!(returned[0], refused(&waiting.deposits, plan.closed.deposited));
        prop_assert_eq!(returned[1], refused(&waiting.withdrawals, plan.closed.leaving));
        prop_assert_eq!(lamports, plan.lamports_kept);
        prop_assert_eq!((closed.requests, closed.payable, pool.payable), (0, Atoms::ZERO, Atoms::ZERO));
        prop_assert_eq!(pool.escrow, Atoms::ZERO);
        prop_assert_eq!(total(&pool), total(&before) - paid_out - returned[0]);
    }
}
