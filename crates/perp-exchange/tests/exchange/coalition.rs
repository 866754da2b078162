//! People who act together at one price and one time, over any number of accounts, shares and slots, take nothing from
//! anybody but the penalties of those they liquidate.

use crate::common::reference::{face_equity_x40, market_value_x40, recoverable_x40, slot_x40};
use crate::common::world::World;
use crate::playing::{exchange, squeeze, take};
use crate::sequences::runner;
use crate::steps::{steps, ACCOUNTS, LIQUIDATOR, MARKETS};
use perp_engine::fixtures::USDC;
use perp_engine::state::Status;
use perp_engine::units::{Clock, X40_PER_ATOM};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::Cell;
use std::collections::BTreeMap;

/// Accounts of the coalition; the other three belong to strangers.
const COALITION: [usize; 3] = [0, 1, 5];
/// The coalition's liquidity provider; the other one is a stranger.
const PROVIDER: usize = 1;
const STRANGER: usize = 0;

#[derive(Clone, Debug)]
enum Act {
    Trade {
        member: usize,
        market: u16,
        thousandths: i64,
    },
    TradeDust {
        member: usize,
        market: u16,
        size: i64,
    },
    Close {
        member: usize,
        market: u16,
    },
    /// Anybody's position, also a member's.
    Liquidate {
        member: usize,
        pick: usize,
        percent: u64,
    },
    SettlePnl {
        pick: usize,
    },
    SettleFunding {
        pick: usize,
    },
    FundClaims {
        market: u16,
    },
    RedeemClaim {
        pick: usize,
    },
    /// A member's.
    WaiveClaim {
        pick: usize,
    },
    ResolveBankruptcy {
        pick: usize,
    },
    Allocate {
        market: u16,
    },
    /// The boundary that has come is closed, and what it owes is paid.
    Serve,
    Withdraw {
        member: usize,
        percent: u64,
    },
    NextSlot,
}

fn act() -> impl Strategy<Value = Act> {
    let (member, market, pick) = (0..COALITION.len(), 0..MARKETS, any::<usize>());
    prop_oneof![
        8 => (member.clone(), market.clone(), -25_000i64..25_000)
            .prop_map(|(member, market, thousandths)| Act::Trade { member, market, thousandths }),
        2 => (member.clone(), market.clone(), -400i64..400)
            .prop_map(|(member, market, size)| Act::TradeDust { member, market, size }),
        4 => (member.clone(), market.clone()).prop_map(|(member, market)| Act::Close { member, market }),
        6 => (member.clone(), pick, prop_oneof![1u64..100, Just(100)])
            .prop_map(|(member, pick, percent)| Act::Liquidate { member, pick, percent }),
        4 => pick.prop_map(|pick| Act::SettlePnl { pick }),
        2 => pick.prop_map(|pick| Act::SettleFunding { pick }),
        2 => market.clone().prop_map(|market| Act::FundClaims { market }),
        2 => pick.prop_map(|pick| Act::RedeemClaim { pick }),
        1 => pick.prop_map(|pick| Act::WaiveClaim { pick }),
        2 => pick.prop_map(|pick| Act::ResolveBankruptcy { pick }),
        2 => market.prop_map(|market| Act::Allocate { market }),
        1 => Just(Act::Serve),
        1 => (member, 1u64..100).prop_map(|(member, percent)| Act::Withdraw { member, percent }),
        4 => Just(Act::NextSlot),
    ]
}

/// What the pool can have at best once everybody has paid what they can, in 2^-40 atoms: a loss beyond an account's means is
/// nobody's asset. In which of its markets it is missing depends on which it pays first; a market that cannot pay its winners
/// is worth nothing either way. So the best is one of the orders that let some markets go and pay the others.
fn collectible(world: &World) -> i128 {
    let exchange = &world.exchange;
    let worth_if_abandoned = |abandoned: u16| {
        let mut values: Vec<i128> = exchange.markets().iter().map(market_value_x40).collect();
        for account in exchange.accounts() {
            // What insurances may take of an account is nothing its markets have.
            let mut missing = (-face_equity_x40(exchange, account) - recoverable_x40(account)).max(0);
            let (first, last): (Vec<_>, Vec<_>) =
                account.occupied().map(|(_, position)| position).partition(|it| abandoned & (1 << it.market) != 0);
            for position in first.into_iter().chain(last) {
                let part = missing.min((-slot_x40(exchange, position)).max(0));
                values[usize::from(position.market)] -= part;
                missing -= part;
            }
        }
        values.into_iter().map(|value| value.max(0)).sum::<i128>()
    };
    let best = (0..1 << MARKETS).map(worth_if_abandoned).max().unwrap();
    i128::from(exchange.pool.cash.get()) * X40_PER_ATOM + best
}

/// What whoever leaves the pool is paid too much for at most, in 2^-40 atoms: the value of a whole side nets its winners with
/// losses that nobody can collect. A known limit; a position that has gained nothing must not add to it.
fn netted(world: &World) -> i128 {
    let exchange = &world.exchange;
    let mut sides = BTreeMap::<(u16, bool), (i128, i128)>::new();
    for account in exchange.accounts() {
        let missing = (-face_equity_x40(exchange, account) - recoverable_x40(account)).max(0);
        for (_, position) in account.occupied() {
            let value = slot_x40(exchange, position);
            let (won, lost) = sides.entry((position.market, position.size.get() > 0)).or_default();
            *won += value.max(0);
            *lost += missing.min((-value).max(0));
        }
    }
    sides.into_values().map(|(won, lost)| won.min(lost)).sum()
}

/// What the coalition owns: accounts (none below zero, for nobody pays for an account he can leave behind), shares at
/// what the pool can collect, tokens on their way and what it took out; in 2^-40 atoms.
fn wealth(world: &World, taken_out: i128) -> i128 {
    let accounts = COALITION.iter().map(|&member| face_equity_x40(&world.exchange, world.account(member)).max(0));
    let (tokens, shares) = world.coming_to(PROVIDER);
    let tokens = tokens + taken_out + i128::from(world.paid_out(PROVIDER));
    let shares = shares + i128::from(world.shares(PROVIDER));
    let value = collectible(world);
    let all = i128::from(world.exchange.pool.shares.get());
    // ⌊value / all⌋ · shares and the rest, without a product beyond 127 bits.
    let shares_worth = if all == 0 { 0 } else { value / all * shares + value % all * shares / all };
    accounts.sum::<i128>() + tokens * X40_PER_ATOM + shares_worth
}

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
            conspire(&mut world, &acts, settled, &mut done);
            counts.set(done);
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    let [trades, strangers, members, closes, settled] = counts.get();
    let enough = trades > 3_000 && strangers > 150 && members > 200 && closes > 300 && settled > 100;
    assert!(enough, "{trades} trades, {strangers} strangers and {members} members liquidated, {closes} closes, {settled} after settlement");
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

fn conspire(world: &mut World, acts: &[Act], settled: bool, done: &mut [u32; 5]) {
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
            Act::Serve => {
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
                    done[4] += u32::from(settled);
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
