//! Accounts with positions in several markets, whose prices are posted one after the other by whom it suits.

extern crate std;

use super::*;
use crate::fixtures::{reading, session};
use crate::market::range::Moment;
use crate::operations::account::plan_margined_withdrawal;
use crate::operations::position::plan_liquidation;
use crate::units::products::price_share_floor;
use proptest::prelude::*;
use std::vec::Vec;

/// Cents, at 10^-8 dollars.
const CENT: i64 = 1_000_000;

/// Markets on SOL with a million of backing that charge no funding and whose last price is an hour old, each with these hundredths of a SOL bought (or sold) at
/// $250, and an account that holds them and `balance` dollars.
fn positions<const N: usize>(hundredths: [i64; N], balance: u64) -> (Account, [Market; N]) {
    let mut account = Account { balance: usdc(balance), ..Account::zeroed() };
    let mut index = 0;
    let markets = hundredths.map(|hundredths| {
        let mut market = Market { index, ..sol_market() };
        let parameters = &mut market.parameters;
        (parameters.funding_velocity, parameters.carry_rate, parameters.carry_surge) = (0, 0, 0);
        (parameters.spread_measured, parameters.spread_drift) = (Ppm::ZERO, Ppm::ZERO);
        publish(&mut market, PRICE, -3_600);
        market.ledger.backing = usdc(1_000_000);
        let side = if hundredths < 0 { Side::Short } else { Side::Long };
        let size = hundredths.unsigned_abs() * SOL / 100;
        // 250 dollars for a hundred hundredths.
        set_side(&mut market, side, size, hundredths.unsigned_abs() * 250 * USDC / 100);
        let entry_notional = market.ledger.side(side).entry_notional;
        account.positions[usize::from(index)] =
            Position { size: Size::new(size).on(side).unwrap(), entry_notional, ..Position::empty_in(index) };
        index += 1;
        market
    });
    (account, markets)
}

/// Posts what a feed said at a second, at a clock.
fn post(market: &mut Market, cents: i64, second: i64, clock: i64) {
    market.refresh(Some(&reading(cents * CENT, 0, second)), &session(Status::Active, at(clock))).unwrap();
}

fn others(markets: &[Market], but: usize) -> Vec<&Market> {
    markets.iter().enumerate().filter(|(place, _)| *place != but).map(|(_, market)| market).collect()
}

/// Whether a liquidation by any of the markets closes something.
fn is_liquidated(account: &Account, markets: &[Market], clock: i64) -> bool {
    (0..markets.len()).any(|place| {
        let plan = planned_for(
            account,
            &markets[place],
            &others(markets, place),
            Status::Active,
            at(clock),
            |portfolio, market| plan_liquidation(portfolio, market, &ALL),
        );
        plan.is_ok_and(|plan| !plan.closed.is_zero())
    })
}

#[test]
fn attack_telling_one_of_two_markets_of_a_feed_liquidates_nobody() {
    // $2010, 100 SOL bought in one market and 50 sold in another of the same feed, all at $250. At $233.00: −$1700 and +$850, $1160
    // against 3 % of $34 950, $1048.50. At $231.60: −$1840 and +$920, $1090 against $1042.20: healthy at both. With the first at
    // $231.60 and the second at $233.00: $1020 against $1044.30.
    let told = |account: &Account, markets: &mut [Market; 2], posts: &[usize], second: i64| {
        for place in posts {
            post(&mut markets[*place], 23_160, second, second);
        }
        for clock in second..second + 40 {
            assert!(!is_liquidated(account, markets, clock), "{posts:?} at {second} s, judged at {clock} s");
        }
    };
    for second in 1..=15 {
        for posts in [&[][..], &[0], &[1], &[0, 1], &[1, 0], &[0, 0, 1], &[1, 1, 0]] {
            let (account, mut markets) = positions([10_000, -5_000], 2_010);
            markets.iter_mut().for_each(|market| post(market, 23_300, 0, 0));
            told(&account, &mut markets, posts, second);
            // And what was withheld, later.
            for place in [0, 1] {
                post(&mut markets[place], 23_300, 0, second);
                assert!(!is_liquidated(&account, &markets, second));
            }
        }
    }
}

