//! What a market measures along recorded prices, what its spread takes of the gain of somebody who sees prices early, and
//! how its margin follows.
//!
//! ```text
//! cargo run --release -p perp-exchange --example measured -- tests/data/prices/*.csv
//! ```
//!
//! A row of a file is `unix_time,open,high,low,close`. Between them the price walks at random, one step a second, through the
//! open, both extremes and the close. It is posted every two seconds. Somebody who knows the next posting trades a million
//! dollars whenever that pays: the move less the spread and a fee of 4 basis points.

use clap::Parser;
use perp_engine::fixtures::sol_parameters;
use perp_engine::market::measured_margin::measured_margin_ceil;
use perp_engine::market::price::{plan_price, spread_ceil};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Market, Parameters, PriceAverages};
use perp_engine::units::{Clock, Ppm, Timestamp};
use std::path::{Path, PathBuf};

/// Seconds between postings, and how far ahead the arbitrageur sees.
const POSTED_EVERY: i64 = 2;
const TRADE_DOLLARS: f64 = 1e6;
const FEE: f64 = 4e-4;

#[derive(Parser)]
struct Arguments {
    /// Files of candles.
    files: Vec<PathBuf>,
    /// Listed volatility, as a factor per √year.
    #[arg(long, default_value_t = 0.8)]
    volatility: f64,
    /// Weight of the measured volatility in the spread.
    #[arg(long, default_value_t = 3.0)]
    spread_measured: f64,
    /// Weight of the distance from the average in the spread.
    #[arg(long, default_value_t = 0.25)]
    spread_drift: f64,
    /// Weight of the measured volatility in the margin.
    #[arg(long, default_value_t = 0.33)]
    measured_weight: f64,
}

struct Candle {
    time: i64,
    prices: [f64; 4],
}

fn candles(path: &Path) -> Result<Vec<Candle>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let rows = text.lines().skip(1).map(|row| {
        let cells: Vec<f64> = row.split(',').map_while(|cell| cell.parse().ok()).collect();
        let [time, open, high, low, close] = cells[..] else { return Err(format!("{}: {row}", path.display())) };
        // The extreme nearer to the open in time: the low first when the candle rose.
        let (first, second) = if close >= open { (low, high) } else { (high, low) };
        Ok(Candle { time: time as i64, prices: [open, first, second, close] })
    });
    rows.collect()
}

/// Standard normal: twelve uniform numbers.
fn normal(random: &mut fastrand::Rng) -> f64 {
    (0..12).map(|_| random.f64()).sum::<f64>() - 6.0
}

/// One price a second of a candle: a random bridge through its four prices, within its extremes. The mean range of a
/// random walk is 1.6 of its standard deviations.
fn path(candle: &Candle, seconds: i64, random: &mut fastrand::Rng) -> Vec<f64> {
    let (low, high) = candle.prices.iter().fold((f64::MAX, 0.0f64), |(low, high), p| (low.min(*p), high.max(*p)));
    let step = (high - low) / (1.6 * (seconds as f64).sqrt());
    // As long for each part of the way as it is.
    let ways = candle.prices.windows(2).map(|ends| (ends[1] - ends[0]).abs()).collect::<Vec<_>>();
    let second = |way: f64| (way / ways.iter().sum::<f64>().max(1e-9) * seconds as f64) as i64;
    let first = second(ways[0]).clamp(1, seconds - 2);
    let knots = [0, first, second(ways[0] + ways[1]).clamp(first + 1, seconds - 1), seconds];
    let mut prices = vec![candle.prices[0]];
    for (knot, target) in knots.windows(2).zip(&candle.prices[1..]) {
        for second in knot[0]..knot[1] {
            let left = (knot[1] - second) as f64;
            let last = prices[prices.len() - 1];
            let noise = normal(random) * step * ((left - 1.0) / left).sqrt();
            prices.push((last + (target - last) / left + noise).clamp(low, high));
        }
    }
    prices.remove(0);
    prices
}

fn spread(market: &Market, clock: Clock) -> f64 {
    spread_ceil(market, clock.now).map_or(f64::NAN, |spread| spread.get() as f64) / market.price.price.get() as f64
}

fn quantiles(values: &mut [f64]) -> [f64; 5] {
    values.sort_unstable_by(f64::total_cmp);
    [0.05, 0.5, 0.95, 0.99, 1.0].map(|part| values[((values.len() - 1) as f64 * part) as usize])
}

fn line(name: &str, values: &mut [f64], scale: f64) {
    let [low, middle, high, higher, most] = quantiles(values).map(|value| value * scale);
    println!("  {name:<32} 5 % {low:8.3}  median {middle:8.3}  95 % {high:8.3}  99 % {higher:8.3}  most {most:8.3}");
}

/// What was seen at one posting.
struct Seen {
    time: i64,
    price: f64,
    volatility: f64,
    slow: f64,
    margin: f64,
    spread: f64,
    gain: f64,
    gain_fixed: f64,
}

