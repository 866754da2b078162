//! Whether a job is worth sending.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use perp_client::jobs::Job;
use prometheus::IntCounter;

use crate::config::Fees;

/// Lamports for each signature of a transaction.
const SIGNATURE_LAMPORTS: u64 = 5_000;
/// What setting limit and price of a transaction takes, in compute units.
const LIMITS_UNITS: u64 = 300;
const LAMPORTS_PER_SOL: i128 = 1_000_000_000;
const HOUR: Duration = Duration::from_secs(3_600);

/// What is decided of a job, with the numbers whose comparison decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is sent.
    Send,
    /// It pays nothing, and the operator does not do such.
    Unpaid,
    /// What it pays does not cover its fee and the least profit.
    Unprofitable {
        /// Atoms after the fee.
        profit: i128,
        /// The least to be earned, in atoms.
        least: u64,
    },
    /// Its fee is above what a transaction may cost.
    TooDear {
        /// The fee, in lamports.
        fee: u64,
        /// The most.
        most: u64,
    },
    /// What may be spent in an hour is spent.
    Spent {
        /// What was spent, in lamports.
        spent: u64,
        /// The most.
        most: u64,
    },
    /// No wallet may pay for it.
    WalletLow {
        /// What the fullest holds, in lamports.
        lamports: u64,
        /// From how many on one pays again.
        least: u64,
    },
    /// A transaction for the same is on its way.
    InFlight,
    /// It failed a short time ago.
    Waiting {
        /// How long it is left alone yet.
        for_the_next: Duration,
        /// How often in a row it has failed.
        failures: u32,
    },
    /// It cannot succeed before what it is about has changed.
    Hopeless,
}

impl Verdict {
    /// The names of all of them.
    pub const NAMES: [&str; 9] =
        ["send", "unpaid", "unprofitable", "too_dear", "spent", "wallet_low", "in_flight", "waiting", "hopeless"];

    /// Its name in events.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Unpaid => "unpaid",
            Self::Unprofitable { .. } => "unprofitable",
            Self::TooDear { .. } => "too_dear",
            Self::Spent { .. } => "spent",
            Self::WalletLow { .. } => "wallet_low",
            Self::InFlight => "in_flight",
            Self::Waiting { .. } => "waiting",
            Self::Hopeless => "hopeless",
        }
    }
}

/// The rules that a job's worth is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// What may be spent.
    pub fees: Fees,
    /// Whether what pays nothing is done as well.
    pub unpaid: bool,
}

impl Policy {
    /// Lamports that a transaction with this job alone costs, with what it lays out for others.
    pub fn fee(&self, job: &Job) -> u64 {
        let units = u64::from(job.compute_units).saturating_add(LIMITS_UNITS);
        transaction_fee(job.signers().len(), units, self.fees.micro_lamports).saturating_add(job.advances)
    }

    /// What a job earns after its fee, in atoms, with what it makes another one pay.
    pub fn profit(&self, job: &Job) -> i128 {
        let lamports = i128::from(job.pays.lamports) + i128::from(job.promises) - i128::from(self.fee(job));
        i128::from(job.pays.atoms.get()) + self.atoms_of(lamports)
    }

    /// What lamports are worth in atoms, rounded down.
    fn atoms_of(&self, lamports: i128) -> i128 {
        (lamports * i128::from(self.fees.atoms_per_sol)).div_euclid(LAMPORTS_PER_SOL)
    }

    /// Whether what pays so many lamports is worth what it costs in lamports. An operator has no profit to make.
    pub fn is_worth(&self, pays: u64, cost: u64) -> bool {
        let profit = self.atoms_of(i128::from(pays) - i128::from(cost));
        self.unpaid || (pays > 0 && profit >= i128::from(self.fees.least_profit))
    }

    /// Whether the job is worth a transaction, where `spent` is what the last hour has cost. What an operator does for nothing has
    /// no profit to make.
    pub fn judge(&self, job: &Job, spent: u64) -> Verdict {
        let (fee, fees) = (self.fee(job), &self.fees);
        if fee > fees.most_lamports {
            return Verdict::TooDear { fee, most: fees.most_lamports };
        }
        if spent.saturating_add(fee) > fees.most_lamports_an_hour {
            return Verdict::Spent { spent, most: fees.most_lamports_an_hour };
        }
        if self.unpaid {
            return Verdict::Send;
        }
        if job.pays == perp_client::jobs::Pays::NOTHING && job.promises == 0 {
            return Verdict::Unpaid;
        }
        match self.profit(job) {
            profit if profit < i128::from(fees.least_profit) => {
                Verdict::Unprofitable { profit, least: fees.least_profit }
            }
            _ => Verdict::Send,
        }
    }
}

