use super::parameters::MAX_FUTURE_TOLERANCE;
use crate::error::EngineError;
use crate::units::{Atoms, Ppm, Timestamp};
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};
use bytemuck::{Pod, Zeroable};

/// Markets one exchange can list: all of them fit the legacy transaction that executes a liquidity withdrawal, with two
/// instructions for its compute budget: 1220 of 1232 bytes.
pub const MAX_MARKETS: usize = 21;

/// Shares of the first deposit that nobody gets, so that a share can never be made arbitrarily dear: 10 000 atoms' worth at
/// birth, a cent of a token with six decimals.
pub const DEAD_SHARES: u64 = 10_000;

/// The liquidity providers' delays and limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(C)]
pub struct PoolParameters {
    /// Smallest request, in atoms (a withdrawal's shares are valued at one atom each at birth).
    pub minimum_request: Atoms,
    /// Prices that execute a deposit are published at least so many seconds after it.
    pub deposit_delay: u32,
    /// The same for a withdrawal.
    pub withdrawal_delay: u32,
    /// Seconds from maturity after which an unexecuted deposit lapses.
    pub deposit_lapse: u32,
    /// The same for a withdrawal.
    pub withdrawal_lapse: u32,
    /// Backing moves only when it is further than this from its target.
    pub hysteresis: Ppm,
    /// Part of the shared insurance (at the window's start) that one market may draw per window.
    pub shared_draw_share: Ppm,
    /// Length of that window in seconds.
    pub shared_draw_window: u32,
    pub padding: u32,
}

/// The liquidity pool's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Pool {
    /// Cash not placed in any market.
    pub cash: Atoms,
    /// Σ of the markets' `net_principal`.
    pub placed: Atoms,
    /// The shared insurance; cash.
    pub insurance: Atoms,
    /// Tokens of deposit requests not executed yet; cash that belongs to their owners.
    pub escrow: Atoms,
    /// Shares in existence, the dead ones included.
    pub shares: Atoms,
    pub parameters: PoolParameters,
    pub reserved: [u64; 8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RequestKind {
    Deposit = 0,
    Withdrawal = 1,
}

/// A liquidity provider's request: tokens (deposit) or shares (withdrawal) in escrow until somebody executes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Request {
    /// Tokens or shares still in escrow.
    pub amount: Atoms,
    /// Least that must come out for the whole `amount`, in shares or tokens; scaled with a partial execution.
    pub minimum_output: Atoms,
    pub requested_at: Timestamp,
}

const _: () = assert!(core::mem::size_of::<PoolParameters>() == 40);
const _: () = assert!(core::mem::size_of::<Pool>() == 144);
const _: () = assert!(core::mem::size_of::<Request>() == 24);

impl PoolParameters {
    /// Whether the delays and limits agree with each other: a request is worth executing, prices that execute it are
    /// published after it by 20 s more than any market's future tolerance, requests lapse within a
    /// month, the draw on the shared insurance is bounded.
    ///
    /// # Errors
    /// [`EngineError::ParametersInconsistent`] with the number of the first rule broken.
    pub fn validate(&self) -> Result<(), EngineError> {
        const MONTH: u32 = 30 * 86_400;
        const LEAST_DELAY: u32 = MAX_FUTURE_TOLERANCE + 20;
        let rules = [
            !self.minimum_request.is_zero() && self.minimum_request.get() > DEAD_SHARES,
            (LEAST_DELAY..=MONTH).contains(&self.deposit_delay)
                && (LEAST_DELAY..=MONTH).contains(&self.withdrawal_delay),
            (60..=MONTH).contains(&self.deposit_lapse) && (60..=MONTH).contains(&self.withdrawal_lapse),
            self.hysteresis <= Ppm::ONE,
            self.shared_draw_share <= Ppm::ONE && (3_600..=MONTH).contains(&self.shared_draw_window),
            self.padding == 0,
        ];
        for (number, holds) in (1u8..).zip(rules) {
            if !holds {
                return Err(EngineError::ParametersInconsistent { rule: number });
            }
        }
        Ok(())
    }
}
