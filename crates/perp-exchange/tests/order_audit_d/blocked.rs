//! Stops that do not fill since another order of the account, armed no later, cannot be executed by anybody.

use crate::venue::{below, bounded, cents, next_price, price, reducing, sol, Venue};
use perp_engine::operations::orders::{NewOrder, OrderOutcome};
use perp_engine::state::{OrderTrigger, Status, StatusAuthority, StatusOrder};
use perp_engine::units::SignedSize;
use perp_engine::EngineError;
use perp_exchange::Refusal;

const VICTIM: usize = 0;
const ATTACKER: usize = 1;
/// Buys 10 SOL at $248 or below, at no more than $248.
const ENTRY: usize = 0;
/// Sells all at $247 or below, at any price.
const STOP: usize = 1;
const ALL: SignedSize = SignedSize::new(i64::MIN);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// The one reading of that moment has a confidence of 0.52 %, which reduces and does not increase.
    Uncertain,
    /// The market is made to reduce only, three seconds after both were armed.
    ReduceOnly,
}

/// 100 SOL long at $250 with $2 000: liquidated near $237.6. The price falls to $246.90 at once, and by 24 cents a second from then on.
/// Whoever arms the entry too is the attacker, who liquidates as well. What both have at the end, and when the stop filled.
fn fall(trouble: Trouble, entry_armed: bool) -> (i128, i128, Option<i64>, Vec<String>) {
    let mut venue = Venue::sol(&[2_000, 10]);
    venue.trade(VICTIM, sol(100_000)).unwrap();
    venue.next(25_000);
    venue.place(VICTIM, &[bounded(below(24_800, sol(10_000)), 24_800), reducing(below(24_700, ALL))]).unwrap();
    let (mut filled_at, mut refusals, mut uncertain) = (None, Vec::new(), None);
    for second in 1..=60 {
        venue.next(24_690 - 24 * (second - 1));
        if trouble == Trouble::ReduceOnly && second == 4 {
            let order = StatusOrder { status: Status::ReduceOnly, seconds: 600, authority: StatusAuthority::RiskAdmin };
            venue.exchange.set_market_status(0, &order).unwrap();
        }
        if entry_armed {
            let _ = venue.arm(VICTIM, ENTRY);
        }
        let _ = venue.arm(VICTIM, STOP);
        let moment = venue.exchange.orders_of(VICTIM).unwrap().order(STOP).map(|it| it.fills_from.get() - venue.from);
        uncertain = uncertain.or(moment.ok().filter(|moment| *moment > 0));
        for slot in [ENTRY, STOP] {
            let Ok(order) = venue.exchange.orders_of(VICTIM).unwrap().order(slot).copied() else { continue };
            let at = order.fills_from.get() - venue.from;
            if order.fills_from.is_never() || at > venue.now() {
                continue;
            }
            let wide = trouble == Trouble::Uncertain && Some(at) == uncertain;
            venue.confidence[0] = if wide { (venue.said(0, at) / 10_000 * 52) as u64 } else { 0 };
            let result = venue.execute(VICTIM, slot);
            venue.confidence[0] = 0;
            match result {
                Ok(OrderOutcome::Filled(_)) if slot == STOP => filled_at = Some(second),
                Err(Refusal::Rule(error)) => refusals.push(std::format!("{second} {slot} {}", error.name())),
                _ => {}
            }
        }
        venue.liquidate(ATTACKER, VICTIM);
        venue.check();
    }
    (venue.worth(VICTIM), venue.worth(ATTACKER) - 10_000_000, filled_at, refusals)
}

#[test]
fn an_entry_that_nobody_can_execute_keeps_a_stop_for_five_seconds() {
    for trouble in [Trouble::Uncertain, Trouble::ReduceOnly] {
        let (alone, _, stopped, _) = fall(trouble, false);
        let (attacked, bounty, late, refusals) = fall(trouble, true);
        std::println!(
            "{trouble:?}: left {} stopped {stopped:?}; entry armed too: {} bounty {} stopped {late:?}",
            cents(alone),
            cents(attacked),
            cents(bounty)
        );
        assert_eq!(stopped, Some(12));
        // Five seconds later, at the same price; what a status keeps from filling is over.
        assert_eq!(late, Some(if trouble == Trouble::Uncertain { 17 } else { 12 }));
        assert!(alone - attacked < 20_000_000);
        assert_eq!(refusals.iter().any(|it| it.ends_with("EarlierOrderArmed")), trouble == Trouble::Uncertain);
    }
}

