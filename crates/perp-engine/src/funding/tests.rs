use super::*;
use crate::fixtures::{at, base, publish, set_side, sol_market, sol_parameters, NOW, PRICE, SOL, USDC};
use crate::solvency::pending_funding;
use crate::status::StoredStatus;
use crate::units::products::funding_owed;
use crate::units::Ppm;
use proptest::prelude::*;

/// Full skew at 100 base units, velocity 16 and rates up to 100 (all in 2^-60).
fn small_parameters() -> Parameters {
    Parameters {
        impact_scale: Size::new(1_000),
        impact_limit: Ppm::new(100_000),
        funding_velocity: 16,
        funding_rate_cap: 100,
        ..sol_parameters()
    }
}

fn path(rate: i64, skew: i64, seconds: u64) -> RatePath {
    rate_path(rate, base(skew), &small_parameters(), seconds).unwrap()
}

const LONG: Side = Side::Long;
const SHORT: Side = Side::Short;

#[test]
fn the_rate_builds_up_by_the_velocity_at_full_skew() {
    // 5 s · 16 = 80; twice the area of that triangle is 5 · (0 + 80) = 400.
    assert_eq!(path(0, 100, 5), RatePath { phases: [(LONG, 0), (LONG, 400)], end: 80 });
    // Twice the full skew is no faster.
    assert_eq!(path(0, 200, 5).end, 80);
    // Shorts pay where shorts dominate.
    assert_eq!(path(0, -100, 5), RatePath { phases: [(LONG, 0), (SHORT, 400)], end: -80 });
}

#[test]
fn the_rate_builds_up_in_proportion_to_the_skew() {
    // ⌊16 · 50/100⌋ = 8 a second: 10 → 50 in 5 s, 5 · (10 + 50) = 300.
    assert_eq!(path(10, 50, 5), RatePath { phases: [(LONG, 0), (LONG, 300)], end: 50 });
    // ⌊16 · 5/100⌋ = 0: the rate stays, 5 · (10 + 10) = 100.
    assert_eq!(path(10, 5, 5), RatePath { phases: [(LONG, 0), (LONG, 100)], end: 10 });
}

#[test]
fn the_rate_stops_at_its_cap() {
    // 6 s to 96: 6 · 96 = 576; one to 100: 196; three at 100: 600.
    assert_eq!(path(0, 100, 10), RatePath { phases: [(LONG, 0), (LONG, 576 + 196 + 600)], end: 100 });
    // A rate above a lowered cap counts as the cap at once.
    assert_eq!(path(500, 100, 3), RatePath { phases: [(LONG, 0), (LONG, 600)], end: 100 });
    assert_eq!(path(-500, -100, 3), RatePath { phases: [(SHORT, 0), (SHORT, 600)], end: -100 });
}

#[test]
fn an_opposing_skew_returns_the_rate_to_zero_four_times_as_fast() {
    // 4 · 16 · 50/100 = 32 a second: 100 → 4 in 3 s, 3 · 104 = 312.
    assert_eq!(path(100, -50, 3), RatePath { phases: [(LONG, 312), (LONG, 0)], end: 4 });
    // The fourth second ends at zero: 312 + 4.
    assert_eq!(path(100, -50, 4), RatePath { phases: [(LONG, 316), (SHORT, 0)], end: 0 });
    // Two more build up 8 a second for the other side: 2 · (0 + 16) = 32.
    assert_eq!(path(100, -50, 6), RatePath { phases: [(LONG, 316), (SHORT, 32)], end: -16 });
    // And mirrored.
    assert_eq!(path(-100, 50, 6), RatePath { phases: [(SHORT, 316), (LONG, 32)], end: 16 });
}

#[test]
fn a_rate_that_crosses_zero_goes_on_to_the_cap() {
    // Zero after 4 s (316), then 8 a second: 12 s to 96 (12 · 96 = 1152), one to 100 (196), three there (600).
    assert_eq!(path(100, -50, 20), RatePath { phases: [(LONG, 316), (SHORT, 1_948)], end: -100 });
}

#[test]
fn without_skew_the_rate_returns_to_zero_at_a_quarter_of_the_velocity_and_stays() {
    // 16/4 = 4 a second: 25 s from 100 to 0, 25 · 100 = 2500.
    assert_eq!(path(100, 0, 10), RatePath { phases: [(LONG, 10 * 160), (LONG, 0)], end: 60 });
    assert_eq!(path(100, 0, 25), RatePath { phases: [(LONG, 2_500), (LONG, 0)], end: 0 });
    assert_eq!(path(-100, 0, 1_000), RatePath { phases: [(SHORT, 2_500), (SHORT, 0)], end: 0 });
    assert_eq!(path(0, 0, 1_000), RatePath { phases: [(LONG, 0), (LONG, 0)], end: 0 });
    // An opposing skew of one hundredth is as slow: 4 · 16/100 = 0.64 < 4.
    assert_eq!(path(100, -1, 10).end, 60);
}