#[test]
fn attack_telling_one_market_of_one_second_and_another_of_the_next_liquidates_nobody_healthy_at_both() {
    // The same account, but whoever posts tells the first market of the second second only and the other of the first only: each
    // has one price, of neighboring seconds.
    let (account, mut markets) = positions([10_000, -5_000], 2_010);
    for (seconds, healthy) in [((20, 20), true), ((21, 21), true)] {
        let mut full = markets;
        let cents = |second| if second == 20 { 23_300 } else { 23_160 };
        post(&mut full[0], cents(seconds.0), seconds.0, 21);
        post(&mut full[1], cents(seconds.1), seconds.1, 21);
        assert_eq!(!is_liquidated(&account, &full, 21), healthy);
    }
    post(&mut markets[0], 23_160, 21, 21);
    post(&mut markets[1], 23_300, 20, 21);
    assert!(!is_liquidated(&account, &markets, 21));
}

#[test]
fn attack_telling_two_markets_of_seconds_far_apart_liquidates_nobody_healthy_at_both() {
    // The same account, whose markets were told nothing for an hour: the second of $233.00 at 0 s, the first of $231.60 at 15 s. Their
    // prices have no second in common, and each market has only the one that is worse for its leg.
    let (account, mut markets) = positions([10_000, -5_000], 2_010);
    post(&mut markets[1], 23_300, 0, 0);
    post(&mut markets[0], 23_160, 15, 15);
    assert!(!is_liquidated(&account, &markets, 15));
}

#[test]
fn attack_leaving_out_a_market_in_which_the_account_has_won_liquidates_nobody() {
    // $1500 and 100 SOL bought at $250 in each of two markets of different feeds, both told $250 at 0 s. At 20 s the first says
    // $241.00, −$900, and the second $260.00, +$1000: $1600 against 3 % of $50 100, $1503. The second is told nothing: it was
    // $250 and may be $287.50. It demands nothing, but what it may have won beyond its margin counts for nothing either.
    let (account, mut markets) = positions([10_000, 10_000], 1_500);
    markets.iter_mut().for_each(|market| post(market, 25_000, 0, 0));
    let mut told = markets;
    post(&mut told[0], 24_100, 20, 20);
    post(&mut told[1], 26_000, 20, 20);
    assert!(!is_liquidated(&account, &told, 20));
    post(&mut markets[0], 24_100, 20, 20);
    assert!(!is_liquidated(&account, &markets, 20));
}

#[test]
fn attack_telling_one_market_of_its_fall_and_another_of_nothing_liquidates_nobody_healthy_at_both() {
    // $540 and 100 SOL bought at $250 in each of two markets of different feeds. At 0 s $270.00 and $240.00: +$2000 − $1000, $1540
    // against 3 % of $51 000, $1530. At 2 s $255.00 and $262.00: +$500 + $1200, $2240 against $1551. Told of the second second in
    // the first market only, the account counts at the first second, where it is healthy.
    let (account, mut markets) = positions([10_000, 10_000], 540);
    post(&mut markets[0], 27_000, 0, 0);
    post(&mut markets[1], 24_000, 0, 0);
    assert!(!is_liquidated(&account, &markets, 0));
    let mut both = markets;
    post(&mut both[0], 25_500, 2, 2);
    post(&mut both[1], 26_200, 2, 2);
    assert!(!is_liquidated(&account, &both, 2));
    post(&mut markets[0], 25_500, 2, 2);
    assert!(!is_liquidated(&account, &markets, 2));
}

#[test]
fn attack_withdrawing_at_the_end_of_a_range_at_which_a_winner_demands_less_margin() {
    // 100 SOL bought at $250, $10 000, and 1 SOL in another market. At 0 s the first says $300.00: the profit counts for nothing, 5 %
    // of $30 000 is demanded. Told of $290.00 at 2 s, which is no price at which all are known, it must demand no less.
    let (account, mut markets) = positions([10_000, 100], 10_000);
    markets.iter_mut().for_each(|market| market.parameters.spread_volatility = Ppm::ZERO);
    post(&mut markets[0], 30_000, 0, 0);
    post(&mut markets[1], 25_000, 0, 0);
    let margin = |markets: &[Market; 2]| {
        Portfolio::new(&account, None, markets, at(2)).unwrap().initial_health().unwrap().margin
    };
    let before = margin(&markets);
    post(&mut markets[0], 29_000, 2, 2);
    assert!(margin(&markets) >= before, "{:?} of {before:?}", margin(&markets));
}

