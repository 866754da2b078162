//! What the pool is worth at least and at most.

extern crate std;

use super::*;
use crate::fixtures::PRICE;
use crate::state::MarketLedger;
use proptest::prelude::*;
use std::vec::Vec;

/// (lower, upper) of a pool with 5000 in cash and this market alone.
fn worth(market: &Market, seconds_later: i64) -> (u64, u64) {
    let (pool, valuation) = (pool(5_000), valuation(seconds_later));
    let low = pool_value_floor(&pool, &[market], 1, &valuation).unwrap();
    let high = pool_value_ceil(&pool, &[market], 1, &valuation).unwrap();
    (low.get(), high.get())
}

#[test]
fn without_positions_the_pool_is_worth_its_cash_and_backing() {
    assert_eq!(worth(&market(FLAT), 0), (6_000, 6_000));
}

#[test]
fn longs_make_the_pool_worth_least_at_the_upper_price_and_most_at_the_lower() {
    // 1280 longs that entered at 1: at 1 + 1/128 they have gained 10, at 1 − 1/128 lost 10.
    assert_eq!(worth(&market([(1_280, 1_280), (0, 0)]), 0), (5_990, 6_010));
}

#[test]
fn shorts_mirror_longs_and_winners_are_owed_before_losers_have_paid() {
    assert_eq!(worth(&market([(0, 0), (1_280, 1_280)]), 0), (5_990, 6_010));
    // Matched: whichever way it moves, one side is owed 10, which the other has lost.
    assert_eq!(worth(&market([(1_280, 1_280), (1_280, 1_280)]), 0), (5_990, 6_000));
    // 1280 longs against 640 shorts: at the upper price −10; at the lower 10 lost, of which 5 are won.
    assert_eq!(worth(&market([(1_280, 1_280), (640, 640)]), 0), (5_990, 6_005));
}

/// The market is worth at most this much on top of the pool's cash.
fn most(market: &Market) -> Result<u64, EngineError> {
    market_value_ceil(market, &valuation(0), at(0).now).map(Atoms::get)
}

#[test]
fn losers_count_for_nothing_below_and_for_what_they_lost_above() {
    // Longs entered at 1.1, 1408 in all: at 1 − 1/128 they are worth 1270 and have lost 138, less than 15 % of 1408.
    assert_eq!(worth(&market([(1_280, 1_408), (0, 0)]), 0), (6_000, 5_000 + 1_000 + 138));
    // Entered for 1505 they have lost 225 at 1, of 225.75 that are 15 %, and 235 at the lower end.
    assert_eq!(most(&market([(1_280, 1_505), (0, 0)])), Ok(1_000 + 235));
}

#[test]
fn while_losers_have_more_to_pay_than_the_stress_move_no_share_is_issued() {
    // Entered for 1506 they have lost 226 of ⌈225.9⌉; for 1507, 227 of ⌈226.05⌉ = 227; for 1508, 228 of 227.
    assert_eq!(most(&market([(1_280, 1_507), (0, 0)])), Ok(1_000 + 237));
    let refused = Err(EngineError::LossesNotSettled { market: 0 });
    assert_eq!(most(&market([(1_280, 1_508), (0, 0)])), refused);
    // Shorts that sold for 1100 have lost 180 of 165.
    assert_eq!(most(&market([(0, 0), (1_280, 1_100)])), refused);
    // What winners of the same market get is no loss of theirs to the pool: 180 of which 60 are won.
    assert_eq!(most(&market([(480, 420), (1_280, 1_100)])), Ok(1_000 + 127));
    // Both have lost 200, of 15 % of 1480 and 1080 together.
    assert_eq!(most(&market([(1_280, 1_480), (1_280, 1_080)])), refused);
    assert_eq!(most(&market([(1_280, 1_470), (1_280, 1_090)])), Ok(1_000 + 380));
    // A withdrawal counts no loser and waits for none.
    let losing = market([(1_280, 2_560), (0, 0)]);
    assert_eq!(pool_value_floor(&pool(5_000), &[&losing], 1, &valuation(0)), Ok(atoms(6_000)));
    // Once the oracle is dead nobody could settle them, and what they have lost counts whole: 2560 less 1280 · 0.85, rounded up.
    let mut dead = losing;
    dead.price.outage_since = at(0).now;
    assert_eq!(worth(&dead, 300).1, 6_000 + 2_560 - 1_087);
}

