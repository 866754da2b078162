//! What an armed order fills at, and what becomes of one that does not.

use super::*;
use crate::units::{QuoteX40, X40_PER_ATOM};

/// A buy of 10 SOL at the next price, placed at 0 s: it fills at the reading of 3 s.
fn buying(balance: u64) -> World {
    let mut world = World::with(balance);
    world.place(0, &[next_price(sol(10))]).unwrap();
    world
}

#[test]
fn an_order_fills_at_the_one_reading_of_its_moment() {
    // The readings of 2 s, 3 s and 4 s say $260, $250 and $240.
    let mut world = buying(10_000);
    let missing = Err(EngineError::NoFillReading { from: at(3).now.get(), until: at(13).now.get() });
    assert_eq!(world.clone().execute(5, 0, dollars(260, 2)), missing);
    assert_eq!(world.clone().execute(5, 0, dollars(240, 4)), missing);
    // One that does not name its predecessor is not known to be the one.
    assert_eq!(world.clone().execute(5, 0, reading(250 * FEED, 0, 3)), missing);
    let plan = world.filled(5, 0, dollars(250, 3));
    // $2500 and 4 bp.
    assert_eq!((plan.notional, plan.fill.fee), (QuoteX40::new(2_500_000_000 * X40_PER_ATOM), usdc(1)));
    assert_eq!((world.size(), world.account.balance, world.book.is_empty()), (10, usdc(9_999), true));
    assert_eq!(world.execute(5, 0, dollars(250, 3)), Err(EngineError::NoOrder));
}

#[test]
fn a_reading_after_a_gap_fills_it_up_to_ten_seconds_later() {
    // Nothing is published from 2 s to 13 s: the reading of 13 s is the one; a second later there is none.
    let after_gap = |seconds| dollars(250, seconds).with_previous(at(2).now.get());
    assert!(buying(10_000).execute(14, 0, after_gap(13)).is_ok());
    let missing = Err(EngineError::NoFillReading { from: at(3).now.get(), until: at(13).now.get() });
    assert_eq!(buying(10_000).execute(14, 0, after_gap(14)), missing);
    // It is handed in within 15 s of 3 s.
    assert!(buying(10_000).execute(18, 0, after_gap(13)).is_ok());
    assert_eq!(buying(10_000).execute(19, 0, after_gap(13)), Err(EngineError::OrderNotArmed));
}

#[test]
fn a_fill_pays_confidence_impact_and_fee_and_no_spread_for_age_or_volatility() {
    // As listed, and $0.10 of confidence at the reading.
    let mut world = World::with(10_000);
    world.market.parameters = crate::state::Parameters { future_tolerance: 2, ..crate::fixtures::sol_parameters() };
    world.place(0, &[next_price(sol(100))]).unwrap();
    let certain = |confidence| reading(250 * FEED, confidence, 3).with_previous(at(2).now.get());
    let plan = world.filled(9, 0, certain(10_000_000));
    // 100 · $0.10, in 2^-40 atoms rounded up by base unit: 10^11 · ⌈2^40 / 10 000⌉; impact 0.00025 SOL, $0.0625.
    let confidence = 100_000_000_000 * 109_951_163;
    assert_eq!(plan.fill.spread, QuoteX40::new(confidence));
    assert_eq!(plan.fill.impact().unwrap(), QuoteX40::new(62_500 * X40_PER_ATOM));
    assert_eq!(plan.fill.fee, usdc(10));
}

#[test]
fn what_the_market_has_learnt_since_changes_no_price() {
    // $250 of 3 s, and by 8 s the market is at $240: the fill is at $250, and its loss of $100 counts at once.
    let mut world = buying(10_000);
    world.post(dollars(250, 3), 4);
    world.post(dollars(240, 8), 8);
    let plan = world.filled(8, 0, dollars(250, 3));
    assert_eq!(plan.notional, QuoteX40::new(2_500_000_000 * X40_PER_ATOM));
    assert_eq!(world.market.price.price, price(240));
    // $9999 of balance, less $100.0000000004 since a price in the market's unit rounds down.
    assert_eq!(plan.after.equity.get(), 9_898_999_999);
}

