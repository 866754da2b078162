//! Brute force: no scenario of the grid takes more from an account than it asks.

use super::scenarios::beyond;
use super::stage::{plain, Held, Stage};
use perp_engine::state::Parameters;
use perp_engine::units::Ppm;

/// Steps of a common move up to a margin.
const STEPS: i64 = 4;

/// Sizes of a long and a short, in thousandths of a SOL.
const SIZES: [i64; 5] = [10_000, 40_000, 90_000, 100_000, 250_000];
/// What the markets' backing may be, in dollars: nothing, less than a move pays, as much as it takes, and more than is ever asked.
const BACKINGS: [u64; 4] = [0, 300, 5_000, 1_000_000];
/// At what of the price a position was entered: nothing won, much won, a little lost and won.
const ENTRIES: [u64; 4] = [1_000_000, 950_000, 1_010_000, 990_000];

fn check(stage: &Stage, account: usize) {
    let beyond = beyond(stage, account, plain().group_divergence.get().into(), STEPS);
    // Nobody opens what can be liquidated.
    let health = stage.health(account);
    assert!(health.initial.surplus() <= health.maintenance.surplus(), "{health:?} of {:?}", stage.account(account));
    // Prices and both equities are rounded.
    assert!(beyond.iter().all(|beyond| *beyond <= 2), "{beyond:?} of {:?}", stage.account(account));
}

#[test]
fn a_pair_never_asks_less_than_the_worst_scenario_takes() {
    let mut checked = 0;
    for [long_backing, short_backing] in
        [[0, 1], [1, 0], [2, 3], [3, 2], [1, 1], [3, 3]].map(|it| it.map(|it| BACKINGS[it]))
    {
        for (long, short) in SIZES.into_iter().flat_map(|long| SIZES.map(|short| (long, short))) {
            for entry in ENTRIES {
                let mut stage = Stage::of(&[(plain(), long_backing), (plain(), short_backing)]);
                let held = [Held { market: 0, size: long, entry }, Held { market: 1, size: -short, entry }];
                let account = stage.holding(1_000_000_000_000, &held);
                check(&stage, account);
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 600);
}

#[test]
fn three_and_four_positions_never_ask_less_than_the_worst_scenario_takes() {
    // One market of four has twice the margin, another a smaller credit.
    let wide = Parameters { base_margin: Ppm::new(100_000), ..plain() };
    let small = Parameters { group_credit: Ppm::new(40_000), ..plain() };
    for backing in [0, 2_000, 1_000_000] {
        for sizes in [[100, -50, -50, 0], [100, 30, -80, -60], [20, -100, 40, 60], [-70, -10, 90, -30]] {
            for entry in [1_000_000, 970_000] {
                let markets = [plain(), wide, small, plain()].map(|parameters| (parameters, backing));
                let mut stage = Stage::of(&markets);
                let positions = (0..).zip(sizes).filter(|(_, size)| *size != 0);
                let held: Vec<Held> =
                    positions.map(|(market, size)| Held { market, size: size * 1_000, entry }).collect();
                let account = stage.holding(1_000_000_000_000, &held);
                check(&stage, account);
            }
        }
    }
}

#[test]
fn a_balanced_pair_asks_45_percent_of_what_its_positions_ask_alone() {
    let mut stage = Stage::of(&[(plain(), 1_000_000), (plain(), 1_000_000), (plain(), 1_000_000)]);
    let pair = [(0, 100_000), (1, -100_000)].map(|(market, size)| Held { market, size, entry: 1_000_000 });
    let alone: Vec<_> = pair.iter().map(|held| stage.holding(0, &[*held])).collect();
    let both = stage.holding(0, &pair);
    let sum = |of: fn(&Stage, usize) -> u64| alone.iter().map(|account| of(&stage, *account)).sum::<u64>();
    let maintenance = |stage: &Stage, account| stage.health(account).maintenance.margin.get();
    let initial = |stage: &Stage, account| stage.health(account).initial.margin.get();
    // 3.75 % and 5 % of $25 000 twice: $1875 and $2500; 45 % of them are $843.75 and $1125.
    assert_eq!((sum(maintenance), maintenance(&stage, both)), (1_875_000_000, 843_750_000));
    assert_eq!((sum(initial), initial(&stage, both)), (2_500_000_000, 1_125_000_000));
}
