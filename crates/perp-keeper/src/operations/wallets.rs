//! What wallets hold, and what follows from that.

use std::time::Duration;

use perp_client::rpc::Connection;
use solana_pubkey::Pubkey;

use super::metrics::whole;
use super::{lock, Operations};
use crate::alerts::Alert;
use crate::decision::Verdict;

impl Operations {
    /// Whether a wallet may pay.
    pub fn may_pay(&self, wallet: &Pubkey) -> bool {
        lock(&self.purse).may_pay(wallet)
    }

    /// What the fullest wallet holds, where none may pay.
    pub fn low(&self) -> Option<u64> {
        lock(&self.purse).fullest_of_low(self.wallets.iter())
    }

    /// The verdict on whatever there is to do, where no wallet may pay for it.
    pub fn held_back(&self) -> Option<Verdict> {
        let lamports = self.low()?;
        Some(Verdict::WalletLow { lamports, least: self.config.wallet.resume_lamports })
    }

    /// Looks at what the wallets hold.
    ///
    /// # Errors
    /// Where the node does not say, in words.
    pub fn weigh(&self, connection: &Connection) -> Result<(), String> {
        let found = connection.read(&self.wallets).map_err(|error| error.to_string())?;
        for (wallet, account) in self.wallets.iter().zip(found) {
            self.holds(*wallet, account.map_or(0, |account| account.lamports));
        }
        Ok(())
    }

    /// A wallet holds so many lamports.
    pub(super) fn holds(&self, wallet: Pubkey, lamports: u64) {
        let limits = &self.config.wallet;
        self.metrics.wallet.with_label_values(&[&wallet.to_string()]).set(whole(lamports));
        let (change, low) = {
            let mut purse = lock(&self.purse);
            (purse.seen(wallet, lamports, limits), purse.low())
        };
        self.metrics.wallets_low.set(i64::try_from(low).unwrap_or(i64::MAX));
        if let Some(is_low) = change {
            let needed_lamports = limits.floor_lamports;
            self.set(Alert::WalletLow { wallet: wallet.to_string(), lamports, needed_lamports }, is_low);
        }
    }

    /// An error of a wallet's transaction, with what the wallet holds where that is too little.
    pub fn with_what_is_held(&self, wallet: &Pubkey, error: &dyn std::fmt::Display) -> String {
        let purse = lock(&self.purse);
        let low = purse.low_wallets().find(|(low, _)| *low == wallet);
        low.map_or_else(
            || error.to_string(),
            |(_, lamports)| {
                format!(
                    "wallet {wallet} holds {lamports} lamports, which pays for no transaction: send it SOL ({error})"
                )
            },
        )
    }

    pub(super) fn keep_weighing(&self) {
        let connection = Connection::new(&self.config.rpc_url);
        loop {
            // That the node does not answer is told by whoever reads.
            let _ = self.weigh(&connection);
            std::thread::sleep(Duration::from_secs(self.config.wallet.check_seconds));
        }
    }
}
