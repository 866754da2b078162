use super::*;
use std::vec;

/// The highest price that a market can have: 2^50.
const MOST: Price = Price::new(1 << 50);

fn prices(numbers: &[u64]) -> Vec<Price> {
    numbers.iter().copied().map(Price::new).collect()
}

#[test]
fn a_worse_price_is_higher_for_whoever_buys_and_lower_for_whoever_sells() {
    let price = Price::new(1_000_000);
    // 0.5 % of 1 000 000 is 5 000.
    assert_eq!(worst_price(price, Side::Long, Ppm::new(5_000)), Ok(Price::new(1_005_000)));
    assert_eq!(worst_price(price, Side::Short, Ppm::new(5_000)), Ok(Price::new(995_000)));
    // 0.5 % of 1 999 is 9.995: neither side gives more than that.
    assert_eq!(worst_price(Price::new(1_999), Side::Long, Ppm::new(5_000)), Ok(Price::new(2_008)));
    assert_eq!(worst_price(Price::new(1_999), Side::Short, Ppm::new(5_000)), Ok(Price::new(1_990)));
}

#[test]
fn a_tolerance_that_leads_to_no_price_is_refused() {
    assert_eq!(worst_price(MOST, Side::Long, Ppm::new(1)), Err(EngineError::PriceOutOfRange));
    assert_eq!(worst_price(Price::new(100), Side::Short, Ppm::ONE), Err(EngineError::PriceOutOfRange));
}

#[test]
fn a_part_is_cut_to_base_units() {
    // 75 % of 7 are 5.25; a third of 7 is 2.33.
    assert_eq!(part_of_size_floor(Size::new(7), 750_000, 1_000_000), Ok(Size::new(5)));
    assert_eq!(part_of_size_floor(Size::new(7), 1, 3), Ok(Size::new(2)));
    assert_eq!(part_of_size_floor(Size::new(7), 1, 0), Err(EngineError::Overflow));
    assert_eq!(part_of_size_floor(Size::new(u64::MAX), 2, 1), Err(EngineError::Overflow));
}

#[test]
fn steps_are_evenly_spaced_up_and_down_with_both_ends() {
    assert_eq!(price_steps(Price::new(120), Price::new(130), 3), Ok(prices(&[120, 125, 130])));
    // 130 - 10/3 = 126.67 and 130 - 20/3 = 123.33, rounded towards 130.
    assert_eq!(price_steps(Price::new(130), Price::new(120), 4), Ok(prices(&[130, 127, 124, 120])));
    assert_eq!(price_steps(Price::new(130), Price::new(120), 1), Ok(prices(&[130])));
    assert_eq!(price_steps(Price::new(130), Price::new(120), 0), Ok(vec![]));
    assert_eq!(price_steps(Price::new(130), Price::new(130), 2), Ok(prices(&[130, 130])));
    let all = price_steps(MOST, Price::new(1), 255).unwrap();
    assert_eq!((all.len(), all.first(), all.last()), (255, Some(&MOST), Some(&Price::new(1))));
    assert_eq!(price_steps(Price::new(0), Price::new(120), 2), Err(EngineError::PriceOutOfRange));
}
