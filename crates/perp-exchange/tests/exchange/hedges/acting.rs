//! What tests do and look at besides.

use super::stage::{rule, Stage};
use perp_engine::operations::position::Order;
use perp_engine::state::Market;
use perp_engine::units::{QuoteX40, SignedSize, X40_PER_ATOM};
use perp_engine::EngineError;

impl Stage {
    pub fn market(&self, market: u16) -> &Market {
        self.exchange.market(market).unwrap()
    }

    pub fn size(&self, account: usize, market: u16) -> SignedSize {
        let held = self.account(account).occupied().find(|(_, position)| position.market == market);
        held.map_or(SignedSize::ZERO, |(_, position)| position.size)
    }

    pub fn trade(&mut self, account: usize, market: u16, size: i64) -> Result<(), EngineError> {
        let order = Order::at_any_price(SignedSize::new(size));
        rule(self.exchange.trade(account, market, &order, None)).map(|_| ())
    }
}

/// Exact amounts of 2^-40 atoms in atoms.
pub fn atoms(exact: QuoteX40) -> i128 {
    exact.get().div_euclid(X40_PER_ATOM)
}
