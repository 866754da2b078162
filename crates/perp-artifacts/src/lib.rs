//! Finds the compiled programs, the modules for browsers and the IDL, which are committed so that nobody needs their
//! toolchains to run or test the exchange, and tells whether they are as new as their sources.
//!
//! `cargo run -p perp-artifacts` builds them.

mod digest;
mod error;
pub mod idl;
mod record;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

pub use {
    digest::{sha256_hex, source_digest, Aspect},
    error::ArtifactError,
    record::{IdlRecord, Record},
};

/// What an artifact is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Solana's virtual machine.
    Sbf,
    /// Browsers: WebAssembly.
    Browser {
        /// Which module, as `crates/perp-wasm/build.sh` names it.
        module: &'static str,
    },
}

impl Target {
    /// What its binaries end in.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Sbf => "so",
            Self::Browser { .. } => "wasm",
        }
    }

    /// What every binary for it is compiled with, besides its part of the lock file and of the workspace's manifest.
    const fn sources(self) -> &'static [&'static str] {
        match self {
            Self::Sbf => &[
                "crates/sbf-builtins/Cargo.toml",
                "crates/sbf-builtins/src",
                "sbf/build.sh",
                "sbf/i128.ll",
                "sbf/sbf-solana-solana.json",
                "sbf/setup.sh",
            ],
            Self::Browser { .. } => &["crates/perp-wasm/build.sh", "crates/perp-wasm/setup.sh"],
        }
    }
}

/// A program or module that is committed under `artifacts/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The file name without extension.
    pub name: &'static str,
    /// The name of its crate.
    pub package: &'static str,
    /// The folder of its crate, relative to the workspace.
    pub crate_dir: &'static str,
    /// Files and folders that determine the binary, relative to the workspace.
    pub sources: &'static [&'static str],
    /// Whether an Anchor IDL belongs to it.
    pub has_idl: bool,
    /// An environment variable that names another binary to load instead of the committed one.
    pub program_variable: &'static str,
    /// What it is compiled for.
    pub target: Target,
}

/// The exchange.
pub const PERP_SWAP: Artifact = Artifact {
    name: "perp_swap",
    package: "perp-swap",
    crate_dir: "programs/perp-swap",
    sources: &[
        "crates/perp-accounts/Cargo.toml",
        "crates/perp-accounts/src",
        "crates/perp-engine/Cargo.toml",
        "crates/perp-engine/src",
        "crates/perp-oracle/Cargo.toml",
        "crates/perp-oracle/src",
        "programs/perp-swap/Cargo.toml",
        "programs/perp-swap/src",
    ],
    has_idl: true,
    program_variable: "PERP_SWAP_SO",
    target: Target::Sbf,
};

/// The program that checks 128-bit arithmetic in the virtual machine.
pub const ARITHMETIC_CHECK: Artifact = Artifact {
    name: "arithmetic_check",
    package: "arithmetic-check",
    crate_dir: "sbf/arithmetic-check",
    sources: &["sbf/arithmetic-check/Cargo.toml", "sbf/arithmetic-check/src"],
    has_idl: false,
    program_variable: "ARITHMETIC_CHECK_SO",
    target: Target::Sbf,
};

/// What the local validator has instead of Pyth's receiver; never deployed.
pub const LOCALNET_RECEIVER: Artifact = Artifact {
    name: "localnet_receiver",
    package: "localnet-receiver",
    crate_dir: "crates/perp-localnet/receiver",
    sources: &["crates/perp-localnet/receiver/Cargo.toml", "crates/perp-localnet/receiver/src"],
    has_idl: false,
    program_variable: "LOCALNET_RECEIVER_SO",
    target: Target::Sbf,
};

/// What the modules for browsers are compiled from.
const BROWSER_SOURCES: &[&str] = &[
    "crates/perp-accounts/Cargo.toml",
    "crates/perp-accounts/src",
    "crates/perp-engine/Cargo.toml",
    "crates/perp-engine/src",
    "crates/perp-exchange/Cargo.toml",
    "crates/perp-exchange/src",
    "crates/perp-wasm/Cargo.toml",
    "crates/perp-wasm/src",
];

/// The engine for browsers and for programs in JavaScript: what of it a page loads first.
pub const PERP_WASM_CORE: Artifact = Artifact {
    name: "perp_wasm_core",
    package: "perp-wasm",
    crate_dir: "crates/perp-wasm",
    sources: BROWSER_SOURCES,
    has_idl: false,
    program_variable: "PERP_WASM_CORE",
    target: Target::Browser { module: "core" },
};

/// What of it is loaded when something of it is asked.
pub const PERP_WASM_REST: Artifact = Artifact {
    name: "perp_wasm_rest",
    program_variable: "PERP_WASM_REST",
    target: Target::Browser { module: "rest" },
    ..PERP_WASM_CORE
};

