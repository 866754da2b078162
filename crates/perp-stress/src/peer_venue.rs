//! A simple model of the rules that on-chain peers of the exchange have in common, for comparison:
//!
//! - margins are fixed: 5 % to open, 3 % to hold, whatever the open interest;
//! - the price is the index made worse or better by the skew: `index · (1 + skew / scale)`, half-way between before and after, so
//!   that who reduces the skew earns what who increased it paid; the scale and the fee are this exchange's;
//! - one pool per market pays profits and receives losses, all of it at once: there is no coverage, no claim, no insurance;
//! - a liquidation closes the whole position at the index for a penalty of 1 %, a third of which is the liquidator's, the rest the
//!   pool's; what equity lacks is the pool's loss;
//! - there is no funding, and nothing is refused but a side beyond the cap.

use crate::market::{dollars, CAP, POOL};
use crate::venue::{BadDebt, Gauge, Liquidation, Refused, Standing, Venue};
use perp_candles::UsdPrice;

const INITIAL: f64 = 0.05;
const MAINTENANCE: f64 = 0.03;
const PENALTY: f64 = 0.01;
const BOUNTY: f64 = 0.33;
const FEE: f64 = 0.0004;
/// The skew that moves the price by 100 %, as a multiple of the cap.
const SKEW_SCALE: f64 = 200.0;

#[derive(Clone, Copy, Debug)]
struct Position {
    size: f64,
    entry: f64,
    collateral: f64,
}

/// A market by those rules.
#[derive(Clone, Debug)]
pub struct PeerVenue {
    price: f64,
    positions: Vec<Option<Position>>,
    /// Open interest of longs and shorts, in whole units of base.
    open: [f64; 2],
    /// Cash of the pool, and all that ever came in less what went out.
    pool: f64,
    /// The cap and the skew scale, in whole units of base.
    cap: f64,
    scale: f64,
    paid_in: f64,
}

impl PeerVenue {
    /// A market of the benchmark's size at this price, for so many traders.
    pub fn new(price: UsdPrice, traders: usize) -> Self {
        let price = dollars(price);
        let cap = CAP / price;
        let positions = vec![None; traders];
        Self { price, positions, open: [0.0; 2], pool: POOL, cap, scale: SKEW_SCALE * cap, paid_in: POOL }
    }

    fn skew(&self) -> f64 {
        self.open[0] - self.open[1]
    }

    /// What so much is filled at.
    fn fill(&self, size: f64) -> f64 {
        self.price * (1.0 + (self.skew() + size / 2.0) / self.scale)
    }

    fn side(size: f64) -> usize {
        usize::from(size < 0.0)
    }

    /// Takes a position away and settles it with the pool at a price: what its trader gets, negative for what is missing.
    fn settle(&mut self, trader: usize, position: Position, at: f64) -> f64 {
        self.positions[trader] = None;
        self.open[Self::side(position.size)] -= position.size.abs();
        let profit = position.size * (at - position.entry);
        self.pool -= profit;
        position.collateral + profit
    }
}

impl Venue for PeerVenue {
    fn publish(&mut self, _now: i64, price: Option<UsdPrice>) {
        self.price = price.map_or(self.price, dollars);
    }

    fn open(&mut self, trader: usize, long: bool, notional: f64, collateral: f64) -> Result<(), Refused> {
        let size = notional / self.price * if long { 1.0 } else { -1.0 };
        let side = Self::side(size);
        if self.open[side] + size.abs() > self.cap {
            return Err(Refused);
        }
        let entry = self.fill(size);
        let fee = FEE * notional;
        // Equity after fee and fill covers the initial margin.
        let least = INITIAL * notional + fee + size * (entry - self.price);
        let collateral = collateral.max(least);
        self.paid_in += collateral;
        self.pool += fee;
        self.open[side] += size.abs();
        self.positions[trader] = Some(Position { size, entry, collateral: collateral - fee });
        Ok(())
    }

    fn top_up(&mut self, _trader: usize) {}

    fn close(&mut self, trader: usize) -> Result<(), Refused> {
        let position = self.positions[trader].ok_or(Refused)?;
        let at = self.fill(-position.size);
        let fee = FEE * position.size.abs() * self.price;
        if position.collateral + position.size * (at - position.entry) < fee {
            return Err(Refused);
        }
        let left = self.settle(trader, position, at);
        self.pool += fee;
        self.paid_in -= left - fee;
        Ok(())
    }

    fn standing(&self, trader: usize) -> Option<Standing> {
        let Position { size, entry, collateral } = self.positions[trader]?;
        let equity = collateral + size * (self.price - entry);
        Some(Standing { size, price: self.price, equity, maintenance: MAINTENANCE, balance: collateral })
    }

    fn is_below_margin(&self, trader: usize) -> bool {
        self.standing(trader).is_some_and(|standing| standing.equity < MAINTENANCE * standing.notional())
    }

    fn liquidate(&mut self, trader: usize) -> Option<Liquidation> {
        let before = self.standing(trader)?;
        let position = self.positions[trader]?;
        let left = self.settle(trader, position, self.price);
        let penalty = (PENALTY * before.notional()).min(left.max(0.0));
        // The pool has counted the whole loss as paid, and gives back what is missing of it.
        self.pool += penalty * (1.0 - BOUNTY) + left.min(0.0);
        self.paid_in -= (left - penalty).max(0.0) + penalty * BOUNTY;
        let bad_debt = BadDebt { written_off: (-left).max(0.0), ..BadDebt::default() };
        Some(Liquidation { notional: before.notional(), whole: true, before, bad_debt })
    }

    fn keep(&mut self) {}

    fn gauge(&self) -> Gauge {
        let profit: f64 =
            self.positions.iter().flatten().map(|position| position.size * (self.price - position.entry)).sum();
        let coverage = if profit > 0.0 { (self.pool / profit).clamp(0.0, 1.0) } else { 1.0 };
        Gauge { coverage, claims: 0.0, skew: self.skew(), providers: self.pool - profit }
    }

    fn check(&self) -> Result<(), String> {
        let held: f64 = self.positions.iter().flatten().map(|position| position.collateral).sum();
        let missing = self.paid_in - held - self.pool;
        // Floats: a cent in a million operations of a million dollars is rounding.
        if missing.abs() < 1.0 {
            Ok(())
        } else {
            Err(format!("{missing} dollars are missing"))
        }
    }
}
