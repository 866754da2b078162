//! `perp-localnet` without a subcommand: the exchange, running until Ctrl-C.

use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::Table;
use perp_client::Addresses;
use perp_engine::units::Atoms;
use perp_migrations::{migrate, MigrationError};
use thiserror::Error;
use tokio::signal::unix::{signal, SignalKind};

use crate::chain::ChainError;
use crate::cli::{OracleError, RunOptions};
use crate::feeds::{Feed, FeedError};
use crate::liquidity::{provide, LiquidityError};
use crate::oracle_driver::OracleDriver;
use crate::setup::{Localnet, SetupError};
use crate::usdc::ONE;
use crate::validator::{Validator, ValidatorError};
use crate::wallets::{WalletError, ADMIN, FUNDED, USDC_MINT};

/// The set-up begins this long ago, so that the deposit of liquidity has waited out its delay by now.
const SETUP_SECONDS: i64 = 60;
const LIVENESS_INTERVAL: Duration = Duration::from_millis(500);

#[derive(Debug, Error)]
pub enum RunError {
    #[error(transparent)]
    Oracle(#[from] OracleError),
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Wallets(#[from] WalletError),
    #[error(transparent)]
    Validator(#[from] ValidatorError),
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Feeds(#[from] FeedError),
    #[error(transparent)]
    Liquidity(#[from] LiquidityError),
    #[error(transparent)]
    Migration(#[from] MigrationError),
    #[error("cannot wait for Ctrl-C: {0}")]
    Signal(#[source] std::io::Error),
    #[error("the embedded validator ended by itself: run again with RUST_LOG=debug to see why")]
    Ended,
    #[error("the oracle driver ended by itself, for the reason above: run again")]
    NoPrices,
}

/// Starts everything, prints where it is, and stops it on Ctrl-C or a termination signal.
pub fn run(options: &RunOptions) -> Result<(), RunError> {
    let mut script = options.oracle.script()?;
    let localnet = Localnet::start(options.node.ports(), &options.node.keys)?;
    let chain = localnet.chain();
    chain.begin_at(chain.clock().unix_timestamp - SETUP_SECONDS)?;
    script.tick(chain)?;
    let admin = &localnet.wallets.get(ADMIN)?.keypair;
    let migration = migrate(&localnet.connection, &localnet.description()?, admin)?;
    for step in &migration.steps {
        println!("{}", step.outcome());
    }
    if options.liquidity > 0 {
        provide(&localnet, &migration.addresses, Atoms::new(options.liquidity.saturating_mul(ONE)))?;
        println!("lp: provided {} USDC", options.liquidity);
    }

    chain.follow_wall_clock()?;
    let driver = OracleDriver::start(chain.clone(), script)?;
    println!("{}", addresses(&localnet, &migration.addresses)?);
    println!("Running. Ctrl-C stops it.");
    let outcome = wait_for_signal(&localnet.validator, &driver);
    driver.stop();
    localnet.validator.stop()?;
    outcome
}

fn addresses(localnet: &Localnet, exchange: &Addresses) -> Result<Table, WalletError> {
    let Localnet { validator, wallets, .. } = localnet;
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_header(["what", "where", "with"]);
    table.add_row(["RPC", &validator.rpc_url(), "loopback only: any page in a browser here can use it"]);
    table.add_row(["WebSocket", &validator.ws_url(), ""]);
    table.add_row(["program", &perp_swap::ID.to_string(), ""]);
    table.add_row(["test USDC mint", &wallets.get(USDC_MINT)?.address().to_string(), "6 decimals"]);
    table.add_row(["exchange", &exchange.exchange.to_string(), "SOL-PERP is its market 0, BTC-PERP its market 1"]);
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

fn wait_for_signal(validator: &Validator, driver: &OracleDriver) -> Result<(), RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RunError::Signal)?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(RunError::Signal)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(RunError::Signal)?;
        let mut liveness = tokio::time::interval(LIVENESS_INTERVAL);
        loop {
            tokio::select! {
                _ = interrupt.recv() => return Ok(()),
                _ = terminate.recv() => return Ok(()),
                _ = liveness.tick() => {
                    if !validator.is_running() {
                        return Err(RunError::Ended);
                    }
                    if !driver.is_running() {
                        return Err(RunError::NoPrices);
                    }
                }
            }
        }
    })
}
