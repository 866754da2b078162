//! What each random step does to an exchange.

use crate::common::markets::{grouped_markets, test_markets, TestMarket, THIN_PERP};
use crate::common::reference::{self, Touched};
use crate::common::world::{World, MILLION};
use crate::resting::{self, Terms};
use crate::steps::{Step, ACCOUNTS, ISOLATED, LIQUIDATOR, MARKETS, PROVIDERS};
use perp_engine::fixtures::USDC;
use perp_engine::operations::position::Order;
use perp_engine::oracle::OracleReading;
use perp_engine::units::SignedSize;

/// Three markets, SOL and BTC in one risk group, with a pool of a million, six accounts of some thousand dollars, a little insurance.
pub fn exchange() -> World {
    exchange_of(&grouped_markets())
}

/// The same of these markets, the last of which is the thin one.
pub fn exchange_of(markets: &[TestMarket; 3]) -> World {
    let mut world = World::with_liquidity(markets, ACCOUNTS, PROVIDERS, MILLION);
    world.isolate(ISOLATED, THIN_PERP);
    for account in 0..ACCOUNTS {
        world.deposit(account, 20_000 * USDC * (account as u64 + 1)).unwrap();
    }
    world.fund_insurance(THIN_PERP, 50 * USDC).unwrap();
    world.fund_shared_insurance(1_000 * USDC).unwrap();
    world
}

/// Publishes the price at which the account's equity would be `percent` of the margin it has to have now, other things
/// equal, at most 60 % away.
pub fn squeeze(world: &mut World, account: usize, market: u16, percent: i128) {
    let health = reference::standing(&world.exchange, world.account(account), Touched::InRange(market)).demanded();
    let missing = (health.margin * percent / 100 - health.equity) << 40;
    let change = missing / i128::from(world.size(account, market));
    let price = i128::from(world.market(market).price.price.get());
    let ppm = (change * 1_000_000 / price).clamp(-600_000, 600_000);
    world.feed_mut(market).confidence = 0;
    world.move_price(market, i64::try_from(ppm).unwrap());
    let _ = world.update_price(market);
}

pub fn chosen<T: Copy>(from: &[T], pick: usize) -> Option<T> {
    (!from.is_empty()).then(|| from[pick % from.len()])
}

