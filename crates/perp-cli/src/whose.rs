//! Which margin account a command is about.

use clap::Args;
use perp_accounts::{MarginAccount, Orders};
use perp_client::addresses::orders_address;
use perp_client::instructions::Authority;
use perp_engine::state::OrderBook;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::chain::Chain;
use crate::failure::Failure;
use crate::settings::{address, Settings};

/// Sub-accounts that are looked for where an address turns out to be a wallet's.
const SUB_ACCOUNTS: u16 = 8;

// Flags that name a margin account.
#[derive(Clone, Debug, Default, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Whose {
    /// Address of the margin account [default: that of the owner and the number]
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["owner", "sub_account"])]
    pub account: Option<String>,
    /// Wallet that owns it [default: the one that signs]
    #[arg(long, value_name = "ADDRESS")]
    pub owner: Option<String>,
    /// Number of the margin account among its owner's
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub sub_account: u16,
}

/// A margin account as it is on chain.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// Its address.
    pub address: Pubkey,
    /// What lies there.
    pub account: MarginAccount,
}

impl Whose {
    /// Its address, which need not hold anything yet.
    ///
    /// # Errors
    /// [`Failure::Input`].
    pub fn address(&self, settings: &Settings, chain: &Chain) -> Result<Pubkey, Failure> {
        if let Some(text) = &self.account {
            return address("--account", text);
        }
        let owner = match &self.owner {
            Some(text) => address("--owner", text)?,
            None => settings.keypair()?.pubkey(),
        };
        Ok(chain.addresses().margin_account(&owner, self.sub_account))
    }

    /// The account there.
    ///
    /// # Errors
    /// [`Failure`] where there is none, with what is there or what to do.
    pub fn find(&self, settings: &Settings, chain: &Chain) -> Result<Found, Failure> {
        let address = self.address(settings, chain)?;
        fetch(chain, &address)
    }

    /// The account there, for a wallet that may trade for it.
    ///
    /// # Errors
    /// [`Failure`] where the wallet is neither owner nor delegate.
    pub fn trader(&self, settings: &Settings, chain: &Chain) -> Result<(Keypair, Found), Failure> {
        let (key, found) = (settings.keypair()?, self.find(settings, chain)?);
        let (signer, account) = (key.pubkey(), &found.account);
        if signer != account.owner && signer != account.delegate {
            return Err(Failure::Refused(format!(
                "{signer} may not trade for margin account {}: its owner {} may{}",
                found.address,
                account.owner,
                if account.delegate == Pubkey::default() {
                    String::new()
                } else {
                    format!(", and its delegate {}", account.delegate)
                }
            )));
        }
        Ok((key, found))
    }

    /// The account there, for a wallet that owns it.
    ///
    /// # Errors
    /// [`Failure`] where the wallet is not its owner.
    pub fn owner(&self, settings: &Settings, chain: &Chain) -> Result<(Keypair, Found), Failure> {
        let (key, found) = (settings.keypair()?, self.find(settings, chain)?);
        if key.pubkey() != found.account.owner {
            return Err(Failure::Refused(format!(
                "{} does not own margin account {}: {} does, and has to sign",
                key.pubkey(),
                found.address,
                found.account.owner
            )));
        }
        Ok((key, found))
    }
}

impl Found {
    /// A signer that acts for it.
    pub const fn authority(&self, signer: Pubkey) -> Authority {
        Authority { signer, margin_account: self.address }
    }

    /// Its resting orders; none where their account is not open.
    ///
    /// # Errors
    /// [`Failure`] where the node does not answer.
    pub fn orders(&self, chain: &Chain) -> Result<Option<OrderBook>, Failure> {
        if self.account.state.orders_open == 0 {
            return Ok(None);
        }
        Ok(chain.venue.connection.find::<Orders>(&orders_address(&self.address))?.map(|orders| orders.state))
    }
}

/// The margin account at an address of this exchange.
///
/// # Errors
/// [`Failure`] with what is there instead.
pub fn fetch(chain: &Chain, address: &Pubkey) -> Result<Found, Failure> {
    use perp_client::rpc::FetchError;
    let found = match chain.venue.connection.find::<MarginAccount>(address) {
        Ok(found) => found,
        Err(FetchError::Account(error)) => return Err(or_its_accounts(chain, address, &error.to_string())),
        Err(error) => return Err(error.into()),
    };
    let Some(account) = found else {
        return Err(or_its_accounts(chain, address, &format!("there is no margin account at {address}")));
    };
    if account.exchange != chain.addresses().exchange {
        return Err(Failure::Input(format!(
            "{address} is a margin account of exchange {}, and this is {}",
            account.exchange,
            chain.addresses().exchange
        )));
    }
    Ok(Found { address: *address, account })
}

/// What is wrong with an address; where it is a wallet, with its margin accounts.
fn or_its_accounts(chain: &Chain, address: &Pubkey, fault: &str) -> Failure {
    let numbers = (0..SUB_ACCOUNTS).map(|number| chain.addresses().margin_account(address, number));
    let found = numbers.filter(|own| matches!(chain.venue.connection.find::<MarginAccount>(own), Ok(Some(_))));
    let own: Vec<String> = found.map(|own| own.to_string()).collect();
    match own.as_slice() {
        [] => Failure::Refused(format!(
            "{fault}: open one with `perp account open`, or name another with --sub-account, --owner or --account"
        )),
        own => Failure::Input(format!(
            "{address} is a wallet: give it as --owner, or one of its margin accounts: {}",
            own.join(", ")
        )),
    }
}
