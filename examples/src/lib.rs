//! What the examples share: where the exchange is, who signs, and what the oracle says.

pub mod order;
pub mod post;

use std::path::{Path, PathBuf};

use anyhow::{anyhow, Context, Result};
use perp_client::accounts::{Exchange, Market, Pubkey};
use perp_client::addresses::unpadded;
use perp_client::engine::oracle::OracleReading;
use perp_client::engine::units::Atoms;
use perp_client::exchange::convert::{show_atoms, Units};
use perp_client::instructions::{Authority, TargetMarket};
use perp_client::rpc::Connection;
use perp_client::Addresses;
use serde::Deserialize;
use solana_keypair::{read_keypair_file, Keypair};
use solana_signer::Signer;

/// Where the exchange is and who signs. Against a running localnet none of it is needed.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Folder in which the localnet keeps its keypairs and exchange.json
    #[arg(long, default_value = ".localnet/keys")]
    pub keys: PathBuf,
    /// Keypair file to sign with [default: one in the folder]
    #[arg(long)]
    pub keypair: Option<PathBuf>,
    /// JSON RPC server of a node [default: the one in exchange.json]
    #[arg(long, requires = "exchange")]
    pub url: Option<String>,
    /// Address of the exchange [default: the one in exchange.json]
    #[arg(long, requires = "url")]
    pub exchange: Option<Pubkey>,
}

/// What is needed of the localnet's exchange.json.
#[derive(Deserialize)]
pub struct AddressFile {
    /// JSON RPC server of the validator.
    pub rpc_url: String,
    /// Hands out signed prices.
    pub prices_url: String,
    exchange: String,
}

impl AddressFile {
    /// The one in the localnet's folder of keypairs.
    ///
    /// # Errors
    /// Where no localnet runs.
    pub fn read(keys: &Path) -> Result<Self> {
        let path = keys.join("exchange.json");
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("no localnet wrote {}: start one, or give --url and --exchange", path.display())
        })?;
        serde_json::from_str(&text).with_context(|| path.display().to_string())
    }
}

/// The keypair in a file.
///
/// # Errors
/// Where there is none.
pub fn keypair(path: &Path) -> Result<Keypair> {
    read_keypair_file(path).map_err(|reason| anyhow!("{} is no keypair file: {reason}", path.display()))
}

/// A connection to an exchange, and the key that signs.
pub struct Client {
    /// Reads accounts and sends transactions.
    pub connection: Connection,
    /// Where everything of the exchange is.
    pub addresses: Addresses,
    /// Decimals of the quote token.
    pub quote_decimals: u8,
    /// Signs and pays.
    pub keypair: Keypair,
}

impl Options {
    /// Connects to the exchange. Without a keypair file, `wallet` of the folder of keypairs signs.
    ///
    /// # Errors
    /// What cannot be read, with what to do about it.
    pub fn connect(&self, wallet: &str) -> Result<Client> {
        let (url, exchange) = match (&self.url, self.exchange) {
            (Some(url), Some(exchange)) => (url.clone(), exchange),
            _ => {
                let file = AddressFile::read(&self.keys)?;
                (file.rpc_url, file.exchange.parse()?)
            }
        };
        let keypair = keypair(&self.keypair.clone().unwrap_or_else(|| self.keys.join(format!("{wallet}.json"))))?;
        let connection = Connection::new(&url);
        let Exchange { quote_mint, token_program, quote_decimals, .. } = connection.fetch(&exchange)?;
        let addresses = Addresses::new(exchange, quote_mint, token_program);
        Ok(Client { connection, addresses, quote_decimals, keypair })
    }
}

/// A market, and what its oracle says now.
pub struct Price {
    /// The market's account.
    pub market: Market,
    /// What the oracle says.
    pub reading: OracleReading,
}

impl Price {
    /// The market together with the account its price is read from: an instruction takes the price in first.
    pub fn target(&self) -> TargetMarket {
        TargetMarket::with_oracle(self.market.state.index, self.market.oracle.account)
    }

    /// The decimals of the market's assets.
    pub fn units(&self) -> Units {
        Units::of(&self.market.state)
    }

    /// The market's symbol, such as `SOL-PERP`.
    pub fn symbol(&self) -> String {
        unpadded(&self.market.symbol)
    }
}

impl Client {
    /// Reads a market and its price account, as the program does.
    ///
    /// # Errors
    /// Where one of them is not there, or the price account is not the market's.
    pub fn price(&self, index: u16) -> Result<Price> {
        let market: Market = self.connection.fetch(&self.addresses.market(index))?;
        let address = market.oracle.account;
        let account = self.connection.client().get_account(&address)?;
        let reading = perp_oracle::read_oracle(&address, &account.owner, &account.data, &market.oracle)
            .map_err(|rule| anyhow!("{address} is no price of market {index}: {rule:?}"))?;
        Ok(Price { market, reading })
    }

    /// The signer and its first margin account.
    pub fn authority(&self) -> Authority {
        let signer = self.keypair.pubkey();
        Authority { signer, margin_account: self.addresses.margin_account(&signer, 0) }
    }

    /// An amount of the quote token.
    pub fn show(&self, amount: Atoms) -> String {
        show_atoms(amount, self.quote_decimals)
    }
}
