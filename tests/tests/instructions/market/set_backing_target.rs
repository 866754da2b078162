use crate::expected::{market_sequence, says, world};
use perp_client::instructions::set_backing_target;
use perp_engine::units::{Atoms, MAX_ATOMS};
use perp_swap::errors::ExchangeError;
use perp_swap::events::BackingTargetSet;
use perp_tests::{assert_refused, USDC};

#[test]
fn admin_and_risk_admin_set_the_target_and_nothing_moves_yet() {
    let mut world = world(1);
    let (at, backing) = (world.addresses, world.market(0).state.ledger.backing);
    let mut before = 2_000_000 * USDC;
    for (authority, after) in [(world.risk_admin, 7), (world.admin, MAX_ATOMS), (world.admin, 0)] {
        let expected = BackingTargetSet {
            exchange: at.exchange,
            time: world.now,
            market: at.market(0),
            market_index: 0,
            market_sequence: market_sequence(&mut world, 0) + 1,
            authority,
            before,
            after,
        };
        says(world.run(&[set_backing_target(&at, authority, 0, Atoms::new(after))]), expected);
        assert_eq!(world.market(0).state.target_backing.get(), after);
        assert_eq!(world.market(0).state.ledger.backing, backing);
        before = after;
    }
}

#[test]
fn strangers_and_more_than_there_can_be_are_refused() {
    let mut world = world(1);
    let at = world.addresses;
    for signer in [world.guardian, world.key()] {
        assert_refused(world.run(&[set_backing_target(&at, signer, 0, Atoms::ZERO)]), ExchangeError::MissingRole);
    }
    assert_refused(world.set_backing_target(0, MAX_ATOMS + 1), ExchangeError::Overflow);
}
