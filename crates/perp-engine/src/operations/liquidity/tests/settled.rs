//! Markets that end around a boundary.

use super::*;
use crate::fixtures::{PRICE, SOL, USDC};
use crate::state::{PriceCache, Settlement};

/// Moves the market to settlement at seven eighths, so many seconds after the boundary.
fn end(market: &mut Market, outage_since: Timestamp, seconds: i64) {
    end_at(market, 7, outage_since, seconds);
}

/// Moves it at so many eighths of its price, as its instruction does: after a refresh.
fn end_at(market: &mut Market, eighths: u64, outage_since: Timestamp, seconds: i64) {
    market.refresh(None, &awaiting(BOUNDARY + seconds)).unwrap();
    let price = Price::new(market.price.price.get() / 8 * eighths);
    market.price = PriceCache { price, confidence: Price::ZERO, ..market.price };
    market.settlement = Settlement { moved_at: at(BOUNDARY + seconds).now, outage_since, price, ..market.settlement };
}

/// 1280 longs entered at one. At seven eighths they have lost 160.
fn longs() -> Market {
    let mut market = market([(1_280, 1_280), (0, 0)]);
    market.settlement.delisted_from = at(-10_000).now;
    market
}

fn value(market: &mut Market, reading: Option<&OracleReading>, seconds: i64) -> Result<(u64, u64), EngineError> {
    let mut pool = pool(5_000);
    keep(&mut pool, market, 0);
    match value_market(&mut pool, market, reading, &awaiting(BOUNDARY + seconds))? {
        Valuation::Valued { value, .. } => Ok((value.lower.get(), value.upper.get())),
        other => panic!("{other:?}"),
    }
}

const MISSING: EngineError = EngineError::NoBoundaryReading { until: NOW + BOUNDARY + 1_800 };

#[test]
fn a_market_that_had_ended_counts_at_its_final_price() {
    let mut market = longs();
    end(&mut market, Timestamp::NEVER, -1);
    // Whatever reading is handed in.
    for reading in [None, Some(&reading_from(0, -1))] {
        assert_eq!(value(&mut { market }, reading, 0), Ok((1_000, 1_160)));
    }
    assert_eq!(value(&mut market, None, 1_801), Ok((1_000, 1_160)));
}

#[test]
fn what_ended_since_had_not_ended_then() {
    // In the very second of the boundary, and afterwards: the price was one, and the reading of then says so.
    for seconds in [0, 1, 500] {
        let mut market = longs();
        market.refresh(None, &awaiting(BOUNDARY)).unwrap();
        end(&mut market, Timestamp::NEVER, seconds);
        assert_eq!(value(&mut { market }, None, seconds), Err(MISSING));
        assert_eq!(value(&mut { market }, Some(&reading_from(0, -1)), seconds), Ok((990, 1_010)));
        assert_eq!(value(&mut market, None, 1_801), Ok((807, 1_193)));
    }
    // Not even where it ended at the price that it had.
    for seconds in [0, 1] {
        let mut market = longs();
        end_at(&mut market, 8, Timestamp::NEVER, seconds);
        assert_eq!(value(&mut market, None, seconds), Err(MISSING));
    }
    // Nobody touched it between the boundary and its end, which keeps it first.
    let mut market = longs();
    end(&mut market, Timestamp::NEVER, 300);
    assert_eq!(value(&mut market, Some(&reading_from(0, -1)), 301), Ok((990, 1_010)));
}

#[test]
fn attack_a_reading_ahead_of_the_clock_does_not_pass_the_last_price_for_the_final_one() {
    // The clock stands three seconds before the boundary. A reading of then has the market kept, and it ends a second later: what is
    // kept is no final price but the last one, which whoever did both may have chosen.
    let mut market = longs();
    market.refresh(Some(&reading_from(0, -1)), &awaiting(BOUNDARY - 3)).unwrap();
    end(&mut market, Timestamp::NEVER, -2);
    assert_eq!(value(&mut { market }, None, 0), Err(MISSING));
    assert_eq!(value(&mut market, Some(&reading_from(0, -1)), 0), Ok((990, 1_010)));
}

#[test]
fn the_end_changes_nothing_of_what_funding_was_due_at_the_boundary() {
    // 3000 SOL of longs pay 1000 of shorts and the backing since half a minute before.
    let traded = || {
        let mut market = sol_market();
        market.ledger.backing = atoms(1_000_000 * USDC);
        set_side(&mut market, Side::Long, 3_000 * SOL, 750_000 * USDC);
        set_side(&mut market, Side::Short, 1_000 * SOL, 250_000 * USDC);
        market.ledger.funding_rate = 1 << 40;
        publish(&mut market, PRICE, BOUNDARY - 30);
        market.ledger.funding_time = at(BOUNDARY - 30).now;
        market
    };
    let reading = reading(25_000_000_000, 0, BOUNDARY).with_previous(NOW + BOUNDARY - 1);
    let going_on = value(&mut traded(), Some(&reading), 10).unwrap();
    let mut ended = traded();
    end(&mut ended, Timestamp::NEVER, 5);
    assert_eq!(value(&mut ended, Some(&reading), 10), Ok(going_on));
    // Something was due: what the longs owe beyond what the shorts are owed may come in.
    assert!(going_on.1 > 1_000_000 * USDC, "{going_on:?}");
    // One that had ended before accrues nothing.
    let mut ended = traded();
    end(&mut ended, Timestamp::NEVER, -30);
    // At $218.75 the longs have lost $93 750, of which the shorts have won $31 250.
    assert_eq!(value(&mut ended, None, 10), Ok((968_750 * USDC, 1_062_500 * USDC)));
}

#[test]
fn an_end_that_may_still_be_undone_counts_at_the_range_about_its_price() {
    // Moved an hour before the boundary for an outage: for a day a reading may show that there was none.
    let mut market = longs();
    market.settlement = Settlement::default();
    end(&mut market, at(-200_000).now, -3_600);
    assert_eq!(value(&mut { market }, None, 0), Err(MISSING));
    assert_eq!(value(&mut { market }, Some(&reading_from(0, -1)), 0), Err(MISSING));
    // 0.875 · 0.85 = 0.74375 to 0.875 · 1.15 = 1.00625, rounded outwards: longs have lost 328 and a little or won 8 and a little.
    assert_eq!(value(&mut market, None, 1_801), Ok((991, 1_329)));

    // A day after the move it is final.
    let mut market = longs();
    market.settlement = Settlement::default();
    end(&mut market, at(-200_000).now, -86_400);
    assert_eq!(value(&mut market, None, 0), Ok((1_000, 1_160)));
}

#[test]
fn an_end_found_since_to_have_been_none_lets_the_reading_count() {
    let mut market = longs();
    market.settlement = Settlement::default();
    end(&mut market, at(-200_000).now, -3_600);
    market.refresh(None, &awaiting(BOUNDARY)).unwrap();
    market.settlement = Settlement::default();
    assert_eq!(value(&mut market, Some(&reading_from(0, -1)), 60), Ok((990, 1_010)));
}