/// A market with these open interests, a price of 2^40 and a rate that neither skew nor cap moves.
fn market_with(long: u64, short: u64, rate: i64) -> Market {
    let mut market = sol_market();
    market.parameters.funding_velocity = 0;
    market.parameters.carry_rate = 0;
    market.books.funding_rate = rate;
    publish(&mut market, 1 << 40, 0);
    set_side(&mut market, LONG, long, 0);
    set_side(&mut market, SHORT, short, 0);
    market
}

fn accrue(market: &Market, seconds_later: i64) -> FundingPlan {
    let mut fresh = *market;
    publish(&mut fresh, market.price.price.get(), seconds_later);
    plan_funding(&fresh, Status::Active, Timestamp::NEVER, at(seconds_later)).unwrap()
}

fn indices(books: &Books) -> [i64; 2] {
    books.sides.map(|side| side.funding_index.get())
}

#[test]
fn payers_pay_what_receivers_and_the_backing_get() {
    // A rate of 2^29 for 8 s at a price of 2^40: 2^(29 + 3 + 40 − 60) = 4096 per base unit.
    // 1000 longs owe 4 096 000; 3000 shorts are owed ⌊4096 · 1/3⌋ = 1365 each, 4 095 000; the backing keeps 1000.
    let market = market_with(1_000, 3_000, 1 << 29);
    let plan = accrue(&market, 8);
    assert_eq!(indices(&plan.books), [4_096, -1_365]);
    assert_eq!(pending_funding(&plan.books).unwrap().get(), 1_000);
    assert_eq!((plan.seconds, plan.rate_before), (8, 1 << 29));

    // Three times as many payers as receivers: each receiver gets the payers' rate, the backing two thirds.
    let plan = accrue(&market_with(3_000, 1_000, 1 << 29), 8);
    assert_eq!(indices(&plan.books), [4_096, -4_096]);
    assert_eq!(pending_funding(&plan.books).unwrap().get(), 4_096 * 2_000);

    // Shorts pay a negative rate.
    let plan = accrue(&market_with(3_000, 1_000, -(1 << 29)), 8);
    assert_eq!(indices(&plan.books), [-1_365, 4_096]);
}

#[test]
fn with_nobody_to_receive_the_backing_keeps_all_and_with_nobody_to_pay_nobody_receives() {
    let plan = accrue(&market_with(1_000, 0, 1 << 29), 8);
    assert_eq!(indices(&plan.books), [4_096, 0]);
    assert_eq!(pending_funding(&plan.books).unwrap().get(), 4_096_000);

    let plan = accrue(&market_with(0, 1_000, 1 << 29), 8);
    assert_eq!(indices(&plan.books), [0, 0]);
    assert_eq!(plan.books.funding_time, at(8).now);
}

#[test]
fn what_is_below_one_unit_is_carried() {
    // 2^17 · 2^40 / 2^60 = 2^-3 a second: nothing for seven seconds, one in the eighth.
    let mut market = market_with(1_000, 1_000, 1 << 17);
    for second in 1..8 {
        market.books = accrue(&market, second).books;
        assert_eq!(indices(&market.books), [0, 0]);
    }
    assert_eq!(market.books.funding_fraction, 7 << 58);
    market.books = accrue(&market, 8).books;
    assert_eq!(indices(&market.books), [1, -1]);
    assert_eq!(market.books.funding_fraction, 0);
}

#[test]
fn both_sides_pay_carry_in_proportion_to_their_open_interest() {
    let mut market = market_with(1_000, 500, 0);
    market.parameters.open_interest_cap = Size::new(2_000);
    market.parameters.carry_rate = 1 << 30;
    // Longs at half the cap: 2^29 · 8 s · 2^40 / 2^60 = 4096 each; shorts at a quarter: 2048.
    let plan = accrue(&market, 8);
    assert_eq!(indices(&plan.books), [4_096, 2_048]);
    assert_eq!(pending_funding(&plan.books).unwrap().get(), 4_096 * 1_000 + 2_048 * 500);

    // A cap lowered to a tenth of the longs does not raise the rate above its full value: 2^30 · 8 · 2^40 / 2^60 = 8192.
    market.parameters.open_interest_cap = Size::new(100);
    assert_eq!(indices(&accrue(&market, 8).books), [8_192, 8_192]);
}

