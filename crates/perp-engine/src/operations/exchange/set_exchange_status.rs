//! Setting a status, of the exchange or of a market.

use crate::error::EngineError;
use crate::state::{Status, StoredStatus};
use crate::units::Timestamp;

/// By which role a status is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusAuthority {
    /// Admin or risk admin: any status, without end.
    RiskAdmin,
    /// Guardian: a stricter one, for at most a day.
    Guardian,
}

/// The status as that role may set it.
///
/// # Errors
/// [`EngineError::GuardianOnlyTightens`], [`EngineError::GuardianMustWait`].
pub fn permitted_status(
    stored: &StoredStatus,
    wanted: Status,
    authority: StatusAuthority,
    now: Timestamp,
) -> Result<StoredStatus, EngineError> {
    match authority {
        StatusAuthority::RiskAdmin => Ok(StoredStatus::permanent(wanted)),
        StatusAuthority::Guardian => stored.restricted(wanted, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::EngineError;
    use crate::fixtures::at;

    #[test]
    fn a_risk_admin_sets_any_status_without_end_and_a_guardian_a_stricter_one_for_a_day() {
        let stored = StoredStatus::permanent(Status::ReduceOnly);
        let now = at(0).now;
        for wanted in [Status::Active, Status::ReduceOnly, Status::Paused] {
            let set = permitted_status(&stored, wanted, StatusAuthority::RiskAdmin, now);
            assert_eq!(set, Ok(StoredStatus::permanent(wanted)));
        }
        let set = |wanted| permitted_status(&stored, wanted, StatusAuthority::Guardian, now);
        assert_eq!(set(Status::Active), Err(EngineError::GuardianOnlyTightens));
        assert_eq!(set(Status::ReduceOnly), Err(EngineError::GuardianOnlyTightens));
        let paused = set(Status::Paused).unwrap();
        assert_eq!(paused.in_force(at(86_399).now), Status::Paused);
        assert_eq!(paused.in_force(at(86_400).now), Status::ReduceOnly);
    }

    #[test]
    fn a_risk_admin_ends_a_guardians_pause() {
        let stored = StoredStatus::permanent(Status::Active);
        let paused = permitted_status(&stored, Status::Paused, StatusAuthority::Guardian, at(0).now).unwrap();
        let lifted = permitted_status(&paused, Status::Active, StatusAuthority::RiskAdmin, at(60).now);
        assert_eq!(lifted, Ok(StoredStatus::permanent(Status::Active)));
    }
}
