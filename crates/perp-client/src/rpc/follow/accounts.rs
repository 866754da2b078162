//! Accounts in little memory: most of their bytes are zero, and most of their numbers small.

use std::collections::btree_map::{BTreeMap, Entry};
use std::marker::PhantomData;
use std::ops::Bound;

use anchor_lang::prelude::Pubkey;

use crate::rpc::accounts::OfExchange;

/// Bytes of a word.
const WORD: usize = 8;
/// Bytes that all accounts of an exchange begin with: its address.
const EXCHANGE: usize = 32;
/// The most words that one head passes over.
const FAR: usize = 15;

/// Accounts of one type and exchange, by address. They are kept packed, a margin account with one position in a tenth of its bytes, and
/// unpacked for whoever asks.
#[derive(Debug)]
pub struct Accounts<T> {
    exchange: Pubkey,
    packed: BTreeMap<Pubkey, Packed>,
    of: PhantomData<fn() -> T>,
}

/// The words of an account that are not zero, without its exchange. Before each stands a byte: how many words are passed over, and how
/// many bytes follow of the number, whose sign is its lowest bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rpc) struct Packed(Box<[u8]>);

impl Packed {
    pub(in crate::rpc) fn of<T: OfExchange>(account: &T) -> Self {
        let bytes = bytemuck::bytes_of(account).get(EXCHANGE..).unwrap_or_default();
        let (mut packed, mut passed) = (Vec::with_capacity(256), 0usize);
        for chunk in bytes.chunks(WORD) {
            let mut word = [0; WORD];
            word[..chunk.len()].copy_from_slice(chunk);
            let word = i64::from_le_bytes(word);
            if word == 0 {
                passed += 1;
                continue;
            }
            while passed >= FAR {
                packed.push(head(FAR, 0));
                passed -= FAR;
            }
            let folded = ((word << 1) ^ (word >> 63)).cast_unsigned().to_le_bytes();
            let length = WORD - folded.iter().rev().take_while(|byte| **byte == 0).count();
            packed.push(head(passed, length));
            packed.extend_from_slice(&folded[..length]);
            passed = 0;
        }
        Self(packed.into_boxed_slice())
    }

    fn unpacked<T: OfExchange>(&self, exchange: &Pubkey) -> T {
        let mut account = T::zeroed();
        let bytes = bytemuck::bytes_of_mut(&mut account);
        let Some((first, rest)) = bytes.split_at_mut_checked(EXCHANGE) else { return account };
        first.copy_from_slice(exchange.as_ref());
        let (mut words, mut packed) = (rest.chunks_mut(WORD), &self.0[..]);
        while let Some((head, after)) = packed.split_first() {
            let (passed, length) = (usize::from(head >> 4), usize::from(head & 15));
            let (number, after) = after.split_at(length.min(after.len()));
            packed = after;
            if length == 0 {
                words.by_ref().take(passed).for_each(drop);
                continue;
            }
            let mut folded = [0; WORD];
            folded[..number.len()].copy_from_slice(number);
            let folded = u64::from_le_bytes(folded);
            let word = (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed();
            if let Some(place) = words.nth(passed) {
                place.copy_from_slice(&word.to_le_bytes()[..place.len()]);
            }
        }
        account
    }
}

/// Both fit four bits.
fn head(passed: usize, length: usize) -> u8 {
    u8::try_from((passed << 4) | length).unwrap_or_default()
}

impl<T: OfExchange> Accounts<T> {
    pub(super) fn of(exchange: Pubkey) -> Self {
        Self { exchange, packed: BTreeMap::new(), of: PhantomData }
    }

    /// The account at an address.
    pub fn get(&self, address: &Pubkey) -> Option<T> {
        self.packed.get(address).map(|packed| packed.unpacked(&self.exchange))
    }

    /// Whether there is one at an address.
    pub fn contains(&self, address: &Pubkey) -> bool {
        self.packed.contains_key(address)
    }

    /// Those behind an address, in the order of their addresses.
    pub fn after(&self, address: &Pubkey) -> impl Iterator<Item = (Pubkey, T)> + '_ {
        let behind = self.packed.range((Bound::Excluded(*address), Bound::Unbounded));
        behind.map(|(address, packed)| (*address, packed.unpacked(&self.exchange)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// All of them, in the order of their addresses.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { exchange: &self.exchange, packed: self.packed.iter(), of: PhantomData }
    }

    /// Bytes that all of them take, without the allocator's own.
    pub fn bytes(&self) -> usize {
        let each = size_of::<(Pubkey, Packed)>();
        self.packed.values().map(|packed| each + packed.0.len()).sum()
    }

    /// Takes these for all there are, but for some that stay as they are, and returns the addresses at which something is other than before.
    pub(super) fn replace<'a>(
        &mut self,
        accounts: Vec<(Pubkey, Packed)>,
        stay: impl Iterator<Item = &'a Pubkey>,
    ) -> Vec<Pubkey> {
        // Made anew as a whole, it takes little more than half the memory.
        let mut packed: BTreeMap<Pubkey, Packed> = accounts.into_iter().collect();
        for address in stay {
            match self.packed.get(address) {
                Some(account) => drop(packed.insert(*address, account.clone())),
                None => drop(packed.remove(address)),
            }
        }
        let other = packed.iter().filter(|(address, account)| self.packed.get(address) != Some(account));
        let gone = self.packed.keys().filter(|address| !packed.contains_key(address));
        let changed = other.map(|(address, _)| *address).chain(gone.copied()).collect();
        self.packed = packed;
        changed
    }

