use super::{Cost, Row};
use std::collections::BTreeMap;

/// The committed budgets, `tests/budgets.toml`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budgets {
    compute_units: BTreeMap<String, Budget>,
    pub bytes: Bytes,
}

#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
enum Budget {
    Any(u64),
    ByCount(BTreeMap<String, u64>),
}

/// Largest sizes.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bytes {
    pub transaction: usize,
    pub program: usize,
}

impl Budgets {
    /// The budgets as committed.
    pub fn committed() -> Self {
        toml::from_str(include_str!("../../budgets.toml")).expect("tests/budgets.toml is well formed")
    }

    /// What the row may cost; none where no budget is committed.
    pub fn of(&self, row: &Row) -> Option<u64> {
        match (self.compute_units.get(row.instruction)?, row.count) {
            (Budget::Any(limit), None) => Some(*limit),
            (Budget::ByCount(limits), Some(count)) => limits.get(&count.to_string()).copied(),
            _ => None,
        }
    }

    /// Names of the instructions that have a budget.
    pub fn instructions(&self) -> impl Iterator<Item = &str> {
        self.compute_units.keys().map(String::as_str)
    }

    /// What is wrong with a cost, in words.
    pub fn complaint(&self, row: &Row, cost: &Cost) -> Option<String> {
        let Some(limit) = self.of(row) else {
            return Some(format!("{row} has no budget in tests/budgets.toml"));
        };
        if cost.compute_units > limit {
            return Some(format!("{row} takes {} compute units, more than {limit}", cost.compute_units));
        }
        if cost.transaction_bytes > self.bytes.transaction {
            return Some(format!("{row} takes {} bytes, more than {}", cost.transaction_bytes, self.bytes.transaction));
        }
        None
    }
}
