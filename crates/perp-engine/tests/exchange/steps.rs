//! Random steps of several people, the oracles and time, weighted so that every verb has work to do.

use crate::common::fixtures::USDC;
use crate::common::markets::{listings, THIN_PERP};
use crate::common::reference;
use crate::common::world::{World, MILLION};
use perp_engine::state::RequestKind;
use perp_engine::status::Status;
use perp_engine::trade::Order;
use perp_engine::units::{Base, Price, Timestamp};
use proptest::prelude::*;

/// Accounts of a random exchange: the first four trade across markets, the fifth is bound to the thin one, the last
/// liquidates and trades a little.
pub const ACCOUNTS: usize = 6;
pub const ISOLATED: usize = 4;
pub const LIQUIDATOR: usize = 5;
pub const HOLDERS: usize = 2;
pub const MARKETS: usize = 3;

/// One thing that happens. Numbers called `pick` choose among what is there at the time.
#[derive(Clone, Debug)]
pub enum Step {
    Wait {
        seconds: u32,
    },
    /// Parts per million of the price, and of the new price for the confidence.
    Move {
        market: usize,
        ppm: i64,
        confidence: u64,
    },
    /// Moves the market of a position to where its account's equity is this many percent of the maintenance margin.
    Squeeze {
        pick: usize,
        percent: i128,
    },
    Deposit {
        account: usize,
        dollars: u64,
    },
    Withdraw {
        account: usize,
        percent: u64,
    },
    /// Thousandths of the account's balance as notional: −25 000 is a sale of 25 times the balance.
    Trade {
        account: usize,
        market: usize,
        thousandths: i64,
        reduce_only: bool,
    },
    /// A few base units.
    TradeDust {
        account: usize,
        market: usize,
        size: i64,
    },
    /// Part of a position, or all of it.
    Reduce {
        pick: usize,
        percent: u64,
    },
    Liquidate {
        pick: usize,
        percent: u64,
    },
    /// Everything that anybody can liquidate and resolve, as a keeper would.
    Keep,
    UpdatePrice {
        market: usize,
    },
    MarkDark {
        market: usize,
    },
    UpdateFunding {
        market: usize,
    },
    SettleFunding {
        pick: usize,
    },
    SettlePnl {
        pick: usize,
    },
    FundClaims {
        market: usize,
    },
    RedeemClaim {
        pick: usize,
    },
    ResolveBankruptcy {
        pick: usize,
    },
    Allocate {
        market: usize,
        target_percent: u64,
    },
    RequestDeposit {
        holder: usize,
        dollars: u64,
    },
    RequestWithdrawal {
        holder: usize,
        percent: u64,
    },
    Execute {
        pick: usize,
    },
    ReturnLapsed {
        pick: usize,
    },
    FundInsurance {
        market: usize,
        dollars: u64,
    },
    FundSharedInsurance {
        dollars: u64,
    },
    Donate {
        amount: u64,
    },
    SetStatus {
        market: usize,
        status: Status,
        seconds: i64,
    },
}

pub fn steps(count: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), count)
}

