//! Whether wallets hold enough to pay with.

use std::collections::BTreeMap;

use solana_pubkey::Pubkey;

use crate::config::Wallet;

/// What wallets hold, as last seen.
#[derive(Debug, Default)]
pub struct Purse {
    wallets: BTreeMap<Pubkey, Held>,
}

/// What one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Lamports.
    pub lamports: u64,
    /// Whether it is held for empty.
    pub is_low: bool,
}

/// Whether a wallet is held for empty, given whether it was: it is below the floor, and stays so until it holds what is enough to
/// resume with.
pub const fn is_low(was_low: bool, lamports: u64, limits: &Wallet) -> bool {
    lamports < if was_low { limits.resume_lamports } else { limits.floor_lamports }
}

impl Purse {
    /// A wallet holds so many lamports. Returns whether it is held for empty, where that is another answer than before; a wallet that
    /// was not seen before had enough.
    pub fn seen(&mut self, wallet: Pubkey, lamports: u64, limits: &Wallet) -> Option<bool> {
        let was_low = self.wallets.get(&wallet).is_some_and(|held| held.is_low);
        let is_low = is_low(was_low, lamports, limits);
        self.wallets.insert(wallet, Held { lamports, is_low });
        (is_low != was_low).then_some(is_low)
    }

    /// Whether a wallet may pay. One that nobody has looked at yet may.
    pub fn may_pay(&self, wallet: &Pubkey) -> bool {
        self.wallets.get(wallet).is_none_or(|held| !held.is_low)
    }

    /// What the fullest of these wallets holds, where none of them may pay.
    pub fn fullest_of_low<'a>(&self, mut wallets: impl Iterator<Item = &'a Pubkey> + Clone) -> Option<u64> {
        if wallets.clone().any(|wallet| self.may_pay(wallet)) {
            return None;
        }
        let fullest = wallets.by_ref().filter_map(|wallet| self.wallets.get(wallet)).map(|held| held.lamports);
        fullest.max()
    }

    /// How many are held for empty.
    pub fn low(&self) -> usize {
        self.wallets.values().filter(|held| held.is_low).count()
    }

    /// Wallets that are held for empty, and what they hold.
    pub fn low_wallets(&self) -> impl Iterator<Item = (&Pubkey, u64)> {
        self.wallets.iter().filter(|(_, held)| held.is_low).map(|(wallet, held)| (wallet, held.lamports))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Wallet = Wallet { floor_lamports: 100, resume_lamports: 150, check_seconds: 1, open_keys: false };

    fn wallet(number: u8) -> Pubkey {
        Pubkey::new_from_array([number; 32])
    }

    #[test]
    fn a_wallet_pays_down_to_its_floor_and_again_when_it_is_filled() {
        let mut purse = Purse::default();
        // 100 is no less than the floor; 99 is. Then 149 are not enough to resume, and 150 are.
        let steps = [
            (100, None, true),
            (99, Some(true), false),
            (149, None, false),
            (150, Some(false), true),
            (120, None, true),
        ];
        for (lamports, change, may_pay) in steps {
            assert_eq!(purse.seen(wallet(1), lamports, &LIMITS), change, "{lamports}");
            assert_eq!(purse.may_pay(&wallet(1)), may_pay, "{lamports}");
        }
    }

    #[test]
    fn one_full_wallet_is_enough() {
        let mut purse = Purse::default();
        let wallets = [wallet(1), wallet(2)];
        assert_eq!(purse.fullest_of_low(wallets.iter()), None);
        purse.seen(wallet(1), 40, &LIMITS);
        assert_eq!((purse.fullest_of_low(wallets.iter()), purse.low()), (None, 1));
        purse.seen(wallet(2), 60, &LIMITS);
        assert_eq!((purse.fullest_of_low(wallets.iter()), purse.low()), (Some(60), 2));
        let low: Vec<u64> = purse.low_wallets().map(|(_, lamports)| lamports).collect();
        assert_eq!(low, [40, 60]);
    }
}
