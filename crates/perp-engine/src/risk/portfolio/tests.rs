use super::*;
use crate::fixtures::{
    at, base, exact, publish, reading, restricted_until, set_side, sol_market, usdc, PRICE, SOL, USDC,
};
use crate::market::price::plan_price;
use crate::market::range::Moment;
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
fn attack_every_market_is_passed_in_whatever_order() {
    let markets = [market(0), market(3), market(9)];
    let account = account(&[3, 0, 9]);
    let [a, b, c] = [&markets[0], &markets[1], &markets[2]];
    let attempt = |target, others: &[&Market]| Portfolio::new(&account, target, others.iter().copied(), at(0)).err();
    let missing = |expected| Some(EngineError::MarketMissing { expected });
    assert_eq!(attempt(None, &[b, a, c]), None);
    assert_eq!(attempt(Some(a), &[b, c]), None);
    for others in [[a, b, c], [c, b, a], [c, a, b]] {
        assert_eq!(attempt(None, &others), None);
    }
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
    // Its newest price is ten seconds ahead of the clock. Held, it would make the others 15 + 10 s old, a range of prices; passed
    // over, it does not: at 15 s they are prices.
    let (held, mut left) = (market(0), market(5));
    let account = account(&[0]);
    publish(&mut left, PRICE, 25);
    let plain = Portfolio::new(&account, None, [&held], at(15)).unwrap();
    let passed_over = Portfolio::new(&account, None, [&left, &held, &left], at(15)).unwrap();
    assert_eq!((passed_over.legs().count(), passed_over.reference), (1, at(15).now));
    assert_eq!((passed_over.moment, plain.moment), (Moment::Newest, Moment::Newest));
    for portfolio in [passed_over, plain] {
        assert_eq!(dollars(portfolio.maintenance_health().unwrap()), (4_000, 750));
    }
    // The target's price counts although the account holds nothing there: the operation is about it. At $287.50 the leg has won
    // $2750, which the market could pay where that is the price, and demands 3 % of $28 750.
    let target = Portfolio::new(&account, Some(&left), [&held], at(15)).unwrap();
    assert_eq!(dollars(target.maintenance_health().unwrap()), (7_750, 862));
}

#[test]
fn ages_are_measured_from_the_newest_price_among_the_accounts_markets() {
    // The clock says 10 s; one market's price is of 16 s, a tolerated publish time: the other's is 16 s old, and may lie
    // anywhere within 15 %.
    let (held, mut ahead) = (market(0), market(1));
    let account = account(&[0, 1]);
    publish(&mut ahead, PRICE, 16);
    let portfolio = Portfolio::new(&account, None, [&held, &ahead], at(10)).unwrap();
    assert_eq!(portfolio.reference, at(16).now);
    assert_eq!(portfolio.range(&ahead).unwrap().low.get(), PRICE);
    assert_eq!(portfolio.range(&held).unwrap().low.get(), PRICE - 41_231_686_042);
    // Whether it is the one an operation is about or not.
    for (target, other) in [(&held, &ahead), (&ahead, &held)] {
        assert_eq!(Portfolio::new(&account, Some(target), [other], at(10)).unwrap().reference, at(16).now);
    }
}

#[test]
fn a_slot_without_a_size_needs_no_price() {
    // 100 SOL at $26 000 in the first market; a claim of $40 on the second, whose price is 400 s old. Claims count for nothing
    // in initial margin, and for maintenance as far as cash is set aside for them.
    let (mut fresh, mut claimed) = (market(0), market(1));
    publish(&mut fresh, PRICE, 400);
    claimed.ledger.claims = usdc(40);
    let mut account = account(&[0]);
    let claim_factor = claimed.ledger.claim_factor;
    account.positions[1] = Position { claim: usdc(40), claim_factor, ..Position::empty_in(1) };
    let portfolio = Portfolio::new(&account, None, [&fresh, &claimed], at(400)).unwrap();
    // Nor does its age or its newest price have a say in the moment.
    assert_eq!(portfolio.moment, Moment::Newest);
    // 5000 − 1000 − $7.12 of spread; 5 % of $25 000.
    assert_eq!(dollars(portfolio.initial_health().unwrap()), (3_992, 1_250));
    assert_eq!(dollars(portfolio.maintenance_health().unwrap()), (4_000, 750));
    let mut funded = claimed;
    (funded.ledger.claims_reserve, funded.ledger.claim_round) = (usdc(40), 1);
    let portfolio = Portfolio::new(&account, None, [&fresh, &funded], at(400)).unwrap();
    assert_eq!(dollars(portfolio.maintenance_health().unwrap()), (4_040, 750));
    assert_eq!(dollars(portfolio.initial_health().unwrap()), (3_992, 1_250));

    // A debt counts in full whatever the price.
    account.positions[1] = Position { debt: usdc(40), ..Position::empty_in(1) };
    let portfolio = Portfolio::new(&account, None, [&fresh, &claimed], at(400)).unwrap();
    assert_eq!(dollars(portfolio.maintenance_health().unwrap()), (3_960, 750));
    assert_eq!(dollars(portfolio.initial_health().unwrap()), (3_952, 1_250));
}

