use super::*;
use crate::fixtures::pool_parameters;
use crate::units::{Atoms, Ppm};

#[test]
fn attack_no_decision_keeps_providers_in_until_what_they_flee_has_come() {
    let now = pool_parameters();
    let refused = |rule| Err(EngineError::PoolChange { rule });
    assert_eq!(check_pool_change(&now, &PoolParameters { withdrawal_notice: 86_401, ..now }), {
        refused(PoolChangeRule::Notice)
    });
    assert_eq!(
        check_pool_change(&now, &PoolParameters { epoch_seconds: 7_200, ..now }),
        refused(PoolChangeRule::Epochs)
    );
    let whole = PoolParameters { shared_draw_share: Ppm::new(100_001), ..now };
    assert_eq!(check_pool_change(&now, &whole), refused(PoolChangeRule::SharedDraw));
    let often = PoolParameters { shared_draw_window: 3_600, ..now };
    assert_eq!(check_pool_change(&now, &often), refused(PoolChangeRule::SharedDraw));
    assert_eq!(check_pool_change(&now, &now), Err(EngineError::NothingToChange));
    let allowed = PoolParameters {
        minimum_request: Atoms::new(20_000_000),
        withdrawal_notice: 43_200,
        deposit_notice: 3_600,
        queue_fee: Ppm::new(100),
        hysteresis: Ppm::new(20_000),
        shared_draw_share: Ppm::new(50_000),
        ..now
    };
    assert_eq!(check_pool_change(&now, &allowed), Ok(()));
}
