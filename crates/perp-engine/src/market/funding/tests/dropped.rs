//! What accrues nothing, and what becomes of the time.

use super::*;

#[test]
fn without_a_price_that_serves_nothing_accrues_and_the_time_is_kept() {
    let market = market_with(1_000, 3_000, 1 << 29);
    let stale = Err(EngineError::PriceStale { age: 61, allowed: 60 });
    assert_eq!(attempt(&market, 61), (stale, market.ledger));

    // A reading too wide to be a price does not keep the last good one from serving, while that is not too old.
    let mut wide = market;
    wide.price.newest_published = at(10).now;
    assert_eq!(attempt(&wide, 10), attempt(&market, 10));
    wide.price.newest_published = at(61).now;
    assert_eq!(attempt(&wide, 60), (stale, market.ledger));
    // Nor does a market that never had a price accrue.
    let never = Market { price: PriceCache::default(), ..market };
    let refused = Err(EngineError::PriceStale { age: NOW.unsigned_abs(), allowed: 60 });
    assert_eq!(attempt(&never, 0), (refused, market.ledger));

    // A valid price of before the limit was lowered to less than its confidence.
    let mut uncertain = market;
    uncertain.price.confidence = Price::new(1 << 30);
    uncertain.parameters.max_confidence_valid = Ppm::new(900);
    // 2^30 of 2^40 is ⌈976.56⌉ ppm.
    let refused = Err(EngineError::PriceTooUncertain { confidence: 977, allowed: 900 });
    assert_eq!(attempt(&uncertain, 10), (refused, market.ledger));

    assert_eq!(after(&market, 120).seconds, 120);
    // At 60 s the price still serves: the same as at a fresh one.
    assert_eq!(attempt(&market, 60), (Ok((60, 1 << 29)), after(&market, 60).ledger));
}

#[test]
fn an_index_at_its_end_stops_accruing_and_stops_nothing_else() {
    let mut market = market_with(1_000, 0, 1 << 29);
    market.ledger.sides[0].funding_index = FundingIndex::new((1 << 60) - 1);
    publish(&mut market, 1 << 40, 8);
    // Whoever closes or leaves the pool meets the ledger as it is, and the time is dropped.
    let dropped = MarketLedger { funding_time: at(8).now, ..market.ledger };
    assert_eq!(attempt(&market, 8), (Err(EngineError::FundingIndexFull), dropped));
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
        assert_eq!(attempt(&full, 8), (Err(EngineError::FundingIndexFull), dropped));
    }
    // With one unit more of room it fits.
    receiving.ledger.sides[1].funding_index = FundingIndex::new(-(1 << 60) + 4_096);
    paying.ledger.sides[0].funding_index = FundingIndex::new((1 << 60) - 8_192);
    for fitting in [receiving, paying] {
        assert_eq!(attempt(&fitting, 8).0, Ok((8, 1 << 29)));
    }
}
