//! What a market is worth at least and at most.

use super::*;
use crate::fixtures::PRICE;
use crate::market::price::confidence_of_ceil;
use crate::market::range::PriceRange;
use crate::state::{MarketLedger, PriceCache, Settlement};
use crate::units::{FundingIndex, QuoteX40, MAX_OPEN_INTEREST, MAX_OPEN_NOTIONAL, MAX_PRICE, X40_PER_ATOM};
use proptest::prelude::*;
use std::vec::Vec;

/// (lower, upper) of the market so many seconds later.
fn worth(market: &Market, seconds_later: i64) -> (u64, u64) {
    let value = MarketValue::now(market, at(seconds_later).now).unwrap();
    (value.lower.get(), value.upper.get())
}

#[test]
fn without_positions_a_market_is_worth_its_backing() {
    assert_eq!(worth(&market(FLAT), 0), (1_000, 1_000));
}

#[test]
fn longs_make_the_pool_worth_least_at_the_upper_price_and_most_at_the_lower() {
    // 1280 longs that entered at 1: at 1 + 1/128 they have gained 10, at 1 − 1/128 lost 10.
    assert_eq!(worth(&market([(1_280, 1_280), (0, 0)]), 0), (990, 1_010));
}

#[test]
fn shorts_mirror_longs_and_winners_are_owed_before_losers_have_paid() {
    assert_eq!(worth(&market([(0, 0), (1_280, 1_280)]), 0), (990, 1_010));
    // Matched: whichever way it moves, one side is owed 10, which the other has lost.
    assert_eq!(worth(&market([(1_280, 1_280), (1_280, 1_280)]), 0), (990, 1_000));
    // 1280 longs against 640 shorts: at the upper price −10; at the lower 10 lost, of which 5 are won.
    assert_eq!(worth(&market([(1_280, 1_280), (640, 640)]), 0), (990, 1_005));
}

#[test]
fn losers_count_for_nothing_below_and_for_what_they_lost_above() {
    // Longs entered at 1.1, 1408 in all: at 1 − 1/128 they are worth 1270 and have lost 138.
    assert_eq!(worth(&market([(1_280, 1_408), (0, 0)]), 0), (1_000, 1_138));
    // All of 2560 but 1270: however much it is, nobody knows that it is lost for good.
    assert_eq!(worth(&market([(1_280, 2_560), (0, 0)]), 0), (1_000, 2_290));
    // Shorts that sold for 1100 have lost 180 and up to 10 more.
    assert_eq!(worth(&market([(0, 0), (1_280, 1_100)]), 0), (1_000, 1_190));
    // Both have lost 200; the interval moves what one has lost to the other.
    assert_eq!(worth(&market([(1_280, 1_480), (1_280, 1_080)]), 0), (1_000, 1_400));
}

#[test]
fn winners_are_paid_by_losers_of_the_same_market_alone() {
    // Longs have lost 1280 and shorts won 1290: nothing is left of the loss, and the shorts take nothing of the backing in the upper
    // value.
    assert_eq!(worth(&market([(1_280, 2_560), (1_280, 2_570)]), 0), (0, 1_000));
    // Half as many shorts that won 560: at the lower end, 1270 of 2560 and 635 of 1200, 1290 less 565 are left.
    assert_eq!(worth(&market([(1_280, 2_560), (640, 1_200)]), 0), (435, 1_725));
    // 480 longs won 60, 63.75 at the upper end; 1280 shorts lost 180, 190 there: 126.25 are left of it.
    assert_eq!(worth(&market([(480, 420), (1_280, 1_100)]), 0), (936, 1_127));
}

#[test]
fn attack_a_new_position_does_not_guarantee_a_loss_that_nobody_can_collect() {
    // 1280 longs lost all but nothing of 2560, 1280 shorts won as much: 1000 of backing are owed and more.
    let after_a_gap = market([(1_280, 2_560), (1_280, 2_560)]);
    assert_eq!(worth(&after_a_gap, 0).0, 0);
    // 100 000 more longs, entered at the present price, would be good for 3 % of it: 3000, and the pool would seem to be
    // worth 1000 more to whoever leaves now.
    let guaranteed = market([(101_280, 102_560), (1_280, 2_560)]);
    assert_eq!(worth(&guaranteed, 0).0, 0);
}

