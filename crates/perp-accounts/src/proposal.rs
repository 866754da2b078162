use crate::oracle::{OracleBinding, OracleError};
use crate::Pubkey;
#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

/// A decision that waits: made when it is proposed, gone once it is applied or cancelled. Of what it is about there is one at a time, and
/// its address says what that is. Its rent goes back to whoever paid it.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Proposal {
    /// The exchange.
    pub exchange: Pubkey,
    /// Who proposed it, and paid for the account.
    pub proposer: Pubkey,
    /// Who is named for a role; the default key for nobody.
    pub holder: Pubkey,
    /// Where the price of a market comes from, of a listing and of a change of oracle.
    pub oracle: OracleBinding,
    /// Where the price comes from that bounds it; zeros for none.
    pub second_oracle: OracleBinding,
    /// The part the engine reads and writes.
    pub state: perp_engine::state::Proposal,
    /// Asset symbol of a listing: UTF-8, zero-padded.
    pub symbol: [u8; 16],
    /// Bump of the address.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 6],
    /// Zero; room for what is added later.
    pub reserved: [u64; 8],
}

const _: () = assert!(core::mem::size_of::<Proposal>() == 3 * 32 + 2 * 136 + 424 + 24 + 64);

impl Proposal {
    /// First seed of a proposal's address; exchange, kind (a byte), and market or role (two bytes, little-endian) follow.
    pub const SEED: &'static [u8] = b"proposal";
}

/// Whether a market that is bound to `before` may be bound to `after`: by another of Pyth's receivers or at another account, but to the
/// same feed. A legacy account's feed is its address, so that a market bound to one keeps it.
///
/// # Errors
/// Those of [`OracleBinding::validate`], [`OracleError::FeedChanged`].
pub fn check_rebinding(before: &OracleBinding, after: &OracleBinding) -> Result<(), OracleError> {
    after.validate()?;
    let same = match after.kind()? {
        crate::oracle::OracleKind::Pull => after.feed_id == before.feed_id,
        crate::oracle::OracleKind::LegacyPush => after == before,
    };
    if same {
        Ok(())
    } else {
        Err(OracleError::FeedChanged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{OracleKind, COMPATIBLE_RECEIVER, CORE_RECEIVER, LEGACY_MAINNET};

    #[test]
    fn attack_a_market_is_not_bound_to_another_feed() {
        let pull = |program, account: u8, feed: u8| {
            OracleBinding::new(OracleKind::Pull, program, Pubkey::new_from_array([account; 32]), [feed; 32])
        };
        let now = pull(CORE_RECEIVER, 0, 7);
        for allowed in [pull(COMPATIBLE_RECEIVER, 0, 7), pull(CORE_RECEIVER, 3, 7), now] {
            assert_eq!(check_rebinding(&now, &allowed), Ok(()));
        }
        assert_eq!(check_rebinding(&now, &pull(CORE_RECEIVER, 0, 8)), Err(OracleError::FeedChanged));
        let stranger = pull(Pubkey::new_from_array([1; 32]), 0, 7);
        assert_eq!(check_rebinding(&now, &stranger), Err(OracleError::UnknownOracleProgram));
        let legacy = |account: u8| {
            OracleBinding::new(OracleKind::LegacyPush, LEGACY_MAINNET, Pubkey::new_from_array([account; 32]), [0; 32])
        };
        assert_eq!(check_rebinding(&legacy(1), &legacy(1)), Ok(()));
        assert_eq!(check_rebinding(&legacy(1), &legacy(2)), Err(OracleError::FeedChanged));
        assert_eq!(check_rebinding(&legacy(1), &now), Err(OracleError::FeedChanged));
        assert_eq!(check_rebinding(&now, &legacy(1)), Err(OracleError::FeedChanged));
    }
}
