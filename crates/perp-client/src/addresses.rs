//! Where everything is: program-derived addresses and token accounts.

use anchor_lang::prelude::Pubkey;
use anchor_spl::associated_token::{self, get_associated_token_address_with_program_id};
use perp_accounts::{EpochRecord, Exchange, LiquidityRequest, MarginAccount, Market, Orders, Pool, ID};
use perp_engine::units::Timestamp;

/// A name or symbol is empty, too long for its bytes on chain, or would not come back as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a name of 1 to {limit} bytes without zero bytes: choose another")]
pub struct NameError {
    /// What was given.
    pub text: String,
    /// Bytes there are for it on chain.
    pub limit: usize,
}

/// A name as accounts store it: UTF-8, zero-padded.
///
/// # Errors
/// [`NameError`] where it is empty, longer than `N` bytes, or holds a zero byte.
pub fn padded<const N: usize>(text: &str) -> Result<[u8; N], NameError> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > N || bytes.contains(&0) {
        return Err(NameError { text: text.into(), limit: N });
    }
    let mut padded = [0; N];
    padded[..bytes.len()].copy_from_slice(bytes);
    Ok(padded)
}

/// The text of a zero-padded name; bytes that are no UTF-8 show as replacement characters.
pub fn unpadded(name: &[u8]) -> String {
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    String::from_utf8_lossy(&name[..end]).into_owned()
}

/// The exchange that `creator` made under `name`.
pub fn exchange_address(creator: &Pubkey, name: &[u8; 32]) -> Pubkey {
    derive(&[Exchange::SEED, creator.as_ref(), name])
}

/// Who signs for the events that the program sends to itself.
pub fn event_authority() -> Pubkey {
    derive(&[b"__event_authority"])
}

/// The account of a margin account's resting orders.
pub fn orders_address(margin_account: &Pubkey) -> Pubkey {
    derive(&[Orders::SEED, margin_account.as_ref()])
}

/// Addresses of one exchange that its instructions need, and from which all its others are derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The exchange.
    pub exchange: Pubkey,
    /// Mint of the quote token.
    pub quote_mint: Pubkey,
    /// Owns the quote mint, the share mint and every token account of the exchange.
    pub token_program: Pubkey,
    /// The liquidity pool.
    pub pool: Pubkey,
    /// Holds every token of the exchange.
    pub vault: Pubkey,
    /// Mint of the liquidity shares.
    pub share_mint: Pubkey,
    /// Holds the shares of withdrawal requests.
    pub share_escrow: Pubkey,
}

impl Addresses {
    /// `exchange` with the mint it takes as collateral and the program that owns that mint.
    pub fn new(exchange: Pubkey, quote_mint: Pubkey, token_program: Pubkey) -> Self {
        let of_exchange = |seed| derive(&[seed, exchange.as_ref()]);
        Self {
            exchange,
            quote_mint,
            token_program,
            pool: of_exchange(Pool::SEED),
            vault: of_exchange(Exchange::VAULT_SEED),
            share_mint: of_exchange(Exchange::SHARE_MINT_SEED),
            share_escrow: of_exchange(Exchange::SHARE_ESCROW_SEED),
        }
    }

    /// The market of this index.
    pub fn market(&self, index: u16) -> Pubkey {
        derive(&[Market::SEED, self.exchange.as_ref(), &index.to_le_bytes()])
    }

    /// The owner's margin account of this number.
    pub fn margin_account(&self, owner: &Pubkey, sub_account: u16) -> Pubkey {
        derive(&[MarginAccount::SEED, self.exchange.as_ref(), owner.as_ref(), &sub_account.to_le_bytes()])
    }

    /// The owner's liquidity request of this number.
    pub fn request(&self, owner: &Pubkey, nonce: u64) -> Pubkey {
        derive(&[LiquidityRequest::SEED, self.exchange.as_ref(), owner.as_ref(), &nonce.to_le_bytes()])
    }

    /// The record of the epoch that ended at this boundary, once it is closed and until its last request is paid.
    pub fn epoch(&self, boundary: Timestamp) -> Pubkey {
        derive(&[EpochRecord::SEED, self.exchange.as_ref(), &boundary.get().to_le_bytes()])
    }

    /// How many more addresses than one the program tries before it finds the record's, each for
    /// [`UNITS_OF_A_TRY`](crate::jobs::UNITS_OF_A_TRY).
    pub fn epoch_tries(&self, boundary: Timestamp) -> u32 {
        tries(&[EpochRecord::SEED, self.exchange.as_ref(), &boundary.get().to_le_bytes()], &ID)
    }

    /// The same of the owner's associated token account, for the quote token or for shares, whichever is found later.
    pub fn associated_tries(&self, owner: &Pubkey) -> u32 {
        let of =
            |mint: &Pubkey| tries(&[owner.as_ref(), self.token_program.as_ref(), mint.as_ref()], &associated_token::ID);
        of(&self.quote_mint).max(of(&self.share_mint))
    }

    /// The owner's associated token account for the quote token.
    pub fn tokens_of(&self, owner: &Pubkey) -> Pubkey {
        get_associated_token_address_with_program_id(owner, &self.quote_mint, &self.token_program)
    }

    /// The owner's associated token account for liquidity shares.
    pub fn shares_of(&self, owner: &Pubkey) -> Pubkey {
        get_associated_token_address_with_program_id(owner, &self.share_mint, &self.token_program)
    }
}

fn tries(seeds: &[&[u8]], program: &Pubkey) -> u32 {
    u32::from(u8::MAX - Pubkey::find_program_address(seeds, program).1)
}

fn derive(seeds: &[&[u8]]) -> Pubkey {
    Pubkey::find_program_address(seeds, &ID).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were_written() {
        let name: [u8; 16] = padded("SOL-PERP").unwrap();
        assert_eq!(&name, b"SOL-PERP\0\0\0\0\0\0\0\0");
        assert_eq!(unpadded(&name), "SOL-PERP");
        assert_eq!(unpadded(&padded::<4>("full").unwrap()), "full");
    }

    #[test]
    fn names_that_would_not_come_back_are_refused() {
        for text in ["", "five!", "a\0b"] {
            assert_eq!(padded::<4>(text), Err(NameError { text: text.into(), limit: 4 }));
        }
    }

    #[test]
    fn every_address_is_another() {
        let (exchange, owner) = (Pubkey::new_unique(), Pubkey::new_unique());
        let one = Addresses::new(exchange, Pubkey::new_unique(), anchor_spl::token::ID);
        let mut all = vec![
            event_authority(),
            one.exchange,
            one.pool,
            one.vault,
            one.share_mint,
            one.share_escrow,
            one.market(0),
            one.market(1),
            one.margin_account(&owner, 0),
            one.margin_account(&owner, 1),
            orders_address(&one.margin_account(&owner, 0)),
            orders_address(&one.margin_account(&owner, 1)),
            one.request(&owner, 0),
            one.request(&owner, 1),
            one.epoch(Timestamp::new(0)),
            one.epoch(Timestamp::new(1)),
            one.tokens_of(&owner),
            one.shares_of(&owner),
        ];
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
        let other = Addresses { exchange: Pubkey::new_unique(), ..one };
        assert_ne!(one.margin_account(&owner, 0), other.margin_account(&owner, 0));
    }
}
