use super::*;
use crate::fixtures::{at, base, publish, set_side, sol_market, PRICE, SOL, USDC};
use crate::status::{Status, StoredStatus};
use crate::units::{Side, RAW_PER_ATOM};
use bytemuck::Zeroable;

fn market(index: u16) -> Market {
    let mut market = Market { index, ..sol_market() };
    market.books.backing = Atoms::new(1_000_000 * USDC);
    set_side(&mut market, Side::Long, 100 * SOL, 26_000 * USDC);
    market
}

/// 100 SOL bought for $26 000, $1000 under water, in each of the markets, and $5000.
fn account(markets: &[u16]) -> Account {
    let mut account = Account { balance: Atoms::new(5_000 * USDC), ..Account::zeroed() };
    for (slot, market) in account.positions.iter_mut().zip(markets) {
        let entry = Raw::new(26_000 * i128::from(USDC) * RAW_PER_ATOM);
        *slot = Position { size: base(100_000_000_000), entry: entry.into(), ..Position::opened(*market) };
    }
    account
}

fn dollars(health: Health) -> (i64, u64) {
    (health.equity.get() / 1_000_000, health.margin.get() / USDC)
}

#[test]
fn equity_and_margin_add_up_over_the_positions() {
    let markets = [market(0), market(3), market(9)];
    let account = account(&[3, 0, 9]);
    let others = [&markets[1], &markets[0], &markets[2]];
    let portfolio = Portfolio::new(&account, None, &others, at(0)).unwrap();
    // 5000 − 3 · 1000; 3 · $750; initial 3 · $1250 and $7.12 of spread each.
    assert_eq!(dollars(portfolio.maintenance_health().unwrap()), (2_000, 2_250));
    assert_eq!(dollars(portfolio.initial_health().unwrap()), (1_978, 3_750));
}

#[test]
fn attack_every_market_is_handed_in_exactly_once_and_in_the_order_of_the_slots() {
    let markets = [market(0), market(3), market(9)];
    let account = account(&[3, 0, 9]);
    let [a, b, c] = [&markets[0], &markets[1], &markets[2]];
    let attempt = |touched, others: &[&Market]| Portfolio::new(&account, touched, others, at(0)).err();
    let mismatch = |expected| Some(EngineError::MarketsMismatch { expected });
    assert_eq!(attempt(None, &[b, a, c]), None);
    assert_eq!(attempt(Some(a), &[b, c]), None);
    assert_eq!(attempt(None, &[a, b, c]), mismatch(3));
    assert_eq!(attempt(None, &[b, a]), mismatch(9));
    assert_eq!(attempt(None, &[b, b, c]), mismatch(0));
    assert_eq!(attempt(None, &[b, a, c, c]), mismatch(u16::MAX));
    // The touched market is not repeated among the others.
    assert_eq!(attempt(Some(a), &[b, a, c]), mismatch(9));
    // A touched market without a position takes no slot.
    let fresh = market(7);
    assert_eq!(attempt(Some(&fresh), &[b, a, c]), None);
}

#[test]
fn health_needs_prices_at_most_fifteen_seconds_old() {
    let mut markets = [market(0), market(1)];
    let account = account(&[0, 1]);
    publish(&mut markets[0], PRICE, 16);
    let portfolio = Portfolio::new(&account, None, &[&markets[0], &markets[1]], at(16)).unwrap();
    let stale = Err(EngineError::LegStale { market: 1, age: 16, allowed: 15 });
    assert_eq!(portfolio.maintenance_health(), stale);
}

#[test]
fn an_unusable_leg_keeps_its_value_and_demands_no_margin() {
    // Too wide, paused, or dark: the loss of $1000 counts, the $750 do not, and its age does not matter.
    let account = account(&[0, 1]);
    let mut wide = market(1);
    wide.price.newest_published = at(1).now;
    let paused = Market { status: StoredStatus::lasting(Status::Paused), ..market(1) };
    let mut dark = market(1);
    dark.price.dark_since = at(100).now;
    for unusable in [wide, paused, dark] {
        let mut fresh = market(0);
        publish(&mut fresh, PRICE, 400);
        let portfolio = Portfolio::new(&account, None, &[&fresh, &unusable], at(400)).unwrap();
        assert_eq!(dollars(portfolio.maintenance_health().unwrap()), (3_000, 750));
        assert_eq!(portfolio.initial_health(), Err(EngineError::MarketUnusable { market: 1 }));
    }
}

#[test]
fn equal_equity_and_margin_is_not_below() {
    let health = |equity| Health { equity: SignedAtoms::new(equity), margin: Atoms::new(750) };
    assert!(!health(750).is_below_margin());
    assert!(health(749).is_below_margin());
    assert!(health(-1).is_below_margin());
}
