//! What is good and what is not, by the numbers alone.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anchor_lang::prelude::Pubkey;
use perp_engine::state::Market;
use perp_engine::units::Timestamp;
use perp_exchange::convert::Units;

/// An answer that takes longer costs races.
const SLOW: Duration = Duration::from_millis(200);

/// How good something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// As it should be.
    Good,
    /// It works, and less well than it could.
    Fair,
    /// It is in the way.
    Bad,
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// How good it is.
    pub grade: Grade,
    /// What it is about.
    pub about: &'static str,
    /// What was found.
    pub found: String,
    /// What to do, where anything is.
    pub remedy: Option<String>,
}

impl Check {
    /// As it should be.
    pub const fn good(about: &'static str, found: String) -> Self {
        Self { grade: Grade::Good, about, found, remedy: None }
    }

    /// To be looked at.
    pub fn fair(about: &'static str, found: String, remedy: &str) -> Self {
        Self { grade: Grade::Fair, about, found, remedy: Some(remedy.into()) }
    }

    /// In the way.
    pub fn bad(about: &'static str, found: String, remedy: &str) -> Self {
        Self { grade: Grade::Bad, about, found, remedy: Some(remedy.into()) }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grade = match self.grade {
            Grade::Good => "ok  ",
            Grade::Fair => "look",
            Grade::Bad => "BAD ",
        };
        write!(formatter, "{grade} {:<14} {}", self.about, self.found)?;
        match &self.remedy {
            Some(remedy) => write!(formatter, "\n     {:<14} → {remedy}", ""),
            None => Ok(()),
        }
    }
}

/// Everything that was looked at.
pub struct Report(pub Vec<Check>);

impl Report {
    /// Whether nothing is in the way.
    pub fn is_good(&self) -> bool {
        self.0.iter().all(|check| check.grade != Grade::Bad)
    }

    /// How many checks have this grade.
    pub fn count(&self, grade: Grade) -> usize {
        self.0.iter().filter(|check| check.grade == grade).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.0 {
            writeln!(formatter, "{check}")?;
        }
        let [good, fair, bad] = [Grade::Good, Grade::Fair, Grade::Bad].map(|grade| self.count(grade));
        write!(formatter, "{good} good, {fair} to look at, {bad} in the way")
    }
}

/// A key file that was read; `open` is its mode where others may read it.
pub fn key(path: &Path, wallet: &Pubkey, open: Option<u32>) -> Check {
    match open {
        None => Check::good("key", format!("{} of wallet {wallet}, closed to others", path.display())),
        Some(mode) => {
            let found = format!("{} of wallet {wallet} has mode {mode:o}: others may read it", path.display());
            Check::fair("key", found, &format!("chmod 600 {}", path.display()))
        }
    }
}

/// How long the node took to answer.
pub fn answer(node: &str, took: Duration) -> Check {
    let found = format!("{node} answers within {} ms (slow from {} ms on)", took.as_millis(), SLOW.as_millis());
    if took < SLOW {
        Check::good("node", found)
    } else {
        Check::fair("node", found, "use a node nearer by: whoever reads sooner decides sooner")
    }
}

/// The chain's clock against this machine's, both in seconds since 1970.
pub fn clock(chain: i64, here: i64, most_lag: u64) -> Check {
    let behind = here.saturating_sub(chain);
    let limit = i64::try_from(most_lag).unwrap_or(i64::MAX);
    let found = format!("the chain's is {behind} s behind this machine's, and may be {most_lag} s");
    if most_lag == 0 {
        Check::good("clock", format!("the chain's is {behind} s behind this machine's; nobody looks"))
    } else if behind > limit {
        Check::bad(
            "clock",
            found,
            "see whether the node follows the cluster, and whether this machine's clock is right",
        )
    } else if behind < -5 {
        Check::fair("clock", found, "this machine's clock is slow: synchronize it, for instance with chrony")
    } else {
        Check::good("clock", found)
    }
}

/// Whether the node says that it follows its cluster.
pub fn progress(health: Result<(), String>) -> Check {
    match health {
        Ok(()) => Check::good("node", "it says that it follows the cluster".into()),
        Err(reason) => Check::fair("node", reason, "wait until it has caught up, or use another"),
    }
}

/// The age of a market's price, of which its account may be newer than what the market has taken in; `remedy` is what to do where it is
/// old.
pub fn price(market: &Market, now: Timestamp, limit: u64, remedy: &str) -> Check {
    let index = market.index;
    if market.settlement.has_begun() {
        return Check::good("market", format!("{index} has ended"));
    }
    if market.price.published.is_never() {
        return Check::fair("market", format!("{index} has never had a price"), "post one: see docs/prices.md");
    }
    let age = now.seconds_since(market.price.published).unwrap_or(0);
    let liquidates = u64::from(market.parameters.max_age_liquidate);
    let at = Units::of(market).show_price(market.price.price);
    let found = format!("{index} at {at}, {age} s old (liquidated to {liquidates} s, alert from {limit} s)");
    if age <= liquidates.min(limit) {
        Check::good("market", found)
    } else {
        Check::fair("market", found, remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perp_engine::fixtures::sol_parameters;
    use perp_engine::units::Price;

    fn grades(checks: &[Check]) -> Vec<Grade> {
        checks.iter().map(|check| check.grade).collect()
    }

    #[test]
    fn a_clock_may_lag_by_so_much_and_lead_by_a_little() {
        let checks = [(100, 130, 30), (100, 131, 30), (105, 100, 30), (106, 100, 30), (0, 9_999, 0)]
            .map(|(chain, here, most)| clock(chain, here, most));
        assert_eq!(grades(&checks), [Grade::Good, Grade::Bad, Grade::Good, Grade::Fair, Grade::Good]);
        assert!(checks[1].to_string().contains("31 s behind") && checks[1].to_string().contains("may be 30 s"));
    }

    #[test]
    fn a_price_is_compared_with_what_liquidations_need() {
        let parameters = sol_parameters();
        let mut market = Market { parameters, base_decimals: 9, quote_decimals: 6, ..Market::default() };
        let of = |market: &Market, age: i64| price(market, Timestamp::new(1_000 + age), 60, "post one");
        assert_eq!(of(&market, 0).grade, Grade::Fair, "it never had one");
        market.price.published = Timestamp::new(1_000);
        market.price.price = Price::new(1 << 38);
        let allowed = i64::from(parameters.max_age_liquidate);
        assert_eq!(grades(&[of(&market, allowed), of(&market, allowed + 1)]), [Grade::Good, Grade::Fair]);
    }

    #[test]
    fn what_is_slow_or_open_is_to_be_looked_at() {
        let checks = [
            answer("node", Duration::from_millis(199)),
            answer("node", Duration::from_millis(200)),
            key(Path::new("k.json"), &Pubkey::default(), None),
            key(Path::new("k.json"), &Pubkey::default(), Some(0o644)),
            progress(Err("behind by 100 slots".into())),
        ];
        let (good, fair) = (Grade::Good, Grade::Fair);
        assert_eq!(grades(&checks), [good, fair, good, fair, fair]);
        assert!(checks[3].to_string().ends_with("→ chmod 600 k.json"));
    }
}
