//! What a run came to.

use crate::venue::BadDebt;
use serde::{Deserialize, Serialize};

/// The numbers of a run, amounts in dollars.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Positions opened after the beginning.
    pub opened: u64,
    /// Positions that traders wanted and the rules refused.
    pub refused: u64,
    /// Positions liquidated, in part or whole, each once.
    pub liquidated: u64,
    /// Notional that liquidations closed.
    pub liquidated_notional: f64,
    /// What of it was above its margin again within the hour and not bankrupt before.
    pub recovered_notional: f64,
    /// Liquidations of accounts that were above their margin with everything promised to them at its face.
    pub early: u64,
    /// Bad debt that the market's own insurance paid.
    pub own_insurance: f64,
    /// Bad debt that the shared insurance paid.
    pub shared_insurance: f64,
    /// Bad debt that was written off, and so paid by the backing.
    pub written_off: f64,
    /// Most claims without cash at a time.
    pub claims: f64,
    /// Least `assets / liabilities` of what the market can bear.
    pub coverage: f64,
    /// Change of the value of what the providers hold.
    pub providers: f64,
    /// The same less the mark to market of the skew: of providers who hedge it.
    pub providers_hedged: f64,
    /// Longest time an account was below its margin and not liquidated, in seconds.
    pub longest_below: i64,
    /// Cash collateral as a part of notional, mean over the hours of the run.
    pub margin: f64,
}

impl Outcome {
    /// Bad debt, whoever paid it.
    pub fn bad_debt(&self) -> f64 {
        self.own_insurance + self.shared_insurance + self.written_off
    }

    pub(crate) fn bear(&mut self, debt: BadDebt) {
        self.own_insurance += debt.own_insurance;
        self.shared_insurance += debt.shared_insurance;
        self.written_off += debt.written_off;
    }

    /// To the cent, and shares to a millionth: what is left is noise of adding up.
    pub(crate) fn rounded(self) -> Self {
        let cents = |dollars: f64| (dollars * 100.0).round() / 100.0;
        let millionths = |share: f64| (share * 1e6).round() / 1e6;
        Self {
            liquidated_notional: cents(self.liquidated_notional),
            recovered_notional: cents(self.recovered_notional),
            own_insurance: cents(self.own_insurance),
            shared_insurance: cents(self.shared_insurance),
            written_off: cents(self.written_off),
            claims: cents(self.claims),
            coverage: millionths(self.coverage),
            providers: cents(self.providers),
            providers_hedged: cents(self.providers_hedged),
            margin: millionths(self.margin),
            ..self
        }
    }
}
