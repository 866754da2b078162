//! A market that cannot pay its winners: once its losers have paid what they can, who closes, settles, funds or redeems first gets
//! no more of what there is.

use crate::common::markets::{frictionless, sol_perp, TestMarket, SOL_PERP};
use crate::common::world::{World, MILLION};
use crate::sequences::runner;
use perp_engine::fixtures::{SOL, USDC};
use perp_engine::state::Parameters;
use perp_engine::units::{Ppm, Size};
use perp_engine::EngineError;
use perp_exchange::Listing;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::Cell;

const WINNERS: usize = 5;
const LOSER: usize = 5;
const KEEPER: usize = 6;

/// SOL-PERP in which an order costs nothing, also after a jump of the price.
fn market() -> TestMarket {
    let market = frictionless(sol_perp());
    let parameters = Parameters {
        carry_surge: 0,
        spread_measured: Ppm::ZERO,
        spread_drift: Ppm::ZERO,
        open_interest_low: Size::new(100_000 * SOL),
        ..market.listing.parameters
    };
    TestMarket { listing: Listing { parameters, ..market.listing }, ..market }
}

/// Winners long so many hundredths of a SOL, each bought at his own price around $250, and one account short all of it. The price
/// jumps to $400, the loser is closed and what he could not pay is written off.
fn shortage(hundredths: [u64; WINNERS], steps: [i64; WINNERS]) -> World {
    let mut world = World::with_liquidity(&[market()], KEEPER + 1, 1, MILLION);
    world.deposit(LOSER, 350_000 * USDC).unwrap();
    for (winner, (hundredths, step)) in hundredths.into_iter().zip(steps).enumerate() {
        let size = i64::try_from(hundredths * SOL / 100).unwrap();
        world.deposit(winner, 500_000 * USDC).unwrap();
        world.wait(1);
        world.move_price(SOL_PERP, step);
        world.refresh_all();
        world.trade(winner, SOL_PERP, size).unwrap();
        world.trade(LOSER, SOL_PERP, -size).unwrap();
    }
    world.wait(1);
    world.publish(SOL_PERP, 40_000_000_000, 0);
    world.update_price(SOL_PERP).unwrap();
    world.liquidate(KEEPER, LOSER, SOL_PERP, u64::MAX).unwrap();
    world.resolve_bankruptcy(LOSER, SOL_PERP).unwrap();
    world
}

/// What a winner has won on paper, in atoms: profit and claim.
fn won(world: &World, winner: usize) -> i128 {
    let position = world.account(winner).positions[0];
    let value = i128::from(position.size.get()) * i128::from(world.market(SOL_PERP).price.price.get());
    (value - position.entry_notional.get().get()) >> 40
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Close { winner: usize },
    SettleProfit { winner: usize },
    SettleFunding { winner: usize },
    Fund,
    Redeem { winner: usize },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..WINNERS).prop_map(|winner| Act::Close { winner }),
        3 => (0..WINNERS).prop_map(|winner| Act::SettleProfit { winner }),
        1 => (0..WINNERS).prop_map(|winner| Act::SettleFunding { winner }),
        2 => Just(Act::Fund),
        2 => (0..WINNERS).prop_map(|winner| Act::Redeem { winner }),
    ]
}

fn take(world: &mut World, act: Act) {
    world.republish(SOL_PERP);
    match act {
        Act::Close { winner } => {
            let _ = world.close(winner, SOL_PERP);
        }
        Act::SettleProfit { winner } => {
            let _ = world.settle_pnl(winner, SOL_PERP);
        }
        Act::SettleFunding { winner } => {
            let _ = world.settle_funding(winner, SOL_PERP);
        }
        Act::Fund => {
            let _ = world.fund_claims(SOL_PERP);
        }
        Act::Redeem { winner } => {
            let _ = world.redeem_claim(winner, SOL_PERP);
        }
    }
}

#[test]
fn once_losers_have_paid_every_winner_gets_the_same_part_in_any_order() {
    let (short, least) = (Cell::new(0), Cell::new(u64::MAX));
    // Each has a thirtieth of the profit at least: nothing of it is little enough to be passed over when claims are funded.
    let hundredths = || 60_000u64..250_000;
    let sizes = [hundredths(), hundredths(), hundredths(), hundredths(), hundredths()];
    let steps = [-10_000i64..10_000, -10_000..10_000, -10_000..10_000, -10_000..10_000, -10_000..10_000];
    runner(300)
        .run(&(sizes, steps, proptest::collection::vec(act(), 0..60)), |(sizes, steps, acts)| {
            let mut world = shortage(sizes, steps);
            let profits: Vec<i128> = (0..WINNERS).map(|winner| won(&world, winner)).collect();
            let before: Vec<u64> = (0..WINNERS).map(|winner| world.account(winner).balance.get()).collect();
            let (all, there_is) =
                (profits.iter().sum::<i128>(), i128::from(world.market(SOL_PERP).ledger.backing.get()));
            for act in acts {
                take(&mut world, act);
            }
            // Whoever has not yet closed does, and everything is paid out.
            for winner in 0..WINNERS {
                take(&mut world, Act::Close { winner });
            }
            take(&mut world, Act::Fund);
            for winner in 0..WINNERS {
                take(&mut world, Act::Redeem { winner });
            }
            if there_is < all {
                short.set(short.get() + 1);
                least.set(least.get().min(u64::try_from(there_is * 100 / all).unwrap()));
            }
            for (winner, (profit, before)) in profits.into_iter().zip(before).enumerate() {
                let got = i128::from(world.account(winner).balance.get()) - i128::from(before);
                let fair = profit * there_is.min(all) / all;
                assert!(
                    (got - fair).abs() <= 1,
                    "winner {winner} got {got} of {fair}, his part of {there_is} of {all}"
                );
            }
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    assert!(short.get() >= 100 && least.get() < 90, "{} short, down to {} %", short.get(), least.get());
}

#[test]
fn claims_of_a_short_market_wait_for_all_but_a_hundredth_of_the_open_profit() {
    // 4950 and 4951 SOL of the winners' 9950 are noted; 49 of the 9950 are less than a hundredth of what is owed and may be passed over,
    // but not 101. Who is passed over has a claim as well, and what is funded later is all that it is paid from.
    for (small, passed_over) in [(10_100, false), (4_900, true)] {
        let mut world = shortage([495_000, 495_000, small, 0, 0].map(|size| size.max(1_000)), [0; WINNERS]);
        for winner in [0, 1, 3, 4] {
            take(&mut world, Act::SettleProfit { winner });
        }
        let funded = world.fund_claims(SOL_PERP);
        assert_eq!(funded.is_ok(), passed_over, "{funded:?}");
        if !passed_over {
            assert!(matches!(funded, Err(EngineError::ProfitsNotNoted { .. })), "{funded:?}");
            continue;
        }
        let before = world.account(2).balance.get();
        take(&mut world, Act::SettleProfit { winner: 2 });
        let _ = world.fund_claims(SOL_PERP);
        take(&mut world, Act::Redeem { winner: 2 });
        assert_eq!(world.account(2).balance.get(), before, "nothing was left for who was passed over");
    }
}
