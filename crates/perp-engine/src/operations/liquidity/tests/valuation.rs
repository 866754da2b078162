//! What a market is worth to whoever leaves and to whoever enters, and what is unsettled in it.

use super::*;
use crate::fixtures::PRICE;
use crate::market::price::confidence_of_ceil;
use crate::market::range::PriceRange;
use crate::state::{LastEpoch, MarketLedger, PriceCache, Settlement};
use crate::units::{FundingIndex, QuoteX40, MAX_ATOMS, MAX_OPEN_INTEREST, MAX_OPEN_NOTIONAL, MAX_PRICE, X40_PER_ATOM};
use bytemuck::Zeroable;
use proptest::prelude::*;
use std::vec::Vec;

/// The market once the pool has placed all that is there.
fn placed(market: &Market) -> Market {
    let ledger = MarketLedger { net_principal: market.ledger.backing, ..market.ledger };
    Market { ledger, ..*market }
}

/// What is left for whoever leaves and what is unsettled, so many seconds later; whoever enters pays for the backing.
fn worth(market: &Market, seconds_later: i64) -> (u64, u64) {
    let value = MarketValue::now(&placed(market), &Pool::zeroed(), at(seconds_later).now).unwrap();
    assert_eq!(value.upper, market.ledger.backing);
    (value.lower.get(), value.unsettled.get())
}

#[test]
fn without_positions_a_market_is_worth_its_backing() {
    assert_eq!(worth(&market(FLAT), 0), (1_000, 0));
}

#[test]
fn longs_make_the_pool_worth_least_at_the_upper_price() {
    // 1280 longs that entered at 1: at 1 + 1/128 they have gained 10, at 1 − 1/128 lost 10.
    assert_eq!(worth(&market([(1_280, 1_280), (0, 0)]), 0), (990, 10));
}

#[test]
fn shorts_mirror_longs_and_winners_are_owed_before_losers_have_paid() {
    assert_eq!(worth(&market([(0, 0), (1_280, 1_280)]), 0), (990, 10));
    // Matched: whichever way it moves, one side is owed 10, whether or not the other can pay them.
    assert_eq!(worth(&market([(1_280, 1_280), (1_280, 1_280)]), 0), (990, 10));
    // 1280 longs against 640 shorts: at the upper price the longs are owed 10, at the lower the shorts 5.
    assert_eq!(worth(&market([(1_280, 1_280), (640, 640)]), 0), (990, 10));
}

#[test]
fn losers_count_for_nothing_and_what_they_lost_is_unsettled_up_to_a_tenth_of_the_backing() {
    // Longs entered for 1340 in all: at 1 − 1/128 they are worth 1270 and have lost 70.
    assert_eq!(worth(&market([(1_280, 1_340), (0, 0)]), 0), (1_000, 70));
    // All of 2560 but 1270 are 1290: more than 100, a tenth of the backing, says nothing more.
    assert_eq!(worth(&market([(1_280, 2_560), (0, 0)]), 0), (1_000, 100));
    // Of 1370, exactly a tenth at the lower end; of 1369 an atom less.
    assert_eq!(worth(&market([(1_280, 1_370), (0, 0)]), 0), (1_000, 100));
    assert_eq!(worth(&market([(1_280, 1_369), (0, 0)]), 0), (1_000, 99));
    // Of a backing of 9 a tenth is nothing whole, and of 10 an atom.
    for (backing, unsettled) in [(0, 0), (9, 0), (10, 1), (19, 1), (20, 2)] {
        let mut market = market([(1_280, 2_560), (0, 0)]);
        market.ledger.backing = atoms(backing);
        assert_eq!(worth(&market, 0), (backing, unsettled));
    }
    // Shorts that sold for 1200 have lost 80 and up to 10 more.
    assert_eq!(worth(&market([(0, 0), (1_280, 1_200)]), 0), (1_000, 90));
    // Both have lost 40; the interval moves what one has lost to the other.
    assert_eq!(worth(&market([(1_280, 1_320), (1_280, 1_240)]), 0), (1_000, 80));
}

