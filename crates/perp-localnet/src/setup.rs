//! What every localnet begins with: the chain, the program on it, and wallets that can use it.

use std::path::Path;

use localnet_receiver::guardians::ONE;
use perp_artifacts::{program_bytes, ArtifactError};
use perp_client::accounts::ID;
use perp_client::rpc::{Connection, SendError};
use perp_migrations::{Description, FileError, LOCALNET};
use thiserror::Error;

use crate::chain::{Chain, ChainError};
use crate::guardians::TestGuardians;
use crate::price_server::{LocalPriceServer, PriceServerError};
use crate::receiver;
use crate::usdc::{self, Usdc};
use crate::validator::{Ports, Validator, ValidatorError};
use crate::wallets::{WalletError, Wallets, ADMIN, FUNDED, USDC_AUTHORITY, USDC_MINT};

/// Pays for thousands of transactions and for every account a test wallet may create.
const WALLET_LAMPORTS: u64 = 1_000_000_000_000;

/// Why there is no localnet.
#[derive(Debug, Error)]
pub enum SetupError {
    /// The compiled program.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The test keypairs.
    #[error(transparent)]
    Wallets(#[from] WalletError),
    /// The validator.
    #[error(transparent)]
    Validator(#[from] ValidatorError),
    /// The chain's accounts.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The price server.
    #[error(transparent)]
    Prices(#[from] PriceServerError),
    /// The exchange's description.
    #[error(transparent)]
    Description(#[from] FileError),
    /// The test USDC.
    #[error("setting up the test USDC: {0}")]
    Usdc(#[source] SendError),
}

/// A running chain with the program loaded and the wallets funded, on which no exchange has been created yet.
pub struct Localnet {
    /// The validator; the localnet ends with it.
    pub validator: Validator,
    /// The test keypairs.
    pub wallets: Wallets,
    /// A connection to the validator's RPC server.
    pub connection: Connection,
    /// Hands out prices that test guardians have signed.
    pub prices: LocalPriceServer,
}

impl Localnet {
    /// Everything that can be refused without a chain is refused before there is one. One test guardian signs the prices.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn start(ports: Ports, keys: &Path) -> Result<Self, SetupError> {
        Self::start_with(ports, keys, TestGuardians::new(ONE))
    }

    /// As [`Localnet::start`], with prices that these guardians sign.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn start_with(ports: Ports, keys: &Path, guardians: TestGuardians) -> Result<Self, SetupError> {
        let (program, stand_in) = (program_bytes()?, receiver::program_bytes()?);
        let wallets = Wallets::open(keys)?;
        let validator = Validator::start(ports)?;
        let connection = Connection::new(&validator.rpc_url());
        let authority = wallets.get(ADMIN)?.address();
        validator.chain().load_program(ID, authority, &program)?;
        receiver::load(validator.chain(), authority, &stand_in)?;
        fund(validator.chain(), &connection, &wallets)?;
        let prices = LocalPriceServer::start(ports.prices, validator.chain().clone(), guardians)?;
        Ok(Self { validator, wallets, connection, prices })
    }

    /// The exchange of migrations/localnet.toml, with this localnet's mint and admin.
    ///
    /// # Errors
    /// [`SetupError::Description`].
    pub fn description(&self) -> Result<Description, SetupError> {
        let mut description = Description::parse(Path::new("migrations/localnet.toml"), LOCALNET)?;
        let admin = self.wallets.get(ADMIN)?.address();
        let exchange = &mut description.exchange;
        exchange.quote_mint = self.wallets.get(USDC_MINT)?.address();
        (exchange.creator, exchange.risk_admin, exchange.guardian) = (admin, admin, admin);
        Ok(description)
    }

    /// The inside of the validator.
    pub fn chain(&self) -> &Chain {
        self.validator.chain()
    }
}

/// Lamports for every wallet, and test USDC for those that use the exchange.
///
/// # Errors
/// [`SetupError`].
pub fn fund(chain: &Chain, connection: &Connection, wallets: &Wallets) -> Result<(), SetupError> {
    for wallet in wallets.signing() {
        chain.set_lamports(wallet.address(), WALLET_LAMPORTS)?;
    }
    let usdc = Usdc { mint: wallets.get(USDC_MINT)?, authority: wallets.get(USDC_AUTHORITY)? };
    usdc.create(connection).map_err(SetupError::Usdc)?;
    for (name, amount) in FUNDED {
        let wallet = wallets.get(name)?.address();
        usdc.mint_to(connection, wallet, amount * usdc::ONE).map_err(SetupError::Usdc)?;
    }
    Ok(())
}
