extern crate std;

mod allocation;
mod attacks;
mod boundaries;
mod close;
mod exchange;
mod limits;
mod payment;
mod readings;
mod requests;
mod rounds;
mod settled;
mod shortage;
mod unmoved;
mod valuation;

use super::*;
use crate::error::EngineError;
use crate::fixtures::{at, pool, publish, reading, session, set_side, sol_market, NOW};
use crate::oracle::OracleReading;
use crate::session::Session;
use crate::state::{Epoch, Market, Pool, PriceLimit, Queue, Request, RequestKind, RequestSums, Status, Waiting};
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

/// A pool whose shares are not those of its cash, which charges nothing and takes any request.
fn free_pool(cash: u64, shares: u64) -> Pool {
    let mut pool = Pool { shares: atoms(shares), ..pool(cash) };
    (pool.parameters.queue_fee, pool.parameters.minimum_request) = (Ppm::ZERO, atoms(1));
    pool
}

fn sums(requests: &[(PriceLimit, u64)]) -> RequestSums {
    let one = |(limit, amount): &(PriceLimit, u64)| RequestSums::one(*limit, atoms(*amount));
    requests.iter().map(one).fold(RequestSums::default(), |sum, request| sum.checked_add(&request).unwrap())
}

/// Requests of the boundary, with 20 000 lamports for its close and 5000 of each.
fn requests(deposits: &[(PriceLimit, u64)], withdrawals: &[(PriceLimit, u64)]) -> Waiting {
    let count = u64::try_from(deposits.len() + withdrawals.len()).unwrap();
    let (deposits, withdrawals) = (sums(deposits), sums(withdrawals));
    Waiting { boundary: at(BOUNDARY).now, lamports: 20_000 + 5_000 * count, deposits, withdrawals }
}

/// The pool with its cash kept at the boundary, its one market valued from `lower` to `upper`, and the deposits' tokens in escrow.
fn valued(pool: Pool, lower: u64, upper: u64, waiting: Waiting) -> Pool {
    let [lower, upper] = [lower, upper].map(|value| pool.cash.checked_add(atoms(value)).unwrap());
    let escrow = waiting.deposits.amounts.iter().copied().try_fold(pool.escrow, Atoms::checked_add).unwrap();
    let epoch = Epoch { lower, upper, markets: 1, valued: 1, waiting, ..Epoch::default() };
    Pool { epoch, escrow, ..pool }
}

/// What its close comes to, a second after the boundary.
fn close(pool: &Pool) -> EpochPlan {
    plan_close_epoch(pool, 0, &awaiting(BOUNDARY + 1)).unwrap()
}

/// A request of the boundary.
fn request(limit: PriceLimit, amount: u64) -> Request {
    Request { amount: atoms(amount), belongs_from: at(BOUNDARY).now, limit: limit as u8, ..Request::default() }
}