#[test]
fn a_market_that_cannot_pay_everybody_at_its_newest_price_is_counted_on_for_nothing_at_any_second() {
    // 50 SOL sold for $13 500 in a market with $1000 of backing, and 10 SOL bought at $250 elsewhere; no balance. At 0 s both say
    // $250.00: $1000 won, which the market can pay, against 3 % of $12 500 and of $2500, $450. At 2 s $240.00 and $260.00: the first
    // owes $1500, is short and pays nothing, which takes its leg's margin to nothing, and the other has won $100 against $78. Told of
    // the second second in the first market only, the account is liquidated: being short is no matter of a moment, since anybody may
    // then turn the profit into a claim, which no earlier price pays either.
    let (mut account, mut markets) = positions([-5_000, 1_000], 0);
    account.positions[0].entry_notional = exact(13_500).into();
    set_side(&mut markets[0], Side::Short, 50 * SOL, 13_500 * USDC);
    markets[0].ledger.backing = usdc(1_000);
    markets.iter_mut().for_each(|market| post(market, 25_000, 0, 0));
    assert!(!is_liquidated(&account, &markets, 0));
    let mut both = markets;
    post(&mut both[0], 24_000, 2, 2);
    post(&mut both[1], 26_000, 2, 2);
    assert!(both[0].ledger.is_short() && !is_liquidated(&account, &both, 2));
    post(&mut markets[0], 24_000, 2, 2);
    assert!(markets[0].ledger.is_short() && is_liquidated(&account, &markets, 2));
}

#[test]
fn an_account_is_liquidated_once_one_second_of_all_its_feeds_is_posted_at_which_it_is_not_healthy() {
    // At $228.00: −$2200 and +$1100 of $2010: $910 against 3 % of $34 200, $1026. Told one market, nothing; told both, it is.
    let (account, mut markets) = positions([10_000, -5_000], 2_010);
    markets.iter_mut().for_each(|market| post(market, 23_300, 0, 0));
    post(&mut markets[0], 22_800, 6, 6);
    assert!(!is_liquidated(&account, &markets, 6));
    post(&mut markets[1], 22_800, 6, 6);
    assert!(is_liquidated(&account, &markets, 6));
    // Who would hold it up by telling one of them of a later second does not, for as long as the price of the first is fresh and
    // no worse than what was: the range of the other begins at the second both have.
    post(&mut markets[0], 22_790, 9, 9);
    assert!(is_liquidated(&account, &markets, 9));
}

#[test]
fn attack_two_opposite_accounts_are_kept_from_liquidation_by_a_thin_market_for_its_backing_once() {
    // Two accounts of $140 000: one long, one short 10 000 SOL at $250 and 760 TOX at $50, whose market has a backing of $200 000. SOL
    // falls by a quarter of a percent a step and its attacker moves TOX so that what it promises is all that the long one loses
    // and more. Anybody liquidates.
    let hundredths = [1_000_000, 76_000];
    let (mut account, [mut sol, mut tox]) = positions(hundredths, 140_000);
    set_side(&mut tox, Side::Long, 760 * SOL, 38_000 * USDC);
    set_side(&mut tox, Side::Short, 760 * SOL, 38_000 * USDC);
    set_side(&mut sol, Side::Short, 10_000 * SOL, 2_500_000 * USDC);
    account.positions[1].entry_notional = exact(38_000).into();
    tox.ledger.backing = usdc(200_000);
    let mut liquidator = Account::zeroed();
    let (mut paid_by_tox, mut closed) = (0, 0);
    for step in 1..=80 {
        let second = step * 20;
        let fallen = 25_000 * step / 400;
        post(&mut sol, 25_000 - fallen, second, second);
        // 10 000 SOL lost so many cents each; 760 TOX win them and a tenth more.
        post(&mut tox, 5_000 + fallen * 11_000 / 760, second, second);
        for _ in 0..4 {
            let backing = tox.ledger.backing.get();
            for liquidates_sol in [true, false] {
                let (touched, other) = if liquidates_sol { (&mut sol, tox) } else { (&mut tox, sol) };
                let plan =
                    planned_for(&account, touched, &[&other], Status::Active, at(second), |portfolio, market| {
                        plan_liquidation(portfolio, market, &ALL)
                    });
                if let Ok(plan) = plan {
                    plan.ledger.apply_to(&mut account, &mut touched.ledger);
                    liquidator.balance = liquidator.balance.checked_add(plan.penalty.bounty).unwrap();
                    closed += if liquidates_sol { plan.closed.get() } else { 0 };
                }
            }
            paid_by_tox += backing - tox.ledger.backing.get();
        }
        // Whatever TOX promises, SOL is never owed what is not there.
        assert!(account.positions.iter().all(|position| position.debt.is_zero()), "step {step}");
    }
    // SOL has fallen by 20 %. TOX has paid all it had, once, and the account was liquidated when its cash was gone.
    assert_eq!((paid_by_tox, tox.ledger.backing), (200_000 * USDC, Atoms::ZERO));
    assert!(closed > 5_000 * SOL, "{closed}");
    assert!(account.balance.get() > 0 && liquidator.balance.get() > 0);
}

