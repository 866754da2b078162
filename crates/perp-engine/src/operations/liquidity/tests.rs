mod allocation;
mod requests;
mod valuation;

use super::*;
use crate::error::EngineError;
use crate::fixtures::{at, pool, publish, session, set_side, sol_market, NOW};
use crate::state::{Market, Pool, Request, RequestKind, Status};
use crate::units::{Atoms, Clock, Ppm, Price, QuoteX40, Side, SignedAtoms, Timestamp, X40_PER_ATOM};

/// One atom per base unit.
const ONE: u64 = 1 << 40;

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

fn valuation(seconds_later: i64) -> Valuation {
    Valuation { session: session(Status::Active, at(seconds_later)), published_from: Timestamp::NEVER }
}

/// How many markets an exchange with these ones has.
fn count(markets: &[&Market]) -> u16 {
    u16::try_from(markets.len()).unwrap()
}

fn deposit(
    pool: &Pool,
    markets: &[&Market],
    request: &Request,
    clock: Clock,
) -> Result<LiquidityDepositPlan, EngineError> {
    plan_execute_deposit(pool, markets, count(markets), request, &session(Status::Active, clock))
}

fn withdraw(
    pool: &Pool,
    markets: &[&Market],
    request: &Request,
    clock: Clock,
) -> Result<LiquidityWithdrawalPlan, EngineError> {
    withdraw_by(Executor::Anybody, pool, markets, request, clock)
}

fn withdraw_by(
    executor: Executor,
    pool: &Pool,
    markets: &[&Market],
    request: &Request,
    clock: Clock,
) -> Result<LiquidityWithdrawalPlan, EngineError> {
    plan_execute_withdrawal(pool, markets, count(markets), request, executor, &session(Status::Active, clock))
}
