use super::*;
use crate::fixtures::{at, base, exact, set_side, sol_market, usdc, SOL, USDC};
use crate::state::{Account, Market, Position};
use crate::units::{Ppm, Side};
use bytemuck::Zeroable;

fn market(index: u16, backing: u64, side: Side) -> Market {
    let mut market = Market { index, ..sol_market() };
    market.ledger.backing = usdc(backing);
    set_side(&mut market, side, 100 * SOL, 26_000 * USDC);
    market
}

/// $5 000 and 100 SOL, bought or sold for $26 000, in each of the markets.
fn account(sizes: &[i64]) -> Account {
    let mut account = Account { balance: usdc(5_000), ..Account::zeroed() };
    for ((slot, size), market) in account.positions.iter_mut().zip(sizes).zip(0..) {
        let entry_notional = exact(26_000).into();
        *slot = Position { size: base(*size), entry_notional, ..Position::empty_in(market) };
    }
    account
}

#[test]
fn terms_add_up_to_the_accounts_health() {
    let markets = [market(0, 1_000, Side::Long), market(1, 1_000, Side::Short), market(2, 0, Side::Short)];
    let account = account(&[100_000_000_000, -100_000_000_000, -100_000_000_000]);
    let portfolio = Portfolio::new(&account, None, &markets, at(0)).unwrap();
    let mut sums = (account.balance.to_x40().unwrap(), Atoms::ZERO, account.balance.to_x40().unwrap(), Atoms::ZERO);
    for slot in 0..3 {
        let LegTerms { maintenance, initial, .. } = portfolio.terms(slot).unwrap();
        sums.0 = sums.0.checked_add(maintenance.equity).unwrap();
        sums.1 = sums.1.checked_add(maintenance.required).unwrap();
        sums.2 = sums.2.checked_add(initial.equity).unwrap();
        sums.3 = sums.3.checked_add(initial.margin).unwrap();
    }
    let (maintenance, initial) = (portfolio.maintenance_health().unwrap(), portfolio.initial_health().unwrap());
    let floor = |exact: QuoteX40| exact.to_signed_atoms_floor().unwrap();
    assert_eq!((floor(sums.0), sums.1), (maintenance.equity, maintenance.margin));
    assert_eq!((floor(sums.2), sums.3), (initial.equity, initial.margin));
    assert_eq!(portfolio.terms(3), Err(EngineError::NoPosition));
}

#[test]
fn terms_tell_what_a_position_comes_to() {
    let markets = [market(0, 1_000, Side::Long)];
    let account = account(&[100_000_000_000]);
    let terms = Portfolio::new(&account, None, &markets, at(0)).unwrap().terms(0).unwrap();
    // 100 SOL at $250, bought for $26 000: $1 000 under water, on which nobody owes anything. 3 % of $25 000 is $750, 5 % $1 250.
    assert_eq!((terms.notional, terms.profit), (usdc(25_000), exact(-1_000)));
    assert_eq!((terms.low, terms.high), (terms.price, terms.price));
    assert_eq!((terms.funding_owed, terms.promised), (QuoteX40::ZERO, QuoteX40::ZERO));
    assert_eq!((terms.maintenance.required, terms.initial.margin), (usdc(750), usdc(1_250)));
    assert_eq!((terms.claim, terms.claim_unfunded, terms.debt), (Atoms::ZERO, Atoms::ZERO, Atoms::ZERO));
}

#[test]
fn in_a_shortage_a_winner_is_paid_the_part_that_its_market_has() {
    // 100 SOL sold for $26 000 are worth $25 000. The market has $600 for the $1 000 that it owes, and nobody has lost any.
    let markets = [market(0, 600, Side::Short), market(1, 5_000, Side::Short)];
    let account = account(&[-100_000_000_000, -100_000_000_000]);
    let portfolio = Portfolio::new(&account, None, &markets, at(0)).unwrap();
    let coverage = |market: &Market| Coverage::of(&market.ledger, &market.parameters, market.price.price).unwrap();
    assert_eq!(coverage(&markets[0]).part_floor(), Ok(Ppm::new(600_000)));
    assert_eq!(portfolio.terms(0).unwrap().shortage_ceil(&coverage(&markets[0])), Ok(usdc(400)));
    // The other one has more than it owes.
    assert_eq!(coverage(&markets[1]).part_floor(), Ok(Ppm::new(1_000_000)));
    assert_eq!(portfolio.shortage_ceil(), Ok(usdc(400)));
}
