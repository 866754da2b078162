//! The inside of the embedded validator: its accounts, its programs and its clock, past all transactions.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crossbeam_channel::Sender;
use solana_clock::Clock;
use solana_pubkey::Pubkey;
use surfpool_core::solana_account::Account;
use surfpool_core::surfnet::locker::SurfnetSvmLocker;
use surfpool_types::{BlockProductionMode, ClockCommand, SimnetCommand};
use thiserror::Error;

/// The length of a slot on mainnet.
pub const SLOT_MILLISECONDS: u64 = 400;

const CLOCK_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Error)]
pub enum ChainError {
    #[error("the embedded validator is no longer running")]
    NotRunning,
    #[error("program {program} does not load: {reason}: build its artifact again")]
    Program { program: Pubkey, reason: String },
    #[error("account {address} cannot be written: {reason}")]
    Account { address: Pubkey, reason: String },
    #[error("the chain's clock stands at {now}: it cannot travel back to {target}")]
    TimeInThePast { now: i64, target: i64 },
}

/// An account as it is to stand on the chain, without its lamports.
#[derive(Debug, Clone)]
pub struct AccountImage {
    pub address: Pubkey,
    pub owner: Pubkey,
    pub data: Vec<u8>,
}

/// A handle on a running chain; clones act on the same one.
#[derive(Clone)]
pub struct Chain {
    svm: SurfnetSvmLocker,
    commands: Sender<SimnetCommand>,
    runtime: Arc<tokio::runtime::Runtime>,
}

impl Chain {
    pub(crate) fn new(
        svm: SurfnetSvmLocker,
        commands: Sender<SimnetCommand>,
        runtime: Arc<tokio::runtime::Runtime>,
    ) -> Self {
        Self { svm, commands, runtime }
    }

    pub(crate) fn command(&self, command: SimnetCommand) -> Result<(), ChainError> {
        self.commands.send(command).map_err(|_| ChainError::NotRunning)
    }

    /// Puts an upgradeable program at `program`, executable in the next transaction.
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
    pub fn set_lamports(&self, wallet: Pubkey, lamports: u64) -> Result<(), ChainError> {
        self.svm
            .with_svm_writer(|svm| {
                let mut account = svm.get_account(&wallet)?.unwrap_or_default();
                account.lamports = lamports;
                svm.set_account(&wallet, account)
            })
            .map_err(|error| ChainError::Account { address: wallet, reason: error.to_string() })
    }

    /// The clock the next transaction sees.
    pub fn clock(&self) -> Clock {
        self.svm.with_svm_reader(|svm| svm.inner.get_sysvar::<Clock>())
    }

    /// Sets the clock to exactly this second, with as many slots passed as mainnet makes in that time (at least one).
    /// Stored accounts stay as they are: prices have to be published anew.
    pub fn travel_to(&self, unix_timestamp: i64) -> Result<(), ChainError> {
        let now = self.clock();
        if unix_timestamp < now.unix_timestamp {
            return Err(ChainError::TimeInThePast { now: now.unix_timestamp, target: unix_timestamp });
        }
        self.set_clock(&now, unix_timestamp)
    }

    /// As [`Chain::travel_to`], but to any second, before the present one too. Only for a chain that no program has
    /// stored a time on yet.
    pub fn begin_at(&self, unix_timestamp: i64) -> Result<(), ChainError> {
        self.set_clock(&self.clock(), unix_timestamp)
    }

    /// From here on a block every 400 ms, whether or not there are transactions, and a clock that moves with them,
    /// beginning at the wall's present second.
    pub fn follow_wall_clock(&self) -> Result<(), ChainError> {
        self.command(SimnetCommand::CommandClock(None, ClockCommand::UpdateSlotInterval(SLOT_MILLISECONDS)))?;
        self.command(SimnetCommand::UpdateBlockProductionMode(BlockProductionMode::Clock))?;
        let now = self.clock();
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
        self.set_clock(&now, now.unix_timestamp.max(i64::try_from(wall).unwrap_or(0)))
    }

    fn set_clock(&self, now: &Clock, unix_timestamp: i64) -> Result<(), ChainError> {
        let seconds = u64::try_from(unix_timestamp.saturating_sub(now.unix_timestamp)).unwrap_or(0);
        // The chain closes its current block first, which takes one slot by itself.
        let slot = now.slot + (seconds * 1000 / SLOT_MILLISECONDS).max(1);
        let slots_in_epoch = self.svm.get_epoch_info().slots_in_epoch.max(1);
        let clock = Clock { slot, epoch: slot / slots_in_epoch, unix_timestamp, ..now.clone() };
        let (done, confirmation) = crossbeam_channel::bounded(1);
        self.command(SimnetCommand::UpdateInternalClockWithConfirmation(None, clock, done))?;
        confirmation.recv_timeout(CLOCK_TIMEOUT).map(drop).map_err(|_| ChainError::NotRunning)
    }
}
