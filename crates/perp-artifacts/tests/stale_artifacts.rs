//! A stale, altered or missing artifact is told by name, with the remedy.

use {
    perp_artifacts::{sha256_hex, Artifact, ArtifactError, Record, ARITHMETIC_CHECK},
    std::{fs, path::Path},
    tempfile::TempDir,
};

/// A workspace with one source, one binary and the record of a build, in a folder of its own.
struct Workspace(TempDir);

const ARTIFACT: Artifact = Artifact { sources: &["sbf/arithmetic-check/src"], ..ARITHMETIC_CHECK };

impl Workspace {
    fn new() -> Self {
        let workspace = Self(tempfile::tempdir().unwrap());
        for source in [
            "Cargo.lock",
            "Cargo.toml",
            "crates/sbf-builtins/Cargo.toml",
            "crates/sbf-builtins/src/lib.rs",
            "sbf/build.sh",
            "sbf/i128.ll",
            "sbf/sbf-solana-solana.json",
            "sbf/setup.sh",
            "sbf/arithmetic-check/src/lib.rs",
            "artifacts/arithmetic_check.so",
        ] {
            workspace.write(source, source);
        }
        let record = Record {
            source_digest: ARTIFACT.source_digest(workspace.root()).unwrap(),
            program_sha256: sha256_hex(b"artifacts/arithmetic_check.so"),
            idl_sha256: None,
            route: "sbf/build.sh".to_owned(),
            compiler: "rustc 1.96.0".to_owned(),
        };
        workspace.write("artifacts/arithmetic_check.json", &record.to_json().unwrap());
        workspace
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, contents: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.root().join(path)).unwrap();
    }

    fn check(&self) -> Result<Record, ArtifactError> {
        ARTIFACT.check(self.root())
    }
}

fn assert_stale(workspace: &Workspace) {
    let error = workspace.check().unwrap_err();
    assert!(matches!(error, ArtifactError::Stale { .. }), "{error}");
    assert!(error.to_string().contains("arithmetic_check.so is older than its sources"));
    assert!(error.to_string().contains("cargo run -p perp-artifacts"));
}

#[test]
fn an_untouched_workspace_is_fresh() {
    assert_eq!(Workspace::new().check().unwrap().route, "sbf/build.sh");
}

#[test]
fn an_edited_source_makes_the_artifact_stale() {
    let workspace = Workspace::new();
    workspace.write("crates/sbf-builtins/src/lib.rs", "other");
    assert_stale(&workspace);
}

#[test]
fn a_new_source_makes_the_artifact_stale() {
    let workspace = Workspace::new();
    workspace.write("sbf/arithmetic-check/src/deep/module.rs", "");
    assert_stale(&workspace);
}

#[test]
fn a_renamed_source_makes_the_artifact_stale() {
    let workspace = Workspace::new();
    workspace.remove("sbf/arithmetic-check/src/lib.rs");
    workspace.write("sbf/arithmetic-check/src/main.rs", "sbf/arithmetic-check/src/lib.rs");
    assert_stale(&workspace);
}

#[test]
fn a_hidden_file_is_no_source() {
    let workspace = Workspace::new();
    workspace.write("sbf/arithmetic-check/src/.lib.rs.swp", "");
    workspace.check().unwrap();
}

#[test]
fn an_exchanged_binary_is_told_from_the_one_that_was_built() {
    let workspace = Workspace::new();
    workspace.write("artifacts/arithmetic_check.so", "another program");
    let error = workspace.check().unwrap_err();
    assert!(matches!(error, ArtifactError::Altered { .. }), "{error}");
}

#[test]
fn a_missing_record_names_the_file_and_the_remedy() {
    let workspace = Workspace::new();
    workspace.remove("artifacts/arithmetic_check.json");
    let error = workspace.check().unwrap_err().to_string();
    assert!(error.contains("artifacts/arithmetic_check.json"), "{error}");
    assert!(error.contains("cargo run -p perp-artifacts"), "{error}");
}

#[test]
fn a_malformed_record_is_named() {
    let workspace = Workspace::new();
    workspace.write("artifacts/arithmetic_check.json", "{\"source_digest\": 1}");
    let error = workspace.check().unwrap_err();
    assert!(matches!(error, ArtifactError::MalformedRecord { .. }), "{error}");
}

#[test]
fn a_missing_source_is_named() {
    let workspace = Workspace::new();
    workspace.remove("sbf/i128.ll");
    let error = workspace.check().unwrap_err();
    assert!(matches!(error, ArtifactError::UnreadableSource { .. }), "{error}");
    assert!(error.to_string().contains("sbf/i128.ll"), "{error}");
}
