extern crate std;

use super::*;
use crate::fixtures::pool_parameters;
use crate::units::Atoms;
use std::vec::Vec;

/// The pool's parameters changed by `change` break `rule` first.
#[track_caller]
fn breaks(rule: PoolRule, change: impl FnOnce(&mut PoolParameters)) {
    let mut parameters = pool_parameters();
    change(&mut parameters);
    assert_eq!(parameters.validate(), Err(EngineError::PoolParameters { rule }));
}

#[track_caller]
fn holds(change: impl FnOnce(&mut PoolParameters)) {
    let mut parameters = pool_parameters();
    change(&mut parameters);
    assert_eq!(parameters.validate(), Ok(()));
}

#[test]
fn the_starting_numbers_agree_with_each_other() {
    holds(|_| {});
}

#[test]
fn the_smallest_request_is_worth_more_than_the_dead_shares() {
    breaks(PoolRule::MinimumRequest, |p| p.minimum_request = Atoms::new(10_000));
    holds(|p| p.minimum_request = Atoms::new(10_001));
}

#[test]
fn boundaries_are_ten_minutes_to_a_day_apart() {
    breaks(PoolRule::Epochs, |p| p.epoch_seconds = 599);
    // A withdrawal's notice of a day is 144 epochs of ten minutes.
    breaks(PoolRule::Notices, |p| p.epoch_seconds = 600);
    holds(|p| (p.epoch_seconds, p.withdrawal_notice) = (600, 600));
    holds(|p| p.epoch_seconds = 86_400);
    breaks(PoolRule::Epochs, |p| p.epoch_seconds = 86_401);
}

#[test]
fn notices_are_longer_than_any_publish_time_may_be_ahead_and_within_the_queue() {
    // 10 s of tolerance and 50 s more; 30 · 3600 s.
    for set in [|p: &mut PoolParameters, s| p.deposit_notice = s, |p: &mut PoolParameters, s| p.withdrawal_notice = s] {
        breaks(PoolRule::Notices, |p| set(p, 59));
        holds(|p| set(p, 60));
        holds(|p| set(p, 108_000));
        breaks(PoolRule::Notices, |p| set(p, 108_001));
    }
    // Thirty of the longest and of the shortest epochs.
    holds(|p| (p.epoch_seconds, p.withdrawal_notice) = (86_400, 2_592_000));
    breaks(PoolRule::Notices, |p| (p.epoch_seconds, p.withdrawal_notice) = (86_400, 2_592_001));
    breaks(PoolRule::Notices, |p| (p.epoch_seconds, p.withdrawal_notice) = (600, 18_001));
}

#[test]
fn what_settling_costs_is_at_most_a_thousandth() {
    holds(|p| p.queue_fee = Ppm::ZERO);
    holds(|p| p.queue_fee = Ppm::new(1_000));
    breaks(PoolRule::QueueFee, |p| p.queue_fee = Ppm::new(1_001));
}

#[test]
fn the_hysteresis_and_the_shared_draw_are_shares_and_the_window_an_hour_to_a_month() {
    holds(|p| p.hysteresis = Ppm::ONE);
    breaks(PoolRule::Hysteresis, |p| p.hysteresis = Ppm::new(1_000_001));
    holds(|p| p.shared_draw_share = Ppm::ONE);
    breaks(PoolRule::SharedDraw, |p| p.shared_draw_share = Ppm::new(1_000_001));
    breaks(PoolRule::SharedDraw, |p| p.shared_draw_window = 3_599);
    holds(|p| p.shared_draw_window = 3_600);
    holds(|p| p.shared_draw_window = 2_592_000);
    breaks(PoolRule::SharedDraw, |p| p.shared_draw_window = 2_592_001);
}

#[test]
fn reserved_bytes_are_zero() {
    breaks(PoolRule::Reserved, |p| p.padding = 1);
    breaks(PoolRule::Reserved, |p| p.reserved[3] = 1);
}

/// Every parameter by name, with the rules that its largest and its smallest value break.
fn extremes() -> Vec<(&'static str, [Option<PoolRule>; 2])> {
    macro_rules! each {
        ($($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
            std::vec![$({
                let with = |byte| {
                    let mut parameters = pool_parameters();
                    bytemuck::bytes_of_mut(&mut parameters.$field).fill(byte);
                    match parameters.validate() {
                        Ok(()) => None,
                        Err(EngineError::PoolParameters { rule }) => Some(rule),
                        Err(other) => panic!("{other:?}"),
                    }
                };
                (stringify!($field), [with(u8::MAX), with(0)])
            },)+]
        };
    }
    crate::pool_parameters!(each)
}

#[test]
fn every_parameter_is_bounded_by_a_rule() {
    use PoolRule::{Epochs, Hysteresis, MinimumRequest, Notices, QueueFee, SharedDraw};
    // A smallest request may be as large as one likes; a fee, a hysteresis and a draw may be zero.
    let expected = [
        ("minimum_request", [None, Some(MinimumRequest)]),
        ("epoch_seconds", [Some(Epochs); 2]),
        ("deposit_notice", [Some(Notices); 2]),
        ("withdrawal_notice", [Some(Notices); 2]),
        ("queue_fee", [Some(QueueFee), None]),
        ("hysteresis", [Some(Hysteresis), None]),
        ("shared_draw_share", [Some(SharedDraw), None]),
        ("shared_draw_window", [Some(SharedDraw); 2]),
    ];
    assert_eq!(extremes(), expected);
}
