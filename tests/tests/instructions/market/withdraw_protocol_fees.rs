use crate::expected::{market_sequence, says, world};
use perp_client::instructions::withdraw_protocol_fees;
use perp_swap::errors::ExchangeError;
use perp_swap::events::ProtocolFeesWithdrawn;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn the_protocols_part_of_all_fees_leaves_at_once() {
    let mut world = world(1);
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 1_000 * SOL).unwrap();
    let (at, admin) = (world.addresses, world.admin);
    world.give(admin, 0);
    let destination = at.tokens_of(&admin);
    // A tenth of 4 bps of 250 000.
    let amount = 10 * USDC;
    let (ledger, vault) = (world.market(0).state.ledger, world.vault());
    let expected = ProtocolFeesWithdrawn {
        exchange: at.exchange,
        time: world.now,
        market: at.market(0),
        market_index: 0,
        market_sequence: market_sequence(&mut world, 0) + 1,
        destination,
        amount,
        before: amount,
        after: 0,
    };
    says(world.withdraw_protocol_fees(0), expected);
    assert_eq!((world.tokens(&admin), world.vault()), (amount, vault - amount));
    let after = world.market(0).state.ledger;
    assert_eq!((after.protocol_fees.get(), after.backing), (0, ledger.backing));
    assert_refused(world.withdraw_protocol_fees(0), ExchangeError::NoProtocolFees);
}

#[test]
fn they_go_where_the_admin_says_and_nobody_else_does() {
    let mut world = world(1);
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 1_000 * SOL).unwrap();
    let (at, admin, treasury) = (world.addresses, world.admin, world.user(0));
    let destination = at.tokens_of(&treasury);
    for signer in [world.risk_admin, world.guardian, treasury] {
        let theft = withdraw_protocol_fees(&at, signer, 0, destination);
        assert_refused(world.run(&[theft]), ExchangeError::MissingRole);
    }
    world.run(&[withdraw_protocol_fees(&at, admin, 0, destination)]).unwrap();
    assert_eq!(world.tokens(&treasury), 10 * USDC);
}
