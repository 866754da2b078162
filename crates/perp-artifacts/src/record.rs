use {
    crate::ArtifactError,
    serde::{Deserialize, Serialize},
    std::{fs, path::Path},
};

/// What a committed binary was built from and with; stored beside it as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// SHA-256 of the sources, see [`crate::Artifact::source_digest`].
    pub source_digest: String,
    /// SHA-256 of the `.so` file.
    pub program_sha256: String,
    /// The interface, where the program has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idl: Option<IdlRecord>,
    /// The command that compiled it.
    pub route: String,
    /// Name and version of the compiler, and of the linker where that is a program of its own.
    pub compiler: String,
}

impl Record {
    /// Reads a record written by [`Record::to_json`].
    pub fn read(path: &Path) -> Result<Self, ArtifactError> {
        let text = fs::read(path).map_err(|source| ArtifactError::Unreadable { path: path.to_owned(), source })?;
        serde_json::from_slice(&text).map_err(|source| ArtifactError::MalformedRecord { path: path.to_owned(), source })
    }

    /// The text to store.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// What a committed interface was built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdlRecord {
    /// SHA-256 of the sources, see [`crate::Artifact::idl_digest`].
    pub source_digest: String,
    /// SHA-256 of the IDL file.
    pub sha256: String,
}
