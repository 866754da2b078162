//! Looking for events whose numbers are missing, in the transactions of whatever numbers them, and reading transactions again
//! of which not everything is known.

use std::collections::BTreeMap;

use perp_client::events::Event;
use solana_commitment_config::CommitmentConfig;
use tracing::warn;

use crate::chain::{Listing, Record};
use crate::check::Behind;
use crate::follow::{record, FollowError, Follower, RACES, UNTOLD};
use crate::store::{Gap, Known, Late, Located, StoreError, Taken};

/// Gaps, faulty transactions and ends looked at in one go.
const AT_ONCE: usize = 16;
/// Pages of signatures gone through for one gap.
const PAGES: usize = 20;
/// The first attempt is followed by another after so many seconds, and each time after twice as many.
const FIRST_WAIT: i64 = 60;
/// At most so many, a day.
const LONGEST_WAIT: i64 = 86_400;

/// What looking for missing events has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Gaps and faulty transactions looked at.
    pub gaps: u64,
    /// Events found.
    pub events: u64,
}

/// What a search has come to.
struct Found {
    /// Transactions that were not known, by their slots.
    late: BTreeMap<u64, Vec<Late>>,
    /// Why events may still be missing.
    reason: String,
}

impl Follower {
    /// Looks for events that are missing, as far as it is time to and their slots are final.
    ///
    /// # Errors
    /// [`FollowError`]. What the node does not tell is no error: it is asked again later.
    pub async fn fill(&mut self, finalized: u64, now: i64) -> Result<Filled, FollowError> {
        for _ in 1..RACES {
            match self.try_fill(finalized, now).await {
                Err(FollowError::Store(StoreError::Overtaken)) => {}
                outcome => return outcome,
            }
        }
        self.try_fill(finalized, now).await
    }

    async fn try_fill(&mut self, finalized: u64, now: i64) -> Result<Filled, FollowError> {
        self.writer.look().await?;
        let limit = self.limit(finalized).await?;
        let mut filled = Filled::default();
        for known in self.writer.store().faulty_due(now, limit, AT_ONCE).await? {
            filled.gaps += 1;
            filled.events += self.read_again(&known, now).await?;
        }
        // What is found for one gap can fill others, or show that they are smaller.
        for _ in 0..AT_ONCE {
            let Some(gap) = self.writer.store().gaps_due(now, limit, 1).await?.pop() else { break };
            filled.gaps += 1;
            let reason = match self.look_for(&gap, limit).await {
                Ok(found) => {
                    filled.events += self.amend(found.late).await?;
                    found.reason
                }
                Err(FollowError::Chain(error)) => error.to_string(),
                Err(error) => return Err(error),
            };
            self.writer.store().note_attempt(&gap, next(now, gap.attempts), &reason).await?;
        }
        Ok(filled)
    }

    /// Looks for the newest events of what the chain has had more of than is known.
    ///
    /// # Errors
    /// [`FollowError`].
    pub async fn fill_ends(&mut self, behind: &[Behind], finalized: u64) -> Result<u64, FollowError> {
        self.writer.look().await?;
        let limit = self.limit(finalized).await?;
        let mut events = 0;
        for behind in behind.iter().take(AT_ONCE) {
            let store = self.writer.store();
            let newest = match store.streams_at(&behind.address).await?.last() {
                Some(stream) => store.transaction_of(stream.id, stream.highest).await?,
                None => None,
            };
            match self.search(&behind.address, newest, None, limit).await {
                Ok(found) => events += self.amend(found.late).await?,
                Err(FollowError::Chain(error)) => {
                    warn!(%error, subject = behind.subject, "its newest events were not found")
                }
                Err(error) => return Err(error),
            }
        }
        Ok(events)
    }

    /// The newest slot that is final and whose transactions are taken in: what is later still comes by itself.
    async fn limit(&self, finalized: u64) -> Result<u64, FollowError> {
        Ok(self.writer.store().newest_slot().await?.min(finalized))
    }

    async fn amend(&mut self, late: BTreeMap<u64, Vec<Late>>) -> Result<u64, FollowError> {
        let mut events = 0;
        for (slot, late) in late {
            events += self.writer.amend(slot, late).await?;
        }
        Ok(events)
    }

