//! `perp-localnet` without a subcommand: the exchange, running until Ctrl-C.

use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::Table;
use thiserror::Error;
use tokio::signal::unix::{signal, SignalKind};

use crate::candles::CandleError;
use crate::chain::ChainError;
use crate::cli::RunOptions;
use crate::feeds::{Feed, FeedError};
use crate::oracle_driver::OracleDriver;
use crate::rpc::{Connection, SendError};
use crate::usdc::{self, Usdc};
use crate::validator::{Blocks, Ports, Validator, ValidatorError};
use crate::wallets::{WalletError, Wallets, FUNDED, USDC_AUTHORITY, USDC_MINT};

/// Pays for thousands of transactions and for every account a test wallet may create.
const WALLET_LAMPORTS: u64 = 1_000_000_000_000;
const LIVENESS_INTERVAL: Duration = Duration::from_millis(500);

#[derive(Debug, Error)]
pub enum RunError {
    #[error(transparent)]
    Candles(#[from] CandleError),
    #[error(transparent)]
    Wallets(#[from] WalletError),
    #[error(transparent)]
    Validator(#[from] ValidatorError),
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Feeds(#[from] FeedError),
    #[error("setting up the test USDC: {0}")]
    Usdc(#[source] SendError),
    #[error("cannot wait for Ctrl-C: {0}")]
    Signal(#[source] std::io::Error),
    #[error("the embedded validator ended by itself: run again with RUST_LOG=debug to see why")]
    Ended,
}

/// Starts everything, prints where it is, and stops it on Ctrl-C or a termination signal.
pub fn run(options: &RunOptions) -> Result<(), RunError> {
    let script = options.oracle.script()?;
    let wallets = Wallets::open(&options.keys)?;
    let ports = Ports { rpc: options.rpc_port, ws: options.ws_port };
    let validator = Validator::start(ports, Blocks::WallClock)?;

    let driver = OracleDriver::start(validator.chain().clone(), script)?;
    fund(&validator, &wallets)?;
    println!("{}", addresses(&validator, &wallets)?);
    println!("Running. Ctrl-C stops it.");

    let outcome = wait_for_signal(&validator);
    driver.stop();
    validator.stop()?;
    outcome
}

/// Lamports for every wallet, and test USDC for those that use the exchange.
pub fn fund(validator: &Validator, wallets: &Wallets) -> Result<(), RunError> {
    for wallet in wallets.signing() {
        validator.chain().set_lamports(wallet.address(), WALLET_LAMPORTS)?;
    }
    let connection = Connection::new(&validator.rpc_url());
    let usdc = Usdc { mint: wallets.get(USDC_MINT)?, authority: wallets.get(USDC_AUTHORITY)? };
    usdc.create(&connection).map_err(RunError::Usdc)?;
    for (name, amount) in FUNDED {
        let wallet = wallets.get(name)?.address();
        usdc.mint_to(&connection, wallet, amount * usdc::ONE).map_err(RunError::Usdc)?;
    }
    Ok(())
}

fn addresses(validator: &Validator, wallets: &Wallets) -> Result<Table, WalletError> {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_header(["what", "where", "with"]);
    table.add_row(["RPC", &validator.rpc_url(), "loopback only: any page in a browser here can use it"]);
    table.add_row(["WebSocket", &validator.ws_url(), ""]);
    table.add_row(["test USDC mint", &wallets.get(USDC_MINT)?.address().to_string(), "6 decimals"]);
    for feed in Feed::ALL {
        table.add_row([format!("{feed} feed"), feed.address().to_string(), String::new()]);
    }
    for wallet in wallets.signing() {
        let funds = FUNDED.iter().find(|(name, _)| *name == wallet.name).map(|(_, amount)| format!("{amount} USDC, "));
        let key_file = wallet.path.display();
        table.add_row([
            wallet.name.to_string(),
            wallet.address().to_string(),
            format!("{}{key_file}", funds.unwrap_or_default()),
        ]);
    }
    Ok(table)
}

fn wait_for_signal(validator: &Validator) -> Result<(), RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RunError::Signal)?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(RunError::Signal)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(RunError::Signal)?;
        let mut liveness = tokio::time::interval(LIVENESS_INTERVAL);
        loop {
            tokio::select! {
                _ = interrupt.recv() => return Ok(()),
                _ = terminate.recv() => return Ok(()),
                _ = liveness.tick() => if !validator.is_running() { return Err(RunError::Ended) },
            }
        }
    })
}
