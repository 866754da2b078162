//! People who act together at one price and one time, over any number of accounts, shares and slots, take nothing from
//! anybody but the penalties of those they liquidate.

use crate::common::fixtures::USDC;
use crate::common::reference::{face_equity_raw, pool_value_raw};
use crate::common::world::World;
use crate::playing::{exchange, squeeze, take};
use crate::sequences::runner;
use crate::steps::{steps, ACCOUNTS, LIQUIDATOR, MARKETS};
use perp_engine::status::Status;
use perp_engine::units::{Clock, Timestamp, RAW_PER_ATOM};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::Cell;

/// Accounts of the coalition; the other three belong to strangers.
const COALITION: [usize; 3] = [0, 1, 5];
/// The coalition's liquidity provider; the other one is a stranger.
const PROVIDER: usize = 1;

#[derive(Clone, Debug)]
enum Act {
    Trade {
        member: usize,
        market: usize,
        thousandths: i64,
    },
    TradeDust {
        member: usize,
        market: usize,
        size: i64,
    },
    Close {
        member: usize,
        market: usize,
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
    },
    Execute,
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
        2 => pick.prop_map(|pick| Act::ResolveBankruptcy { pick }),
        2 => market.prop_map(|market| Act::Allocate { market }),
        3 => Just(Act::Execute),
        1 => (member, 1u64..100).prop_map(|(member, percent)| Act::Withdraw { member, percent }),
        4 => Just(Act::NextSlot),
    ]
}

/// What the pool will have once everybody has paid what they can: a loss beyond an account's means is nobody's asset.
fn collectible(world: &World) -> i128 {
    let missing = world.accounts.iter().map(|account| face_equity_raw(world, account).min(0));
    (pool_value_raw(world) + missing.sum::<i128>()).max(0)
}

/// What the coalition owns: accounts (none below zero, for nobody pays for an account he can leave behind), shares at
/// what the pool can collect, tokens on their way and what it took out; in raw.
fn wealth(world: &World, taken_out: i128) -> i128 {
    let accounts = COALITION.iter().map(|&member| face_equity_raw(world, &world.accounts[member]).max(0));
    let requests = world.requests.iter().filter(|open| open.holder == PROVIDER);
    let (mut shares, mut tokens) = (i128::from(world.shares[PROVIDER].get()), taken_out);
    for open in requests {
        match open.kind {
            perp_engine::state::RequestKind::Deposit => tokens += i128::from(open.request.amount.get()),
            perp_engine::state::RequestKind::Withdrawal => shares += i128::from(open.request.amount.get()),
        }
    }
    tokens += i128::from(world.paid_out[PROVIDER].get());
    let value = collectible(world);
    let all = i128::from(world.pool.shares.get());
    // ⌊value / all⌋ · shares and the rest, without a product beyond 127 bits.
    let shares_worth = if all == 0 { 0 } else { value / all * shares + value % all * shares / all };
    accounts.sum::<i128>() + tokens * RAW_PER_ATOM + shares_worth
}