/// Lamports of a transaction with so many signatures, one at least, and this limit and price of compute units.
pub fn transaction_fee(signatures: usize, units: u64, micro_lamports: u64) -> u64 {
    let signatures = u64::try_from(signatures.max(1)).unwrap_or(u64::MAX);
    let priority = u64::try_from((u128::from(units) * u128::from(micro_lamports)).div_ceil(1_000_000));
    signatures.saturating_mul(SIGNATURE_LAMPORTS).saturating_add(priority.unwrap_or(u64::MAX))
}

/// What was spent and what may yet be for what is on its way, of everything that one operator sends.
#[derive(Debug, Default)]
pub struct Budget {
    spending: Spending,
    reserved: u64,
    /// Counts everything that was spent, where anybody asks for that.
    counter: Option<IntCounter>,
}

impl Budget {
    /// What the hour before `now` has cost, with what is set aside, in lamports.
    pub fn sum(&mut self, now: Instant) -> u64 {
        self.spending.sum(now).saturating_add(self.reserved)
    }

    /// Sets so many lamports aside for what is sent.
    pub fn reserve(&mut self, lamports: u64) {
        self.reserved = self.reserved.saturating_add(lamports);
    }

    /// One whose spending is counted as well.
    pub fn counted(counter: IntCounter) -> Self {
        Self { counter: Some(counter), ..Self::default() }
    }

    /// What lamports were set aside for is settled, and has cost so many.
    pub fn settle(&mut self, now: Instant, reserved: u64, cost: u64) {
        self.reserved = self.reserved.saturating_sub(reserved);
        if cost > 0 {
            self.spending.add(now, cost);
            self.counter.iter().for_each(|counter| counter.inc_by(cost));
        }
    }
}

/// What was spent within the last hour, in lamports.
#[derive(Debug, Default)]
pub struct Spending {
    spent: VecDeque<(Instant, u64)>,
    sum: u64,
}

impl Spending {
    /// A transaction costs so much.
    pub fn add(&mut self, now: Instant, lamports: u64) {
        self.spent.push_back((now, lamports));
        self.sum = self.sum.saturating_add(lamports);
    }

