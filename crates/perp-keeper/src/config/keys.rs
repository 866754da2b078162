//! Wallets' key files.

use std::path::{Path, PathBuf};

use perp_client::operator::key_file;
pub use perp_client::operator::key_file::open_mode;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::ConfigError;

/// The keypairs in these files, which must be of different wallets.
///
/// # Errors
/// [`ConfigError::Key`], of the first that is none.
pub fn read_all(paths: &[PathBuf], open: bool) -> Result<Vec<Keypair>, ConfigError> {
    let mut keys: Vec<Keypair> = Vec::new();
    for path in paths {
        let failed = |reason: String| ConfigError::Key { path: path.clone(), reason };
        let key = read(path, open).map_err(failed)?;
        if let Some(other) = keys.iter().position(|other| other.pubkey() == key.pubkey()) {
            return Err(failed(format!("is the same wallet as {}: name each once", paths[other].display())));
        }
        keys.push(key);
    }
    Ok(keys)
}

/// The keypair in a file; where `open`, also in one that others may read.
///
/// # Errors
/// What is wrong with it and what to do, in words that go on after its name.
pub fn read(path: &Path, open: bool) -> Result<Keypair, String> {
    key_file::read(path, open, "wallet.open_keys")
}
