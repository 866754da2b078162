//! The jobs of a keeper, by the names under which they are switched on.

use clap::ValueEnum;
use perp_client::jobs::{Job, Task};
use serde::{Deserialize, Serialize};

/// A kind of job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Posts signed prices, takes posted ones in, and proves silences of feeds
    Prices,
    /// Liquidates accounts
    Liquidate,
    /// Arms resting orders that are met, fills them at the reading of their moment, takes dead ones out
    Orders,
    /// Settles profits before boundaries, losers after a crash, and what is owed
    Settle,
    /// Values markets at a boundary, closes epochs, pays liquidity requests
    Epochs,
    /// Accrues funding
    Funding,
    /// Ends what bankrupt accounts owe
    Bankruptcies,
    /// Funds and redeems claims
    Claims,
    /// Reports dead oracles, ends their markets, and undoes ends of those that lived
    Outages,
    /// Moves backing towards the markets' targets
    Backing,
}

impl Kind {
    /// All of them.
    pub fn all() -> Vec<Self> {
        Self::value_variants().to_vec()
    }

    /// The kind of a job.
    pub const fn of(job: &Job) -> Self {
        match job.task {
            Task::Liquidate { .. } => Self::Liquidate,
            Task::ArmOrder { .. } | Task::ExecuteOrder { .. } | Task::SweepOrder { .. } => Self::Orders,
            Task::SettlePnl { .. } | Task::SettleFunding { .. } => Self::Settle,
            Task::FundClaims { .. } | Task::RedeemClaim { .. } => Self::Claims,
            Task::ResolveBankruptcy { .. } => Self::Bankruptcies,
            Task::AllocateBacking { .. } => Self::Backing,
            Task::ValueMarket { .. } | Task::CloseEpoch { .. } | Task::PayRequest { .. } => Self::Epochs,
            Task::UpdateFunding { .. } => Self::Funding,
            Task::UpdatePrices { .. } | Task::UpdateSecondPrice { .. } | Task::ProveSilence { .. } => Self::Prices,
            Task::ReportOutage { .. } | Task::BeginSettlement { .. } | Task::UndoSettlement { .. } => Self::Outages,
        }
    }

    /// Its name, as in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prices => "prices",
            Self::Liquidate => "liquidate",
            Self::Orders => "orders",
            Self::Settle => "settle",
            Self::Epochs => "epochs",
            Self::Funding => "funding",
            Self::Bankruptcies => "bankruptcies",
            Self::Claims => "claims",
            Self::Outages => "outages",
            Self::Backing => "backing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_name_everywhere() {
        for kind in Kind::all() {
            assert_eq!(kind.to_possible_value().unwrap().get_name(), kind.name());
            #[derive(Deserialize)]
            struct Jobs {
                jobs: Vec<Kind>,
            }
            let read: Jobs = toml::from_str(&format!("jobs = [\"{}\"]", kind.name())).unwrap();
            assert_eq!(read.jobs, [kind]);
        }
    }
}