#[test]
fn an_hour_at_the_largest_rate_costs_a_thousandth() {
    // 1 SOL long at $250 and 0.1 % an hour: $0.25.
    let mut market = sol_market();
    market.parameters.carry_rate = 0;
    set_side(&mut market, LONG, SOL, 250 * USDC);
    market.books.funding_rate = i64::try_from(market.parameters.funding_rate_cap).unwrap();
    market.parameters.funding_velocity = 0;
    let plan = accrue(&market, 3_600);
    let owed = pending_funding(&plan.books).unwrap();
    assert_eq!(owed.amount_ceil().unwrap().get(), 250_000);
    assert!(owed.amount_floor().unwrap().get() >= 249_999);
}

#[test]
fn half_an_hour_of_full_skew_moves_the_rate_as_the_velocity_says() {
    // Full skew is 0.4 % · 20 000 000 SOL = 80 000 SOL: 9.6 % a day per day for 1800 s is 0.2 % a day, and half of
    // that on average over a 48th of a day costs 0.2 % / 96 of $250 · 80 000 = $20 000 000: $416.67.
    let mut market = sol_market();
    set_side(&mut market, LONG, 80_000 * SOL, 20_000_000 * USDC);
    market.parameters.carry_rate = 0;
    let plan = accrue(&market, 1_800);
    let owed = pending_funding(&plan.books).unwrap().amount_floor().unwrap().get();
    assert!((416_660_000..=416_670_000).contains(&owed), "{owed}");
}

#[test]
fn one_accrual_covers_at_most_the_cap() {
    let market = market_with(1_000, 3_000, 1 << 29);
    let plan = accrue(&market, 5 * 3_600);
    assert_eq!(plan.seconds, 3_600);
    assert_eq!(indices(&plan.books), indices(&accrue(&market, 3_600).books));
    // What is beyond it is gone, not charged by the next accrual.
    assert_eq!(plan.books.funding_time, at(5 * 3_600).now);
}

#[test]
fn time_that_stands_still_or_runs_backwards_changes_nothing() {
    let market = market_with(1_000, 3_000, 1 << 29);
    for seconds in [0, -1, -3_600] {
        let plan = plan_funding(&market, Status::Active, Timestamp::NEVER, at(seconds)).unwrap();
        assert_eq!((plan.books, plan.seconds), (market.books, 0));
    }
}

#[test]
fn the_first_accrual_only_starts_the_clock() {
    let mut market = market_with(1_000, 3_000, 1 << 29);
    market.books.funding_time = Timestamp::NEVER;
    let plan = accrue(&market, 20);
    assert_eq!(plan.seconds, 0);
    assert_eq!(plan.books, Books { funding_time: at(20).now, ..market.books });
}

#[test]
fn without_a_usable_price_nothing_accrues_and_the_time_is_kept() {
    let market = market_with(1_000, 3_000, 1 << 29);
    let stale = plan_funding(&market, Status::Active, Timestamp::NEVER, at(61));
    assert_eq!(stale, Err(EngineError::PriceStale { age: 61, allowed: 60 }));
    let kept = accrue_if_possible(&market, Status::Active, Timestamp::NEVER, at(61));
    assert_eq!(kept, Ok(market.books));

    let mut unusable = market;
    unusable.price.newest_published = at(10).now;
    let refused = plan_funding(&unusable, Status::Active, Timestamp::NEVER, at(10));
    assert_eq!(refused, Err(EngineError::MarketUnusable { market: 0 }));
    let kept = accrue_if_possible(&unusable, Status::Active, Timestamp::NEVER, at(10));
    assert_eq!(kept, Ok(market.books));

    assert_eq!(accrue(&market, 120).seconds, 120);
    let fresh = accrue_if_possible(&market, Status::Active, Timestamp::NEVER, at(60));
    assert_eq!(fresh, Ok(plan_funding(&market, Status::Active, Timestamp::NEVER, at(60)).unwrap().books));
}

/// A status that ends by itself, and trading is active again.
fn ending(status: Status, until: i64) -> StoredStatus {
    StoredStatus { until: at(until).now, current: status as u8, ..StoredStatus::lasting(Status::Active) }
}

/// The market paused `from` until `until`, accrued when it was paused as every change of status does.
fn paused(market: &Market, from: i64, until: i64) -> Market {
    let books = accrue(market, from).books;
    Market { books, status: ending(Status::Paused, until), ..*market }
}

