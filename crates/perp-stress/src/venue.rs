//! Where the population trades: the exchange, or a simple model of its peers' rules.

/// A position at a price, everything at its face, in dollars.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Signed size, in whole units of base.
    pub size: f64,
    /// The price it is valued at.
    pub price: f64,
    /// What the account would be worth if everything promised to it were paid.
    pub equity: f64,
    /// Maintenance margin as a part of the notional.
    pub maintenance: f64,
    /// Collateral in cash.
    pub balance: f64,
}

impl Standing {
    /// Notional, without a sign.
    pub fn notional(&self) -> f64 {
        self.size.abs() * self.price
    }

    /// The price at which equity is so large a part of the notional, if nothing but the price changes; 0 is where it is gone.
    pub fn price_at(&self, part: f64) -> f64 {
        // E + size·(p − price) = part·|size|·p
        let (size, price) = (self.size, self.price);
        (size * price - self.equity) / (size - part * size.abs())
    }

    /// The price beyond which the position may be liquidated.
    pub fn trigger(&self) -> f64 {
        self.price_at(self.maintenance)
    }
}

/// Who bore a loss that an account could not pay, in dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BadDebt {
    /// The market's own insurance.
    pub own_insurance: f64,
    /// The shared insurance.
    pub shared_insurance: f64,
    /// The backing, and so the providers: it was written off.
    pub written_off: f64,
}

/// What a liquidation came to.
#[derive(Clone, Copy, Debug)]
pub struct Liquidation {
    /// Notional closed, in dollars.
    pub notional: f64,
    /// Whether the whole position is gone.
    pub whole: bool,
    /// The position before.
    pub before: Standing,
    /// What the account could not pay.
    pub bad_debt: BadDebt,
}

/// A market as a whole, in dollars and whole units of base.
#[derive(Clone, Copy, Debug)]
pub struct Gauge {
    /// `assets / liabilities` of what a market can bear, at most 1.
    pub coverage: f64,
    /// Claims without cash behind them.
    pub claims: f64,
    /// Long less short open interest, in whole units of base.
    pub skew: f64,
    /// What the providers' share is worth if every loser pays.
    pub providers: f64,
}

/// Why a position was not opened: not at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// Rules by which the population trades. Traders have numbers; each has at most one position.
pub trait Venue {
    /// It is `now`, and the oracle says this, or is silent.
    fn publish(&mut self, now: i64, price: Option<perp_candles::UsdPrice>);

    /// Opens a position of a notional with that much collateral, in dollars, or with as much as it takes.
    ///
    /// # Errors
    /// [`Refused`]; nothing has changed.
    fn open(&mut self, trader: usize, long: bool, notional: f64, collateral: f64) -> Result<(), Refused>;

    /// Adds what the initial margin demands by now of a position opened earlier.
    fn top_up(&mut self, trader: usize);

    /// Closes a position, and takes what is left of its collateral out.
    ///
    /// # Errors
    /// [`Refused`]; nothing has changed.
    fn close(&mut self, trader: usize) -> Result<(), Refused>;

    /// A position at the published price; `None` where there is none.
    fn standing(&self, trader: usize) -> Option<Standing>;

    /// Whether the rules let the position be liquidated.
    fn is_below_margin(&self, trader: usize) -> bool;

    /// Liquidates a position that is below its margin, and settles what it leaves; `None` where that is refused.
    fn liquidate(&mut self, trader: usize) -> Option<Liquidation>;

    /// Housekeeping that anybody may do.
    fn keep(&mut self);

    /// How the market stands.
    fn gauge(&self) -> Gauge;

    /// What must hold at the end of a run.
    ///
    /// # Errors
    /// What does not.
    fn check(&self) -> Result<(), String>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equity_is_what_the_trigger_says_at_the_trigger() {
        for size in [10.0, -10.0] {
            // $1000 of notional with $100 of equity, 3 % to hold.
            let standing = Standing { size, price: 100.0, equity: 100.0, maintenance: 0.03, balance: 100.0 };
            for part in [0.0, 0.03] {
                let price = standing.price_at(part);
                let equity = standing.equity + size * (price - standing.price);
                assert!((equity - part * size.abs() * price).abs() < 1e-9);
            }
            // A long is bankrupt 10 % below, a short 10 % above.
            assert!((standing.price_at(0.0) - (100.0 - size)).abs() < 1e-9);
        }
    }
}