#[test]
fn winners_are_paid_by_losers_of_the_same_market_alone() {
    // Longs have lost 1280 and shorts won 1290: nothing is left of the loss, and the shorts take nothing of the backing in the upper
    // value.
    assert_eq!(worth(&market([(1_280, 2_560), (1_280, 2_570)]), 0), (5_000, 6_000));
    // Half as many shorts that won 560: at the lower end, 1270 of 2560 and 635 of 1200, 1290 less 565 are left.
    assert_eq!(most(&market([(1_280, 2_560), (640, 1_200)])), Err(EngineError::LossesNotSettled { market: 0 }));
    // Another market's backing is no matter of theirs.
    let (broke, sound) = (market([(0, 0), (1_280, 2_560)]), Market { index: 1, ..market(FLAT) });
    let pool = pool(5_000);
    assert_eq!(pool_value_floor(&pool, &[&broke, &sound], 2, &valuation(0)), Ok(atoms(6_000)));
    assert_eq!(pool_value_ceil(&pool, &[&broke, &sound], 2, &valuation(0)), Ok(atoms(7_000)));
}

#[test]
fn attack_one_print_of_a_price_makes_nobodys_shares_worth_more() {
    // Whoever holds shares has a fresh price printed at a hundredth, for as long as it takes somebody to deposit: longs would have
    // lost 1267 of 1280, which none of them may have. Nobody deposits at that.
    let mut market = market([(1_280, 1_280), (0, 0)]);
    publish(&mut market, ONE / 100, 0);
    assert_eq!(most(&market), Err(EngineError::LossesNotSettled { market: 0 }));
}

#[test]
fn attack_a_deposit_before_losers_are_settled_takes_no_part_of_what_they_owe() {
    // 1280 longs that entered at 1.5 have lost 640: had 15 % of their entry counted, 288, a deposit of 6288 would have got half of the
    // pool and of the 352 that are settled next. It waits; once they have paid, the share costs what it is worth.
    let mut market = market([(1_280, 1_920), (0, 0)]);
    assert_eq!(most(&market), Err(EngineError::LossesNotSettled { market: 0 }));
    market.ledger.backing = atoms(1_640);
    market.ledger.side_mut(Side::Long).entry_notional = QuoteX40::new(1_280 * X40_PER_ATOM).into();
    assert_eq!(most(&market), Ok(1_650));
}

#[test]
fn attack_a_new_position_does_not_guarantee_a_loss_that_nobody_can_collect() {
    // 1280 longs lost all but nothing of 2560, 1280 shorts won as much: 1000 of backing are owed and more.
    let after_a_gap = market([(1_280, 2_560), (1_280, 2_560)]);
    assert_eq!(worth(&after_a_gap, 0).0, 5_000);
    // 100 000 more longs, entered at the present price, would be good for 3 % of it: 3000, and the pool would seem to be
    // worth 1000 more to whoever leaves now.
    let guaranteed = market([(101_280, 102_560), (1_280, 2_560)]);
    assert_eq!(worth(&guaranteed, 0).0, 5_000);
}

#[test]
fn claims_are_owed_debts_may_be_paid_and_the_claims_reserve_is_there() {
    let mut market = market(FLAT);
    market.ledger.claims = atoms(300);
    market.ledger.claims_reserve = atoms(100);
    market.ledger.debts = atoms(50);
    // Below: 5000 + 1000 − (300 − 100); above: 50 more.
    assert_eq!(worth(&market, 0), (5_800, 5_850));
    // A market under water costs the pool no more than its backing.
    market.ledger.claims = atoms(5_000);
    assert_eq!(worth(&market, 0), (5_000, 5_000));
}

