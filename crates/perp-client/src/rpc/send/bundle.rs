//! Jobs packed into transactions.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_keypair::Keypair;
use solana_message::{legacy, v0, VersionedMessage};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use super::{SendError, SendOptions};
use crate::instructions::in_company;
use crate::jobs::Job;

/// The largest transaction that validators take, in bytes.
pub const TRANSACTION_LIMIT: usize = 1_232;
/// The most compute units that a transaction may take.
const COMPUTE_LIMIT: u32 = 1_400_000;
/// What the two instructions that set limit and price take, in compute units.
const LIMITS: u32 = 300;
/// The most accounts of a transaction.
const ACCOUNT_LIMIT: usize = 64;

/// A job, and what its sender knows it by.
pub(super) struct Entry<K> {
    pub(super) key: K,
    pub(super) job: Job,
    /// Counts it for as long as it is not settled, whatever ends that.
    pub(super) open: Open,
}

/// One of those that are counted.
pub(super) struct Open(Arc<AtomicUsize>);

impl Open {
    pub(super) fn count(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Jobs that share a transaction, and who pays for it.
pub(super) struct Bundle<K> {
    pub(super) entries: Vec<Entry<K>>,
    payer: Pubkey,
}

impl<K> Bundle<K> {
    /// A job in a transaction of its own.
    pub(super) fn of(entry: Entry<K>, payer: Pubkey) -> Self {
        Self { entries: vec![entry], payer }
    }

    /// The signed transaction.
    pub(super) fn transaction(
        &self,
        signers: &[&Keypair],
        options: &SendOptions,
        blockhash: Hash,
    ) -> Result<VersionedTransaction, SendError> {
        let message = message(&self.payer, &instructions(self.jobs(), options), options, blockhash)?;
        let keys = &message.static_account_keys()[..usize::from(message.header().num_required_signatures)];
        let needed: Vec<&Keypair> =
            keys.iter().filter_map(|key| signers.iter().find(|signer| signer.pubkey() == *key).copied()).collect();
        VersionedTransaction::try_new(message, &needed).map_err(|reason| SendError::Signers { reason })
    }

    fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.entries.iter().map(|entry| &entry.job)
    }

    /// Whoever is not named may pay for any.
    fn names_nobody(&self) -> bool {
        self.jobs().all(|job| job.signers().is_empty())
    }

    fn fits(&self, options: &SendOptions) -> bool {
        let units = self.jobs().fold(LIMITS, |units, job| units.saturating_add(job.compute_units));
        let Ok(message) = message(&self.payer, &instructions(self.jobs(), options), options, Hash::default()) else {
            return false;
        };
        let looked_up = message.address_table_lookups().into_iter().flatten();
        let looked_up: usize = looked_up.map(|table| table.writable_indexes.len() + table.readonly_indexes.len()).sum();
        units <= COMPUTE_LIMIT
            && message.static_account_keys().len() + looked_up <= ACCOUNT_LIMIT
            && size(&message) <= TRANSACTION_LIMIT
    }
}

/// Who pays for a transaction with this job alone, where there can be one: the first whom the job names, or of the payers the one whose
/// turn it is.
pub(super) fn payer_alone(
    job: &Job,
    signers: &[&Keypair],
    (payers, turn): (&[&Keypair], usize),
    options: &SendOptions,
) -> Result<Pubkey, SendError> {
    let named = job.signers();
    let is_there = |key: &Pubkey| signers.iter().any(|signer| signer.pubkey() == *key);
    if let Some(address) = named.iter().find(|key| !is_there(key)) {
        return Err(SendError::MissingSigner { address: *address });
    }
    let in_turn = || payers.get(turn.checked_rem(payers.len())?).map(|payer| payer.pubkey());
    let payer = named.first().copied().or_else(in_turn).ok_or(SendError::NoSigners)?;
    let bytes = size(&message(&payer, &instructions([job], options), options, Hash::default())?);
    if bytes > TRANSACTION_LIMIT {
        return Err(SendError::TooLarge { bytes, limit: TRANSACTION_LIMIT });
    }
    Ok(payer)
}

/// As few transactions as the options and their sizes allow, of jobs with the same payer, without changing the order of the jobs that
/// begin them.
pub(super) fn packed<K>(bundles: Vec<Bundle<K>>, signers: &[&Keypair], options: &SendOptions) -> Vec<Bundle<K>> {
    let mut packed: Vec<Bundle<K>> = Vec::new();
    for bundle in bundles {
        let mut left = Some(bundle);
        for before in &mut packed {
            let Some(bundle) = left.take() else { break };
            left = joined(before, bundle, options);
        }
        packed.extend(left);
    }
    // Those that any may pay take turns again, now that there are fewer.
    for (turn, bundle) in packed.iter_mut().enumerate() {
        if bundle.names_nobody() {
            if let Some(signer) = turn.checked_rem(signers.len()).and_then(|turn| signers.get(turn)) {
                bundle.payer = signer.pubkey();
            }
        }
    }
    packed
}

/// Puts a bundle's jobs behind those of another; returns it where they do not go together.
fn joined<K>(before: &mut Bundle<K>, bundle: Bundle<K>, options: &SendOptions) -> Option<Bundle<K>> {
    let same = before.payer == bundle.payer || (before.names_nobody() && bundle.names_nobody());
    if !same || before.entries.len() >= options.together {
        return Some(bundle);
    }
    let (count, payer) = (before.entries.len(), bundle.payer);
    before.entries.extend(bundle.entries);
    if before.fits(options) {
        return None;
    }
    Some(Bundle { entries: before.entries.split_off(count), payer })
}

/// Instructions of one job as they are; of several in the forms that none fails the others, as far as they have such.
fn instructions<'a>(jobs: impl IntoIterator<Item = &'a Job>, options: &SendOptions) -> Vec<Instruction> {
    let jobs: Vec<&Job> = jobs.into_iter().collect();
    let (mut units, mut rest) = (LIMITS, Vec::new());
    for job in &jobs {
        units = units.saturating_add(job.compute_units);
        let own = |instruction: &Instruction| match jobs.len() {
            0 | 1 => instruction.clone(),
            _ => in_company(instruction).unwrap_or_else(|| instruction.clone()),
        };
        rest.extend(job.instructions.iter().map(own));
    }
    let limit = options.compute.unwrap_or(units).min(COMPUTE_LIMIT);
    let mut all = vec![ComputeBudgetInstruction::set_compute_unit_limit(limit)];
    if options.micro_lamports > 0 {
        all.push(ComputeBudgetInstruction::set_compute_unit_price(options.micro_lamports));
    }
    all.extend(rest);
    all
}

fn message(
    payer: &Pubkey,
    instructions: &[Instruction],
    options: &SendOptions,
    blockhash: Hash,
) -> Result<VersionedMessage, SendError> {
    if options.tables.is_empty() {
        return Ok(VersionedMessage::Legacy(legacy::Message::new_with_blockhash(
            instructions,
            Some(payer),
            &blockhash,
        )));
    }
    match v0::Message::try_compile(payer, instructions, &options.tables, blockhash) {
        Ok(message) => Ok(VersionedMessage::V0(message)),
        // More accounts than a byte can number: far beyond what fits.
        Err(_) => Err(SendError::TooLarge { bytes: usize::MAX, limit: TRANSACTION_LIMIT }),
    }
}

/// Bytes of the transaction: a byte for the number of signatures, the signatures, and the message.
fn size(message: &VersionedMessage) -> usize {
    1 + 64 * usize::from(message.header().num_required_signatures) + message.serialize().len()
}