/// Takes one step; what the exchange refuses changes nothing and is counted.
pub fn take(world: &mut World, step: &Step) {
    match *step {
        Step::Wait { seconds } => world.wait(seconds),
        Step::Move { market, ppm, confidence } => {
            let price = world.feed(market).price;
            world.feed_mut(market).confidence = u64::try_from(price).unwrap() / 1_000_000 * confidence;
            world.move_price(market, ppm);
        }
        Step::Squeeze { pick, percent } => {
            if let Some((account, market)) = chosen(&world.positions(), pick) {
                squeeze(world, account, market, percent);
            }
        }
        Step::Deposit { account, dollars } => world.deposit(account, dollars * USDC).unwrap(),
        Step::Withdraw { account, percent } => {
            let _ = world.withdraw(account, world.account(account).balance.get() * percent / 100);
        }
        Step::Trade { account, market, thousandths, reduce_only } => {
            freshen(world, account, market);
            let notional = u128::from(world.account(account).balance.get()) * u128::from(thousandths.unsigned_abs());
            let worth = world.size_worth(market, u64::try_from(notional / 1_000).unwrap());
            let size = i64::try_from(worth).unwrap() * thousandths.signum();
            let _ = world.order(account, market, Order { reduce_only, ..Order::at_any_price(SignedSize::new(size)) });
        }
        Step::TradeDust { account, market, size } => {
            freshen(world, account, market);
            let _ = world.trade(account, market, size);
        }
        Step::Reduce { pick, percent } => {
            if let Some((account, market)) = chosen(&world.positions(), pick) {
                freshen(world, account, market);
                let size = world.size(account, market);
                let part = i64::try_from(i128::from(size) * i128::from(percent) / 100).unwrap();
                let _ = world.trade(account, market, -part);
            }
        }
        Step::Liquidate { pick, percent } => {
            if let Some((account, market)) = chosen(&world.positions(), pick) {
                freshen(world, account, market);
                let size = world.size(account, market).unsigned_abs();
                // All of it, a part, or a few base units.
                let max_size = match percent {
                    0 => 1 + world.exchange.clock.slot % 50,
                    100 => u64::MAX,
                    _ => (size / 100).max(1) * percent,
                };
                let by = if account == LIQUIDATOR { 0 } else { LIQUIDATOR };
                let _ = world.liquidate(by, account, market, max_size);
            }
        }
        Step::Rest { account, market, kind, thousandths, reduces, ppm, children, group } => {
            let terms = Terms { kind, thousandths, reduces, ppm, children, group };
            resting::place(world, account, market, &terms);
        }
        Step::Arm { pick, ppm } => resting::arm(world, pick, ppm),
        Step::Fill { pick, late, ppm, broke } => resting::fill(world, pick, late, ppm, broke),
        Step::CancelOrder { pick } => resting::cancel(world, pick),
        Step::SweepOrder { pick } => resting::sweep(world, pick),
        Step::CloseOrders { account } => {
            if world.exchange.orders_of(account).is_ok() && world.orders_of(account).is_empty() {
                world.close_orders(account).unwrap();
            }
        }
        Step::Keep => keep(world),
        Step::UpdatePrice { market } => {
            let _ = world.update_price(market);
        }
        Step::ReportOracleOutage { market } => {
            let _ = world.report_oracle_outage(market);
        }
        Step::UpdateFunding { market } => {
            let _ = world.update_funding(market);
        }
        Step::Silence { market, seconds, ppm } => {
            world.wait(seconds);
            let previous = world.feed(market).publish_time;
            world.move_price(market, ppm);
            world.feed_mut(market).previous = previous;
            let _ = world.update_price(market);
        }
        Step::Ahead { market, seconds } => {
            world.publish_ahead(market, seconds);
            let _ = world.update_price(market);
        }
        Step::AnnounceEnd { market, outage, waits } => {
            let seconds = if outage {
                world.wait(16);
                let _ = world.report_oracle_outage(market);
                world.market(market).parameters.settle_after
            } else {
                let _ = world.delist(market);
                172_800 + 3_600
            };
            if waits {
                world.wait(seconds);
                let _ = world.begin_settlement(market);
            }
        }
        Step::BeginSettlement { market } => {
            let _ = world.begin_settlement(market);
        }
        Step::Undo { market } => {
            let ended = world.market(market).settlement;
            if ended.has_begun() {
                world.republish(market);
                world.feed_mut(market).publish_time = ended.moved_at.get();
                let _ = world.update_price(market);
            }
        }
        Step::CloseSettled { pick, waits } => {
            let ended = |market: u16| world.market(market).settlement.has_begun();
            let positions: Vec<_> = world.positions().into_iter().filter(|(_, market)| ended(*market)).collect();
            if let Some((account, market)) = chosen(&positions, pick) {
                if waits {
                    outwait_notice(world, market);
                }
                let by = if account == LIQUIDATOR { 0 } else { LIQUIDATOR };
                let _ = world.liquidate(by, account, market, 1);
            }
        }
        Step::SettleFunding { pick } => {
            if let Some((account, market)) = chosen(&world.slots(|_| true), pick) {
                let _ = world.settle_funding(account, market);
            }
        }
        Step::SettlePnl { pick } => {
            if let Some((account, market)) = chosen(&world.positions(), pick) {
                freshen(world, account, market);
                let _ = world.settle_pnl(account, market);
            }
        }
        Step::FundClaims { market } => {
            let _ = world.fund_claims(market);
        }
        Step::RedeemClaim { pick } => {
            if let Some((account, market)) = chosen(&world.slots(|position| !position.claim.is_zero()), pick) {
                let _ = world.redeem_claim(account, market);
            }
        }
        Step::WaiveClaim { pick } => {
            if let Some((account, market)) = chosen(&world.slots(|position| !position.claim.is_zero()), pick) {
                let _ = world.waive_claim(account, market);
            }
        }
        Step::ResolveBankruptcy { pick } => {
            if let Some((account, market)) = chosen(&world.slots(|position| !position.debt.is_zero()), pick) {
                let _ = world.resolve_bankruptcy(account, market);
            }
        }
        Step::Allocate { market, target_percent } => {
            let usual = test_markets()[usize::from(market)].listing.target_backing.get();
            world.set_backing_target(market, usual / 100 * target_percent).unwrap();
            let _ = world.allocate_backing(market);
            world.set_backing_target(market, usual).unwrap();
        }
        Step::RequestDeposit { provider, dollars, limit } => {
            let _ = world.request_deposit_within(provider, dollars * USDC, limit);
        }
        Step::RequestWithdrawal { provider, percent, limit } => {
            let _ = world.request_withdrawal_within(provider, world.shares(provider) / 100 * percent, limit);
        }
        Step::ReachBoundary { seconds } => world.reach_boundary_but(seconds),
        Step::SettleForPay { pick, seconds } => {
            world.reach_boundary_but(seconds);
            let mut positions = world.positions();
            let first = pick % positions.len().max(1);
            positions.rotate_left(first);
            for (account, market) in positions {
                freshen(world, account, market);
                let keeper = if account == LIQUIDATOR { 0 } else { LIQUIDATOR };
                let _ = world.settle_pnl_for(keeper, account, market);
            }
        }
        Step::Value { market, published, silence, ppm } => {
            let boundary = world.exchange.state.boundary.get();
            let price = world.feed(market).price;
            let price = i64::try_from(i128::from(price) * i128::from(1_000_000 + ppm) / 1_000_000).unwrap();
            let published = (boundary + published).max(1);
            let reading = OracleReading::new(price, price.unsigned_abs() / 2_000, -8, published).unwrap();
            let _ = world.value_market(market, Some(reading.with_previous(published - silence)));
        }
        Step::ValueWithoutReading { market } => {
            let _ = world.value_market(market, None);
        }
        Step::CloseEpoch => {
            let _ = world.close_epoch();
        }
        Step::Pay { pick } => {
            if let Some(request) = chosen(&world.owed(), pick) {
                world.pay(request).unwrap();
            }
        }
        Step::Serve { late, payments } => {
            if world.exchange.state.boundary.is_never() {
                return;
            }
            world.reach_boundary_but(if late { -1_801 } else { 0 });
            world.value_all();
            world.close_epoch().unwrap();
            for request in world.owed().into_iter().take(payments) {
                world.pay(request).unwrap();
            }
        }
        Step::FundInsurance { market, dollars } => {
            let _ = world.fund_insurance(market, dollars * USDC);
        }
        Step::FundSharedInsurance { dollars } => {
            let _ = world.fund_shared_insurance(dollars * USDC);
        }
        Step::WithdrawProtocolFees { market } => {
            let _ = world.withdraw_protocol_fees(market);
        }
        Step::Donate { amount } => world.donate(amount).unwrap(),
        Step::Tighten { market, status, seconds } => {
            let _ = world.tighten(market, status, seconds);
        }
        Step::SetStatus { market, status, seconds } => {
            let _ = match market {
                Some(market) => world.set_market_status(market, status, seconds),
                None => world.set_exchange_status(status, seconds),
            };
        }
        Step::OutwaitStatus { pick, seconds } => {
            let (now, own) = (world.exchange.clock.now, world.exchange.state);
            let restrictions = world.exchange.markets().iter().map(|market| market.reduce_only);
            let running = restrictions.chain([own.pause, own.reduce_only]).filter(|it| it.is_in_force(now));
            if let Some(restriction) = chosen(&running.collect::<Vec<_>>(), pick) {
                world.wait(u32::try_from(restriction.until.seconds_since(now).unwrap()).unwrap() + seconds);
            }
        }
    }
}