#[test]
fn a_pause_that_ends_by_itself_accrues_nothing() {
    // 8 s before the pause, 600 s of it, 8 s after: as much as 16 s without it.
    let market = market_with(1_000, 1_000, 1 << 29);
    let during = paused(&market, 8, 608);
    let refused = plan_funding(&during, Status::Active, Timestamp::NEVER, at(300));
    assert_eq!(refused, Err(EngineError::Paused));
    let after = accrue(&during, 616);
    assert_eq!(after.seconds, 8);
    assert_eq!(indices(&after.books), indices(&accrue(&market, 16).books));
    assert_eq!(after.books.funding_rate, 1 << 29);
}

#[test]
fn a_pause_that_somebody_lifts_accrues_nothing() {
    let market = market_with(1_000, 1_000, 1 << 29);
    let during = paused(&market, 8, 86_400);
    let books = accrue_if_possible(&during, Status::Active, Timestamp::NEVER, at(608)).unwrap();
    let lifted = Market { books, status: StoredStatus::lasting(Status::Active), ..during };
    let after = accrue(&lifted, 616);
    assert_eq!(after.seconds, 8);
    assert_eq!(indices(&after.books), indices(&accrue(&market, 16).books));
}

#[test]
fn a_pause_that_ended_by_itself_is_dropped_also_while_no_price_is_usable() {
    // Paused from 8 to 608 s; at 1000 s the price is stale and the status is set to active, which erases the end of the
    // pause. At 1016 s 408 s have passed since it.
    let market = market_with(1_000, 1_000, 1 << 29);
    let during = paused(&market, 8, 608);
    let books = accrue_if_possible(&during, Status::Active, Timestamp::NEVER, at(1_000)).unwrap();
    assert_eq!(indices(&books), indices(&during.books));
    let active = Market { books, status: StoredStatus::lasting(Status::Active), ..during };
    assert_eq!(accrue(&active, 1_016).seconds, 408);
}

#[test]
fn a_pause_of_the_exchange_accrues_nothing() {
    let market = market_with(1_000, 1_000, 1 << 29);
    let refused = plan_funding(&market, Status::Paused, Timestamp::NEVER, at(8));
    assert_eq!(refused, Err(EngineError::Paused));
    let mut after = market;
    publish(&mut after, 1 << 40, 616);
    let plan = plan_funding(&after, Status::Active, at(608).now, at(616)).unwrap();
    assert_eq!(plan.seconds, 8);
    // A pause that ended before the last accrual is history.
    let plan = plan_funding(&after, Status::Active, at(-608).now, at(616)).unwrap();
    assert_eq!(plan.seconds, 616);
}

#[test]
fn reduce_only_accrues_like_active_and_its_end_drops_nothing() {
    let market = market_with(1_000, 1_000, 1 << 29);
    let limited = Market { status: ending(Status::ReduceOnly, 8), ..market };
    assert_eq!(accrue(&limited, 4).seconds, 4);
    assert_eq!(accrue(&limited, 16).seconds, 16);
}

#[test]
fn an_index_at_its_end_stops_accruing_and_stops_nothing_else() {
    let mut market = market_with(1_000, 0, 1 << 29);
    market.books.sides[0].funding_index = FundingIndex::new((1 << 60) - 1);
    publish(&mut market, 1 << 40, 8);
    let refused = plan_funding(&market, Status::Active, Timestamp::NEVER, at(8));
    assert_eq!(refused, Err(EngineError::Overflow));
    // Whoever closes, leaves the pool or pauses the market meets the books as they are, and the time is dropped.
    let books = accrue_if_possible(&market, Status::Active, Timestamp::NEVER, at(8)).unwrap();
    assert_eq!(books, Books { funding_time: at(8).now, ..market.books });
}

prop_compose! {
    /// Any market whose parameters are in range, with positions on both sides or one.
    fn any_market()(
        velocity in 0..=MAX_FUNDING_VELOCITY,
        cap in 0..=MAX_FUNDING_RATE,
        carry_part in 0u64..=100,
        rate_part in -100i64..=100,
        sizes in [prop_oneof![Just(0), 1u64..=1 << 30, 1u64..=1 << 56], prop_oneof![Just(0), 1u64..=1 << 30, 1u64..=1 << 56]],
        scale in 1u64..=1 << 56,
        price in 1u64..=1 << 50,
        fraction in 0u64..1 << 61,
    ) -> Market {
        let mut market = sol_market();
        publish(&mut market, price, 0);
        market.parameters = Parameters {
            funding_velocity: velocity,
            funding_rate_cap: cap,
            carry_rate: cap / 100 * carry_part,
            impact_scale: Size::new(scale),
            open_interest_cap: Size::new(1 << 56),
            funding_dt_cap: 86_400,
            ..sol_parameters()
        };
        market.books.funding_rate = i64::try_from(cap).unwrap() / 100 * rate_part;
        market.books.funding_fraction = fraction;
        set_side(&mut market, LONG, sizes[0], 0);
        set_side(&mut market, SHORT, sizes[1], 0);
        market
    }
}

