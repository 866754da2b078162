//! Everything that named an address, with what it told.

use anchor_lang::prelude::Pubkey;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::rpc_client::GetConfirmedSignaturesForAddress2Config;
use solana_signature::Signature;

use super::record::EventsError;
use super::{Connection, FetchError};
use crate::events::Event;

/// Signatures that a node hands out at once.
const AT_ONCE: usize = 1_000;

/// A transaction that took place, with its events.
#[derive(Debug)]
pub struct Told {
    /// The transaction.
    pub signature: Signature,
    /// Its slot.
    pub slot: u64,
    /// Its events, in order.
    pub events: Vec<Event>,
    /// Why events may be missing, where any may.
    pub gap: Option<EventsError>,
}

impl Connection {
    /// Every transaction that took place and named the address, the oldest first, with its events: the last `most` of them.
    ///
    /// # Errors
    /// [`FetchError`] where the node keeps no history. A transaction of which it keeps nothing has a gap.
    pub fn history(&self, address: &Pubkey, most: usize) -> Result<Vec<Told>, FetchError> {
        let (mut found, mut before): (Vec<(Signature, u64)>, Option<Signature>) = (Vec::new(), None);
        while found.len() < most {
            let config = GetConfirmedSignaturesForAddress2Config {
                before,
                until: None,
                limit: Some(AT_ONCE),
                commitment: Some(CommitmentConfig::confirmed()),
            };
            let page = self.client.get_signatures_for_address_with_config(address, config).map_err(Box::new)?;
            let took_place = page.iter().filter(|told| told.err.is_none());
            found.extend(took_place.filter_map(|told| Some((told.signature.parse().ok()?, told.slot))));
            let last = page.last().and_then(|told| told.signature.parse().ok());
            if last.is_none() || last == before || page.len() < AT_ONCE {
                break;
            }
            before = last;
        }
        found.truncate(most);
        found.reverse();
        let told = found.into_iter().map(|(signature, slot)| match self.events(&signature) {
            Ok(events) => Told { signature, slot, events, gap: None },
            Err(EventsError::Incomplete(incomplete)) => Told {
                signature,
                slot,
                events: incomplete.seen.clone(),
                gap: Some(EventsError::Incomplete(incomplete)),
            },
            Err(error) => Told { signature, slot, events: Vec::new(), gap: Some(error) },
        });
        Ok(told.collect())
    }
}
