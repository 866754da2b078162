//! The first line of a transcript: an exchange in which nothing has happened yet.

use perp_engine::state::{Parameters, PoolParameters};
use perp_exchange::Exchange;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::mem::offset_of;

#[derive(Serialize)]
struct MarketDescription {
    parameters: BTreeMap<&'static str, u64>,
    base_decimals: u8,
    quote_decimals: u8,
    target_backing: u64,
}

#[derive(Serialize)]
struct Description {
    pool_parameters: BTreeMap<&'static str, u64>,
    markets: Vec<MarketDescription>,
    /// For each account the market it is isolated to.
    accounts: Vec<Option<u16>>,
    holders: usize,
    epoch_rent: u64,
}

#[derive(Serialize)]
struct FirstLine {
    exchange: Description,
}

/// Reads every parameter by its name from the bytes it is stored as.
macro_rules! values {
    ($name:ident $type:ident; $($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
        /// Every parameter by its name, as it is stored.
        pub fn $name(parameters: &$type) -> BTreeMap<&'static str, u64> {
            let bytes = bytemuck::bytes_of(parameters);
            BTreeMap::from([$((stringify!($field), {
                let at = offset_of!($type, $field);
                u64::from(bytemuck::pod_read_unaligned::<$integer>(&bytes[at..at + size_of::<$integer>()]))
            })),+])
        }
    };
}

macro_rules! market_values {
    ($($rows:tt)+) => { values! { market_parameters Parameters; $($rows)+ } };
}

macro_rules! pool_values {
    ($($rows:tt)+) => { values! { pool_parameters PoolParameters; $($rows)+ } };
}

perp_engine::market_parameters!(market_values);
perp_engine::pool_parameters!(pool_values);

/// Writes the first line: an exchange in which nothing has happened yet.
pub fn write_first_line(output: &mut impl io::Write, exchange: &Exchange, accounts: &[Option<u16>]) -> io::Result<()> {
    let markets = exchange.markets().iter().map(|market| MarketDescription {
        parameters: market_parameters(&market.parameters),
        base_decimals: market.base_decimals,
        quote_decimals: market.quote_decimals,
        target_backing: market.target_backing.get(),
    });
    let exchange = Description {
        pool_parameters: pool_parameters(&exchange.pool.parameters),
        markets: markets.collect(),
        accounts: accounts.to_vec(),
        holders: exchange.providers().len(),
        epoch_rent: exchange.epoch_rent,
    };
    serde_json::to_writer(&mut *output, &FirstLine { exchange })?;
    writeln!(output)
}
