//! The named test keypairs: the same on every machine, worth nothing anywhere but here.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use solana_keypair::{read_keypair_file, write_keypair, Keypair};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use tempfile::NamedTempFile;
use thiserror::Error;

/// Where the keypair files go unless `--keys` names another folder.
pub const DEFAULT_FOLDER: &str = ".localnet/keys";

/// Creates the exchange, holds its roles and pays for everything that is set up.
pub const ADMIN: &str = "admin";
/// May mint any amount of the test USDC.
pub const USDC_AUTHORITY: &str = "usdc-authority";
/// The mint of the test USDC is an account with a keypair of its own.
pub const USDC_MINT: &str = "usdc-mint";
/// Holds nothing but what transactions cost.
pub const LIQUIDATOR: &str = "liquidator";
/// Provides the liquidity.
pub const LP: &str = "lp";
/// The wallets that trade and provide liquidity, with the test USDC each starts with.
pub const FUNDED: [(&str, u64); 6] =
    [("alice", 100_000), ("bob", 100_000), ("carol", 100_000), ("dave", 100_000), ("erin", 100_000), (LP, 10_000_000)];

/// Why there is no such test keypair.
#[derive(Debug, Error)]
pub enum WalletError {
    /// The folder cannot be made.
    #[error("cannot make the folder {path} for the test keypairs: {source}: choose another with --keys")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file holds something else.
    #[error("{path} is not a Solana keypair file ({reason}): delete it, and it is written anew")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file cannot be written.
    #[error("cannot write {path}: {reason}: choose another folder with --keys")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// No keypair has the name.
    #[error("no test keypair is named {0}")]
    Unknown(String),
}

/// A test keypair.
pub struct Wallet {
    /// What it is called.
    pub name: &'static str,
    /// The keypair.
    pub keypair: Keypair,
    /// Its file.
    pub path: PathBuf,
}

impl Wallet {
    /// Its public key.
    pub fn address(&self) -> Pubkey {
        self.keypair.pubkey()
    }
}

/// Every test keypair.
pub struct Wallets {
    wallets: Vec<Wallet>,
}

impl Wallets {
    /// Loads each named keypair from its file in `folder`, and writes the files that are not there.
    ///
    /// # Errors
    /// [`WalletError`].
    pub fn open(folder: &Path) -> Result<Self, WalletError> {
        fs::create_dir_all(folder).map_err(|source| WalletError::Folder { path: folder.into(), source })?;
        let names = [ADMIN, USDC_AUTHORITY, USDC_MINT, LIQUIDATOR].into_iter().chain(FUNDED.map(|(name, _)| name));
        let wallets = names.map(|name| open(folder, name)).collect::<Result<_, _>>()?;
        Ok(Self { wallets })
    }

    /// The keypair of this name.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn get(&self, name: &str) -> Result<&Wallet, WalletError> {
        self.wallets.iter().find(|wallet| wallet.name == name).ok_or_else(|| WalletError::Unknown(name.into()))
    }

    /// Every wallet that signs transactions: all but the mint's own keypair.
    pub fn signing(&self) -> impl Iterator<Item = &Wallet> {
        self.wallets.iter().filter(|wallet| wallet.name != USDC_MINT)
    }
}

fn open(folder: &Path, name: &'static str) -> Result<Wallet, WalletError> {
    let path = folder.join(format!("{name}.json"));
    if !path.exists() {
        write(&derive(name), &path).map_err(|reason| WalletError::Write { path: path.clone(), reason })?;
    }
    let keypair = read_keypair_file(&path)
        .map_err(|error| WalletError::Malformed { path: path.clone(), reason: error.to_string() })?;
    Ok(Wallet { name, keypair, path })
}

/// The file appears whole or not at all: a script may open the folder while the localnet is still writing it. One that
/// somebody else has written meanwhile stays.
fn write(keypair: &Keypair, path: &Path) -> Result<(), String> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).map_err(|error| error.to_string())?;
    write_keypair(keypair, &mut file).map_err(|error| error.to_string())?;
    match file.persist_noclobber(path) {
        Err(refused) if refused.error.kind() != ErrorKind::AlreadyExists => Err(refused.error.to_string()),
        _ => Ok(()),
    }
}

/// Anyone can compute these: that is what makes addresses the same on every run, and why they must never hold value.
fn derive(name: &str) -> Keypair {
    Keypair::new_from_array(Sha256::digest(format!("perp-localnet test keypair: {name}")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_same_address_on_every_machine() {
        let first = tempfile::tempdir().unwrap();
        let second = tempfile::tempdir().unwrap();
        let on_one = Wallets::open(first.path()).unwrap().get("alice").unwrap().address();
        let on_other = Wallets::open(second.path()).unwrap().get("alice").unwrap().address();
        assert_eq!(on_one, on_other);
    }

    #[test]
    fn a_keypair_file_that_is_there_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let own = Keypair::new();
        write(&own, &folder.path().join("bob.json")).unwrap();
        assert_eq!(Wallets::open(folder.path()).unwrap().get("bob").unwrap().address(), own.pubkey());
    }

    #[test]
    fn whoever_opens_a_folder_that_is_being_written_finds_whole_files() {
        let folder = tempfile::tempdir().unwrap();
        let opened = std::thread::scope(|scope| {
            let openers = [(); 16].map(|()| scope.spawn(|| Wallets::open(folder.path()).map(|_| ())));
            openers.map(|opener| opener.join().unwrap())
        });
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
        // Nothing but the keypairs is left in it.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4 + FUNDED.len());
    }

    #[test]
    fn a_file_that_is_no_keypair_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("carol.json");
        fs::write(&path, "[1, 2, 3]").unwrap();
        let error = Wallets::open(folder.path()).err().unwrap();
        assert!(matches!(&error, WalletError::Malformed { path: named, .. } if *named == path), "{error}");
    }
}
