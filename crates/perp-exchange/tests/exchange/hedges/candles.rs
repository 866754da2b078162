//! Recorded prices of two markets for the same intervals.

use perp_engine::units::Price;
use perp_exchange::sizing::Candle;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A recording: its market, and its candles by their time.
#[derive(Clone, Debug)]
pub struct Recording {
    pub name: String,
    /// The interval and the days that its file's name ends with.
    pub days: String,
    candles: BTreeMap<i64, Candle>,
}

/// Reads a file of `unix_time,open,high,low,close` in dollars, whose name is `MARKET_usd_INTERVAL_DAYS.csv`.
pub fn read(path: &Path) -> Result<Recording, String> {
    let broken = |what: &str| format!("{}: {what}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| broken(&error.to_string()))?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let (name, days) =
        stem.split_once("_usd_").ok_or_else(|| broken("the name is not MARKET_usd_INTERVAL_DAYS.csv"))?;
    let mut candles = BTreeMap::new();
    for row in text.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let [time, prices @ ..] = &cells[..] else { return Err(broken(row)) };
        let time = time.parse().map_err(|_| broken(row))?;
        let prices: Option<Vec<Price>> = prices.iter().map(|cell| price(cell)).collect();
        let Some([open, high, low, close]) = prices.as_deref() else { return Err(broken(row)) };
        candles.insert(time, Candle { open: *open, high: *high, low: *low, close: *close });
    }
    Ok(Recording { name: name.to_owned(), days: days.to_owned(), candles })
}

/// A price in dollars as a market would have it whose base unit is worth 2^-40 atoms at a hundred-millionth of a dollar.
fn price(cell: &str) -> Option<Price> {
    let (whole, part) = cell.split_once('.').unwrap_or((cell, ""));
    let digits: String = part.chars().chain("00000000".chars()).take(8).collect();
    let (whole, part): (u64, u64) = (whole.parse().ok()?, digits.parse().ok()?);
    Price::checked(whole.checked_mul(100_000_000)?.checked_add(part)?).ok()
}

/// The candles that two recordings have at the same times, in runs without gaps.
pub fn pairs(ours: &Recording, theirs: &Recording) -> Vec<(Candle, Candle)> {
    ours.candles.iter().filter_map(|(time, candle)| Some((*candle, *theirs.candles.get(time)?))).collect()
}

/// All pairs of the recordings in a folder that are of the same days.
pub fn pairs_in(folder: &Path) -> Vec<(String, Vec<(Candle, Candle)>)> {
    let files = std::fs::read_dir(folder).map(|files| files.filter_map(|file| Some(file.ok()?.path())).collect());
    let mut files: Vec<PathBuf> = files.unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    let recordings: Vec<Recording> = files.iter().map(|path| read(path).unwrap()).collect();
    let mut found = Vec::new();
    for (place, ours) in recordings.iter().enumerate() {
        for theirs in &recordings[place + 1..] {
            if ours.days == theirs.days && ours.name != theirs.name {
                let name = format!("{}-{} {}", ours.name, theirs.name, ours.days);
                found.push((name, pairs(ours, theirs)));
            }
        }
    }
    found
}
