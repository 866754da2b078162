//! An exchange and its markets as a TOML file describes them, in the program's units.

pub mod fields;
mod kind;
mod reader;
mod schema;

pub use kind::{Decimals, Kind};
pub(crate) use schema::{show_address, show_kind};

use anchor_lang::prelude::Pubkey;
use perp_client::instructions::OracleSource;
use perp_engine::state::{Parameters, PoolParameters};
use perp_engine::units::Atoms;
use std::path::{Path, PathBuf};

/// Why a file describes no exchange.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// What it says is no exchange that the program would create.
    #[error("{path}:{line}: {problem}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there, with the key.
        problem: String,
    },
}

/// An exchange with its markets in the order of their indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The exchange.
    pub exchange: ExchangeDescription,
    /// Its markets.
    pub markets: Vec<MarketDescription>,
}

/// What the table `exchange` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeDescription {
    /// Creates the exchange, whose address follows from this and the name.
    pub creator: Pubkey,
    /// UTF-8, zero-padded.
    pub name: [u8; 32],
    /// Mint of the quote token.
    pub quote_mint: Pubkey,
    /// Decimals of the quote token.
    pub quote_decimals: u8,
    /// Sets statuses and backing targets.
    pub risk_admin: Pubkey,
    /// Can make a status stricter, within half of what may be spent on it.
    pub guardian: Pubkey,
    /// The liquidity providers' delays and limits.
    pub pool: PoolParameters,
}

/// What a table `market` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketDescription {
    /// UTF-8, zero-padded.
    pub symbol: [u8; 16],
    /// One base unit is 10^-`base_decimals` of the asset.
    pub base_decimals: u8,
    /// Where the market's backing is moved to.
    pub target_backing: Atoms,
    /// Where its price comes from.
    pub oracle: OracleSource,
    /// Where the price comes from that bounds it, where one does.
    pub second_oracle: Option<OracleSource>,
    /// What it is listed with.
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
