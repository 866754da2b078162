//! Giving up, redeeming and funding what is not one's own.

use crate::accounts::foreign_exchange;
use crate::scenes::{claimant, debtor_with_claim};
use crate::{gains_nothing, unsigned, with_account, world};
use anchor_lang::error::ErrorCode;
use perp_client::instructions::{self as client, Authority};
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn attack_a_claim_is_given_up_by_its_owner_and_by_nobody_else() {
    let mut world = world();
    let winner = claimant(&mut world);
    let (delegate, stranger, admin) = (world.user(0), world.user(0), world.admin);
    world.set_delegate(winner, delegate).unwrap();
    let at = world.addresses;
    let foreign = foreign_exchange(&mut world, stranger);
    let other = world.trader(1_000 * USDC);
    let claim = world.position(&winner.margin_account, 0).claim;

    gains_nothing(&mut world, &[delegate, stranger, admin, other.signer], |world| {
        // What the market owes others is worth more without this claim.
        for signer in [delegate, stranger, admin, other.signer] {
            let waiver = world.waive_claim(Authority { signer, ..winner }, 0);
            assert_refused(waiver, ExchangeError::NotTheOwner);
        }
        let waiver = client::waive_claim(&at, winner, 0);
        assert_refused(world.run(&[unsigned(waiver.clone())]), ErrorCode::AccountNotSigner);
        // Nor does an owner's signature give up a claim on another market, another exchange, or in another account.
        let elsewhere = with_account(waiver.clone(), at.market(0), foreign.market(0));
        assert_refused(world.run(&[elsewhere]), ExchangeError::ExchangeMismatch);
        assert_refused(world.waive_claim(winner, 1), ExchangeError::NoPosition);
        let of_another = with_account(waiver, winner.margin_account, other.margin_account);
        assert_refused(world.run(&[of_another]), ExchangeError::NotTheOwner);
        world.publish_all_again();
        world.trade(other, 1, SOL).unwrap();
        assert_refused(world.waive_claim(other, 1), ExchangeError::NoClaim);
    });
    assert_eq!(world.position(&winner.margin_account, 0).claim, claim);
}

#[test]
fn attack_what_is_given_up_is_gone() {
    let mut world = world();
    let winner = claimant(&mut world);
    world.fund_claims(0).unwrap();
    let before = world.market(0).state.ledger;
    let (balance, claim) =
        (world.balance(&winner.margin_account), world.position(&winner.margin_account, 0).claim.get());
    gains_nothing(&mut world, &[winner.signer], |world| {
        // Whoever else may redeem it before does so with the same result.
        world.waive_claim(winner, 0).unwrap();
        assert_refused(world.waive_claim(winner, 0), ExchangeError::NoPosition);
        assert_refused(world.redeem_claim(winner.margin_account, 0), ExchangeError::NoPosition);
        assert_refused(world.fund_claims(0), ExchangeError::NothingToFund);
    });
    // What was set aside for it is paid, but for the atom that rounding leaves to the backing.
    let after = world.market(0).state.ledger;
    let paid = world.balance(&winner.margin_account) - balance;
    assert_eq!(before.claims_reserve.get() - paid, 1);
    assert_eq!(after.backing.get() - before.backing.get(), 1);
    assert_eq!((before.claims.get(), after.claims.get(), after.claims_reserve.get()), (claim, 0, 0));
    // The account can go.
    let all = world.balance(&winner.margin_account);
    world.withdraw(winner, all).unwrap();
    world.close_account(winner).unwrap();
}

#[test]
fn attack_a_debtor_gives_up_no_claim_so_that_the_insurance_pays_instead() {
    let mut world = world();
    // While a position is open, what it may come to owe is not known yet.
    let trader = claimant(&mut world);
    world.publish_all_again();
    world.trade(trader, 1, SOL).unwrap();
    assert_refused(world.waive_claim(trader, 0), ExchangeError::PositionsOpen);
    world.next_slot();
    world.close_position(trader, 1).unwrap();
    world.waive_claim(trader, 0).unwrap();

    // A claim that is given up would make the first market's other claimants richer at the cost of the second one's insurance,
    // which pays the debt and is owed the claim for it.
    let mut world = crate::world();
    let donor = world.user(200_000 * USDC);
    world.fund_insurance(donor, Some(1), 200_000 * USDC).unwrap();
    let debtor = debtor_with_claim(&mut world);
    let address = debtor.margin_account;
    let (claim, debt) = (world.position(&address, 0).claim.get(), world.position(&address, 1).debt.get());
    // What closing the position has paid, 1.8 bp of 900 · 3.906 25, has come from it.
    let insurance = world.market(1).state.ledger.insurance.get();
    assert_eq!(insurance, 200_000 * USDC - 632_812);
    assert_refused(world.waive_claim(debtor, 0), ExchangeError::DebtOutstanding);
    world.resolve_bankruptcy(address, 1).unwrap();
    assert_eq!(world.market(1).state.ledger.insurance.get(), insurance - debt);
    assert_eq!(world.position(&address, 1).recoverable.get(), claim);
    gains_nothing(&mut world, &[debtor.signer], |world| {
        assert_refused(world.waive_claim(debtor, 0), ExchangeError::DebtOutstanding);
        // What is paid of it leaves with nobody either.
        world.fund_claims(0).unwrap();
        world.redeem_claim(address, 0).unwrap();
        let paid = world.balance(&address);
        assert!(paid > 0);
        assert_refused(world.withdraw(debtor, paid), ExchangeError::DebtOutstanding);
        assert_refused(world.close_account(debtor), ExchangeError::AccountNotEmpty);
        world.settle_funding(address, 1).unwrap();
        assert_eq!(world.market(1).state.ledger.insurance.get(), insurance - debt + paid);
        assert_eq!(world.balance(&address), 0);
    });
}
