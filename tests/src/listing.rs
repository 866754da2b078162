//! The markets of the tests: those of the local validator, at prices that make sums come out even.

use perp_accounts::oracle::{OracleKind, COMPATIBLE_RECEIVER, CORE_RECEIVER};
use perp_client::addresses::padded;
use perp_client::instructions::{NewMarket, OracleSource};
use perp_engine::state::{Parameters, PoolParameters};
use perp_engine::units::{Atoms, Ppm, Size};
use perp_migrations::{Description, LOCALNET};
use std::path::Path;
use std::sync::OnceLock;

/// One SOL in base units.
pub const SOL: i64 = 1_000_000_000;
/// One USDC in atoms.
pub const USDC: u64 = 1_000_000;
/// The price worlds begin at: a quarter of an atom per base unit, 2^38 raw, so that sums come out even.
pub const START_PRICE: f64 = 250.0;
/// A Friday in November 2026.
pub const NOW: i64 = 1_795_000_000;
/// A day in seconds.
pub const DAY: i64 = 86_400;

/// The exchange that the local validator lists.
fn localnet() -> &'static Description {
    static PARSED: OnceLock<Description> = OnceLock::new();
    PARSED
        .get_or_init(|| Description::parse(Path::new("migrations/localnet.toml"), LOCALNET).expect("the file is valid"))
}

/// SOL-PERP, but for the open interest from which on the initial margin rises: half of the cap, so that a whale pays for what
/// takes the whole backing with a round sum.
pub fn parameters() -> Parameters {
    let [half, twice] = [50_000, 200_000].map(|whole| Size::new(whole * SOL.unsigned_abs()));
    Parameters { open_interest_low: half, open_interest_high: twice, ..localnet().markets[0].parameters }
}

/// The same without what a market measures of its own price in the spread: what sums of many steps are computed with.
pub fn unmeasured() -> Parameters {
    Parameters { spread_measured: Ppm::ZERO, spread_drift: Ppm::ZERO, ..parameters() }
}

/// The liquidity providers' delays and limits.
pub fn pool_parameters() -> PoolParameters {
    localnet().exchange.pool
}

/// Pyth's feed of a market of the tests.
pub fn feed_id(market: u16) -> [u8; 32] {
    let mut feed = [0xF0; 32];
    feed[..2].copy_from_slice(&market.to_le_bytes());
    feed
}

/// A market like SOL-PERP: any fully verified update of its feed is its oracle.
pub fn market(index: u16, parameters: Parameters, target_backing: u64) -> NewMarket {
    NewMarket {
        index,
        symbol: padded(&format!("M{index}-PERP")).expect("the symbol is short"),
        base_decimals: 9,
        oracle: OracleSource {
            kind: OracleKind::Pull,
            program: CORE_RECEIVER,
            account: Default::default(),
            feed_id: feed_id(index),
        },
        second_oracle: None,
        parameters,
        target_backing: Atoms::new(target_backing),
    }
}

/// The same with a second source, the other receiver's update of the feed, which allows 1 % and bounds what is a minute from it.
pub fn bounded(index: u16, target_backing: u64) -> NewMarket {
    let parameters = Parameters { second_max_deviation: Ppm::new(10_000), second_max_age: 60, ..parameters() };
    let market = market(index, parameters, target_backing);
    NewMarket { second_oracle: Some(OracleSource { program: COMPATIBLE_RECEIVER, ..market.oracle }), ..market }
}