/// Plays one file; the gain of the lead and what it would be at the listed spread.
fn run(path_of_file: &Path, arguments: &Arguments) -> Result<(f64, f64), String> {
    let ppm = |factor: f64| Ppm::new((factor * 1e6) as u32);
    let parameters = Parameters {
        volatility: ppm(arguments.volatility),
        spread_measured: ppm(arguments.spread_measured),
        spread_drift: ppm(arguments.spread_drift),
        measured_weight: ppm(arguments.measured_weight),
        ..sol_parameters()
    };
    let mut market = Market { parameters, base_decimals: 9, quote_decimals: 6, ..Market::default() };
    let candles = candles(path_of_file)?;
    let seconds = candles[1].time - candles[0].time;
    let mut random = fastrand::Rng::with_seed(1);
    let prices: Vec<f64> = candles.iter().flat_map(|candle| path(candle, seconds, &mut random)).collect();
    let start = candles[0].time;
    let mut seen = Vec::new();
    let posted: Vec<f64> = prices.into_iter().step_by(POSTED_EVERY as usize).collect();
    for (time, pair) in (start..).step_by(POSTED_EVERY as usize).zip(posted.windows(2)) {
        let (price, next) = (pair[0], pair[1]);
        let reading = OracleReading::new((price * 1e8) as i64, 0, -8, time).map_err(|error| format!("{error:?}"))?;
        let clock = Clock { now: Timestamp::new(time), slot: 0 };
        plan_price(&market, &reading, clock).map_err(|error| format!("{error:?}"))?.apply(&mut market);
        let now = spread(&market, clock);
        let fixed = spread(&Market { averages: PriceAverages::default(), ..market }, clock);
        let lead = (next / price - 1.0).abs();
        let gain = |spread: f64| (lead - spread - FEE).max(0.0) * TRADE_DOLLARS;
        seen.push(Seen {
            time,
            price,
            volatility: f64::from(market.averages.fast_volatility.get()) / f64::from(parameters.volatility.get()),
            slow: f64::from(market.averages.slow_volatility.get()) / f64::from(parameters.volatility.get()),
            margin: measured_margin_ceil(&market).map_or(f64::NAN, |margin| f64::from(margin.get())) / 1e6,
            spread: now,
            gain: gain(now),
            gain_fixed: gain(fixed),
        });
    }
    println!("{}: {} postings", path_of_file.display(), seen.len());
    let gains = report("all of it", &seen, arguments.volatility);
    // The two hours of the widest range.
    let hours = 7_200 / POSTED_EVERY as usize;
    let range = |window: &[Seen]| {
        let (low, high) =
            window.iter().fold((f64::MAX, 0.0f64), |(low, high), at| (low.min(at.price), high.max(at.price)));
        high / low
    };
    if let Some(worst) = seen.windows(hours).step_by(60).max_by(|a, b| range(a).total_cmp(&range(b))) {
        report(&format!("worst two hours, from {}", worst[0].time), worst, arguments.volatility);
    }
    Ok(gains)
}

fn report(name: &str, seen: &[Seen], listed: f64) -> (f64, f64) {
    println!(" {name}");
    line("measured / listed volatility", &mut seen.iter().map(|at| at.volatility).collect::<Vec<_>>(), 1.0);
    line("the same over ten minutes", &mut seen.iter().map(|at| at.slow).collect::<Vec<_>>(), 1.0);
    line("measured margin in percent", &mut seen.iter().map(|at| at.margin).collect::<Vec<_>>(), 100.0);
    let base = seen.iter().map(|at| at.margin).fold(f64::MAX, f64::min);
    let above = seen.iter().filter(|at| at.margin > base).count();
    println!("  measured margin above the base {:.1} % of the time", 100.0 * above as f64 / seen.len() as f64);
    // What samples of ranges find, and what differences of prices a sample apart do.
    let apart = 16 / POSTED_EVERY as usize;
    let moves = seen.windows(apart + 1).map(|at| (at[apart].price / at[0].price - 1.0).powi(2)).sum::<f64>();
    let moves = (moves / (seen.len() - apart) as f64 * 31_557_600.0 / 16.0).sqrt() / listed;
    let ranges = (seen.iter().map(|at| at.slow.powi(2)).sum::<f64>() / seen.len() as f64).sqrt();
    println!("  root mean square of the ranges {ranges:.3}, of the moves in 16 s {moves:.3} of the listed volatility");
    line("spread in basis points", &mut seen.iter().map(|at| at.spread).collect::<Vec<_>>(), 1e4);
    let (gain, fixed) = seen.iter().fold((0.0, 0.0), |(gain, fixed), at| (gain + at.gain, fixed + at.gain_fixed));
    println!("  gain of the lead: ${gain:.0} of ${fixed:.0} at the listed spread alone, {:.2} %", 100.0 * gain / fixed);
    (gain, fixed)
}

fn main() -> Result<(), String> {
    let arguments = Arguments::parse();
    let (mut gain, mut fixed) = (0.0, 0.0);
    for file in &arguments.files {
        let gains = run(file, &arguments)?;
        (gain, fixed) = (gain + gains.0, fixed + gains.1);
    }
    println!("gain of the lead in all files: ${gain:.0} of ${fixed:.0}, {:.2} %", 100.0 * gain / fixed);
    Ok(())
}
