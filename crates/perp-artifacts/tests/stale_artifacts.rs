//! A stale, altered or missing artifact is told by name, with the remedy.

use {
    perp_artifacts::{sha256_hex, source_digest, Artifact, ArtifactError, Aspect, Record, ARITHMETIC_CHECK},
    std::{fs, path::Path},
    tempfile::TempDir,
};

/// A workspace with one source, one binary and the record of a build, in a folder of its own.
struct Workspace(TempDir);

const ARTIFACT: Artifact =
    Artifact { sources: &["sbf/arithmetic-check/Cargo.toml", "sbf/arithmetic-check/src"], ..ARITHMETIC_CHECK };

const SOURCE: &str = "/// Adds one.\nfn add(a: u8) -> u8 {\n    // Wraps.\n    a + 1\n}\n";

/// A lock file in which the program depends on one crate, and another crate on another.
fn lock(used: &str, other: &str) -> String {
    format!(
        "[[package]]\nname = \"arithmetic-check\"\nversion = \"0.1.0\"\ndependencies = [\"used\"]\n\
         [[package]]\nname = \"used\"\nversion = \"{used}\"\nchecksum = \"a\"\n\
         [[package]]\nname = \"other\"\nversion = \"{other}\"\nchecksum = \"b\"\n"
    )
}

impl Workspace {
    fn new() -> Self {
        let workspace = Self(tempfile::tempdir().unwrap());
        workspace.write("Cargo.lock", &lock("1.0.0", "3.0.0"));
        workspace.write(
            "Cargo.toml",
            "[profile.release]\nlto = \"fat\"\n[workspace.dependencies]\nused = \"1\"\nother = \"1\"\n",
        );
        workspace.write("sbf/arithmetic-check/Cargo.toml", "[dependencies]\nused.workspace = true\n");
        workspace.write("sbf/arithmetic-check/src/lib.rs", SOURCE);
        workspace.write("crates/sbf-builtins/src/lib.rs", "");
        for source in [
            "crates/sbf-builtins/Cargo.toml",
            "sbf/build.sh",
            "sbf/i128.ll",
            "sbf/sbf-solana-solana.json",
            "sbf/setup.sh",
            "artifacts/arithmetic_check.so",
        ] {
            workspace.write(source, source);
        }
        let record = Record {
            source_digest: ARTIFACT.source_digest(workspace.root()).unwrap(),
            program_sha256: sha256_hex(b"artifacts/arithmetic_check.so"),
            idl: None,
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
    workspace.write("sbf/arithmetic-check/src/lib.rs", &SOURCE.replace("a + 1", "a + 2"));
    assert_stale(&workspace);
    let workspace = Workspace::new();
    workspace.write("sbf/build.sh", "another compiler");
    assert_stale(&workspace);
}

#[test]
fn a_comment_makes_nothing_stale() {
    let workspace = Workspace::new();
    let reworded = SOURCE.replace("Adds one.", "One more.").replace("    // Wraps.\n", "");
    workspace.write("sbf/arithmetic-check/src/lib.rs", &format!("//! Adds.\n\n{reworded}"));
    workspace.check().unwrap();
    // Nor does a test, which no program is built from.
    workspace.write("sbf/arithmetic-check/src/tests.rs", "fn other() {}");
    workspace.check().unwrap();
}

#[test]
fn documentation_counts_for_the_interface() {
    let workspace = Workspace::new();
    let digest = || source_digest(workspace.root(), &ARTIFACT, Aspect::Documentation).unwrap();
    let before = digest();
    workspace.write("sbf/arithmetic-check/src/lib.rs", &SOURCE.replace("Wraps.", "Never wraps."));
    assert_eq!(digest(), before, "a comment is no documentation");
    workspace.write("sbf/arithmetic-check/src/lib.rs", &SOURCE.replace("Adds one.", "One more."));
    assert_ne!(digest(), before);
}

#[test]
fn only_what_the_program_is_built_with_counts_of_lock_file_and_manifest() {
    let workspace = Workspace::new();
    workspace.write("Cargo.lock", &lock("1.0.0", "3.0.1"));
    workspace.write(
        "Cargo.toml",
        "[profile.release]\nlto = \"fat\"\n[workspace.dependencies]\nused = \"1\"\nother = \"2\"\n",
    );
    workspace.check().unwrap();
    workspace.write("Cargo.lock", &lock("1.0.1", "3.0.0"));
    assert_stale(&workspace);
    let workspace = Workspace::new();
    workspace.write(
        "Cargo.toml",
        "[profile.release]\nlto = \"fat\"\n[workspace.dependencies]\nused = \"2\"\nother = \"1\"\n",
    );
    assert_stale(&workspace);
    let workspace = Workspace::new();
    workspace.write("Cargo.toml", "[profile.release]\nlto = \"thin\"\n[workspace.dependencies]\nused = \"1\"\n");
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
    workspace.write("sbf/arithmetic-check/src/main.rs", SOURCE);
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
fn a_source_that_is_not_rust_is_named() {
    let workspace = Workspace::new();
    workspace.write("sbf/arithmetic-check/src/lib.rs", "fn add( {");
    let error = workspace.check().unwrap_err();
    assert!(matches!(error, ArtifactError::MalformedSource { .. }), "{error}");
    assert!(error.to_string().contains("sbf/arithmetic-check/src/lib.rs"), "{error}");
}

#[test]
fn a_missing_source_is_named() {
    let workspace = Workspace::new();
    workspace.remove("sbf/i128.ll");
    let error = workspace.check().unwrap_err();
    assert!(matches!(error, ArtifactError::UnreadableSource { .. }), "{error}");
    assert!(error.to_string().contains("sbf/i128.ll"), "{error}");
}
