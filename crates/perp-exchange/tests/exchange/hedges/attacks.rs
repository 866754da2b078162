//! Choosing which price is told, and whose market can pay.

use super::stage::{plain, rule, Held, Stage};
use perp_engine::fixtures::{usdc, NOW};
use perp_engine::oracle::OracleReading;
use perp_engine::state::Parameters;
use perp_engine::units::{Atoms, Timestamp};
use perp_engine::EngineError;

const MANY: u64 = 1_000_000;

/// 100 SOL long and 100 short, entered at the price, with so many atoms.
fn hedge(atoms: u64) -> (Stage, usize) {
    hedge_in(plain(), atoms)
}

fn hedge_in(parameters: Parameters, atoms: u64) -> (Stage, usize) {
    let mut stage = Stage::of(&[(parameters, MANY), (parameters, MANY)]);
    let held = [(0, 100_000), (1, -100_000)].map(|(market, size)| Held { market, size, entry: 1_000_000 });
    let account = stage.holding(atoms, &held);
    (stage, account)
}

/// Tells a market a price in cents of the second that it is.
fn tell(stage: &mut Stage, market: u16, cents: i64) {
    let now = stage.exchange.clock.now.get();
    let reading = OracleReading::new(cents * 1_000_000, 0, -8, now).unwrap().with_previous(now - 1);
    stage.exchange.update_price(market, &reading).unwrap();
}

#[test]
fn attack_telling_one_sides_price_alone_liquidates_nobody_and_lets_nobody_take_more_out() {
    // Both prices rise to $260 and fall to $240, two seconds apart; each is told of any of these seconds or not.
    for told in 0..16u32 {
        // At $260 both ask $877.50.
        let (mut stage, account) = hedge(880_000_000);
        let mut spare = vec![spare(&stage, account)];
        for (second, cents) in [(0, 26_000), (1, 24_000)] {
            stage.exchange.wait(2, 4).unwrap();
            let mut all = stage.clone();
            for market in [0, 1] {
                tell(&mut all, market, cents);
                if told >> (2 * second + market) & 1 == 1 {
                    tell(&mut stage, market as u16, cents);
                }
            }
            spare.push(self::spare(&all, account));
        }
        // At every second the account is healthy, whichever of its prices are told.
        for market in [0, 1] {
            let refused = stage.liquidate(account, market, u64::MAX);
            assert!(matches!(refused, Err(EngineError::NotLiquidatable { .. })), "{told:04b}: {refused:?}");
        }
        // And it can take out no more than at the second that is best for it.
        let most = spare.iter().max().unwrap();
        assert!(self::spare(&stage, account) <= *most, "{told:04b}");
    }
}

/// What is above the initial margin, in atoms.
fn spare(stage: &Stage, account: usize) -> i128 {
    stage.health(account).initial.surplus()
}

#[test]
fn attack_a_wide_range_of_one_price_raises_no_credit() {
    // The short's market says $250 and, in the same second, $300 and $250 again: its price may be either, and its margin is that of
    // $300; it earns by that of $250 at most.
    let (mut stage, account) = hedge(3_000_000_000);
    let before = stage.health(account).initial;
    stage.exchange.wait(1, 2).unwrap();
    tell(&mut stage, 0, 25_000);
    let mut market = *stage.market(1);
    market.recent.record(perp_engine::units::Price::new(perp_engine::fixtures::PRICE / 5 * 6), market.price.published);
    stage.exchange.put_market(market);
    let after = stage.health(account).initial;
    assert!(after.surplus() < before.surplus());
    // 5 % of $28 750, a stress move of 15 % rounded up, for the short, less 10 % of the long's $1250.
    assert_eq!((before.margin, after.margin), (usdc(1_125), Atoms::new(1_312_500_001)));
}

#[test]
fn attack_emptying_the_winners_market_takes_the_credit_and_no_more() {
    let (stage, account) = hedge(MANY * 1_000_000);
    let asked = |stage: &Stage| stage.health(account).maintenance.margin.get();
    // 937.50 − 93.75; without cash in one of the markets 937.50, which is what the other side can lose.
    assert_eq!(asked(&stage), 843_750_000);
    for emptied in [[0, MANY], [MANY, 0], [0, 0]] {
        let mut poor = stage.clone();
        for (market, backing) in [0u16, 1].into_iter().zip(emptied) {
            let mut state = *poor.market(market);
            state.ledger.backing = usdc(backing);
            poor.exchange.put_market(state);
        }
        assert_eq!(asked(&poor), 937_500_000);
    }
    // In part: $400 of cash pay $400, a tenth of which is credited.
    let mut poor = stage.clone();
    let mut state = *poor.market(1);
    state.ledger.backing = usdc(400);
    poor.exchange.put_market(state);
    assert_eq!(asked(&poor), 897_500_000);
}

#[test]
fn a_market_that_has_ended_hedges_nothing_more() {
    let (mut stage, account) = hedge(2_000_000_000);
    let mut state = *stage.market(1);
    (state.settlement.moved_at, state.settlement.price) = (Timestamp::new(NOW), state.price.price);
    stage.exchange.put_market(state);
    let health = stage.health(account);
    assert_eq!((health.maintenance.margin.get(), health.initial.margin.get()), (937_500_000, 1_250_000_000));
}

#[test]
fn a_price_that_is_not_fresh_hedges_for_maintenance_and_for_no_initial_margin() {
    // 16 s later only the long's price is told. For maintenance the short counts at 15 % less, where it has won $3750 and asks
    // $796.875; for initial margin at 15 % more, where it asks $1437.50 and has lost $3750.
    let (mut stage, account) = hedge(5_000_000_000);
    stage.exchange.wait(16, 32).unwrap();
    tell(&mut stage, 0, 25_000);
    let health = stage.health(account);
    // 937.50 − 79.6875; the price is rounded outwards.
    assert_eq!(health.maintenance.margin.get() / 1_000, 857_812);
    assert_eq!((health.initial.equity.get() / 1_000, health.initial.margin.get() / 1_000), (1_249_999, 1_312_500));
    let refused = rule(stage.exchange.withdraw(account, Atoms::new(1)));
    assert!(matches!(refused, Err(EngineError::InitialMargin { .. })), "{refused:?}");
}

#[test]
fn positions_isolated_or_in_other_groups_are_margined_one_by_one() {
    let other = Parameters { risk_group: 2, ..plain() };
    let none = Parameters {
        risk_group: 0,
        group_credit: perp_engine::units::Ppm::ZERO,
        group_divergence: perp_engine::units::Ppm::ZERO,
        ..plain()
    };
    for second in [other, none] {
        let mut stage = Stage::of(&[(plain(), MANY), (second, MANY)]);
        let held = [(0, 100_000), (1, -100_000)].map(|(market, size)| Held { market, size, entry: 1_000_000 });
        let account = stage.holding(0, &held);
        assert_eq!(stage.health(account).maintenance.margin, usdc(1_875));
    }
}