    /// What the hour before `now` has cost.
    pub fn sum(&mut self, now: Instant) -> u64 {
        while let Some((_, lamports)) = self.spent.pop_front_if(|(then, _)| now.duration_since(*then) >= HOUR) {
            self.sum = self.sum.saturating_sub(lamports);
        }
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perp_client::jobs::{Pays, Task};
    use perp_engine::units::Atoms;

    /// 99 700 units and the limits' 300 at 20 000 millionths are 2 000 lamports; with a signature 7 000, at $200 a SOL 1 400
    /// atoms.
    fn job(pays: Pays) -> Job {
        let task = Task::FundClaims { market: 0 };
        let (promises, advances, instructions) = (0, 0, Vec::new());
        Job { task, pays, promises, advances, moves: Atoms::ZERO, instructions, compute_units: 99_700 }
    }

    fn policy() -> Policy {
        let fees = Fees { micro_lamports: 20_000, least_profit: 600, ..Fees::default() };
        Policy { fees, unpaid: false }
    }

    #[test]
    fn profit_is_what_is_paid_less_the_fee() {
        assert_eq!(policy().fee(&job(Pays::NOTHING)), 7_000);
        assert_eq!(policy().profit(&job(Pays::atoms(Atoms::new(2_000)))), 600);
        // 10 000 lamports less the fee are 3 000, or 600 atoms.
        assert_eq!(policy().profit(&job(Pays::lamports(10_000))), 600);
        assert_eq!(policy().profit(&job(Pays::lamports(6_999))), -1);
    }

    #[test]
    fn the_threshold_decides_to_the_atom() {
        assert_eq!(policy().judge(&job(Pays::atoms(Atoms::new(2_000))), 0), Verdict::Send);
        let less = policy().judge(&job(Pays::atoms(Atoms::new(1_999))), 0);
        assert_eq!(less, Verdict::Unprofitable { profit: 599, least: 600 });
    }

    #[test]
    fn what_pays_nothing_is_done_by_the_operator_alone() {
        assert_eq!(policy().judge(&job(Pays::NOTHING), 0), Verdict::Unpaid);
        assert_eq!(Policy { unpaid: true, ..policy() }.judge(&job(Pays::NOTHING), 0), Verdict::Send);
    }

    #[test]
    fn what_makes_another_job_pay_is_worth_that() {
        // Half a tip of 20 000 lamports less the fee of 7 000 are 3 000, or 600 atoms.
        let arming = |promises| Job { promises, ..job(Pays::NOTHING) };
        assert_eq!(policy().judge(&arming(10_000), 0), Verdict::Send);
        assert_eq!(policy().judge(&arming(9_999), 0), Verdict::Unprofitable { profit: 599, least: 600 });
        assert_eq!(policy().judge(&arming(0), 0), Verdict::Unpaid);
        // So for a posting.
        assert_eq!([9_999, 10_000].map(|pays| policy().is_worth(pays, 7_000)), [false, true]);
        assert!(Policy { unpaid: true, ..policy() }.is_worth(0, 7_000));
    }

    #[test]
    fn a_fee_above_the_cap_is_not_paid_by_anybody() {
        let fees = Fees { most_lamports: 6_999, ..policy().fees };
        for unpaid in [false, true] {
            let verdict = Policy { fees, unpaid }.judge(&job(Pays::atoms(Atoms::new(1_000_000))), 0);
            assert_eq!(verdict, Verdict::TooDear { fee: 7_000, most: 6_999 });
        }
    }

    #[test]
    fn what_is_laid_out_for_others_counts_as_a_fee() {
        // An account for somebody else, at 2 074 080 lamports, is above the cap of a million for one transaction.
        let job = Job { advances: 2_074_080, ..job(Pays::lamports(10_000)) };
        let fees = Fees { most_lamports: 1_000_000, ..policy().fees };
        let verdict = Policy { fees, unpaid: true }.judge(&job, 0);
        assert_eq!(verdict, Verdict::TooDear { fee: 2_081_080, most: 1_000_000 });
        let fees = Fees { most_lamports: 3_000_000, ..fees };
        assert_eq!(Policy { fees, unpaid: true }.judge(&job, 0), Verdict::Send);
        // 10 000 less 2 081 080 at 0.2 atoms a lamport, rounded down.
        let verdict = Policy { fees, unpaid: false }.judge(&job, 0);
        assert_eq!(verdict, Verdict::Unprofitable { profit: -414_216, least: 600 });
    }

    #[test]
    fn what_is_on_its_way_counts_until_it_is_settled_and_then_by_what_it_has_cost() {
        let (mut budget, now) = (Budget::default(), Instant::now());
        budget.reserve(7_000);
        budget.reserve(5_000);
        assert_eq!(budget.sum(now), 12_000);
        // The node has refused the first, so that nothing was paid for it.
        budget.settle(now, 7_000, 0);
        assert_eq!(budget.sum(now), 5_000);
        budget.settle(now, 5_000, 5_000);
        assert_eq!((budget.sum(now), budget.sum(now + HOUR)), (5_000, 0));
    }

    #[test]
    fn an_hour_costs_no_more_than_its_cap() {
        let fees = Fees { most_lamports_an_hour: 20_000, ..policy().fees };
        let (policy, paid) = (Policy { fees, ..policy() }, job(Pays::atoms(Atoms::new(10_000))));
        let (mut spending, begun) = (Spending::default(), Instant::now());
        for second in 0..2 {
            let now = begun + Duration::from_secs(second);
            assert_eq!(policy.judge(&paid, spending.sum(now)), Verdict::Send);
            spending.add(now, policy.fee(&paid));
        }
        let third = policy.judge(&paid, spending.sum(begun + Duration::from_secs(3_599)));
        assert_eq!(third, Verdict::Spent { spent: 14_000, most: 20_000 });
        // The first is an hour ago.
        assert_eq!(spending.sum(begun + HOUR), 7_000);
    }
}
