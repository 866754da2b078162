use super::*;
use crate::fixtures::{at, reading, sol_market, PRICE};
use crate::units::{Ppm, Price};

/// SOL-PERP with a second source.
fn market() -> Market {
    let mut market = sol_market();
    (market.parameters.second_max_deviation, market.parameters.second_max_age) = (Ppm::new(10_000), 60);
    market
}

#[test]
fn the_newest_price_of_the_second_source_is_kept() {
    // $250 ± $1: 2^38 and 0.001 · 2^40 = 1 099 511 627.776, rounded up.
    let mut market = market();
    let plan = plan_update_second_price(&market, &reading(25_000_000_000, 100_000_000, 5), at(5)).unwrap();
    let said = SecondPrice { price: Price::new(PRICE), confidence: Price::new(1_099_511_628), published: at(5).now };
    assert_eq!(plan, SecondPricePlan { second_price: said, outcome: PriceOutcome::Accepted });
    market.second_price = plan.second_price;
    // Of the same second, and older ones.
    for seconds in [5, 4, -100] {
        let plan = plan_update_second_price(&market, &reading(26_000_000_000, 0, seconds), at(5)).unwrap();
        assert_eq!(plan, SecondPricePlan { second_price: said, outcome: PriceOutcome::NotNewer });
    }
    let newer = plan_update_second_price(&market, &reading(25_000_000_000, 0, 6), at(6)).unwrap();
    assert_eq!(newer.second_price, SecondPrice { confidence: Price::ZERO, published: at(6).now, ..said });
}

#[test]
fn nothing_is_kept_of_a_reading_too_wide_or_ahead_of_the_clock() {
    let market = market();
    let planned = |confidence, seconds| {
        let plan = plan_update_second_price(&market, &reading(25_000_000_000, confidence, seconds), at(5)).unwrap();
        assert_eq!(plan.outcome == PriceOutcome::Accepted, plan.second_price != market.second_price);
        plan.outcome
    };
    // 1.5 % of $250 is $3.75; a confidence rounds up, so what is exactly at the limit is not within it.
    assert_eq!(planned(374_999_999, 5), PriceOutcome::Accepted);
    assert_eq!(planned(375_000_000, 5), PriceOutcome::TooWide);
    // Ten seconds ahead are tolerated. Eleven prove nothing about the clock: the second source is believed in nothing.
    assert_eq!(planned(0, 15), PriceOutcome::Accepted);
    assert_eq!(planned(0, 16), PriceOutcome::ClockBehind);
}

#[test]
fn a_reading_that_is_no_price_in_the_markets_unit_is_refused() {
    // $300 000 000 per SOL: 300 atoms per base unit times 1000 is above 2^50 · 2^-40 = 1024.
    let far = reading(30_000_000_000_000_000, 0, 5);
    assert_eq!(plan_update_second_price(&market(), &far, at(5)), Err(EngineError::PriceOutOfRange));
}

#[test]
fn a_market_without_a_second_source_takes_nothing_in() {
    let refused = plan_update_second_price(&sol_market(), &reading(25_000_000_000, 0, 5), at(5));
    assert_eq!(refused, Err(EngineError::NoSecondOracle));
}
