//! Accounts that a keeper which was killed has left behind: their rent is the wallet's, and nobody else can close them.

use perp_updates::rpc::posted_by;
use perp_updates::Receiver;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::{Bringer, CLOSED_AT_ONCE};
use crate::journal::Journal;

/// How old the reading of an account must be that is closed: what a keeper of the same wallet, or anything else of its owner's, uses is
/// younger.
const LEFT_AFTER_SECONDS: i64 = 3_600;

impl Bringer<'_> {
    /// Looks once for old accounts of the wallets at each receiver that it has posted to, and closes them. Those that a market reads stay.
    pub(super) fn tidy(&mut self) {
        let mut used: Vec<Receiver> = Receiver::ALL.into_iter().filter(|receiver| self.uses(*receiver)).collect();
        used.retain(|receiver| !self.tidied.contains(receiver));
        for receiver in used {
            self.tidied.push(receiver);
            for wallet in self.wallets {
                match posted_by(&self.venue.connection, receiver, &wallet.pubkey()) {
                    Ok(posted) => self.close_old(receiver, wallet, &posted),
                    // Not every node lists accounts.
                    Err(error) => Journal::trouble("not_tidied", &error),
                }
            }
        }
    }

    fn uses(&self, receiver: Receiver) -> bool {
        self.feeds.values().any(|(of, _)| *of == receiver)
    }

    fn close_old(&self, receiver: Receiver, wallet: &Keypair, posted: &[(Pubkey, i64)]) {
        let before = match self.venue.connection.clock() {
            Ok(clock) => clock.now.get().saturating_sub(LEFT_AFTER_SECONDS),
            Err(error) => return Journal::trouble("not_tidied", &error),
        };
        let read = self.venue.price_accounts();
        let old = posted.iter().filter(|(account, published)| *published < before && !read.contains(account));
        let old: Vec<Pubkey> = old.map(|(account, _)| *account).collect();
        for part in old.chunks(CLOSED_AT_ONCE) {
            match self.reclaim(wallet, part.iter().map(|account| (receiver, *account))) {
                Ok(()) => Journal::tidied(part.len(), &wallet.pubkey()),
                Err(error) => Journal::trouble("not_closed", &error),
            }
        }
    }
}
