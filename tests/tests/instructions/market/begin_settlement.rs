use crate::expected::{event, moment, says, world};
use perp_client::instructions::Authority;
use perp_engine::market::price::PriceOutcome;
use perp_engine::operations::position::LiquidationReason;
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_swap::events::SettlementBegun;
use perp_tests::{assert_refused, World, DAY, SOL, USDC};

/// 275 dollars, to which every price of a market here has risen for an hour: its average of ten minutes as well, but for a
/// millionth.
const LAST: f64 = 275.0;

/// A market at 250 in which a long of 8 SOL and a short of 6 are opened, whose price then stays at [`LAST`] for three hours.
fn one_sided() -> (World, Authority, Authority) {
    let mut world = world(1);
    let (long, short) = (world.trader(1_000 * USDC), world.trader(1_000 * USDC));
    world.trade(long, 0, 8 * SOL).unwrap();
    world.trade(short, 0, -6 * SOL).unwrap();
    for _ in 0..180 {
        world.later_at(60, 0, LAST);
    }
    (world, long, short)
}

/// The feed has said nothing for two days.
fn dead() -> (World, Authority, Authority) {
    let (mut world, long, short) = one_sided();
    world.wait(16);
    world.report_oracle_outage(0).unwrap();
    world.wait(2 * DAY);
    (world, long, short)
}

#[test]
fn an_outage_of_two_days_ends_a_market_at_the_average_of_its_last_prices() {
    let (mut world, long, _) = one_sided();
    assert_refused(world.begin_settlement(0), ExchangeError::SettlementNotDue);
    world.wait(16);
    world.report_oracle_outage(0).unwrap();
    let reported = world.now;
    world.wait(2 * DAY - 1);
    assert_refused(world.begin_settlement(0), ExchangeError::SettlementNotDue);
    world.wait(1);
    let before = world.market(0).state;
    let done = world.begin_settlement(0);
    let after = world.market(0).state;
    // 275 dollars are 2^38 · 1.1; averages round down.
    let (price, last) = (after.settlement.price.get(), before.price.price.get());
    assert!(price <= last && last - price < last / 1_000_000, "{price} of {last}");
    let expected = SettlementBegun {
        exchange: world.addresses.exchange,
        time: world.now,
        market: world.addresses.market(0),
        market_index: 0,
        state: moment(&mut world, 0, 0),
        price,
        outage_since: reported,
        closes_from: world.now + DAY,
    };
    says(done, expected);
    assert_eq!((after.price.price.get(), after.price.confidence.get()), (price, 0));
    assert_refused(world.begin_settlement(0), ExchangeError::MarketSettled);
    // Nobody trades or accrues any more; what its positions are worth is known from now on. A price of a second after the move
    // is none any more.
    world.wait(1);
    world.publish(0, 300.0);
    assert_refused(world.trade(long, 0, -SOL), ExchangeError::MarketSettled);
    assert_refused(world.trade(long, 0, SOL), ExchangeError::ReduceOnly);
    assert_refused(world.update_funding(0), ExchangeError::MarketSettled);
}

#[test]
fn after_a_day_a_stranger_closes_everybody_and_is_paid() {
    let (mut world, long, short) = dead();
    world.begin_settlement(0).unwrap();
    let stranger = world.trader(0);
    world.wait(DAY - 1);
    for account in [long, short] {
        let early = world.liquidate(stranger, account.margin_account, 0);
        assert_refused(early, ExchangeError::SettlementNotice);
    }
    world.wait(1);
    let price = world.market(0).state.settlement.price.get();
    for (account, size) in [(short, -6 * SOL), (long, 8 * SOL)] {
        let address = account.margin_account;
        let (paid, equity) = (world.balance(&stranger.margin_account), world.equity(&address));
        let event = event!(world.liquidate(stranger, address, 0), Liquidated);
        assert_eq!((event.reason, event.penalty), (LiquidationReason::Settlement, 0));
        assert_eq!((event.closed, event.size_after), (size.unsigned_abs(), 0));
        assert_eq!(event.notional, i128::from(event.closed) * i128::from(price));
        // For its work a stranger is paid by the market what no penalty pays: 1.8 bp, the reducing fee less the protocol's
        // tenth. 8 · 275 · 0.018 % are 0.396.
        let bounty = (event.notional >> 40) * 180 / 1_000_000;
        assert_eq!((i128::from(event.bounty), event.added), (bounty, event.bounty));
        assert_eq!(world.balance(&stranger.margin_account), paid + event.bounty);
        // The account has what it was worth, to the atom that its loss or gain rounds to, and is free.
        let balance = world.balance(&address);
        assert!((equity - balance as i64).abs() <= 1, "{equity} and {balance}");
        world.withdraw(account, balance).unwrap();
        world.close_account(account).unwrap();
    }
    assert!(world.market(0).state.ledger.is_flat());
}