#[test]
fn funding_counts_as_if_it_were_accrued() {
    // 2^30 per 2^60 for 8 s on a price of 2^40 is 8192 · 2^-40 atoms per base unit: 2^30 longs owe 8 atoms.
    let mut market = market([(1 << 30, 1 << 30), (0, 0)]);
    market.price.confidence = Price::ZERO;
    assert_eq!(worth(&market, 8), (6_000, 6_000));
    market.ledger.funding_rate = 1 << 30;
    assert_eq!(worth(&market, 8), (6_000, 6_008));
    // What the backing owes lowers both: receivers' 8 atoms that are not settled.
    market.ledger.funding_rate = 0;
    market.ledger.sides[0].funding_checkpoint = QuoteX40::new(8 * X40_PER_ATOM).into();
    assert_eq!(worth(&market, 8), (5_992, 5_992));
}

#[test]
fn the_interval_is_the_confidence_whatever_the_price_has_done() {
    // What trading pays for volatility is no doubt about what the pool is worth: neither age nor measured volatility nor
    // drift widens the interval.
    let mut market = market([(1 << 40, 1 << 40), (0, 0)]);
    market.ledger.backing = atoms(1 << 40);
    let calm = worth(&market, 0);
    market.parameters.spread_volatility = Ppm::new(2_000_000);
    market.averages.fast_volatility = Ppm::new(5_000_000);
    market.averages.drift = Price::new(PRICE / 100);
    assert_eq!(worth(&market, 14), calm);
    let certain = Market { price: crate::state::PriceCache { confidence: Price::ZERO, ..market.price }, ..market };
    assert_eq!(worth(&certain, 14), (5_000 + (1 << 40), 5_000 + (1 << 40)));
    // Dead it may lie anywhere within 15 %, and after a year within half.
    let mut dead = market;
    dead.price.outage_since = at(0).now;
    let (fresh, dead_today, dead_for_a_year) = (worth(&market, 0), worth(&dead, 300), worth(&dead, 31_557_600));
    assert!(dead_today.0 < fresh.0 && fresh.1 < dead_today.1);
    assert!(dead_for_a_year.0 < dead_today.0);
    assert!(dead_today.1 < dead_for_a_year.1);
}

#[test]
fn a_market_that_was_not_updated_is_refused_and_a_dead_one_counts_at_its_range() {
    let pool = pool(5_000);
    let stale = market([(1_280, 1_280), (0, 0)]);
    assert!(pool_value_floor(&pool, &[&stale], 1, &valuation(15)).is_ok());
    let refused = |age| EngineError::LegStale { market: 0, age, allowed: 15 };
    for value in [pool_value_floor, pool_value_ceil] {
        assert_eq!(value(&pool, &[&stale], 1, &valuation(16)), Err(refused(16)));
    }
    // Not as long as the outage may be a pause of a minute either.
    let mut outage = stale;
    outage.price.outage_since = at(1).now;
    assert_eq!(pool_value_floor(&pool, &[&outage], 1, &valuation(300)), Err(refused(300)));
    // Dead: from 0.85 to 1.15. Longs have won ⌈192.0…⌉ at the upper end or lost as much at the lower.
    outage.price.outage_since = at(0).now;
    assert_eq!(worth(&outage, 300), (5_807, 6_193));
    // A price published before the request matured is no reason any more: there is none that is newer.
    let matured = Valuation { published_from: at(100).now, ..valuation(300) };
    assert_eq!(pool_value_floor(&pool, &[&outage], 1, &matured), Ok(atoms(5_807)));

    // Without positions no price is needed, however long the outage.
    let mut flat = market(FLAT);
    flat.price.outage_since = at(0).now;
    assert_eq!(worth(&flat, 300), (6_000, 6_000));
}

#[test]
fn a_dead_market_of_which_the_notional_leaves_its_range_counts_as_zero_and_blocks_no_exit() {
    // 2^57 units at half the largest price: 2^66 atoms.
    let mut market = market([(1 << 57, 1 << 50), (0, 0)]);
    publish(&mut market, crate::units::MAX_PRICE / 2, 0);
    market.price.outage_since = at(0).now;
    let pool = pool(5_000);
    assert_eq!(pool_value_floor(&pool, &[&market], 1, &valuation(300)), Ok(atoms(5_000)));
    assert_eq!(pool_value_ceil(&pool, &[&market], 1, &valuation(300)), Err(EngineError::NotionalOutOfRange));
}