#[test]
fn an_older_price_is_a_more_adverse_one() {
    // 8 s: three times the spread of one second on 100 SOL, 10^11 · 234 870 834 · 2^-40 atoms = $21.36 below −$1000.
    let (account, held) = (account(&[0]), market(0));
    let portfolio = Portfolio::new(&account, None, [&held], at(8)).unwrap();
    let spread = || spread_ceil(&held, at(8).now);
    let leg = portfolio.initial_leg(&account.positions[0], &held.ledger, &held, spread).unwrap();
    assert_eq!(leg.equity, exact(-1_000).checked_sub(QuoteX40::new(100_000_000_000 * 234_870_834)).unwrap());
}

#[test]
fn a_leg_without_a_fresh_price_stops_nothing_and_demands_margin() {
    // 100 SOL bought for $26 000 here, its price fresh: $1000 of loss. 100 SOL for $30 000 there, last priced at $250 400 s ago:
    // for maintenance at $287.50, a loss of $1250 and 3 % of $28 750, $862.50; for initial margin at $212.50, a loss of
    // $8750, and 5 % of $28 750.
    let mut account = account(&[0, 1]);
    account.positions[1].entry_notional = exact(30_000).into();
    let mut plain = market(1);
    set_side(&mut plain, Side::Long, 100 * SOL, 30_000 * USDC);
    // Whatever else is the matter with it: a reading too wide just now, a restriction, an outage reported just now or long ago.
    let mut wide = plain;
    wide.price = plan_price(&wide, &reading(20_000_000_000, 2_000_000_000, 399), at(400)).unwrap().cache;
    assert_eq!(wide.price.newest_published, at(399).now);
    let limited = Market { reduce_only: restricted_until(1_000), ..plain };
    let (mut reported, mut dead) = (plain, plain);
    reported.price.outage_since = at(300).now;
    dead.price.outage_since = at(100).now;
    let mut fresh = market(0);
    publish(&mut fresh, PRICE, 400);
    for old in [plain, wide, limited, reported, dead] {
        let portfolio = Portfolio::new(&account, None, [&fresh, &old], at(400)).unwrap();
        assert_eq!(dollars(portfolio.maintenance_health().unwrap()), (2_750, 1_612));
        // 5000 − 1000 − 7.12 − 8750.
        assert_eq!(dollars(portfolio.initial_health().unwrap()), (-4_757, 2_687));
    }
}

#[test]
fn a_reading_too_wide_leaves_the_last_good_price_the_price() {
    // 10 s after it, at half the price and 4 % wide.
    let (account, mut held) = (account(&[0]), market(0));
    held.price = plan_price(&held, &reading(12_500_000_000, 500_000_000, 10), at(10)).unwrap().cache;
    let portfolio = Portfolio::new(&account, None, [&held], at(10)).unwrap();
    assert_eq!(dollars(portfolio.maintenance_health().unwrap()), (4_000, 750));
}

#[test]
fn legs_of_one_second_count_at_their_newest_price_and_others_at_the_end_that_is_better() {
    // A long and a short of 100 SOL each, bought and sold for $26 000. Both markets are told $250 at 0 s: −$1000 and +$1000.
    let mut account = account(&[0, 1]);
    account.positions[1].size = base(-100_000_000_000);
    let (mut long, mut short) = (market(0), market(1));
    set_side(&mut short, Side::Long, 0, 0);
    set_side(&mut short, Side::Short, 100 * SOL, 26_000 * USDC);
    let health = |long: &Market, short: &Market| {
        let portfolio = Portfolio::new(&account, None, [long, short], at(4)).unwrap();
        (dollars(portfolio.maintenance_health().unwrap()), dollars(portfolio.initial_health().unwrap()))
    };
    // 5 % of $25 000 twice; four seconds' drift, $15.92 on each side, turns the short's $1000 of profit into nothing.
    assert_eq!(health(&long, &short), ((5_000, 1_500), (3_984, 2_500)));
    // The long alone is told $240 at 4 s: for maintenance it counts at $250, for initial margin at $240 and at the margin of $250.
    long.recent.record(Price::new(PRICE / 25 * 24), at(4).now);
    long.price.price = Price::new(PRICE / 25 * 24);
    (long.price.published, long.price.newest_published) = (at(4).now, at(4).now);
    // $7.12 · 0.96 of spread on the long.
    assert_eq!(health(&long, &short), ((5_000, 1_500), (2_993, 2_500)));
    // Now the short as well: both count at $240, −$2000 and +$2000, and 3 % of $24 000 each.
    short.recent.record(Price::new(PRICE / 25 * 24), at(4).now);
    (short.price, short.recent) = (long.price, short.recent);
    assert_eq!(health(&long, &short).0, (5_000, 1_440));
}

#[test]
fn health_on_cash_counts_nothing_a_market_has_not_paid() {
    // Sold for $26 000, worth $25 000: $1000 that the market could pay, $5000 of balance. As it is owed only, it lowers the
    // leg's $750 to nothing.
    let mut account = account(&[0]);
    account.positions[0].size = base(-100_000_000_000);
    let mut held = market(0);
    set_side(&mut held, Side::Short, 100 * SOL, 26_000 * USDC);
    let portfolio = Portfolio::new(&account, None, [&held], at(0)).unwrap();
    assert_eq!(dollars(portfolio.maintenance_health().unwrap()), (6_000, 750));
    assert_eq!(dollars(portfolio.health_on_cash().unwrap()), (5_000, 0));
}

#[test]
fn equal_equity_and_margin_is_not_below() {
    let health = |equity| Health { equity: SignedAtoms::new(equity), margin: Atoms::new(750) };
    assert!(!health(750).is_below_margin());
    assert!(health(749).is_below_margin());
    assert!(health(-1).is_below_margin());
}
