use crate::{
    EpochRecord, Exchange, LiquidityRequest, MarginAccount, Market, Orders, Pool, Proposal, Pubkey, ID, VERSION,
};
use bytemuck::Pod;
use core::fmt;

/// An account type of the program.
pub trait Stored: Pod {
    /// What the account is called in messages.
    const NAME: &'static str;
    /// Its first eight bytes: the beginning of the hash of `account:` and the type's name.
    const TAG: [u8; 8];
    /// Its length in bytes, the tag included.
    const SPACE: usize = 8 + size_of::<Self>();
    /// Its layout version.
    fn version(&self) -> u8;
}

macro_rules! stored {
    ($($account:ident $name:literal $tag:expr;)+) => {
        $(
            impl Stored for $account {
                const NAME: &'static str = $name;
                const TAG: [u8; 8] = $tag;

                fn version(&self) -> u8 {
                    self.version
                }
            }

            impl $account {
                /// The account's length in bytes, its tag included.
                pub const SPACE: usize = <Self as Stored>::SPACE;
            }
        )+

        #[cfg(test)]
        const TAGS: &[(&str, [u8; 8])] = &[$((stringify!($account), $tag)),+];
    };
}

stored! {
    Exchange "exchange" [30, 200, 220, 149, 3, 61, 104, 50];
    Pool "pool" [241, 154, 109, 4, 17, 177, 109, 188];
    Market "market" [219, 190, 213, 55, 0, 227, 198, 154];
    MarginAccount "margin account" [133, 220, 173, 213, 179, 211, 43, 238];
    LiquidityRequest "liquidity request" [22, 207, 121, 48, 97, 240, 236, 91];
    Orders "account of orders" [3, 215, 50, 3, 146, 247, 45, 36];
    EpochRecord "epoch record" [193, 72, 26, 28, 161, 98, 58, 132];
    Proposal "proposal" [26, 94, 189, 187, 116, 136, 53, 33];
}

/// Why an account is not of the type asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountError {
    /// It belongs to another program.
    WrongOwner {
        /// The account.
        address: Pubkey,
        /// What was asked for.
        expected: &'static str,
        /// The program that owns it.
        owner: Pubkey,
    },
    /// It is another type of account of the program.
    WrongType {
        /// The account.
        address: Pubkey,
        /// What was asked for.
        expected: &'static str,
    },
    /// It is not as long as accounts of its type are.
    WrongLength {
        /// The account.
        address: Pubkey,
        /// What was asked for.
        expected: &'static str,
        /// Its length in bytes.
        length: usize,
        /// The length of that type.
        space: usize,
    },
    /// It has another layout version than this code reads.
    WrongVersion {
        /// The account.
        address: Pubkey,
        /// What was asked for.
        expected: &'static str,
        /// Its version.
        version: u8,
    },
}

impl fmt::Display for AccountError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongOwner { address, expected, owner } => write!(
                formatter,
                "{address} is not a {expected}: it belongs to program {owner}; check the address and the cluster"
            ),
            Self::WrongType { address, expected } => {
                write!(formatter, "{address} is not a {expected}: it is another type of account of the program")
            }
            Self::WrongLength { address, expected, length, space } => {
                write!(formatter, "{address} is not a {expected}: it holds {length} bytes instead of {space}")
            }
            Self::WrongVersion { address, expected, version } => write!(
                formatter,
                "{address} has version {version} of {expected}, and this client reads version {VERSION}: update the client"
            ),
        }
    }
}

impl core::error::Error for AccountError {}

/// The account at `address`, owned by `owner` and holding `data`, as a `T`. The bytes need no alignment.
///
/// # Errors
/// The first rule it breaks, in the order owner, type, length, version.
pub fn decode<T: Stored>(address: &Pubkey, owner: &Pubkey, data: &[u8]) -> Result<T, AccountError> {
    let (address, expected) = (*address, T::NAME);
    if *owner != ID {
        return Err(AccountError::WrongOwner { address, expected, owner: *owner });
    }
    let bytes = data.strip_prefix(&T::TAG).ok_or(AccountError::WrongType { address, expected })?;
    if data.len() != T::SPACE {
        return Err(AccountError::WrongLength { address, expected, length: data.len(), space: T::SPACE });
    }
    let account: T = bytemuck::pod_read_unaligned(bytes);
    if account.version() != VERSION {
        return Err(AccountError::WrongVersion { address, expected, version: account.version() });
    }
    Ok(account)
}

/// Writes `account` into `bytes` as it lies on chain, for local validators and tests; `false` where they are not as many as
/// it takes.
pub fn encode_into<T: Stored>(account: &T, bytes: &mut [u8]) -> bool {
    if bytes.len() != T::SPACE {
        return false;
    }
    let (tag, rest) = bytes.split_at_mut(T::TAG.len());
    tag.copy_from_slice(&T::TAG);
    rest.copy_from_slice(bytemuck::bytes_of(account));
    true
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use bytemuck::Zeroable;
    use sha2::{Digest, Sha256};
    use std::vec;
    use std::vec::Vec;

    fn market() -> Market {
        Market { exchange: Pubkey::new_from_array([7; 32]), version: VERSION, ..Market::zeroed() }
    }

    fn encoded(market: &Market) -> Vec<u8> {
        let mut bytes = vec![0; Market::SPACE];
        assert!(encode_into(market, &mut bytes));
        bytes
    }

    #[test]
    fn every_tag_is_the_beginning_of_its_types_hash() {
        for (name, tag) in TAGS {
            let hash = Sha256::digest([b"account:", name.as_bytes()].concat());
            assert_eq!(hash[..8], *tag, "{name}");
        }
    }

    #[test]
    fn an_account_is_read_at_any_alignment() {
        let market = market();
        let mut shifted = vec![0];
        shifted.extend(encoded(&market));
        let decoded: Market = decode(&Pubkey::default(), &ID, &shifted[1..]).unwrap();
        assert_eq!(decoded, market);
        assert!(!encode_into(&market, &mut shifted), "one byte too many");
    }

    #[test]
    fn what_is_not_the_account_asked_for_is_refused() {
        let (address, stranger) = (Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32]));
        let data = encoded(&market());
        let expected = "market";
        assert_eq!(
            decode::<Market>(&address, &stranger, &data).err(),
            Some(AccountError::WrongOwner { address, expected, owner: stranger })
        );
        assert_eq!(
            decode::<Pool>(&address, &ID, &data).err(),
            Some(AccountError::WrongType { address, expected: "pool" })
        );
        assert_eq!(decode::<Market>(&address, &ID, &[]).err(), Some(AccountError::WrongType { address, expected }));
        let space = Market::SPACE;
        for length in [8, space - 1] {
            assert_eq!(
                decode::<Market>(&address, &ID, &data[..length]).err(),
                Some(AccountError::WrongLength { address, expected, length, space })
            );
        }
        let newer = encoded(&Market { version: VERSION + 1, ..market() });
        assert_eq!(
            decode::<Market>(&address, &ID, &newer).err(),
            Some(AccountError::WrongVersion { address, expected, version: VERSION + 1 })
        );
    }
}