/// Until anybody may close positions in a market that has ended.
pub fn outwait_notice(world: &mut World, market: u16) {
    let from = world.market(market).settlement.closes_from();
    world.wait(u32::try_from(from.seconds_since(world.exchange.clock.now).unwrap()).unwrap());
}

/// Most people refresh what they are about to use; now and then somebody meets a stale price.
pub fn freshen(world: &mut World, account: usize, market: u16) {
    if world.exchange.clock.slot.is_multiple_of(11) {
        return;
    }
    let markets: Vec<u16> = world.account(account).occupied().map(|(_, leg)| leg.market).collect();
    for market in markets.into_iter().chain([market]) {
        world.republish(market);
        let _ = world.update_price(market);
    }
}

/// Settles, liquidates and resolves what can be, as a keeper does.
pub fn keep(world: &mut World) {
    for (account, market) in world.positions() {
        freshen(world, account, market);
        let by = if account == LIQUIDATOR { 0 } else { LIQUIDATOR };
        while world.liquidate(by, account, market, u64::MAX).is_ok() {}
    }
    for (account, market) in world.positions() {
        let _ = world.settle_pnl(account, market);
    }
    for (account, market) in world.slots(|position| !position.debt.is_zero()) {
        let _ = world.resolve_bankruptcy(account, market);
    }
    for market in 0..MARKETS {
        let _ = world.fund_claims(market);
    }
}
