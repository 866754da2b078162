//! Who plays: wallets and their margin accounts.

use std::fmt;

use perp_client::instructions::Actor;
use solana_pubkey::Pubkey;

use crate::demo::stage::Stage;
use crate::demo::DemoError;
use crate::wallets;

/// A margin account of the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    pub wallet: &'static str,
    pub sub_account: u16,
    /// Bound to BTC-PERP.
    pub isolated: bool,
}

const fn cross(wallet: &'static str) -> Seat {
    Seat { wallet, sub_account: 0, isolated: false }
}

const fn isolated(wallet: &'static str, sub_account: u16) -> Seat {
    Seat { wallet, sub_account, isolated: true }
}

/// Long in both markets, with much collateral.
pub const ALICE: Seat = cross("alice");
/// Short in BTC-PERP.
pub const BOB: Seat = cross("bob");
/// Savings: never trades.
pub const CAROL_CROSS: Seat = cross("carol");
/// Long in BTC-PERP with ten times leverage; nothing of her savings is behind it.
pub const CAROL_ISOLATED: Seat = isolated("carol", 1);
/// Short in SOL-PERP, and late long in BTC-PERP.
pub const DAVE: Seat = cross("dave");
/// Late long in BTC-PERP.
pub const ERIN: Seat = isolated("erin", 0);
/// Holds nothing, watches everybody.
pub const LIQUIDATOR: Seat = cross(wallets::LIQUIDATOR);

/// Every margin account of the story.
pub const ALL: [Seat; 7] = [ALICE, BOB, CAROL_CROSS, CAROL_ISOLATED, DAVE, ERIN, LIQUIDATOR];
/// The liquidity provider.
pub const PROVIDER: &str = wallets::LP;

impl Seat {
    pub fn address(&self, stage: &Stage<'_>) -> Result<Pubkey, DemoError> {
        Ok(stage.addresses.margin_account(&stage.wallet(self.wallet)?, self.sub_account))
    }

    pub fn actor(&self, stage: &Stage<'_>) -> Result<Actor, DemoError> {
        Ok(Actor { signer: stage.wallet(self.wallet)?, margin_account: self.address(stage)? })
    }

    /// The seat whose margin account is at `address`.
    pub fn at(stage: &Stage<'_>, address: &Pubkey) -> Result<Self, DemoError> {
        for seat in ALL {
            if seat.address(stage)? == *address {
                return Ok(seat);
            }
        }
        Err(DemoError::Absent { expected: "margin account of the story" })
    }
}

impl fmt::Display for Seat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}'s {} account", self.wallet, if self.isolated { "isolated" } else { "cross" })
    }
}
