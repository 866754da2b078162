//! Key files.

use std::path::{Path, PathBuf};

use solana_keypair::{write_keypair_file, Keypair};

use crate::config::keys::{read, read_all};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    close(&path, 0o600);
    path
}

#[cfg(unix)]
fn close(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn close(_: &Path, _: u32) {}

/// Numbers as in a keypair file.
fn numbers(bytes: &[u8]) -> String {
    format!("{bytes:?}")
}

#[test]
fn a_file_that_is_no_key_is_named_with_what_it_is() {
    let folder = folder();
    let bytes = Keypair::new().to_bytes();
    let mut halves = bytes;
    // The public half is another's.
    halves[32..].copy_from_slice(&Keypair::new().to_bytes()[32..]);
    let long = "1".repeat(5_000);
    let cases = [
        ("empty.json", String::new(), "it is empty"),
        ("text.json", "my secret words".into(), "does not hold a list of numbers"),
        ("object.json", "{\"key\": [1, 2]}".into(), "does not hold a list of numbers"),
        ("words.json", "[\"secret\"]".into(), "something else than whole numbers"),
        ("negative.json", "[-1, 2]".into(), "something else than whole numbers"),
        ("half.json", numbers(&bytes[..32]), "it holds 32 numbers instead of 64"),
        ("more.json", numbers(&[&bytes[..], &[1]].concat()), "it holds 65 numbers instead of 64"),
        ("large.json", "[256]".into(), "a number above 255"),
        ("halves.json", numbers(&halves), "its two halves do not belong together"),
        ("cut.json", numbers(&bytes)[..100].to_owned(), "something else than whole numbers"),
        ("long.json", long, "it has 5000 bytes"),
    ];
    for (name, text, wanted) in cases {
        let path = written(folder.path(), name, &text);
        let error = read_all(std::slice::from_ref(&path), false).unwrap_err().to_string();
        assert!(error.starts_with("keypairs: ") && error.contains(name) && error.contains(wanted), "{error}");
        assert!(error.contains("solana-keygen new"), "{error}");
        // Nothing of what is in it.
        assert!(!error.contains("secret") && !error.contains(&format!("{}, {}", bytes[0], bytes[1])), "{error}");
    }
    let missing = read(&folder.path().join("missing.json"), false).unwrap_err();
    assert!(missing.contains("cannot be read (No such file"), "{missing}");
    let home = read(Path::new("~/keeper.json"), false).unwrap_err();
    assert!(home.contains("write the whole path"), "{home}");
    let error = read(folder.path(), false).unwrap_err();
    assert!(error.contains("is a folder"), "{error}");
}

#[test]
fn one_wallet_is_named_once() {
    let folder = folder();
    let text = numbers(&Keypair::new().to_bytes());
    let [one, two] = ["one.json", "two.json"].map(|name| written(folder.path(), name, &text));
    let error = read_all(&[one, two], false).unwrap_err().to_string();
    assert!(error.contains("two.json is the same wallet as") && error.contains("one.json"), "{error}");
}

#[cfg(unix)]
#[test]
fn attack_a_key_that_others_may_read_is_refused_unless_a_setting_allows_it() {
    let folder = folder();
    let path = folder.path().join("keeper.json");
    write_keypair_file(&Keypair::new(), &path).unwrap();
    for mode in [0o600, 0o400, 0o700] {
        close(&path, mode);
        assert!(read(&path, false).is_ok(), "{mode:o}");
    }
    for mode in [0o640, 0o604, 0o644, 0o620, 0o666] {
        close(&path, mode);
        let error = read(&path, false).unwrap_err();
        assert!(error.contains(&format!("mode {mode:o}")) && error.contains("chmod 600"), "{error}");
        assert!(error.contains("wallet.open_keys"), "{error}");
        assert!(read(&path, true).is_ok(), "{mode:o}");
    }
}