fn step() -> impl Strategy<Value = Step> {
    let (account, market, holder, pick) = (0..ACCOUNTS, 0..MARKETS, 0..HOLDERS, any::<usize>());
    let wait = prop_oneof![6 => 0u32..6, 4 => 6u32..120, 2 => 120u32..7_200, 1 => 7_200u32..100_000];
    let ppm = prop_oneof![
        6 => -10_000i64..10_000,
        4 => -60_000i64..60_000,
        2 => -500_000i64..700_000,
    ];
    let confidence = prop_oneof![6 => 0u64..4_000, 2 => 4_000u64..15_000, 1 => 15_000u64..2_000_000];
    let percent = prop_oneof![3 => 1u64..100, 2 => Just(100u64)];
    let thousandths = prop_oneof![1 => -30_000i64..30_000, 2 => -12_000i64..12_000];
    let status = prop_oneof![2 => Just(Status::Active), 1 => Just(Status::ReduceOnly), 1 => Just(Status::Paused)];
    let often = prop_oneof![
        12 => wait.prop_map(|seconds| Step::Wait { seconds }),
        14 => (market.clone(), ppm, confidence)
            .prop_map(|(market, ppm, confidence)| Step::Move { market, ppm, confidence }),
        10 => (pick, prop_oneof![4 => 60i128..120, 2 => -50i128..100, 1 => -900i128..0])
            .prop_map(|(pick, percent)| Step::Squeeze { pick, percent }),
        16 => (account.clone(), market.clone(), thousandths, proptest::bool::weighted(0.1)).prop_map(
            |(account, market, thousandths, reduce_only)| Step::Trade { account, market, thousandths, reduce_only }
        ),
        6 => (pick, percent.clone()).prop_map(|(pick, percent)| Step::Reduce { pick, percent }),
        6 => (pick, prop_oneof![6 => percent.clone(), 1 => Just(0)])
            .prop_map(|(pick, percent)| Step::Liquidate { pick, percent }),
        3 => Just(Step::Keep),
        4 => pick.prop_map(|pick| Step::SettlePnl { pick }),
        3 => pick.prop_map(|pick| Step::ResolveBankruptcy { pick }),
    ];
    let seldom = prop_oneof![
        4 => (account.clone(), 10u64..20_000).prop_map(|(account, dollars)| Step::Deposit { account, dollars }),
        3 => (account.clone(), percent.clone()).prop_map(|(account, percent)| Step::Withdraw { account, percent }),
        2 => (account, market.clone(), -400i64..400)
            .prop_map(|(account, market, size)| Step::TradeDust { account, market, size }),
        2 => market.clone().prop_map(|market| Step::UpdatePrice { market }),
        1 => market.clone().prop_map(|market| Step::MarkDark { market }),
        2 => market.clone().prop_map(|market| Step::UpdateFunding { market }),
        2 => pick.prop_map(|pick| Step::SettleFunding { pick }),
        3 => market.clone().prop_map(|market| Step::FundClaims { market }),
        3 => pick.prop_map(|pick| Step::RedeemClaim { pick }),
        3 => (market.clone(), 0u64..200)
            .prop_map(|(market, target_percent)| Step::Allocate { market, target_percent }),
        2 => (holder.clone(), 1u64..50_000).prop_map(|(holder, dollars)| Step::RequestDeposit { holder, dollars }),
        2 => (holder, percent).prop_map(|(holder, percent)| Step::RequestWithdrawal { holder, percent }),
        4 => pick.prop_map(|pick| Step::Execute { pick }),
        2 => pick.prop_map(|pick| Step::ReturnLapsed { pick }),
        1 => (market.clone(), 0u64..200).prop_map(|(market, dollars)| Step::FundInsurance { market, dollars }),
        1 => (0u64..2_000).prop_map(|dollars| Step::FundSharedInsurance { dollars }),
        1 => (1u64..1_000_000).prop_map(|amount| Step::Donate { amount }),
        2 => (market, status, 0i64..4_000)
            .prop_map(|(market, status, seconds)| Step::SetStatus { market, status, seconds }),
    ];
    prop_oneof![7 => often, 3 => seldom]
}

/// Three markets with a pool of a million, six accounts of some thousand dollars, a little insurance.
pub fn exchange() -> World {
    let mut world = World::with_liquidity(&listings(), ACCOUNTS, HOLDERS, MILLION);
    world.isolate(ISOLATED, THIN_PERP);
    for account in 0..ACCOUNTS {
        world.deposit(account, 20_000 * USDC * (account as u64 + 1)).unwrap();
    }
    world.fund_insurance(THIN_PERP, 50 * USDC).unwrap();
    world.fund_shared_insurance(1_000 * USDC).unwrap();
    world
}

/// Publishes the price at which the account's equity would be `percent` of its present maintenance margin, other things
/// equal, at most 60 % away.
pub fn squeeze(world: &mut World, account: usize, market: usize, percent: i128) {
    let health = reference::maintenance(world, &world.accounts[account]);
    let missing = (health.margin * percent / 100 - health.equity) << 40;
    let change = missing / i128::from(world.size(account, market));
    let price = i128::from(world.markets[market].price.price.get());
    let ppm = (change * 1_000_000 / price).clamp(-600_000, 600_000);
    world.feeds[market].confidence = 0;
    world.move_price(market, i64::try_from(ppm).unwrap());
    let _ = world.update_price(market);
}

fn chosen<T: Copy>(from: &[T], pick: usize) -> Option<T> {
    (!from.is_empty()).then(|| from[pick % from.len()])
}

