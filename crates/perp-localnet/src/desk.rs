//! `perp-localnet desk`: validator, prices, keeper, history and the trader's page, brought up together and ended together.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::address_file::AddressFile;
use crate::cli::DeskOptions;
use crate::run::{wait_for_signal, RunError, Running};

pub mod service;
pub mod tools;

use service::{Service, ServiceError};
use tools::{Tools, ToolsError};

/// A debug build of the history answers after a second; of the page, once Vite has bundled what it depends on.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// The keeper lets what it has sent land for ten seconds.
const END_WITHIN: Duration = Duration::from_secs(15);

/// Why the desk did not open, or closed.
#[derive(Debug, Error)]
pub enum DeskError {
    /// What the desk is made of.
    #[error(transparent)]
    Tools(#[from] ToolsError),
    /// The validator and its exchange.
    #[error(transparent)]
    Run(#[from] RunError),
    /// One of its programs.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// Where logs and the history lie.
    #[error("cannot prepare {path}: {reason}: choose another folder with --keys")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
}

/// Builds and installs what is missing, starts everything, prints where the page is, and ends everything on Ctrl-C or a termination
/// signal, or when one of its programs has ended.
///
/// # Errors
/// [`DeskError`].
pub fn open(options: &DeskOptions) -> Result<(), DeskError> {
    let began = Instant::now();
    let tools = Tools::ready()?;
    let running = Running::start(&options.run)?;
    let outcome = serve(options, &tools, &running.addresses, began).and_then(|mut services| {
        let outcome = wait_for_signal(|| {
            running.check()?;
            Ok(services.iter_mut().try_for_each(Service::check)?)
        });
        println!("Ending.");
        services.reverse();
        services.into_iter().try_for_each(|service| service.end(END_WITHIN))?;
        outcome
    });
    running.stop()?;
    outcome
}

/// Keeper, history and page over the exchange, each waited for until it answers.
fn serve(
    options: &DeskOptions,
    tools: &Tools,
    addresses: &AddressFile,
    began: Instant,
) -> Result<Vec<Service>, DeskError> {
    let keys = &options.run.node.keys;
    let folder = emptied(&keys.join("desk"))?;
    let loopback = |port: u16| format!("127.0.0.1:{port}");

    let mut keeper = tools.program("perp-keeper");
    keeper.arg("--localnet").arg(keys);
    keeper.args(["--unpaid", "--log", "text", "--listen", &loopback(options.keeper_port)]);
    let mut history = tools.program("perp-indexer");
    history.args(["--rpc-url", &addresses.rpc_url, "--exchange", &addresses.exchange]);
    history.args(["--listen", &loopback(options.history_port)]);
    history.arg("--database").arg(format!("sqlite:{}", folder.join("history.db").display()));
    let mut page = tools.page(options.page_port);
    page.env("PERP_EXCHANGE_FILE", absolute(&keys.join(AddressFile::NAME))?);
    page.env("PERP_HISTORY_URL", format!("http://{}", loopback(options.history_port)));

    let url = format!("http://{}/", loopback(options.page_port));
    let mut services = Vec::new();
    for (name, command, ready) in [
        ("keeper", keeper, format!("http://{}/readyz", loopback(options.keeper_port))),
        ("history", history, format!("http://{}/healthz", loopback(options.history_port))),
        ("page", page, url.clone()),
    ] {
        services.push(Service::start(name, command, &folder, ready)?);
    }
    for service in &mut services {
        service.wait(READY_WITHIN)?;
    }
    println!("Logs of keeper, history and page: {}", folder.display());
    println!("Ready after {} s: {url}", began.elapsed().as_secs());
    println!("Ctrl-C ends everything.");
    Ok(services)
}

/// A folder without what an earlier run has left in it: its chain is gone.
fn emptied(folder: &Path) -> Result<PathBuf, DeskError> {
    let prepared = match fs::remove_dir_all(folder) {
        Err(reason) if reason.kind() != io::ErrorKind::NotFound => Err(reason),
        _ => fs::create_dir_all(folder),
    };
    prepared.map_err(|reason| DeskError::Folder { path: folder.to_owned(), reason })?;
    Ok(folder.to_owned())
}

fn absolute(path: &Path) -> Result<PathBuf, DeskError> {
    std::path::absolute(path).map_err(|reason| DeskError::Folder { path: path.to_owned(), reason })
}
