//! Entering and leaving the pool in small: some hours of the crash of September 2021, and a tenth of the population.

use perp_stress::document::{Document, Origin};
use perp_stress::epochs::boundary::WAYS;
use perp_stress::epochs::result::{Epochs, Mover};
use perp_stress::epochs::{run, worth::worth};
use perp_stress::exchange_venue::ExchangeVenue;
use perp_stress::market::price;
use perp_stress::path::{Kind, PricePath};
use perp_stress::variant::{Terms, Variant};
use perp_stress::venue::Venue;
use perp_stress::work::{work, Order, Part};

const TRADERS: usize = 200;
/// An hour in ticks.
const HOUR: usize = 240;
const START: i64 = 1_700_000_000;

/// Two hours before the worst hour of the path, and two after it.
fn crash() -> PricePath {
    let file = perp_candles::recorded_days().join("eth_usd_1m_2021-09-06_2021-09-08.csv");
    let path = PricePath::read(&file, Kind::Crash).unwrap();
    let worst = path.worst_fall(HOUR);
    path.window(worst - 2 * HOUR..worst + 3 * HOUR)
}

fn measured(seed: u64) -> Epochs {
    run(&crash(), &Terms::default(), 60, seed, TRADERS)
}

/// The mean loss before the fee by its reasons, in percent.
fn sum(mover: &Mover) -> f64 {
    let reasons = mover.reasons;
    reasons.width + reasons.moved + reasons.left + reasons.rest
}

#[test]
fn the_worth_of_the_pool_counts_losers_for_what_their_account_can_pay_and_insurance_for_the_rest() {
    let fallen = |variant| {
        let mut venue = ExchangeVenue::new(&Terms::of(variant), START, price(100.0), 1);
        venue.open(0, true, 10_000.0, 800.0).unwrap();
        venue.publish(START + 15, Some(price(91.0)));
        worth(&venue.exchange)
    };
    // $900 of loss, $4 of fee and some spread against $800.
    let uninsured = fallen(Variant::Before);
    assert!((104.0..125.0).contains(&uninsured.bad_debt), "{uninsured:?}");
    // The pool's $6.9 million and the whole account, less a tenth of the fee, which is the protocol's.
    assert!((uninsured.value - 6_900_799.6).abs() < 0.5, "{uninsured:?}");
    // $400 000 of the market's own insurance pay what the account cannot.
    let insured = fallen(Variant::Insurance);
    assert!((insured.value - uninsured.value - insured.bad_debt).abs() < 0.01, "{insured:?}");
}

#[test]
fn settling_traders_before_a_boundary_leaves_little_of_what_leaving_costs() {
    let epochs = measured(1);
    // Five hours, less the tick of the beginning.
    assert!((4..=5).contains(&epochs.boundaries), "{}", epochs.boundaries);
    let [early, late, profit] = epochs.settled;
    assert_eq!(WAYS.map(|way| way.lead), [6, 3, 6]);
    let unsettled = epochs.unsettled.leaver.after_fee.mean;
    assert!(unsettled > 2.0 && early.leaver.after_fee.mean < unsettled / 10.0, "{epochs:?}");
    // The longer before, the more moves until the boundary.
    assert!(early.leaver.reasons.moved > late.leaver.reasons.moved, "{epochs:?}");
    // A tenth of the population has positions ten times as large: hardly any is dust.
    assert!(early.leaver.reasons.rest <= profit.leaver.reasons.rest, "{epochs:?}");
    for movers in epochs.settled.iter().chain([&epochs.unsettled]) {
        for mover in [&movers.leaver, &movers.entrant] {
            // Nobody takes anything from those who stay.
            assert_eq!(mover.before_fee.mean, mover.before_fee.mean_absolute);
            // Each of four numbers and their sum are rounded to a ten-thousandth.
            assert!((sum(mover) - mover.before_fee.mean).abs() < 0.0004, "{mover:?}");
            // The fee is 2 basis points of what is moved: of what the leaver gets, of what the entrant pays.
            let fee = mover.after_fee.mean - mover.before_fee.mean;
            assert!((0.015..0.0205).contains(&fee), "{mover:?}");
        }
    }
}

#[test]
fn the_queue_pays_for_settling_out_of_the_fees_of_a_quarter_of_the_pool_a_day() {
    let keeping = measured(1).keeping;
    // A quarter of $6.9 million at 2 basis points is $345 a day, and $14.4 an hour; the pool earns some in a crash.
    assert!((14.0..17.0).contains(&keeping.hourly_fees), "{keeping:?}");
    // A basis point of what is settled, of which there is less where it was settled an hour ago.
    assert!((keeping.asked - keeping.moved * 1e-4).abs() < 0.02, "{keeping:?}");
    assert!(keeping.positions > 100.0 && keeping.hourly_moved < keeping.moved, "{keeping:?}");
    assert_eq!(keeping.sufficed, 1.0);
}

#[test]
fn the_same_seed_gives_the_same_boundaries_in_the_document_whatever_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [crash()];
    let texts = [1, 2].map(|threads| {
        let file = folder.path().join(format!("{threads}.json"));
        let mut document = Document { traders: 50, ..Document::empty(Origin::here(&Terms::default())) };
        let order = Order {
            paths: &paths,
            seeds: &[1, 2],
            only: &[Part::Epochs],
            variants: &[Variant::Together],
            terms: Terms::default(),
            fills: &[],
            cases: &[],
            strategies: &[],
            places: 2,
            threads,
        };
        work(&mut document, &file, &order).unwrap();
        assert_eq!(Document::read(&file).unwrap(), document);
        std::fs::read_to_string(file).unwrap()
    });
    assert_eq!(texts[0], texts[1]);
    let document: Document = serde_json::from_str(&texts[0]).unwrap();
    assert_ne!(document.epochs[0].settled, document.epochs[1].settled);
}
