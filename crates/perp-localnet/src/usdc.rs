//! The test USDC: a plain SPL Token mint with six decimals whose authority is a published test keypair.

use perp_client::rpc::{Connection, SendError};
use solana_instruction::Instruction;
use solana_program_pack::Pack;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_system_interface::instruction::create_account;
use spl_associated_token_account_interface::address::get_associated_token_address;
use spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent;
use spl_token_interface::instruction::{initialize_mint2, mint_to_checked};
use spl_token_interface::state::Mint;

use crate::wallets::Wallet;

/// Its decimals.
pub const DECIMALS: u8 = 6;
/// Atoms in one USDC.
pub const ONE: u64 = 1_000_000;

/// The mint and the keypair that may mint.
pub struct Usdc<'a> {
    /// The mint.
    pub mint: &'a Wallet,
    /// Who may mint.
    pub authority: &'a Wallet,
}

impl Usdc<'_> {
    /// Creates the mint.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn create(&self, connection: &Connection) -> Result<(), SendError> {
        let rent = connection.client().get_minimum_balance_for_rent_exemption(Mint::LEN).map_err(Box::new)?;
        let (authority, mint) = (self.authority.address(), self.mint.address());
        let token = spl_token_interface::ID;
        let instructions = [
            create_account(&authority, &mint, rent, Mint::LEN as u64, &token),
            token_instruction(initialize_mint2(&token, &mint, &authority, None, DECIMALS)),
        ];
        connection.send(&instructions, &[&self.authority.keypair, &self.mint.keypair]).map(drop)
    }

    /// Mints to the wallet's associated token account, which is made first when there is none.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn mint_to(&self, connection: &Connection, wallet: Pubkey, atoms: u64) -> Result<(), SendError> {
        let (authority, mint) = (self.authority.address(), self.mint.address());
        let token = spl_token_interface::ID;
        let account = self.account_of(wallet);
        let instructions = [
            create_associated_token_account_idempotent(&authority, &wallet, &mint, &token),
            token_instruction(mint_to_checked(&token, &mint, &account, &authority, &[], atoms, DECIMALS)),
        ];
        connection.send(&instructions, &[&self.authority.keypair]).map(drop)
    }

    /// The wallet's associated token account.
    pub fn account_of(&self, wallet: Pubkey) -> Pubkey {
        get_associated_token_address(&wallet, &self.mint.keypair.pubkey())
    }
}

/// The builders of the token interface refuse nothing but a foreign program id, and theirs is passed here.
fn token_instruction(built: Result<Instruction, solana_program_error::ProgramError>) -> Instruction {
    built.expect("the SPL Token program id is one the interface accepts")
}
