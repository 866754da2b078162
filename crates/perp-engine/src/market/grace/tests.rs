extern crate std;

use super::*;
use crate::fixtures::{at, session, sol_market};
use crate::market::price::PriceOutcome;
use crate::state::Status;
use crate::units::{Clock, Price};
use std::vec;

fn price(dollars: i64) -> Price {
    // A quarter of an atom per base unit is $250.
    Price::new((1 << 38) / 250 * dollars.unsigned_abs())
}

fn take(market: &mut Market, dollars: i64, published: i64, previous: i64, session: &Session) -> PriceOutcome {
    let reading = crate::fixtures::reading(dollars * 100_000_000, 0, published);
    let reading = reading.with_previous(crate::fixtures::NOW + previous);
    market.refresh(Some(&reading), session).unwrap().price_outcome().unwrap()
}

/// The session so many seconds later, with as many slots.
fn after(seconds: i64) -> Session {
    session(Status::Active, Clock { slot: 1_000 + seconds.unsigned_abs(), ..at(seconds) })
}

#[test]
fn a_silence_of_those_who_post_is_none_of_the_feed() {
    let mut market = sol_market();
    for minute in 1..100 {
        let seconds = 70 * minute;
        take(&mut market, 250 + minute, seconds, seconds - 1, &after(seconds));
        assert_eq!(market.grace.price_at(at(seconds).now), None);
    }
}

#[test]
fn a_reading_that_names_a_predecessor_a_minute_before_proves_a_silence() {
    let mut market = sol_market();
    take(&mut market, 200, 100, 0, &after(100));
    assert_eq!(market.grace.price_at(at(100).now), Some(Price::new(1 << 38)));
    assert_eq!(market.grace.price_at(at(219).now), Some(Price::new(1 << 38)));
    assert_eq!(market.grace.price_at(at(220).now), None);
    assert_eq!(market.status_in(&after(150)), Status::ReduceOnly);
    assert_eq!(market.status_in(&after(220)), Status::Active);
}

#[test]
fn attack_posting_the_reading_after_the_first_does_not_hide_the_silence() {
    // Who posts chooses the second reading after the silence: its predecessor is a second before. The first is handed in too.
    let mut market = sol_market();
    assert_eq!(take(&mut market, 200, 101, 100, &after(101)), PriceOutcome::Accepted);
    assert_eq!(market.grace.price_at(at(102).now), None);
    assert_eq!(take(&mut market, 201, 100, 0, &after(102)), PriceOutcome::Older);
    assert_eq!(market.grace.price_at(at(102).now), Some(Price::new(1 << 38)));
}

#[test]
fn attack_a_feed_with_gaps_gives_five_graces_in_three_days() {
    // A gap of 120 s after the other for nine days: three graces at once, and from then on one in 36 hours, which is when 120 of the
    // 240 s have come back that come back in three days. Any 72 hours, their first and their last second among them, have five at most.
    let mut market = sol_market();
    let mut graces = std::vec::Vec::new();
    for gap in 1..6_480 {
        let seconds = 120 * gap;
        take(&mut market, 250, seconds, seconds - 120, &after(seconds));
        if market.grace.until == at(seconds).now.after(120).unwrap() {
            graces.push(seconds);
        }
    }
    assert_eq!(graces[..5], [120, 240, 360, 129_720, 259_320]);
    for first in &graces {
        let within = graces.iter().filter(|grace| (*first..=first + 259_200).contains(grace)).count();
        assert!(within <= 5, "{within} from {first} on");
    }
}

#[test]
fn a_halt_of_the_chain_shows_between_slots_and_clock() {
    let mut market = sol_market();
    take(&mut market, 250, 1, 0, &after(1));
    // 400 s later with ten slots: 390 s were lost.
    let halted = session(Status::Active, Clock { slot: 1_011, ..at(401) });
    take(&mut market, 200, 401, 400, &halted);
    assert_eq!(market.grace.price_at(at(402).now), Some(price(250).max(Price::new(1 << 38))));
    // With as many slots as seconds nothing halted.
    let mut busy = sol_market();
    take(&mut busy, 250, 1, 0, &after(1));
    take(&mut busy, 200, 401, 400, &after(401));
    assert_eq!(busy.grace.price_at(at(402).now), None);
}

#[test]
fn attack_an_old_reading_handed_in_first_does_not_use_a_halt_up() {
    // $250 at 1 s, and the chain halts from 2 to 401 s. Somebody hands in what the feed said 40 s before the end, which is newer than the
    // market's price and no longer fresh; the first fresh one finds the halt all the same, and the price before it.
    let halted = |slot, seconds| session(Status::Active, Clock { slot, ..at(seconds) });
    for old in [vec![], vec![361], vec![20, 80, 140, 200, 260, 320, 380]] {
        let mut market = sol_market();
        take(&mut market, 250, 1, 0, &after(1));
        for published in old {
            take(&mut market, 210, published, published - 1, &halted(1_010, 401));
            assert_eq!(market.grace.price_at(at(401).now), None);
        }
        take(&mut market, 200, 401, 400, &halted(1_011, 401));
        assert_eq!(market.grace.price_at(at(402).now), Some(Price::new(1 << 38)));
        // Once only.
        take(&mut market, 190, 800, 799, &halted(1_400, 800));
        assert_eq!(market.grace.price_at(at(801).now), None);
    }
}

#[test]
fn after_a_pause_the_price_before_it_counts_for_two_minutes() {
    let mut market = sol_market();
    let pause = |seconds, ended: i64| Session { pause_began: at(10).now, pause_ended: at(ended).now, ..after(seconds) };
    take(&mut market, 260, 10, 9, &after(10));
    // Prices go on being taken in, and the first of them keeps the one before.
    take(&mut market, 200, 20, 19, &pause(20, 310));
    take(&mut market, 190, 300, 299, &pause(300, 310));
    let before = market.grace.price_before;
    assert!(before > price(259) && market.grace.until == at(430).now);
    // Lifted at 305 the grace ends 120 s after that.
    take(&mut market, 190, 306, 305, &pause(306, 305));
    assert_eq!((market.grace.price_before, market.grace.until), (before, at(425).now));
}
