//! What became of a transaction.

use perp_client::errors::Class;
use perp_client::events::Event;
use perp_client::jobs::{Job, Pays, Task};
use perp_client::rpc::SendError;
use perp_engine::units::Atoms;
use solana_transaction_error::TransactionError;

/// What became of a transaction, and so what to do about its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It took place.
    Won,
    /// Somebody else was first.
    Outcompeted,
    /// Nobody was first: the price came back, or funding did.
    Healthy,
    /// It was planned on what has changed since.
    Stale,
    /// It has to wait for a price, a time or another job.
    NotYet,
    /// The exchange refuses it as long as nothing about it changes, or nothing can be sent that way.
    Refused,
    /// It did not land before its blockhash expired.
    Expired,
    /// It may have landed; nobody knows yet.
    Unknown,
    /// The node was not reached, or does not answer as one.
    Unreachable,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Won,
        Self::Outcompeted,
        Self::Healthy,
        Self::Stale,
        Self::NotYet,
        Self::Refused,
        Self::Expired,
        Self::Unknown,
        Self::Unreachable,
    ];

    /// Its name in events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Outcompeted => "outcompeted",
            Self::Healthy => "healthy_again",
            Self::Stale => "stale",
            Self::NotYet => "not_yet",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
            Self::Unreachable => "unreachable",
        }
    }

    /// That of a transaction that was not seen to take place. `has_changed` tells whether what the job is about is another than it
    /// was planned on, and is asked only where that makes a difference.
    pub fn of(error: &SendError, has_changed: impl Fn() -> bool) -> Self {
        match error {
            SendError::Failed { .. } => match error.class() {
                Some(Class::LostRace) if has_changed() => Self::Outcompeted,
                Some(Class::LostRace) => Self::Healthy,
                Some(Class::Outdated) => Self::Stale,
                Some(Class::NotYet) => Self::NotYet,
                Some(Class::Refused | Class::Wrong) => Self::Refused,
                // Whatever the job is about, it is the wallet that lacks lamports, and may get some.
                None if lacks_lamports(error) => Self::NotYet,
                // The account can be made.
                None if lacks_destination(error) => Self::NotYet,
                // Another program's refusal, such as of an account that somebody else has created.
                None if has_changed() => Self::Stale,
                None => Self::Refused,
            },
            SendError::Expired { .. } => Self::Expired,
            SendError::Unconfirmed { .. } => Self::Unknown,
            SendError::Unreachable { .. } | SendError::Rpc(_) | SendError::NotSent { .. } => Self::Unreachable,
            SendError::Signers { .. }
            | SendError::MissingSigner { .. }
            | SendError::NoSigners
            | SendError::TooLarge { .. } => Self::Refused,
        }
    }
}

impl Outcome {
    /// The same of a job about an order, which no refusal makes hopeless: another reading or another moment may meet or bear it.
    pub const fn about(self, task: &Task) -> Self {
        match (self, task) {
            (Self::Refused, Task::ArmOrder { .. } | Task::ExecuteOrder { .. }) => Self::NotYet,
            (outcome, _) => outcome,
        }
    }
}

/// What a transaction has paid for a job, as its events tell: nothing where somebody else was first, in a form that fails no other job.
pub fn paid(job: &Job, events: &[Event]) -> Pays {
    let pays = events.iter().filter_map(|event| match (job.task, event) {
        (Task::Liquidate { account, market }, Event::Liquidated(told)) => {
            let is_it = (told.account, told.market_index) == (account, market);
            is_it.then_some(Pays { atoms: Atoms::new(told.bounty), lamports: 0 })
        }
        (Task::SettlePnl { account, market }, Event::ProfitSettled(told)) => {
            let is_it = (told.account, told.market_index) == (account, market);
            let amount = told.reward.as_ref().map_or(0, |reward| reward.amount);
            is_it.then_some(Pays { atoms: Atoms::new(amount), lamports: 0 })
        }
        (Task::ExecuteOrder { account, .. }, Event::OrderExecuted(told)) => {
            (told.account == account).then_some(Pays::lamports(told.tip))
        }
        _ => None,
    });
    match job.task {
        Task::Liquidate { .. } | Task::SettlePnl { .. } | Task::ExecuteOrder { .. } => {
            pays.fold(Pays::NOTHING, |sum, pays| Pays {
                atoms: sum.atoms.checked_add(pays.atoms).unwrap_or(sum.atoms),
                lamports: sum.lamports.saturating_add(pays.lamports),
            })
        }
        // What else there is pays what was planned.
        _ => job.pays,
    }
}

/// Whether the wallet that was to pay has too little for it, or nothing at all.
pub const fn lacks_lamports(error: &SendError) -> bool {
    use TransactionError::{AccountNotFound, InsufficientFundsForFee, InsufficientFundsForRent};
    let SendError::Failed { error, .. } = error else { return false };
    matches!(error, AccountNotFound | InsufficientFundsForFee | InsufficientFundsForRent { .. })
}

/// Whether a request cannot be paid because its owner has closed the token account that it is paid into.
pub fn lacks_destination(error: &SendError) -> bool {
    error.failure().is_some_and(|failure| failure.missing_account() == Some("destination"))
}

