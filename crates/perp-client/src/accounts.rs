//! Accounts of the program, decoded from their bytes.

use anchor_lang::prelude::Pubkey;
use anchor_lang::Discriminator;
use bytemuck::Pod;
use perp_swap::state::{Exchange, LiquidityRequest, MarginAccount, Market, Pool, VERSION};

/// An account type of the program.
pub trait Stored: Pod + Discriminator {
    /// What the account is called in messages.
    const NAME: &'static str;
    /// Discriminator included.
    const SPACE: usize;
    fn version(&self) -> u8;
}

macro_rules! stored {
    ($($account:ty => $name:literal),+ $(,)?) => {$(
        impl Stored for $account {
            const NAME: &'static str = $name;
            const SPACE: usize = <$account>::SPACE;

            fn version(&self) -> u8 {
                self.version
            }
        }
    )+};
}

stored! {
    Exchange => "exchange",
    Pool => "pool",
    Market => "market",
    MarginAccount => "margin account",
    LiquidityRequest => "liquidity request",
}

/// Why an account is not of the type asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    #[error("{address} is not a {expected}: it belongs to program {owner}; check the address and the cluster")]
    WrongOwner { address: Pubkey, expected: &'static str, owner: Pubkey },
    #[error("{address} is not a {expected}: it is another type of account of the program")]
    WrongType { address: Pubkey, expected: &'static str },
    #[error("{address} is not a {expected}: it holds {length} bytes instead of {space}")]
    WrongLength { address: Pubkey, expected: &'static str, length: usize, space: usize },
    #[error(
        "{address} has version {version} of {expected}, and this client reads version {VERSION}: update the client"
    )]
    WrongVersion { address: Pubkey, expected: &'static str, version: u8 },
}

/// The account at `address`, owned by `owner` and holding `data`, as a `T`. The bytes need no alignment.
///
/// # Errors
/// The first rule it breaks, in the order owner, type, length, version.
pub fn decode<T: Stored>(address: &Pubkey, owner: &Pubkey, data: &[u8]) -> Result<T, AccountError> {
    let (address, expected) = (*address, T::NAME);
    if *owner != perp_swap::ID {
        return Err(AccountError::WrongOwner { address, expected, owner: *owner });
    }
    let bytes = data.strip_prefix(T::DISCRIMINATOR).ok_or(AccountError::WrongType { address, expected })?;
    if data.len() != T::SPACE {
        return Err(AccountError::WrongLength { address, expected, length: data.len(), space: T::SPACE });
    }
    let account: T = bytemuck::pod_read_unaligned(bytes);
    if account.version() != VERSION {
        return Err(AccountError::WrongVersion { address, expected, version: account.version() });
    }
    Ok(account)
}

/// The bytes of `account` as they lie on chain: for local validators and tests.
pub fn encode<T: Stored>(account: &T) -> Vec<u8> {
    [T::DISCRIMINATOR, bytemuck::bytes_of(account)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    fn market() -> Market {
        Market { exchange: Pubkey::new_unique(), version: VERSION, ..Market::zeroed() }
    }

    #[test]
    fn an_account_is_read_at_any_alignment() {
        let (address, market) = (Pubkey::new_unique(), market());
        let mut shifted = vec![0];
        shifted.extend(encode(&market));
        let decoded: Market = decode(&address, &perp_swap::ID, &shifted[1..]).unwrap();
        assert_eq!(bytemuck::bytes_of(&decoded), bytemuck::bytes_of(&market));
    }

    #[test]
    fn what_is_not_the_account_asked_for_is_refused() {
        let (address, stranger) = (Pubkey::new_unique(), Pubkey::new_unique());
        let data = encode(&market());
        let expected = "market";
        assert_eq!(
            decode::<Market>(&address, &stranger, &data).err(),
            Some(AccountError::WrongOwner { address, expected, owner: stranger })
        );
        assert_eq!(
            decode::<Pool>(&address, &perp_swap::ID, &data).err(),
            Some(AccountError::WrongType { address, expected: "pool" })
        );
        assert_eq!(
            decode::<Market>(&address, &perp_swap::ID, &[]).err(),
            Some(AccountError::WrongType { address, expected })
        );
        let space = Market::SPACE;
        for length in [8, space - 1] {
            assert_eq!(
                decode::<Market>(&address, &perp_swap::ID, &data[..length]).err(),
                Some(AccountError::WrongLength { address, expected, length, space })
            );
        }
        let newer = encode(&Market { version: VERSION + 1, ..market() });
        assert_eq!(
            decode::<Market>(&address, &perp_swap::ID, &newer).err(),
            Some(AccountError::WrongVersion { address, expected, version: VERSION + 1 })
        );
    }
}
