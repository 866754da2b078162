//! `perp completions`: what a shell completes.

use clap::{Args, CommandFactory};
use clap_complete::{generate, Shell};

use crate::cli::Cli;
use crate::output::Report;

// Of which shell.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
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
