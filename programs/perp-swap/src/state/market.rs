use crate::errors::refused;
use crate::oracle::{read_oracle, OracleBinding, OracleError, OracleKind};
use anchor_lang::prelude::*;
use perp_engine::oracle::OracleReading;

/// One market: its oracle and all that a trade in it changes. Trades in different markets share no writable account.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Market {
    pub exchange: Pubkey,
    /// Program that owns the price account.
    pub oracle_program: Pubkey,
    /// The only price account accepted; the default key where any account of the feed is.
    pub oracle_account: Pubkey,
    /// Pyth's feed id; zeros for a legacy account.
    pub feed_id: [u8; 32],
    pub state: perp_engine::state::Market,
    /// Asset symbol, zero-padded.
    pub symbol: [u8; 16],
    /// [`OracleKind`] as a byte.
    pub oracle_kind: u8,
    pub bump: u8,
    pub version: u8,
    pub padding: [u8; 5],
    pub reserved: [u64; 8],
}

const _: () = assert!(core::mem::size_of::<Market>() == 4 * 32 + 808 + 24 + 64);

/// How a new market finds its price; see [`OracleBinding`].
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OracleArguments {
    /// 0 for a legacy push account, 1 for `PriceUpdateV2`.
    pub kind: u8,
    pub program: Pubkey,
    pub account: Pubkey,
    pub feed_id: [u8; 32],
}

impl OracleArguments {
    pub fn binding(&self) -> core::result::Result<OracleBinding, OracleError> {
        Ok(OracleBinding {
            kind: OracleKind::try_from(self.kind)?,
            owner: self.program,
            account: self.account,
            feed_id: self.feed_id,
        })
    }
}

impl Market {
    pub const SEED: &'static [u8] = b"market";
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();

    /// What the market's oracle says.
    pub fn read_oracle(&self, account: &AccountInfo<'_>) -> Result<OracleReading> {
        let arguments = OracleArguments {
            kind: self.oracle_kind,
            program: self.oracle_program,
            account: self.oracle_account,
            feed_id: self.feed_id,
        };
        let binding = arguments.binding().map_err(refused)?;
        let data = account.try_borrow_data()?;
        read_oracle(account.key, account.owner, &data, &binding).map_err(refused)
    }
}
