use {
    crate::ArtifactError,
    sha2::{Digest, Sha256},
    std::{
        collections::BTreeMap,
        fmt::Write,
        fs, io,
        path::{Path, PathBuf},
    },
};

/// SHA-256 in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256, in hexadecimal, over the given files and all files in the given folders, in the order
/// of their paths: for each the path relative to `root`, its length and its contents. Hidden files
/// do not count.
pub fn source_digest<'a>(root: &Path, sources: impl IntoIterator<Item = &'a &'a str>) -> Result<String, ArtifactError> {
    let mut files = BTreeMap::new();
    for source in sources {
        collect(&root.join(source), (*source).to_owned(), &mut files)?;
    }
    let mut digest = Sha256::new();
    for (name, contents) in files {
        for part in [name.as_bytes(), &contents] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
    }
    Ok(hex(&digest.finalize()))
}

fn collect(path: &Path, name: String, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), ArtifactError> {
    let unreadable = |path: PathBuf| move |source: io::Error| ArtifactError::UnreadableSource { path, source };
    if !path.is_dir() {
        let contents = fs::read(path).map_err(unreadable(path.to_owned()))?;
        files.insert(name, contents);
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(unreadable(path.to_owned()))? {
        let entry = entry.map_err(unreadable(path.to_owned()))?;
        let child = entry.file_name().to_string_lossy().into_owned();
        if !child.starts_with('.') {
            collect(&entry.path(), format!("{name}/{child}"), files)?;
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}
