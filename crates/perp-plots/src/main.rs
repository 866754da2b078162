//! Writes the plots of the guides.

use anyhow::{Context, Result};
use clap::Parser;
use perp_plots::figures;
use std::fs;
use std::path::PathBuf;

/// Draws the plots of the guides from the engine's own functions.
#[derive(Parser)]
struct Arguments {
    /// The folder they are written to
    #[arg(long, default_value = "docs/plots")]
    out: PathBuf,
}

fn main() -> Result<()> {
    let Arguments { out } = Arguments::parse();
    fs::create_dir_all(&out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    for figure in figures()? {
        let path = out.join(format!("{}.svg", figure.name));
        fs::write(&path, figure.svg()?).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
