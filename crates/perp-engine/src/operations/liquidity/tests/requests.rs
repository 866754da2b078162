//! Liquidity that somebody asked to put in or take out, until it is executed or refunded.

use super::*;
use crate::fixtures::{pool_parameters, USDC};
use bytemuck::Zeroable;
use proptest::prelude::*;

const DAY: i64 = 86_400;

fn requested(amount: u64, minimum_output: u64) -> Request {
    let (amount, minimum_output) = (atoms(amount), atoms(minimum_output));
    Request { amount, minimum_output, requested_at: at(0).now, reserved: [0; 4] }
}

fn new_pool() -> Pool {
    Pool { parameters: pool_parameters(), ..Pool::zeroed() }
}

#[test]
fn the_first_deposit_sets_the_share_at_one_atom_and_leaves_dead_shares() {
    let plan = plan_request_deposit(&new_pool(), atoms(50 * USDC), atoms(1), at(0)).unwrap();
    assert_eq!((plan.pool.escrow, plan.pool.cash), (atoms(50 * USDC), Atoms::ZERO));
    let executed = deposit(&plan.pool, &[], &plan.request, at(30)).unwrap();
    // 50 000 000 shares, of which 10 000 belong to nobody.
    assert_eq!(executed.shares_out, atoms(49_990_000));
    assert_eq!(executed.pool.shares, atoms(50_000_000));
    assert_eq!((executed.pool.escrow, executed.pool.cash), (Atoms::ZERO, atoms(50 * USDC)));
}

#[test]
fn shares_are_issued_at_the_upper_value_and_redeemed_at_the_lower() {
    // 5000 in cash and a market worth between 990 and 1010; 6000 shares.
    let mut market = market([(1_280, 1_280), (0, 0)]);
    let pool = Pool { shares: atoms(6_000), escrow: atoms(601), ..pool(5_000) };
    publish_at(&mut market, 30);
    // ⌊601 · 6000 / 6010⌋ = ⌊600.0⌋
    let bought = deposit(&pool, &[&market], &requested(601, 600), at(30)).unwrap();
    assert_eq!((bought.shares_out, bought.value), (atoms(600), atoms(6_010)));
    assert_eq!((bought.pool.cash, bought.pool.escrow, bought.pool.shares), (atoms(5_601), atoms(0), atoms(6_600)));

    publish_at(&mut market, DAY);
    // ⌊600 · 6591 / 6600⌋ = ⌊599.18⌋
    let sold = withdraw(&bought.pool, &[&market], &requested(600, 599), at(DAY)).unwrap();
    assert_eq!((sold.paid, sold.burned, sold.value), (atoms(599), atoms(600), atoms(6_591)));
    assert_eq!((sold.pool.cash, sold.pool.shares, sold.request_left), (atoms(5_002), atoms(6_000), None));
}

#[test]
fn prices_that_execute_a_request_are_published_a_delay_after_it() {
    let mut market = market([(1_280, 1_280), (0, 0)]);
    let pool = Pool { shares: atoms(6_000), escrow: atoms(601), ..pool(5_000) };
    let request = requested(601, 0);
    publish_at(&mut market, 29);
    let immature = Err(EngineError::RequestNotMature { executable_from: NOW + 30 });
    assert_eq!(deposit(&pool, &[&market], &request, at(29)), immature);
    let early = Err(EngineError::PriceBeforeMaturity { market: 0, executable_from: NOW + 30 });
    assert_eq!(deposit(&pool, &[&market], &request, at(30)), early);
    publish_at(&mut market, 30);
    assert!(deposit(&pool, &[&market], &request, at(30)).is_ok());

    publish_at(&mut market, DAY - 1);
    let early = Err(EngineError::PriceBeforeMaturity { market: 0, executable_from: NOW + DAY });
    assert_eq!(withdraw(&pool, &[&market], &request, at(DAY)), early);
    // A publish time ahead of the clock does not make the request mature earlier.
    publish_at(&mut market, DAY + 5);
    let immature = Err(EngineError::RequestNotMature { executable_from: NOW + DAY });
    assert_eq!(withdraw(&pool, &[&market], &request, at(DAY - 1)), immature);
    assert!(withdraw(&pool, &[&market], &request, at(DAY)).is_ok());
}

