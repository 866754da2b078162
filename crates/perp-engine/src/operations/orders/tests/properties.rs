//! What holds whatever anybody does.

use super::*;
use crate::invariants::{check_invariants, total_cash, ExchangeView};
use crate::state::Pool;
use crate::units::products::notional;
use proptest::prelude::*;

/// One reading of a feed: seconds, dollars, confidence in ppm.
type Print = (i64, i64, u64);

/// The readings of a feed, each with its predecessor's time.
fn feed(prints: &[Print]) -> Vec<OracleReading> {
    let mut previous = -1;
    let readings = prints.iter().map(|(seconds, dollars, ppm)| {
        let confidence = u64::try_from(dollars * FEED).unwrap() / 1_000_000 * ppm;
        let reading = reading(dollars * FEED, confidence, *seconds).with_previous(at(previous).now.get());
        previous = *seconds;
        reading
    });
    readings.collect()
}

extern crate std;
use std::vec::Vec;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whoever hands whichever readings in, in whatever order: an order armed at 0 s fills at the first reading of 3 s or later, and at
    /// no other. Where that is too wide or too late it fills at none.
    #[test]
    fn no_hand_in_changes_the_price_of_an_armed_order(
        steps in prop::collection::vec((0i64..5, 200i64..300, prop_oneof![4 => Just(0u64), 1 => 0u64..30_000]), 1..20),
        moves in prop::collection::vec((0i64..4, any::<prop::sample::Index>(), any::<bool>()), 1..40),
    ) {
        let mut seconds = 0;
        let prints: Vec<Print> = steps.into_iter().map(|(step, dollars, ppm)| { seconds += step; (seconds, dollars, ppm) }).collect();
        let readings = feed(&prints);
        let due = prints.iter().position(|(seconds, ..)| *seconds >= 3);
        let mut world = World::with(1_000_000);
        world.place(0, &[next_price(sol(10))]).unwrap();
        let mut now = 0;
        for (step, index, executes) in moves {
            now += step;
            let reading = readings[index.index(readings.len())];
            if !executes {
                world.post(reading, now);
                continue;
            }
            let Ok((OrderOutcome::Filled(plan), _)) = world.execute(now, 0, reading) else { continue };
            let (published, dollars, _) = prints[due.unwrap()];
            prop_assert!(published <= 13 && now <= 18);
            prop_assert_eq!(reading, readings[due.unwrap()]);
            let expected = notional(Size::new(10 * SOL), price(u64::try_from(dollars).unwrap())).unwrap();
            prop_assert_eq!(plan.fill.index_notional, expected);
            break;
        }
        // Whatever was handed in before, the one reading still fills it, where it is certain enough.
        let Some((published, _, ppm)) = due.map(|due| prints[due]) else { return Ok(()) };
        if !world.book.is_empty() && published <= 13 && ppm < 5_000 && now <= 18 {
            let reading = readings[due.unwrap()];
            let known = world.market.price.clock_distrusted_until.is_never() && now.max(published) <= 18;
            let filled = known.then(|| world.execute(now.max(published), 0, reading));
            prop_assert!(filled.is_none_or(|filled| filled.is_ok()));
        }
    }

    /// Tips and what goes home are all that was paid; every atom of cash stays; what only reduces never increases or flips; and as long
    /// as an order that may increase is armed nothing is withdrawn.
    #[test]
    fn any_sequence_conserves_lamports_and_atoms(
        balance in 200u64..20_000,
        moves in prop::collection::vec((0u8..8, 0usize..6, 0i64..25, 225i64..275, -20i64..20), 1..60),
    ) {
        let mut world = World::with(balance);
        let pool = Pool::zeroed();
        let vault = total_cash(&view(&world, &pool, Atoms::ZERO)).unwrap();
        let (mut seconds, mut paid, mut out) = (1, 0u64, 0u64);
        for (kind, slot, step, dollar, amount) in moves {
            seconds += step;
            let at_price = u64::try_from(dollar).unwrap();
            match kind {
                0 | 1 => {
                    let size = if amount == 0 { sol(1) } else { sol(amount) };
                    let back = base(-size.get());
                    let tip = TIP + u64::try_from(dollar).unwrap();
                    let orders = [
                        NewOrder { group: u8::from(dollar % 2 == 0), lamports: tip, ..below(at_price, size) },
                        NewOrder { group: 2, parent: Some(0), ..reducing(above(at_price + 10, back)) },
                        NewOrder { trigger_price: Price::ZERO, trailing: Ppm::new(20_000), group: 2, parent: Some(0), ..reducing(below(1, back)) },
                        NewOrder { slices: 3, seconds_between: 60, lamports: 3 * tip, active_from: at(seconds + 5).now, ..next_price(size) },
                        reducing(next_price(back)),
                        next_price(size),
                    ];
                    let chosen = if kind == 0 { &orders[..3] } else { &orders[slot.max(3)..slot.max(3) + 1] };
                    if let Ok(plan) = world.replace(seconds, if step == 3 { &[0] } else { &[] }, chosen) {
                        paid += plan.paid;
                        out += plan.returned;
                    }
                }
                2 => out += world.cancel(seconds, slot).unwrap_or(0),
                3 => out += world.sweep(seconds, slot).unwrap_or(0),
                4 => { let _ = world.trade(seconds, sol(amount)); }
                5 => { let _ = world.arm(seconds, slot, Some(dollars(dollar, seconds))); }
                _ => {
                    let Ok(order) = world.book.order(slot).copied() else { continue };
                    let published = order.fills_from.get() - at(0).now.get();
                    if order.fills_from.is_never() || published > seconds + 2 { continue }
                    let newest = world.market.price.published.get() - at(0).now.get();
                    let before = world.account.positions[0].size;
                    if let Ok((outcome, lamports)) = world.execute(seconds, slot, dollars(dollar, published)) {
                        out += lamports.tip + lamports.returned;
                        let after = world.account.positions[0].size;
                        let reduced = after.size() <= before.size() && (after.is_zero() || after.side() == before.side());
                        prop_assert!(!order.is_reduce_only() || reduced, "{before:?} {after:?}");
                        if let OrderOutcome::Forfeited { paid } = outcome {
                            // It is shown while it is the newest price.
                            prop_assert!(!order.is_reduce_only() && (paid.is_zero() || published < newest));
                        }
                    }
                }
            }
            prop_assert_eq!(paid, out + world.book.lamports().unwrap());
            prop_assert_eq!(check_invariants(&view(&world, &pool, vault)), Ok(()));
            let armed = |order: &RestingOrder| !order.is_reduce_only() && order.is_armed(at(seconds).now).unwrap();
            if world.book.orders.iter().any(armed) {
                prop_assert!(world.account.require_not_armed(at(seconds).now).is_err());
            }
        }
    }

    /// A trade is what it is without resting orders.
    #[test]
    fn a_trade_is_not_affected_by_resting_orders(amount in -50i64..50, held in -20i64..20, dollar in 240u64..260) {
        let mut world = World::with(20_000);
        let _ = world.trade(0, sol(held));
        let mut resting = world;
        let _ = resting.place(1, &[below(dollar, sol(3)), above(dollar, sol(-3))]);
        let _ = resting.place(1, &[reducing(below(dollar, sol(-1)))]);
        // Funding accrues as often.
        world.planned(1, None, |_, _, _| ());
        world.planned(1, None, |_, _, _| ());
        prop_assert_eq!(resting.trade(2, sol(amount)), world.trade(2, sol(amount)));
    }
}

