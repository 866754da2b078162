//! What still works while the exchange or a market is not active, and right after a pause.

use crate::world;
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, Backend, World, SOL, USDC};

crate::on_both_backends!(
    reduce_only_lets_everybody_out_and_nobody_in,
    a_pause_stops_everything_but_deposits_and_flat_withdrawals,
    a_guardians_pause_ends_by_itself_and_funding_accrues_through_it,
    a_restricted_market_leaves_the_others_alone,
    a_pause_stops_a_bankruptcy_and_a_settlement_to_its_last_second,
    after_a_pause_owners_act_first,
);

fn reduce_only_lets_everybody_out_and_nobody_in(backend: Backend) {
    let mut world = world(backend, 1);
    let (risk_admin, liquidator) = (world.risk_admin, world.trader(0));
    let trader = world.trader(700 * USDC);
    world.trade(trader, 0, 40 * SOL).unwrap();
    world.next_slot();
    world.set_exchange_status(risk_admin, Status::ReduceOnly, 3_600).unwrap();

    assert_refused(world.trade(trader, 0, SOL), ExchangeError::ReduceOnly);
    // A flip opens the other side.
    assert_refused(world.trade(trader, 0, -50 * SOL), ExchangeError::ReduceOnly);
    world.set_backing_target(0, 3_000_000 * USDC).unwrap();
    assert_refused(world.allocate_backing(0), ExchangeError::ReduceOnly);

    world.trade(trader, 0, -4 * SOL).unwrap();
    world.withdraw(trader, 50 * USDC).unwrap();
    world.later_at(60, 0, 238.28125);
    world.liquidate(liquidator, trader.margin_account, 0).unwrap();
    world.close_position(trader, 0).unwrap();

    world.set_exchange_status(risk_admin, Status::Active, 0).unwrap();
    world.trade(trader, 0, SOL / 2).unwrap();
}

fn a_pause_stops_everything_but_deposits_and_flat_withdrawals(backend: Backend) {
    let mut world = world(backend, 1);
    let risk_admin = world.risk_admin;
    let (flat, trader) = (world.trader(1_000 * USDC), world.trader(1_000 * USDC));
    world.give(trader.signer, 50 * USDC);
    world.trade(trader, 0, 40 * SOL).unwrap();
    world.wait(60);
    world.publish(0, 250.0);
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();

    let address = trader.margin_account;
    assert_refused(world.trade(trader, 0, -SOL), ExchangeError::Paused);
    assert_refused(world.withdraw(trader, USDC), ExchangeError::Paused);
    assert_refused(world.settle_funding(address, 0), ExchangeError::Paused);
    assert_refused(world.settle_pnl(address, 0), ExchangeError::Paused);
    assert_refused(world.liquidate(flat, address, 0), ExchangeError::Paused);
    assert_refused(world.resolve_bankruptcy(address, 0), ExchangeError::Paused);
    world.set_backing_target(0, 1_000_000 * USDC).unwrap();
    assert_refused(world.allocate_backing(0), ExchangeError::Paused);

    world.deposit(trader, 50 * USDC).unwrap();
    world.withdraw(flat, 1_000 * USDC).unwrap();
    world.close_account(flat).unwrap();
    world.update_price(0).unwrap();
    world.update_funding(0).unwrap();

    // Lifted by the admin, all goes on.
    world.set_exchange_status(risk_admin, Status::Active, 0).unwrap();
    world.close_position(trader, 0).unwrap();
}

fn a_guardians_pause_ends_by_itself_and_funding_accrues_through_it(backend: Backend) {
    let mut world = world(backend, 1);
    let guardian = world.guardian;
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    // A skew of a tenth of the full one moves the rate by 0.96 % a day per day. Mean of the first hour's rate: 0.02 % a
    // day on 250: 2 416 077 raw, carry of 5 % · 8 % a year included.
    world.wait(3_600);
    world.publish(0, 250.0);
    world.update_funding(0).unwrap();
    let rate = 5_337_597_600;
    let index = 2_416_077;
    let side = |world: &mut World| world.market(0).state.ledger.sides[0].funding_index.get();
    assert_eq!((world.market(0).state.ledger.funding_rate, side(&mut world)), (rate, index));

    world.set_exchange_status(guardian, Status::Paused, 120).unwrap();
    world.wait(119);
    world.publish(0, 250.0);
    assert_refused(world.settle_funding(trader.margin_account, 0), ExchangeError::Paused);
    // Eight minutes after its end ten minutes have accrued, as if nothing had been.
    world.wait(481);
    world.publish(0, 250.0);
    world.update_funding(0).unwrap();
    assert_eq!(world.market(0).state.ledger.funding_rate, rate + 600 * 1_482_666);
    assert_eq!(side(&mut world), index + 848_082);
    // 8 000 · 10^9 · 3 264 159 / 2^40 atoms, rounded up.
    world.settle_funding(trader.margin_account, 0).unwrap();
    assert_eq!(world.balance(&trader.margin_account), 199_200_000_000 - 23_749_883);
    // The guardian's half is spent, and days must pass before there is another pause in it.
    assert_refused(world.set_exchange_status(guardian, Status::Paused, 0), ExchangeError::StatusAllowance);
    world.wait(3 * 86_400);
    world.set_exchange_status(guardian, Status::Paused, 0).unwrap();
}

