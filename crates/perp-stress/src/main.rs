//! Runs the stress benchmark and shows what it measured.

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use perp_stress::cli::Cli;
use perp_stress::document::{Document, Origin};
use perp_stress::page::{page, sheets, with_parts};
use perp_stress::path::{Kind, PricePath};
use perp_stress::variant::{Terms, Variant};
use perp_stress::work::{work, Order};
use std::path::{Path, PathBuf};

/// Every candle file of a folder, by name.
fn candle_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    Ok(files)
}

/// Every path but those that are not asked for.
fn paths(cli: &Cli) -> Result<Vec<PricePath>> {
    let mut paths = Vec::new();
    for file in candle_files(&perp_candles::recorded_days())? {
        paths.push(PricePath::read(&file, Kind::Crash)?);
        for number in 1..=cli.resampled {
            paths.push(PricePath::resampled(&file, number)?);
        }
    }
    for folder in &cli.prices {
        for file in candle_files(folder)? {
            paths.push(PricePath::read(&file, Kind::Calm)?);
        }
    }
    paths.retain(|path| cli.path.is_empty() || cli.path.iter().any(|text| path.name.contains(text)));
    Ok(paths)
}

/// What is finished already, where it can be continued.
fn finished(cli: &Cli, origin: Origin) -> Result<Document> {
    if !cli.json.exists() {
        return Ok(Document::empty(origin));
    }
    let found = Document::read(&cli.json)?;
    if found.origin.continues(&origin) {
        return Ok(Document { origin, ..found });
    }
    let kept = cli.json.with_extension(format!("{}.json", found.origin.sources));
    std::fs::rename(&cli.json, &kept).with_context(|| format!("cannot write {}", kept.display()))?;
    eprintln!("results of other sources or parameters are kept as {}: everything is run anew", kept.display());
    Ok(Document::empty(origin))
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let paths = paths(&cli)?;
    let seeds = if cli.seed.is_empty() { vec![1, 2, 3, 4, 5] } else { cli.seed.clone() };
    let threads = cli.threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1);
    let variants = if cli.variant.is_empty() { Variant::value_variants() } else { &cli.variant };
    let terms = Terms::default().with(&cli.set)?;
    let mut document = finished(&cli, Origin::here(&terms))?;
    let order = Order {
        paths: &paths,
        seeds: &seeds,
        only: &cli.only,
        variants,
        terms,
        fills: &cli.fill,
        cases: &cli.case,
        strategies: &cli.strategy,
        places: cli.places,
        threads,
    };
    work(&mut document, &cli.json, &order)?;
    let baseline = cli.baseline.exists().then(|| Document::read(&cli.baseline)).transpose()?;
    for sheet in sheets(&document, baseline.as_ref()) {
        println!("{}", sheet.terminal());
    }
    if let Some(file) = cli.page {
        let text = match std::fs::read_to_string(&file) {
            // Nothing but parts with a section of their own was run: the rest of the page stays.
            Ok(text) if document.cells.is_empty() && document.strategies.is_empty() => with_parts(&text, &document),
            _ => page(&document, baseline.as_ref()),
        };
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}
