//! The committed plots are those that the engine draws, and every one of them is shown in a guide.

use perp_plots::chart::Figure;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Drawn once for all tests.
static FIGURES: LazyLock<Vec<Figure>> = LazyLock::new(|| perp_plots::figures().unwrap());

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

#[test]
fn the_committed_plots_are_those_that_the_engine_draws() {
    let drawn: BTreeMap<String, String> =
        FIGURES.iter().map(|figure| (format!("{}.svg", figure.name), figure.svg().unwrap())).collect();
    let committed: BTreeMap<String, String> = fs::read_dir(docs().join("plots"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    assert_eq!(drawn.keys().collect::<Vec<_>>(), committed.keys().collect::<Vec<_>>());
    for (name, drawn) in &drawn {
        assert!(*drawn == committed[name], "docs/plots/{name} is older than the engine: run `cargo run -p perp-plots`");
    }
}

#[test]
fn every_plot_is_shown_in_a_guide() {
    let guides = ["traders.md", "providers.md"].map(|guide| fs::read_to_string(docs().join(guide)).unwrap()).concat();
    for figure in FIGURES.iter() {
        let shown = format!("](plots/{}.svg)", figure.name);
        assert!(guides.contains(&shown), "no guide shows {}", figure.name);
    }
}

#[test]
fn every_color_of_a_light_page_has_one_for_dark_pages() {
    for figure in FIGURES.iter() {
        let svg = figure.svg().unwrap();
        let (style, drawing) = svg.split_once("</style>").unwrap();
        let uses = |attribute: &'static str| {
            let values = drawing.split(attribute).skip(1);
            values.filter_map(|rest| rest.strip_prefix("=\"")).map(move |rest| (attribute, rest)).collect::<Vec<_>>()
        };
        for (attribute, rest) in [uses("fill"), uses("stroke")].concat() {
            let (color, _) = rest.split_once('"').unwrap();
            // Nothing is drawn in it.
            let is_transparent = rest.starts_with("none") || rest.split('>').next().unwrap().contains("opacity=\"0\"");
            assert!(
                is_transparent || style.contains(&format!("[{attribute}=\"{color}\"]")),
                "{}: {attribute} {color} stays as it is on a dark page",
                figure.name
            );
        }
    }
}

/// The last point of a line up to `x`.
fn at(figure: &str, panel: usize, label: &str, x: f64) -> f64 {
    let panel = &FIGURES.iter().find(|it| it.name == figure).unwrap().panels[panel];
    let line = panel.lines.iter().find(|line| line.label == label).unwrap();
    line.points.iter().take_while(|(to, _)| *to <= x + 1e-9).last().unwrap().1
}

#[test]
fn what_the_guide_says_of_plots_is_in_them() {
    let guide = fs::read_to_string(docs().join("traders.md")).unwrap().replace('\n', " ");
    let liquidated = |label, leverage| at("liquidation-price", 0, label, leverage);
    for said in [
        // A long of 10x has 10 % of the notional N, and is liquidated where 0.1 N + x N = 3 % of (1 + x) N.
        format!(
            "10x is liquidated at −{:.1} %, a short at +{:.1} %",
            -liquidated("long", 10.0),
            liquidated("short", 10.0)
        ),
        format!("of 20x at −{:.1} % and +{:.1} %", -liquidated("long", 20.0), liquidated("short", 20.0)),
        // Half a percent below it: (1.25 − 0.995) · 3 % / (1.25 · 3 % − 1 %)
        format!("Caught at once {:.0} % of the position", at("liquidation", 0, "", 100.0)),
    ] {
        assert!(guide.contains(&said), "docs/traders.md must say: {said}");
    }
    // A third of the maintenance margin is 1 % of the notional, (1.25 · 3 % − 1 %) / (1.25 · 3 % − 1 %) of which is all.
    assert!(at("liquidation", 0, "", 33.0) > 99.9 && at("liquidation", 0, "", 36.0) < 98.0);
    // 2.4 % a day at 9.6 % a day per day.
    assert!(
        at("funding-rate", 0, "80 % of the cap", 6.0) > 0.0999 && at("funding-rate", 0, "80 % of the cap", 5.0) < 0.09
    );
    assert!(
        at("funding-rate", 0, "20 % of the cap", 24.0) > 0.0999
            && at("funding-rate", 0, "20 % of the cap", 20.0) < 0.09
    );
    assert!(
        at("funding-rate", 0, "20 % of the cap", 48.0) < 0.0001
            && at("funding-rate", 0, "20 % of the cap", 44.0) > 0.01
    );
}
