//! What accrues nothing, and what becomes of the time.

use super::*;

#[test]
fn without_a_price_that_serves_nothing_accrues_and_the_time_is_kept() {
    let market = market_with(1_000, 3_000, 1 << 29);
    let stale = Err(EngineError::PriceStale { age: 61, allowed: 60 });
    assert_eq!(attempt(&market, &active(at(61))), (stale, market.ledger));

    // A reading too wide to be a price does not keep the last good one from serving, while that is not too old.
    let mut wide = market;
    wide.price.newest_published = at(10).now;
    assert_eq!(attempt(&wide, &active(at(10))), attempt(&market, &active(at(10))));
    wide.price.newest_published = at(61).now;
    assert_eq!(attempt(&wide, &active(at(60))), (stale, market.ledger));
    // Nor does a market that never had a price accrue.
    let never = Market { price: PriceCache::default(), ..market };
    let refused = Err(EngineError::PriceStale { age: NOW.unsigned_abs(), allowed: 60 });
    assert_eq!(attempt(&never, &active(at(0))), (refused, market.ledger));

    // A valid price of before the limit was lowered to less than its confidence.
    let mut uncertain = market;
    uncertain.price.confidence = Price::new(1 << 30);
    uncertain.parameters.max_confidence_valid = Ppm::new(900);
    // 2^30 of 2^40 is ⌈976.56⌉ ppm.
    let refused = Err(EngineError::PriceTooUncertain { confidence: 977, allowed: 900 });
    assert_eq!(attempt(&uncertain, &active(at(10))), (refused, market.ledger));

    assert_eq!(after(&market, 120).seconds, 120);
    // At 60 s the price still serves: the same as at a fresh one.
    assert_eq!(attempt(&market, &active(at(60))), (Ok((60, 1 << 29)), after(&market, 60).ledger));
}

/// A status that ends by itself, and trading is active again.
fn ending(status: Status, until: i64) -> StoredStatus {
    StoredStatus { until: at(until).now, current: status as u8, ..StoredStatus::permanent(Status::Active) }
}

/// The market paused `from` until `until`, accrued when it was paused as every change of status does.
fn paused(market: &Market, from: i64, until: i64) -> Market {
    let ledger = after(market, from).ledger;
    Market { ledger, status: ending(Status::Paused, until), ..*market }
}

#[test]
fn a_pause_that_ends_by_itself_accrues_nothing() {
    // 8 s before the pause, 600 s of it, 8 s after: as much as 16 s without it.
    let market = market_with(1_000, 1_000, 1 << 29);
    let during = paused(&market, 8, 608);
    assert_eq!(attempt(&during, &active(at(300))).0, Err(EngineError::Paused));
    let resumed = after(&during, 616);
    assert_eq!(resumed.seconds, 8);
    assert_eq!(indices(&resumed.ledger), indices(&after(&market, 16).ledger));
    assert_eq!(resumed.ledger.funding_rate, 1 << 29);
}

#[test]
fn a_pause_that_somebody_lifts_accrues_nothing() {
    let market = market_with(1_000, 1_000, 1 << 29);
    let during = paused(&market, 8, 86_400);
    let (refused, ledger) = attempt(&during, &active(at(608)));
    assert_eq!(refused, Err(EngineError::Paused));
    let lifted = Market { ledger, status: StoredStatus::permanent(Status::Active), ..during };
    let resumed = after(&lifted, 616);
    assert_eq!(resumed.seconds, 8);
    assert_eq!(indices(&resumed.ledger), indices(&after(&market, 16).ledger));
}