    /// Returns whether it is another than was there.
    pub(super) fn put(&mut self, address: Pubkey, packed: Packed) -> bool {
        match self.packed.entry(address) {
            Entry::Occupied(there) if *there.get() == packed => false,
            Entry::Occupied(mut there) => {
                there.insert(packed);
                true
            }
            Entry::Vacant(place) => {
                place.insert(packed);
                true
            }
        }
    }

    /// Returns whether there was one.
    pub(super) fn remove(&mut self, address: &Pubkey) -> bool {
        self.packed.remove(address).is_some()
    }
}

impl<T: OfExchange> FromIterator<(Pubkey, T)> for Accounts<T> {
    /// Of the exchange that the first belongs to; those of others are not theirs any more.
    fn from_iter<I: IntoIterator<Item = (Pubkey, T)>>(accounts: I) -> Self {
        let mut accounts = accounts.into_iter().peekable();
        let exchange = accounts.peek().map(|(_, first)| {
            let mut exchange = [0; EXCHANGE];
            exchange.copy_from_slice(&bytemuck::bytes_of(first)[..EXCHANGE]);
            Pubkey::new_from_array(exchange)
        });
        let mut all = Self::of(exchange.unwrap_or_default());
        all.packed = accounts.map(|(address, account)| (address, Packed::of(&account))).collect();
        all
    }
}

/// Accounts with their addresses.
pub struct Iter<'a, T> {
    exchange: &'a Pubkey,
    packed: std::collections::btree_map::Iter<'a, Pubkey, Packed>,
    of: PhantomData<fn() -> T>,
}

impl<T: OfExchange> Iterator for Iter<'_, T> {
    type Item = (Pubkey, T);

    fn next(&mut self) -> Option<Self::Item> {
        let (address, packed) = self.packed.next()?;
        Some((*address, packed.unpacked(self.exchange)))
    }
}

impl<'a, T: OfExchange> IntoIterator for &'a Accounts<T> {
    type Item = (Pubkey, T);
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;
    use perp_accounts::MarginAccount;
    use perp_engine::state::Position;
    use perp_engine::units::{SignedAtoms, SignedSize};
    use proptest::prelude::*;

    /// A margin account of these words.
    fn account(words: &[(usize, u64)]) -> MarginAccount {
        let mut account = MarginAccount::zeroed();
        let bytes = bytemuck::bytes_of_mut(&mut account);
        for (place, word) in words {
            bytes[place * WORD..][..WORD].copy_from_slice(&word.to_le_bytes());
        }
        account
    }

    proptest! {
        /// Whatever is in an account, it comes out again to the bit.
        #[test]
        fn what_is_unpacked_is_what_was_packed(
            words in prop::collection::vec(
                (0usize..262, prop_oneof![any::<u64>(), 0u64..300, (0u64..300).prop_map(|word| word.wrapping_neg()), Just(1 << 63)]),
                0..80,
            ),
        ) {
            let account = account(&words);
            let unpacked: MarginAccount = Packed::of(&account).unpacked(&account.exchange);
            prop_assert_eq!(bytemuck::bytes_of(&unpacked), bytemuck::bytes_of(&account));
        }
    }

    #[test]
    fn the_last_word_is_kept_behind_any_gap() {
        // 262 words, of which the first four are the exchange: up to 256 are passed over.
        for last in [257, 258, 259, 260, 261] {
            let account = account(&[(4, 9), (last, u64::MAX)]);
            let unpacked: MarginAccount = Packed::of(&account).unpacked(&account.exchange);
            assert_eq!(bytemuck::bytes_of(&unpacked), bytemuck::bytes_of(&account), "{last}");
        }
    }

    #[test]
    fn an_account_of_another_exchange_comes_out_as_it_went_in() {
        let exchange = Pubkey::new_unique();
        let mut account = MarginAccount { exchange, owner: Pubkey::new_unique(), ..MarginAccount::zeroed() };
        account.state.positions[0] = Position { size: SignedSize::new(-7), ..Position::empty_in(3) };
        account.state.positions[11].realized = SignedAtoms::new(i64::MIN);
        let address = Pubkey::new_unique();
        let accounts: Accounts<MarginAccount> = [(address, account)].into_iter().collect();
        assert_eq!(accounts.get(&address), Some(account));
        assert_eq!(accounts.iter().collect::<Vec<_>>(), [(address, account)]);
        assert!(accounts.bytes() < 160, "{}", accounts.bytes());
    }
}