#[test]
fn winners_take_of_the_backing_whatever_losers_of_their_market_owe() {
    // Longs have lost 1280 and shorts won 1290, 10 more at an end: nothing is left for whoever leaves, and a tenth says so.
    assert_eq!(worth(&market([(1_280, 2_560), (1_280, 2_570)]), 0), (0, 100));
    // Half as many shorts that won 560, 565 at the lower end.
    assert_eq!(worth(&market([(1_280, 1_960), (640, 1_200)]), 0), (435, 100));
    // 480 longs won 60, 63.75 at the upper end; 1280 shorts lost 130, 140 there: 76.25 are left of it, more than what is owed.
    assert_eq!(worth(&market([(480, 420), (1_280, 1_150)]), 0), (936, 77));
    // 1280 longs that won 1180, more than there is, and no loser.
    assert_eq!(worth(&market([(1_280, 100), (0, 0)]), 0), (0, 100));
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
fn claims_are_owed_debts_count_for_nothing_and_both_are_unsettled() {
    let mut market = market(FLAT);
    market.ledger.claims = atoms(300);
    market.ledger.claims_reserve = atoms(100);
    market.ledger.debts = atoms(50);
    // 1000 − (300 − 100) are left; the 200, of which a tenth of the backing counts, are owed whether or not 50 that are lost are paid.
    assert_eq!(worth(&market, 0), (800, 100));
    // A market under water costs the pool no more than its backing.
    market.ledger.claims = atoms(5_000);
    assert_eq!(worth(&market, 0), (0, 100));
    // Debts of any size are nobody's gain, and no more than a tenth either.
    (market.ledger.claims, market.ledger.claims_reserve) = (Atoms::ZERO, Atoms::ZERO);
    for (debts, unsettled) in [(50, 50), (99, 99), (100, 100), (101, 100), (MAX_ATOMS, 100)] {
        market.ledger.debts = atoms(debts);
        assert_eq!(worth(&market, 0), (1_000, unsettled));
    }
    // Claims and debts as large are what traders owe one another: but a claim has to be paid first.
    (market.ledger.claims, market.ledger.debts) = (atoms(MAX_ATOMS / 2), atoms(MAX_ATOMS / 2));
    assert_eq!(worth(&market, 0), (0, 100));
}

#[test]
fn attack_sums_that_leave_their_range_are_more_than_any_backing_and_fail_nothing() {
    // One more than there can be together: claims, or debts beside the backing, or winners and claims.
    let longs_won = [(1_280, 0), (0, 0)];
    for (sides, claims, debts) in [(longs_won, MAX_ATOMS, 0), (FLAT, MAX_ATOMS, 0), (longs_won, MAX_ATOMS - 1_270, 0)] {
        let mut market = market(sides);
        (market.ledger.claims, market.ledger.debts) = (atoms(claims), atoms(debts));
        assert_eq!(worth(&market, 0), (0, 100), "{claims} of claims");
    }
    for (sides, left) in [(FLAT, 1_000), ([(1_280, 1_280), (0, 0)], 990)] {
        let mut market = market(sides);
        market.ledger.debts = atoms(MAX_ATOMS);
        assert_eq!(worth(&market, 0), (left, 100));
    }
    // Both at once, whatever is owed to whom.
    let mut market = market(longs_won);
    (market.ledger.claims, market.ledger.debts) = (atoms(MAX_ATOMS), atoms(MAX_ATOMS));
    assert_eq!(worth(&market, 0), (0, 100));
    // A boundary has it like any other market.
    let mut pool = pool(5_000);
    keep(&mut pool, &mut market, 0);
    let valuation = value_market(&mut pool, &mut market, Some(&reading_from(0, -1)), &awaiting(BOUNDARY + 1));
    assert!(matches!(valuation, Ok(Valuation::Valued { .. })), "{valuation:?}");
    let Epoch { lower, upper, unsettled, valued, .. } = pool.epoch;
    assert_eq!((lower, upper, unsettled, valued), (atoms(5_000), atoms(6_000), atoms(100), 1));
}

#[test]
fn funding_that_the_backing_owes_is_taken_off_and_what_it_is_owed_counts_for_nothing() {
    // 8192 · 2^-40 atoms per base unit: 2^30 longs owe 8 atoms.
    let mut market = market([(1 << 30, 1 << 30), (0, 0)]);
    market.price.confidence = Price::ZERO;
    assert_eq!(worth(&market, 0), (1_000, 0));
    market.ledger.sides[0].funding_index = FundingIndex::new(8_192);
    assert_eq!(worth(&market, 0), (1_000, 8));
    // Receivers' 8 atoms are owed by the backing.
    market.ledger.sides[0].funding_index = FundingIndex::new(-8_192);
    assert_eq!(worth(&market, 0), (992, 8));
    // Of what one side pays the other is owed its part.
    set_side(&mut market, Side::Short, 1 << 29, 1 << 29);
    market.ledger.sides[0].funding_index = FundingIndex::new(8_192);
    market.ledger.sides[1].funding_index = FundingIndex::new(-4_096);
    assert_eq!(worth(&market, 0), (1_000, 6));
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
    assert_eq!(worth(&certain, 14), (1 << 40, 0));
    // Dead it may lie anywhere within 15 %, and after a year within half.
    let mut dead = market;
    dead.price.outage_since = at(0).now;
    let (fresh, dead_today, dead_for_a_year) = (worth(&market, 0), worth(&dead, 300), worth(&dead, 31_557_600));
    assert!(dead_today.0 < fresh.0 && fresh.1 < dead_today.1);
    assert!(dead_for_a_year.0 < dead_today.0);
    // Both are more than a tenth.
    assert_eq!((dead_today.1, dead_for_a_year.1), ((1 << 40) / 10, (1 << 40) / 10));
}

#[test]
fn without_a_fresh_price_a_market_counts_at_its_range() {
    let stale = market([(1_280, 1_280), (0, 0)]);
    assert_eq!(worth(&stale, 15), (990, 10));
    // From 0.85 to 1.15: longs have won 192 and a little at the upper end or lost as much at the lower.
    assert_eq!(worth(&stale, 16), (807, 100));
    let mut dead = stale;
    dead.price.outage_since = at(0).now;
    assert_eq!((worth(&dead, 299), worth(&dead, 300)), ((807, 100), (807, 100)));
    // Nor is a price fresh by a clock that is not believed.
    let mut behind = stale;
    behind.price.clock_distrusted_until = at(60).now;
    assert_eq!(worth(&behind, 0), (807, 100));
    // Without positions no price matters, however long the outage; a final price is one for ever.
    let mut flat = market(FLAT);
    flat.price.outage_since = at(0).now;
    assert_eq!(worth(&flat, 300), (1_000, 0));
    let settlement = Settlement { moved_at: at(0).now, price: Price::new(ONE), ..Settlement::default() };
    assert_eq!(worth(&Market { settlement, ..stale }, 1_000_000), (1_000, 0));
}

#[test]
fn the_largest_market_can_be_valued_at_every_price() {
    // 2^50 base units a side at 2^50 are 2^60 atoms; sides that entered for nothing or for the most there can be.
    let largest = MAX_OPEN_INTEREST;
    for entries in [[0, 0], [MAX_OPEN_NOTIONAL, 0], [0, MAX_OPEN_NOTIONAL], [MAX_OPEN_NOTIONAL; 2]] {
        let market = market([(largest, entries[0]), (largest, entries[1])]);
        for (low, high) in [(0, MAX_PRICE), (0, 1), (MAX_PRICE - 1, MAX_PRICE), (ONE, ONE)] {
            let range = PriceRange::between(Price::new(low), Price::new(high));
            let value = MarketValue::of(&market.ledger, atoms(MAX_ATOMS), range).unwrap();
            assert!(value.lower <= value.upper && value.unsettled.get() <= value.upper.get() / 10);
        }
    }
}

#[test]
fn of_a_backing_no_more_counts_than_is_placed_or_its_cap_allows_of_the_pools_cash() {
    // Of 12 000 that 6000 shares cost by the last close, at which 3000 cost 6000, and a cap of a half: 6000 and a fifth more.
    let last = LastEpoch { upper: atoms(6_000), shares: atoms(3_000), ..LastEpoch::default() };
    let pool = Pool { last, ..free_pool(0, 6_000) };
    let counted = |backing, placed| {
        let mut market = market(FLAT);
        market.parameters.backing_cap = Ppm::new(500_000);
        (market.ledger.backing, market.ledger.net_principal) = (atoms(backing), atoms(placed));
        let value = MarketValue::now(&market, &pool, at(0).now).unwrap();
        // Neither who enters nor who leaves counts on more.
        assert_eq!(value.lower, value.upper);
        (value.upper.get(), value.unsettled.get())
    };
    assert_eq!([counted(1, 0), counted(7_200, 0)], [(1, 0), (7_200, 0)]);
    // Of what is beyond nobody knows whether it stays.
    assert_eq!([counted(7_201, 0), counted(8_000, 0)], [(7_200, 1), (7_200, 720)]);
    // By now there are 50 000, half of which is 25 000.
    assert_eq!(counted(50_000, 0), (30_000, 3_000));
    // What is placed there counts in any case, as far as it is there.
    assert_eq!(
        [counted(8_000, 8_000), counted(5_000, 8_000), counted(8_002, 8_001)],
        [(8_000, 0), (5_000, 0), (8_001, 1)]
    );
}

#[test]
fn a_cap_of_more_than_there_are_atoms_counts_all_of_a_backing() {
    // A fifth more than all of 2^62 - 1000 is more than 2^62, and so is 2^62 by the last close, to whose every share there are two now.
    let last = |upper, shares| LastEpoch { upper: atoms(upper), shares: atoms(shares), ..LastEpoch::default() };
    let [by_cash, by_close] = [free_pool(MAX_ATOMS - 1_000, 1), free_pool(0, 2)];
    let pools = [by_cash, Pool { last: last(MAX_ATOMS, 1), ..by_close }];
    for pool in pools {
        let mut market = market(FLAT);
        market.parameters.backing_cap = Ppm::ONE;
        let value = MarketValue::now(&market, &pool, at(0).now).unwrap();
        assert_eq!((value.lower, value.upper, value.unsettled), (atoms(1_000), atoms(1_000), Atoms::ZERO));
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

/// `(reserve − claims + debts − U_L − U_S) · 2^40`, exactly by its definition.
fn exact_gain(ledger: &MarketLedger, price: i128) -> i128 {
    let money = |amount: Atoms| i128::from(amount.get()) * X40_PER_ATOM;
    let [long, short] = exact_profit(ledger, price);
    money(ledger.claims_reserve) - money(ledger.claims) + money(ledger.debts) - long - short
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
    fn no_price_in_the_interval_leaves_less_or_more_unsettled_than_its_ends(market in any_market()) {
        let (low, unsettled) = worth(&market, 0);
        let (low, unsettled) = (i128::from(low), i128::from(unsettled));

        let certain: Vec<i128> = prices(&market).iter().map(|p| exact_certain(&market.ledger, *p)).collect();
        let least = (*certain.iter().min().unwrap()).max(0);
        prop_assert!(low * X40_PER_ATOM <= least, "a price is worse than the lower value");
        // Rounding costs an atom for each of two sides' profit, and no more.
        prop_assert!((low + 2) * X40_PER_ATOM >= least);

        let backing = i128::from(market.ledger.backing.get());
        let tenth = backing / 10 * X40_PER_ATOM;
        let gained = prices(&market).into_iter().map(|price| exact_gain(&market.ledger, price)).max().unwrap();
        let most = gained.max(backing * X40_PER_ATOM - least).min(tenth);
        prop_assert!(most <= unsettled * X40_PER_ATOM, "more than {unsettled} may be unsettled");
        prop_assert!((unsettled - 2) * X40_PER_ATOM <= most, "{unsettled} is not the most");
    }
}