#[test]
fn a_fill_worse_than_the_bound_leaves_the_order_waiting() {
    // A stop entry: bought above $260, at most at $265.
    let mut world = World::with(10_000);
    world.place(0, &[NewOrder { acceptable_price: price(265), ..above(260, sol(10)) }]).unwrap();
    world.arm(5, 0, Some(dollars(262, 5))).unwrap();
    let (outcome, lamports) = world.execute(9, 0, dollars(266, 8)).unwrap();
    assert_eq!((outcome, lamports), (OrderOutcome::Disarmed, OrderLamports::default()));
    assert_eq!((world.size(), world.account.balance), (0, usdc(10_000)));
    // It rests until 8 + 30, so that its owner can cancel it, and is armed by a later reading.
    assert_eq!(world.arm(38, 0, Some(dollars(262, 38))), Err(EngineError::OrderNotMet));
    world.arm(39, 0, Some(dollars(262, 39))).unwrap();
    world.filled(43, 0, dollars(264, 42));
    assert_eq!(world.size(), 10);
}

#[test]
fn a_next_price_order_that_is_worse_than_its_bound_or_not_filled_in_time_is_void() {
    let mut world = World::with(10_000);
    world.place(0, &[NewOrder { acceptable_price: price(250), lamports: 3 * TIP, ..next_price(sol(10)) }]).unwrap();
    let mut late = world;
    let (outcome, lamports) = world.execute(4, 0, dollars(251, 3)).unwrap();
    assert_eq!((outcome, lamports.returned), (OrderOutcome::Disarmed, 3 * TIP));
    assert!(world.book.is_empty());
    assert_eq!((late.sweep(18, 0), late.sweep(19, 0)), (Err(EngineError::OrderAlive), Ok(3 * TIP)));
}

#[test]
fn an_order_that_its_account_can_no_longer_bear_costs_what_it_has_lost() {
    // 100 SOL need $1260; the account has $1300. They would be bought at $250 while the market is at $240 already: of $290 nothing is
    // left of the 3 % of $24 000 that keep a position from being liquidated.
    let mut world = World::with(1_300);
    world.place(0, &[next_price(sol(100))]).unwrap();
    world.post(dollars(250, 3), 4);
    world.post(dollars(240, 5), 5);
    let (outcome, lamports) = world.execute(5, 0, dollars(250, 3)).unwrap();
    // 100 · $10.0000000004, as prices round down; a tenth of it the protocol's.
    assert_eq!(outcome, OrderOutcome::Forfeited { paid: Atoms::new(1_000_000_001) });
    assert_eq!((world.account.balance, world.size()), (Atoms::new(299_999_999), 0));
    // Nobody who could have brought it about has the rest.
    let ledger = &world.market.ledger;
    let (insurance, fees) = (Atoms::new(900_000_001), Atoms::new(100_000_000));
    assert_eq!((ledger.backing, ledger.insurance, ledger.protocol_fees), (usdc(1_000_000), insurance, fees));
    assert_eq!(world.account.counters.fees, world.market.ledger.counters.fees);
    // Whoever showed it is paid as for a fill.
    assert_eq!((lamports, world.book.is_empty()), (OrderLamports { tip: TIP, returned: 0 }, true));
}

