use std::{io, path::PathBuf};

const REMEDY: &str = "build it with `cargo run -p perp-artifacts`";

/// Why an artifact cannot be used. Every message names the file and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    #[error("cannot read {}: {source}; {REMEDY}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot read {}, a source of the artifacts: {source}", path.display())]
    UnreadableSource { path: PathBuf, source: io::Error },
    #[error("{} is not what its ending says: {reason}", path.display())]
    MalformedSource { path: PathBuf, reason: String },
    #[error("{} is not a build record: {source}; {REMEDY}", path.display())]
    MalformedRecord { path: PathBuf, source: serde_json::Error },
    #[error(
        "{} is older than its sources (built from {built_from}, now {now}); {REMEDY}",
        artifact.display()
    )]
    Stale { artifact: PathBuf, built_from: String, now: String },
    #[error(
        "{} is not the file that its build record describes; {REMEDY}",
        path.display()
    )]
    Altered { path: PathBuf },
}
