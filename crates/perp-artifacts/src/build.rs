use {
    anchor_lang_idl::build::IdlBuilder,
    anyhow::{ensure, Context, Result},
    perp_artifacts::{sha256_hex, Artifact, IdlRecord, Record, Target, BROWSER_ROUTE, SBF_ROUTE},
    std::{
        env, fs,
        path::Path,
        process::{Command, Stdio},
    },
};

/// A way to compile a program or module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    CargoBuildSbf,
    Sbf,
    Browser { module: &'static str },
}

impl Route {
    /// `cargo build-sbf`, which `anchor build` calls too, where it is installed.
    pub fn installed() -> Self {
        let probe = Command::new("cargo").args(["build-sbf", "--version"]).output();
        match probe {
            Ok(output) if output.status.success() => Self::CargoBuildSbf,
            _ => Self::Sbf,
        }
    }

    /// The way to compile this artifact where programs take this one.
    pub fn to(self, artifact: &Artifact) -> Self {
        match artifact.target {
            Target::Sbf => self,
            Target::Browser { module } => Self::Browser { module },
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::CargoBuildSbf => "cargo build-sbf",
            Self::Sbf => SBF_ROUTE,
            Self::Browser { .. } => BROWSER_ROUTE,
        }
    }

    /// Installs what the route needs; returns the compiler's name and version.
    pub fn prepare(self, root: &Path) -> Result<String> {
        let versions = match self {
            Self::CargoBuildSbf => output_of(Command::new("cargo").args(["build-sbf", "--version"]))?,
            Self::Sbf => output_of(&mut Command::new(root.join("sbf/setup.sh")))?,
            Self::Browser { .. } => output_of(&mut Command::new(root.join("crates/perp-wasm/setup.sh")))?,
        };
        Ok(versions.lines().collect::<Vec<_>>().join(", "))
    }

    /// Compiles the binary, builds its IDL and records both under `out`, which is left as it was where one of them fails.
    pub fn build(self, artifact: &Artifact, root: &Path, out: &Path, compiler: &str) -> Result<()> {
        // Before the build: a source edited meanwhile must not pass for built.
        let source_digest = artifact.source_digest(root)?;
        fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
        // Besides the program a compiler may leave others there, such as the key of an address for it.
        let built = tempfile::tempdir_in(out).with_context(|| format!("cannot write to {}", out.display()))?;
        let compiled = built.path().join(artifact.name).with_extension(artifact.target.extension());
        self.compile(&root.join(artifact.crate_dir).join("Cargo.toml"), root, built.path())?;
        let program_sha256 = sha256_of(&compiled)?;
        let idl = build_interface(artifact, root, out)?;
        let program = artifact.program_path(out);
        place(&compiled, &program)?;
        let route = self.name().to_owned();
        let record = Record { source_digest, program_sha256, idl, route, compiler: compiler.to_owned() };
        write(&artifact.record_path(out), &record.to_json()?)?;
        println!("{}: {} bytes, sha256 {}", program.display(), fs::metadata(&program)?.len(), record.program_sha256);
        Ok(())
    }

    fn compile(self, manifest: &Path, root: &Path, folder: &Path) -> Result<()> {
        let mut command = match self {
            Self::CargoBuildSbf => {
                let mut command = Command::new("cargo");
                command
                    .args(["build-sbf", "--manifest-path"])
                    .arg(manifest)
                    .arg("--sbf-out-dir")
                    .arg(folder)
                    .args(["--", "--locked"]);
                command
            }
            Self::Sbf => {
                let mut command = Command::new(root.join(SBF_ROUTE));
                command.arg(manifest).arg(folder);
                command
            }
            Self::Browser { module } => {
                let mut command = Command::new(root.join(BROWSER_ROUTE));
                command.arg(folder).arg(module);
                command
            }
        };
        // stdout is for results.
        let status = command.stdout(Stdio::null()).status().with_context(|| format!("cannot start {}", self.name()))?;
        ensure!(status.success(), "{} of {} failed, see above", self.name(), manifest.display());
        Ok(())
    }
}

/// Builds the IDL alone and stores it in the record of a binary that is as new as the sources.
pub fn build_idl_alone(artifact: &Artifact, root: &Path) -> Result<()> {
    let mut record = Record::read(&artifact.record_path(root))?;
    record.idl = build_interface(artifact, root, root)?;
    write(&artifact.record_path(root), &record.to_json()?)
}

/// Builds the artifact's IDL under `out`, where it has one.
fn build_interface(artifact: &Artifact, root: &Path, out: &Path) -> Result<Option<IdlRecord>> {
    if !artifact.has_idl {
        return Ok(None);
    }
    let source_digest = artifact.idl_digest(root)?;
    fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let built = tempfile::tempdir_in(out).with_context(|| format!("cannot write to {}", out.display()))?;
    let idl = built.path().join(artifact.name).with_extension("json");
    build_idl(&root.join(artifact.crate_dir), &idl)?;
    let sha256 = sha256_of(&idl)?;
    place(&idl, &artifact.idl_path(out))?;
    Ok(Some(IdlRecord { source_digest, sha256 }))
}

/// Builds the IDL from the program's own `idl-build` tests, as the Anchor CLI does, and finishes it for its readers.
fn build_idl(program: &Path, idl: &Path) -> Result<()> {
    // Wins over the RUSTFLAGS that the builder sets, which would compile everything anew.
    env::set_var("CARGO_ENCODED_RUSTFLAGS", "");
    let built = IdlBuilder::new()
        .program_path(program.to_owned())
        .cargo_args(vec!["--locked".to_owned(), "--lib".to_owned()])
        .build();
    env::remove_var("CARGO_ENCODED_RUSTFLAGS");
    let built = built.context("the IDL of the program cannot be built")?;
    let mut built = serde_json::to_value(&built)?;
    perp_artifacts::idl::finish(&mut built)?;
    write(idl, &(serde_json::to_string_pretty(&built)? + "\n"))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn place(built: &Path, path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::rename(built, path).with_context(|| format!("cannot write {}", path.display()))
}

fn sha256_of(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(sha256_hex(&bytes))
}

/// What a command prints; its errors go to the terminal.
fn output_of(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(output.status.success(), "{command:?} failed, see above");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
