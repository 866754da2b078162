use super::*;
use crate::fixtures::{base, sol_market, USDC};
use crate::settlement::plan_fund_claims;
use crate::units::{FundingIndex, RAW_PER_ATOM};
use proptest::prelude::*;

fn usdc(amount: u64) -> Atoms {
    Atoms::new(amount * USDC)
}

/// An account with `balance` dollars and an empty slot in a market with `backing` dollars.
fn ledger(balance: u64, backing: u64) -> Ledger {
    let mut books = sol_market().books;
    books.backing = usdc(backing);
    Ledger { balance: usdc(balance), position: Position::opened(0), books }
}

/// Another account's empty slot in the market as it stands.
fn next(previous: &Ledger, balance: u64) -> Ledger {
    Ledger { balance: usdc(balance), position: Position::opened(0), books: previous.books }
}

fn fund(ledger: &mut Ledger) -> Atoms {
    let market = Market { books: ledger.books, ..sol_market() };
    let plan = plan_fund_claims(&market).unwrap();
    ledger.books = plan.books;
    plan.funded
}

/// Balance, claim and debt in whole dollars.
fn owned(ledger: &Ledger) -> [u64; 3] {
    [ledger.balance, ledger.position.claim, ledger.position.debt].map(|amount| amount.get() / USDC)
}

