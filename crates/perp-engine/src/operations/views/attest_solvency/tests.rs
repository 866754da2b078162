use super::*;
use crate::fixtures::{pool, set_side, sol_market, usdc, SOL, USDC};
use crate::units::Side;

/// Two markets in which 100 SOL were sold for $26 000 and are worth $25 000: one has $5 000 for the $1 000 that it owes, one $600.
fn markets() -> [Market; 2] {
    let market = |index, backing| {
        let mut market = Market { index, ..sol_market() };
        market.ledger.backing = usdc(backing);
        (market.ledger.insurance, market.ledger.protocol_fees) = (usdc(20), usdc(3));
        set_side(&mut market, Side::Short, 100 * SOL, 26_000 * USDC);
        market
    };
    [market(0, 5_000), market(1, 600)]
}

#[test]
fn what_everybody_has_and_owes_is_summed_up_market_by_market() {
    let (pool, markets) = (pool(10_000), markets());
    let held = pool_cash(&pool).unwrap();
    let attested = Attestation::of(&pool, markets.iter(), 2, usdc(20_000)).unwrap();
    // 5 000 + 600 and twice 23 of insurance and fees; $400 are missing in the second market, whatever the first has.
    assert_eq!((attested.pool, attested.markets), (held, usdc(5_646)));
    assert_eq!((attested.assets, attested.liabilities, attested.deficit), (usdc(5_600), usdc(2_000), usdc(400)));
    let left = usdc(20_000).checked_sub(held).unwrap().checked_sub(usdc(5_646)).unwrap();
    assert_eq!(attested.accounts, left.signed().unwrap());
}

#[test]
fn a_vault_that_lacks_what_pool_and_markets_have_leaves_less_than_nothing() {
    let (pool, markets) = (pool(10_000), markets());
    let attested = Attestation::of(&pool, markets.iter(), 2, Atoms::ZERO).unwrap();
    assert!(attested.accounts.is_negative());
}

#[test]
fn attack_no_market_is_left_out_or_counted_twice() {
    let (pool, [first, second]) = (pool(10_000), markets());
    let attempt = |markets: &[&Market]| Attestation::of(&pool, markets.iter().copied(), 2, usdc(20_000));
    let missing = |expected| Err(EngineError::MarketMissing { expected });
    assert!(attempt(&[&first, &second]).is_ok());
    for (passed, expected) in
        [(&[&first][..], 1), (&[&second], 0), (&[&first, &first], 1), (&[&second, &first], 0), (&[], 0)]
    {
        assert_eq!(attempt(passed), missing(expected));
    }
    assert_eq!(attempt(&[&first, &second, &second]), missing(2));
}
