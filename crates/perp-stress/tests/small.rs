//! The benchmark in small: some hours of the crash of September 2021, and a tenth of the population.

use perp_stress::case::{measure, Case, Measured, Rules};
use perp_stress::document::{Document, Origin};
use perp_stress::path::PricePath;
use perp_stress::strategies::{Played, STRATEGIES};
use perp_stress::work::{work, Order, Part};

const TRADERS: usize = 200;
/// An hour in ticks.
const HOUR: usize = 240;

/// Two hours before the worst hour of the path, and two after it.
fn crash() -> PricePath {
    let path = PricePath::read(&perp_candles::recorded_days().join("eth_usd_1m_2021-09-06_2021-09-08.csv")).unwrap();
    let worst = path.worst_fall(HOUR);
    path.window(worst - 2 * HOUR..worst + 3 * HOUR)
}

/// A run ends with a check of every atom on the exchange, and panics where one is missing.
fn run(rules: Rules, fill: u32, case: Case) -> Measured {
    measure(&crash(), rules, fill, case, 1, TRADERS)
}

#[test]
fn the_same_seed_gives_the_same_document_to_the_last_byte() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [crash()];
    let texts: Vec<String> = [("a.json", 1), ("b.json", 2)]
        .map(|(name, threads)| {
            let file = folder.path().join(name);
            let mut document = Document { traders: 50, ..Document::empty(Origin::here()) };
            let order = Order { paths: &paths, seeds: &[1, 2], only: &[Part::Populations], threads };
            work(&mut document, &file, &order).unwrap();
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
    let mut document = Document { traders: 20, ..Document::empty(Origin::here()) };
    let order = |seeds| Order { paths: &paths, seeds, only: &[Part::Peers], threads: 2 };
    work(&mut document, &file, &order(&[1])).unwrap();
    // A mark that a second run would not make.
    let mut kept = Document::read(&file).unwrap();
    kept.cells.iter_mut().for_each(|cell| cell.outcome.opened = 12_345);
    work(&mut kept, &file, &order(&[1, 2])).unwrap();
    let marked = kept.cells.iter().filter(|cell| cell.outcome.opened == 12_345).count();
    assert_eq!((marked, kept.cells.len()), (18, 36));

    let origin = Origin::here();
    assert!(Origin { commit: "another".into(), ..origin.clone() }.continues(&origin));
    assert!(!Origin { sources: "others".into(), ..origin.clone() }.continues(&origin));
    let mut other = origin.clone();
    *other.parameters.get_mut("penalty").unwrap() += 1;
    assert!(!other.continues(&origin));
}

#[test]
fn an_hour_without_prices_across_the_crash_is_paid_for_by_the_providers() {
    let prompt = run(Rules::Exchange, 60, Case::Prompt).outcome;
    let silent = run(Rules::Exchange, 60, Case::Outage(60));
    assert!(prompt.liquidated > 0 && prompt.longest_below == 0, "{prompt:?}");
    // A fall by a fifth with 17 % of margin, against a liquidation on every tick.
    assert!(silent.outcome.written_off > 100_000.0, "{silent:?}");
    assert!(prompt.bad_debt() < silent.outcome.bad_debt() / 10.0, "{prompt:?}");
    // Everybody who is below the margin has been so for a while.
    assert!(silent.outcome.longest_below > 600);
    // The worst place is where it was looked for.
    let elsewhere = silent.elsewhere.unwrap();
    assert!(elsewhere.mean < silent.outcome.bad_debt() && elsewhere.mean <= elsewhere.worst);
}

#[test]
fn who_liquidates_late_leaves_accounts_below_their_margin_that_long() {
    for minutes in [1, 5, 30] {
        let late = run(Rules::Exchange, 60, Case::Late(minutes)).outcome;
        assert!(late.longest_below >= minutes * 60 && late.bad_debt() > 0.0, "{late:?}");
    }
}

#[test]
fn margin_that_grows_with_open_interest_shields_a_full_market_where_the_peers_pay() {
    let here = run(Rules::Exchange, 95, Case::Outage(60)).outcome;
    let peers = run(Rules::Peers, 95, Case::Outage(60)).outcome;
    assert!(here.margin > 0.3 && peers.margin < 0.2, "{} {}", here.margin, peers.margin);
    assert!(peers.written_off > 10.0 * here.written_off + 100_000.0, "{} {}", peers.written_off, here.written_off);
}

fn played(strategy: &str) -> Vec<Played> {
    let strategy = STRATEGIES.iter().find(|known| known.name == strategy).unwrap();
    strategy.played(&crash(), 1)
}

fn total(played: &[Played], variant: &str) -> f64 {
    played.iter().find(|way| way.variant == variant).unwrap().tally.sum()
}

#[test]
fn two_seconds_of_lead_earn_more_than_one_and_large_trades_more_than_small_ones() {
    let lead = played("lead over the oracle");
    let earned = |name: &str| total(&lead, &format!("{name}, worst two hours"));
    assert!(0.0 < earned("1 s, $100 k") && earned("1 s, $100 k") < earned("2 s, $100 k"));
    assert!(earned("2 s, $100 k") < earned("2 s, $1000 k"));
}

#[test]
fn a_pumped_market_pays_its_backing_and_no_more() {
    let toxic = played("toxic market as margin");
    let pump = toxic.iter().find(|way| way.variant == "the pump alone").unwrap();
    // 100 times at most $200 000, and nearly that: what the fee costs is far less.
    assert!((19_000_000.0..=20_000_000.0).contains(&pump.tally.sum()), "{pump:?}");
}

#[test]
fn liquidating_oneself_and_splitting_liquidations_loses() {
    for (strategy, variant) in [
        ("own liquidation", "$1 million, against closing instead"),
        ("own liquidation", "the smallest position, from opening to end"),
        ("splitting a liquidation", "in 10 calls, against one"),
    ] {
        let profit = total(&played(strategy), variant);
        assert!(profit < 0.0, "{strategy}, {variant}: {profit}");
    }
}