fn view<'a>(world: &'a World, pool: &'a Pool, vault: Atoms) -> ExchangeView<'a> {
    let (accounts, markets) = (core::slice::from_ref(&world.account), core::slice::from_ref(&world.market));
    ExchangeView { accounts, markets, pool, vault, donated: Atoms::ZERO }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whoever hands an order in, and whatever keeps it from being filled: its owner has at most what the fill would have left, marked at the
    /// market's newest price, without its fee; and at least what it would have left of an account that could pay all of its loss.
    #[test]
    fn attack_keeping_an_armed_order_from_filling_gains_nothing(
        size in prop_oneof![-100i64..-1, 1i64..100],
        [fill, newest] in [200i64..300, 200i64..300],
        cap in 0u64..2,
    ) {
        let mut world = World::with(1_700);
        prop_assume!(world.place(0, &[next_price(sol(size))]).is_ok());
        world.post(dollars(fill, 3), 3);
        world.post(dollars(newest, 5), 5);
        let [mut rich, mut kept] = [world; 2];
        rich.account.balance = usdc(100_000);
        let filled = rich.filled(5, 0, dollars(fill, 3));
        if cap == 0 {
            kept.market.parameters.open_interest_cap = Size::new(1);
        }
        let outcome = kept.execute(5, 0, dollars(fill, 3)).unwrap().0;
        if let OrderOutcome::Forfeited { paid } = outcome {
            let marked = filled.after.equity.get() + i64::try_from(filled.fill.fee.get()).unwrap() - 100_000_000_000;
            let lost = i64::try_from(paid.get()).unwrap();
            prop_assert!(-lost <= marked.max(0) && (paid == usdc(1_700) || lost <= (-marked).max(0) + 2), "{marked} {lost}");
        } else {
            prop_assert!(cap == 1);
        }
    }
}
