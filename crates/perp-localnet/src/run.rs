//! `perp-localnet` without a subcommand: the exchange, running until Ctrl-C.

use std::path::PathBuf;
use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::Table;
use localnet_receiver::guardians;
use perp_client::rpc::FetchError;
use perp_engine::units::Atoms;
use thiserror::Error;
use tokio::signal::unix::{signal, SignalKind};

use crate::address_file::{AddressFile, AddressFileError};
use crate::chain::ChainError;
use crate::cli::{OracleError, RunOptions};
use crate::exchange::{create, markets, take_all_prices, ExchangeError};
use crate::feeds::{Feed, FeedError};
use crate::guardians::TestGuardians;
use crate::oracle_driver::OracleDriver;
use crate::setup::{Localnet, SetupError};
use crate::usdc::ONE;
use crate::validator::ValidatorError;
use crate::wallets::{Wallets, FUNDED};

/// The set-up begins this long ago, so that the boundary at which the deposit of liquidity is served has come by now: its notice and an
/// epoch, and a minute for what is sent meanwhile.
const SETUP_SECONDS: i64 = 600 + 3_600 + 60;
const LIVENESS_INTERVAL: Duration = Duration::from_millis(500);

/// Why the localnet did not start, or ended.
#[derive(Debug, Error)]
pub enum RunError {
    /// The prices asked for.
    #[error(transparent)]
    Oracle(#[from] OracleError),
    /// The chain, the program and the wallets.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The exchange.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// Its markets, which cannot be read.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The file of addresses.
    #[error(transparent)]
    AddressFile(#[from] AddressFileError),
    /// The validator.
    #[error(transparent)]
    Validator(#[from] ValidatorError),
    /// The chain's clock.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The feeds.
    #[error(transparent)]
    Feeds(#[from] FeedError),
    /// The terminal.
    #[error("cannot wait for Ctrl-C: {0}")]
    Signal(#[source] std::io::Error),
    /// The validator is gone.
    #[error("the embedded validator ended by itself: run again with RUST_LOG=debug to see why")]
    Ended,
    /// No feed has a price any more.
    #[error("the oracle driver ended by itself, for the reason above: run again")]
    NoPrices,
}

/// Starts everything, prints where it is, and stops it on Ctrl-C or a termination signal.
///
/// # Errors
/// [`RunError`].
pub fn run(options: &RunOptions) -> Result<(), RunError> {
    let running = Running::start(options)?;
    println!("Running. Ctrl-C stops it.");
    let outcome = wait_for_signal(|| running.check());
    running.stop()?;
    outcome
}

/// The exchange with its prices and its file of addresses, which stays until [`Running::stop`].
pub struct Running {
    /// Where everything is.
    pub addresses: AddressFile,
    localnet: Localnet,
    driver: OracleDriver,
    keys: PathBuf,
}

impl Running {
    /// Starts everything, and prints where it is.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn start(options: &RunOptions) -> Result<Self, RunError> {
        let mut script = options.oracle.script()?;
        let keys = options.node.keys.clone();
        AddressFile::remove(&keys)?;
        let guardians = TestGuardians::new(if options.all_guardians { guardians::ALL } else { guardians::ONE });
        let localnet = Localnet::start_with(options.node.ports(), &keys, guardians)?;
        let chain = localnet.chain();
        chain.begin_at(chain.clock().unix_timestamp - SETUP_SECONDS)?;
        let migration = create(&localnet, &mut script, Atoms::new(options.liquidity.saturating_mul(ONE)))?;
        for step in &migration.steps {
            println!("{}", step.outcome());
        }
        if options.liquidity > 0 {
            println!("lp: provided {} USDC", options.liquidity);
        }

        chain.follow_wall_clock()?;
        let driver = OracleDriver::start(chain.clone(), script)?;
        take_all_prices(&localnet, &migration.addresses)?;
        let listed = markets(&localnet, &migration.addresses)?;
        let addresses = AddressFile::new(&localnet, &migration.addresses, &listed);
        let path = addresses.write(&keys)?;
        println!("{}", table(&addresses, &localnet.wallets));
        println!("The same for programs: {}", path.display());
        Ok(Self { addresses, localnet, driver, keys })
    }

    /// Whether all of it still runs.
    ///
    /// # Errors
    /// [`RunError::Ended`], [`RunError::NoPrices`].
    pub fn check(&self) -> Result<(), RunError> {
        if !self.localnet.validator.is_running() {
            return Err(RunError::Ended);
        }
        if !self.driver.is_running() {
            return Err(RunError::NoPrices);
        }
        Ok(())
    }

    /// Takes the file of addresses away and stops everything.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn stop(self) -> Result<(), RunError> {
        AddressFile::remove(&self.keys)?;
        self.driver.stop();
        Ok(self.localnet.validator.stop()?)
    }
}

fn table(addresses: &AddressFile, wallets: &Wallets) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_header(["what", "where", "with"]);
    table.add_row(["RPC", &addresses.rpc_url, "loopback only: any page in a browser here can use it"]);
    table.add_row(["WebSocket", &addresses.websocket_url, ""]);
    table.add_row(["prices", &addresses.prices_url, "as Hermes hands them out; a test guardian signs them"]);
    table.add_row(["program", &addresses.program, ""]);
    table.add_row(["test USDC mint", &addresses.mint, "6 decimals"]);
    table.add_row(["exchange", &addresses.exchange, ""]);
    for market in &addresses.markets {
        table.add_row([&market.symbol, &market.market, &format!("market {} of the exchange", market.index)]);
    }
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
    table
}

/// Waits for Ctrl-C or a termination signal, and asks twice a second whether there is still something to wait for.
///
/// # Errors
/// [`RunError::Signal`], and what the check says.
pub fn wait_for_signal<E: From<RunError>>(mut check: impl FnMut() -> Result<(), E>) -> Result<(), E> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RunError::Signal)?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(RunError::Signal)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(RunError::Signal)?;
        let mut liveness = tokio::time::interval(LIVENESS_INTERVAL);
        loop {
            tokio::select! {
                _ = interrupt.recv() => return Ok(()),
                _ = terminate.recv() => return Ok(()),
                _ = liveness.tick() => check()?,
            }
        }
    })
}
