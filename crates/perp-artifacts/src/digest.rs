use {
    crate::{Artifact, ArtifactError},
    proc_macro2::{Delimiter, TokenStream, TokenTree},
    sha2::{Digest, Sha256},
    std::{
        collections::{BTreeMap, BTreeSet},
        fmt::Write,
        fs, io,
        path::{Path, PathBuf},
        str::FromStr,
    },
};

/// SHA-256 in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// What of the sources counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// What becomes part of the binary: of Rust sources the tokens without comments and documentation, of the lock file and
    /// the workspace's manifest what the program is built with.
    Code,
    /// What becomes part of the interface besides: documentation.
    Documentation,
}

/// SHA-256, in hexadecimal, over what counts of the artifact's sources, in the order of their paths. Hidden files do not
/// count.
pub fn source_digest(root: &Path, artifact: &Artifact, aspect: Aspect) -> Result<String, ArtifactError> {
    let mut files = BTreeMap::new();
    for source in artifact.target.sources().iter().chain(artifact.sources) {
        collect(&root.join(source), (*source).to_owned(), &mut files)?;
    }
    let mut digest = Sha256::new();
    let mut add = |name: &str, contents: &[u8]| {
        for part in [name.as_bytes(), contents] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
    };
    let mut manifests = Vec::new();
    for (name, contents) in &files {
        if name.ends_with("Cargo.toml") {
            manifests.push(text(root, name, contents)?);
        }
        if name.ends_with(".rs") {
            add(name, tokens(root, name, contents, aspect)?.as_bytes());
        } else {
            add(name, contents);
        }
    }
    add("Cargo.lock", locked(root, artifact)?.as_bytes());
    add("Cargo.toml", workspace_part(root, &manifests)?.as_bytes());
    Ok(hex(&digest.finalize()))
}

/// The tokens of a Rust source, one space apart; comments are none, and documentation counts only where it is asked for.
fn tokens(root: &Path, name: &str, contents: &[u8], aspect: Aspect) -> Result<String, ArtifactError> {
    let parsed = TokenStream::from_str(&text(root, name, contents)?);
    let parsed = parsed.map_err(|error| malformed(root, name, error))?;
    let mut written = String::new();
    write_tokens(parsed, aspect, &mut written);
    Ok(written)
}

fn write_tokens(stream: TokenStream, aspect: Aspect, written: &mut String) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let is_doc = |group: &proc_macro2::Group| {
            group.delimiter() == Delimiter::Bracket
                && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(ident)) if ident == "doc")
        };
        if aspect == Aspect::Code && matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == '#') {
            // `#![doc = …]` stands apart from `#[doc = …]` by one more token.
            let inner = matches!(trees.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == '!');
            let bang = if inner { trees.next() } else { None };
            if matches!(trees.peek(), Some(TokenTree::Group(group)) if is_doc(group)) {
                trees.next();
                continue;
            }
            written.push_str("# ");
            if bang.is_some() {
                written.push_str("! ");
            }
            continue;
        }
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("( ", ") "),
                    Delimiter::Brace => ("{ ", "} "),
                    Delimiter::Bracket => ("[ ", "] "),
                    Delimiter::None => ("", ""),
                };
                written.push_str(open);
                write_tokens(group.stream(), aspect, written);
                written.push_str(close);
            }
            other => {
                let _ = write!(written, "{other} ");
            }
        }
    }
}

/// Name, version and checksum of every package that the artifact's crate is built from, by the lock file.
fn locked(root: &Path, artifact: &Artifact) -> Result<String, ArtifactError> {
    let lock = read_toml(root, "Cargo.lock")?;
    let packages: Vec<&toml::Table> = lock
        .get("package")
        .and_then(toml::Value::as_array)
        .map(|list| list.iter().filter_map(toml::Value::as_table).collect())
        .unwrap_or_default();
    let field = |package: &toml::Table, name| package.get(name).and_then(toml::Value::as_str).unwrap_or("").to_owned();
    let mut wanted = vec![artifact.package.to_owned()];
    let mut found = BTreeSet::new();
    while let Some(name) = wanted.pop() {
        // A dependency is a name, and a version too where several are locked.
        let (name, version) =
            name.split_once(' ').map_or((name.as_str(), None), |(name, version)| (name, Some(version)));
        for package in packages.iter().filter(|package| field(package, "name") == name) {
            if version.is_some_and(|version| version.split(' ').next() != Some(field(package, "version").as_str())) {
                continue;
            }
            let line = ["name", "version", "checksum"].map(|name| field(package, name)).join(" ");
            if found.insert(line) {
                let dependencies = package.get("dependencies").and_then(toml::Value::as_array);
                wanted.extend(dependencies.into_iter().flatten().filter_map(toml::Value::as_str).map(str::to_owned));
            }
        }
    }
    Ok(found.into_iter().collect::<Vec<_>>().join("\n"))
}

/// What of the workspace's manifest the crates of `manifests` are built with: the release profile, the package's common
/// fields, and the dependencies they take from it.
fn workspace_part(root: &Path, manifests: &[String]) -> Result<String, ArtifactError> {
    let workspace = read_toml(root, "Cargo.toml")?;
    let table = |path: &[&str]| {
        path.iter().try_fold(&workspace, |table, name| table.get(*name).and_then(toml::Value::as_table))
    };
    let mut part = toml::Table::new();
    for (name, path) in [("release", &["profile", "release"][..]), ("package", &["workspace", "package"])] {
        part.insert(name.to_owned(), toml::Value::Table(table(path).cloned().unwrap_or_default()));
    }
    for (name, dependency) in table(&["workspace", "dependencies"]).into_iter().flatten() {
        let taken = [format!("{name}.workspace"), format!("{name} = {{ workspace")];
        if manifests.iter().any(|manifest| taken.iter().any(|taken| manifest.contains(taken))) {
            part.insert(name.clone(), dependency.clone());
        }
    }
    Ok(part.to_string())
}

fn read_toml(root: &Path, name: &str) -> Result<toml::Table, ArtifactError> {
    let path = root.join(name);
    let text = fs::read_to_string(&path).map_err(unreadable(path))?;
    text.parse().map_err(|error| malformed(root, name, error))
}

fn text(root: &Path, name: &str, contents: &[u8]) -> Result<String, ArtifactError> {
    String::from_utf8(contents.to_vec()).map_err(|error| malformed(root, name, error))
}

fn malformed(root: &Path, name: &str, reason: impl ToString) -> ArtifactError {
    ArtifactError::MalformedSource { path: root.join(name), reason: reason.to_string() }
}

fn unreadable(path: PathBuf) -> impl FnOnce(io::Error) -> ArtifactError {
    move |source| ArtifactError::UnreadableSource { path, source }
}

fn collect(path: &Path, name: String, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), ArtifactError> {
    if !path.is_dir() {
        let contents = fs::read(path).map_err(unreadable(path.to_owned()))?;
        files.insert(name, contents);
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(unreadable(path.to_owned()))? {
        let entry = entry.map_err(unreadable(path.to_owned()))?;
        let child = entry.file_name().to_string_lossy().into_owned();
        if !child.starts_with('.') && !is_test(&child) {
            collect(&entry.path(), format!("{name}/{child}"), files)?;
        }
    }
    Ok(())
}

/// Files that no program is built from.
fn is_test(name: &str) -> bool {
    name == "tests" || name == "tests.rs" || name.ends_with(".md")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}