#[test]
fn a_deposit_expires_after_an_hour_and_a_withdrawal_after_two_days() {
    let pool = Pool { escrow: atoms(601), ..pool(5_000) };
    let request = requested(601, 0);
    let expires = 30 + 3_600;
    assert!(deposit(&pool, &[], &request, at(expires - 1)).is_ok());
    assert_eq!(deposit(&pool, &[], &request, at(expires)), Err(EngineError::RequestExpired));
    let early = plan_refund_expired(&pool, &request, RequestKind::Deposit, at(expires - 1));
    assert_eq!(early, Err(EngineError::RequestNotExpired { expires_at: NOW + expires }));
    let returned = plan_refund_expired(&pool, &request, RequestKind::Deposit, at(expires)).unwrap();
    assert_eq!((returned.tokens, returned.shares), (atoms(601), Atoms::ZERO));
    assert_eq!(returned.pool, Pool { escrow: Atoms::ZERO, ..pool });

    let expires = 3 * DAY;
    assert!(withdraw(&pool, &[], &request, at(expires - 1)).is_ok());
    assert_eq!(withdraw(&pool, &[], &request, at(expires)), Err(EngineError::RequestExpired));
    let returned = plan_refund_expired(&pool, &request, RequestKind::Withdrawal, at(expires)).unwrap();
    assert_eq!((returned.tokens, returned.shares, returned.pool), (Atoms::ZERO, atoms(601), pool));
}

#[test]
fn a_withdrawal_beyond_the_cash_is_executed_in_part_and_keeps_its_minimum() {
    // 100 in cash, 1000 in a market without positions, 1100 shares; 500 shares ask for at least 480.
    let market = market(FLAT);
    let pool = Pool { shares: atoms(1_100), ..pool(100) };
    let part = withdraw(&pool, &[&market], &requested(500, 480), at(DAY)).unwrap();
    // ⌊100 · 1100/1100⌋ = 100 shares for 100, and 480 · 100/500 = 96 of the minimum is met.
    assert_eq!((part.burned, part.paid), (atoms(100), atoms(100)));
    assert_eq!((part.pool.cash, part.pool.shares), (Atoms::ZERO, atoms(1_000)));
    let left = part.request_left.unwrap();
    assert_eq!(left, requested(400, 384));
    assert_eq!(withdraw(&part.pool, &[&market], &left, at(DAY)), Err(EngineError::PoolIlliquid));

    // Cash comes back from the market: the rest is executed.
    let mut market = market;
    market.ledger.backing = atoms(400);
    let pool = Pool { cash: atoms(600), ..part.pool };
    let rest = withdraw(&pool, &[&market], &left, at(DAY)).unwrap();
    assert_eq!((rest.paid, rest.request_left), (atoms(400), None));
}

#[test]
fn a_withdrawal_of_exactly_the_cash_is_executed_whole() {
    // 7 shares of 11, worth ⌊7 · 10/11⌋ = 6, which is all the cash: nothing of the request stays.
    let mut market = market(FLAT);
    market.ledger.backing = atoms(4);
    let pool = Pool { shares: atoms(11), ..pool(6) };
    let plan = withdraw(&pool, &[&market], &requested(7, 6), at(DAY)).unwrap();
    assert_eq!((plan.burned, plan.paid, plan.request_left), (atoms(7), atoms(6), None));
}

#[test]
fn less_than_the_minimum_is_refused() {
    let pool = Pool { shares: atoms(10_000), escrow: atoms(100), ..pool(5_000) };
    // 100 · 10 000/5000 = 200 shares; 100 · 5000/10 000 = 50 tokens.
    let refused = EngineError::OutputTooSmall { output: atoms(200), minimum: atoms(201) };
    assert_eq!(deposit(&pool, &[], &requested(100, 201), at(30)), Err(refused));
    assert!(deposit(&pool, &[], &requested(100, 200), at(30)).is_ok());
    let refused = EngineError::OutputTooSmall { output: atoms(50), minimum: atoms(51) };
    assert_eq!(withdraw(&pool, &[], &requested(100, 51), at(DAY)), Err(refused));
    assert!(withdraw(&pool, &[], &requested(100, 50), at(DAY)).is_ok());
    // Nothing is never enough: the shares of a worthless remainder are refunded when the request expires.
    let refused = EngineError::OutputTooSmall { output: Atoms::ZERO, minimum: atoms(1) };
    assert_eq!(withdraw(&pool, &[], &requested(1, 0), at(DAY)), Err(refused));
}