/// Cents of three feeds second by second: each moves by at most so many thousandths a second.
fn walks(thousandths: i64) -> impl Strategy<Value = [Vec<i64>; 3]> {
    let steps = || proptest::collection::vec(-thousandths..=thousandths, SECONDS);
    [steps(), steps(), steps()].prop_map(|feeds| {
        feeds.map(|steps| {
            let walk = steps.into_iter().scan(25_000, |cents, thousandths| {
                *cents += *cents * thousandths / 1_000;
                Some(*cents)
            });
            walk.collect()
        })
    })
}

/// Seconds of the window.
const SECONDS: usize = 15;

/// Which feed is posted of which second, and how many seconds pass before it.
fn posts() -> impl Strategy<Value = Vec<(usize, usize, i64)>> {
    let passing = prop_oneof![5 => Just(0i64), 3 => 0i64..2, 1 => 0i64..5];
    proptest::collection::vec((0usize..3, 0..SECONDS, passing), 1..25)
}

/// The markets, all told of the first second, once each of these readings was posted, with its clock. A reading is posted no
/// earlier than it was published, and none after fifteen seconds.
fn after_each(markets: &[Market; 3], walks: &[Vec<i64>; 3], posts: &[(usize, usize, i64)]) -> Vec<(i64, [Market; 3])> {
    let (mut clock, mut markets) = (0, told(markets, walks, [0; 3]));
    let states = posts.iter().map(|(feed, second, passing)| {
        let published = i64::try_from(*second).unwrap();
        clock = (clock + passing).max(published).min(15);
        post(&mut markets[*feed], walks[*feed][*second], published, clock);
        (clock, markets)
    });
    states.collect()
}

/// The markets told of nothing but one second's price of each feed.
fn told(markets: &[Market; 3], walks: &[Vec<i64>; 3], seconds: [usize; 3]) -> [Market; 3] {
    let newest = i64::try_from(*seconds.iter().max().unwrap()).unwrap();
    let mut told = *markets;
    for feed in 0..3 {
        post(&mut told[feed], walks[feed][seconds[feed]], newest, newest);
    }
    told
}

/// `equity − margin` demanded.
fn surplus(account: &Account, markets: &[Market; 3], clock: i64) -> i128 {
    Portfolio::new(account, None, markets, at(clock)).unwrap().maintenance_health().unwrap().surplus()
}

/// An account with three legs of up to 100 SOL and its markets, which were last told anything long ago.
fn three_legs(hundredths: [i64; 3], balance: u64) -> (Account, [Market; 3]) {
    let (account, mut markets) = positions(hundredths, balance);
    markets.iter_mut().for_each(|market| market.parameters.spread_volatility = Ppm::ZERO);
    (account, markets)
}

fn any_legs() -> impl Strategy<Value = [i64; 3]> {
    let hundredths = || prop_oneof![-10_000i64..-100, 100i64..10_000];
    [hundredths(), hundredths(), hundredths()]
}

/// An account with `balance` and these legs that were entered for so many thousandths of $250, each so that it has won or lost.
fn entered(hundredths: [i64; 3], thousandths: [i128; 3], balance: u64) -> (Account, [Market; 3]) {
    let (mut account, mut markets) = three_legs(hundredths, balance);
    for ((position, market), thousandths) in account.positions.iter_mut().zip(&mut markets).zip(thousandths) {
        let entry = QuoteX40::new(position.entry_notional.get().get() / 1_000 * thousandths).into();
        position.entry_notional = entry;
        market.ledger.side_mut(position.size.side().unwrap()).entry_notional = entry;
    }
    (account, markets)
}

fn any_entries() -> impl Strategy<Value = [i128; 3]> {
    let thousandths = || prop_oneof![3 => 900i128..1_100, 1 => 100i128..3_000];
    [thousandths(), thousandths(), thousandths()]
}