fn a_restricted_market_leaves_the_others_alone(backend: Backend) {
    let mut world = world(backend, 2);
    let risk_admin = world.risk_admin;
    let (both, liquidator) = (world.trader(2_000 * USDC), world.trader(0));
    world.trade(both, 0, 40 * SOL).unwrap();
    world.trade(both, 1, 40 * SOL).unwrap();
    world.next_slot();
    world.set_market_status(risk_admin, 1, Status::ReduceOnly, 36_000).unwrap();

    // Its positions are margin, can be reduced and keep nothing in, and elsewhere everything goes on.
    assert_refused(world.trade(both, 1, SOL), ExchangeError::ReduceOnly);
    world.trade(both, 0, SOL).unwrap();
    world.trade(both, 1, -SOL).unwrap();
    world.withdraw(both, USDC).unwrap();
    // 41 · 54.6875 are lost in one of them: whoever likes liquidates both, once the two prices are of one second.
    world.later_at(10, 0, 195.3125);
    world.publish(1, 250.0);
    world.update_price(1).unwrap();
    world.liquidate(liquidator, both.margin_account, 1).unwrap();
    world.liquidate(liquidator, both.margin_account, 0).unwrap();
}

fn a_pause_stops_a_bankruptcy_and_a_settlement_to_its_last_second(backend: Backend) {
    let mut world = world(backend, 1);
    let (guardian, liquidator) = (world.guardian, world.trader(0));
    let (bankrupt, open) = (world.trader(700 * USDC), world.trader(1_000 * USDC));
    let donor = world.user(10_000 * USDC);
    world.fund_insurance(donor, None, 10_000 * USDC).unwrap();
    world.trade(bankrupt, 0, 40 * SOL).unwrap();
    world.trade(open, 0, 4 * SOL).unwrap();
    // 1 250 are lost with less than 700.
    world.later_at(60, 0, 218.75);
    world.liquidate(liquidator, bankrupt.margin_account, 0).unwrap();
    world.set_exchange_status(guardian, Status::Paused, 120).unwrap();
    assert_refused(world.resolve_bankruptcy(bankrupt.margin_account, 0), ExchangeError::Paused);

    // The newest price may be ten seconds ahead of the clock; the pause ends by the clock.
    world.wait(120 - 9);
    world.publish_with(0, 218.75, 0.0, world.now + 9);
    assert_refused(world.settle_pnl(open.margin_account, 0), ExchangeError::Paused);
    assert_refused(world.settle_funding(open.margin_account, 0), ExchangeError::Paused);
    world.wait(9);
    world.settle_pnl(open.margin_account, 0).unwrap();
    world.resolve_bankruptcy(bankrupt.margin_account, 0).unwrap();
    assert!(world.pool().state.insurance.get() < 10_000 * USDC);
}

fn after_a_pause_owners_act_first(backend: Backend) {
    let mut world = world(backend, 1);
    let (risk_admin, trader) = (world.risk_admin, world.trader(1_000 * USDC));
    world.trade(trader, 0, 4 * SOL).unwrap();
    world.give(trader.signer, 50 * USDC);
    world.set_exchange_status(risk_admin, Status::Paused, 60).unwrap();
    // For two minutes whoever was kept from acting adds margin, reduces and leaves; nobody increases.
    world.later_at(60, 0, 250.0);
    world.deposit(trader, 50 * USDC).unwrap();
    world.trade(trader, 0, -SOL).unwrap();
    world.withdraw(trader, USDC).unwrap();
    world.later_at(119, 0, 250.0);
    assert_refused(world.trade(trader, 0, SOL), ExchangeError::ReduceOnly);
    world.later_at(1, 0, 250.0);
    world.trade(trader, 0, SOL).unwrap();
}