#[test]
fn a_worthless_pool_neither_sells_nor_buys_shares() {
    let mut market = market(FLAT);
    market.ledger.claims = atoms(2_000);
    let pool = Pool { cash: Atoms::ZERO, escrow: atoms(100), ..pool(5_000) };
    assert_eq!(deposit(&pool, &[&market], &requested(100, 0), at(30)), Err(EngineError::PoolWorthless));
    assert_eq!(withdraw(&pool, &[&market], &requested(100, 0), at(DAY)), Err(EngineError::PoolWorthless));
}

#[test]
fn a_market_that_was_not_updated_blocks_both_ways_and_one_whose_oracle_is_dead_neither() {
    let mut market = market([(1_280, 1_280), (0, 0)]);
    let pool = Pool { shares: atoms(6_000), escrow: atoms(600), ..pool(5_000) };
    let stale = |age| EngineError::LegStale { market: 0, age, allowed: 15 };
    let leave = |market: &Market| withdraw_by(Executor::Owner, &pool, &[market], &requested(600, 0), at(DAY));
    assert_eq!(deposit(&pool, &[&market], &requested(600, 0), at(400)), Err(stale(400)));
    assert_eq!(leave(&market), Err(stale(86_400)));
    // A reading too wide to be a price does not age the last good one less.
    market.price.newest_published = at(400).now;
    assert_eq!(deposit(&pool, &[&market], &requested(600, 0), at(400)), Err(stale(400)));
    // Dead since 400 s: any price from 0.85 to 1.15. The longs may have lost 192, of which the stress move of their entry is all:
    // ⌊600 · 6000/6192⌋ shares. They may have won ⌈192.0…⌉: ⌊600 · 5807/6000⌋ tokens.
    market.price.outage_since = at(100).now;
    let bought = deposit(&pool, &[&market], &requested(600, 0), at(400)).unwrap();
    assert_eq!((bought.value, bought.shares_out), (atoms(6_193), atoms(581)));
    let left = leave(&market).unwrap();
    assert_eq!((left.value, left.paid), (atoms(5_807), atoms(580)));
}

#[test]
fn a_paused_exchange_executes_nothing_and_still_refunds() {
    let pool = Pool { escrow: atoms(601), ..pool(5_000) };
    let request = requested(601, 0);
    let refused = plan_execute_deposit(&pool, &[], 0, &request, &session(Status::Paused, at(30)));
    assert_eq!(refused, Err(EngineError::Paused));
    let paused = session(Status::Paused, at(DAY));
    let refused = plan_execute_withdrawal(&pool, &[], 0, &request, Executor::Owner, &paused);
    assert_eq!(refused, Err(EngineError::Paused));
    assert!(plan_refund_expired(&pool, &request, RequestKind::Deposit, at(DAY)).is_ok());
}

#[test]
fn requests_have_a_least_size_but_all_that_is_owned_may_leave() {
    let pool = pool(5_000);
    let (minimum, any) = (atoms(10 * USDC), atoms(1));
    let small = atoms(10 * USDC - 1);
    let refused = Err(EngineError::RequestTooSmall { minimum });
    assert_eq!(plan_request_deposit(&pool, small, any, at(0)), refused);
    assert!(plan_request_deposit(&pool, minimum, any, at(0)).is_ok());
    assert_eq!(plan_request_withdrawal(&pool, small, minimum, any, at(0)), refused);
    let plan = plan_request_withdrawal(&pool, small, small, atoms(7), at(0)).unwrap();
    assert_eq!(plan.request, requested(10 * USDC - 1, 7));
    assert_eq!(plan.pool, pool);
    let refused = plan_request_withdrawal(&pool, minimum, small, any, at(0));
    assert_eq!(refused, Err(EngineError::InsufficientBalance { balance: small }));
    let refused = plan_request_withdrawal(&pool, Atoms::ZERO, Atoms::ZERO, any, at(0));
    assert_eq!(refused, Err(EngineError::AmountZero));
}