/// Whether a transaction that was not seen to take place may have cost its fee: it is in a block, or may still come into one.
pub const fn may_have_cost(error: &SendError) -> bool {
    matches!(error, SendError::Failed { in_block: true, .. } | SendError::Unconfirmed { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use perp_accounts::ID;
    use perp_client::errors::ExchangeError;
    use solana_instruction::error::InstructionError;

    /// As a node tells of the exchange's refusal.
    fn refused(error: ExchangeError) -> SendError {
        let code = u32::from(error);
        let logs = vec![
            format!("Program {ID} invoke [1]"),
            format!(
                "Program log: AnchorError occurred. Error Code: {error:?}. Error Number: {code}. Error Message: x."
            ),
            format!("Program {ID} failed: custom program error: {code:#x}"),
        ];
        let error = TransactionError::InstructionError(1, InstructionError::Custom(code));
        SendError::Failed { error, logs, in_block: false }
    }

    #[test]
    fn a_lost_race_was_won_by_somebody_or_by_the_price() {
        let error = refused(ExchangeError::NotLiquidatable);
        assert_eq!(Outcome::of(&error, || true), Outcome::Outcompeted);
        assert_eq!(Outcome::of(&error, || false), Outcome::Healthy);
    }

    #[test]
    fn every_class_has_its_outcome() {
        let of = |error| Outcome::of(&refused(error), || panic!("asked for nothing"));
        assert_eq!(of(ExchangeError::MarketMissing), Outcome::Stale);
        assert_eq!(of(ExchangeError::PriceStale), Outcome::NotYet);
        assert_eq!(of(ExchangeError::InsufficientBalance), Outcome::Refused);
        assert_eq!(of(ExchangeError::WrongMint), Outcome::Refused);
    }

    #[test]
    fn an_order_that_is_refused_may_be_armed_later() {
        let refused = Outcome::of(&refused(ExchangeError::InitialMargin), || false);
        let account = solana_pubkey::Pubkey::default();
        let [arm, sweep] = [Task::ArmOrder { account, place: 3 }, Task::SweepOrder { account, place: 3 }];
        assert_eq!((refused.about(&arm), refused.about(&sweep)), (Outcome::NotYet, Outcome::Refused));
    }

    #[test]
    fn a_wallet_without_lamports_makes_no_job_hopeless() {
        for error in [TransactionError::AccountNotFound, TransactionError::InsufficientFundsForFee] {
            let error = SendError::Failed { error, logs: Vec::new(), in_block: false };
            assert_eq!(Outcome::of(&error, || panic!("asked for nothing")), Outcome::NotYet);
        }
        let error = TransactionError::AlreadyProcessed;
        let other = SendError::Failed { error, logs: Vec::new(), in_block: false };
        assert_eq!(Outcome::of(&other, || false), Outcome::Refused);
    }

    #[test]
    fn a_request_that_cannot_be_paid_for_want_of_an_account_is_not_hopeless() {
        let account_missing = |account: &str| {
            let log = format!(
                "Program log: AnchorError caused by account: {account}. Error Code: AccountNotInitialized. \
                 Error Number: 3012. Error Message: The program expected this account to be already initialized."
            );
            let logs = vec![
                format!("Program {ID} invoke [1]"),
                log,
                format!("Program {ID} failed: custom program error: 0xbc4"),
            ];
            let error = TransactionError::InstructionError(1, InstructionError::Custom(3_012));
            SendError::Failed { error, logs, in_block: false }
        };
        let missing = account_missing("destination");
        assert!(lacks_destination(&missing));
        assert_eq!(Outcome::of(&missing, || panic!("asked for nothing")), Outcome::NotYet);
        assert!(!lacks_destination(&account_missing("source")));
        assert!(!lacks_destination(&refused(ExchangeError::NotLiquidatable)));
    }

    #[test]
    fn what_is_in_no_block_costs_nothing_and_what_may_be_in_one_is_counted() {
        let too_large = SendError::TooLarge { bytes: 1_233, limit: 1_232 };
        let unreachable = SendError::NotSent { reason: "the node is down".into() };
        let unknown = SendError::Unconfirmed { signature: Default::default() };
        // The node tries a transaction before it takes it; one that it refuses then is in no block.
        let tried = refused(ExchangeError::NotLiquidatable);
        let SendError::Failed { error, logs, .. } = refused(ExchangeError::NotLiquidatable) else { unreachable!() };
        let failed = SendError::Failed { error, logs, in_block: true };
        let expired = SendError::Expired { signature: Default::default(), attempts: 1 };
        let errors = [too_large, unreachable, unknown, tried, failed, expired];
        assert_eq!(errors.each_ref().map(may_have_cost), [false, false, true, false, true, false]);
        let outcomes = errors.map(|error| Outcome::of(&error, || false));
        let [healthy, unknown] = [Outcome::Healthy, Outcome::Unknown];
        let expected = [Outcome::Refused, Outcome::Unreachable, unknown, healthy, healthy, Outcome::Expired];
        assert_eq!(outcomes, expected);
    }
}