/// Margin accounts on paper.
pub const PERP_WASM_PAPER: Artifact = Artifact {
    name: "perp_wasm_paper",
    program_variable: "PERP_WASM_PAPER",
    target: Target::Browser { module: "paper" },
    ..PERP_WASM_CORE
};

/// All modules for browsers.
pub const BROWSER_MODULES: [Artifact; 3] = [PERP_WASM_CORE, PERP_WASM_REST, PERP_WASM_PAPER];

/// What an interface is finished by, once it is built.
const IDL_FINISHING: Artifact = Artifact {
    name: "idl",
    package: "perp-artifacts",
    crate_dir: "crates/perp-artifacts",
    sources: &["crates/perp-artifacts/src/idl.rs", "crates/perp-artifacts/src/idl"],
    has_idl: false,
    program_variable: "",
    target: Target::Sbf,
};

/// The route of [`Record::route`] that needs no Solana toolchain.
pub const SBF_ROUTE: &str = "sbf/build.sh";
/// The only route to the modules for browsers.
pub const BROWSER_ROUTE: &str = "crates/perp-wasm/build.sh";

/// All committed binaries.
pub const ALL: [Artifact; 6] =
    [PERP_SWAP, ARITHMETIC_CHECK, LOCALNET_RECEIVER, PERP_WASM_CORE, PERP_WASM_REST, PERP_WASM_PAPER];

impl Artifact {
    /// The binary under `root`.
    pub fn program_path(&self, root: &Path) -> PathBuf {
        root.join("artifacts").join(self.name).with_extension(self.target.extension())
    }

    /// What the binary under `root` was built from and with.
    pub fn record_path(&self, root: &Path) -> PathBuf {
        root.join("artifacts").join(self.name).with_extension("json")
    }

    /// The IDL under `root`, for an artifact that has one.
    pub fn idl_path(&self, root: &Path) -> PathBuf {
        root.join("idl").join(self.name).with_extension("json")
    }

    /// SHA-256, in hexadecimal, of everything under `root` that determines the binary: a comment does not.
    pub fn source_digest(&self, root: &Path) -> Result<String, ArtifactError> {
        source_digest(root, self, Aspect::Code)
    }

    /// SHA-256, in hexadecimal, of everything under `root` that determines the interface: documentation does too.
    pub fn idl_digest(&self, root: &Path) -> Result<String, ArtifactError> {
        let sources = source_digest(root, self, Aspect::Documentation)?;
        let finishing = source_digest(root, &IDL_FINISHING, Aspect::Code)?;
        Ok(sha256_hex(format!("{sources} {finishing}").as_bytes()))
    }

    /// The binary to load: the file its environment variable names, else the committed one.
    pub fn program_to_load(&self) -> PathBuf {
        env::var_os(self.program_variable).map_or_else(|| self.program_path(&workspace_root()), PathBuf::from)
    }

    /// The bytes of the binary to load.
    pub fn program_bytes(&self) -> Result<Vec<u8>, ArtifactError> {
        read(self.program_to_load())
    }

    /// Whether the binary to load was compiled by `sbf/build.sh`. Budgets of compute units are stated
    /// for that compiler.
    pub fn has_measured_costs(&self) -> Result<bool, ArtifactError> {
        let record = Record::read(&self.program_to_load().with_extension("json"))?;
        Ok(record.route == SBF_ROUTE)
    }

    /// Compares the committed files with the sources and with the record made when they were
    /// built.
    pub fn check(&self, root: &Path) -> Result<Record, ArtifactError> {
        let record = Record::read(&self.record_path(root))?;
        let now = self.source_digest(root)?;
        if record.source_digest != now {
            return Err(ArtifactError::Stale {
                artifact: self.program_path(root),
                built_from: record.source_digest,
                now,
            });
        }
        verify_digest(self.program_path(root), &record.program_sha256)?;
        if let Some(idl) = &record.idl {
            let now = self.idl_digest(root)?;
            if idl.source_digest != now {
                return Err(ArtifactError::Stale {
                    artifact: self.idl_path(root),
                    built_from: idl.source_digest.clone(),
                    now,
                });
            }
            verify_digest(self.idl_path(root), &idl.sha256)?;
        }
        Ok(record)
    }
}

/// The folder of the workspace this crate was compiled in.
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The exchange program, as the runtime loads it.
pub fn program_bytes() -> Result<Vec<u8>, ArtifactError> {
    PERP_SWAP.program_bytes()
}

/// The exchange program's IDL, as JSON text.
pub fn idl_json() -> Result<Vec<u8>, ArtifactError> {
    read(PERP_SWAP.idl_path(&workspace_root()))
}

fn read(path: PathBuf) -> Result<Vec<u8>, ArtifactError> {
    fs::read(&path).map_err(|source| ArtifactError::Unreadable { path, source })
}

fn verify_digest(path: PathBuf, expected: &str) -> Result<(), ArtifactError> {
    let found = sha256_hex(&read(path.clone())?);
    if found == expected {
        Ok(())
    } else {
        Err(ArtifactError::Altered { path })
    }
}