/// Takes one step; what the exchange refuses changes nothing and is counted.
pub fn take(world: &mut World, step: &Step) {
    match *step {
        Step::Wait { seconds } => world.wait(seconds),
        Step::Move { market, ppm, confidence } => {
            let price = world.feeds[market].price;
            world.feeds[market].confidence = u64::try_from(price).unwrap() / 1_000_000 * confidence;
            world.move_price(market, ppm);
        }
        Step::Squeeze { pick, percent } => {
            if let Some((account, market)) = chosen(&world.positions(), pick) {
                squeeze(world, account, market, percent);
            }
        }
        Step::Deposit { account, dollars } => world.deposit(account, dollars * USDC).unwrap(),
        Step::Withdraw { account, percent } => {
            let _ = world.withdraw(account, world.accounts[account].balance.get() * percent / 100);
        }
        Step::Trade { account, market, thousandths, reduce_only } => {
            freshen(world, account, market);
            let notional = u128::from(world.accounts[account].balance.get()) * u128::from(thousandths.unsigned_abs());
            let worth = world.size_worth(market, u64::try_from(notional / 1_000).unwrap());
            let size = i64::try_from(worth).unwrap() * thousandths.signum();
            let _ =
                world.order(account, market, Order { size: Base::new(size), price_bound: Price::ZERO, reduce_only });
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
                    0 => 1 + world.clock.slot % 50,
                    100 => u64::MAX,
                    _ => (size / 100).max(1) * percent,
                };
                let by = if account == LIQUIDATOR { 0 } else { LIQUIDATOR };
                let _ = world.liquidate(by, account, market, max_size);
            }
        }
        Step::Keep => keep(world),
        Step::UpdatePrice { market } => {
            let _ = world.update_price(market);
        }
        Step::MarkDark { market } => {
            let _ = world.mark_dark(market);
        }
        Step::UpdateFunding { market } => {
            let _ = world.update_funding(market);
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
        Step::ResolveBankruptcy { pick } => {
            if let Some((account, market)) = chosen(&world.slots(|position| !position.debt.is_zero()), pick) {
                let _ = world.resolve_bankruptcy(account, market);
            }
        }
        Step::Allocate { market, target_percent } => {
            let stored = world.markets[market].target_backing;
            world.markets[market].target_backing =
                perp_engine::units::Atoms::new(listings()[market].target_backing / 100 * target_percent);
            let _ = world.allocate_backing(market);
            world.markets[market].target_backing = stored;
        }
        Step::RequestDeposit { holder, dollars } => {
            let _ = world.request_deposit(holder, dollars * USDC);
        }
        Step::RequestWithdrawal { holder, percent } => {
            let _ = world.request_withdrawal(holder, world.shares[holder].get() / 100 * percent);
        }
        Step::Execute { pick } => {
            if world.requests.is_empty() {
                return;
            }
            let index = pick % world.requests.len();
            let open = world.requests[index];
            let matures = perp_engine::liquidity::matures_at(&open.request, open.kind, &world.pool.parameters).unwrap();
            // Executors wait for maturity; a few try too early or far too late.
            if pick % 8 < 6 {
                world.wait(u32::try_from(matures.seconds_since(world.clock.now).unwrap()).unwrap());
                world.refresh();
            }
            let _ = world.execute(index);
        }
        Step::ReturnLapsed { pick } => {
            if world.requests.is_empty() {
                return;
            }
            let index = pick % world.requests.len();
            let kind = world.requests[index].kind;
            if kind == RequestKind::Deposit && pick % 2 == 0 {
                world.wait(world.pool.parameters.deposit_lapse);
            }
            let _ = world.return_lapsed(index);
        }
        Step::FundInsurance { market, dollars } => {
            let _ = world.fund_insurance(market, dollars * USDC);
        }
        Step::FundSharedInsurance { dollars } => {
            let _ = world.fund_shared_insurance(dollars * USDC);
        }
        Step::Donate { amount } => world.donate(amount).unwrap(),
        Step::SetStatus { market, status, seconds } => {
            let until = if status == Status::Active {
                Timestamp::NEVER
            } else {
                Timestamp::new(world.clock.now.get() + 1 + seconds)
            };
            let _ = world.set_market_status(market, status, until);
        }
    }
}

/// Most people refresh what they are about to use; now and then somebody meets a stale price.
fn freshen(world: &mut World, account: usize, market: usize) {
    if world.clock.slot.is_multiple_of(11) {
        return;
    }
    let markets: Vec<usize> = world.accounts[account].occupied().map(|(_, leg)| usize::from(leg.market)).collect();
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