#[test]
fn one_wide_reading_keeps_what_was_armed_after_for_five_seconds() {
    // Half of it at $248, the rest at $247.70, which the next second meets. The reading of the first one's moment is wide: 2 %. The
    // second's is good, and there is one second left in which it may be handed in.
    let mut venue = Venue::sol(&[2_000, 10]);
    venue.trade(VICTIM, sol(100_000)).unwrap();
    venue.next(25_000);
    venue.place(VICTIM, &[reducing(below(24_800, sol(-50_000))), reducing(below(24_770, ALL))]).unwrap();
    venue.next(24_790);
    assert!(venue.arm(VICTIM, 0).unwrap());
    venue.next(24_766);
    assert!(venue.arm(VICTIM, 1).unwrap());
    let book = venue.exchange.orders_of(VICTIM).unwrap();
    let moments = [0, 1].map(|slot| book.order(slot).unwrap().fills_from.get() - venue.from);
    assert_eq!(moments[0] + 1, moments[1]);
    let (mut fills, mut price) = (Vec::new(), 24_766);
    while venue.now() < moments[1] + 16 {
        price -= 24;
        venue.next(price);
        if venue.now() < moments[1] {
            continue;
        }
        venue.confidence[0] = (venue.said(0, moments[0]) / 100 * 2) as u64;
        let first = venue.execute(VICTIM, 0).map(|_| ());
        venue.confidence[0] = 0;
        assert!(first.is_err());
        let blocked = Err(Refusal::Rule(EngineError::EarlierOrderArmed { place: 0 }));
        let mut tried = venue.clone();
        let second = tried.execute(VICTIM, 1);
        if venue.now() < moments[1] + 5 {
            assert_eq!(second.map(|_| ()), blocked);
        } else if second.is_ok() {
            fills.push(venue.now() - moments[1]);
        }
    }
    assert_eq!(fills.first(), Some(&5));
}

/// A feed of which every other reading has a confidence of 0.52 %, by the parity of its second.
fn flickering(venue: &mut Venue, cents: i64, uncertain: i64) {
    let second = venue.now() + 1;
    venue.confidence[0] = if second % 2 == uncertain { (cents * 1_000_000 / 10_000 * 52) as u64 } else { 0 };
    venue.next(cents);
}

#[test]
fn an_entry_armed_with_a_stop_keeps_it_for_five_seconds_while_the_feed_flickers() {
    let mut left = Vec::new();
    for entry_armed in [false, true] {
        let mut venue = Venue::sol(&[10_000, 10]);
        venue.trade(VICTIM, sol(100_000)).unwrap();
        venue.next(25_000);
        venue.place(VICTIM, &[bounded(below(24_800, sol(10_000)), 24_800), reducing(below(24_700, ALL))]).unwrap();
        let uncertain = venue.now() % 2;
        let mut filled_at = None;
        for second in 1..=600 {
            flickering(&mut venue, 24_650, uncertain);
            if entry_armed {
                let _ = venue.arm(VICTIM, ENTRY);
            }
            let _ = venue.arm(VICTIM, STOP);
            for slot in [ENTRY, STOP] {
                let Ok(order) = venue.exchange.orders_of(VICTIM).unwrap().order(slot).copied() else { continue };
                let at = order.fills_from.get() - venue.from;
                let now = venue.confidence[0];
                venue.confidence[0] = if at % 2 == uncertain { 24_650 * 1_000_000 / 10_000 * 52 } else { 0 };
                if let (STOP, Ok(OrderOutcome::Filled(_))) = (slot, venue.execute(VICTIM, slot)) {
                    filled_at.get_or_insert(second);
                }
                venue.confidence[0] = now;
            }
        }
        venue.check();
        left.push(filled_at);
    }
    std::println!("the stop fills in second {:?}, with the entry armed in {:?}", left[0], left[1]);
    assert_eq!(left, [Some(12), Some(17)]);
}

