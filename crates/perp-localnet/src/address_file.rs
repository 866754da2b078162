//! Where everything of a running localnet is, in a file for programs: [`AddressFile::NAME`] in the folder of the keypairs.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use perp_client::accounts::{Market, ID};
use perp_client::addresses::unpadded;
use perp_client::Addresses;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use thiserror::Error;

use crate::setup::Localnet;

/// The file can be neither written nor removed.
#[derive(Debug, Error)]
#[error("cannot write {path}: {reason}: choose another folder with --keys")]
pub struct AddressFileError {
    /// The file.
    pub path: PathBuf,
    /// Why not.
    pub reason: std::io::Error,
}

/// A localnet and its exchange. Addresses are in base 58.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressFile {
    /// The JSON RPC server.
    pub rpc_url: String,
    /// The WebSocket server.
    pub websocket_url: String,
    /// The price server.
    pub prices_url: String,
    /// The program.
    pub program: String,
    /// The exchange.
    pub exchange: String,
    /// The exchange's pool.
    pub pool: String,
    /// Token account that holds every token of the exchange.
    pub vault: String,
    /// Mint of the test USDC.
    pub mint: String,
    /// Every market, in the order of their indices.
    pub markets: Vec<MarketAddresses>,
}

/// One market. Addresses are in base 58.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketAddresses {
    /// The market's index within the exchange.
    pub index: u16,
    /// Symbol of the asset.
    pub symbol: String,
    /// The market.
    pub market: String,
    /// The account its price is read from.
    pub oracle: String,
}

impl AddressFile {
    /// What the file is called.
    pub const NAME: &'static str = "exchange.json";

    /// Those of this localnet and exchange.
    pub fn new(localnet: &Localnet, addresses: &Addresses, markets: &[Market]) -> Self {
        let markets = markets.iter().map(|market| MarketAddresses {
            index: market.state.index,
            symbol: unpadded(&market.symbol),
            market: addresses.market(market.state.index).to_string(),
            oracle: market.oracle.account.to_string(),
        });
        Self {
            rpc_url: localnet.validator.rpc_url(),
            websocket_url: localnet.validator.ws_url(),
            prices_url: localnet.prices.url(),
            program: ID.to_string(),
            exchange: addresses.exchange.to_string(),
            pool: addresses.pool.to_string(),
            vault: addresses.vault.to_string(),
            mint: addresses.quote_mint.to_string(),
            markets: markets.collect(),
        }
    }

    /// Takes the file away, where there is one: it says that the exchange can be traded on.
    ///
    /// # Errors
    /// [`AddressFileError`].
    pub fn remove(folder: &Path) -> Result<(), AddressFileError> {
        let path = folder.join(Self::NAME);
        match fs::remove_file(&path) {
            Err(reason) if reason.kind() != ErrorKind::NotFound => Err(AddressFileError { path, reason }),
            _ => Ok(()),
        }
    }

    /// Writes the file, which appears whole or not at all, and returns where it is.
    ///
    /// # Errors
    /// [`AddressFileError`].
    pub fn write(&self, folder: &Path) -> Result<PathBuf, AddressFileError> {
        let path = folder.join(Self::NAME);
        match self.write_to(folder, &path) {
            Ok(()) => Ok(path),
            Err(reason) => Err(AddressFileError { path, reason }),
        }
    }

    fn write_to(&self, folder: &Path, path: &Path) -> Result<(), std::io::Error> {
        let mut file = NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        writeln!(file)?;
        file.persist(path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> AddressFile {
        let market = |index: u16, symbol: &str| MarketAddresses {
            index,
            symbol: symbol.into(),
            market: format!("market {index}"),
            oracle: format!("oracle {index}"),
        };
        AddressFile {
            rpc_url: "http://127.0.0.1:8899".into(),
            websocket_url: "ws://127.0.0.1:8900".into(),
            prices_url: "http://127.0.0.1:8910".into(),
            program: "program".into(),
            exchange: "exchange".into(),
            pool: "pool".into(),
            vault: "vault".into(),
            mint: "mint".into(),
            markets: vec![market(0, "SOL-PERP"), market(1, "BTC-PERP")],
        }
    }

    #[test]
    fn the_keys_of_the_file_are_what_programs_look_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = addresses().write(folder.path()).unwrap();
        let found: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let expected = serde_json::json!({
            "rpc_url": "http://127.0.0.1:8899",
            "websocket_url": "ws://127.0.0.1:8900",
            "prices_url": "http://127.0.0.1:8910",
            "program": "program",
            "exchange": "exchange",
            "pool": "pool",
            "vault": "vault",
            "mint": "mint",
            "markets": [
                { "index": 0, "symbol": "SOL-PERP", "market": "market 0", "oracle": "oracle 0" },
                { "index": 1, "symbol": "BTC-PERP", "market": "market 1", "oracle": "oracle 1" },
            ],
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn a_file_is_there_only_while_it_is_true() {
        let folder = tempfile::tempdir().unwrap();
        let path = addresses().write(folder.path()).unwrap();
        assert!(path.exists());
        AddressFile::remove(folder.path()).unwrap();
        assert!(!path.exists());
        // Where there is none, there is none to remove.
        AddressFile::remove(folder.path()).unwrap();
        let error = addresses().write(&folder.path().join("nowhere")).unwrap_err();
        assert!(error.to_string().contains("nowhere/exchange.json"), "{error}");
    }
}