#[test]
fn a_forgotten_bound_does_not_pass_for_none() {
    let (pool, amount) = (pool(5_000), atoms(10 * USDC));
    let refused = Err(EngineError::OutputBoundZero);
    assert_eq!(plan_request_deposit(&pool, amount, Atoms::ZERO, at(0)), refused);
    assert_eq!(plan_request_withdrawal(&pool, amount, amount, Atoms::ZERO, at(0)), refused);
}

#[test]
fn attack_executing_a_withdrawal_while_a_market_is_not_updated() {
    // Whoever stays would gain what the market counts less. Its price is 16 s old: refused, not counted as zero.
    let mut market = market([(1_280, 1_280), (0, 0)]);
    publish_at(&mut market, DAY);
    let pool = Pool { shares: atoms(6_000), ..pool(5_000) };
    let refused = withdraw(&pool, &[&market], &requested(600, 0), at(DAY + 16));
    assert_eq!(refused, Err(EngineError::LegStale { market: 0, age: 16, allowed: 15 }));
}

#[test]
fn attack_executing_anothers_withdrawal_while_a_market_counts_at_the_worse_end_of_its_range() {
    // An outage of a quiet market's oracle is reported and nobody looks for five minutes: of 6000 the pool shows 5807, and
    // whoever stays would gain 183 · 600/6000 = 18. Only the owner may forgo that; at a fresh price anybody executes.
    let mut market = market([(1_280, 1_280), (0, 0)]);
    publish_at(&mut market, DAY);
    market.price.outage_since = at(DAY + 61).now;
    let pool = Pool { shares: atoms(6_000), ..pool(5_000) };
    let refused = withdraw(&pool, &[&market], &requested(600, 0), at(DAY + 361));
    assert_eq!(refused, Err(EngineError::LegStale { market: 0, age: 361, allowed: 15 }));
    let owner = withdraw_by(Executor::Owner, &pool, &[&market], &requested(600, 0), at(DAY + 361));
    assert_eq!(owner.unwrap().paid, atoms(580));

    publish_at(&mut market, DAY + 361);
    market.price.outage_since = Timestamp::NEVER;
    // ⌊600 · 5990/6000⌋
    assert_eq!(withdraw(&pool, &[&market], &requested(600, 0), at(DAY + 361)).unwrap().paid, atoms(599));
}

#[test]
fn attack_inflating_the_share_price_before_somebody_deposits() {
    // The attacker owns the smallest first deposit, makes the pool richer by $1 000 000 (losing trades on purpose), and
    // hopes that the victim's $1 000 buys a share less than it is worth.
    let attacker =
        deposit(&Pool { escrow: atoms(10 * USDC), ..new_pool() }, &[], &requested(10 * USDC, 0), at(30)).unwrap();
    let richer = 1_000_000 * USDC;
    let pool = Pool {
        cash: attacker.pool.cash.checked_add(atoms(richer)).unwrap(),
        escrow: atoms(1_000 * USDC),
        ..attacker.pool
    };
    let victim = deposit(&pool, &[], &requested(1_000 * USDC, 0), at(30)).unwrap();

    let exit = withdraw(&victim.pool, &[], &requested(victim.shares_out.get(), 0), at(DAY)).unwrap();
    let lost_by_victim = 1_000 * USDC - exit.paid.get();
    let exit = withdraw(&exit.pool, &[], &requested(attacker.shares_out.get(), 0), at(DAY)).unwrap();
    let spent = 10 * USDC + richer;
    // One share is worth $0.10 by now: that is all the victim can lose, and the dead shares take $1000 of the attacker.
    assert!(lost_by_victim <= 100_001, "{lost_by_victim}");
    assert!(exit.paid.get() + 1_000 * USDC <= spent + 100_001);
}

