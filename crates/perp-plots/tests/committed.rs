//! The committed plots are those that the engine draws, and every one of them is shown in a guide.

use perp_plots::figures;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

#[test]
fn the_committed_plots_are_those_that_the_engine_draws() {
    let drawn: BTreeMap<String, String> =
        figures().unwrap().iter().map(|figure| (format!("{}.svg", figure.name), figure.svg().unwrap())).collect();
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
    for figure in figures().unwrap() {
        let shown = format!("](plots/{}.svg)", figure.name);
        assert!(guides.contains(&shown), "no guide shows {}", figure.name);
    }
}

#[test]
fn every_color_of_a_light_page_has_one_for_dark_pages() {
    for figure in figures().unwrap() {
        let svg = figure.svg().unwrap();
        let (style, drawing) = svg.split_once("</style>").unwrap();
        for (attribute, rest) in ["fill", "stroke"]
            .iter()
            .flat_map(|it| drawing.split(&format!(" {it}=\"")).skip(1).map(move |rest| (it, rest)))
        {
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
