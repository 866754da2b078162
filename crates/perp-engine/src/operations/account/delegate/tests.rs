use super::*;
use crate::fixtures::{at, base, usdc, SOL};
use crate::state::{OrderTrigger, RestingOrder};
use crate::units::{Atoms, Ppm, Price, Timestamp, MAX_ATOMS};
use bytemuck::Zeroable;

fn limits() -> DelegateLimits {
    DelegateLimits { expires: at(60).now, markets: 0b1, limited: 1, ..DelegateLimits::default() }
}

fn order(reduce_only: bool) -> NewOrder {
    NewOrder {
        size: base(SOL as i64),
        trigger: OrderTrigger::AtTime,
        trigger_price: Price::ZERO,
        trailing: Ppm::ZERO,
        acceptable_price: Price::new(u64::MAX),
        reduce_only,
        active_from: Timestamp::NEVER,
        expires: Timestamp::NEVER,
        slices: 1,
        seconds_between: 0,
        group: 0,
        parent: None,
        lamports: 40_000,
    }
}

#[test]
fn limits_are_amounts_and_flags() {
    assert_eq!(plan_delegate_limits(&limits()), Ok(limits()));
    for wrong in [
        DelegateLimits { largest_notional: Atoms::new(MAX_ATOMS + 1), ..limits() },
        DelegateLimits { equity_floor: Atoms::new(u64::MAX), ..limits() },
        DelegateLimits { limited: 2, ..limits() },
        DelegateLimits { reduce_only: 2, ..limits() },
        DelegateLimits { padding: [0, 0, 0, 0, 0, 1], ..limits() },
    ] {
        assert_eq!(plan_delegate_limits(&wrong), Err(EngineError::Overflow));
    }
    assert_eq!(
        plan_delegate_limits(&DelegateLimits { equity_floor: usdc(1), ..limits() }).unwrap().equity_floor,
        usdc(1)
    );
}

#[test]
fn attack_a_delegate_leaves_no_order_that_would_open_something_later() {
    let book = OrderBook::zeroed();
    let now = at(0).now;
    let place = |limits: &DelegateLimits, market, orders: &[NewOrder]| {
        check_delegated_orders(limits, &book, market, &[], orders, now)
    };
    assert_eq!(place(&limits(), 0, &[order(true)]), Ok(()));
    assert_eq!(place(&limits(), 0, &[order(true), order(false)]), Err(EngineError::DelegateReducesOnly));
    assert_eq!(place(&limits(), 1, &[order(true)]), Err(EngineError::DelegateMarket { market: 1 }));
    assert_eq!(place(&DelegateLimits::default(), 1, &[order(false)]), Ok(()));
    let late = check_delegated_orders(&limits(), &book, 0, &[], &[], at(60).now);
    assert_eq!(late, Err(EngineError::DelegateExpired { at: at(60).now.get() }));
}

#[test]
fn attack_a_delegate_cancels_no_order_of_another_market() {
    let mut book = OrderBook::zeroed();
    book.orders[3] = RestingOrder { slices: 1, market: 1, ..RestingOrder::zeroed() };
    let cancel = |limits: &DelegateLimits| check_delegated_orders(limits, &book, 0, &[3, 4, 99], &[], at(0).now);
    assert_eq!(cancel(&limits()), Err(EngineError::DelegateMarket { market: 1 }));
    assert_eq!(cancel(&DelegateLimits { markets: 0b11, ..limits() }), Ok(()));
}
