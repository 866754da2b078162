use crate::expected::{account_sequence, broke, market_sequence, says, world};
use perp_client::instructions::Authority;
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_swap::events::ClaimWaived;
use perp_tests::{assert_refused, World, SOL, USDC};

/// Waives the claim and compares the event with the accounts.
#[track_caller]
fn waives(world: &mut World, owner: Authority, redeemed: u64) {
    let account = owner.margin_account;
    let (claim, balance_before) = (world.position(&account, 0).claim.get(), world.balance(&account));
    let expected = ClaimWaived {
        exchange: world.addresses.exchange,
        time: world.now,
        account,
        owner: owner.signer,
        account_sequence: account_sequence(world, owner) + 1,
        market: world.addresses.market(0),
        market_index: 0,
        market_sequence: market_sequence(world, 0) + 1,
        redeemed,
        waived: claim - redeemed,
        balance_before,
        balance_after: balance_before + redeemed,
    };
    says(world.waive_claim(owner, 0), expected);
    assert_eq!(world.balance(&account), balance_before + redeemed);
}

#[test]
fn a_claim_that_nobody_will_pay_keeps_no_account_open() {
    let (mut world, winner, loser) = broke();
    let account = winner.margin_account;
    let cash = world.balance(&account);
    world.withdraw(winner, cash).unwrap();
    // All that keeps the account is a claim of 1.09 million on a market that has nothing.
    assert!(world.position(&account, 0).claim.get() > 1_040_000 * USDC);
    assert_refused(world.close_account(winner), ExchangeError::AccountNotEmpty);
    let risk_admin = world.risk_admin;
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    waives(&mut world, winner, 0);
    assert!(world.market(0).state.ledger.claims.is_zero());
    assert!(!world.position(&account, 0).is_occupied());
    world.close_account(winner).unwrap();
    // What the market owed is free: the loser's loss stays with the backing.
    world.set_exchange_status(risk_admin, Status::Active, 0).unwrap();
    world.close_position(loser, 0).unwrap();
    assert!(!world.market(0).state.ledger.backing.is_zero());
    assert_refused(world.fund_claims(0), ExchangeError::NothingToFund);
}

#[test]
fn what_is_funded_is_paid_out_first() {
    let (mut world, winner, loser) = broke();
    world.close_position(loser, 0).unwrap();
    world.fund_claims(0).unwrap();
    let ledger = world.market(0).state.ledger;
    // An atom of what is funded may be rounded off; it goes back to the backing with the last claim.
    let funded = ledger.claims_reserve.get();
    let claim = world.position(&winner.margin_account, 0).claim.get();
    let redeemed = claim - ledger.unfunded_part_ceil(&world.position(&winner.margin_account, 0)).unwrap().get();
    assert!(redeemed > 300_000 * USDC && funded - redeemed <= 1);
    waives(&mut world, winner, redeemed);
    let after = world.market(0).state.ledger;
    assert_eq!((after.claims.get(), after.claims_reserve.get()), (0, 0));
    assert_eq!(after.backing.get(), ledger.backing.get() + funded - redeemed);
}

#[test]
fn one_who_waives_leaves_the_others_claims_as_they_are() {
    let mut world = world(1);
    let (whale, friend) = (world.trader(1_000_000 * USDC), world.trader(50_000 * USDC));
    let loser = world.trader(400_000 * USDC);
    for (account, size) in [(whale, 50_000), (friend, 2_000), (loser, -5_000)] {
        world.trade(account, 0, size * SOL).unwrap();
    }
    world.later_at(60, 0, 312.5);
    world.close_position(whale, 0).unwrap();
    world.close_position(friend, 0).unwrap();
    let claim = world.position(&friend.margin_account, 0).claim.get();
    waives(&mut world, whale, 0);
    assert_eq!(world.position(&friend.margin_account, 0).claim.get(), claim);
    assert_eq!(world.market(0).state.ledger.claims.get(), claim);
    // And more is there for them: the loss pays the friend in full.
    world.close_position(loser, 0).unwrap();
    world.fund_claims(0).unwrap();
    let before = world.balance(&friend.margin_account);
    world.redeem_claim(friend.margin_account, 0).unwrap();
    assert_eq!(world.balance(&friend.margin_account), before + claim);
}

#[test]
fn only_the_owner_waives_and_only_a_claim() {
    let (mut world, winner, loser) = broke();
    let (delegate, stranger) = (world.key(), world.key());
    world.set_delegate(winner, delegate).unwrap();
    for signer in [delegate, stranger, loser.signer] {
        assert_refused(world.waive_claim(Authority { signer, ..winner }, 0), ExchangeError::NotTheOwner);
    }
    assert_refused(world.waive_claim(loser, 0), ExchangeError::NoClaim);
    let flat = world.trader(0);
    assert_refused(world.waive_claim(flat, 0), ExchangeError::NoPosition);
    world.waive_claim(winner, 0).unwrap();
    assert_refused(world.waive_claim(winner, 0), ExchangeError::NoPosition);
}

#[test]
fn a_claim_that_a_debt_or_a_position_may_need_is_not_waived() {
    let mut world = world(2);
    let (whale, keeper) = (world.trader(1_000_000 * USDC), world.trader(0));
    let friend = world.trader(60_000 * USDC);
    for (account, market, size) in [(whale, 0, 50_000), (friend, 0, 2_000), (friend, 1, 900)] {
        world.trade(account, market, size * SOL).unwrap();
    }
    world.later_at(60, 1, 250.0);
    world.publish(0, 312.5);
    world.close_position(whale, 0).unwrap();
    world.close_position(friend, 0).unwrap();
    assert_refused(world.waive_claim(friend, 0), ExchangeError::PositionsOpen);
    // 900 · 246.093 75 are lost with less than 60 000: a debt, which others pay or write off; up to what they do, the account owes
    // them its claim.
    world.wait(10);
    world.publish(1, 3.90625);
    world.liquidate(keeper, friend.margin_account, 1).unwrap();
    assert_refused(world.waive_claim(friend, 0), ExchangeError::DebtOutstanding);
    world.resolve_bankruptcy(friend.margin_account, 1).unwrap();
    let claim = world.position(&friend.margin_account, 0).claim;
    assert_eq!(world.position(&friend.margin_account, 1).recoverable, claim, "the claim is less than the debt");
    assert_refused(world.waive_claim(friend, 0), ExchangeError::DebtOutstanding);
}
