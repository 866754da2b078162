//! What instructions may take, in compute units: the budgets that the tests hold the compiled program to.

use super::budgets::BUDGETS;

#[cfg(test)]
mod tests;

/// What an instruction that has no budget may take: the runtime's own default.
const UNKNOWN: u32 = 200_000;

/// The budget of an instruction, named as in the IDL, of an account with so many positions; between two counts that were measured
/// in proportion, rounded up. The runtime's default where there is none.
pub fn compute_units(instruction: &str, positions: usize) -> u32 {
    let Ok(place) = BUDGETS.binary_search_by_key(&instruction, |(name, _)| name) else { return UNKNOWN };
    let measured = BUDGETS[place].1;
    let positions = u32::try_from(positions).unwrap_or(u32::MAX);
    let Some(above) = measured.iter().position(|(count, _)| *count >= positions) else {
        // More positions than an account has.
        return measured.last().map_or(UNKNOWN, |(_, units)| *units);
    };
    let (upper_count, upper) = measured[above];
    match above.checked_sub(1).map(|below| measured[below]) {
        Some((count, units)) if upper_count > count => {
            units + ((upper - units) * (positions - count)).div_ceil(upper_count - count)
        }
        _ => upper,
    }
}

/// The limit to set for so many units: an eighth more, for states that nobody measured.
pub(super) const fn with_headroom(units: u32) -> u32 {
    units.saturating_add(units / 8)
}
