use crate::expected::{moment, says, world};
use anchor_lang::error::ErrorCode;
use perp_client::instructions::set_market_status;
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_swap::events::MarketStatusSet;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn funding_accrues_before_a_status_and_through_it() {
    let mut world = world(1);
    let (risk_admin, guardian) = (world.risk_admin, world.guardian);
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    let (active, reduce_only) = (Status::Active, Status::ReduceOnly);
    // Ten minutes before, and ten of an hour, of which 3000 s return: 36 000 − 600, and ⌊600 · 6 600 / 259 200⌋ = 15 have
    // come back.
    for (authority, before, after, length, left) in
        [(guardian, active, reduce_only, 3_600, 32_400), (risk_admin, reduce_only, active, 0, 35_415)]
    {
        // The price accrues all but the last seven seconds.
        world.later_at(593, 0, 250.0);
        world.wait(7);
        let index = world.market(0).state.ledger.sides[0].funding_index.get();
        let done = world.set_market_status(authority, 0, after, length);
        let expected = MarketStatusSet {
            exchange: world.addresses.exchange,
            time: world.now,
            market: world.addresses.market(0),
            market_index: 0,
            state: moment(&mut world, 0, 7),
            authority,
            before,
            after,
            until: if after == active { 0 } else { world.now + 3_600 },
            reduce_only_left: left,
        };
        says(done, expected);
        let state = world.market(0).state;
        assert_eq!(state.reduce_only.until.get(), world.now + i64::from(length));
        assert!(state.ledger.sides[0].funding_index.get() > index);
        assert_eq!(state.ledger.funding_time.get(), world.now);
    }
}

#[test]
fn nobody_pauses_one_market() {
    let mut world = world(1);
    for signer in [world.admin, world.risk_admin, world.guardian] {
        assert_refused(world.set_market_status(signer, 0, Status::Paused, 60), ExchangeError::MarketsDoNotPause);
    }
}

#[test]
fn a_guardian_neither_loosens_nor_shortens() {
    let mut world = world(1);
    let guardian = world.guardian;
    assert_refused(world.set_market_status(guardian, 0, Status::Active, 0), ExchangeError::GuardianOnlyTightens);
    world.set_market_status(guardian, 0, Status::ReduceOnly, 3_600).unwrap();
    world.wait(600);
    assert_refused(
        world.set_market_status(guardian, 0, Status::ReduceOnly, 3_000),
        ExchangeError::GuardianOnlyTightens,
    );
    // Of 18 000 s 600 are spent and 15 have come back: 17 415.
    assert_refused(world.set_market_status(guardian, 0, Status::ReduceOnly, 17_416), ExchangeError::StatusAllowance);
    world.set_market_status(guardian, 0, Status::ReduceOnly, 17_415).unwrap();
    assert_eq!(world.market(0).state.reduce_only.until.get(), world.now + 17_415);
}

#[test]
fn strangers_and_statuses_without_meaning_are_refused() {
    let mut world = world(1);
    let (at, admin, stranger) = (world.addresses, world.admin, world.key());
    assert_refused(world.set_market_status(stranger, 0, Status::ReduceOnly, 60), ExchangeError::MissingRole);
    let mut set = set_market_status(&at, admin, 0, Status::ReduceOnly, 60);
    // The status follows eight bytes of discriminator.
    set.data[8] = 3;
    assert_refused(world.send(&set), ErrorCode::InstructionDidNotDeserialize);
}
