use crate::convert::Units;
use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::fixtures::{frictionless, listing, now, order, sol, ALL};
use alloc::string::ToString;
use perp_engine::fixtures::{at, pool_parameters, usdc, PRICE, USDC};
use perp_engine::operations::liquidity::MarketValue;
use perp_engine::operations::position::BankruptcyPlan;
use perp_engine::state::{Account, Parameters, Pool, Position};
use perp_engine::units::{Atoms, Ppm, Price, SignedAtoms, SignedSize, Size, Timestamp};
use perp_engine::EngineError;

mod accounts;
mod largest_order;
mod liquidation_price;

/// SOL at $250 with an impact and a fee of 4 bps and nothing else that costs anything, in two markets with a million dollars
/// of backing each.
fn exchange() -> Exchange {
    let parameters = Parameters { impact_limit: Ppm::new(4_000), taker_fee: Ppm::new(400), ..frictionless() };
    let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    for _ in 0..2 {
        let index = exchange.list(&listing(parameters, 0)).unwrap();
        let mut market = *exchange.market(index).unwrap();
        market.ledger.backing = usdc(1_000_000);
        exchange.put_market(market);
        exchange.ingest_price(index, &now(&exchange, 250)).unwrap();
    }
    exchange
}

fn cash(dollars: u64) -> Account {
    Account { balance: usdc(dollars), ..Account::opened(None) }
}

/// Alice with $1000 after she has traded `amount` SOL in market 0, and the exchange then.
fn alice_after(amount: i64) -> (Exchange, Account) {
    let mut exchange = exchange();
    let after = exchange.preview_trade(&cash(1_000), 0, &order(amount), None).unwrap();
    exchange.put_market(after.market);
    (exchange, after.account)
}

/// The exchange with another price cached in market 0.
fn at_price(exchange: &Exchange, price: Price) -> Exchange {
    let mut moved = exchange.clone();
    let mut market = *exchange.market(0).unwrap();
    market.price.price = price;
    moved.put_market(market);
    moved
}

fn shown(exchange: &Exchange, price: Option<Price>) -> alloc::string::String {
    Units::of(exchange.market(0).unwrap()).show_price(price.unwrap())
}

#[test]
fn the_pool_is_worth_its_cash_and_what_flat_markets_hold() {
    let mut exchange = exchange();
    exchange.pool.cash = Atoms::new(5);
    let value = Atoms::new(2_000_000 * USDC + 5);
    assert_eq!(exchange.pool_value(), Ok(MarketValue { lower: value, upper: value }));
    // A snapshot that holds fewer markets than the exchange lists.
    exchange.market_count = 3;
    assert_eq!(exchange.pool_value(), Err(Refusal::NoMarket { market: 2 }));
}

#[test]
fn a_pool_is_valued_at_fresh_prices_and_an_old_one_by_all_it_may_be() {
    let (mut exchange, _) = alice_after(10);
    // Backing of $1 000 000 and nine tenths of a fee of $1; Alice is down by the impact she paid, 625 atoms.
    let value = |lower: u64, upper: u64| Ok(MarketValue { lower: Atoms::new(lower), upper: Atoms::new(upper) });
    let fresh = value(2_000_000_900_000, 2_000_000_900_625);
    assert_eq!(exchange.pool_value(), fresh);
    // A price too wide to be one, $250 ± $10 000, leaves the last good one.
    let (price, confidence, then) = (25_000_000_000, 1_000_000_000_000, exchange.clock.now.get() + 1);
    let wide = perp_engine::oracle::OracleReading::new(price, confidence, -8, then).unwrap();
    exchange.wait(1, 2).unwrap();
    exchange.ingest_price(0, &wide).unwrap();
    assert_eq!(exchange.pool_value(), fresh);
    exchange.wait(14, 28).unwrap();
    assert_eq!(exchange.pool_value(), fresh);
    // Sixteen seconds old or held for dead: $250 ± 15 %, rounded outwards. Above $287.50 Alice has won $374.999375 and less than an
    // atom; at $212.50 she has lost as much, the impact of 625 atoms besides, and the part of an atom rounds up.
    let unknown = value(2_000_000_900_000 - 374_999_376, 2_000_000_900_000 + 375_000_626);
    exchange.wait(1, 2).unwrap();
    assert_eq!(exchange.pool_value(), unknown);
    exchange.report_oracle_outage(0).unwrap();
    exchange.wait(300, 600).unwrap();
    assert_eq!(exchange.pool_value(), unknown);
}

