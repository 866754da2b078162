use crate::expected::{account_sequence, broke, market_sequence, says};
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_swap::events::ClaimRedeemed;
use perp_tests::assert_refused;

#[test]
fn what_is_funded_of_a_claim_is_paid_out_in_every_status() {
    let (mut world, winner, loser) = broke();
    let account = winner.margin_account;
    assert_refused(world.redeem_claim(account, 0), ExchangeError::NothingToRedeem);
    world.close_position(loser, 0).unwrap();
    world.fund_claims(0).unwrap();
    let risk_admin = world.risk_admin;
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    let (ledger, claim) = (world.market(0).state.ledger, world.position(&account, 0).claim.get());
    let balance_before = world.balance(&account);
    let (account_number, market_number) =
        (account_sequence(&mut world, winner) + 1, market_sequence(&mut world, 0) + 1);
    let done = world.redeem_claim(account, 0);
    let (left, balance_after) = (world.position(&account, 0).claim.get(), world.balance(&account));
    let redeemed = claim - left;
    let expected = ClaimRedeemed {
        exchange: world.addresses.exchange,
        time: world.now,
        account,
        owner: winner.signer,
        account_sequence: account_number,
        market: world.addresses.market(0),
        market_index: 0,
        market_sequence: market_number,
        redeemed,
        left,
        balance_before,
        balance_after,
    };
    says(done, expected);
    // It has the only claim: all that was funded is its own, but for an atom of rounding.
    assert!(ledger.claims_reserve.get() - redeemed <= 1 && balance_after == balance_before + redeemed);
    let after = world.market(0).state.ledger;
    assert_eq!(after.claims.get(), left);
    assert_eq!(after.claims_reserve.get(), ledger.claims_reserve.get() - redeemed);
    assert_refused(world.redeem_claim(account, 0), ExchangeError::NothingToRedeem);
    assert_refused(world.redeem_claim(loser.margin_account, 0), ExchangeError::NoPosition);
}
