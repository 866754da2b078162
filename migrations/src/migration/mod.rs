//! What a cluster needs to become what a file describes: first compared, then sent.

mod compare;

use crate::description::Description;
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use compare::{Comparison, Wanted};
use perp_client::accounts::{Exchange, Market, Pool, ID};
use perp_client::addresses::{exchange_address, unpadded, Addresses};
use perp_client::instructions::{create_exchange, create_market, NewExchange, NewMarket};
use perp_client::rpc::{Connection, FetchError, Mint, SendError};
use solana_keypair::Keypair;
use solana_signer::Signer;
use std::fmt;

/// A value of the chain that is not the file's, and that no instruction changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `exchange`, or a market's symbol.
    pub subject: String,
    /// The key in the file.
    pub field: String,
    /// What the chain has, as it would be written in the file.
    pub chain: String,
    /// What the file says.
    pub file: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, field, chain, file } = self;
        write!(formatter, "{subject}: {field} is {chain} on the chain and {file} in the file")
    }
}

/// Why the cluster was not brought to the description.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The chain cannot be read. Nothing was sent.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The program is not there. Nothing was sent.
    #[error("program {program} is not on this cluster: deploy it there, or check the cluster's URL")]
    NoProgram {
        /// Where it would be.
        program: Pubkey,
    },
    /// What cannot be changed is other than the file says. Nothing was sent.
    #[error("the chain contradicts the file, and nothing was changed:{}", lines(.0))]
    Differences(Vec<Difference>),
    /// Somebody else is to create the exchange. Nothing was sent.
    #[error("the exchange does not exist yet, and only its creator {creator} can create it: sign with that key instead of {signer}")]
    NotTheCreator {
        /// The creator that the file names.
        creator: Pubkey,
        /// Who would sign.
        signer: Pubkey,
    },
    /// Somebody else may change the exchange. Nothing was sent.
    #[error("to {needed} takes the admin {admin}: sign with that key instead of {signer}")]
    MissingRole {
        /// The exchange's admin.
        admin: Pubkey,
        /// Who would sign.
        signer: Pubkey,
        /// The first step that takes the admin.
        needed: String,
    },
    /// A step failed. What the steps before it did stays; running again goes on from there.
    #[error("could not {step}: {source}")]
    Send {
        /// The step.
        step: String,
        /// Why it failed.
        source: SendError,
    },
}

fn lines(differences: &[Difference]) -> String {
    differences.iter().map(|difference| format!("\n  {difference}")).collect()
}

/// One thing the file asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing to do.
    Already {
        /// The exchange or the market.
        subject: String,
        /// Where it is.
        address: Pubkey,
    },
    /// Something is not there yet.
    Create {
        /// The exchange or the market.
        subject: String,
        /// Where it will be.
        address: Pubkey,
        /// What creates it.
        instruction: Box<Instruction>,
    },
    /// Something is there and can be changed.
    Change {
        /// The exchange or the market.
        subject: String,
        /// The key in the file.
        field: &'static str,
        /// What the chain has, as it would be written in the file.
        before: String,
        /// What the file says.
        after: String,
        /// What changes it.
        instruction: Box<Instruction>,
    },
}

impl Step {
    /// As something that is so now.
    pub fn outcome(&self) -> String {
        match self {
            Self::Already { subject, address } => format!("{subject} at {address}: already as described"),
            Self::Create { subject, address, .. } => format!("{subject} at {address}: created"),
            Self::Change { subject, field, before, after, .. } => {
                format!("{subject}: {field} changed from {before} to {after}")
            }
        }
    }

    /// What has to be sent for it.
    pub fn instruction(&self) -> Option<&Instruction> {
        match self {
            Self::Already { .. } => None,
            Self::Create { instruction, .. } | Self::Change { instruction, .. } => Some(instruction),
        }
    }
}

impl fmt::Display for Step {
    /// As something to do.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Already { subject, address } => write!(formatter, "leave {subject} at {address} as it is"),
            Self::Create { subject, address, .. } => write!(formatter, "create {subject} at {address}"),
            Self::Change { subject, field, before, after, .. } => {
                write!(formatter, "change {field} of {subject} from {before} to {after}")
            }
        }
    }
}

/// The way from the chain to the description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Where the exchange and everything of it is.
    pub addresses: Addresses,
    /// In the order in which they are sent.
    pub steps: Vec<Step>,
}

