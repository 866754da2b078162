//! Measures what every instruction costs, prints the table and writes it to `docs/compute-units.md`.

use perp_tests::costs::{page, Budgets, Costs};
use std::process::ExitCode;

fn main() -> ExitCode {
    let program = match perp_artifacts::program_bytes() {
        Ok(program) => program,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let page = page(&Costs::measure(), &Budgets::committed(), program.len());
    print!("{page}");
    let path = perp_artifacts::workspace_root().join("docs/compute-units.md");
    if let Err(error) = std::fs::write(&path, page) {
        eprintln!("{}: {error}; the table above was not written there", path.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