proptest! {
    #[test]
    fn payers_owe_what_receivers_are_owed_and_the_rest(market in any_market(), seconds in 0i64..=86_400) {
        // Carry would hide a receiver who gets too much.
        let market = Market { parameters: Parameters { carry_rate: 0, ..market.parameters }, ..market };
        let plan = accrue(&market, seconds);
        let mut owed = 0i128;
        for side in Side::BOTH {
            let (before, after) = (market.books.side(side), plan.books.side(side));
            let change = after.funding_index.minus(before.funding_index).unwrap();
            owed += funding_owed(after.open_interest, change).unwrap().get();
        }
        prop_assert!(owed >= 0, "receivers are owed {} more than payers pay", -owed);
        // No cash moves.
        prop_assert_eq!(plan.books.backing, market.books.backing);
    }

    #[test]
    fn accruing_often_or_once_is_the_same(
        market in any_market(),
        steps in prop::collection::vec(1i64..=4_000, 1..20),
    ) {
        let mut often = market;
        let mut time = 0;
        for step in &steps {
            time += step;
            often.books = accrue(&often, time).books;
        }
        let once = accrue(&market, time).books;
        prop_assert_eq!(often.books.funding_rate, once.funding_rate);
        prop_assert_eq!(often.books.funding_fraction, once.funding_fraction);
        for side in Side::BOTH {
            let (many, one) = (often.books.side(side), once.side(side));
            prop_assert_eq!(many.carry_fraction, one.carry_fraction);
            // A payer pays the same to the bit; a receiver loses less than one unit a touch.
            let lost = many.funding_index.get() - one.funding_index.get();
            prop_assert!((0..=i64::try_from(steps.len()).unwrap()).contains(&lost), "{lost}");
            let larger = market.books.side(side).open_interest >= market.books.side(side.opposite()).open_interest;
            prop_assert!(lost == 0 || larger);
        }
    }

    #[test]
    fn the_closed_form_is_the_path_second_by_second(
        rate in -100i64..=100, skew in -150i64..=150, seconds in 0u64..=60,
    ) {
        let closed = path(rate, skew, seconds);
        let (mut stepped, mut doubled_areas) = (rate, [0u64; 2]);
        let speeds = speeds(Size::new(skew.unsigned_abs()), &small_parameters()).unwrap();
        for _ in 0..seconds {
            let opposed = stepped != 0 && stepped.signum() != skew.signum();
            let next = if opposed {
                stepped.signum() * (stepped.abs() - i64::try_from(speeds.returning).unwrap()).max(0)
            } else {
                (stepped + skew.signum() * i64::try_from(speeds.building).unwrap()).clamp(-100, 100)
            };
            let payer = if stepped + next < 0 { SHORT } else { LONG };
            doubled_areas[payer.index()] += (stepped + next).unsigned_abs();
            stepped = next;
        }
        prop_assert_eq!(closed.end, stepped);
        let area = |side| closed.phases.iter().filter(|phase| phase.0 == side).map(|phase| phase.1).sum::<u64>();
        prop_assert_eq!(doubled_areas, [area(LONG), area(SHORT)]);
    }

    #[test]
    fn one_accrual_moves_an_index_by_at_most_the_largest_rates(market in any_market(), seconds in 0i64..=200_000) {
        let plan = accrue(&market, seconds);
        let parameters = &market.parameters;
        let time = u128::from(seconds.unsigned_abs().min(86_400));
        let price = u128::from(market.price.price.get());
        let funding = (u128::from(parameters.funding_rate_cap) * time * price).div_ceil(1 << RATE_BITS);
        let carry = (u128::from(parameters.carry_rate) * time * price).div_ceil(1 << RATE_BITS);
        for side in Side::BOTH {
            let moved = plan.books.side(side).funding_index.minus(market.books.side(side).funding_index).unwrap();
            prop_assert!(u128::from(moved.get().unsigned_abs()) <= funding + carry);
        }
        prop_assert!(plan.books.funding_rate.unsigned_abs() <= parameters.funding_rate_cap);
        prop_assert!(plan.books.funding_time == Timestamp::new(NOW + seconds));
    }
}

#[test]
fn the_starting_parameters_agree_with_each_other() {
    assert_eq!(sol_parameters().validate(), Ok(()));
    assert_eq!(sol_market().price.price, Price::new(PRICE));
}
