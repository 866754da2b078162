//! Recorded prices: candles from a CSV file, and prices in dollars as Pyth writes them. The local validator plays them, the
//! stress benchmark trades on them.

mod candles;
mod usd_price;

pub use candles::{read, read_from, recorded_days, Candle, CandleError, HEADER};
pub use usd_price::{PriceError, UsdPrice, EXPONENT, PARTS_PER_BILLION};