/// Backings: none, little, plenty, in dollars.
fn any_backings() -> impl Strategy<Value = [u64; 3]> {
    let dollars = || prop_oneof![Just(0u64), 0u64..5_000, Just(1_000_000u64)];
    [dollars(), dollars(), dollars()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// No subset of readings and no order of posting them makes an account liquidatable that is healthy at every second's full set
    /// of readings, however far its feeds move and whatever its markets could pay, as long as none that pays at one second owes more
    /// than it has at another.
    #[test]
    fn no_way_of_posting_makes_an_account_liquidatable_that_is_healthy_at_every_second(
        walks in prop_oneof![walks(2), walks(20)], hundredths in any_legs(), entries in any_entries(),
        backings in any_backings(), posts in posts(),
    ) {
        // As little balance as leaves it healthy at every second, but for an atom of rounding for each leg.
        let (mut account, mut markets) = entered(hundredths, entries, 10_000_000);
        markets.iter_mut().zip(backings).for_each(|(market, dollars)| market.ledger.backing = usdc(dollars));
        let sets = |markets: &[Market; 3]| {
            let sets = (0..SECONDS).map(|second| told(markets, &walks, [second; 3]));
            sets.collect::<Vec<_>>()
        };
        for place in 0..3 {
            if sets(&markets).iter().any(|markets| markets[place].ledger.is_short()) {
                markets[place].ledger.backing = Atoms::ZERO;
            }
        }
        let least = sets(&markets).iter().map(|markets| surplus(&account, markets, 14)).min().unwrap();
        // What its markets could pay may be enough.
        account.balance = Atoms::new((account.balance.get() + 3).saturating_sub(u64::try_from(least).unwrap()));
        for (clock, markets) in after_each(&markets, &walks, &posts) {
            prop_assert!(surplus(&account, &markets, clock) >= 0, "at {clock} s: {}", surplus(&account, &markets, clock));
            prop_assert!(!is_liquidated(&account, &markets, clock));
        }
    }

    /// Nor lets one withdraw more than is right at any second from the moment on of which all readings are posted, with legs that
    /// have won as well. A price further than the stress move from the newest is no more remembered than that.
    #[test]
    fn no_way_of_posting_lets_one_withdraw_more_than_is_right_at_every_posted_second(
        walks in walks(20), hundredths in any_legs(), entries in any_entries(), posts in posts(),
    ) {
        let (account, markets) = entered(hundredths, entries, 1_000_000_000);
        let states = after_each(&markets, &walks, &posts);
        for (posted, (clock, markets_now)) in (1..).zip(&states) {
            let portfolio = Portfolio::new(&account, None, markets_now, at(*clock)).unwrap();
            let free = portfolio.initial_health().unwrap().surplus();
            let most = Atoms::new(u64::try_from(free).unwrap());
            let withdrawn = |amount| plan_margined_withdrawal(&portfolio, amount, &session(Status::Active, at(*clock)));
            prop_assert!(withdrawn(most).is_ok());
            prop_assert!(withdrawn(most.checked_add(Atoms::new(1)).unwrap()).is_err());

            let is_posted = |second| second == 0 || (0..3).all(|feed| posts[..posted].iter().any(|post| (post.0, post.1) == (feed, second)));
            let reference = portfolio.reference.get() - at(0).now.get();
            for second in (0..SECONDS).filter(|second| is_posted(*second)) {
                let age = reference - i64::try_from(second).unwrap();
                let counts = match portfolio.moment {
                    Moment::Newest => {
                        markets_now.iter().all(|market| market.price.published == at(i64::try_from(second).unwrap()).now)
                    }
                    Moment::Since { seconds_ago } => age <= i64::from(seconds_ago),
                    Moment::Apart | Moment::Unknown => age <= 15,
                };
                let alone = told(&markets, &walks, [second; 3]);
                let remembered = markets_now.iter().zip(&alone).all(|(now, then)| {
                    let stress = price_share_floor(now.price.price, now.parameters.stress_move).unwrap();
                    now.price.price.get().abs_diff(then.price.price.get()) <= stress.get()
                });
                if counts && remembered {
                    let right = Portfolio::new(&account, None, &alone, at(i64::try_from(second).unwrap())).unwrap();
                    let right = right.initial_health().unwrap().surplus();
                    prop_assert!(free <= right, "{free} of {right} at {second} s");
                }
            }
        }
    }
}
