use super::*;
use crate::fixtures::{at, publish, reading, restricted_until, session, set_side, sol_market, NOW, PRICE, SOL, USDC};
use crate::market::solvency::pending_funding;
use crate::state::PriceCache;
use crate::units::{Atoms, Price, Side, Timestamp};

/// A price in dollars without a confidence interval, published so many seconds later.
fn dollars(price: i64, seconds_later: i64) -> OracleReading {
    reading(price * 100_000_000, 0, seconds_later)
}

fn active(seconds_later: i64) -> Session {
    session(Status::Active, at(seconds_later))
}

/// 1 SOL long at $250 that pays 0.1 % an hour, and nobody to receive it.
fn charging() -> Market {
    let mut market = sol_market();
    market.parameters.carry_rate = 0;
    market.parameters.funding_velocity = 0;
    market.ledger.funding_rate = i64::try_from(market.parameters.funding_rate_cap).unwrap();
    set_side(&mut market, Side::Long, SOL, 250 * USDC);
    market
}

/// What the long owes, in atoms rounded up.
fn owed(market: &Market) -> Atoms {
    pending_funding(&market.ledger).unwrap().to_atoms_ceil().unwrap()
}

#[test]
fn a_reading_is_taken_in_first_and_funding_accrues_at_it() {
    // An hour at 0.1 %: $0.25 at $250 and $0.50 at $500.
    let mut market = charging();
    let ready = market.refresh(Some(&dollars(500, 3_600)), &active(3_600)).unwrap();
    let rate_before = ready.ledger.funding_rate;
    assert_eq!(ready.accrual(), Accrual::Done { seconds: 3_600, rate_before });
    assert_eq!((ready.price_outcome(), ready.clock()), (Some(PriceOutcome::Accepted), at(3_600)));
    assert_eq!((market.price.price, owed(&market)), (Price::new(2 * PRICE), Atoms::new(500_000)));
}

#[test]
fn without_a_reading_funding_accrues_at_the_price_as_cached() {
    // A minute: $0.004166666….
    let mut market = charging();
    let before = market.price;
    let ready = market.refresh(None, &active(60)).unwrap();
    let rate_before = ready.ledger.funding_rate;
    assert_eq!((ready.accrual(), ready.price_outcome()), (Accrual::Done { seconds: 60, rate_before }, None));
    assert_eq!((market.price, owed(&market)), (before, Atoms::new(4_167)));
    // Then the price is too old: the time is kept until there is another, and is charged at that one.
    assert_eq!(market.refresh(None, &active(121)).unwrap().accrual(), Accrual::NoPrice);
    assert_eq!((market.ledger.funding_time, owed(&market)), (at(60).now, Atoms::new(4_167)));
    let ready = market.refresh(Some(&dollars(250, 3_660)), &active(3_660)).unwrap();
    assert_eq!(ready.accrual(), Accrual::Done { seconds: 3_600, rate_before });
    // 3660 s in all: $0.254166….
    assert_eq!(owed(&market), Atoms::new(254_167));
}

#[test]
fn a_reading_that_is_not_newer_changes_no_price() {
    let mut market = charging();
    publish(&mut market, PRICE, 10);
    let ready = market.refresh(Some(&dollars(500, 10)), &active(12)).unwrap();
    let rate_before = ready.ledger.funding_rate;
    // Another of the same second, it is among that second's prices and not the price.
    assert_eq!(ready.price_outcome(), Some(PriceOutcome::Older));
    assert_eq!(ready.accrual(), Accrual::Done { seconds: 12, rate_before });
    assert_eq!(market.price.price, Price::new(PRICE));
    let again = market.refresh(Some(&dollars(500, 10)), &active(12)).unwrap().price_outcome();
    assert_eq!((again, market.price.price), (Some(PriceOutcome::NotNewer), Price::new(PRICE)));
}

#[test]
fn a_reading_too_wide_keeps_its_time_and_funding_accrues_at_the_last_good_price() {
    // 2 % of confidence where 1.5 % is valid, at half the price. A minute at $250: $0.004166666….
    let mut market = charging();
    let (before, recent) = (market.price, market.recent);
    let wide = reading(12_500_000_000, 250_000_000, 60);
    let ready = market.refresh(Some(&wide), &active(60)).unwrap();
    let rate_before = ready.ledger.funding_rate;
    assert_eq!(ready.price_outcome(), Some(PriceOutcome::TooWide));
    assert_eq!(ready.accrual(), Accrual::Done { seconds: 60, rate_before });
    assert_eq!(market.price, PriceCache { newest_published: at(60).now, ..before });
    assert_eq!((market.recent, owed(&market)), (recent, Atoms::new(4_167)));
}

