//! Whatever is posted, every atom is somewhere and every counter is the sum of what it counts.

use super::*;
use crate::fixtures::at;
use crate::operations::market::plan_fund_claims;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Posting {
    Loss(u64),
    Gain(u64),
    Fund,
    Redeem,
    Waive,
    BackingIn(u64),
}

fn posting() -> impl Strategy<Value = (usize, Posting)> {
    let amount = prop_oneof![0u64..20, 0u64..1_000_000_000];
    let posting = prop_oneof![
        4 => amount.clone().prop_map(Posting::Loss),
        4 => amount.clone().prop_map(Posting::Gain),
        4 => Just(Posting::Fund),
        4 => Just(Posting::Redeem),
        1 => Just(Posting::Waive),
        4 => amount.prop_map(Posting::BackingIn),
    ];
    (0usize..4, posting)
}

/// The market once as much of its claims is funded as can be.
fn funded(market: MarketLedger) -> MarketLedger {
    plan_fund_claims(&Market { ledger: market, ..sol_market() }, at(0)).map_or(market, |plan| plan.ledger)
}

proptest! {
    /// Four accounts lose, gain, redeem and waive in any order: every atom is somewhere, what each is owed changes by its
    /// postings alone, the claims reserve covers what is promised, and once all claims are funded everyone is paid in full.
    #[test]
    fn postings_conserve_every_atom(postings in proptest::collection::vec(posting(), 1..80)) {
        let mut market = sol_market().ledger;
        let mut accounts = [(Atoms::new(1_000_000), Position::empty_in(0)); 4];
        let mut added = 0u64;
        for (who, posting) in postings {
            let (balance, position) = accounts[who];
            let mut ledger = Ledger { position, ..slot_in(market, balance) };
            let worth = |ledger: &Ledger| {
                i128::from(ledger.balance.get()) + i128::from(ledger.position.claim.get())
                    - i128::from(ledger.position.debt.get())
            };
            let before = worth(&ledger);
            let expected = match posting {
                Posting::Loss(amount) => { ledger.loss(Atoms::new(amount)).unwrap(); -i128::from(amount) }
                Posting::Gain(amount) => { ledger.gain(Atoms::new(amount)).unwrap(); i128::from(amount) }
                Posting::Redeem => { ledger.redeem_claim().unwrap(); 0 }
                Posting::Waive => {
                    ledger.redeem_claim().unwrap();
                    -i128::from(ledger.waive_claim().unwrap().get())
                }
                Posting::BackingIn(amount) => {
                    ledger.market.backing = ledger.market.backing.checked_add(Atoms::new(amount)).unwrap();
                    added += amount;
                    0
                }
                Posting::Fund => { ledger.market = funded(market); 0 }
            };
            prop_assert_eq!(worth(&ledger) - before, expected);
            prop_assert!(ledger.position.claim.is_zero() || ledger.position.debt.is_zero());
            accounts[who] = (ledger.balance, ledger.position);
            market = ledger.market;

            let cash: u64 = accounts.iter().map(|(balance, _)| balance.get()).sum();
            prop_assert_eq!(cash + market.backing.get() + market.claims_reserve.get(), 4_000_000 + added);
            let sum = |part: fn(&Position) -> Atoms| accounts.iter().map(|(_, slot)| part(slot).get()).sum::<u64>();
            prop_assert_eq!(sum(|slot| slot.claim), market.claims.get());
            prop_assert_eq!(sum(|slot| slot.debt), market.debts.get());
            let promised: u64 = accounts
                .iter()
                .map(|(_, slot)| slot.claim.get() - market.unfunded_part_ceil(slot).unwrap().get())
                .sum();
            prop_assert!(promised <= market.claims_reserve.get() && market.claims_reserve <= market.claims);
        }
        // Enough backing for all of it: everyone redeems in full and nothing stays in the claims reserve.
        market.backing = market.backing.checked_add(market.claims).unwrap();
        market = funded(market);
        for (balance, slot) in &mut accounts {
            let mut ledger = Ledger { position: *slot, ..slot_in(market, *balance) };
            ledger.redeem_claim().unwrap();
            prop_assert_eq!(ledger.position.claim, Atoms::ZERO);
            market = ledger.market;
        }
        prop_assert_eq!((market.claims_reserve, market.claims), (Atoms::ZERO, Atoms::ZERO));
    }
}