#[test]
fn a_pause_that_ended_by_itself_is_dropped_also_while_no_price_is_usable() {
    // Paused from 8 to 608 s; at 1000 s the price is stale and the status is set to active, which erases the end of the
    // pause. At 1016 s 408 s have passed since it.
    let market = market_with(1_000, 1_000, 1 << 29);
    let during = paused(&market, 8, 608);
    let (refused, ledger) = attempt(&during, &active(at(1_000)));
    assert!(matches!(refused, Err(EngineError::PriceStale { .. })), "{refused:?}");
    assert_eq!(indices(&ledger), indices(&during.ledger));
    let active = Market { ledger, status: StoredStatus::permanent(Status::Active), ..during };
    assert_eq!(after(&active, 1_016).seconds, 408);
}

#[test]
fn a_pause_of_the_exchange_accrues_nothing() {
    let market = market_with(1_000, 1_000, 1 << 29);
    let (refused, dropped) = attempt(&market, &session(Status::Paused, at(8)));
    assert_eq!(refused, Err(EngineError::Paused));
    assert_eq!(dropped, MarketLedger { funding_time: at(8).now, ..market.ledger });
    let mut resumed = market;
    publish(&mut resumed, 1 << 40, 616);
    let ended = |seconds_later| Session { resumed_at: at(seconds_later).now, ..active(at(616)) };
    assert_eq!(attempt(&resumed, &ended(608)).0, Ok((8, 1 << 29)));
    // A pause that ended before the last accrual is history.
    assert_eq!(attempt(&resumed, &ended(-608)).0, Ok((616, 1 << 29)));
}

#[test]
fn reduce_only_accrues_like_active_and_its_end_drops_nothing() {
    let market = market_with(1_000, 1_000, 1 << 29);
    let limited = Market { status: ending(Status::ReduceOnly, 8), ..market };
    assert_eq!(after(&limited, 4).seconds, 4);
    assert_eq!(after(&limited, 16).seconds, 16);
}

#[test]
fn an_index_at_its_end_stops_accruing_and_stops_nothing_else() {
    let mut market = market_with(1_000, 0, 1 << 29);
    market.ledger.sides[0].funding_index = FundingIndex::new((1 << 60) - 1);
    publish(&mut market, 1 << 40, 8);
    // Whoever closes, leaves the pool or pauses the market meets the ledger as it is, and the time is dropped.
    let dropped = MarketLedger { funding_time: at(8).now, ..market.ledger };
    assert_eq!(attempt(&market, &active(at(8))), (Err(EngineError::FundingIndexFull), dropped));
}

#[test]
fn an_accrual_of_which_one_part_does_not_fit_changes_nothing() {
    // 1000 longs owe 4096 a unit and so many are received; carry is 4096 a unit of either side. Where the receivers' index is
    // at its lower end, or a payer's has room for funding but not for the carry on top, nothing of it takes place: neither
    // the other side's part nor the carried fractions nor the counters move.
    let mut market = market_with(1_000, 1_000, 1 << 29);
    market.parameters.open_interest_cap = Size::new(1_000);
    market.parameters.carry_rate = 1 << 29;
    market.ledger.funding_fraction = 5;
    publish(&mut market, 1 << 40, 8);
    assert_eq!(indices(&after(&market, 8).ledger), [8_192, 0]);

    let mut receiving = market;
    receiving.ledger.sides[1].funding_index = FundingIndex::new(-(1 << 60) + 4_095);
    let mut paying = market;
    paying.ledger.sides[0].funding_index = FundingIndex::new((1 << 60) - 8_191);
    for full in [receiving, paying] {
        let dropped = MarketLedger { funding_time: at(8).now, ..full.ledger };
        assert_eq!(attempt(&full, &active(at(8))), (Err(EngineError::FundingIndexFull), dropped));
    }
    // With one unit more of room it fits.
    receiving.ledger.sides[1].funding_index = FundingIndex::new(-(1 << 60) + 4_096);
    paying.ledger.sides[0].funding_index = FundingIndex::new((1 << 60) - 8_192);
    for fitting in [receiving, paying] {
        assert_eq!(attempt(&fitting, &active(at(8))).0, Ok((8, 1 << 29)));
    }
}
