//! Resting orders in small: some hours of the crash of September 2021.

use perp_stress::document::{Document, Origin};
use perp_stress::orders::result::{Moment, Orders, Rule};
use perp_stress::orders::run;
use perp_stress::path::{Kind, PricePath};
use perp_stress::variant::{Terms, Variant};
use perp_stress::work::{work, Order, Part};

/// An hour in ticks.
const HOUR: usize = 240;

/// Two hours before the worst hour of the path, and two after it.
fn crash() -> PricePath {
    let file = perp_candles::recorded_days().join("eth_usd_1m_2021-09-06_2021-09-08.csv");
    let path = PricePath::read(&file, Kind::Crash).unwrap();
    let worst = path.worst_fall(HOUR);
    path.window(worst - 2 * HOUR..worst + 3 * HOUR)
}

fn measured(seed: u64) -> Orders {
    run(&crash(), &Terms::default(), seed)
}

fn moment<'a>(rule: &'a Rule, name: &str) -> &'a Moment {
    rule.moments.iter().find(|moment| moment.name.contains(name)).unwrap()
}

#[test]
fn a_stop_costs_what_the_price_moves_until_its_fill_and_no_spread_for_age_and_volatility() {
    let orders = measured(1);
    assert_eq!(orders.rules.iter().map(|rule| rule.delay).collect::<Vec<_>>(), [3, 11]);
    for rule in &orders.rules {
        let stops = rule.stops;
        assert!(stops.moved.count > 30, "{stops:?}");
        // 5 bp of confidence and 4 bp of fee besides; closing one of two equal positions turns the skew from nothing.
        assert!((stops.filled.mean - stops.moved.mean - 9.0).abs() < 0.1, "{stops:?}");
        // Twice the listed volatility of 80 % a year and a second at least, 2.8 bp, on top of the same.
        assert!(stops.at_once.mean > 11.8, "{stops:?}");
        assert!((stops.dearer.mean - (stops.filled.mean - stops.at_once.mean)).abs() < 0.02, "{stops:?}");
        assert!(stops.filled_high > stops.filled.mean && stops.moved_high > stops.moved.mean, "{stops:?}");
    }
    // The price has longer to move.
    let [short, long] = [0, 1].map(|place| orders.rules[place].stops.moved_high);
    assert!(long > short, "{short} and {long}");
}

#[test]
fn knowing_the_next_seconds_pays_at_once_and_not_at_a_price_that_nobody_knows() {
    let orders = measured(1);
    for rule in &orders.rules {
        let (any, knows) = (moment(rule, "any moment"), moment(rule, "knows"));
        assert!(any.gain.count > 200 && knows.gain.count > 100, "{any:?} {knows:?}");
        assert!(any.before_cost.mean.abs() < 4.0 * any.before_cost.error, "{any:?}");
        // The move of two seconds is in the price by the time the order fills, and at once the spread is more than it.
        assert!(knows.at_once.mean > any.at_once.mean + 5.0, "{knows:?} {any:?}");
        assert!(knows.gain.mean < 0.0 && knows.at_once.mean < 0.0, "{knows:?}");
        // 5 bp of confidence and 4 bp of fee.
        assert!((any.before_cost.mean - any.gain.mean - 9.0).abs() < 0.1, "{any:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_orders_in_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.json");
    let (paths, terms) = ([crash()], Terms::default());
    let mut document = Document::empty(Origin::here(&terms));
    let order = Order {
        paths: &paths,
        seeds: &[1],
        only: &[Part::Orders],
        variants: &[Variant::Together],
        terms,
        fills: &[],
        cases: &[],
        strategies: &[],
        places: 2,
        threads: 1,
    };
    work(&mut document, &file, &order).unwrap();
    assert_eq!(Document::read(&file).unwrap(), document);
    assert_eq!(document.orders, [measured(1)]);
    // What is finished is not run again.
    work(&mut document, &file, &order).unwrap();
    assert_eq!(document.orders.len(), 1);
}
