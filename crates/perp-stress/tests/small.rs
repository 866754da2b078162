//! The benchmark in small: some hours of the crash of September 2021, and a tenth of the population.

use perp_stress::case::{measure, Case, Measured, Rules, Setup};
use perp_stress::document::{Document, Origin};
use perp_stress::exchange_venue::ExchangeVenue;
use perp_stress::market::price;
use perp_stress::path::{Kind, PricePath};
use perp_stress::strategies::{Played, STRATEGIES};
use perp_stress::variant::{Terms, Variant};
use perp_stress::venue::Venue;
use perp_stress::work::{work, Order, Part};

const TRADERS: usize = 200;
/// An hour in ticks.
const HOUR: usize = 240;

/// Two hours before the worst hour of the path, and two after it.
fn crash() -> PricePath {
    let file = perp_candles::recorded_days().join("eth_usd_1m_2021-09-06_2021-09-08.csv");
    let path = PricePath::read(&file, Kind::Crash).unwrap();
    let worst = path.worst_fall(HOUR);
    path.window(worst - 2 * HOUR..worst + 3 * HOUR)
}

/// A run ends with a check of every atom on the exchange, and panics where one is missing.
fn run(rules: Rules, variant: Variant, fill: u32, case: Case) -> Measured {
    let (path, terms) = (&crash(), &Terms::of(variant));
    measure(&Setup { path, rules, terms, fill, case, seed: 1, traders: TRADERS, places: 4 })
}

/// Everything of these paths and seeds that belongs to a part.
fn order<'a>(paths: &'a [PricePath], seeds: &'a [u64], only: &'a [Part], threads: usize) -> Order<'a> {
    let (variants, terms) = (&[Variant::Together], Terms::default());
    Order { paths, seeds, only, variants, terms, fills: &[], cases: &[], strategies: &[], places: 2, threads }
}

#[test]
fn the_same_seed_gives_the_same_document_to_the_last_byte() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [crash()];
    let texts: Vec<String> = [("a.json", 1), ("b.json", 2)]
        .map(|(name, threads)| {
            let file = folder.path().join(name);
            let mut document = Document { traders: 50, ..Document::empty(Origin::here(&Terms::default())) };
            work(&mut document, &file, &order(&paths, &[1, 2], &[Part::Populations], threads)).unwrap();
            // Three fills, six cases, two seeds.
            assert_eq!(document.cells.len(), 36);
            std::fs::read_to_string(file).unwrap()
        })
        .into();
    assert_eq!(texts[0], texts[1]);
    // Another seed is another population.
    let of_seed = |seed| {
        Document::read(&folder.path().join("a.json")).unwrap().cells.into_iter().find(move |cell| cell.seed == seed)
    };
    assert_ne!(of_seed(1).unwrap().outcome, of_seed(2).unwrap().outcome);
}

#[test]
fn what_is_finished_is_kept_and_other_sources_or_parameters_do_not_continue_it() {
    let folder = tempfile::tempdir().unwrap();
    let (file, paths) = (folder.path().join("stress.json"), [crash()]);
    let mut document = Document { traders: 20, ..Document::empty(Origin::here(&Terms::default())) };
    let of_seeds = |seeds| order(&paths, seeds, &[Part::Peers], 2);
    work(&mut document, &file, &of_seeds(&[1])).unwrap();
    // A mark that a second run would not make.
    let mut kept = Document::read(&file).unwrap();
    kept.cells.iter_mut().for_each(|cell| cell.outcome.opened = 12_345);
    work(&mut kept, &file, &of_seeds(&[1, 2])).unwrap();
    let marked = kept.cells.iter().filter(|cell| cell.outcome.opened == 12_345).count();
    assert_eq!((marked, kept.cells.len()), (18, 36));

    let origin = Origin::here(&Terms::default());
    assert!(Origin { commit: "another".into(), ..origin.clone() }.continues(&origin));
    assert!(!Origin { sources: "others".into(), ..origin.clone() }.continues(&origin));
    let mut other = origin.clone();
    *other.parameters.get_mut("penalty").unwrap() += 1;
    assert!(!other.continues(&origin));
}

#[test]
fn an_hour_without_prices_across_the_crash_is_paid_for_by_the_providers() {
    let prompt = run(Rules::Exchange, Variant::Before, 60, Case::Prompt).outcome;
    let silent = run(Rules::Exchange, Variant::Before, 60, Case::Outage(60));
    assert!(prompt.liquidated > 0 && prompt.longest_below == 0, "{prompt:?}");
    // A fall by a fifth with 17 % of margin, against a liquidation on every tick.
    assert!(silent.outcome.written_off > 100_000.0, "{silent:?}");
    assert!(prompt.bad_debt() < silent.outcome.bad_debt() / 10.0, "{prompt:?}");
    // Everybody who is below the margin has been so for a while.
    assert!(silent.outcome.longest_below > 600);
    // The worst place is where it was looked for.
    let elsewhere = silent.elsewhere.unwrap();
    assert!(elsewhere.mean < silent.outcome.bad_debt() && elsewhere.mean <= elsewhere.worst);
    // And with all rules together by the margin that open interest asks for.
    let together = run(Rules::Exchange, Variant::Together, 60, Case::Outage(60)).outcome;
    assert!(together.bad_debt() < silent.outcome.bad_debt() / 8.0, "{together:?}");
}

