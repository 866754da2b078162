//! Builds the committed programs, the modules for browsers and the IDL, or checks that they are as new as their sources.

mod build;

use {
    anyhow::ensure,
    clap::{Parser, ValueEnum},
    perp_artifacts::{workspace_root, Artifact, Record, ALL},
    std::{
        path::{Path, PathBuf},
        process::ExitCode,
    },
};

/// Builds artifacts/*.so, artifacts/*.wasm and idl/*.json from the sources, and writes beside each binary what it
/// was built from and with.
#[derive(Parser)]
struct Arguments {
    /// Build nothing; fail where a committed artifact is older than its sources.
    #[arg(long, conflicts_with_all = ["out", "route"])]
    check: bool,
    /// Put the results under this folder instead of the workspace, and compare them with the
    /// committed ones.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Build the IDL alone, for changes of documentation: the committed binary must be as new as the sources.
    #[arg(long, conflicts_with_all = ["check", "out", "route"])]
    idl: bool,
    /// Build or check this artifact alone, such as perp_wasm_core.
    #[arg(long, value_name = "NAME", value_parser = named, conflicts_with = "idl")]
    only: Option<Artifact>,
    /// The compiler of programs.
    #[arg(long, value_enum, default_value_t = RouteArgument::Auto)]
    route: RouteArgument,
}

#[derive(Clone, Copy, ValueEnum)]
enum RouteArgument {
    /// cargo build-sbf where it is installed, else the one in sbf/.
    Auto,
    /// Solana's own compiler.
    CargoBuildSbf,
    /// LLVM's BPF backend with sbpf-linker, see sbf/README.md.
    Sbf,
}

fn named(name: &str) -> Result<Artifact, String> {
    let names = || ALL.map(|artifact| artifact.name).join(", ");
    let found = ALL.into_iter().find(|artifact| artifact.name == name);
    found.ok_or_else(|| format!("there is no artifact {name}; there are {}", names()))
}

fn main() -> ExitCode {
    // cargo sets it in what it runs. rustup would obey it instead of rust-toolchain.toml, and the
    // IDL builder would install a toolchain of that name.
    std::env::remove_var("RUSTUP_TOOLCHAIN");
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let root = workspace_root().canonicalize()?;
    let chosen = arguments.only.map_or_else(|| ALL.to_vec(), |only| vec![only]);
    if arguments.check {
        for artifact in chosen {
            let record = artifact.check(&root)?;
            println!("{} is fresh, {}", artifact.name, record.compiler);
        }
        return Ok(());
    }
    if arguments.idl {
        for artifact in ALL.iter().filter(|artifact| artifact.has_idl) {
            build::build_idl_alone(artifact, &root)?;
            let record = artifact.check(&root)?;
            println!("{} is fresh, {}", artifact.name, record.compiler);
        }
        return Ok(());
    }
    let route = match arguments.route {
        RouteArgument::Auto => build::Route::installed(),
        RouteArgument::CargoBuildSbf => build::Route::CargoBuildSbf,
        RouteArgument::Sbf => build::Route::Sbf,
    };
    let out = arguments.out.as_deref().unwrap_or(&root);
    // Every compiler first: one that is missing is told before minutes are spent.
    let mut builds = Vec::new();
    for artifact in chosen {
        let route = route.to(&artifact);
        builds.push((artifact, route, route.prepare(&root)?));
    }
    for (artifact, route, compiler) in builds {
        route.build(&artifact, &root, out, &compiler)?;
        if arguments.out.is_some() {
            compare(&artifact, &root, out)?;
        }
    }
    Ok(())
}

/// Says whether the build reproduced the committed files, and with which compilers.
fn compare(artifact: &Artifact, root: &Path, out: &Path) -> anyhow::Result<()> {
    let committed = Record::read(&artifact.record_path(root))?;
    let built = Record::read(&artifact.record_path(out))?;
    if built.program_sha256 == committed.program_sha256 {
        println!("{}: the committed bytes", artifact.name);
    } else {
        println!(
            "{}: not the committed bytes\n  committed: {}, {}\n  built now: {}, {}",
            artifact.name, committed.program_sha256, committed.compiler, built.program_sha256, built.compiler
        );
    }
    ensure!(
        built.idl.map(|idl| idl.sha256) == committed.idl.map(|idl| idl.sha256),
        "the IDL of {} differs from the committed one; build it with `cargo run -p perp-artifacts`",
        artifact.name
    );
    Ok(())
}