#[test]
fn a_trade_is_previewed_at_the_price_it_will_be_handed() {
    // $260 is published; the cached price of 6 seconds ago is too old to trade at.
    let mut later = exchange();
    later.wait(6, 12).unwrap();
    let stale = later.preview_trade(&cash(1_000), 0, &order(10), None).unwrap_err();
    assert_eq!(stale, EngineError::PriceStale { age: 6, allowed: 5 }.into());
    let handed = later.preview_trade(&cash(1_000), 0, &order(10), Some(&now(&later, 260))).unwrap();
    // 10 SOL · $260, rounded down by less than an atom.
    assert_eq!(handed.plan.fill.index_notional.to_atoms_ceil(), Ok(usdc(2_600)));
    // Taken into the cache it is the same trade.
    later.ingest_price(0, &now(&later, 260)).unwrap();
    assert_eq!(later.preview_trade(&cash(1_000), 0, &order(10), None).unwrap().plan, handed.plan);
}

#[test]
fn a_price_taken_in_for_a_question_is_no_event_and_a_refused_one_changes_nothing() {
    let mut exchange = exchange();
    let (before, events) = (exchange.clone(), exchange.market(0).unwrap().sequence);
    // $2^50 are beyond the largest price, 2^50 in 2^-40 atoms per base unit or $1 024 000 per SOL.
    let unpriceable = perp_engine::oracle::OracleReading::new(1 << 50, 0, 0, exchange.clock.now.get() + 1).unwrap();
    assert_eq!(exchange.ingest_price(0, &unpriceable), Err(EngineError::PriceOutOfRange.into()));
    assert_eq!(exchange.ingest_price(7, &now(&exchange, 250)), Err(Refusal::NoMarket { market: 7 }));
    assert!(exchange == before);
    exchange.wait(1, 2).unwrap();
    exchange.ingest_price(0, &now(&exchange, 260)).unwrap();
    assert_eq!(exchange.market(0).unwrap().sequence, events);
    assert_eq!(exchange.changes(), before.changes());
}

#[test]
fn a_price_taken_in_for_a_question_leaves_what_update_price_leaves() {
    let (exchange, _) = alice_after(10);
    // Newer and of now, newer and of a second ago, older, and so far ahead that the clock must lag.
    for seconds in [2, 1, -3, 11] {
        let reading = crate::fixtures::reading(240, seconds);
        let (mut asked, mut told) = (exchange.clone(), exchange.clone());
        for exchange in [&mut asked, &mut told] {
            exchange.wait(2, 4).unwrap();
            exchange.clock.now = at(2.min(seconds.max(0))).now;
        }
        asked.ingest_price(0, &reading).unwrap();
        told.update_price(0, &reading).unwrap();
        let [asked, told] = [asked, told].map(|exchange| *exchange.market(0).unwrap());
        assert_eq!((asked.price, asked.recent), (told.price, told.recent), "{seconds} s");
    }
}

#[test]
fn a_reading_from_far_ahead_says_that_the_clock_lags_and_nothing_is_filled_by_it() {
    let (mut exchange, account) = alice_after(10);
    exchange.wait(1, 2).unwrap();
    let before = exchange.health(&account).unwrap();
    exchange.ingest_price(0, &crate::fixtures::reading(260, 12)).unwrap();
    let until = at(61).now.get();
    let refused = exchange.preview_trade(&account, 0, &order(1), Some(&now(&exchange, 250))).unwrap_err();
    assert_eq!(refused, EngineError::ClockBehind { until }.into());
    // What the account has counts at the better end of ±15 %: a profit of $374.999375, which the market could pay, and a margin of
    // 3 % · $2875.
    let health = exchange.health(&account).unwrap();
    assert_eq!(health.maintenance.equity, SignedAtoms::new(1_373_999_375));
    assert_eq!((before.maintenance.margin, health.maintenance.margin), (usdc(75), Atoms::new(86_250_001)));
    // A minute later the clock is believed again.
    exchange.wait(60, 120).unwrap();
    assert!(exchange.preview_trade(&account, 0, &order(1), Some(&now(&exchange, 250))).is_ok());
}

