//! Following the chain: what is listed since the last final slot, compared with what is known, and the difference taken in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anchor_lang::prelude::Pubkey;
use futures::{StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};
use solana_commitment_config::CommitmentConfig;
use solana_signature::Signature;
use thiserror::Error;
use tracing::warn;

use crate::chain::{Chain, ChainError, Listed, Listing, Record};
use crate::place::Place;
use crate::store::{Anchor, Block, Pending, StoreError, Taken, Writer};

/// How often a step begins again because another process writes the same database.
pub(crate) const RACES: u32 = 5;
pub(crate) const UNTOLD: &str = "the RPC node lists it, but has no record of it";

/// Why a step was not completed. What was taken in before stays.
#[derive(Debug, Error)]
pub enum FollowError {
    /// The chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How the chain is followed.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Signatures asked for at once, at most 1000.
    pub page: usize,
    /// Transactions asked for at the same time.
    pub concurrency: usize,
    /// Transactions written at once.
    pub batch: usize,
    /// Signatures held in memory at once; where there are more, the oldest are taken in first.
    pub held: usize,
    /// How often a transaction is asked for that is listed but not told.
    pub attempts: u32,
    /// How long to wait between two such questions.
    pub interval: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            page: 1_000,
            concurrency: 8,
            batch: 500,
            held: 100_000,
            attempts: 5,
            interval: Duration::from_millis(200),
        }
    }
}

/// What a step has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The newest confirmed slot.
    pub tip: u64,
    /// The newest slot that cannot be abandoned.
    pub finalized: u64,
    /// The first slot that turned out to be other than was known, with how many events were removed from there on.
    pub removed: Option<(u64, u64)>,
    /// Slots taken in.
    pub blocks: u64,
    /// Events taken in.
    pub events: u64,
    /// The first and last place at which there is something new.
    pub places: Option<(Place, Place)>,
    /// A slot that is listed, but whose transactions the node does not tell yet: the rest waits for it.
    pub waits_for: Option<u64>,
    /// Whether there is more than was taken in, for the next step.
    pub more: bool,
}

/// The follower of one exchange.
pub struct Follower {
    pub(crate) chain: Chain,
    pub(crate) writer: Writer,
    /// How the chain is followed.
    pub pace: Pace,
}

/// A slot as it is listed.
struct ListedBlock {
    digest: String,
    newest: String,
    transactions: Vec<(u32, Signature)>,
}

impl Follower {
    /// Follows what the writer writes.
    pub fn new(chain: Chain, writer: Writer, pace: Pace) -> Self {
        Self { chain, writer, pace }
    }

    /// The database's writer.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// The node.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Takes in what happened since the last step, or the oldest part of it where that is very much.
    ///
    /// # Errors
    /// [`FollowError`]; what was taken in before stays, and the next step goes on there.
    pub async fn step(&mut self) -> Result<Step, FollowError> {
        for _ in 1..RACES {
            match self.try_step().await {
                Err(FollowError::Store(StoreError::Overtaken)) => {}
                outcome => return outcome,
            }
        }
        self.try_step().await
    }

    async fn try_step(&mut self) -> Result<Step, FollowError> {
        self.writer.look().await?;
        // Before the list: a slot that is final now is listed as it will stay.
        let finalized = self.chain.slot(CommitmentConfig::finalized()).await?;
        let mut step =
            Step { tip: self.chain.slot(CommitmentConfig::confirmed()).await?, finalized, ..Step::default() };
        let anchor = self.writer.store().anchor().await?;
        let pending = self.writer.store().pending().await?;
        let (mut listed, more) = self.list(anchor.as_ref(), &pending, finalized).await?;
        // What is later is not listed.
        let end = if more { listed.keys().next_back().copied().unwrap_or_default() } else { u64::MAX };
        let pending: Vec<_> = pending.into_iter().take_while(|known| known.slot <= end).collect();

        let slots: BTreeSet<_> = pending.iter().map(|known| known.slot).collect();
        let unlike =
            pending.iter().find(|known| listed.get(&known.slot).is_none_or(|listed| listed.digest != known.digest));
        // What comes later is taken in after it, so it has to go as well.
        let between = listed.keys().find(|slot| slots.last().is_some_and(|last| *slot < last) && !slots.contains(slot));
        if let Some(from) = unlike.map(|known| known.slot).into_iter().chain(between.copied()).min() {
            step.removed = Some((from, self.writer.remove_from(from).await?));
        }
        for known in pending.iter().filter(|known| step.removed.is_none_or(|(from, _)| known.slot < from)) {
            listed.remove(&known.slot);
        }
        self.writer.finalize(finalized.min(end)).await?;

        let mut blocks = listed.into_iter().peekable();
        while blocks.peek().is_some() {
            let mut some = Vec::new();
            let mut transactions = 0;
            while let Some((slot, block)) = blocks.next_if(|_| transactions < self.pace.batch) {
                transactions += block.transactions.len().max(1);
                some.push((slot, block));
            }
            if !self.take(some, &mut step).await? {
                break;
            }
        }
        // Where nothing could be taken in there is nothing to hurry for.
        step.more = more && step.waits_for.is_none() && step.blocks > 0;
        Ok(step)
    }

