//! One wrong print: what it costs those who trade after it.

use super::*;

/// Prices of a random walk of this part of the listed volatility, every 15 s for ten minutes; ends at 600 s.
pub(super) fn calm(part: f64) -> Market {
    let mut market = begun(PRICE);
    let mut price = PRICE as f64;
    let mut state = 1u64;
    for quarter in 1..=40 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Uniform on ±√3, which has variance one.
        let step = ((state >> 11) as f64 / (1u64 << 53) as f64 - 0.5) * 12f64.sqrt();
        price *= 1.0 + step * part * 0.8 * (15f64 / 31_557_600.0).sqrt();
        take(&mut market, price as u64, 15 * quarter);
    }
    market
}

/// The spread of a price that is new, as a part of the price.
fn spread_of(market: &Market, now: i64) -> f64 {
    spread_ceil(market, at(now).now).unwrap().get() as f64 / market.price.price.get() as f64
}

/// Largest spread after the print and the one four minutes after it, as multiples of the calm one.
fn after_print(start: &Market, print: u64, silence: i64, back: i64, pause: i64) -> (f64, f64) {
    let mut market = *start;
    let (price, calm) = (market.price.price.get(), spread_of(start, 600));
    let printed = 600 + silence;
    take(&mut market, print, printed);
    let mut largest = spread_of(&market, printed);
    let mut now = printed + back;
    take(&mut market, price, now);
    largest = largest.max(spread_of(&market, now));
    while now < printed + 240 {
        now += pause;
        take(&mut market, price, now);
        largest = largest.max(spread_of(&market, now));
    }
    (largest / calm, spread_of(&market, now) / calm)
}

/// A print of half the price or half as much again, and the right price after it, raise the spread twelvefold at most,
/// and sixfold four minutes later, however long nobody posted before it and however long it stood.
///
/// The print counts for eight times the listed volatility, of 30 s at most: √(15.9 % · 64) = 3.19 times it, in the spread
/// 3 · 3.19 / 2 = 4.8 calm ones. The distance from the average adds 0.25 · 16 · 3.19 / 2 = 6.4.
#[test]
fn attack_one_print_makes_trading_dear_for_a_moment_only() {
    for start in [calm(0.0), calm(0.6)] {
        let price = start.price.price.get();
        for print in [price / 2, price / 2 * 3, price / 100 * 97, price / 100 * 105] {
            for silence in [1, 7, 15, 60, 300, 3_600] {
                for back in [1, 2, 14, 15, 16, 30, 45, 60] {
                    for pause in [1, 5, 15, 40] {
                        let (largest, later) = after_print(&start, print, silence, back, pause);
                        let case = (print, silence, back, pause);
                        assert!(largest <= 12.0, "{largest:.2} calm spreads: {case:?}");
                        assert!(later <= 6.0, "{later:.2} calm spreads after four minutes: {case:?}");
                    }
                }
            }
        }
    }
}

/// What is no print counts in full: a fall of 5 % in a minute that stays is measured as one.
#[test]
fn a_fall_that_stays_is_taken_in_whole() {
    let mut market = calm(0.5);
    let price = market.price.price.get();
    for step in 1..=30 {
        take(&mut market, price - price / 600 * step, 600 + i64::try_from(step).unwrap() * 2);
    }
    // 5 % in 60 s, evenly, are samples of 1.33 % in 16 s, 1.33 % / 1.22 · √(31 557 600 / 16) = 1535 % a √year each; the
    // first counts for 640 % and leaves the rest to the next. At least √(1 − 2^(−48/120)) · 1000 % = 492 % are measured, and the
    // spread is beyond three times that for a second, 26 basis points.
    assert!(market.averages.fast_volatility.get() > 4_920_000, "{:?}", market.averages.fast_volatility);
    assert!(spread_of(&market, 660) > 0.002_6);
}