#[test]
fn claims_are_owed_debts_may_be_paid_and_the_claims_reserve_is_there() {
    let mut market = market(FLAT);
    market.ledger.claims = atoms(300);
    market.ledger.claims_reserve = atoms(100);
    market.ledger.debts = atoms(50);
    // Below: 1000 − (300 − 100); above: 50 more.
    assert_eq!(worth(&market, 0), (800, 850));
    // A market under water costs the pool no more than its backing.
    market.ledger.claims = atoms(5_000);
    assert_eq!(worth(&market, 0), (0, 0));
}

#[test]
fn funding_that_is_not_settled_is_owed_below_and_may_be_paid_above() {
    // 8192 · 2^-40 atoms per base unit: 2^30 longs owe 8 atoms.
    let mut market = market([(1 << 30, 1 << 30), (0, 0)]);
    market.price.confidence = Price::ZERO;
    assert_eq!(worth(&market, 0), (1_000, 1_000));
    market.ledger.sides[0].funding_index = FundingIndex::new(8_192);
    assert_eq!(worth(&market, 0), (1_000, 1_008));
    // What the backing owes lowers both: receivers' 8 atoms.
    market.ledger.sides[0].funding_index = FundingIndex::new(-8_192);
    assert_eq!(worth(&market, 0), (992, 992));
    // Of what one side pays the other is owed its part.
    set_side(&mut market, Side::Short, 1 << 29, 1 << 29);
    market.ledger.sides[0].funding_index = FundingIndex::new(8_192);
    market.ledger.sides[1].funding_index = FundingIndex::new(-4_096);
    assert_eq!(worth(&market, 0), (1_000, 1_006));
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
    let certain = Market { price: PriceCache { confidence: Price::ZERO, ..market.price }, ..market };
    assert_eq!(worth(&certain, 14), (1 << 40, 1 << 40));
    // Dead it may lie anywhere within 15 %, and after a year within half.
    let mut dead = market;
    dead.price.outage_since = at(0).now;
    let (fresh, dead_today, dead_for_a_year) = (worth(&market, 0), worth(&dead, 300), worth(&dead, 31_557_600));
    assert!(dead_today.0 < fresh.0 && fresh.1 < dead_today.1);
    assert!(dead_for_a_year.0 < dead_today.0);
    assert!(dead_today.1 < dead_for_a_year.1);
}

#[test]
fn without_a_fresh_price_a_market_counts_at_its_range() {
    let stale = market([(1_280, 1_280), (0, 0)]);
    assert_eq!(worth(&stale, 15), (990, 1_010));
    // From 0.85 to 1.15: longs have won 192 and a little at the upper end or lost as much at the lower.
    assert_eq!(worth(&stale, 16), (807, 1_193));
    let mut dead = stale;
    dead.price.outage_since = at(0).now;
    assert_eq!((worth(&dead, 299), worth(&dead, 300)), ((807, 1_193), (807, 1_193)));
    // Nor is a price fresh by a clock that is not believed.
    let mut behind = stale;
    behind.price.clock_distrusted_until = at(60).now;
    assert_eq!(worth(&behind, 0), (807, 1_193));
    // Without positions no price matters, however long the outage; a final price is one for ever.
    let mut flat = market(FLAT);
    flat.price.outage_since = at(0).now;
    assert_eq!(worth(&flat, 300), (1_000, 1_000));
    let settlement = Settlement { moved_at: at(0).now, price: Price::new(ONE), ..Settlement::default() };
    assert_eq!(worth(&Market { settlement, ..stale }, 1_000_000), (1_000, 1_000));
}

#[test]
fn the_largest_market_can_be_valued_at_every_price() {
    // 2^50 base units a side at 2^50 are 2^60 atoms; sides that entered for nothing or for the most there can be.
    let largest = MAX_OPEN_INTEREST;
    for entries in [[0, 0], [MAX_OPEN_NOTIONAL, 0], [0, MAX_OPEN_NOTIONAL], [MAX_OPEN_NOTIONAL; 2]] {
        let market = market([(largest, entries[0]), (largest, entries[1])]);
        for (low, high) in [(0, MAX_PRICE), (0, 1), (MAX_PRICE - 1, MAX_PRICE), (ONE, ONE)] {
            let range = PriceRange::between(Price::new(low), Price::new(high));
            let value = MarketValue::of(&market.ledger, &market.parameters, range).unwrap();
            assert!(value.lower <= value.upper);
        }
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
    let spread = i128::from(confidence_of_ceil(market.price.confidence, &market.parameters).unwrap().get());
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
        let (low, high) = worth(&market, 0);
        let (low, high) = (i128::from(low), i128::from(high));
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
    assert!(i128::from(worth(&market, 0).1) >= at_one, "{} of {at_one}", worth(&market, 0).1);
}
