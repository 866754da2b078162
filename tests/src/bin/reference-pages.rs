//! Writes into the reference pages of the documentation what follows from the code.

use perp_tests::pages::pages;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = perp_artifacts::workspace_root();
    for page in pages(&root) {
        if let Err(error) = std::fs::write(root.join(page.path), page.text) {
            eprintln!("{}: {error}", page.path);
            return ExitCode::FAILURE;
        }
        println!("{}", page.path);
    }
    ExitCode::SUCCESS
}
