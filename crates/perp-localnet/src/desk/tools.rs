//! What the desk is made of beside this program: keeper and indexer, Node, and the page's packages.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use thiserror::Error;

/// What the page's packages ask for.
const NODE: (u32, u32) = (20, 19);
/// Those of the page, in the order in which they are installed: a later one is made of an earlier one.
const PACKAGES: [&str; 2] = ["app/client", "app/web"];

/// Why something is missing.
#[derive(Debug, Error)]
pub enum ToolsError {
    /// A command is not there.
    #[error("{program} cannot be run ({reason}): {remedy}")]
    Missing {
        /// The command.
        program: String,
        /// Why it cannot be run.
        reason: io::Error,
        /// What helps.
        remedy: &'static str,
    },
    /// A command failed.
    #[error("`{command}` in {folder} failed ({status}): its reasons are above", folder = folder.display())]
    Failed {
        /// The command.
        command: String,
        /// Where it ran.
        folder: PathBuf,
        /// How it ended.
        status: ExitStatus,
    },
    /// Node is too old.
    #[error("the page needs Node {}.{} or newer, and here is {found}: install it from https://nodejs.org/en/download", NODE.0, NODE.1)]
    Node {
        /// What `node --version` says.
        found: String,
    },
    /// Where this program lies is unknown.
    #[error("cannot tell where this program lies: {0}")]
    Here(#[source] io::Error),
    /// Nothing was built from this folder any more.
    #[error("{path} is not there: run the desk in a checkout of the repository", path = .0.display())]
    Checkout(PathBuf),
}

/// Where everything is.
pub struct Tools {
    checkout: PathBuf,
    programs: PathBuf,
}

impl Tools {
    /// Builds and installs whatever is missing or older than its sources, and says so.
    ///
    /// # Errors
    /// [`ToolsError`].
    pub fn ready() -> Result<Self, ToolsError> {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let here = env::current_exe().map_err(ToolsError::Here)?;
        let programs = here.parent().unwrap_or(Path::new(".")).to_owned();
        let checkout = checkout.canonicalize().map_err(|_| ToolsError::Checkout(checkout))?;
        let tools = Self { checkout, programs };
        tools.node()?;
        for package in PACKAGES {
            tools.packages(&tools.checkout.join(package))?;
        }
        tools.build()?;
        Ok(tools)
    }

    /// A program of this workspace.
    pub fn program(&self, name: &str) -> Command {
        Command::new(self.programs.join(name))
    }

    /// The page's server for development, which has the development wallet.
    pub fn page(&self, port: u16) -> Command {
        let folder = self.checkout.join("app/web");
        // Without npm between, what is ended is the server itself.
        let mut page = Command::new("node");
        page.arg(folder.join("node_modules/vite/bin/vite.js")).current_dir(folder);
        page.args(["--host", "127.0.0.1", "--strictPort", "--port", &port.to_string()]);
        page
    }

    fn node(&self) -> Result<(), ToolsError> {
        let remedy = "install Node from https://nodejs.org/en/download";
        let missing = |reason| ToolsError::Missing { program: "node".into(), reason, remedy };
        let output = Command::new("node").arg("--version").output().map_err(missing)?;
        let found = String::from_utf8_lossy(&output.stdout).trim().to_string();
        if is_new_enough(&found) {
            Ok(())
        } else {
            Err(ToolsError::Node { found })
        }
    }

    /// Runs `npm ci` where the installed packages are not those of the lock file.
    fn packages(&self, folder: &Path) -> Result<(), ToolsError> {
        let modified = |file: &str| folder.join(file).metadata().and_then(|metadata| metadata.modified());
        let wanted =
            modified("package-lock.json").map_err(|_| ToolsError::Checkout(folder.join("package-lock.json")))?;
        if modified("node_modules/.package-lock.json").is_ok_and(|installed| installed >= wanted) {
            return Ok(());
        }
        println!("Installing the packages of {}", folder.display());
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel", "error"]).current_dir(folder);
        run(npm, folder, "npm comes with Node: install it from https://nodejs.org/en/download")
    }

    /// Keeper and indexer, in the profile and target folder of this program.
    fn build(&self) -> Result<(), ToolsError> {
        println!("Building perp-keeper and perp-indexer");
        let cargo = env::var_os("CARGO").unwrap_or(OsString::from("cargo"));
        let mut build = Command::new(cargo);
        build.args(["build", "--locked", "--quiet", "-p", "perp-keeper", "-p", "perp-indexer"]);
        if self.programs.ends_with("release") {
            build.arg("--release");
        }
        if let Some(target) = self.programs.parent() {
            build.arg("--target-dir").arg(target);
        }
        build.current_dir(&self.checkout);
        run(build, &self.checkout, "install Rust with https://rustup.rs")
    }
}

fn run(mut command: Command, folder: &Path, remedy: &'static str) -> Result<(), ToolsError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|reason| ToolsError::Missing { program, reason, remedy })?;
    if status.success() {
        return Ok(());
    }
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let command = words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ");
    Err(ToolsError::Failed { command, folder: folder.to_owned(), status })
}

/// Whether a version such as `v20.19.4` is at least [`NODE`].
fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= NODE,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_compared_as_numbers() {
        for new in ["v20.19.0", "v20.20.1", "v22.1.0", "v100.0.0"] {
            assert!(is_new_enough(new), "{new}");
        }
        for old in ["v20.18.3", "v18.20.0", "v9.99.0", "", "vx.1"] {
            assert!(!is_new_enough(old), "{old}");
        }
    }

    #[test]
    fn a_failed_command_is_told_whole_with_its_folder() {
        let mut command = Command::new("sh");
        command.args(["-c", "exit 7"]);
        let error = run(command, Path::new("/"), "install a shell").unwrap_err().to_string();
        assert_eq!(error, "`sh -c exit 7` in / failed (exit status: 7): its reasons are above");
        let error = run(Command::new("/no/such/npm"), Path::new("/"), "install Node").unwrap_err().to_string();
        assert!(error.starts_with("/no/such/npm cannot be run (") && error.ends_with("): install Node"), "{error}");
    }
}
