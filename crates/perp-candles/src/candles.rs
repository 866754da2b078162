//! Price candles from a CSV file: `unix_time,open,high,low,close`, one row per interval, oldest first.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::usd_price::UsdPrice;

/// The header of a candle file.
pub const HEADER: [&str; 5] = ["unix_time", "open", "high", "low", "close"];

/// The prices of one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candle {
    /// The second the interval begins at.
    pub unix_time: i64,
    /// The first price.
    pub open: UsdPrice,
    /// The highest.
    pub high: UsdPrice,
    /// The lowest.
    pub low: UsdPrice,
    /// The last.
    pub close: UsdPrice,
}

impl Candle {
    /// Its prices in the order in which they are taken to have come: the open, the extreme nearer to it in time (the low
    /// first where the candle rose), the other extreme, the close.
    pub fn corners(&self) -> [UsdPrice; 4] {
        let Self { open, high, low, close, .. } = *self;
        if close >= open {
            [open, low, high, close]
        } else {
            [open, high, low, close]
        }
    }
}

/// Why a file is no candle file.
#[derive(Debug, Error)]
pub enum CandleError {
    /// It cannot be read.
    #[error("cannot read the candle file {path}: {reason}: expected a CSV file with the header {}", HEADER.join(","))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// It begins with another header.
    #[error("{path}, line 1: the header is \"{found}\": expected {}", HEADER.join(","))]
    Header {
        /// The file.
        path: PathBuf,
        /// What it begins with.
        found: String,
    },
    /// A row has too few or too many columns.
    #[error("{path}, line {line}: {found} columns: expected 5, {}", HEADER.join(","))]
    Columns {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// How many it has.
        found: usize,
    },
    /// A time or a price is none.
    #[error("{path}, line {line}, column {column}: {reason}")]
    Field {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The column's header.
        column: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A candle does not come after the one before it.
    #[error("{path}, line {line}, column unix_time: {found} does not come after {previous}: expected the oldest candle first, each time once")]
    Order {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The time before.
        previous: i64,
        /// The time that does not come after it.
        found: i64,
    },
    /// Open or close is beyond low and high.
    #[error("{path}, line {line}: the prices contradict each other: expected low ≤ open and close ≤ high")]
    Range {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
    },
    /// Nothing follows the header.
    #[error("{path} holds no candles: expected at least one row below the header")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// All candles are earlier than what is asked for.
    #[error("{path} ends at {last}, before {from}: choose an earlier --from")]
    NothingFrom {
        /// The file.
        path: PathBuf,
        /// The last candle's time.
        last: i64,
        /// From when on candles are asked for.
        from: i64,
    },
}

/// Every candle of the file.
///
/// # Errors
/// [`CandleError`].
pub fn read(path: &Path) -> Result<Vec<Candle>, CandleError> {
    let unreadable = |error: csv::Error| CandleError::Read { path: path.into(), reason: error.to_string() };
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(unreadable)?;
    let header = rows.headers().map_err(unreadable)?;
    if header.iter().ne(HEADER) {
        return Err(CandleError::Header { path: path.into(), found: header.iter().collect::<Vec<_>>().join(",") });
    }
    let mut candles: Vec<Candle> = Vec::new();
    for row in rows.records() {
        let row = row.map_err(unreadable)?;
        let line = row.position().map_or(0, csv::Position::line);
        let candle = candle(path, line, &row)?;
        if let Some(previous) = candles.last().filter(|previous| previous.unix_time >= candle.unix_time) {
            let (previous, found) = (previous.unix_time, candle.unix_time);
            return Err(CandleError::Order { path: path.into(), line, previous, found });
        }
        candles.push(candle);
    }
    if candles.is_empty() {
        return Err(CandleError::Empty { path: path.into() });
    }
    Ok(candles)
}

/// The candles of the file that begin at `from` or later.
///
/// # Errors
/// [`CandleError`].
pub fn read_from(path: &Path, from: i64) -> Result<Vec<Candle>, CandleError> {
    let mut candles = read(path)?;
    let last = candles.last().map_or(from, |candle| candle.unix_time);
    candles.retain(|candle| candle.unix_time >= from);
    if candles.is_empty() {
        return Err(CandleError::NothingFrom { path: path.into(), last, from });
    }
    Ok(candles)
}

fn candle(path: &Path, line: u64, row: &csv::StringRecord) -> Result<Candle, CandleError> {
    if row.len() != HEADER.len() {
        return Err(CandleError::Columns { path: path.into(), line, found: row.len() });
    }
    let field =
        |column: usize, reason: String| CandleError::Field { path: path.into(), line, column: HEADER[column], reason };
    let unix_time = row[0].parse::<i64>().ok().filter(|time| *time > 0).ok_or_else(|| {
        field(0, format!("\"{}\" is not a time: expected whole seconds since 1970, such as 1618617600", &row[0]))
    })?;
    let price = |column: usize| row[column].parse::<UsdPrice>().map_err(|error| field(column, error.to_string()));
    let candle = Candle { unix_time, open: price(1)?, high: price(2)?, low: price(3)?, close: price(4)? };
    let within = |price: UsdPrice| candle.low <= price && price <= candle.high;
    if !within(candle.open) || !within(candle.close) {
        return Err(CandleError::Range { path: path.into(), line });
    }
    Ok(candle)
}

/// The folder of the recorded crash days that come with the project.
pub fn recorded_days() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/prices")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read_text(text: &str) -> Result<Vec<Candle>, CandleError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        read(file.path())
    }

    fn message(text: &str) -> String {
        read_text(text).unwrap_err().to_string()
    }

    #[test]
    fn a_row_is_read_as_it_stands() {
        let candles =
            read_text("unix_time,open,high,low,close\n1618617600,61334.81,61437.73,61334.8,61392.54\n").unwrap();
        let price = |text: &str| text.parse::<UsdPrice>().unwrap();
        let expected = Candle {
            unix_time: 1_618_617_600,
            open: price("61334.81"),
            high: price("61437.73"),
            low: price("61334.8"),
            close: price("61392.54"),
        };
        assert_eq!(candles, [expected]);
    }

    #[test]
    fn every_recorded_day_reads_without_gaps() {
        let mut files = 0;
        for entry in std::fs::read_dir(recorded_days()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "csv") {
                let candles = read(&path).unwrap();
                let interval = candles[1].unix_time - candles[0].unix_time;
                assert!(candles.windows(2).all(|pair| pair[1].unix_time - pair[0].unix_time == interval), "{path:?}");
                files += 1;
            }
        }
        assert_eq!(files, 6);
    }

    #[test]
    fn the_crash_of_april_2021_fell_by_an_eighth_within_the_hour() {
        let candles = read(&recorded_days().join("btc_usd_1m_2021-04-17_2021-04-18.csv")).unwrap();
        assert_eq!(candles.len(), 2880);
        let deepest = (60..candles.len())
            .map(|last| {
                (candles[last].close.units() - candles[last - 60].close.units()) * 1000
                    / candles[last - 60].close.units()
            })
            .min();
        assert!(deepest.unwrap() < -125, "{deepest:?}");
    }

    #[test]
    fn a_malformed_file_names_line_and_column() {
        assert!(message("time,o,h,l,c\n").contains("line 1: the header is \"time,o,h,l,c\""));
        assert!(message("unix_time,open,high,low,close\n1,2,2,2\n").contains("line 2: 4 columns"));
        assert!(message("unix_time,open,high,low,close\n1,2,2,2,2\n2,2,x,2,2\n").contains("line 3, column high: \"x\""));
        assert!(message("unix_time,open,high,low,close\nnoon,2,2,2,2\n").contains("line 2, column unix_time: \"noon\""));
        assert!(
            message("unix_time,open,high,low,close\n5,2,2,2,2\n5,2,2,2,2\n").contains("line 3, column unix_time: 5")
        );
        assert!(message("unix_time,open,high,low,close\n5,2,3,2,4\n").contains("line 2: the prices contradict"));
        assert!(message("unix_time,open,high,low,close\n").contains("holds no candles"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read(Path::new("/nowhere/candles.csv")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/candles.csv"));
    }
}
