//! An exchange and its markets as a TOML file describes them, in the program's units.

pub mod fields;
mod kind;
mod reader;
mod schema;

pub use kind::{Decimals, Kind};
pub(crate) use schema::{show_address, show_feed_id, show_kind};

use anchor_lang::prelude::Pubkey;
use perp_engine::state::{Parameters, PoolParameters};
use perp_engine::units::Atoms;
use perp_swap::state::OracleArguments;
use std::path::{Path, PathBuf};

/// Why a file describes no exchange.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}:{line}: {problem}")]
    Malformed { path: PathBuf, line: usize, problem: String },
}

/// An exchange with its markets in the order of their indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub exchange: ExchangeDescription,
    pub markets: Vec<MarketDescription>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeDescription {
    /// Creates the exchange, whose address follows from this and the name.
    pub creator: Pubkey,
    pub name: [u8; 32],
    pub quote_mint: Pubkey,
    pub quote_decimals: u8,
    pub risk_admin: Pubkey,
    pub guardian: Pubkey,
    pub pool: PoolParameters,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketDescription {
    pub symbol: [u8; 16],
    pub base_decimals: u8,
    pub target_backing: Atoms,
    pub oracle: OracleArguments,
    pub parameters: Parameters,
}

impl Description {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`FileError`], naming file, line and key.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let text = std::fs::read_to_string(path).map_err(|source| FileError::Read { path: path.into(), source })?;
        Self::parse(path, &text)
    }

    /// Checks the text of a file; `path` is for messages.
    ///
    /// # Errors
    /// [`FileError::Malformed`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, FileError> {
        schema::parse(&reader::Reader::new(path, text))
    }
}

#[cfg(test)]
mod tests;
