//! Setting where a market's backing is moved to.

use crate::error::EngineError;
use crate::units::Atoms;

/// The target a market's backing is moved to, where it is an amount.
///
/// # Errors
/// [`EngineError::Overflow`] above 2^62 atoms.
pub fn plan_set_backing_target(target: Atoms) -> Result<Atoms, EngineError> {
    target.in_range()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::MAX_ATOMS;

    #[test]
    fn a_target_is_any_amount_there_can_be() {
        for target in [0, 1, MAX_ATOMS] {
            assert_eq!(plan_set_backing_target(Atoms::new(target)), Ok(Atoms::new(target)));
        }
        for beyond in [MAX_ATOMS + 1, u64::MAX] {
            assert_eq!(plan_set_backing_target(Atoms::new(beyond)), Err(EngineError::Overflow));
        }
    }
}
