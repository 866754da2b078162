use super::*;
use crate::fixtures::{at, base, exact, publish, set_side, sol_market, usdc, PRICE, SOL, USDC};
use crate::units::Side;
use bytemuck::Zeroable;

fn market(index: u16) -> Market {
    let mut market = Market { index, ..sol_market() };
    market.ledger.backing = usdc(1_000_000);
    set_side(&mut market, Side::Long, 100 * SOL, 26_000 * USDC);
    market
}

/// 100 SOL bought for $26 000, $1000 under water, in each of the markets, and $5000.
fn account(markets: &[u16]) -> Account {
    let mut account = Account { balance: usdc(5_000), ..Account::zeroed() };
    for (slot, market) in account.positions.iter_mut().zip(markets) {
        let entry_notional = exact(26_000).into();
        *slot = Position { size: base(100_000_000_000), entry_notional, ..Position::empty_in(*market) };
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
    let portfolio = Portfolio::new(&account, None, others, at(0)).unwrap();
    // 5000 − 3 · 1000; 3 · $750; initial 3 · $1250 and $7.12 of spread each.
    assert_eq!(dollars(portfolio.maintenance_health().unwrap()), (2_000, 2_250));
    assert_eq!(dollars(portfolio.initial_health().unwrap()), (1_978, 3_750));
}

#[test]
fn attack_every_market_is_passed_and_in_the_order_of_the_slots() {
    let markets = [market(0), market(3), market(9)];
    let account = account(&[3, 0, 9]);
    let [a, b, c] = [&markets[0], &markets[1], &markets[2]];
    let attempt = |target, others: &[&Market]| Portfolio::new(&account, target, others.iter().copied(), at(0)).err();
    let missing = |expected| Some(EngineError::MarketMissing { expected });
    assert_eq!(attempt(None, &[b, a, c]), None);
    assert_eq!(attempt(Some(a), &[b, c]), None);
    // 0 is passed over on the way to 3, and after 3 there is only 9: 0 is missing.
    assert_eq!(attempt(None, &[a, b, c]), missing(0));
    assert_eq!(attempt(None, &[a, c]), missing(3));
    assert_eq!(attempt(None, &[b, a]), missing(9));
    assert_eq!(attempt(None, &[b, b, c]), missing(0));
    assert_eq!(attempt(None, &[]), missing(3));
    // What is left over was passed over: one market twice, and the target among the others.
    assert_eq!(attempt(None, &[b, a, c, c]), None);
    assert_eq!(attempt(Some(a), &[b, a, c]), None);
    // A target in which the account holds nothing takes no slot.
    let fresh = market(7);
    assert_eq!(attempt(Some(&fresh), &[b, a, c]), None);
}

#[test]
fn a_market_the_account_has_left_is_passed_over_and_makes_no_other_one_old() {
    // Its newest price is ten seconds ahead of the clock. Held, it would make the others 15 + 10 s old; passed over, it does
    // not: with a limit of 15 s everything can be judged.
    let (held, mut left) = (market(0), market(5));
    let account = account(&[0]);
    publish(&mut left, PRICE, 25);
    let plain = Portfolio::new(&account, None, [&held], at(15)).unwrap();
    let passed_over = Portfolio::new(&account, None, [&left, &held, &left], at(15)).unwrap();
    assert_eq!((passed_over.legs().count(), passed_over.reference), (1, at(15).now));
    assert_eq!(passed_over.maintenance_health(), plain.maintenance_health());
    assert!(plain.maintenance_health().is_ok());
    // The target's price counts although the account holds nothing there: the operation is about it.
    let target = Portfolio::new(&account, Some(&left), [&held], at(15)).unwrap();
    assert_eq!(target.maintenance_health(), Err(EngineError::LegStale { market: 0, age: 25, allowed: 15 }));
}

#[test]
fn ages_are_measured_from_the_newest_price_among_the_accounts_markets() {
    // The clock says 10 s; one market's price is of 16 s, a tolerated publish time: the other's is 16 s old.
    let (held, mut ahead) = (market(0), market(1));
    let account = account(&[0, 1]);
    publish(&mut ahead, PRICE, 16);
    let portfolio = Portfolio::new(&account, None, [&held, &ahead], at(10)).unwrap();
    assert_eq!(portfolio.reference, at(16).now);
    let stale = Err(EngineError::LegStale { market: 0, age: 16, allowed: 15 });
    assert_eq!(portfolio.maintenance_health(), stale);
    // Whether it is the one an operation is about or not.
    for (target, other) in [(&held, &ahead), (&ahead, &held)] {
        assert_eq!(Portfolio::new(&account, Some(target), [other], at(10)).unwrap().reference, at(16).now);
    }
}

#[test]
fn a_slot_without_a_size_needs_a_fresh_price_only_to_be_liquidated() {
    // 100 SOL at $26 000 in the first market; a claim of $40 on the second, whose price is 400 s old. Claims count for nothing
    // in initial margin, and at the market's coverage, here in full, where the account is liquidated.
    let (mut fresh, mut claimed) = (market(0), market(1));
    publish(&mut fresh, PRICE, 400);
    claimed.ledger.claims = usdc(40);
    let mut account = account(&[0]);
    let claim_factor = claimed.ledger.claim_factor;
    account.positions[1] = Position { claim: usdc(40), claim_factor, ..Position::empty_in(1) };
    let portfolio = Portfolio::new(&account, None, [&fresh, &claimed], at(400)).unwrap();
    // 5000 − 1000 − $7.12 of spread; 5 % of $25 000.
    assert_eq!(dollars(portfolio.initial_health().unwrap()), (3_992, 1_250));
    let traded = portfolio.rest(Some(0), PriceUse::OtherLeg, true).unwrap();
    assert_eq!((traded.maintenance.equity, traded.initial.equity), (exact(40), QuoteX40::ZERO));
    let stale = EngineError::LegStale { market: 1, age: 400, allowed: 15 };
    assert_eq!(portfolio.maintenance_health(), Err(stale));

    // A debt counts in full whatever the price.
    account.positions[1] = Position { debt: usdc(40), ..Position::empty_in(1) };
    let portfolio = Portfolio::new(&account, None, [&fresh, &claimed], at(400)).unwrap();
    assert_eq!(dollars(portfolio.maintenance_health().unwrap()), (3_960, 750));
}

#[test]
fn health_needs_prices_at_most_fifteen_seconds_old() {
    let mut markets = [market(0), market(1)];
    let account = account(&[0, 1]);
    publish(&mut markets[0], PRICE, 16);
    let portfolio = Portfolio::new(&account, None, [&markets[0], &markets[1]], at(16)).unwrap();
    let stale = Err(EngineError::LegStale { market: 1, age: 16, allowed: 15 });
    assert_eq!(portfolio.maintenance_health(), stale);
}

#[test]
fn an_unusable_leg_keeps_its_value_and_demands_no_margin() {
    // Too wide, or in an outage: the loss of $1000 counts, the $750 do not, and its age does not matter.
    let account = account(&[0, 1]);
    let mut wide = market(1);
    wide.price.newest_published = at(1).now;
    let mut outage = market(1);
    outage.price.outage_since = at(100).now;
    for unusable in [wide, outage] {
        let mut fresh = market(0);
        publish(&mut fresh, PRICE, 400);
        let portfolio = Portfolio::new(&account, None, [&fresh, &unusable], at(400)).unwrap();
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
