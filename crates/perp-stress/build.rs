//! Tells the benchmark which sources it was built from: results of other sources are not continued.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Everything a result depends on, beside the prices.
const SOURCES: [&str; 4] = ["../perp-candles/src", "../perp-engine/src", "../perp-exchange/src", "src"];

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut hash = Sha256::new();
    for folder in SOURCES {
        println!("cargo:rerun-if-changed={folder}");
        let mut found = Vec::new();
        files(&root.join(folder), &mut found)?;
        found.sort();
        for file in found {
            hash.update(file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().as_bytes());
            hash.update(fs::read(&file)?);
        }
    }
    let digest: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    println!("cargo:rustc-env=STRESS_SOURCES={digest}");
    Ok(())
}
