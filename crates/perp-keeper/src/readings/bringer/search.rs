//! Readings that show more than a price, asked for and posted.

use std::time::Instant;

use perp_client::jobs::PostedPrice;
use perp_engine::oracle::OracleReading;
use perp_updates::destination::Place;
use perp_updates::{Destination, Post};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::{words, Bringer, NO_READING};
use crate::journal::Journal;
use crate::readings::{Posted, Wanted};

/// Seconds whose first readings are asked for at once.
const QUESTIONS_AT_ONCE: usize = 4;

impl Bringer<'_> {
    /// Asks for some of the readings that may show something, and posts those that do.
    pub(super) fn search(&mut self) {
        let now = Instant::now();
        let (questions, due) = (self.evidence.questions(now), self.evidence.due(now));
        self.learn(questions.iter().chain(due.iter().map(|(wanted, _)| wanted)).map(|(market, _)| *market));
        for wanted in questions.into_iter().take(QUESTIONS_AT_ONCE) {
            let (market, second) = wanted;
            let Some((_, feed)) = self.feeds.get(&market) else { continue };
            let parts = self.prices.at(&[*feed], second.get(), false);
            let said = parts.ok().and_then(|parts| parts.first()?.0.price(*feed).ok()?.reading().ok());
            match said.filter(|said| said.publish_time() >= second.get()) {
                Some(said) => self.evidence.tell(wanted, said),
                // There may be none yet, as while the feed is silent.
                None => drop(self.evidence.failed(wanted, now)),
            }
        }
        for (wanted, said) in due {
            let payer = self.wallets.iter().find(|wallet| self.operations.may_pay(&wallet.pubkey()));
            let posted = match payer {
                Some(payer) => self.show(payer, wanted, &said),
                None => Err("no wallet holds enough lamports to pay for it".into()),
            };
            self.operations.brought(usize::from(posted.is_ok()));
            let (market, second) = wanted;
            match posted {
                Ok(posted) => {
                    Journal::reading(&[market], second.get(), None);
                    self.evidence.put(wanted, posted, Instant::now());
                }
                Err(reason) => {
                    // What goes on is told once.
                    if self.evidence.failed(wanted, Instant::now()) {
                        Journal::reading(&[market], second.get(), Some(&reason));
                    }
                }
            }
        }
    }

    /// Posts a reading where its market takes it: into its own account, which is not returned, or into a new one of the payer's.
    fn show(&self, payer: &Keypair, (market, second): Wanted, said: &OracleReading) -> Result<Option<Posted>, String> {
        let binding = self.bindings.get(&market).ok_or("its market cannot be read")?;
        let key = Keypair::new();
        let destination = Destination::of(binding, key.pubkey()).map_err(words)?;
        let parts = self.prices.at(&[destination.feed], second.get(), false).map_err(words)?;
        let (update, _) = parts.first().ok_or(NO_READING)?;
        let again = update.price(destination.feed).map_err(words)?.reading().ok();
        if again.as_ref() != Some(said) {
            return Err("the server says another than before".into());
        }
        let is_own = matches!(destination.place, Place::Own { .. });
        let post = Post { destination, is_new: is_own, close: false };
        self.send(payer, &[key], destination.receiver, update, vec![post], 0)?;
        let price = PostedPrice { account: destination.account(), reading: *said };
        Ok(is_own.then_some(Posted { price, receiver: destination.receiver, payer: payer.pubkey() }))
    }
}
