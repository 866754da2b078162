//! Where the program runs: as native code in the validator's runtime, or as the compiled binary in the virtual machine.

mod native;
mod sbf;

pub use native::{relay_authority, Native, RELAY};
pub use sbf::Sbf;

use anchor_lang::prelude::Pubkey;
use anchor_lang::AnchorDeserialize;
use perp_client::errors::ExchangeError;
use perp_client::events::{event_in_instruction, events_in_logs, Event, Incomplete};
use solana_account::Account;
use solana_clock::Clock;
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_transaction_error::TransactionError;

/// Which of the two a world runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// solana-program-test: no logs, no events, no compute units.
    Native,
    /// LiteSVM with the committed binary.
    Sbf,
}

impl Backend {
    pub fn start(self) -> Box<dyn Chain> {
        match self {
            Self::Native => Box::new(Native::start()),
            Self::Sbf => Box::new(Sbf::start()),
        }
    }
}

/// One chain with the exchange program and the token programs on it.
pub trait Chain {
    fn account(&mut self, address: &Pubkey) -> Option<Account>;
    /// Puts an account there that no instruction made.
    fn set_account(&mut self, address: &Pubkey, account: Account);
    fn set_clock(&mut self, clock: Clock);
    /// One transaction; the first signer pays its fee.
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Outcome, Refused>;
}

/// What a transaction that went through told.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Empty on the native back end, as are the events.
    pub logs: Vec<String>,
    /// Program and data of every instruction that a program sent. Empty on the native back end.
    pub inner_instructions: Vec<(Pubkey, Vec<u8>)>,
    /// Zero on the native back end.
    pub compute_units: u64,
    /// What the last program that answered said, and which it is. None on the native back end.
    pub answer: Option<(Pubkey, Vec<u8>)>,
}

impl Outcome {
    /// The program's events: those it logged in their order, then those it sent to itself in theirs.
    pub fn events(&self) -> Vec<Event> {
        let logged = events_in_logs(&self.logs).expect("the logs are whole and of this version");
        logged.into_iter().chain(self.sent_events()).collect()
    }

    /// The events that can be read although the logs may be cut off.
    pub fn events_seen(&self) -> Vec<Event> {
        let logged = events_in_logs(&self.logs).unwrap_or_else(|Incomplete { seen, .. }| seen);
        logged.into_iter().chain(self.sent_events()).collect()
    }

    fn sent_events(&self) -> impl Iterator<Item = Event> + '_ {
        self.inner_instructions.iter().filter_map(|(program, data)| event_in_instruction(program, data))
    }

    /// What the exchange answered.
    #[track_caller]
    pub fn answered<T: AnchorDeserialize>(&self) -> T {
        let (program, data) = self.answer.as_ref().expect("a program has answered");
        assert_eq!(*program, perp_swap::ID);
        T::try_from_slice(data).expect("an answer of this kind")
    }

    /// The only event of the transaction.
    #[track_caller]
    pub fn event(&self) -> Event {
        let mut events = self.events();
        assert_eq!(events.len(), 1, "one event per instruction: {:#?}", self.logs);
        events.remove(0)
    }
}

/// Why a transaction was refused.
#[derive(Clone, Debug)]
pub struct Refused {
    pub error: TransactionError,
    pub logs: Vec<String>,
}

impl Refused {
    /// Code of the program's error, of Anchor's, or of a program that was called.
    pub fn code(&self) -> Option<u32> {
        match self.error {
            TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(code),
            _ => None,
        }
    }
}

/// What a test expects of a refusal.
pub trait Reason: std::fmt::Debug + Clone {
    fn error(self) -> InstructionError;
}

impl Reason for ExchangeError {
    fn error(self) -> InstructionError {
        InstructionError::Custom(self.into())
    }
}

impl Reason for anchor_lang::error::ErrorCode {
    fn error(self) -> InstructionError {
        InstructionError::Custom(self.into())
    }
}

/// For what a program reports in the runtime's own words, and for tables of reasons of several kinds.
impl Reason for InstructionError {
    fn error(self) -> InstructionError {
        self
    }
}

/// Custom errors of the token programs, shared by both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    InsufficientFunds = 1,
    MintMismatch = 3,
    OwnerMismatch = 4,
    AccountFrozen = 17,
}

impl Reason for TokenError {
    fn error(self) -> InstructionError {
        InstructionError::Custom(self as u32)
    }
}

/// Custom errors of the system program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemError {
    AccountAlreadyInUse = 0,
}

impl Reason for SystemError {
    fn error(self) -> InstructionError {
        InstructionError::Custom(self as u32)
    }
}

/// Asserts that a transaction was refused, and for which reason.
#[track_caller]
pub fn assert_refused(result: Result<Outcome, Refused>, reason: impl Reason) {
    match result {
        Ok(outcome) => panic!("went through instead of {reason:?}: {:#?}", outcome.logs),
        Err(refused) => {
            let TransactionError::InstructionError(_, found) = &refused.error else {
                panic!("expected {reason:?}, got {refused:#?}");
            };
            assert_eq!(*found, reason.clone().error(), "expected {reason:?}, got {refused:#?}");
        }
    }
}

/// The same, and that it was the instruction with this index that was refused.
#[track_caller]
pub fn assert_refused_at(index: u8, result: Result<Outcome, Refused>, reason: impl Reason) {
    if let Err(Refused { error: TransactionError::InstructionError(found, _), .. }) = result {
        assert_eq!(found, index, "instruction {found} was refused");
    }
    assert_refused(result, reason);
}
