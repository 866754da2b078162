use crate::expected::{moment, says, world};
use anchor_lang::error::ErrorCode;
use perp_client::instructions::set_market_status;
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_swap::events::MarketStatusSet;
use perp_tests::{assert_refused, DAY, SOL, USDC};

#[test]
fn funding_accrues_under_the_old_status_before_the_new_one_is_in_force() {
    let mut world = world(1);
    let (risk_admin, guardian) = (world.risk_admin, world.guardian);
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    let (active, paused) = (Status::Active, Status::Paused);
    // Ten minutes before the pause accrue; an hour of it does not.
    for (seconds, accrued, authority, before, after, guarded) in
        [(600, 600, guardian, active, paused, true), (3_600, 0, risk_admin, paused, active, false)]
    {
        world.wait(seconds);
        world.publish(0, 250.0);
        world.update_price(0).unwrap();
        let index = world.market(0).state.ledger.sides[0].funding_index.get();
        let done = world.set_market_status(authority, 0, after);
        let expected = MarketStatusSet {
            exchange: world.addresses.exchange,
            time: world.now,
            market: world.addresses.market(0),
            market_index: 0,
            state: moment(&mut world, 0, accrued),
            authority,
            before,
            after,
            until: if guarded { world.now + DAY } else { 0 },
        };
        let until = expected.until;
        says(done, expected);
        let state = world.market(0).state;
        assert_eq!((state.status.current, state.status.until.get()), (after as u8, until));
        assert_eq!(state.ledger.sides[0].funding_index.get() > index, accrued > 0);
        assert_eq!(state.ledger.funding_time.get(), world.now);
    }
    // When the market was last paused is kept: an hour ago.
    assert_eq!(world.market(0).state.paused_at.get(), world.now - 3_600);
}

#[test]
fn a_guardian_neither_loosens_nor_prolongs() {
    let mut world = world(1);
    let guardian = world.guardian;
    assert_refused(world.set_market_status(guardian, 0, Status::Active), ExchangeError::GuardianOnlyTightens);
    world.set_market_status(guardian, 0, Status::ReduceOnly).unwrap();
    // A stricter one ends when the first would have ended.
    world.wait(3_600);
    world.set_market_status(guardian, 0, Status::Paused).unwrap();
    assert_refused(world.set_market_status(guardian, 0, Status::ReduceOnly), ExchangeError::GuardianOnlyTightens);
    assert_eq!(world.market(0).state.status.until.get(), world.now - 3_600 + DAY);
    world.wait(2 * DAY - 3_601);
    assert_refused(world.set_market_status(guardian, 0, Status::Paused), ExchangeError::GuardianMustWait);
    world.wait(1);
    world.set_market_status(guardian, 0, Status::Paused).unwrap();
}

#[test]
fn strangers_and_statuses_without_meaning_are_refused() {
    let mut world = world(1);
    let (at, admin, stranger) = (world.addresses, world.admin, world.key());
    assert_refused(world.set_market_status(stranger, 0, Status::Paused), ExchangeError::MissingRole);
    let mut set = set_market_status(&at, admin, 0, Status::Paused);
    *set.data.last_mut().unwrap() = 3;
    assert_refused(world.send(&set), ErrorCode::InstructionDidNotDeserialize);
}