#[test]
fn while_the_clock_is_not_believed_a_market_with_positions_has_no_value() {
    let pool = pool(5_000);
    let mut behind = market([(1_280, 1_280), (0, 0)]);
    behind.price.clock_distrusted_until = at(60).now;
    let refused = EngineError::ClockBehind { until: at(60).now.get() };
    assert_eq!(pool_value_floor(&pool, &[&behind], 1, &valuation(0)), Err(refused));
    assert_eq!(pool_value_ceil(&pool, &[&behind], 1, &valuation(0)), Err(refused));
}

#[test]
fn every_market_of_the_exchange_is_passed() {
    let (first, pool) = (market(FLAT), pool(5_000));
    let second = Market { index: 1, ..first };
    let valued = |markets: &[&Market], count| {
        let low = pool_value_floor(&pool, markets, count, &valuation(0));
        assert_eq!(low, pool_value_ceil(&pool, markets, count, &valuation(0)));
        low.map(Atoms::get)
    };
    let missing = |expected| Err(EngineError::MarketsMissing { expected });
    // 5000 in cash and 1000 in each market.
    assert_eq!(valued(&[], 0), Ok(5_000));
    assert_eq!(valued(&[&first, &second], 2), Ok(7_000));
    assert_eq!(valued(&[&first], 2), missing(1));
    assert_eq!(valued(&[], 2), missing(0));
    // One too many is not there either.
    assert_eq!(valued(&[&first, &second], 1), missing(1));
}

#[test]
fn markets_stand_in_the_order_of_their_indices() {
    let first = market(FLAT);
    let second = Market { index: 1, ..first };
    let pool = pool(5_000);
    assert_eq!(pool_value_floor(&pool, &[&first, &second], 2, &valuation(0)), Ok(atoms(7_000)));
    for wrong in [[&second, &first], [&first, &first]] {
        let expected = u16::from(wrong[0].index == 0);
        let refused = EngineError::MarketsMissing { expected };
        assert_eq!(pool_value_floor(&pool, &wrong, 2, &valuation(0)), Err(refused));
        assert_eq!(pool_value_ceil(&pool, &wrong, 2, &valuation(0)), Err(refused));
    }
}

/// `(backing − owed) · 2^40`, exactly, by its definition.
fn exact_certain(ledger: &MarketLedger, price: i128) -> i128 {
    let money = |amount: Atoms| i128::from(amount.get()) * X40_PER_ATOM;
    let mut certain = money(ledger.backing) - money(ledger.claims) + money(ledger.claims_reserve);
    for side in Side::BOTH {
        let totals = ledger.side(side);
        let gained = i128::from(totals.open_interest.get()) * price - totals.entry_notional.get().get();
        certain -= if side == Side::Long { gained } else { -gained }.max(0);
    }
    certain
}

/// Unrealized profit · 2^40 of `[longs, shorts]`, exactly.
fn exact_profit(ledger: &MarketLedger, price: i128) -> [i128; 2] {
    Side::BOTH.map(|side| {
        let totals = ledger.side(side);
        let gained = i128::from(totals.open_interest.get()) * price - totals.entry_notional.get().get();
        if side == Side::Long {
            gained
        } else {
            -gained
        }
    })
}

/// `(backing + reserve − claims + debts + (U_L + U_S)⁻) · 2^40`, exactly by its definition.
fn exact_most(ledger: &MarketLedger, price: i128) -> i128 {
    let money = |amount: Atoms| i128::from(amount.get()) * X40_PER_ATOM;
    let settled = money(ledger.backing) + money(ledger.claims_reserve) - money(ledger.claims) + money(ledger.debts);
    let [long, short] = exact_profit(ledger, price);
    settled + (-(long + short)).max(0)
}

