use super::*;
use crate::fixtures::{at, restricted_until, session, sol_market};
use StatusAuthority::{Guardian, RiskAdmin};

fn order(status: Status, seconds: u32, authority: StatusAuthority) -> StatusOrder {
    StatusOrder { status, seconds, authority }
}

/// The market once the status is set, so many seconds later.
fn set(market: &Market, order: &StatusOrder, seconds_later: i64) -> Result<Market, EngineError> {
    let mut after = *market;
    let restriction = plan_market_status(market, order, at(seconds_later).now)?;
    apply_market_status(&mut after.refresh(None, &session(Status::Active, at(seconds_later))).unwrap(), restriction);
    Ok(after)
}

#[test]
fn reduce_only_ends_by_itself_or_is_lifted_and_touches_nothing_else() {
    let market = sol_market();
    let limited = set(&market, &order(Status::ReduceOnly, 600, RiskAdmin), 0).unwrap();
    assert_eq!(limited.own_status(at(599).now), Status::ReduceOnly);
    assert_eq!(limited.own_status(at(600).now), Status::Active);
    assert_eq!(Market { reduce_only: market.reduce_only, ..limited }, market);
    let lifted = set(&limited, &order(Status::Active, 0, RiskAdmin), 10).unwrap();
    assert_eq!(lifted.own_status(at(10).now), Status::Active);
}

#[test]
fn nobody_pauses_a_market() {
    for authority in [RiskAdmin, Guardian] {
        let refused = plan_market_status(&sol_market(), &order(Status::Paused, 1, authority), at(0).now);
        assert_eq!(refused, Err(EngineError::MarketsDoNotPause));
    }
}

#[test]
fn a_guardian_neither_lifts_nor_shortens() {
    let limited = Market { reduce_only: restricted_until(600), ..sol_market() };
    for (status, seconds) in [(Status::Active, 0), (Status::ReduceOnly, 0), (Status::ReduceOnly, 600)] {
        let refused = plan_market_status(&limited, &order(status, seconds, Guardian), at(0).now);
        assert_eq!(refused, Err(EngineError::GuardianOnlyTightens));
    }
    let prolonged = set(&limited, &order(Status::ReduceOnly, 18_000, Guardian), 0).unwrap();
    assert_eq!(prolonged.reduce_only.until, at(18_000).now);
    // Beyond half of it the guardian's allowance does not reach: 36 000 / 2.
    let refused = plan_market_status(&sol_market(), &order(Status::ReduceOnly, 18_001, Guardian), at(0).now);
    assert_eq!(refused, Err(EngineError::StatusAllowance { wanted: 18_001, left: 18_000, ready: 0 }));
}