#[test]
fn an_order_for_which_the_market_is_full_costs_what_it_has_lost() {
    // Somebody takes the open interest. At $250, at which it would have filled, that costs nothing; once the market is at $251 it costs what
    // a sale at $250 would have lost, and a buy nothing.
    let full = |amount: i64, newest: i64| {
        let mut world = World::with(10_000);
        world.place(0, &[next_price(sol(amount))]).unwrap();
        world.market.parameters.open_interest_cap = Size::new(99 * SOL);
        world.post(dollars(250, 3), 3);
        world.post(dollars(newest, 5), 5);
        match world.execute(5, 0, dollars(250, 3)).unwrap().0 {
            OrderOutcome::Forfeited { paid } => (paid, world.account.balance),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!([full(100, 250), full(100, 255)], [(Atoms::ZERO, usdc(10_000)); 2]);
    assert_eq!(full(-100, 255), (usdc(500), usdc(9_500)));
    // No more than there is.
    assert_eq!(full(-100, 500).1, Atoms::ZERO);
}

#[test]
fn a_fill_that_a_grace_refuses_costs_what_it_has_lost_and_takes_nothing_from_who_is_bankrupt_without_it() {
    // 100 SOL bought at $250, and 10 more ordered; the feed is back after a silence at $200, and $250 counts as well for two minutes.
    let left = |balance| {
        let mut world = World::holding(balance, 100);
        world.place(0, &[next_price(sol(10))]).unwrap();
        world.post(dollars(200, 5), 5);
        world.market.grace.price_before = price(250);
        world.market.grace.until = at(100).now;
        match world.execute(5, 0, dollars(250, 3)).unwrap().0 {
            OrderOutcome::Forfeited { .. } => world.account.balance,
            other => panic!("{other:?}"),
        }
    };
    // 6 000 − 100 · 50 = 1 000 of equity without the grace: 10 · 50 = 500 are taken, an atom more as prices round down.
    assert_eq!(left(6_000), Atoms::new(5_499_999_999));
    // 5 200 − 100 · 50 = 200, less an atom as equity rounds down, and no more than that is.
    assert_eq!(left(5_200), Atoms::new(5_000_000_001));
    // 4 000 − 100 · 50 = −1 000: what there is belongs to whom the account will owe it.
    assert_eq!(left(4_000), usdc(4_000));
}

#[test]
fn a_slice_that_its_market_cannot_bear_costs_what_it_has_lost_and_the_next_one_goes_on() {
    let mut world = World::with(10_000);
    world.place(0, &[NewOrder { slices: 3, seconds_between: 60, lamports: 3 * TIP, ..next_price(sol(10)) }]).unwrap();
    let cap = world.market.parameters.open_interest_cap;
    world.market.parameters.open_interest_cap = Size::new(9 * SOL);
    world.post(dollars(250, 4), 4);
    let (outcome, lamports) = world.execute(4, 0, dollars(250, 3)).unwrap();
    assert_eq!(outcome, OrderOutcome::Forfeited { paid: Atoms::ZERO });
    assert_eq!(lamports, OrderLamports { tip: TIP, returned: 0 });
    world.market.parameters.open_interest_cap = cap;
    // Due a minute after its moment, 3 + 60.
    assert_eq!(world.arm(62, 0, None), Err(EngineError::OrderNotMet));
    world.post(dollars(250, 63), 63);
    world.arm(63, 0, None).unwrap();
    world.filled(66, 0, dollars(250, 66));
    assert_eq!((world.size(), world.order(0).slices, world.order(0).lamports), (10, 1, TIP));
}

#[test]
fn an_order_that_nobody_keeps_from_filling_costs_nothing_where_it_does_not() {
    // A reading too wide to increase at, or to be a price.
    let mut world = buying(10_000);
    let wide = |confidence| reading(250 * FEED, confidence, 3).with_previous(at(2).now.get());
    let refused = world.clone().execute(5, 0, wide(130_000_000));
    assert_eq!(refused, Err(EngineError::PriceTooUncertain { confidence: 5_201, allowed: 5_000 }));
    let missing = EngineError::NoFillReading { from: at(3).now.get(), until: at(13).now.get() };
    assert_eq!(world.clone().execute(5, 0, wide(400_000_000)), Err(missing));
    assert_eq!((world.account.balance, world.sweep(19, 0)), (usdc(10_000), Ok(TIP)));
}

#[test]
fn an_order_in_a_market_that_is_restricted_meanwhile_costs_what_it_has_lost() {
    // Who may restrict it would else choose whether his own order fills.
    let mut world = World::with(10_000);
    world.place(0, &[next_price(sol(10))]).unwrap();
    world.market.reduce_only = crate::fixtures::restricted_until(20);
    world.post(dollars(240, 5), 5);
    // 10 · $10.
    let (outcome, lamports) = world.execute(5, 0, dollars(250, 3)).unwrap();
    assert_eq!((outcome, lamports.tip), (OrderOutcome::Forfeited { paid: Atoms::new(100_000_001) }, TIP));
}

#[test]
fn a_fill_pays_its_sender_and_cancels_the_others_of_its_group() {
    let mut world = World::with(10_000);
    let entry = NewOrder { group: 7, lamports: 50_001, ..below(240, sol(10)) };
    let other = NewOrder { group: 7, lamports: 45_000, ..above(260, sol(10)) };
    let stop = NewOrder { parent: Some(1), lamports: 41_000, ..reducing(below(200, sol(-10))) };
    world.place(0, &[entry, other, stop, below(230, sol(1))]).unwrap();
    world.arm(5, 0, Some(dollars(240, 5))).unwrap();
    let (_, lamports) = world.execute(9, 0, dollars(241, 8)).unwrap();
    // With the other goes what slept for it.
    assert_eq!(lamports, OrderLamports { tip: 50_001, returned: 86_000 });
    assert!(world.book.occupied().map(|(slot, _)| slot).eq([3]));
    assert_eq!(world.book.lamports(), Ok(TIP));
}

#[test]
fn a_fill_is_a_trade_that_its_owner_cannot_undo_in_its_slot() {
    let mut world = buying(10_000);
    world.filled(5, 0, dollars(250, 3));
    assert_eq!(world.trade(5, sol(-10)), Err(EngineError::SameSlotReduction));
    assert!(world.trade(6, sol(-10)).is_ok());
    // Its sizes are those of any trade: $100 at least.
    let dust = World::with(10_000).place(0, &[next_price(base(399_999_999))]);
    assert_eq!(dust, Err(EngineError::BelowMinimumPosition { minimum: usdc(100) }));
}

#[test]
fn an_order_that_was_armed_fills_unless_its_account_could_be_liquidated_then() {
    // Of 100 SOL at $250 3 % are $750; the fee is $10.
    let left = |atoms| {
        let mut world = World::with(10_000);
        world.place(0, &[next_price(sol(100))]).unwrap();
        world.account.balance = Atoms::new(atoms);
        world.post(dollars(250, 4), 4);
        world.execute(4, 0, dollars(250, 3)).unwrap().0
    };
    assert!(matches!(left(760_000_000), OrderOutcome::Filled(_)));
    assert_eq!(left(759_999_999), OrderOutcome::Forfeited { paid: Atoms::ZERO });
}

#[test]
fn withdrawals_wait_no_longer_than_for_what_is_still_armed() {
    let mut world = World::with(10_000);
    world.place(0, &[next_price(sol(10)), below(240, sol(10))]).unwrap();
    world.arm(2, 1, Some(dollars(240, 2))).unwrap();
    assert_eq!(world.account.armed_until, at(20).now);
    world.filled(5, 0, dollars(240, 3));
    assert_eq!(world.account.armed_until, at(20).now);
    world.filled(5, 1, dollars(240, 5));
    assert_eq!(world.account.armed_until, Timestamp::NEVER);
}

#[test]
fn a_reduction_is_measured_at_the_price_at_which_it_fills() {
    // $400 and 100 SOL at $250: half of them are sold at the $250 of 3 s although at the $245 of 6 s nothing is left.
    let mut world = World::holding(400, 100);
    world.place(0, &[reducing(next_price(sol(-50)))]).unwrap();
    world.post(dollars(250, 3), 3);
    world.post(dollars(245, 6), 6);
    let plan = world.filled(6, 0, dollars(250, 3));
    assert_eq!((plan.realized.get(), plan.after.equity.get(), world.size()), (0, 397_500_000, 50));
}