impl Migration {
    /// Compares the chain with the description. Sends nothing. `signer` is whose key will sign.
    ///
    /// # Errors
    /// [`MigrationError`].
    pub fn plan(connection: &Connection, description: &Description, signer: Pubkey) -> Result<Self, MigrationError> {
        if !connection.is_program(&ID)? {
            return Err(MigrationError::NoProgram { program: ID });
        }
        let wanted = &description.exchange;
        let mint = connection.mint(&wanted.quote_mint)?;
        let exchange = exchange_address(&wanted.creator, &wanted.name);
        let addresses = Addresses::new(exchange, wanted.quote_mint, mint.token_program);
        let wanted = Wanted { description, addresses, signer };
        let mut comparison = wanted.compare_mint(&mint);
        match connection.find::<Exchange>(&exchange)? {
            None => {
                comparison.result()?;
                wanted.create_all(&mint)
            }
            Some(found) => {
                let pool: Pool = connection.fetch(&found.pool)?;
                let mut markets = Vec::new();
                for index in 0..found.market_count {
                    markets.push(connection.fetch::<Market>(&addresses.market(index))?);
                }
                comparison.append(wanted.compare(&found, &pool, &markets));
                let steps = comparison.result()?;
                wanted.require_admin(&found, &steps)?;
                Ok(Self { addresses, steps })
            }
        }
    }

    /// Sends what is needed, a transaction per step, and tells of each step once it is so.
    ///
    /// # Errors
    /// [`MigrationError::Send`].
    pub fn apply(
        &self,
        connection: &Connection,
        signer: &Keypair,
        mut done: impl FnMut(&Step),
    ) -> Result<(), MigrationError> {
        for step in &self.steps {
            if let Some(instruction) = step.instruction() {
                connection
                    .send(std::slice::from_ref(instruction), &[signer])
                    .map_err(|source| MigrationError::Send { step: step.to_string(), source })?;
            }
            done(step);
        }
        Ok(())
    }
}

/// Brings the cluster to the description: what was done and what was already so.
///
/// # Errors
/// [`MigrationError`].
pub fn migrate(
    connection: &Connection,
    description: &Description,
    signer: &Keypair,
) -> Result<Migration, MigrationError> {
    let migration = Migration::plan(connection, description, signer.pubkey())?;
    migration.apply(connection, signer, |_| {})?;
    Ok(migration)
}

impl Wanted<'_> {
    fn create_all(&self, mint: &Mint) -> Result<Migration, MigrationError> {
        let wanted = &self.description.exchange;
        if self.signer != wanted.creator {
            return Err(MigrationError::NotTheCreator { creator: wanted.creator, signer: self.signer });
        }
        let exchange = NewExchange {
            name: wanted.name,
            risk_admin: wanted.risk_admin,
            guardian: wanted.guardian,
            parameters: wanted.pool,
        };
        let instruction = create_exchange(wanted.creator, wanted.quote_mint, mint.token_program, &exchange);
        let mut steps = vec![Step::Create {
            subject: self.exchange_subject(),
            address: self.addresses.exchange,
            instruction: Box::new(instruction),
        }];
        steps.extend(self.create_markets(0));
        Ok(Migration { addresses: self.addresses, steps })
    }

    /// Every market of the file from this index on.
    fn create_markets(&self, from: usize) -> Vec<Step> {
        let markets = (0u16..).zip(&self.description.markets).skip(from);
        markets
            .map(|(index, market)| {
                let new = NewMarket {
                    index,
                    symbol: market.symbol,
                    base_decimals: market.base_decimals,
                    oracle: market.oracle,
                    second_oracle: market.second_oracle,
                    parameters: market.parameters,
                    target_backing: market.target_backing,
                };
                Step::Create {
                    subject: format!("market {}", unpadded(&market.symbol)),
                    address: self.addresses.market(index),
                    instruction: Box::new(create_market(&self.addresses, self.signer, &new)),
                }
            })
            .collect()
    }

    fn exchange_subject(&self) -> String {
        format!("exchange {}", unpadded(&self.description.exchange.name))
    }

    /// Only the admin changes what exists.
    fn require_admin(&self, exchange: &Exchange, steps: &[Step]) -> Result<(), MigrationError> {
        match steps.iter().find(|step| step.instruction().is_some()) {
            Some(step) if exchange.admin != self.signer => Err(MigrationError::MissingRole {
                admin: exchange.admin,
                signer: self.signer,
                needed: step.to_string(),
            }),
            _ => Ok(()),
        }
    }
}

impl Comparison {
    fn result(self) -> Result<Vec<Step>, MigrationError> {
        if self.differences.is_empty() {
            Ok(self.steps)
        } else {
            Err(MigrationError::Differences(self.differences))
        }
    }
}

#[cfg(test)]
mod tests;