#[test]
fn attack_a_coalition_at_one_price_and_time_never_gains() {
    let counts: Cell<[u32; 4]> = Cell::default();
    runner(400)
        .run(&(steps(20..60), any::<usize>(), 40i128..130, proptest::collection::vec(act(), 10..60)), |case| {
            let (before, pick, percent, acts) = case;
            let mut world = exchange();
            for step in &before {
                take(&mut world, step);
            }
            freeze(&mut world, pick, percent);
            let mut done = counts.get();
            conspire(&mut world, &acts, &mut done);
            counts.set(done);
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    let [trades, strangers, members, executions] = counts.get();
    let enough = trades > 1_200 && strangers > 80 && members > 100 && executions > 200;
    assert!(enough, "{trades} trades, {strangers} strangers and {members} members liquidated, {executions} requests");
}

/// Every member has some cash and a position, the coalition has a deposit and a withdrawal ripe for execution, somebody is
/// near or below his maintenance margin, and every price is new.
fn freeze(world: &mut World, pick: usize, percent: i128) {
    world.set_exchange_status(Status::Active, Timestamp::NEVER).unwrap();
    for market in 0..MARKETS {
        world.feeds[market].confidence = 0;
    }
    let shares = world.shares[PROVIDER].get();
    if shares > 1 {
        let _ = world.request_withdrawal(PROVIDER, shares / 2);
    }
    world.wait(world.pool.parameters.withdrawal_delay - world.pool.parameters.deposit_delay);
    let _ = world.request_deposit(PROVIDER, 30_000 * USDC);
    world.wait(world.pool.parameters.deposit_delay);
    world.refresh();
    for account in 0..ACCOUNTS {
        world.deposit(account, 10_000 * USDC).unwrap();
        let _ = world.trade(account, (account + pick) % MARKETS, [1_000_000_000, -1_000_000_000][account % 2]);
    }
    world.wait(1);
    let positions = world.positions();
    if !positions.is_empty() {
        let (account, market) = positions[pick % positions.len()];
        squeeze(world, account, market, percent);
    }
    world.refresh();
}

fn conspire(world: &mut World, acts: &[Act], done: &mut [u32; 4]) {
    let mut start = wealth(world, 0);
    // What strangers lose in penalties, and an atom for every time somebody else's position is touched.
    let (mut allowed, mut taken_out) = (0i128, 0i128);
    let strangers: Vec<usize> = (0..ACCOUNTS).filter(|account| !COALITION.contains(account)).collect();
    let strangers_start: Vec<i128> =
        strangers.iter().map(|&stranger| face_equity_raw(world, &world.accounts[stranger])).collect();
    let mut penalties = vec![0i128; strangers.len()];
    for act in acts {
        allowed += 2 * RAW_PER_ATOM;
        match *act {
            Act::Trade { member, market, thousandths } => {
                let account = COALITION[member];
                let notional =
                    u128::from(world.accounts[account].balance.get()) * u128::from(thousandths.unsigned_abs());
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
                if let Some(stranger) = strangers.iter().position(|stranger| *stranger == account) {
                    let charged = i128::from(plan.penalty.charged.get()) * RAW_PER_ATOM;
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
            Act::Execute => {
                let own = world.requests.iter().position(|open| open.holder == PROVIDER);
                if let Some(request) = own {
                    done[3] += u32::from(world.execute(request).is_ok());
                }
            }
            Act::Withdraw { member, percent } => {
                let amount = world.accounts[COALITION[member]].balance.get() / 100 * percent;
                if world.withdraw(COALITION[member], amount).is_ok() {
                    taken_out += i128::from(amount);
                }
            }
            Act::NextSlot => world.clock = Clock { slot: world.clock.slot + 1, ..world.clock },
        }
        let gained = wealth(world, taken_out) - start;
        assert!(gained <= allowed, "{act:?}: the coalition gained {gained} raw, {allowed} from strangers' penalties");
    }
    for ((stranger, start), penalty) in strangers.iter().zip(strangers_start).zip(penalties) {
        let lost = start - face_equity_raw(world, &world.accounts[*stranger]);
        let rounding = acts.len() as i128 * RAW_PER_ATOM;
        assert!(lost <= penalty + rounding, "a stranger lost {lost} raw, {penalty} of it in penalties");
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
                let withdrawn = world.accounts[account].balance.get() - 4_000 * USDC;
                world.withdraw(account, withdrawn).unwrap();
                let _ = world.trade(account, market, size);
            }
            world.wait(30);
            world.move_price(market, ppm);
            world.refresh();
            let positions = world.positions();
            let sweep = |mut world: World, order: &mut dyn Iterator<Item = &(usize, usize)>| {
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
                    [&forwards, &backwards].map(|world| face_equity_raw(world, &world.accounts[account]));
                assert!((one - other).abs() <= RAW_PER_ATOM, "account {account}: {one} or {other}");
            }
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    assert!(compared.get() >= 25, "only {} worlds had anything to compare", compared.get());
}
