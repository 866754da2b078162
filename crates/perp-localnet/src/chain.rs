//! The inside of the embedded validator: its accounts, its programs and its clock, past all transactions.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crossbeam_channel::Sender;
use solana_clock::Clock;
use solana_epoch_schedule::EpochSchedule;
use solana_pubkey::Pubkey;
use surfpool_core::error::SurfpoolError;
use surfpool_core::solana_account::Account;
use surfpool_core::surfnet::locker::SurfnetSvmLocker;
use surfpool_types::{BlockProductionMode, ClockCommand, SimnetCommand};
use thiserror::Error;

use crate::quotes::Quotes;

/// The length of a slot on mainnet.
pub const SLOT_MILLISECONDS: u64 = 400;

/// Why the chain did not do what was asked of it.
#[derive(Debug, Error)]
pub enum ChainError {
    /// It has ended.
    #[error("the embedded validator is no longer running")]
    NotRunning,
    /// A program is not executable.
    #[error("program {program} does not load: {reason}: build its artifact again")]
    Program {
        /// Where it was to be.
        program: Pubkey,
        /// What is wrong with it.
        reason: String,
    },
    /// An account cannot be stored.
    #[error("account {address} cannot be written: {reason}")]
    Account {
        /// Where it was to be.
        address: Pubkey,
        /// Why not.
        reason: String,
    },
    /// Time only goes on.
    #[error("the chain's clock stands at {now}: it cannot travel back to {target}")]
    TimeInThePast {
        /// The chain's second.
        now: i64,
        /// The second asked for.
        target: i64,
    },
    /// Not a second that a chain can have.
    #[error("{0} is not a time a chain can have: expected Unix seconds from 1970 on")]
    Time(i64),
    /// The validator refuses the second.
    #[error("the chain's clock cannot be set: {0}")]
    Clock(String),
}

/// An account as it is to stand on the chain, without its lamports.
#[derive(Debug, Clone)]
pub struct AccountImage {
    /// Where it is to be.
    pub address: Pubkey,
    /// The program that is to own it.
    pub owner: Pubkey,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// A handle on a running chain; clones act on the same one.
#[derive(Clone)]
pub struct Chain {
    svm: SurfnetSvmLocker,
    commands: Sender<SimnetCommand>,
    runtime: Arc<tokio::runtime::Runtime>,
    quotes: Quotes,
}

impl Chain {
    pub(crate) fn new(
        svm: SurfnetSvmLocker,
        commands: Sender<SimnetCommand>,
        runtime: Arc<tokio::runtime::Runtime>,
    ) -> Self {
        Self { svm, commands, runtime, quotes: Quotes::default() }
    }

    pub(crate) fn command(&self, command: SimnetCommand) -> Result<(), ChainError> {
        self.commands.send(command).map_err(|_| ChainError::NotRunning)
    }

    /// Puts an upgradeable program at `program`, executable in the next transaction.
    ///
    /// # Errors
    /// [`ChainError::Program`].
    pub fn load_program(&self, program: Pubkey, authority: Pubkey, elf: &[u8]) -> Result<(), ChainError> {
        let failed = |error: &dyn std::fmt::Display| ChainError::Program { program, reason: error.to_string() };
        self.runtime
            .block_on(self.svm.write_program(program, Some(authority), 0, elf, &None))
            .map_err(|error| failed(&error))?;
        // `write_program` only logs that an executable does not load; writing the program account once more tells.
        self.svm
            .with_svm_writer(|svm| match svm.get_account(&program)? {
                Some(account) => svm.set_account(&program, account),
                None => Ok(()),
            })
            .map_err(|error| failed(&error))
    }

    /// Writes whole accounts, rent-exempt, all in one step that no transaction can fall between.
    ///
    /// # Errors
    /// [`ChainError::Account`].
    pub fn set_accounts(&self, accounts: &[AccountImage]) -> Result<(), ChainError> {
        self.svm.with_svm_writer(|svm| {
            for image in accounts {
                let account = Account {
                    lamports: svm.inner.minimum_balance_for_rent_exemption(image.data.len()),
                    data: image.data.clone(),
                    owner: image.owner,
                    executable: false,
                    rent_epoch: u64::MAX,
                };
                svm.set_account(&image.address, account)
                    .map_err(|error| ChainError::Account { address: image.address, reason: error.to_string() })?;
            }
            Ok(())
        })
    }