#[test]
fn finding_orders_out_of_their_bounds_armed_by_turns_keep_another_from_being_armed() {
    // $10 000. Four stop limits that a gap has passed, 600 SOL each, to be bought from $252 on at no more than $252.50; an entry of as many
    // from $255 on, at any price. The price is $256. Whoever keeps it out executes the armed one and arms the next in one transaction.
    let above = |cents: i64, size: i64| NewOrder {
        trigger: OrderTrigger::AtOrAbove,
        trigger_price: price(cents),
        ..next_price(sol(size))
    };
    let mut armed_at = Vec::new();
    for attacked in [false, true] {
        let mut venue = Venue::sol(&[10_000]);
        let limit = bounded(above(25_200, 600_000), 25_250);
        venue.place(VICTIM, &[limit, limit, limit, limit, above(25_500, 600_000)]).unwrap();
        let (mut entry_armed, mut transactions, mut refusals) = (None, 0, std::collections::BTreeMap::new());
        for second in 1..=600 {
            venue.next(25_600);
            if attacked {
                let mut tried = venue.clone();
                let armed = (0..4).any(|slot| tried.execute(VICTIM, slot) == Ok(OrderOutcome::Disarmed));
                let next = (0..4).any(|slot| tried.arm(VICTIM, slot).is_ok());
                if (armed || second == 1) && next {
                    venue = tried;
                    transactions += 1;
                }
            }
            // Keepers disarm what they can as well, and arm the entry once they can.
            for slot in 0..4 {
                let _ = venue.execute(VICTIM, slot);
            }
            match venue.arm(VICTIM, 4) {
                Ok(_) => {
                    entry_armed.get_or_insert(second);
                }
                Err(Refusal::Rule(error)) => *refusals.entry(error.name()).or_insert(0) += 1,
                Err(_) => {}
            }
            if entry_armed.is_some() {
                break;
            }
        }
        venue.check();
        std::println!(
            "attacked {attacked}: armed in second {entry_armed:?}, {transactions} transactions, {refusals:?}"
        );
        armed_at.push(entry_armed);
    }
    assert_eq!(armed_at, [Some(1), None]);
}

#[test]
fn finding_in_a_market_of_a_push_account_one_order_that_was_left_to_lapse_keeps_a_stop_from_filling_for_ever() {
    // Its one account holds the newest reading alone: an order fills in the very second of its reading, or never. 100 SOL long, a stop of all
    // at $247, and a limit of 10 SOL from $248 down at no less than $247.90 that the price has passed. The stranger arms the limit five
    // seconds before the stop is met, and then as often as he can. What it would only be disarmed by is left to lapse where nobody waits.
    const LIMIT: usize = 0;
    let mut filled = Vec::new();
    for (attacked, push) in [(false, true), (true, true), (true, false)] {
        let mut venue = Venue::new(&[(crate::venue::listed(2), 3_000_000)], &[10_000, 10]);
        venue.trade(VICTIM, sol(100_000)).unwrap();
        venue.next(25_000);
        let limit = reducing(bounded(below(24_800, sol(-10_000)), 24_790));
        venue.place(VICTIM, &[limit, reducing(below(24_700, ALL))]).unwrap();
        let (mut filled_at, mut armings, mut stops) = (None, 0, 0);
        for second in 1..=600 {
            venue.next(if second < 6 { 24_750 } else { 24_690 });
            if attacked {
                armings += i32::from(venue.arm(VICTIM, LIMIT).is_ok());
            }
            stops += i32::from(venue.arm(VICTIM, STOP).is_ok());
            let at = |venue: &Venue, slot: usize| {
                let order = venue.exchange.orders_of(VICTIM).unwrap().order(slot).copied().ok()?;
                let armed = order.is_armed(venue.exchange.clock.now).unwrap();
                armed.then_some(order.fills_from.get() - venue.from)
            };
            // Who fills the stop disarms the limit first, where he can have its reading.
            let waits = at(&venue, STOP).is_some();
            for slot in [LIMIT, STOP] {
                let there = at(&venue, slot).is_some_and(|at| if push { at == venue.now() } else { at <= venue.now() });
                if there && (slot == STOP || waits) {
                    if let (STOP, Ok(OrderOutcome::Filled(_))) = (slot, venue.execute(VICTIM, slot)) {
                        filled_at.get_or_insert(second);
                    }
                }
            }
        }
        venue.check();
        std::println!("attacked {attacked}, push {push}: filled in second {filled_at:?}, {armings} armings of the limit, {stops} of the stop");
        filled.push(filled_at);
    }
    assert_eq!(filled, [Some(9), None, Some(9)]);
}