    /// Slots after the anchor in which the program was called, with the transactions that took place; and whether there are
    /// more, all of them later. The list comes newest first, so of what is too much the newest is forgotten.
    async fn list(
        &self,
        anchor: Option<&Anchor>,
        pending: &[Pending],
        finalized: u64,
    ) -> Result<(BTreeMap<u64, ListedBlock>, bool), FollowError> {
        let from = anchor.map_or(0, |anchor| anchor.slot + 1);
        let mut listing = Listing {
            before: None,
            until: anchor.and_then(|anchor| anchor.signature.parse().ok()),
            // A node that has come less far would list less, and what is final would be missing for good.
            min_slot: Some(pending.last().map_or(finalized, |known| known.slot.max(finalized))),
            commitment: CommitmentConfig::confirmed(),
            limit: self.pace.page,
        };
        let mut by_slot: BTreeMap<u64, Vec<Listed>> = BTreeMap::new();
        let (mut held, mut more) = (0, false);
        loop {
            let page = self.chain.signatures(&perp_client::accounts::ID, &listing).await?;
            let (Some(first), Some(last)) = (page.first(), page.last()) else { break };
            let beyond = last.slot < from;
            // The next page may come from another node.
            listing.min_slot = listing.min_slot.max(Some(first.slot));
            listing.before = Some(last.signature);
            for listed in page.into_iter().filter(|listed| listed.slot >= from) {
                let slot = by_slot.entry(listed.slot).or_default();
                // Nodes that keep old and new history apart can list a transaction from both.
                if slot.iter().all(|known| known.signature != listed.signature) {
                    slot.push(listed);
                    held += 1;
                }
            }
            // A slot is whole once an older one is listed.
            while held > self.pace.held && by_slot.len() > 1 {
                held -= by_slot.pop_last().map_or(0, |(_, listed)| listed.len());
                more = true;
            }
            if beyond {
                break;
            }
        }
        Ok((by_slot.into_iter().map(|(slot, listed)| (slot, listed_block(listed))).collect(), more))
    }

    /// Takes in slots. Returns whether all were.
    async fn take(&mut self, listed: Vec<(u64, ListedBlock)>, step: &mut Step) -> Result<bool, FollowError> {
        let asked = listed.iter().flat_map(|(_, block)| block.transactions.iter().map(|(_, signature)| *signature));
        let (chain, pace) = (&self.chain, self.pace);
        let records: Vec<Record> = futures::stream::iter(asked.collect::<Vec<_>>())
            .map(|signature| record(chain, pace, signature))
            .buffered(pace.concurrency.max(1))
            .try_collect()
            .await?;
        let mut records = records.into_iter();
        let mut blocks = Vec::with_capacity(listed.len());
        for (slot, block) in listed {
            let is_final = slot <= step.finalized;
            let mut transactions = Vec::with_capacity(block.transactions.len());
            let mut untold = false;
            for (number, signature) in block.transactions {
                let (events, fault) = match records.next() {
                    // The chain may have moved it since it was listed; then the next list says where to.
                    Some(Record::Told { slot: Some(other), .. }) if other != slot => {
                        warn!(%signature, slot, other, "a transaction is listed in another slot than it took place in");
                        continue;
                    }
                    Some(Record::Told { events, fault, .. }) => (events, fault),
                    Some(Record::Refused(reason)) if is_final => (Vec::new(), Some(reason)),
                    _ if is_final => (Vec::new(), Some(UNTOLD.into())),
                    _ => {
                        untold = true;
                        continue;
                    }
                };
                transactions.push(Taken { number, signature: signature.to_string(), events, fault });
            }
            if untold {
                step.waits_for = Some(slot);
                break;
            }
            blocks.push(Block { slot, digest: block.digest, newest: block.newest, is_final, transactions });
        }
        let appended = self.writer.append(&blocks).await?;
        step.blocks += blocks.len() as u64;
        step.events += appended.events;
        step.places = match (step.places, appended.places) {
            (Some((first, _)), Some((_, last))) => Some((first, last)),
            (known, new) => known.or(new),
        };
        Ok(step.waits_for.is_none())
    }

    /// The market, pool, account or exchange at that address, whose transactions nodes list.
    pub(crate) fn address(text: &str) -> Result<Pubkey, StoreError> {
        text.parse().map_err(|_| StoreError::Foreign { what: "the address", found: text.into() })
    }
}

/// What the node tells of a transaction, asked several times where it does not.
pub(crate) async fn record(chain: &Chain, pace: Pace, signature: Signature) -> Result<Record, ChainError> {
    for _ in 1..pace.attempts {
        match chain.record(signature).await? {
            Record::Unknown | Record::Refused(_) => tokio::time::sleep(pace.interval).await,
            record => return Ok(record),
        }
    }
    chain.record(signature).await
}

/// A slot from what is listed of it, newest first.
fn listed_block(mut listed: Vec<Listed>) -> ListedBlock {
    listed.reverse();
    let numbered = listed.iter().all(|listed| listed.index.is_some());
    let newest = listed.last().map(|listed| listed.signature.to_string()).unwrap_or_default();
    let mut digest = Sha256::new();
    let mut transactions = Vec::new();
    for (number, listed) in (0..).zip(listed) {
        digest.update(listed.signature.as_ref());
        digest.update([u8::from(listed.failed)]);
        if !listed.failed {
            transactions.push((listed.index.filter(|_| numbered).unwrap_or(number), listed.signature));
        }
    }
    let digest = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    ListedBlock { digest, newest, transactions }
}
