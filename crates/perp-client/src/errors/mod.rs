//! Error codes turned back into names, messages and remedies.
//!
//! A code says which rule was broken, not by how much: the numbers are in the program's log, and in the
//! [`EngineError`](perp_engine::EngineError) of a [preview](crate::exchange::Exchange::preview_trade).

mod class;
mod framework;

pub use class::Class;
pub use framework::framework_error;
pub use perp_swap::errors::ExchangeError;

use anchor_lang::error::{ErrorCode, ERROR_CODE_OFFSET};
use anchor_lang::prelude::Pubkey;
use std::fmt;

/// The program's error of this code.
pub fn exchange_error(code: u32) -> Option<ExchangeError> {
    ExchangeError::ALL.iter().copied().find(|error| u32::from(*error) == code)
}

/// What a code of the program means and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} ({code}): {message} {remedy}")]
pub struct Explanation {
    /// The code, the framework's offset included.
    pub code: u32,
    /// As in the IDL.
    pub name: String,
    /// What was broken.
    pub message: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Explains a custom error code of the program or of its framework; `None` for a code neither knows.
pub fn explain(code: u32) -> Option<Explanation> {
    if let Some(error) = exchange_error(code) {
        let (name, message) = (error.name().to_owned(), error.text().to_owned());
        return Some(Explanation { code, name, message, remedy: error.remedy() });
    }
    let error = framework_error(code)?;
    Some(Explanation { code, name: error.name(), message: format!("{error}."), remedy: framework::remedy(error) })
}

/// Why a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An error code of that program.
    Code(u32),
    /// An error of the runtime, in its words.
    Runtime(String),
}

/// A program that ended with an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The program that ended.
    pub program: Pubkey,
    /// Why.
    pub reason: Reason,
    /// The account that was wrong, as the instruction names it, where the framework's checks say so.
    pub account: Option<String>,
}

impl Failure {
    /// The exchange's error, where it was the exchange that refused.
    pub fn exchange_error(&self) -> Option<ExchangeError> {
        match self.reason {
            Reason::Code(code) if self.program == perp_swap::ID => exchange_error(code),
            _ => None,
        }
    }

    /// The account, as the instruction names it, that has to be made first: there is nothing at its address.
    pub fn missing_account(&self) -> Option<&str> {
        let is_missing = self.reason == Reason::Code(ErrorCode::AccountNotInitialized.into());
        self.account.as_deref().filter(|_| is_missing && self.program == perp_swap::ID)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, reason, account } = self;
        match reason {
            Reason::Code(code) => match explain(*code) {
                Some(explanation) if *program == perp_swap::ID => explanation.fmt(formatter),
                _ => write!(formatter, "program {program} failed with its error {code}"),
            },
            Reason::Runtime(reason) => write!(formatter, "program {program} failed: {reason}"),
        }?;
        match account {
            Some(account) => write!(formatter, " The account is {account}."),
            None => Ok(()),
        }
    }
}

/// The first program that failed, according to the logs of a transaction: the one that refused, not those that called
/// it. `None` where no program failed.
pub fn failure_in_logs<S: AsRef<str>>(logs: &[S]) -> Option<Failure> {
    let (place, program, reason) = logs.iter().enumerate().find_map(|(place, line)| {
        let (program, reason) = line.as_ref().strip_prefix("Program ")?.split_once(" failed: ")?;
        Some((place, program.parse().ok()?, reason))
    })?;
    let account = logs[..place].iter().rev().find_map(|line| account_in(line.as_ref()));
    let account = account.filter(|_| program == perp_swap::ID);
    let reason = code_in(reason).map_or_else(|| Reason::Runtime(reason.into()), Reason::Code);
    Some(Failure { program, reason, account })
}

/// The account that the framework's checks name in a line of the log.
fn account_in(line: &str) -> Option<String> {
    let (_, after) = line.strip_prefix("Program log: ")?.split_once("AnchorError caused by account: ")?;
    Some(after.split_once(". Error Code")?.0.to_owned())
}

/// The code in a text like `custom program error: 0x1771`, as nodes and wallets word it.
pub fn code_in(text: &str) -> Option<u32> {
    let (_, after) = text.split_once("custom program error: 0x")?;
    let end = after.find(|character: char| !character.is_ascii_hexdigit()).unwrap_or(after.len());
    u32::from_str_radix(&after[..end], 16).ok()
}

const _: () = assert!(ERROR_CODE_OFFSET == 6000);

#[cfg(test)]
mod tests;