#[test]
fn who_liquidates_late_leaves_accounts_below_their_margin_that_long() {
    for minutes in [1, 5, 30] {
        let late = run(Rules::Exchange, Variant::Before, 60, Case::Late(minutes)).outcome;
        assert!(late.longest_below >= minutes * 60 && late.bad_debt() > 0.0, "{late:?}");
    }
}

#[test]
fn margin_that_grows_with_open_interest_shields_a_full_market_where_the_peers_pay() {
    let here = run(Rules::Exchange, Variant::Together, 95, Case::Outage(60)).outcome;
    let peers = run(Rules::Peers, Variant::Together, 95, Case::Outage(60)).outcome;
    assert!(here.margin > 0.3 && peers.margin < 0.2, "{} {}", here.margin, peers.margin);
    assert!(peers.written_off > 10.0 * here.written_off + 100_000.0, "{} {}", peers.written_off, here.written_off);
}

/// A market at $100 with one trader, who has opened a long of $10 000 with $800: liquidated at about $94.9, bankrupt at $92.
fn held(variant: Variant) -> ExchangeVenue {
    let mut venue = ExchangeVenue::new(&Terms::of(variant), START, price(100.0), 1);
    venue.open(0, true, 10_000.0, 800.0).unwrap();
    venue
}

const START: i64 = 1_700_000_000;

#[test]
fn after_a_silence_of_the_oracle_nobody_is_liquidated_for_two_minutes_who_is_not_bankrupt() {
    let fallen = |after: f64, silent: bool| {
        let mut venue = held(Variant::Before);
        for tick in 1..20 {
            venue.publish(START + 15 * tick, (!silent).then(|| price(100.0)));
        }
        [300, 405, 435].map(|second| {
            venue.publish(START + second, Some(price(after)));
            venue.is_below_margin(0)
        })
    };
    // $6 lower 2 % are left of the notional, with 3 % to hold.
    assert_eq!(fallen(94.0, false), [true, true, true]);
    assert_eq!(fallen(94.0, true), [false, false, true]);
    // $9 lower nothing is left.
    assert_eq!(fallen(91.0, true), [true, true, true]);
}

#[test]
fn the_margin_to_hold_follows_what_the_market_measures_and_liquidations_say_so() {
    let maintenance = |variant: Variant| {
        let mut venue = held(variant);
        for tick in 1..=40 {
            // 1 % up and down every 15 s is a volatility of 1 500 % a year: more margin, by at most 1 % a minute.
            venue.publish(START + 15 * tick, Some(price(if tick % 2 == 0 { 100.0 } else { 99.0 })));
        }
        venue.maintenance()
    };
    assert_eq!(maintenance(Variant::Before), 0.03);
    // Ten minutes: from 5 % to 15 % at most, of which 60 % is to be held.
    let raised = maintenance(Variant::Together);
    assert!((0.04..=0.09).contains(&raised), "{raised}");
    let outcome = run(Rules::Exchange, Variant::Measured, 60, Case::Prompt).outcome;
    assert!(outcome.by_volatility > 0.0 && outcome.by_volatility < outcome.liquidated_notional, "{outcome:?}");
    assert_eq!(run(Rules::Exchange, Variant::Before, 60, Case::Prompt).outcome.by_volatility, 0.0);
}

fn played(strategy: &str, variant: Variant) -> Vec<Played> {
    let strategy = STRATEGIES.iter().find(|known| known.name == strategy).unwrap();
    strategy.played(&crash(), &Terms::of(variant), 1)
}

fn total(played: &[Played], variant: &str) -> f64 {
    played.iter().find(|way| way.variant == variant).unwrap().tally.sum()
}

#[test]
fn two_seconds_of_lead_earn_more_than_one_and_large_trades_more_than_small_ones() {
    let lead = |variant| played("lead over the oracle", variant);
    let (before, together) = (lead(Variant::Before), lead(Variant::Together));
    let earned = |name: &str| total(&before, &format!("{name}, worst two hours"));
    assert!(0.0 < earned("1 s, $100 k") && earned("1 s, $100 k") < earned("2 s, $100 k"));
    assert!(earned("2 s, $100 k") < earned("2 s, $1000 k"));
    // A spread that follows what the market measures leaves little of it.
    assert!(total(&together, "2 s, $1000 k, worst two hours") < earned("2 s, $1000 k") / 20.0);
}

#[test]
fn a_pumped_market_pays_its_backing_and_no_more() {
    let toxic = played("toxic market as margin", Variant::Together);
    let pump = toxic.iter().find(|way| way.variant == "the pump alone").unwrap();
    // 100 times at most $200 000, and nearly that: what the fee costs is far less.
    assert!((19_000_000.0..=20_000_000.0).contains(&pump.tally.sum()), "{pump:?}");
    // And with what insurance may ever pay there, a hundred times on the same exchange no more than once.
    let repeated = played("toxic market, a hundred times", Variant::Together);
    assert!(total(&repeated, "a time") > 200_000.0, "{repeated:?}");
    assert!(total(&repeated, "all times, beyond what it may cost") <= 0.0, "{repeated:?}");
}

#[test]
fn liquidating_oneself_and_splitting_liquidations_loses() {
    for (strategy, variant) in [
        ("own liquidation", "$1 million, against closing instead"),
        ("own liquidation", "the smallest position, from opening to end"),
        ("splitting a liquidation", "in 10 calls, against one"),
    ] {
        let profit = total(&played(strategy, Variant::Together), variant);
        assert!(profit < 0.0, "{strategy}, {variant}: {profit}");
    }
}