#[test]
fn an_older_reading_enters_its_own_second_and_leaves_the_price_as_it_is() {
    // $250 of 10 s and, later in coming, $260 of 9 s and $240 of 11 s, which is newer. 0.26 · 2^40 and 0.24 · 2^40, rounded down.
    let mut market = charging();
    publish(&mut market, PRICE, 10);
    let (low, high) = (Price::new(263_882_790_666), Price::new(285_873_023_221));
    let ready = market.refresh(Some(&dollars(260, 9)), &active(12)).unwrap();
    assert_eq!(ready.price_outcome(), Some(PriceOutcome::Older));
    assert_eq!((market.price.price, market.price.published), (Price::new(PRICE), at(10).now));
    let reference = at(12).now;
    assert_eq!(market.recent.extremes(1, reference), None);
    assert_eq!(market.recent.extremes(2, reference), Some((Price::new(PRICE), Price::new(PRICE))));
    assert_eq!(market.recent.extremes(3, reference), Some((Price::new(PRICE), high)));
    // Posting it again changes nothing, and says so.
    let ready = market.refresh(Some(&dollars(260, 9)), &active(12)).unwrap();
    assert_eq!(ready.price_outcome(), Some(PriceOutcome::NotNewer));
    market.refresh(Some(&dollars(240, 11)), &active(12)).unwrap();
    assert_eq!(market.recent.extremes(1, reference), Some((low, low)));
    assert_eq!(market.recent.extremes(2, reference), Some((low, Price::new(PRICE))));
    // Sixteen seconds after it it is remembered no more.
    for (seconds, outcome) in [(24, PriceOutcome::Older), (25, PriceOutcome::NotNewer)] {
        let ready = market.refresh(Some(&dollars(270, 9)), &active(seconds)).unwrap();
        assert_eq!(ready.price_outcome(), Some(outcome));
    }
}

#[test]
fn an_older_reading_enters_its_second_also_where_the_clock_has_not_reached_it() {
    // The clock says 3 s. $250 of 13 s, a tolerated time, came first; $260 of 12 s is of the second before.
    let mut market = charging();
    market.refresh(Some(&dollars(250, 13)), &active(3)).unwrap();
    let ready = market.refresh(Some(&dollars(260, 12)), &active(3)).unwrap();
    assert_eq!(ready.price_outcome(), Some(PriceOutcome::Older));
    let (newest, both) = (market.recent.extremes(0, at(13).now), market.recent.extremes(1, at(13).now));
    assert_eq!(newest, Some((Price::new(PRICE), Price::new(PRICE))));
    assert_eq!(both, Some((Price::new(PRICE), Price::new(285_873_023_221))));
}

#[test]
fn a_reading_from_too_far_ahead_stores_only_that_the_clock_lags() {
    let mut market = charging();
    let (before, recent) = (market.price, market.recent);
    let ready = market.refresh(Some(&dollars(500, 71)), &active(60)).unwrap();
    assert_eq!(ready.price_outcome(), Some(PriceOutcome::ClockBehind));
    assert_eq!(market.price, PriceCache { clock_distrusted_until: at(120).now, ..before });
    assert_eq!(market.recent, recent);
}

#[test]
fn a_reading_that_is_refused_has_changed_nothing() {
    let market = charging();
    let mut refreshed = market;
    let dust = OracleReading::new(1, 0, -18, NOW + 60).unwrap();
    assert_eq!(refreshed.refresh(Some(&dust), &active(60)).map(|_| ()), Err(EngineError::PriceOutOfRange));
    assert_eq!(refreshed, market);
}

#[test]
fn the_stricter_of_two_statuses_is_in_force() {
    use Status::{Active, Paused, ReduceOnly};
    for (exchange, restricted, in_force) in [
        (Active, false, Active),
        (Active, true, ReduceOnly),
        (ReduceOnly, false, ReduceOnly),
        (Paused, false, Paused),
        (Paused, true, Paused),
    ] {
        let mut market = sol_market();
        market.reduce_only = restricted_until(if restricted { 11 } else { 10 });
        let session = session(exchange, at(10));
        assert_eq!(market.status_in(&session), in_force);
        assert_eq!(market.refresh(None, &session).unwrap().status(), in_force);
    }
}

#[test]
fn attack_no_status_erases_funding() {
    // Somebody pauses for no time at all just before an hour's funding is charged, or is still paused, or lets only reduce:
    // what is owed is $0.25 all the same, and the price is taken in.
    for status in [Status::Active, Status::ReduceOnly, Status::Paused] {
        let mut market = charging();
        let (began, ended) = (at(3_599).now, at(3_599).now);
        let session = Session { pause_began: began, pause_ended: ended, ..session(status, at(3_600)) };
        let ready = market.refresh(Some(&dollars(250, 3_600)), &session).unwrap();
        assert!(matches!(ready.accrual(), Accrual::Done { seconds: 3_600, .. }), "{:?}", ready.accrual());
        assert_eq!(ready.price_outcome(), Some(PriceOutcome::Accepted));
        assert_eq!(owed(&market), Atoms::new(250_000));
    }
}

#[test]
fn the_first_refresh_of_a_market_starts_its_clock() {
    let mut market = charging();
    market.price = PriceCache::default();
    market.ledger.funding_time = Timestamp::NEVER;
    let ready = market.refresh(None, &active(0)).unwrap();
    assert_eq!((ready.accrual(), ready.price_outcome()), (Accrual::NoPrice, None));
    let rate_before = ready.ledger.funding_rate;
    let ready = market.refresh(Some(&dollars(250, 60)), &active(60)).unwrap();
    assert_eq!(ready.accrual(), Accrual::Done { seconds: 60, rate_before });
}

#[test]
fn events_of_a_market_are_numbered_from_one() {
    let mut market = sol_market();
    let mut ready = market.refresh(None, &active(0)).unwrap();
    assert_eq!((ready.next_event(), ready.next_event()), (1, 2));
    assert_eq!((market.next_event(), market.sequence), (3, 3));
}
