//! What acts at once: making it harder to increase, and nothing else.

use crate::error::EngineError;
use crate::market::Ready;
use crate::state::{Market, Parameters};
use crate::units::{Ppm, Size};

/// What is to be lower than it is. Each number is at most what it replaces; one that is the same stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tightening {
    /// Largest open interest of a side.
    pub open_interest_cap: Size,
    /// Open interest at which the initial margin starts to rise.
    pub open_interest_low: Size,
    /// Widest confidence at which positions may increase.
    pub max_confidence_to_increase: Ppm,
}

impl Tightening {
    /// What the parameters say of it.
    pub const fn of(parameters: &Parameters) -> Self {
        Self {
            open_interest_cap: parameters.open_interest_cap,
            open_interest_low: parameters.open_interest_low,
            max_confidence_to_increase: parameters.max_confidence_to_increase,
        }
    }
}

/// The market's parameters after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TighteningPlan {
    /// The parameters in force from now on.
    pub parameters: Parameters,
    /// Changes of the market's parameters with this one: what was proposed for those before is outdated.
    pub parameter_changes: u64,
}

impl TighteningPlan {
    /// Stores the plan.
    pub fn apply(&self, market: &mut Ready<'_>) {
        let state = market.market_mut();
        state.parameters = self.parameters;
        state.parameter_changes = self.parameter_changes;
    }
}

/// Plans a tightening. Nothing of it enters the equity or the maintenance margin of a position; a cap lowered raises the carry to what
/// the market was listed with at most.
///
/// # Errors
/// [`EngineError::NotATightening`], [`EngineError::NothingToChange`], [`EngineError::MarketParameters`].
pub fn plan_tighten_market(market: &Market, to: &Tightening) -> Result<TighteningPlan, EngineError> {
    let from = Tightening::of(&market.parameters);
    let Tightening { open_interest_cap, open_interest_low, max_confidence_to_increase } = *to;
    let tightens = open_interest_cap <= from.open_interest_cap
        && open_interest_low <= from.open_interest_low
        && max_confidence_to_increase <= from.max_confidence_to_increase;
    if !tightens {
        return Err(EngineError::NotATightening);
    }
    if *to == from {
        return Err(EngineError::NothingToChange);
    }
    let parameters =
        Parameters { open_interest_cap, open_interest_low, max_confidence_to_increase, ..market.parameters };
    parameters.validate()?;
    let parameter_changes = market.parameter_changes.checked_add(1).ok_or(EngineError::Overflow)?;
    Ok(TighteningPlan { parameters, parameter_changes })
}
