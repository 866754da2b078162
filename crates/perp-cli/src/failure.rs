//! Why a command did not do what was asked of it, and the exit code that says so.

use perp_client::rpc::{EventsError, FetchError, OpenError, SendError};
use perp_engine::EngineError;
use perp_exchange::convert::ConversionError;
use perp_exchange::Refusal;
use perp_updates::rpc::PlanSendError;
use thiserror::Error;

/// Why a command ended without what was asked of it.
#[derive(Debug, Error)]
pub enum Failure {
    /// A flag, a file, an address or an amount is wrong. Nothing was sent.
    #[error("{0}")]
    Input(String),
    /// A rule refused it, or there is nothing to do it to. Nothing has changed but perhaps a fee.
    #[error("{0}")]
    Refused(String),
    /// The node or another server cannot be reached or does not answer as expected.
    #[error("{0}")]
    Unreachable(String),
    /// It was sent, and nobody knows yet whether it took place.
    #[error("{0}")]
    Unconfirmed(String),
    /// It was not confirmed by whoever typed it. Nothing was sent.
    #[error("{0}")]
    Declined(String),
    /// What was looked at is not as it should be.
    #[error("{0}")]
    Bad(String),
}

impl Failure {
    /// What is wrong with what was typed.
    pub fn input(what: impl Into<String>) -> Self {
        Self::Input(what.into())
    }

    /// The exit code.
    pub const fn code(&self) -> u8 {
        match self {
            Self::Refused(_) | Self::Bad(_) => 1,
            Self::Input(_) => 2,
            Self::Unreachable(_) => 3,
            Self::Unconfirmed(_) => 4,
            Self::Declined(_) => 5,
        }
    }

    /// Its name in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Input(_) => "input",
            Self::Refused(_) => "refused",
            Self::Unreachable(_) => "unreachable",
            Self::Unconfirmed(_) => "unconfirmed",
            Self::Declined(_) => "declined",
            Self::Bad(_) => "bad",
        }
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Unreachable { .. } | FetchError::Rpc(_) => Self::Unreachable(error.to_string()),
            FetchError::Missing { .. }
            | FetchError::Account(_)
            | FetchError::NotAMint { .. }
            | FetchError::NotATokenAccount { .. } => Self::Refused(error.to_string()),
        }
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        let text = error.to_string();
        match error {
            SendError::Unconfirmed { .. } => Self::Unconfirmed(text),
            SendError::Unreachable { .. } | SendError::Rpc(_) => Self::Unreachable(text),
            _ => Self::Refused(text),
        }
    }
}

impl From<PlanSendError> for Failure {
    fn from(error: PlanSendError) -> Self {
        let text = error.to_string();
        match *error.reason {
            SendError::Unconfirmed { .. } => Self::Unconfirmed(text),
            SendError::Unreachable { .. } | SendError::Rpc(_) => Self::Unreachable(text),
            _ => Self::Refused(text),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Fetch(error) => error.into(),
            OpenError::Send(error) => error.into(),
        }
    }
}

impl From<EventsError> for Failure {
    fn from(error: EventsError) -> Self {
        match error {
            EventsError::NoRecord { .. } | EventsError::Partial { .. } => Self::Unreachable(error.to_string()),
            EventsError::Failed { .. } | EventsError::Incomplete(_) => Self::Refused(error.to_string()),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<EngineError> for Failure {
    fn from(rule: EngineError) -> Self {
        Refusal::from(rule).into()
    }
}

impl From<ConversionError> for Failure {
    fn from(error: ConversionError) -> Self {
        Self::Input(error.to_string())
    }
}
