//! Putting liquidity in while the price of one market is in an attacker's hand: an entrant pays for the cash there is and nothing else.

mod overflow;
mod prints;

use crate::common::reference;
use crate::common::world::{World, MILLION};
use crate::sequences::runner;
use crate::toxic::{act, exchange, isolated_markets, keep, take, Act, Cost};
use crate::{coalition::collectible, common::markets::THIN_PERP};
use perp_engine::fixtures::USDC;
use perp_engine::state::{ClosedEpoch, PriceLimit};
use perp_engine::units::X40_PER_ATOM;
use perp_exchange::Exchange;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::Cell;

/// What the entrant puts in, in dollars.
const ENTERS: u64 = 100_000;

/// The cash there was at the boundary, in atoms: the pool's, which nobody has moved since, and what counts of what lay in each market once
/// it had accrued up to then.
fn cash_then(world: &World) -> u64 {
    let exchange = &world.exchange;
    let of = |market| reference::counted(&exchange.market(market).unwrap().at_boundary.ledger, most(exchange, market));
    let counted: i128 = (0..exchange.market_count).map(of).sum();
    exchange.pool.cash.get() + u64::try_from(counted).unwrap()
}

fn most(exchange: &Exchange, market: u16) -> i128 {
    let market = exchange.market(market).unwrap();
    reference::most_counted(exchange, market, market.at_boundary.ledger.backing.get().into())
}

/// What a deposit of so many atoms buys for exactly the cash of a share: `⌊(d − ⌈0.02 % of d⌉) · shares / cash⌋`.
fn bought(amount: u64, shares: u64, cash: u64) -> u64 {
    let entering = u128::from(amount - amount.div_ceil(5_000));
    u64::try_from(entering * u128::from(shares) / u128::from(cash)).unwrap()
}

/// What the pool is worth once everybody who can be liquidated is and what cannot be paid is written off, in atoms.
fn worth(world: &World) -> i128 {
    let mut world = world.clone();
    keep(&mut world, &mut Cost::default());
    collectible(&world) / X40_PER_ATOM
}

/// What counts of the attackers' market.
fn of_thin(world: &World) -> u64 {
    let ledger = &world.market(THIN_PERP).at_boundary.ledger;
    u64::try_from(reference::counted(ledger, most(&world.exchange, THIN_PERP))).unwrap()
}

/// What is unsettled outside the attackers' market, as the pool has summed it.
fn elsewhere(world: &World) -> u64 {
    world.exchange.pool.epoch.unsettled.get().saturating_sub(of_thin(world) / 10)
}

#[test]
fn attack_whatever_a_toxic_market_holds_at_a_boundary_an_entrant_pays_the_cash_of_a_share() {
    let counts: Cell<[u32; 4]> = Cell::default();
    let jump = prop_oneof![1 => 100i64..1_000, 1 => 1_000i64..10_000, 4 => 700i64..1_400];
    let limit = proptest::sample::select(&PriceLimit::ALL[..]);
    let acts = || proptest::collection::vec(act(), 0..30);
    runner(400)
        .run(&(acts(), acts(), jump, limit, any::<bool>()), |(before, after, jump, limit, read)| {
            let mut world = exchange(&isolated_markets());
            let entrant = world.exchange.add_provider();
            // A share's cash was an atom at the close before.
            let last = world.exchange.pool.last;
            assert_eq!((last.upper.get(), last.shares.get()), (MILLION, MILLION));
            let mut cost = Cost::default();
            for act in &before {
                take(&mut world, act, &mut cost);
            }
            world.request_deposit_within(entrant, ENTERS * USDC, limit).unwrap();
            world.reach_boundary_but(40);
            world.refresh_all();
            for act in after.iter().filter(|act| !matches!(act, Act::Silence { .. })) {
                take(&mut world, act, &mut cost);
            }
            // What is won and lost elsewhere is settled by anybody.
            world.reach_boundary_but(1);
            world.refresh_all();
            for (account, market) in world.positions() {
                if market != THIN_PERP {
                    let _ = world.settle_pnl(account, market);
                }
            }
            // At the boundary his oracle says what he likes, or nothing for half an hour.
            world.reach_boundary();
            world.move_price(THIN_PERP, (jump - 1_000) * 1_000);
            world.feed_mut(THIN_PERP).confidence = 0;
            if read {
                world.value_all();
            } else {
                for market in 0..THIN_PERP {
                    let _ = world.value_market(market, Some(world.boundary_reading(market)));
                }
                world.reach_boundary_but(-1_801);
                world.value_all();
            }
            let (elsewhere, unsettled) = (elsewhere(&world), world.exchange.pool.epoch.unsettled.get());
            let there_is = cash_then(&world);
            let thin = of_thin(&world);
            let closed = world.close_epoch().unwrap().closed;
            world.refresh_all();
            world.pay_all();
            assert_eq!(closed.upper.get(), there_is, "only cash counts");

            let mut counted = counts.get();
            if closed.issued.is_zero() {
                assert_eq!(world.paid_out(entrant), ENTERS * USDC, "a deposit that buys nothing comes back whole");
                // By its own limit, by what is unsettled elsewhere, or by a market of which more than a fortieth of the cash counts.
                let limited = limit != PriceLimit::None && !within(&closed, limit);
                let out = unsettled > there_is / 200;
                assert!(limited || out, "{closed:?}");
                assert!(
                    limited || elsewhere > 0 || thin > there_is / 40,
                    "a market with {thin} of {there_is} kept somebody out"
                );
                counted[0] += 1;
                counts.set(counted);
                return Ok(());
            }
            let shares = world.shares(entrant);
            assert_eq!(shares, bought(ENTERS * USDC, closed.shares.get(), there_is));
            // What he has is what everybody has, his part of what the pool is worth: of what the attackers' market holds all may go to
            // them, as ever, and of what was unsettled elsewhere.
            let entered = i128::from(ENTERS * USDC);
            let (all, is) = (i128::from(world.exchange.pool.shares.get()), worth(&world));
            let lost = entered - is * i128::from(shares) / all;
            let at_risk = i128::from(thin + unsettled) * entered / i128::from(there_is);
            assert!(lost <= at_risk + entered / 5_000 + 10, "{lost} of {entered} are lost, of {at_risk} at risk");
            counted[1] += 1;
            counted[2] += u32::from(closed.upper.get() > closed.lower.get() + 5_000 * USDC);
            counted[3] += u32::from(!read);
            counts.set(counted);
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    let [returned, entered, apart, silent] = counts.get();
    let enough = returned < 20 && entered >= 100 && apart >= 30 && silent >= 30;
    assert!(enough, "{returned} returned, {entered} entered, {apart} with values apart, {silent} without a reading");
}

/// Whether a share's cash has risen from the atom it was by no more than the limit.
fn within(closed: &ClosedEpoch, limit: PriceLimit) -> bool {
    let percent = [u128::MAX >> 100, 1, 2, 5, 10][limit.index()];
    u128::from(closed.upper.get()) * 100 <= u128::from(closed.shares.get()) * (100 + percent)
}