prop_compose! {
    fn any_pool()(
        cash in 0u64..=1 << 40,
        shares in 10_001u64..=1 << 40,
        backing in 0u64..=1 << 40,
        long in 0u64..=1 << 40,
        short in 0u64..=1 << 40,
        entries in [900u64..=1_100, 900u64..=1_100],
    ) -> (Pool, Market) {
        let mut market = market([(long, long / 1_000 * entries[0]), (short, short / 1_000 * entries[1])]);
        market.ledger.backing = atoms(backing);
        (Pool { cash: atoms(cash), shares: atoms(shares), ..pool(0) }, market)
    }
}

proptest! {
    #[test]
    fn attack_depositing_and_withdrawing_at_one_price_gains_nothing(
        (pool, mut market) in any_pool(), amount in 1u64..=1 << 40,
    ) {
        let pool = Pool { escrow: atoms(amount), ..pool };
        publish_at(&mut market, 30);
        if let Ok(bought) = deposit(&pool, &[&market], &requested(amount, 0), at(30)) {
            publish_at(&mut market, DAY);
            let shares = bought.shares_out.get();
            match withdraw(&bought.pool, &[&market], &requested(shares, 0), at(DAY)) {
                Ok(sold) => prop_assert!(sold.paid.get() <= amount),
                Err(EngineError::OutputTooSmall { .. } | EngineError::PoolWorthless | EngineError::PoolIlliquid) => {}
                Err(other) => prop_assert!(false, "{:?}", other),
            }
            // Whoever was there before is not worse off at the upper value: value / shares does not fall.
            let (value, deposited) = (u128::from(bought.value.get()), u128::from(amount));
            let (before, after) = (u128::from(pool.shares.get()), u128::from(bought.pool.shares.get()));
            prop_assert!((value + deposited) * before >= value * after);
        }
    }

    #[test]
    fn a_withdrawal_leaves_the_others_their_value(
        (pool, mut market) in any_pool(), part in 1u64..=1_000,
    ) {
        publish_at(&mut market, DAY);
        let shares = (u128::from(pool.shares.get() - 10_000) * u128::from(part) / 1_000).max(1);
        let request = requested(u64::try_from(shares).unwrap(), 0);
        if let Ok(plan) = withdraw(&pool, &[&market], &request, at(DAY)) {
            prop_assert!(plan.paid <= pool.cash);
            prop_assert_eq!(plan.pool.cash, pool.cash.checked_sub(plan.paid).unwrap());
            prop_assert_eq!(plan.pool.shares, pool.shares.checked_sub(plan.burned).unwrap());
            let left = plan.request_left.map_or(Atoms::ZERO, |left| left.amount);
            prop_assert_eq!(plan.burned.checked_add(left).unwrap(), request.amount);
            let value = u128::from(plan.value.get());
            let (before, after) = (u128::from(pool.shares.get()), u128::from(plan.pool.shares.get()));
            prop_assert!((value - u128::from(plan.paid.get())) * before >= value * after);
        }
    }

    #[test]
    fn executing_in_parts_meets_the_minimum_of_the_whole(
        cash in prop::collection::vec(1u64..=1_000, 1..6),
        minimum in 1u64..=4_000,
        shares in 20_000u64..=30_000,
    ) {
        let mut market = market(FLAT);
        market.ledger.backing = atoms(5_000);
        let mut pool = Pool { cash: Atoms::ZERO, shares: atoms(shares), ..pool(0) };
        let mut request = requested(10_000, minimum);
        let (mut paid, mut required) = (0, 0);
        for arriving in cash {
            pool.cash = pool.cash.checked_add(atoms(arriving)).unwrap();
            let Ok(plan) = withdraw(&pool, &[&market], &request, at(DAY)) else { continue };
            paid += plan.paid.get();
            let left = plan.request_left.unwrap_or(Request { minimum_output: Atoms::ZERO, ..request });
            required += request.minimum_output.checked_sub(left.minimum_output).unwrap().get();
            prop_assert!(paid >= required);
            pool = plan.pool;
            let Some(left) = plan.request_left else { break };
            request = left;
        }
    }
}