#[test]
fn a_bankruptcy_is_paid_by_insurance_and_stays_owed_out_of_claims_elsewhere() {
    // $100 owed to market 0, a claim of $30 without cash on market 1, $20 of insurance in market 0, none shared: $80 are written
    // off, and $30 of the $100 are owed to market 0's insurance once the claim is paid.
    let mut exchange = exchange();
    let (mut owed, mut owing) = (*exchange.market(0).unwrap(), *exchange.market(1).unwrap());
    (owed.ledger.debts, owed.ledger.insurance) = (usdc(100), usdc(20));
    owing.ledger.claims = usdc(30);
    let mut account = Account::opened(None);
    account.positions[0] = Position { debt: usdc(100), ..Position::empty_in(0) };
    account.positions[1] =
        Position { claim: usdc(30), claim_factor: owing.ledger.claim_factor, ..Position::empty_in(1) };
    exchange.put_market(owed);
    exchange.put_market(owing);

    let preview = exchange.preview_bankruptcy(&account, 0).unwrap();
    let BankruptcyPlan { paid_by_insurance, written_off, recoverable, .. } = preview.plan;
    assert_eq!([paid_by_insurance, written_off, recoverable], [usdc(20), usdc(80), usdc(30)]);
    let [left, claim] = [0, 1].map(|slot| preview.account.positions[slot]);
    assert_eq!((left.debt, left.recoverable, claim), (Atoms::ZERO, usdc(30), account.positions[1]));
    let owed = preview.market;
    assert_eq!((owed.index, owed.ledger.debts, owed.ledger.insurance), (0, Atoms::ZERO, Atoms::ZERO));

    // Once the claim is paid, the insurance is paid before anybody takes the money out.
    let mut paid = preview.account;
    paid.positions[1] = Position::default();
    paid.balance = usdc(50);
    let outstanding = exchange.preview_withdrawal(&paid, usdc(1)).unwrap_err();
    assert_eq!(outstanding, EngineError::DebtOutstanding { market: 0, debt: usdc(30) }.into());
    exchange.put_market(owed);
    let settled = exchange.preview_settle_funding(&paid, 0).unwrap();
    assert_eq!((settled.plan.settled.repaid, settled.market.ledger.insurance), (usdc(30), usdc(30)));
    assert_eq!((settled.account.balance, settled.account.positions[0]), (usdc(20), Position::default()));
}

#[test]
fn what_is_funded_of_a_claim_is_redeemed_before_a_bankruptcy() {
    let mut exchange = exchange();
    let mut market = *exchange.market(0).unwrap();
    market.ledger.debts = usdc(100);
    exchange.put_market(market);
    let mut market = *exchange.market(1).unwrap();
    (market.ledger.claims, market.ledger.backing) = (usdc(40), usdc(10));
    exchange.put_market(market);
    let mut account = Account::opened(None);
    account.positions[0] = Position { debt: usdc(100), ..Position::empty_in(0) };
    account.positions[1] =
        Position { claim: usdc(40), claim_factor: market.ledger.claim_factor, ..Position::empty_in(1) };
    exchange.fund_claims(1).unwrap();
    let refused = exchange.preview_bankruptcy(&account, 0).unwrap_err();
    assert_eq!(refused, EngineError::ClaimNotRedeemed { market: 1 }.into());
    let redeemed = exchange.preview_redeem_claim(&account, 1).unwrap();
    exchange.put_market(redeemed.market);
    let plan = exchange.preview_bankruptcy(&redeemed.account, 0).unwrap().plan;
    assert_eq!([plan.paid_by_balance, plan.written_off, plan.recoverable], [usdc(10), usdc(90), usdc(30)]);
}

#[test]
fn whoever_owes_nothing_or_can_pay_is_not_bankrupt() {
    let exchange = exchange();
    let nothing = exchange.preview_bankruptcy(&Account::opened(None), 0).unwrap_err();
    assert_eq!(nothing, EngineError::NoDebt.into());
    let mut able = cash(5);
    able.positions[0] = Position { debt: usdc(3), ..Position::empty_in(0) };
    let refused = exchange.preview_bankruptcy(&able, 0).unwrap_err();
    assert_eq!(refused, EngineError::NotBankrupt { equity: SignedAtoms::new(2_000_000) }.into());
}

#[test]
fn an_exchange_without_a_pool_is_worth_nothing() {
    let exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    assert_eq!(exchange.pool, Pool::opened(pool_parameters()));
    assert_eq!(exchange.pool_value(), Ok(MarketValue { lower: Atoms::ZERO, upper: Atoms::ZERO }));
}
