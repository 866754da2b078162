//! Runs the stress benchmark and shows what it measured.

use anyhow::{Context, Result};
use clap::Parser;
use perp_stress::case::{Rules, FILLS};
use perp_stress::cli::Cli;
use perp_stress::document::{Document, Origin};
use perp_stress::page::page;
use perp_stress::path::PricePath;
use perp_stress::table;
use perp_stress::work::{work, Order};
use std::path::PathBuf;

/// Every candle file of the folders, by name, but for those that are not asked for.
fn paths(cli: &Cli) -> Result<Vec<PricePath>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in cli.prices.iter().chain([&perp_candles::recorded_days()]) {
        let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            files.push(entry?.path());
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
    files.sort_by_key(|file| file.file_name().map(ToOwned::to_owned));
    let mut paths = files.iter().map(|file| PricePath::read(file)).collect::<Result<Vec<_>>>()?;
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
    eprintln!("{} is of other sources or parameters: everything is run anew", cli.json.display());
    Ok(Document::empty(origin))
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let paths = paths(&cli)?;
    let seeds = if cli.seed.is_empty() { vec![1, 2, 3, 4, 5] } else { cli.seed.clone() };
    let threads = cli.threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1);
    let mut document = finished(&cli, Origin::here())?;
    work(&mut document, &cli.json, &Order { paths: &paths, seeds: &seeds, only: &cli.only, threads })?;
    let baseline = cli.baseline.exists().then(|| Document::read(&cli.baseline)).transpose()?;
    for sheet in table::bad_debt(&document, baseline.as_ref()) {
        println!("{}", sheet.terminal());
    }
    for fill in FILLS {
        println!("{}", table::measures(&document, Rules::Exchange, fill).terminal());
    }
    println!("{}", table::strategies(&document, baseline.as_ref()).terminal());
    if let Some(file) = cli.page {
        std::fs::write(&file, page(&document, baseline.as_ref()))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}