prop_compose! {
    /// Sides that entered up to a tenth from the price, so that kinks lie within the interval often.
    fn any_market()(
        sizes in [0u64..=1 << 45, 0u64..=1 << 45],
        moves in [prop_oneof![980i128..=1_020, 900i128..=1_100], prop_oneof![980i128..=1_020, 900i128..=1_100]],
        backing in 0u64..=1 << 44,
        claims in 0u64..=1 << 42,
        funded in 0u64..=100,
        debts in 0u64..=1 << 42,
        confidence in 0u64..=PRICE * 15 / 1_000,
    ) -> Market {
        let mut market = sol_market();
        market.price.confidence = Price::new(confidence);
        market.ledger.backing = atoms(backing);
        market.ledger.claims = atoms(claims);
        market.ledger.claims_reserve = atoms(claims * funded / 100);
        market.ledger.debts = atoms(debts);
        for side in Side::BOTH {
            let (size, moved) = (sizes[side.index()], moves[side.index()]);
            set_side(&mut market, side, size, 0);
            let entry = i128::from(size) * i128::from(PRICE) * moved / 1_000;
            market.ledger.side_mut(side).entry_notional = QuoteX40::new(entry).into();
        }
        market
    }
}

/// Prices all over `p ± a`, its ends and the kinks of both values among them.
fn prices(market: &Market) -> Vec<i128> {
    let spread = i128::from(crate::market::price::confidence_spread_ceil(market).unwrap().get());
    let center = i128::from(PRICE);
    let mut prices: Vec<i128> = (0..=200).map(|step| center - spread + 2 * spread * step / 200).collect();
    for side in &market.ledger.sides {
        let size = i128::from(side.open_interest.get()).max(1);
        let kink = side.entry_notional.get().get() / size;
        prices.extend([kink - 1, kink, kink + 1]);
    }
    let [long, short] = &market.ledger.sides;
    let size = (i128::from(long.open_interest.get()) + i128::from(short.open_interest.get())).max(1);
    let equal = (long.entry_notional.get().get() + short.entry_notional.get().get()) / size;
    prices.extend([equal - 1, equal, equal + 1]);
    prices.retain(|price| (center - spread..=center + spread).contains(price));
    prices
}

proptest! {
    #[test]
    fn no_price_in_the_interval_is_worse_or_better_than_its_ends(market in any_market()) {
        let reference = at(0).now;
        let low = i128::from(market_value_floor(&market, &valuation(0), reference).unwrap().get());
        let high = i128::from(market_value_ceil(&market, &valuation(0), reference).unwrap().get());
        prop_assert!(low <= high);

        let certain: Vec<i128> = prices(&market).iter().map(|p| exact_certain(&market.ledger, *p)).collect();
        let least = (*certain.iter().min().unwrap()).max(0);
        prop_assert!(low * X40_PER_ATOM <= least, "a price is worse than the lower value");
        // Rounding costs an atom for each of two sides' profit, and no more.
        prop_assert!((low + 2) * X40_PER_ATOM >= least);

        let values: Vec<i128> = prices(&market).iter().map(|p| exact_most(&market.ledger, *p)).collect();
        let most = (*values.iter().max().unwrap()).max(0);
        prop_assert!((high - 1) * X40_PER_ATOM < most.max(1) && most <= high * X40_PER_ATOM, "{high} is not the most");
    }
}

#[test]
fn no_price_is_better_than_the_upper_value_where_both_sides_have_lost() {
    // 100 000 longs that entered at 1.081 and 110 000 shorts that entered at 101 900 / 110 000: at 1 both have lost 8100, 16 200 in
    // all, each within 15 % of what it entered for. At the ends, 1 ± 1/128, the longs have lost at most 8881 and the shorts 8959.
    let market = market([(100_000, 108_100), (110_000, 101_900)]);
    let at_one = exact_most(&market.ledger, i128::from(ONE) - 1) / X40_PER_ATOM;
    assert_eq!(at_one, 1_000 + 16_199);
    assert!(i128::from(worth(&market, 0).1) - 5_000 >= at_one, "{} of {at_one}", worth(&market, 0).1 - 5_000);
}
