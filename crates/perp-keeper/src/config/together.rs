//! All settings together: their defaults, and which do not go with which.

use super::{Alerts, Config, ConfigError, Fees, Http, Log, Pace, Problems, Wallet};
use crate::job::Kind;

impl Config {
    /// The defaults, with nothing where there is none.
    pub(super) fn bare() -> Self {
        Self {
            rpc_url: String::new(),
            websocket_url: String::new(),
            geyser_url: None,
            geyser_token: None,
            exchange: String::new(),
            keypairs: Vec::new(),
            sub_account: 0,
            prices_url: None,
            lookup_tables: Vec::new(),
            jobs: Kind::all(),
            unpaid: false,
            fees: Fees::default(),
            pace: Pace::default(),
            wallet: Wallet::default(),
            alerts: Alerts::default(),
            http: Http::default(),
            log: Log::default(),
        }
    }

    /// What is wrong with settings that go together.
    pub(super) fn check_together(&self) -> Result<(), Problems> {
        let mut problems = Vec::new();
        let mut at_least = |larger: (&str, u64), smaller: (&str, u64)| {
            if larger.1 < smaller.1 {
                let text =
                    format!("{} is {}, and must be at least {}, which is {}", larger.0, larger.1, smaller.0, smaller.1);
                problems.push(ConfigError::Together(text));
            }
        };
        let (fees, pace, wallet) = (&self.fees, &self.pace, &self.wallet);
        at_least(
            ("fees.most_lamports_an_hour", fees.most_lamports_an_hour),
            ("fees.most_lamports", fees.most_lamports),
        );
        at_least(("pace.most_backoff_ms", pace.most_backoff_ms), ("pace.backoff_ms", pace.backoff_ms));
        at_least(("wallet.resume_lamports", wallet.resume_lamports), ("wallet.floor_lamports", wallet.floor_lamports));
        if self.geyser_url.is_some() && cfg!(not(feature = "geyser")) {
            problems.push(ConfigError::Together(
                "geyser_url is set, and this perp-keeper was built without: build it with `cargo build --release \
                 -p perp-keeper --features geyser`, or leave it out, and websocket_url serves alone"
                    .into(),
            ));
        }
        if self.geyser_token.is_some() && self.geyser_url.is_none() {
            problems.push(ConfigError::Together(
                "geyser_token is set, and no geyser_url to send it to: set that as well, or leave it out".into(),
            ));
        }
        if self.jobs.is_empty() {
            problems.push(ConfigError::Together(
                "jobs is an empty list: name at least one kind, or leave it out for all".into(),
            ));
        }
        if self.keypairs.is_empty() {
            problems.push(ConfigError::Missing { setting: "keypairs" });
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Problems(problems))
        }
    }
}
