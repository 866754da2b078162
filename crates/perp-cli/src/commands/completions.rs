//! `perp completions`: what a shell completes.

use clap::{Args, CommandFactory};
use clap_complete::{generate, Shell};

use crate::cli::Cli;
use crate::output::Report;

#[derive(Debug, Args)]
/// Of which shell.
pub struct Arguments {
    /// The shell
    shell: Shell,
}

impl Arguments {
    /// The script that the shell reads.
    pub fn run(&self) -> Report {
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "perp", &mut script);
        Report::verbatim(String::from_utf8_lossy(&script).into_owned())
    }
}