/// Backing, claims, pot and debts in whole dollars.
fn held(ledger: &Ledger) -> [u64; 4] {
    let books = &ledger.books;
    [books.backing, books.claims, books.pot, books.debts].map(|amount| amount.get() / USDC)
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
fn while_a_claim_waits_nobody_is_paid_before_it() {
    let mut first = ledger(0, 0);
    first.gain(usdc(10)).unwrap();
    let mut second = next(&first, 0);
    second.books.backing = usdc(500);
    second.gain(usdc(10)).unwrap();
    assert_eq!((owned(&second), held(&second)), ([0, 10, 0], [500, 20, 0, 0]));
    // Once all claims are funded, gains are cash again.
    assert_eq!(fund(&mut second), usdc(20));
    let mut third = next(&second, 0);
    third.gain(usdc(10)).unwrap();
    assert_eq!((owned(&third), held(&third)), ([10, 0, 0], [470, 20, 20, 0]));
}

#[test]
fn claims_are_funded_in_proportion_whoever_came_first() {
    let mut early = ledger(0, 0);
    early.gain(usdc(300)).unwrap();
    let mut late = next(&early, 0);
    late.gain(usdc(100)).unwrap();
    // $100 for $400: a quarter of each; 300/400 is three halves, halved once.
    late.books.backing = usdc(100);
    assert_eq!(fund(&mut late), usdc(100));
    assert_eq!(late.books.claim_factor, (1 << 48) | (3 << 46));
    assert_eq!(late.redeem_claim(), Ok(usdc(25)));
    assert_eq!((owned(&late), held(&late)), ([25, 75, 0], [0, 375, 75, 0]));
    early.books = late.books;
    assert_eq!(early.redeem_claim(), Ok(usdc(75)));
    assert_eq!((owned(&early), held(&early)), ([75, 225, 0], [0, 300, 0, 0]));
    assert_eq!(early.redeem_claim(), Ok(Atoms::ZERO));
}

#[test]
fn a_claim_that_arises_later_shares_only_in_what_is_funded_later() {
    let mut early = ledger(0, 0);
    early.gain(usdc(100)).unwrap();
    early.books.backing = usdc(50);
    fund(&mut early);
    let mut late = next(&early, 0);
    late.gain(usdc(50)).unwrap();
    // $50 wait of the first and $50 of the second claim; $50 more is half of each.
    late.books.backing = usdc(50);
    fund(&mut late);
    assert_eq!(late.redeem_claim(), Ok(usdc(25)));
    early.books = late.books;
    assert_eq!(early.redeem_claim(), Ok(usdc(75)));
    assert_eq!(held(&early), [0, 50, 0, 0]);
}

#[test]
fn funding_everything_ends_the_epoch_and_the_next_begins_at_the_full_factor() {
    let mut account = ledger(0, 0);
    account.gain(usdc(100)).unwrap();
    account.books.backing = usdc(250);
    assert_eq!(fund(&mut account), usdc(100));
    assert_eq!((account.books.claim_epoch, account.books.claim_factor), (1, FULL_CLAIM_FACTOR));
    assert_eq!(account.redeem_claim(), Ok(usdc(100)));
    assert_eq!((owned(&account), held(&account)), ([100, 0, 0], [150, 0, 0, 0]));
}

#[test]
fn setting_off_the_last_claim_returns_what_lay_in_the_pot() {
    // $100 claimed, a third funded: the claim redeems 33.333333, the loss sets off the other 66.666667, and the atom that
    // rounding left in the pot goes back to the backing.
    let mut account = ledger(0, 0);
    account.gain(usdc(100)).unwrap();
    account.books.backing = Atoms::new(33_333_334);
    fund(&mut account);
    account.loss(usdc(200)).unwrap();
    let books = &account.books;
    assert_eq!((books.claims, books.pot, account.position.claim), (Atoms::ZERO, Atoms::ZERO, Atoms::ZERO));
    assert_eq!(books.backing, Atoms::new(33_333_334));
    assert_eq!((books.claim_epoch, books.claim_factor), (1, FULL_CLAIM_FACTOR));
    // 200 − 66.666667 set off − 33.333333 paid.
    assert_eq!(account.position.debt, Atoms::new(100_000_000));
}

#[test]
fn a_fee_is_shared_from_what_was_collected() {
    // $10 of fee, $8 in cash: 10 % of $8 to the protocol, $2 owed.
    let mut account = ledger(8, 100);
    account.charge_fee(usdc(10), Ppm::new(100_000)).unwrap();
    assert_eq!(owned(&account), [0, 0, 2]);
    assert_eq!(account.books.backing, Atoms::new(107_200_000));
    assert_eq!(account.books.protocol_fees, Atoms::new(800_000));
}

#[test]
fn funding_owed_rounds_up_and_funding_received_down() {
    // Three units at half an atom: 1.5.
    let mut account = ledger(10, 10);
    account.increase(Side::Long, Size::new(3), Raw::ZERO, 1).unwrap();
    let half = i64::try_from(RAW_PER_ATOM / 2).unwrap();
    account.books.side_mut(Side::Long).funding_index = FundingIndex::new(half);
    assert_eq!(account.settle_funding(), Ok(SignedAtoms::new(-2)));
    account.books.side_mut(Side::Long).funding_index = FundingIndex::new(0);
    assert_eq!(account.settle_funding(), Ok(SignedAtoms::new(1)));
    assert_eq!(account.settle_funding(), Ok(SignedAtoms::ZERO));
    assert_eq!(account.balance, Atoms::new(10 * USDC - 1));
    assert_eq!(account.books.side(Side::Long).size_index.get(), Raw::ZERO);
}

#[test]
fn increase_and_reduce_move_the_same_integers() {
    // Seven units bought for 10.5 atoms; three sold for 6: entry ⌊10.5 · 3/7⌋ raw = 4.5 − a little, profit ⌊1.5⌋ = 1.
    let entry = RAW_PER_ATOM * 21 / 2;
    let mut account = ledger(0, 1);
    account.increase(Side::Long, Size::new(7), Raw::new(entry), 9).unwrap();
    assert_eq!(account.position.last_increase_slot, 9);
    let realised = account.reduce(Size::new(3), Raw::new(6 * RAW_PER_ATOM)).unwrap();
    assert_eq!(realised, SignedAtoms::new(1));
    assert_eq!(account.position.entry.get(), Raw::new(entry - entry * 3 / 7));
    assert_eq!(account.books.side(Side::Long).entry, account.position.entry);
    // The rest for 5.4 atoms: 6 − 5.4 lost, rounded up to one atom.
    let realised = account.reduce(Size::new(4), Raw::new(RAW_PER_ATOM * 54 / 10)).unwrap();
    assert_eq!(realised, SignedAtoms::new(-1));
    let book = account.books.side(Side::Long);
    assert_eq!((book.open_interest, book.entry.get(), account.position.size), (Size::ZERO, Raw::ZERO, Base::ZERO));
    assert_eq!(account.reduce(Size::new(1), Raw::ZERO), Err(EngineError::NoPosition));
}

#[test]
fn a_short_gains_when_it_buys_back_for_less() {
    let mut account = ledger(0, usdc(1).get());
    account.increase(Side::Short, Size::new(10), Raw::new(100 * RAW_PER_ATOM), 1).unwrap();
    assert_eq!(account.position.size, base(-10));
    assert_eq!(account.reduce(Size::new(5), Raw::new(30 * RAW_PER_ATOM)).unwrap(), SignedAtoms::new(20));
    assert_eq!(account.reduce(Size::new(5), Raw::new(70 * RAW_PER_ATOM)).unwrap(), SignedAtoms::new(-20));
    assert_eq!(account.balance, Atoms::ZERO);
}

#[test]
fn settling_profit_moves_the_entry_by_exactly_what_is_paid() {
    let mut long = ledger(0, 100);
    long.increase(Side::Long, Size::new(10), Raw::new(100 * RAW_PER_ATOM), 1).unwrap();
    long.shift_entry(long.position.size, SignedAtoms::new(7)).unwrap();
    assert_eq!(long.position.entry.get(), Raw::new(107 * RAW_PER_ATOM));
    assert_eq!((long.balance, long.books.side(Side::Long).entry), (Atoms::new(7), long.position.entry));

    let mut short = ledger(0, 100);
    short.increase(Side::Short, Size::new(10), Raw::new(100 * RAW_PER_ATOM), 1).unwrap();
    short.shift_entry(short.position.size, SignedAtoms::new(-7)).unwrap();
    assert_eq!(short.position.entry.get(), Raw::new(107 * RAW_PER_ATOM));
    assert_eq!(short.position.debt, Atoms::new(7));
}

#[test]
fn an_empty_slot_is_freed_when_it_is_stored() {
    let mut market = sol_market();
    let mut account: Account = bytemuck::Zeroable::zeroed();
    let mut touched = ledger(10, 0);
    touched.position.claim_factor = 5;
    touched.apply(3, &mut account, &mut market);
    assert_eq!(account.positions[3], Position::default());
    assert_eq!(account.balance, usdc(10));
    touched.position.debt = usdc(1);
    touched.apply(3, &mut account, &mut market);
    assert!(account.positions[3].is_occupied());
}

#[derive(Clone, Copy, Debug)]
enum Posting {
    Loss(u64),
    Gain(u64),
    Fund,
    Redeem,
    BackingIn(u64),
}

fn posting() -> impl Strategy<Value = (usize, Posting)> {
    let amount = prop_oneof![0u64..20, 0u64..1_000_000_000];
    let posting = prop_oneof![
        amount.clone().prop_map(Posting::Loss),
        amount.clone().prop_map(Posting::Gain),
        Just(Posting::Fund),
        Just(Posting::Redeem),
        amount.prop_map(Posting::BackingIn),
    ];
    (0usize..4, posting)
}

proptest! {
    /// Four accounts lose, gain and redeem in any order: every atom is somewhere, what each is owed changes by its
    /// postings alone, the pot covers what is promised, and when all claims are funded everybody gets his in full.
    #[test]
    fn postings_conserve_every_atom(postings in proptest::collection::vec(posting(), 1..80)) {
        let mut books = sol_market().books;
        let mut accounts = [(1_000_000u64, Position::opened(0)); 4].map(|(balance, slot)| (Atoms::new(balance), slot));
        let mut added = 0u64;
        for (who, posting) in postings {
            let (balance, position) = accounts[who];
            let mut ledger = Ledger { balance, position, books };
            let worth = |ledger: &Ledger| {
                i128::from(ledger.balance.get()) + i128::from(ledger.position.claim.get())
                    - i128::from(ledger.position.debt.get())
            };
            let before = worth(&ledger);
            let expected = match posting {
                Posting::Loss(amount) => { ledger.loss(Atoms::new(amount)).unwrap(); -i128::from(amount) }
                Posting::Gain(amount) => { ledger.gain(Atoms::new(amount)).unwrap(); i128::from(amount) }
                Posting::Redeem => { ledger.redeem_claim().unwrap(); 0 }
                Posting::BackingIn(amount) => {
                    ledger.books.backing = ledger.books.backing.plus(Atoms::new(amount)).unwrap();
                    added += amount;
                    0
                }
                Posting::Fund => {
                    let market = Market { books, ..sol_market() };
                    if let Ok(plan) = plan_fund_claims(&market) {
                        ledger.books = plan.books;
                    }
                    0
                }
            };
            prop_assert_eq!(worth(&ledger) - before, expected);
            prop_assert!(ledger.position.claim.is_zero() || ledger.position.debt.is_zero());
            accounts[who] = (ledger.balance, ledger.position);
            books = ledger.books;

            let cash: u64 = accounts.iter().map(|(balance, _)| balance.get()).sum();
            prop_assert_eq!(cash + books.backing.get() + books.pot.get(), 4_000_000 + added);
            let sum = |part: fn(&Position) -> Atoms| accounts.iter().map(|(_, slot)| part(slot).get()).sum::<u64>();
            prop_assert_eq!(sum(|slot| slot.claim), books.claims.get());
            prop_assert_eq!(sum(|slot| slot.debt), books.debts.get());
            let promised: u64 = accounts
                .iter()
                .map(|(_, slot)| slot.claim.get() - books.unfunded_part_ceil(slot).unwrap().get())
                .sum();
            prop_assert!(promised <= books.pot.get() && books.pot <= books.claims);
        }
        // Enough backing for all of it: everybody redeems in full and nothing stays in the pot.
        books.backing = books.backing.plus(books.claims).unwrap();
        let market = Market { books, ..sol_market() };
        if let Ok(plan) = plan_fund_claims(&market) {
            books = plan.books;
        }
        for (balance, slot) in &mut accounts {
            let mut ledger = Ledger { balance: *balance, position: *slot, books };
            ledger.redeem_claim().unwrap();
            prop_assert_eq!(ledger.position.claim, Atoms::ZERO);
            books = ledger.books;
        }
        prop_assert_eq!((books.pot, books.claims), (Atoms::ZERO, Atoms::ZERO));
    }
}