#[test]
fn winners_are_paid_and_losers_debts_resolved() {
    let mut world = world(1);
    let (long, short, stranger) = (world.trader(1_000 * USDC), world.trader(700 * USDC), world.trader(0));
    world.trade(long, 0, 40 * SOL).unwrap();
    world.trade(short, 0, -40 * SOL).unwrap();
    // The last prices before the silence rise by an eighth; nobody closes the short, who has lost 1 250 of 700.
    for _ in 0..180 {
        world.later_at(60, 0, 281.25);
    }
    world.wait(16);
    world.report_oracle_outage(0).unwrap();
    world.wait(2 * DAY);
    world.begin_settlement(0).unwrap();
    world.wait(DAY);
    for account in [long, short] {
        world.liquidate(stranger, account.margin_account, 0).unwrap();
    }
    // 40 · 31.25 = 1 250 are won, less what opening and holding it cost.
    let all = world.balance(&long.margin_account);
    assert!((2_230 * USDC..2_250 * USDC).contains(&all), "{all}");
    world.withdraw(long, all).unwrap();
    let debt = world.position(&short.margin_account, 0).debt.get();
    assert!((550 * USDC..575 * USDC).contains(&debt), "{debt}");
    let event = event!(world.resolve_bankruptcy(short.margin_account, 0), BankruptcyResolved);
    assert_eq!((event.debt, event.written_off), (debt, debt - event.paid_by_insurance));
    world.close_account(short).unwrap();
}

#[test]
fn a_delisting_ends_a_market_an_hour_after_its_two_days_whatever_the_oracle_says() {
    let (mut world, long, _) = one_sided();
    world.delist_market(0).unwrap();
    // In the hour of which the average is the final price nobody trades.
    world.wait(2 * DAY);
    world.publish_all_again();
    assert_refused(world.close_position(long, 0), ExchangeError::SettlementDue);
    world.wait(3_600 - 1);
    world.publish_all_again();
    assert_refused(world.begin_settlement(0), ExchangeError::SettlementNotDue);
    world.later_at(1, 0, LAST);
    let event = event!(world.begin_settlement(0), SettlementBegun);
    assert_eq!((event.outage_since, event.closes_from), (0, world.now + DAY));
    // A reading from before does not undo it.
    world.publish_with(0, 200.0, 0.0, world.now - 1);
    world.update_price(0).unwrap();
    assert!(world.market(0).state.settlement.has_begun());
    world.wait(DAY);
    let stranger = world.trader(0);
    world.liquidate(stranger, long.margin_account, 0).unwrap();
}

#[test]
fn a_reading_from_the_silence_undoes_it_within_a_day() {
    let (mut world, long, _) = dead();
    let before = world.market(0).state;
    world.begin_settlement(0).unwrap();
    let begun = world.now;
    world.wait(DAY - 1);
    // One from before the report, one from after the move and one too wide prove nothing.
    for (time, confidence) in [(begun - 2 * DAY, 0.0), (begun + 1, 0.0), (begun - 100, 9.0)] {
        world.publish_with(0, 260.0, confidence, time);
        world.update_price(0).unwrap();
        assert!(world.market(0).state.settlement.has_begun(), "{time}");
    }
    world.publish_with(0, 260.0, 0.0, begun - 100);
    let event = event!(world.update_price(0), PriceUpdated);
    assert_eq!(event.outcome, PriceOutcome::SettlementUndone);
    let after = world.market(0).state;
    assert_eq!(after.settlement, before.settlement);
    assert!(after.price.outage_since.is_never());
    assert_eq!(after.price.published.get(), begun - 100);
    // The market goes on.
    world.later_at(300, 0, 260.0);
    world.trade(long, 0, -SOL).unwrap();
    assert_refused(world.begin_settlement(0), ExchangeError::SettlementNotDue);
}

#[test]
fn once_the_notice_is_over_nothing_undoes_it() {
    let (mut world, _, _) = dead();
    world.begin_settlement(0).unwrap();
    let begun = world.now;
    world.wait(DAY);
    world.publish_with(0, 260.0, 0.0, begun - 100);
    let event = event!(world.update_price(0), PriceUpdated);
    assert_eq!(event.outcome, PriceOutcome::NotNewer);
    assert!(world.market(0).state.settlement.has_begun());
}

#[test]
fn a_pause_puts_off_nothing_but_the_closing() {
    let (mut world, long, _) = dead();
    let (risk_admin, stranger) = (world.risk_admin, world.trader(0));
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    world.begin_settlement(0).unwrap();
    world.wait(DAY);
    world.set_exchange_status(risk_admin, Status::Active, 0).unwrap();
    world.liquidate(stranger, long.margin_account, 0).unwrap();
}
