use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

/// Where a running localnet and its exchange are, of the file that it writes beside its keypairs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LocalnetAddresses {
    /// The JSON RPC server.
    pub rpc_url: String,
    /// The WebSocket server.
    pub websocket_url: String,
    /// The price server.
    pub prices_url: String,
    /// The exchange, in base 58.
    pub exchange: String,
}

/// The localnet has not said where it is.
#[derive(Debug, Error)]
#[error("no localnet wrote {path} ({reason}): start one, or give the folder of its keypairs")]
pub struct LocalnetError {
    /// The file it writes.
    pub path: PathBuf,
    /// Why it cannot be read.
    pub reason: String,
}

impl LocalnetAddresses {
    /// What the file is called.
    pub const NAME: &'static str = "exchange.json";

    /// Those in the folder of a localnet's keypairs.
    ///
    /// # Errors
    /// [`LocalnetError`] where the file is not there or is something else.
    pub fn read(folder: &Path) -> Result<Self, LocalnetError> {
        let path = folder.join(Self::NAME);
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string());
        let found = text.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
        found.map_err(|reason| LocalnetError { path, reason })
    }
}
