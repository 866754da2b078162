extern crate std;

mod allocation;
mod boundaries;
mod keeping;
mod readings;
mod settled;
mod valuation;

use super::*;
use crate::error::EngineError;
use crate::fixtures::{at, pool, publish, reading, session, set_side, sol_market, NOW};
use crate::oracle::OracleReading;
use crate::session::Session;
use crate::state::{Market, Pool, Queue, Status, Waiting};
use crate::units::{Atoms, Ppm, Price, Side, SignedAtoms, Timestamp};

/// One atom per base unit: $1000 per SOL.
const ONE: u64 = 1 << 40;
/// The boundary that is waited for, in seconds after the fixtures' time: 1 795 003 200 is 498 612 hours.
const BOUNDARY: i64 = 3_200;

fn atoms(amount: u64) -> Atoms {
    Atoms::new(amount)
}

/// A market at one atom per base unit ± 1/128, with a backing of 1000 and these sides as (size, entry in atoms).
fn market([long, short]: [(u64, u64); 2]) -> Market {
    let mut market = sol_market();
    market.parameters.spread_volatility = Ppm::ZERO;
    market.parameters.funding_velocity = 0;
    market.parameters.carry_rate = 0;
    publish_at(&mut market, 0);
    market.ledger.backing = atoms(1_000);
    set_side(&mut market, Side::Long, long.0, long.1);
    set_side(&mut market, Side::Short, short.0, short.1);
    market
}

fn publish_at(market: &mut Market, seconds_later: i64) {
    publish(market, ONE, seconds_later);
    market.price.confidence = Price::new(ONE / 128);
}

const FLAT: [(u64, u64); 2] = [(0, 0), (0, 0)];

/// An active exchange that waits for [`BOUNDARY`].
fn awaiting(seconds_later: i64) -> Session {
    Session { boundary: at(BOUNDARY).now, ..session(Status::Active, at(seconds_later)) }
}

/// A reading of $1000 ± 1/128 published so many seconds after the boundary, and the one before it.
fn reading_from(published: i64, previous: i64) -> OracleReading {
    reading(100_000_000_000, 781_250_000, BOUNDARY + published).with_previous(NOW + BOUNDARY + previous)
}

/// The pool and the market as they stand at the boundary are kept, with so many lamports for the valuation of one market.
fn keep(pool: &mut Pool, market: &mut Market, lamports: u64) {
    let mut queue = Queue::default();
    queue.waiting[0] = Waiting { boundary: at(BOUNDARY).now, lamports, ..Waiting::default() };
    market.refresh(None, &awaiting(BOUNDARY)).unwrap();
    pool.keep_at_boundary(&mut queue, 1, &awaiting(BOUNDARY)).unwrap();
}
