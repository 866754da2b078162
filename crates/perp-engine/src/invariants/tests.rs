use super::*;
use crate::fixtures::{base, pool, set_side, sol_market, usdc, PRICE, SOL, USDC};
use crate::market::claims::FULL_CLAIM_FACTOR;
use crate::units::{FundingIndex, Price, Size, X40_PER_ATOM};
use bytemuck::Zeroable;

/// A pool of $500, a market with $300 placed, $10 of insurance and $1 of fees, a long and a short of 1 SOL entered at
/// $200 with $50 each, and a third account with a claim of $20 of which half is funded, and a debtor. $3 donated. Of the liquidity
/// providers $5 are in escrow, $4 set apart for withdrawals, $2 for settling traders.
struct Exchange {
    accounts: [Account; 4],
    market: [Market; 1],
    pool: Pool,
    vault: Atoms,
    donated: Atoms,
}

impl Exchange {
    fn new() -> Self {
        let mut market = Market { index: 0, ..sol_market() };
        set_side(&mut market, Side::Long, SOL, 200 * USDC);
        set_side(&mut market, Side::Short, SOL, 200 * USDC);
        let ledger = &mut market.ledger;
        (ledger.backing, ledger.net_principal, ledger.insurance) = (usdc(300), usdc(300), usdc(10));
        (ledger.protocol_fees, ledger.claims, ledger.claims_reserve, ledger.debts) =
            (usdc(1), usdc(20), usdc(10), usdc(7));
        ledger.claim_factor = (1 << 48) | FULL_CLAIM_FACTOR;
        let mut accounts = [Account::zeroed(); 4];
        for (account, side) in accounts.iter_mut().zip(Side::BOTH) {
            account.balance = usdc(50);
            account.positions[0] = Position {
                size: Size::new(SOL).on(side).unwrap(),
                entry_notional: market.ledger.side(side).entry_notional,
                ..Position::empty_in(0)
            };
        }
        accounts[2].positions[5] =
            Position { claim: usdc(20), claim_factor: FULL_CLAIM_FACTOR, ..Position::empty_in(0) };
        accounts[3].positions[0] = Position { debt: usdc(7), ..Position::empty_in(0) };
        let (escrow, payable, settling) = (usdc(5), usdc(4), usdc(2));
        let pool = Pool { placed: usdc(300), insurance: usdc(40), escrow, payable, settling, ..pool(500 * USDC) };
        // 2 · 50 + 500 + 40 + 5 + 4 + 2 + 300 + 10 + 10 + 1 + 3 donated.
        Self { accounts, market: [market], pool, vault: usdc(975), donated: usdc(3) }
    }

    fn check(&self) -> Result<(), Violation> {
        check_invariants(&ExchangeView {
            accounts: &self.accounts,
            markets: &self.market,
            pool: &self.pool,
            vault: self.vault,
            donated: self.donated,
        })
    }
}

/// The violation found once `change` is made to an exchange in order.
fn after(change: impl FnOnce(&mut Exchange)) -> Violation {
    let mut exchange = Exchange::new();
    assert_eq!(exchange.check(), Ok(()));
    change(&mut exchange);
    exchange.check().unwrap_err()
}

#[test]
fn an_atom_missing_or_too_many_breaks_custody() {
    assert_eq!(
        after(|e| e.vault = Atoms::new(975 * USDC - 1)),
        Violation::Custody { vault: 974_999_999, cash: 972_000_000 }
    );
    assert!(matches!(after(|e| e.donated = Atoms::ZERO), Violation::Custody { .. }));
    let changes: [fn(&mut Exchange); 10] = [
        |e| e.accounts[0].balance = usdc(51),
        |e| e.pool.cash = usdc(501),
        |e| e.pool.insurance = usdc(41),
        |e| e.pool.escrow = usdc(6),
        |e| e.pool.payable = usdc(5),
        |e| e.pool.settling = usdc(3),
        |e| e.market[0].ledger.backing = usdc(301),
        |e| e.market[0].ledger.claims_reserve = usdc(11),
        |e| e.market[0].ledger.insurance = usdc(11),
        |e| e.market[0].ledger.protocol_fees = usdc(2),
    ];
    for change in changes {
        assert_eq!(after(change), Violation::Custody { vault: 975_000_000, cash: 973_000_000 });
    }
}

#[test]
fn sums_that_differ_from_their_positions_are_found_by_name() {
    let name = |change: fn(&mut Exchange)| match after(change) {
        Violation::Aggregate { market: 0, name, .. } => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(name(|e| e.accounts[0].positions[0].size = base(2_000_000_000)), "open interest");
    assert_eq!(
        name(|e| e.accounts[1].positions[0].entry_notional = QuoteX40::new(X40_PER_ATOM).into()),
        "entry notional"
    );
    assert_eq!(name(|e| e.accounts[1].positions[0].funding_index = FundingIndex::new(-1)), "funding checkpoint");
    assert_eq!(name(|e| e.accounts[2].positions[5].claim = usdc(21)), "claims");
    assert_eq!(name(|e| e.accounts[3].positions[0].debt = usdc(6)), "debts");
    assert_eq!(name(|e| e.market[0].ledger.sides[0].open_interest = Size::new(1)), "open interest");
}

#[test]
fn a_claims_reserve_that_promises_more_than_it_holds_is_found() {
    // At a quarter unfunded the claim could redeem $15 of a claims reserve of $10.
    let violation = after(|e| e.market[0].ledger.claim_factor = (2 << 48) | FULL_CLAIM_FACTOR);
    assert_eq!(violation, Violation::ClaimsReserve { market: 0, claims_reserve: 10_000_000, promised: 15_000_000 });
    // A claims reserve above the claims belongs to nobody.
    let violation = after(|e| {
        e.market[0].ledger.claims_reserve = usdc(21);
        e.vault = usdc(986);
    });
    assert!(matches!(violation, Violation::ClaimsReserve { .. }));
}

#[test]
fn placed_principal_and_slots_are_checked() {
    assert_eq!(after(|e| e.pool.placed = usdc(299)), Violation::Placed { stored: 299_000_000, summed: 300_000_000 });
    // A slot that is occupied by nothing, a freed one that is not zeroed, and one market twice.
    assert_eq!(after(|e| e.accounts[3].positions[4] = Position::empty_in(0)), Violation::Slots { market: 0 });
    assert_eq!(after(|e| e.accounts[3].positions[4].claim_factor = 1), Violation::Slots { market: 0 });
    assert_eq!(after(|e| e.accounts[3].positions[4] = e.accounts[3].positions[0]), Violation::Slots { market: 0 });
}

#[test]
fn equity_and_the_pools_value_add_up_at_every_price() {
    let mut exchange = Exchange::new();
    for price in [1, 1_000, PRICE - 1, PRICE * 3, crate::units::MAX_PRICE] {
        exchange.market[0].price.price = Price::new(price);
        assert_eq!(exchange.check(), Ok(()));
    }
    // Funding that is not settled moves from one to the other without leaving the sum.
    exchange.market[0].ledger.sides[0].funding_index = FundingIndex::new(12_345);
    exchange.market[0].ledger.sides[1].funding_index = FundingIndex::new(-777);
    assert_eq!(exchange.check(), Ok(()));
}
