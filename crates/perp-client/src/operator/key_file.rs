//! Key files: read only where nobody else can, and never printed.

use std::fs::Metadata;
use std::path::Path;

use solana_keypair::Keypair;

/// Bytes of a keypair: the secret half and the public one.
const BYTES: usize = 64;
/// A keypair file takes some 230 bytes.
const LONGEST_FILE: u64 = 4_096;

/// The keypair in a file; where `open`, also in one that others may read, which `setting` allows.
///
/// # Errors
/// What is wrong with it and what to do, in words that go on after its name.
pub fn read(path: &Path, open: bool, setting: &str) -> Result<Keypair, String> {
    let make = "make one with `solana-keygen new -o FILE`";
    let unreadable = |error: std::io::Error| {
        let home = if path.starts_with("~") { "; a shell alone knows ~, so write the whole path" } else { "" };
        format!("cannot be read ({error}): give a keypair file, or {make}{home}")
    };
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if about.is_dir() {
        return Err(format!("is a folder: give a keypair file in it, or {make}"));
    }
    if about.len() > LONGEST_FILE {
        return Err(format!("is no keypair file: it has {} bytes, and one has about 230; {make}", about.len()));
    }
    if let Some(mode) = open_mode(&about).filter(|_| !open) {
        let remedy = format!("chmod 600 {}", path.display());
        return Err(format!("may be read by others (mode {mode:o}): `{remedy}`, or set {setting}"));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    keypair(&text).map_err(|reason| format!("is no keypair file: {reason}; {make}"))
}

/// The mode of a file that others than its owner may read or write; none of one that is closed to them.
#[cfg(unix)]
pub fn open_mode(about: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = about.permissions().mode() & 0o777;
    (mode & 0o066 != 0).then_some(mode)
}

/// Elsewhere permissions say nothing of this kind.
#[cfg(not(unix))]
pub fn open_mode(_: &Metadata) -> Option<u32> {
    None
}

/// The keypair that a file's text holds.
fn keypair(text: &str) -> Result<Keypair, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("it is empty".into());
    }
    if !text.starts_with('[') {
        return Err("it does not hold a list of numbers such as [12,34,…]".into());
    }
    let Ok(numbers) = serde_json::from_str::<Vec<u64>>(text) else {
        return Err("it holds something else than whole numbers from 0 to 255 between [ and ]".into());
    };
    let bytes: Result<Vec<u8>, _> = numbers.iter().map(|number| u8::try_from(*number)).collect();
    let Ok(bytes) = bytes else { return Err("it holds a number above 255".into()) };
    if bytes.len() != BYTES {
        return Err(format!("it holds {} numbers instead of {BYTES}", bytes.len()));
    }
    Keypair::try_from(bytes.as_slice()).map_err(|_| "its two halves do not belong together".into())
}