    /// Reads a transaction again of which not everything is known. Returns how many events came to light.
    async fn read_again(&mut self, known: &Known, now: i64) -> Result<u64, FollowError> {
        let signature = &known.signature;
        let parsed = signature.parse();
        let parsed = parsed.map_err(|_| StoreError::Foreign { what: "the signature", found: signature.clone() })?;
        match record(&self.chain, self.pace, parsed).await {
            Ok(Record::Told { events, fault, .. }) if fault.is_none() || self.ours(&events) > known.events => {
                let taken = Taken { number: 0, signature: signature.clone(), events, fault };
                return Ok(self.writer.amend(known.place.slot(), vec![Late { taken, is_numbered: false }]).await?);
            }
            Ok(_) => {}
            Err(error) => warn!(%error, signature, "a transaction could not be read again"),
        }
        self.writer.store().note_retry(known, next(now, known.attempts)).await?;
        Ok(0)
    }

    fn ours(&self, events: &[Event]) -> usize {
        events.iter().filter(|event| event.exchange() == self.writer.scope().exchange).count()
    }

    async fn look_for(&self, gap: &Gap, limit: u64) -> Result<Found, FollowError> {
        let store = self.writer.store();
        let before = match gap.first.checked_sub(1) {
            Some(before) => store.transaction_of(gap.stream.id, before).await?,
            None => None,
        };
        let after = store.transaction_of(gap.stream.id, gap.last + 1).await?;
        self.search(&gap.stream.address, before, after, limit).await
    }

    /// Transactions of an address between two that are known, in slots up to `limit`, that are not known yet.
    async fn search(
        &self,
        address: &str,
        before: Option<Located>,
        after: Option<Located>,
        limit: u64,
    ) -> Result<Found, FollowError> {
        let address = Self::address(address)?;
        let limit = after.as_ref().map_or(limit, |(_, place)| place.slot().min(limit));
        let from = before.as_ref().map_or(0, |(_, place)| place.slot());
        let signature = |located: &Option<Located>| located.as_ref().and_then(|(signature, _)| signature.parse().ok());
        let mut listing = Listing {
            before: signature(&after),
            until: signature(&before),
            min_slot: None,
            commitment: CommitmentConfig::finalized(),
            limit: self.pace.page,
        };
        let mut faults = Vec::new();
        for (signature, _) in after.iter().chain(&before) {
            faults.extend(self.fault(signature).await?);
        }
        let mut late: BTreeMap<u64, Vec<Late>> = BTreeMap::new();
        let mut listed_any = before.is_some();
        for _ in 0..PAGES {
            let page = self.chain.signatures(&address, &listing).await?;
            let Some(last) = page.last() else { break };
            listing.before = Some(last.signature);
            let beyond = last.slot < from;
            for listed in page.iter().filter(|listed| !listed.failed && (from..=limit).contains(&listed.slot)) {
                listed_any = true;
                let signature = listed.signature.to_string();
                // Those with a fault are read again by themselves.
                if self.writer.store().transaction(&signature).await?.is_some() {
                    faults.extend(self.fault(&signature).await?);
                    continue;
                }
                let (events, fault) = match record(&self.chain, self.pace, listed.signature).await? {
                    Record::Told { slot: Some(slot), .. } if slot != listed.slot => continue,
                    Record::Told { events, fault, .. } => (events, fault),
                    Record::Refused(reason) => (Vec::new(), Some(reason)),
                    Record::Unknown => (Vec::new(), Some(UNTOLD.to_owned())),
                };
                if let Some(fault) = &fault {
                    faults.push(format!("transaction {signature}: {fault}"));
                } else if self.ours(&events) == 0 {
                    continue;
                }
                let taken = Taken { number: listed.index.unwrap_or_default(), signature, events, fault };
                let slot = late.entry(listed.slot).or_default();
                // The list begins with the newest.
                slot.insert(0, Late { taken, is_numbered: listed.index.is_some() });
            }
            if beyond {
                break;
            }
        }
        faults.sort();
        faults.dedup();
        let reason = match (faults.is_empty(), listed_any) {
            (false, _) => faults.join("; "),
            (true, true) => {
                "none of the transactions that the RPC node lists between the events before and after has them".into()
            }
            (true, false) => {
                "the RPC node lists no transaction before the first known event: its history may not go back so far"
                    .into()
            }
        };
        Ok(Found { late, reason })
    }

    /// What is wrong with a transaction that is known.
    async fn fault(&self, signature: &str) -> Result<Option<String>, FollowError> {
        let known = self.writer.store().transaction(signature).await?;
        Ok(known.and_then(|known| known.fault).map(|fault| format!("transaction {signature}: {fault}")))
    }
}

/// When to try again after so many attempts in vain.
fn next(now: i64, attempts: i64) -> i64 {
    now.saturating_add((FIRST_WAIT << attempts.clamp(0, 20)).min(LONGEST_WAIT))
}
