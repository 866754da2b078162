//! People who act together at one price and one time, over any number of accounts, shares and slots, take nothing from
//! anybody but the penalties of those they liquidate.

use crate::common::markets::{test_markets, TestMarket};
use crate::common::reference::face_equity_x40;
use crate::common::world::World;
use crate::playing::{exchange, exchange_of, squeeze, take};
use crate::sequences::runner;
use crate::steps::{steps, ACCOUNTS, LIQUIDATOR, MARKETS};
use perp_engine::fixtures::USDC;
use perp_engine::state::{Parameters, Status};
use perp_engine::units::{Clock, X40_PER_ATOM};
use perp_exchange::Listing;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::Cell;

mod acts;
mod wealth;

use acts::{act, Act};
pub use wealth::collectible;
use wealth::{netted, wealth};

/// Accounts of the coalition; the other three belong to strangers.
const COALITION: [usize; 3] = [0, 1, 5];
/// The coalition's liquidity provider; the other one is a stranger.
const PROVIDER: usize = 1;
const STRANGER: usize = 0;

#[test]
fn attack_a_coalition_at_one_price_and_time_never_gains() {
    let counts: Cell<[u32; 5]> = Cell::default();
    runner(1_000)
        .run(&(steps(20..60), any::<(usize, bool)>(), 40i128..130, proptest::collection::vec(act(), 10..60)), |case| {
            let (before, (pick, settled), percent, acts) = case;
            let mut world = exchange();
            for step in &before {
                take(&mut world, step);
            }
            freeze(&mut world, pick, percent, settled);
            let mut done = counts.get();
            conspire(&mut world, &acts, Time::Stands { settled }, &mut done);
            counts.set(done);
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    let [trades, strangers, members, closes, settled] = counts.get();
    let enough = trades > 3_000 && strangers > 150 && members > 200 && closes > 300 && settled > 100;
    assert!(enough, "{trades} trades, {strangers} strangers and {members} members liquidated, {closes} closes, {settled} after settlement");
}

#[test]
fn attack_a_coalition_with_a_provider_gains_nothing_over_several_epochs_at_one_price() {
    // Time costs nothing here and prices stand still: whatever anybody gains, somebody has lost.
    let markets = test_markets().map(|market| {
        let parameters = Parameters { funding_velocity: 0, carry_rate: 0, carry_surge: 0, ..market.listing.parameters };
        TestMarket { listing: Listing { parameters, ..market.listing }, ..market }
    });
    let counts: Cell<[u32; 5]> = Cell::default();
    let acts = prop_oneof![
        4 => act(),
        1 => Just(Act::Serve),
        1 => (1_000u64..200_000).prop_map(|dollars| Act::RequestDeposit { dollars }),
        1 => (10u64..=100).prop_map(|percent| Act::RequestWithdrawal { percent }),
    ];
    runner(500)
        .run(&(steps(20..60), any::<(usize, bool)>(), 40i128..130, proptest::collection::vec(acts, 10..60)), |case| {
            let (before, (pick, settled), percent, acts) = case;
            let mut world = exchange_of(&markets);
            for step in &before {
                take(&mut world, step);
            }
            freeze(&mut world, pick, percent, settled);
            let mut done = counts.get();
            conspire(&mut world, &acts, Time::Passes, &mut done);
            counts.set(done);
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    let [trades, _, _, closes, _] = counts.get();
    assert!(trades > 700 && closes > 1_500, "{trades} trades, {closes} closes");
}

/// Every member has some cash and a position, the coalition has a deposit and a withdrawal that belong to the boundary of this very
/// second, somebody is near or below his maintenance margin, every price is new, and where `settled` everybody has settled.
fn freeze(world: &mut World, pick: usize, percent: i128, settled: bool) {
    world.set_exchange_status(Status::Active, 0).unwrap();
    for market in 0..MARKETS {
        world.feed_mut(market).confidence = 0;
        // Now and then one that was restricted stays so.
        if !pick.is_multiple_of(8) {
            world.set_market_status(market, Status::Active, 0).unwrap();
        }
    }
    world.pay_all();
    for _ in 0..3 {
        if !world.exchange.state.boundary.is_never() {
            world.serve();
        }
    }
    let shares = world.shares(PROVIDER);
    if shares > 1 {
        let _ = world.request_withdrawal(PROVIDER, shares / 2);
    }
    world.reach_boundary_but(700);
    world.request_deposit(PROVIDER, 30_000 * USDC).unwrap();
    world.reach_boundary_but(20);
    world.refresh_all();
    for account in 0..ACCOUNTS {
        world.deposit(account, 10_000 * USDC).unwrap();
        let _ = world.trade(
            account,
            u16::try_from((account + pick) % usize::from(MARKETS)).unwrap(),
            [1_000_000_000, -1_000_000_000][account % 2],
        );
    }
    world.wait(1);
    let positions = world.positions();
    if !positions.is_empty() {
        let (account, market) = positions[pick % positions.len()];
        squeeze(world, account, market, percent);
    }
    // A loss is settled at what is remembered, which is that price alone.
    world.refresh_all();
    world.wait(17);
    world.refresh_all();
    if settled {
        for (account, market) in world.positions() {
            let _ = world.settle_pnl(account, market);
        }
    }
    world.reach_boundary();
    world.refresh_all();
}

/// Whether there is any but this very second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Time {
    /// Its books are of everybody settled or not.
    Stands { settled: bool },
    /// Boundaries come and go, at the same prices.
    Passes,
}

fn conspire(world: &mut World, acts: &[Act], time: Time, done: &mut [u32; 5]) {
    let mut start = wealth(world, 0);
    // What strangers lose in penalties, and an atom for every time somebody else's position is touched.
    let (mut allowed, mut taken_out) = (0i128, 0i128);
    // What the pool pays too much for the coalition's shares, as they are priced by the books of this moment.
    let leaving = world.coming_to(PROVIDER).1;
    allowed += netted(world) / i128::from(world.exchange.pool.shares.get()) * leaving;
    let strangers: Vec<usize> = (0..ACCOUNTS).filter(|account| !COALITION.contains(account)).collect();
    let strangers_start: Vec<i128> =
        strangers.iter().map(|&stranger| face_equity_x40(&world.exchange, world.account(stranger))).collect();
    let mut penalties = vec![0i128; strangers.len()];
    for act in acts {
        allowed += 2 * X40_PER_ATOM;
        match *act {
            Act::Trade { member, market, thousandths } => {
                let account = COALITION[member];
                let notional =
                    u128::from(world.account(account).balance.get()) * u128::from(thousandths.unsigned_abs());
                let size = world.size_worth(market, u64::try_from(notional / 1_000).unwrap());
                let size = i64::try_from(size).unwrap() * thousandths.signum();
                done[0] += u32::from(world.trade(account, market, size).is_ok());
            }
            Act::TradeDust { member, market, size } => {
                done[0] += u32::from(world.trade(COALITION[member], market, size).is_ok());
            }
            Act::Close { member, market } => done[0] += u32::from(world.close(COALITION[member], market).is_ok()),
            Act::Liquidate { member, pick, percent } => {
                let by = COALITION[member];
                let mut positions = world.positions();
                let first = pick % positions.len().max(1);
                positions.rotate_left(first);
                // The first that can be liquidated.
                let liquidated =
                    positions.into_iter().filter(|(account, _)| *account != by).find_map(|(account, market)| {
                        let size = world.size(account, market).unsigned_abs();
                        let plan = world.liquidate(by, account, market, (size / 100).max(1) * percent).ok()?;
                        Some((account, plan))
                    });
                let Some((account, plan)) = liquidated else { continue };
                // What the market adds to the bounty of a whole close is at most what the fee for opening it left there.
                allowed += i128::from(plan.penalty.added.get()) * X40_PER_ATOM;
                if let Some(stranger) = strangers.iter().position(|stranger| *stranger == account) {
                    let charged = i128::from(plan.penalty.charged.get()) * X40_PER_ATOM;
                    allowed += charged;
                    penalties[stranger] += charged;
                    done[1] += 1;
                } else {
                    done[2] += 1;
                }
            }
            Act::SettlePnl { pick } => {
                let positions = world.positions();
                if let Some(&(account, market)) = positions.get(pick % positions.len().max(1)) {
                    let _ = world.settle_pnl(account, market);
                }
            }
            Act::SettleFunding { pick } => {
                let positions = world.positions();
                if let Some(&(account, market)) = positions.get(pick % positions.len().max(1)) {
                    let _ = world.settle_funding(account, market);
                }
            }
            Act::FundClaims { market } => {
                let _ = world.fund_claims(market);
            }
            Act::RedeemClaim { pick } => {
                let claims = world.slots(|position| !position.claim.is_zero());
                if let Some(&(account, market)) = claims.get(pick % claims.len().max(1)) {
                    let _ = world.redeem_claim(account, market);
                }
            }
            Act::WaiveClaim { pick } => {
                let mut claims = world.slots(|position| !position.claim.is_zero());
                claims.retain(|(account, _)| COALITION.contains(account));
                if let Some(&(account, market)) = claims.get(pick % claims.len().max(1)) {
                    let _ = world.waive_claim(account, market);
                }
            }
            Act::ResolveBankruptcy { pick } => {
                let debts = world.slots(|position| !position.debt.is_zero());
                if let Some(&(account, market)) = debts.get(pick % debts.len().max(1)) {
                    // Insurance is there to pay into the pool, whoever has shares of it.
                    let before = wealth(world, taken_out);
                    let _ = world.resolve_bankruptcy(account, market);
                    start += wealth(world, taken_out) - before;
                }
            }
            Act::Allocate { market } => {
                let _ = world.allocate_backing(market);
            }
            Act::RequestDeposit { dollars } => {
                if world.request_deposit(PROVIDER, dollars * USDC).is_ok() {
                    taken_out -= i128::from(dollars * USDC);
                }
            }
            Act::RequestWithdrawal { percent } => {
                let _ = world.request_withdrawal(PROVIDER, world.shares(PROVIDER) / 100 * percent);
            }
            Act::Serve => {
                if time == Time::Passes && !world.exchange.state.boundary.is_never() {
                    world.reach_boundary_but(1);
                    world.refresh_all();
                    world.reach_boundary();
                    world.refresh_all();
                    let leaving = world.coming_to(PROVIDER).1;
                    allowed += netted(world) / i128::from(world.exchange.pool.shares.get()) * leaving;
                }
                if world.exchange.session().boundary_has_come() {
                    world.value_all();
                    let (value, all) = (collectible(world), i128::from(world.exchange.pool.shares.get()));
                    let (tokens, shares) = world.coming_to(STRANGER);
                    world.close_epoch().unwrap();
                    // A stranger who leaves at the least that the pool is worth leaves the rest to who stays.
                    let (tokens_after, shares_after) = world.coming_to(STRANGER);
                    let (left, paid) = (shares - shares_after, (tokens_after - tokens) * X40_PER_ATOM);
                    allowed += (value / all * left + value % all * left / all - paid).max(0);
                    world.pay_all();
                    done[3] += 1;
                    done[4] += u32::from(time == Time::Stands { settled: true });
                }
            }
            Act::Withdraw { member, percent } => {
                let amount = world.account(COALITION[member]).balance.get() / 100 * percent;
                if world.withdraw(COALITION[member], amount).is_ok() {
                    taken_out += i128::from(amount);
                }
            }
            Act::NextSlot => {
                let Clock { now, slot } = world.exchange.clock;
                world.exchange.clock = Clock { now, slot: slot + 1 };
            }
        }
        let gained = wealth(world, taken_out) - start;
        assert!(
            gained <= allowed,
            "{act:?}: the coalition gained {gained} · 2^-40 atoms, {allowed} from strangers' penalties"
        );
    }
    for ((stranger, start), penalty) in strangers.iter().zip(strangers_start).zip(penalties) {
        let lost = start - face_equity_x40(&world.exchange, world.account(*stranger));
        let rounding = acts.len() as i128 * X40_PER_ATOM;
        assert!(lost <= penalty + rounding, "a stranger lost {lost} · 2^-40 atoms, {penalty} of it in penalties");
    }
}

#[test]
fn liquidations_at_one_price_leave_everybody_the_same_in_any_order() {
    let compared = Cell::new(0);
    let leverages = proptest::collection::vec(prop_oneof![-19_000i64..-9_000, 9_000i64..19_000], LIQUIDATOR);
    runner(400)
        .run(&(leverages, -60_000i64..60_000, 0..MARKETS), |(leverages, ppm, market)| {
            let mut world = exchange();
            for (account, leverage) in leverages.iter().enumerate() {
                let notional = 4_000 * leverage.unsigned_abs() / 1_000 * USDC;
                let size = i64::try_from(world.size_worth(market, notional)).unwrap() * leverage.signum();
                let withdrawn = world.account(account).balance.get() - 4_000 * USDC;
                world.withdraw(account, withdrawn).unwrap();
                let _ = world.trade(account, market, size);
            }
            world.wait(30);
            world.move_price(market, ppm);
            world.refresh_all();
            let positions = world.positions();
            let sweep = |mut world: World, order: &mut dyn Iterator<Item = &(usize, u16)>| {
                let mut liquidations = 0;
                for &(account, market) in order {
                    liquidations += u32::from(world.liquidate(LIQUIDATOR, account, market, u64::MAX).is_ok());
                }
                (world, liquidations)
            };
            let (forwards, first) = sweep(world.clone(), &mut positions.iter());
            let (backwards, second) = sweep(world.clone(), &mut positions.iter().rev());
            assert_eq!(first, second);
            if first < 2 {
                return Ok(());
            }
            compared.set(compared.get() + 1);
            for account in 0..ACCOUNTS {
                let [one, other] =
                    [&forwards, &backwards].map(|world| face_equity_x40(&world.exchange, world.account(account)));
                assert!((one - other).abs() <= X40_PER_ATOM, "account {account}: {one} or {other}");
            }
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    assert!(compared.get() >= 25, "only {} worlds had anything to compare", compared.get());
}
