//! What a market has and owes, and what the pool is worth.

use super::{ceil_div, interest, PPM};
use perp_engine::state::{Market, MarketLedger, Parameters};
use perp_engine::units::{Side, X40_PER_ATOM};
use perp_exchange::Exchange;

/// What a market has beyond what it owes, and what it must be able to bear, in atoms.
#[derive(Clone, Copy, Debug)]
pub struct Means {
    pub surplus: i128,
    pub stress_loss: i128,
}

/// Unrealized profit of a side in 2^-40 atoms.
pub fn side_profit(ledger: &MarketLedger, side: Side, price: i128) -> i128 {
    let entry = ledger.side(side).entry_notional.get().get();
    match side {
        Side::Long => interest(ledger, side) * price - entry,
        Side::Short => entry - interest(ledger, side) * price,
    }
}

fn side_pending(ledger: &MarketLedger, side: Side) -> i128 {
    let totals = ledger.side(side);
    interest(ledger, side) * i128::from(totals.funding_index.get()) - totals.funding_checkpoint.get().get()
}

/// Funding the traders owe the backing that is not settled, in 2^-40 atoms.
pub fn pending(ledger: &MarketLedger) -> i128 {
    Side::BOTH.iter().map(|&side| side_pending(ledger, side)).sum()
}

fn base_maintenance(parameters: &Parameters) -> i128 {
    i128::from(parameters.base_margin.get()) * i128::from(parameters.maintenance_fraction.get()) / PPM
}

fn unfunded_claims(ledger: &MarketLedger) -> i128 {
    i128::from(ledger.claims.get()) - i128::from(ledger.claims_reserve.get())
}

pub fn means(ledger: &MarketLedger, parameters: &Parameters, price: i128) -> Means {
    let maintenance = base_maintenance(parameters);
    let mut assets = i128::from(ledger.backing.get());
    let mut liabilities = unfunded_claims(ledger);
    for side in Side::BOTH {
        let profit = side_profit(ledger, side, price);
        if profit >= 0 {
            liabilities += ceil_div(profit, X40_PER_ATOM);
        } else {
            let good_for = interest(ledger, side) * price / X40_PER_ATOM * maintenance / PPM;
            assets += (-profit / X40_PER_ATOM).min(good_for);
        }
        let pending = side_pending(ledger, side);
        assets += pending.max(0) / X40_PER_ATOM;
        liabilities += ceil_div((-pending).max(0), X40_PER_ATOM);
    }
    let surplus = assets - liabilities;
    let jump = i128::from(parameters.stress_move.get());
    let covered = jump.min(maintenance);
    let value = |side| ceil_div(interest(ledger, side) * price, X40_PER_ATOM);
    let one_way = |more: i128, less: i128| ceil_div(more * jump, PPM) - less * covered / PPM;
    let (long, short) = (value(Side::Long), value(Side::Short));
    let stress_loss = one_way(long, short).max(one_way(short, long)).max(0);
    Means { surplus, stress_loss }
}

/// What a market is worth to the pool but for its positions, in 2^-40 atoms.
fn settled_x40(ledger: &MarketLedger) -> i128 {
    let cash = ledger.backing.get() + ledger.claims_reserve.get() + ledger.debts.get();
    (i128::from(cash) - i128::from(ledger.claims.get())) * X40_PER_ATOM + pending(ledger)
}

/// What a market is worth to the pool at its cached price if every loser and debtor pays, in 2^-40 atoms; negative where it
/// is under water.
pub fn market_value_x40(market: &Market) -> i128 {
    let (ledger, price) = (&market.ledger, i128::from(market.price.price.get()));
    settled_x40(ledger) - side_profit(ledger, Side::Long, price) - side_profit(ledger, Side::Short, price)
}

/// What the pool is worth at the cached prices, no market below zero, in 2^-40 atoms.
pub fn pool_value_x40(exchange: &Exchange) -> i128 {
    let markets = exchange.markets().iter().map(|market| market_value_x40(market).max(0));
    i128::from(exchange.pool.cash.get()) * X40_PER_ATOM + markets.sum::<i128>()
}

/// The least and the most that a market is worth whose price lies between these two, in atoms. At least: winners and claims are
/// paid, and no loser pays more. At most: losers pay winners of their own market, debtors pay, and the rest of the loss counts.
pub fn market_bounds(ledger: &MarketLedger, low: i128, high: i128) -> (i128, i128) {
    let owed = unfunded_claims(ledger) + ceil_div((-pending(ledger)).max(0), X40_PER_ATOM);
    let least = |price| {
        let winners = Side::BOTH.iter().map(|side| ceil_div(side_profit(ledger, *side, price).max(0), X40_PER_ATOM));
        (i128::from(ledger.backing.get()) - owed - winners.sum::<i128>()).max(0)
    };
    let lost = |price| -side_profit(ledger, Side::Long, price) - side_profit(ledger, Side::Short, price);
    let most = settled_x40(ledger) + lost(low).max(lost(high)).max(0);
    (least(low).min(least(high)), ceil_div(most.max(0), X40_PER_ATOM))
}
