//! A recorded crash played on the market: Bitcoin's two days of April 2021, scaled to begin at the market's price.

use crate::market::{exchange, publish, wait, PRICE};
use anyhow::Result;
use perp_candles::{read, recorded_days, Candle};
use perp_exchange::Exchange;

/// Prices come four to a candle of a minute.
const STEP: u32 = 15;

/// The exchange while the recorded prices come in.
pub struct Crash {
    /// The exchange at the last price.
    pub exchange: Exchange,
    candles: Vec<Candle>,
    next: usize,
    began: i64,
}

impl Crash {
    /// How long it takes.
    pub const HOURS: f64 = 48.0;

    /// Before the first price.
    ///
    /// # Errors
    /// Where the recorded prices are not there.
    pub fn new() -> Result<Self> {
        let candles = read(&recorded_days().join("btc_usd_1m_2021-04-17_2021-04-18.csv"))?;
        let exchange = exchange()?;
        let began = exchange.clock.now.get();
        Ok(Self { exchange, candles, next: 0, began })
    }

    /// The next price comes in, in dollars; nothing once all have.
    ///
    /// # Errors
    /// Where the engine refuses the price.
    pub fn next_price(&mut self) -> Result<Option<f64>> {
        let Some(candle) = self.candles.get(self.next / 4) else { return Ok(None) };
        let recorded = candle.corners()[self.next % 4].units() as f64;
        let price = recorded / self.candles[0].open.units() as f64 * PRICE;
        self.next += 1;
        wait(&mut self.exchange, STEP)?;
        publish(&mut self.exchange, price)?;
        Ok(Some(price))
    }

    /// Hours since the beginning.
    pub fn hours(&self) -> f64 {
        (self.exchange.clock.now.get() - self.began) as f64 / 3_600.0
    }
}

/// Of every four minutes the lowest and the highest point, in the order in which they came: as much as can be seen.
pub fn visible(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept = Vec::new();
    for together in points.chunks(16) {
        let by_height = |one: &&(f64, f64), other: &&(f64, f64)| one.1.total_cmp(&other.1);
        if let (Some(low), Some(high)) = (together.iter().min_by(by_height), together.iter().max_by(by_height)) {
            if low.0 == high.0 {
                kept.push(*low);
            } else {
                kept.extend(if low.0 < high.0 { [*low, *high] } else { [*high, *low] });
            }
        }
    }
    kept
}
