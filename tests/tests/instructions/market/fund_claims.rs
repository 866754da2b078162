use crate::expected::{broke, market_sequence, says, world};
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_swap::events::ClaimsFunded;
use perp_tests::assert_refused;

#[test]
fn what_backing_there_is_is_set_aside_for_claims_in_every_status() {
    let (mut world, winner, loser) = broke();
    assert_refused(world.fund_claims(0), ExchangeError::NothingToFund);
    world.close_position(loser, 0).unwrap();
    let before = world.market(0).state.ledger;
    // The reserve holds an atom that rounding left there.
    let (backing, claims, left) = (before.backing.get(), before.claims.get(), before.claims_reserve.get());
    assert!(0 < backing && backing < claims);
    let risk_admin = world.risk_admin;
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    let expected = ClaimsFunded {
        exchange: world.addresses.exchange,
        time: world.now,
        market: world.addresses.market(0),
        market_index: 0,
        market_sequence: market_sequence(&mut world, 0) + 1,
        funded: backing,
        claims_reserve_before: left,
        claims_reserve_after: left + backing,
        claims,
    };
    says(world.fund_claims(0), expected);
    let after = world.market(0).state.ledger;
    assert_eq!((after.backing.get(), after.claims_reserve.get(), after.claims), (0, left + backing, before.claims));
    // What waits on of every claim of the round has become a smaller part of it.
    assert!(after.claim_factor != before.claim_factor && after.claim_round == before.claim_round);
    assert_refused(world.fund_claims(0), ExchangeError::NothingToFund);
    assert_eq!(world.position(&winner.margin_account, 0).claim, before.claims, "redeeming is another instruction");
}

#[test]
fn without_claims_there_is_nothing_to_fund() {
    let mut world = world(1);
    assert_refused(world.fund_claims(0), ExchangeError::NothingToFund);
}
