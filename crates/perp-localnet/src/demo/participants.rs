//! Who takes part: wallets and their margin accounts.

use std::fmt;

use perp_client::instructions::Authority;
use solana_pubkey::Pubkey;

use crate::demo::demo_run::DemoRun;
use crate::demo::DemoError;
use crate::wallets;

/// A margin account of the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Participant {
    /// The wallet that owns it.
    pub wallet: &'static str,
    /// Number of the account among its owner's.
    pub sub_account: u16,
    /// Bound to BTC-PERP.
    pub isolated: bool,
}

const fn cross(wallet: &'static str) -> Participant {
    Participant { wallet, sub_account: 0, isolated: false }
}

const fn isolated(wallet: &'static str, sub_account: u16) -> Participant {
    Participant { wallet, sub_account, isolated: true }
}

/// Long in both markets, with much collateral.
pub const ALICE: Participant = cross("alice");
/// Short in BTC-PERP.
pub const BOB: Participant = cross("bob");
/// Savings: never trades.
pub const CAROL_CROSS: Participant = cross("carol");
/// Long in BTC-PERP with ten times leverage; nothing of her savings is behind it.
pub const CAROL_ISOLATED: Participant = isolated("carol", 1);
/// Short in SOL-PERP, and late long in BTC-PERP.
pub const DAVE: Participant = cross("dave");
/// Late long in BTC-PERP.
pub const ERIN: Participant = isolated("erin", 0);
/// Holds nothing, watches everybody.
pub const LIQUIDATOR: Participant = cross(wallets::LIQUIDATOR);

/// Every margin account of the story.
pub const ALL: [Participant; 7] = [ALICE, BOB, CAROL_CROSS, CAROL_ISOLATED, DAVE, ERIN, LIQUIDATOR];
/// The liquidity provider.
pub const PROVIDER: &str = wallets::LP;

impl Participant {
    /// Where the margin account is.
    ///
    /// # Errors
    /// Where no test keypair has the wallet's name.
    pub fn address(&self, run: &DemoRun<'_>) -> Result<Pubkey, DemoError> {
        Ok(run.addresses.margin_account(&run.wallet(self.wallet)?, self.sub_account))
    }

    /// The owner and the margin account, as instructions take them.
    ///
    /// # Errors
    /// Where no test keypair has the wallet's name.
    pub fn authority(&self, run: &DemoRun<'_>) -> Result<Authority, DemoError> {
        Ok(Authority { signer: run.wallet(self.wallet)?, margin_account: self.address(run)? })
    }

    /// The participant whose margin account is at `address`.
    ///
    /// # Errors
    /// [`DemoError::Absent`] where it is nobody's.
    pub fn at(run: &DemoRun<'_>, address: &Pubkey) -> Result<Self, DemoError> {
        for participant in ALL {
            if participant.address(run)? == *address {
                return Ok(participant);
            }
        }
        Err(DemoError::Absent { expected: "margin account of the story" })
    }
}

impl fmt::Display for Participant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}'s {} account", self.wallet, if self.isolated { "isolated" } else { "cross" })
    }
}
