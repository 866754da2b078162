//! Jobs packed into transactions.

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_keypair::Keypair;
use solana_message::{legacy, v0, VersionedMessage};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use super::{SendError, SendOptions};
use crate::jobs::Job;

/// The largest transaction that validators take, in bytes.
pub const TRANSACTION_LIMIT: usize = 1_232;
/// The most compute units that a transaction may take.
const COMPUTE_LIMIT: u32 = 1_400_000;
/// What the two instructions that set limit and price take, in compute units.
const LIMITS: u32 = 300;
/// The most accounts of a transaction.
const ACCOUNT_LIMIT: usize = 64;

/// Jobs that share a transaction, and who pays for it.
pub(super) struct Bundle {
    places: Vec<usize>,
    payer: Pubkey,
}

impl Bundle {
    /// A job in a transaction of its own. `turn` chooses the payer where the job names none of the signers.
    pub(super) fn alone(
        place: usize,
        job: &Job,
        signers: &[&Keypair],
        turn: usize,
        options: &SendOptions,
    ) -> Result<Self, SendError> {
        let named = job.signers();
        let is_there = |key: &Pubkey| signers.iter().any(|signer| signer.pubkey() == *key);
        if let Some(address) = named.iter().find(|key| !is_there(key)) {
            return Err(SendError::MissingSigner { address: *address });
        }
        let in_turn = || signers.get(turn.checked_rem(signers.len())?).map(|signer| signer.pubkey());
        let payer = named.first().copied().or_else(in_turn).ok_or(SendError::NoSigners)?;
        let bundle = Self { places: vec![place], payer };
        let bytes = size(&message(&payer, &instructions([job], options), options, Hash::default())?);
        if bytes > TRANSACTION_LIMIT {
            return Err(SendError::TooLarge { bytes, limit: TRANSACTION_LIMIT });
        }
        Ok(bundle)
    }

    /// Places of its jobs.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    /// Each of its jobs in a transaction of its own.
    pub(super) fn split(&self, jobs: &[Job], signers: &[&Keypair], options: &SendOptions) -> Vec<Self> {
        let alone = |(turn, place): (usize, &usize)| Self::alone(*place, &jobs[*place], signers, turn, options).ok();
        self.places.iter().enumerate().filter_map(alone).collect()
    }

    /// The signed transaction.
    pub(super) fn transaction(
        &self,
        jobs: &[Job],
        signers: &[&Keypair],
        options: &SendOptions,
        blockhash: Hash,
    ) -> Result<VersionedTransaction, SendError> {
        let jobs = self.places.iter().map(|place| &jobs[*place]);
        let message = message(&self.payer, &instructions(jobs, options), options, blockhash)?;
        let keys = &message.static_account_keys()[..usize::from(message.header().num_required_signatures)];
        let needed: Vec<&Keypair> =
            keys.iter().filter_map(|key| signers.iter().find(|signer| signer.pubkey() == *key).copied()).collect();
        VersionedTransaction::try_new(message, &needed).map_err(|reason| SendError::Signers { reason })
    }

    fn fits(&self, jobs: &[Job], options: &SendOptions) -> bool {
        let of = || self.places.iter().map(|place| &jobs[*place]);
        let units = of().fold(LIMITS, |units, job| units.saturating_add(job.compute_units));
        let Ok(message) = message(&self.payer, &instructions(of(), options), options, Hash::default()) else {
            return false;
        };
        let looked_up = message.address_table_lookups().into_iter().flatten();
        let looked_up: usize = looked_up.map(|table| table.writable_indexes.len() + table.readonly_indexes.len()).sum();
        units <= COMPUTE_LIMIT
            && message.static_account_keys().len() + looked_up <= ACCOUNT_LIMIT
            && size(&message) <= TRANSACTION_LIMIT
    }
}

/// As few transactions as the options and their sizes allow, of jobs with the same payer, without changing the order of the jobs that
/// begin them.
pub(super) fn packed(bundles: Vec<Bundle>, jobs: &[Job], signers: &[&Keypair], options: &SendOptions) -> Vec<Bundle> {
    let mut packed: Vec<Bundle> = Vec::new();
    for bundle in bundles {
        // Whoever is not named may pay for any.
        let is_free = |bundle: &Bundle| bundle.places.iter().all(|place| jobs[*place].signers().is_empty());
        let room = packed.iter_mut().find_map(|before| {
            let same = before.payer == bundle.payer || (is_free(before) && is_free(&bundle));
            if !same || before.places.len() >= options.together {
                return None;
            }
            before.places.extend(&bundle.places);
            if before.fits(jobs, options) {
                return Some(());
            }
            before.places.truncate(before.places.len() - bundle.places.len());
            None
        });
        if room.is_none() {
            packed.push(bundle);
        }
    }
    // Those that any may pay take turns again, now that there are fewer.
    for (turn, bundle) in packed.iter_mut().enumerate() {
        if bundle.places.iter().all(|place| jobs[*place].signers().is_empty()) {
            if let Some(signer) = turn.checked_rem(signers.len()).and_then(|turn| signers.get(turn)) {
                bundle.payer = signer.pubkey();
            }
        }
    }
    packed
}

fn instructions<'a>(jobs: impl IntoIterator<Item = &'a Job>, options: &SendOptions) -> Vec<Instruction> {
    let (mut units, mut rest) = (LIMITS, Vec::new());
    for job in jobs {
        units = units.saturating_add(job.compute_units);
        rest.extend(job.instructions.iter().cloned());
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
