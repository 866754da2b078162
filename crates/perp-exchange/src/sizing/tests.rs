use super::{
    adverse_move_ceil, holding_costs, kelly, risk_of_equity, size_for_volatility, size_of_leverage, volatility_ceil,
    Candle, Edge, SizingError, LADDER, SECONDS_A_DAY,
};
use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::fixtures::{frictionless, listing, now, order, sol};
use perp_engine::fixtures::{at, pool_parameters, sol_parameters, usdc, PRICE, SOL};
use perp_engine::state::{Account, Parameters};
use perp_engine::units::{Atoms, Ppm, Price, Side, SignedAtoms, SignedSize, Size};
use perp_engine::EngineError;

mod accounts;
mod numbers;

/// A market with these parameters and a million dollars of backing, SOL at $250.
fn exchange(parameters: Parameters) -> Exchange {
    let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    exchange.list(&listing(parameters, 0)).unwrap();
    let mut market = *exchange.market(0).unwrap();
    (market.ledger.backing, market.ledger.net_principal) = (usdc(1_000_000), usdc(1_000_000));
    exchange.put_market(market);
    exchange.ingest_price(0, &now(&exchange, 250)).unwrap();
    exchange
}

/// An account with so many dollars after it has traded `amount` SOL; the exchange has the market of then.
fn trader(exchange: &mut Exchange, dollars: u64, amount: i64) -> Account {
    let cash = Account { balance: usdc(dollars), ..Account::opened(None) };
    let after = exchange.preview_trade(&cash, 0, &order(amount), None).unwrap();
    exchange.put_market(after.market);
    after.account
}