    /// Gives a wallet this many lamports, whatever it had before.
    ///
    /// # Errors
    /// [`ChainError::Account`].
    pub fn set_lamports(&self, wallet: Pubkey, lamports: u64) -> Result<(), ChainError> {
        self.svm
            .with_svm_writer(|svm| {
                let mut account = svm.get_account(&wallet)?.unwrap_or_default();
                account.lamports = lamports;
                svm.set_account(&wallet, account)
            })
            .map_err(|error| ChainError::Account { address: wallet, reason: error.to_string() })
    }

    /// What the feeds' publishers say, at present and in the last hour.
    pub fn quotes(&self) -> &Quotes {
        &self.quotes
    }

    /// The clock the next transaction sees.
    pub fn clock(&self) -> Clock {
        self.svm.with_svm_reader(|svm| svm.inner.get_sysvar::<Clock>())
    }

    /// Sets the clock to exactly this second, with as many slots passed as mainnet makes in that time (at least one).
    /// Stored accounts stay as they are: prices have to be published anew.
    ///
    /// # Errors
    /// [`ChainError::TimeInThePast`], [`ChainError::Clock`].
    pub fn travel_to(&self, unix_timestamp: i64) -> Result<(), ChainError> {
        let now = self.clock().unix_timestamp;
        if unix_timestamp < now {
            return Err(ChainError::TimeInThePast { now, target: unix_timestamp });
        }
        self.set_clock(unix_timestamp)
    }

    /// As [`Chain::travel_to`], but to any second, before the present one too. Only for a chain that no program has
    /// stored a time on yet.
    ///
    /// # Errors
    /// [`ChainError::Time`], [`ChainError::Clock`].
    pub fn begin_at(&self, unix_timestamp: i64) -> Result<(), ChainError> {
        self.set_clock(unix_timestamp)
    }

    /// From here on a block every 400 ms, whether or not there are transactions, and a clock that moves with them,
    /// beginning at the wall's present second.
    ///
    /// # Errors
    /// [`ChainError::NotRunning`], [`ChainError::Clock`].
    pub fn follow_wall_clock(&self) -> Result<(), ChainError> {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
        let present = i64::try_from(wall).unwrap_or(i64::MAX).max(self.clock().unix_timestamp);
        self.set_clock(present)?;
        self.command(SimnetCommand::CommandClock(None, ClockCommand::UpdateSlotInterval(SLOT_MILLISECONDS)))?;
        self.command(SimnetCommand::UpdateBlockProductionMode(BlockProductionMode::Clock))
    }

    /// In one step, because the chain makes blocks of its own until its last transaction is final: a slot computed
    /// outside could lie behind the one reached meanwhile.
    fn set_clock(&self, unix_timestamp: i64) -> Result<(), ChainError> {
        let milliseconds = u64::try_from(unix_timestamp).ok().and_then(|seconds| seconds.checked_mul(1000));
        let milliseconds = milliseconds.ok_or(ChainError::Time(unix_timestamp))?;
        self.svm
            .with_svm_writer(|svm| {
                svm.confirm_current_block()?;
                let now = svm.inner.get_sysvar::<Clock>();
                let seconds = u64::try_from(unix_timestamp.saturating_sub(now.unix_timestamp)).unwrap_or(0);
                let slot = now.slot + seconds * 1000 / SLOT_MILLISECONDS;
                let schedule = svm.inner.get_sysvar::<EpochSchedule>();
                let (epoch, slot_index) = schedule.get_epoch_and_slot_index(slot);
                svm.latest_epoch_info.absolute_slot = slot;
                svm.latest_epoch_info.epoch = epoch;
                svm.latest_epoch_info.slot_index = slot_index;
                svm.updated_at = milliseconds;
                svm.inner.set_sysvar(&Clock { slot, epoch, unix_timestamp, ..now });
                Ok(())
            })
            .map_err(|error: SurfpoolError| ChainError::Clock(error.to_string()))
    }
}
