//! Looking for events whose numbers are missing, in the transactions of whatever numbers them.

use std::collections::HashSet;

use solana_commitment_config::CommitmentConfig;

use crate::chain::{Listing, Record};
use crate::follow::{record, FollowError, Follower};
use crate::store::{Gap, Known, Neighbors, Taken};

/// Gaps looked for at once.
const GAPS: usize = 16;
/// Pages of signatures gone through for one gap.
const PAGES: usize = 20;
/// The first attempt is followed by another after so many seconds, and each time after twice as many.
const FIRST_WAIT: i64 = 60;
/// At most so many, a day.
const LONGEST_WAIT: i64 = 86_400;
/// Numbers, within their slot, of transactions whose own numbers the node does not tell: after all others.
const UNNUMBERED: u32 = 1 << 15;

/// What looking for missing events has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Gaps looked at.
    pub gaps: u64,
    /// Events found.
    pub events: u64,
}

impl Follower {
    /// Looks for events that are missing, as far as it is time to.
    ///
    /// # Errors
    /// [`FollowError`].
    pub async fn fill(&mut self, finalized: u64, now: i64) -> Result<Filled, FollowError> {
        let mut filled = Filled::default();
        let mut seen = HashSet::new();
        // What is found for one gap can fill others, or show that they are larger.
        while let Some(gap) = self.next_gap(now, &mut seen).await? {
            let Some(neighbors) = self.writer.store().neighbors(&gap).await? else { continue };
            // While slots can still be abandoned, a gap may be gone by itself.
            if neighbors.after.1.slot() > finalized {
                continue;
            }
            let (found, reason) = self.look_for(&gap, &neighbors).await?;
            filled.gaps += 1;
            filled.events += self.writer.add(&found).await?.events;
            let next = now.saturating_add((FIRST_WAIT << gap.attempts.clamp(0, 20)).min(LONGEST_WAIT));
            self.writer.store().note_attempt(&gap, next, &reason).await?;
        }
        if filled.gaps > 0 {
            self.writer.store().forget_filled().await?;
        }
        Ok(filled)
    }

    /// A gap that it is time to look at and that was not looked at before; none after a few.
    async fn next_gap(&self, now: i64, seen: &mut HashSet<(String, u64, u64)>) -> Result<Option<Gap>, FollowError> {
        if seen.len() == GAPS {
            return Ok(None);
        }
        let due = self.writer.store().gaps_due(now, GAPS).await?;
        Ok(due.into_iter().find(|gap| seen.insert((gap.stream.address.clone(), gap.first, gap.last))))
    }

    /// Transactions that are not known yet where the events of a gap should be; and, in case these are not in them, why not.
    async fn look_for(&self, gap: &Gap, neighbors: &Neighbors) -> Result<(Vec<(u64, Taken)>, String), FollowError> {
        let Gap { stream, .. } = gap;
        let address = Self::address(&stream.address)?;
        let (after, after_place) = &neighbors.after;
        let from = neighbors.before.as_ref().map_or(0, |(_, place)| place.slot());
        let mut listing = Listing {
            before: after.parse().ok(),
            until: neighbors.before.as_ref().and_then(|(signature, _)| signature.parse().ok()),
            min_slot: None,
            commitment: CommitmentConfig::finalized(),
            limit: self.pace.page,
        };
        let mut faults = Vec::new();
        let mut beside = vec![after];
        beside.extend(neighbors.before.as_ref().map(|(signature, _)| signature));
        for signature in beside {
            let known = self.writer.store().transaction(signature).await?;
            if let Some(fault) = known.and_then(|known| known.fault) {
                faults.push(format!("transaction {signature}: {fault}"));
            }
        }
        let mut found = Vec::new();
        let mut listed_any = false;
        let mut unnumbered = UNNUMBERED;
        for _ in 0..PAGES {
            let page = self.chain.signatures(&address, &listing).await?;
            let Some(last) = page.last() else { break };
            listing.before = Some(last.signature);
            let beyond = last.slot < from;
            for listed in page {
                if listed.failed || listed.slot < from || listed.slot > after_place.slot() {
                    continue;
                }
                listed_any = true;
                let known = self.writer.store().transaction(&listed.signature.to_string()).await?;
                let number = match (&known, listed.index) {
                    // What is known of its events would come twice.
                    (Some(Known { has_events: true, fault, .. }), _) => {
                        let fault = fault.iter().map(|fault| format!("transaction {}: {fault}", listed.signature));
                        faults.extend(fault);
                        continue;
                    }
                    (Some(Known { fault: None, .. }), _) => continue,
                    (Some(Known { place, .. }), _) => place.number_in_slot(),
                    (None, Some(index)) => index,
                    (None, None) => {
                        unnumbered += 1;
                        unnumbered
                    }
                };
                let (events, fault) = match record(&self.chain, self.pace, listed.signature).await? {
                    Record::Events(events, fault) => (events, fault),
                    Record::Unknown => (Vec::new(), Some("the RPC node lists it, but has no record of it".to_owned())),
                };
                if let Some(fault) = &fault {
                    faults.push(format!("transaction {}: {fault}", listed.signature));
                }
                let signature = listed.signature.to_string();
                found.push((listed.slot, Taken { number, signature, events, fault }));
            }
            if beyond {
                break;
            }
        }
        found.sort_by_key(|(slot, taken)| (*slot, taken.number));
        let reason = match (faults.is_empty(), listed_any || neighbors.before.is_some()) {
            (false, _) => faults.join("; "),
            (true, true) => {
                "none of the transactions that the RPC node lists between the events before and after has them".into()
            }
            (true, false) => {
                "the RPC node lists no transaction before the first known event: its history may not go back so far"
                    .into()
            }
        };
        Ok((found, reason))
    }
}
