mod claims;
mod conservation;
mod slots;

use super::*;
use crate::fixtures::{base, sol_market, usdc, USDC};
use crate::units::{FundingIndex, SignedSize, X40_PER_ATOM};

/// The slot of an account with `balance` dollars in a market with `backing` dollars; nothing is in it yet.
fn ledger(balance: u64, backing: u64) -> Ledger {
    let mut market = sol_market().ledger;
    market.backing = usdc(backing);
    slot_in(market, usdc(balance))
}

/// An empty slot in the market.
fn slot_in(market: MarketLedger, balance: Atoms) -> Ledger {
    Ledger { slot: 0, balance, counters: AccountCounters::default(), position: Position::empty_in(0), market }
}

/// Balance, claim and debt in whole dollars.
fn owned(ledger: &Ledger) -> [u64; 3] {
    [ledger.balance, ledger.position.claim, ledger.position.debt].map(|amount| amount.get() / USDC)
}

/// Backing, claims, claims_reserve and debts in whole dollars.
fn held(ledger: &Ledger) -> [u64; 4] {
    let market = &ledger.market;
    [market.backing, market.claims, market.claims_reserve, market.debts].map(|amount| amount.get() / USDC)
}

#[test]
fn a_loss_sets_off_the_claim_then_takes_cash_then_leaves_a_debt() {
    let mut account = ledger(50, 0);
    account.gain(usdc(30)).unwrap();
    assert_eq!((owned(&account), held(&account)), ([50, 30, 0], [0, 30, 0, 0]));
    // $100: 30 from the claim, 50 in cash, 20 owed; only the 50 reach the backing.
    assert_eq!(account.loss(usdc(100)), Ok(usdc(50)));
    assert_eq!((owned(&account), held(&account)), ([0, 0, 20], [50, 0, 0, 20]));
}

#[test]
fn a_gain_pays_the_debt_then_cash_and_leaves_a_claim() {
    let mut account = ledger(0, 40);
    account.loss(usdc(20)).unwrap();
    // $70: 20 of debt, 40 of backing, 10 claimed.
    account.gain(usdc(70)).unwrap();
    assert_eq!((owned(&account), held(&account)), ([40, 10, 0], [0, 10, 0, 0]));
}

#[test]
fn a_fee_is_shared_from_what_was_collected() {
    // $10 of fee, $8 in cash: 10 % of $8 to the protocol, $2 owed.
    let mut account = ledger(8, 100);
    account.charge_fee(usdc(10), Ppm::new(100_000)).unwrap();
    assert_eq!(owned(&account), [0, 0, 2]);
    assert_eq!(account.market.backing, Atoms::new(107_200_000));
    assert_eq!(account.market.protocol_fees, Atoms::new(800_000));
}

#[test]
fn funding_owed_rounds_up_and_funding_received_down() {
    // Three units at half an atom: 1.5.
    let mut account = ledger(10, 10);
    account.increase(Side::Long, Size::new(3), QuoteX40::ZERO, 1).unwrap();
    let half = i64::try_from(X40_PER_ATOM / 2).unwrap();
    account.market.side_mut(Side::Long).funding_index = FundingIndex::new(half);
    assert_eq!(account.settle_funding(), Ok(SignedAtoms::new(-2)));
    account.market.side_mut(Side::Long).funding_index = FundingIndex::new(0);
    assert_eq!(account.settle_funding(), Ok(SignedAtoms::new(1)));
    assert_eq!(account.settle_funding(), Ok(SignedAtoms::ZERO));
    assert_eq!(account.balance, Atoms::new(10 * USDC - 1));
    assert_eq!(account.market.side(Side::Long).funding_checkpoint.get(), QuoteX40::ZERO);
}

#[test]
fn increase_and_reduce_move_the_same_integers() {
    // Seven units bought for 10.5 atoms; three sold for 6: entry 10.5 · 3/7 = 4.5, profit ⌊1.5⌋ = 1.
    let entry = X40_PER_ATOM * 21 / 2;
    let mut account = ledger(0, 1);
    account.increase(Side::Long, Size::new(7), QuoteX40::new(entry), 9).unwrap();
    assert_eq!(account.position.last_increase_slot, 9);
    let realized = account.reduce(Size::new(3), QuoteX40::new(6 * X40_PER_ATOM)).unwrap();
    assert_eq!(realized, SignedAtoms::new(1));
    assert_eq!(account.position.entry_notional.get(), QuoteX40::new(entry - entry * 3 / 7));
    assert_eq!(account.market.side(Side::Long).entry_notional, account.position.entry_notional);
    // The rest for 5.4 atoms: 6 − 5.4 lost, rounded up to one atom.
    let realized = account.reduce(Size::new(4), QuoteX40::new(X40_PER_ATOM * 54 / 10)).unwrap();
    assert_eq!(realized, SignedAtoms::new(-1));
    let totals = account.market.side(Side::Long);
    assert_eq!((totals.open_interest, totals.entry_notional.get()), (Size::ZERO, QuoteX40::ZERO));
    assert_eq!(account.position.size, SignedSize::ZERO);
    assert_eq!(account.reduce(Size::new(1), QuoteX40::ZERO), Err(EngineError::NoPosition));
}

#[test]
fn a_short_gains_when_it_buys_back_for_less() {
    let mut account = ledger(0, USDC);
    account.increase(Side::Short, Size::new(10), QuoteX40::new(100 * X40_PER_ATOM), 1).unwrap();
    assert_eq!(account.position.size, base(-10));
    assert_eq!(account.reduce(Size::new(5), QuoteX40::new(30 * X40_PER_ATOM)).unwrap(), SignedAtoms::new(20));
    assert_eq!(account.reduce(Size::new(5), QuoteX40::new(70 * X40_PER_ATOM)).unwrap(), SignedAtoms::new(-20));
    assert_eq!(account.balance, Atoms::ZERO);
}

#[test]
fn settling_profit_moves_the_entry_by_exactly_what_is_paid() {
    let mut long = ledger(0, 100);
    long.increase(Side::Long, Size::new(10), QuoteX40::new(100 * X40_PER_ATOM), 1).unwrap();
    long.shift_entry(SignedAtoms::new(7)).unwrap();
    assert_eq!(long.position.entry_notional.get(), QuoteX40::new(107 * X40_PER_ATOM));
    assert_eq!(
        (long.balance, long.market.side(Side::Long).entry_notional),
        (Atoms::new(7), long.position.entry_notional)
    );

    let mut short = ledger(0, 100);
    short.increase(Side::Short, Size::new(10), QuoteX40::new(100 * X40_PER_ATOM), 1).unwrap();
    short.shift_entry(SignedAtoms::new(-7)).unwrap();
    assert_eq!(short.position.entry_notional.get(), QuoteX40::new(107 * X40_PER_ATOM));
    assert_eq!(short.position.debt, Atoms::new(7));
}
