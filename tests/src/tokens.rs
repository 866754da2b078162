//! Mints and token accounts, written as the token program would.

use crate::chain::Chain;
use anchor_lang::prelude::{Pubkey, Rent};
use anchor_lang::solana_program::program_pack::Pack;
use anchor_spl::token::spl_token::state::{Account as TokenAccount, AccountState, Mint};
use solana_account::Account;

/// Rent-exempt whatever it holds.
pub const LAMPORTS: u64 = 1_000_000_000;

/// Lamports that an account of so many bytes is made with.
pub fn rent(bytes: usize) -> u64 {
    Rent::default().minimum_balance(bytes)
}

/// An account of `owner` with `data`.
pub fn account(owner: &Pubkey, data: Vec<u8>) -> Account {
    Account { lamports: LAMPORTS, data, owner: *owner, executable: false, rent_epoch: u64::MAX }
}

fn packed<T: Pack>(state: T) -> Vec<u8> {
    let mut data = vec![0; T::LEN];
    T::pack(state, &mut data).expect("the buffer has the packed length");
    data
}

/// A mint of 6 decimals without authorities.
pub fn mint(token_program: &Pubkey, supply: u64, freeze_authority: Option<Pubkey>) -> Account {
    let mint = Mint {
        mint_authority: None.into(),
        supply,
        decimals: 6,
        is_initialized: true,
        freeze_authority: freeze_authority.into(),
    };
    account(token_program, packed(mint))
}

/// A token account of `owner` that holds `amount`.
pub fn token_account(token_program: &Pubkey, mint: Pubkey, owner: Pubkey, amount: u64) -> Account {
    let state = TokenAccount { mint, owner, amount, state: AccountState::Initialized, ..TokenAccount::default() };
    account(token_program, packed(state))
}

/// The token account at `address`, whichever token program owns it.
pub fn read_token_account(chain: &mut dyn Chain, address: &Pubkey) -> Option<TokenAccount> {
    let account = chain.account(address)?;
    TokenAccount::unpack(account.data.get(..TokenAccount::LEN)?).ok()
}

/// Tokens in the account at `address`; none where there is no such account.
pub fn balance(chain: &mut dyn Chain, address: &Pubkey) -> u64 {
    read_token_account(chain, address).map_or(0, |account| account.amount)
}

/// Freezes or thaws the account at `address`, as the mint's freeze authority would.
pub fn set_frozen(chain: &mut dyn Chain, address: &Pubkey, frozen: bool) {
    let stored = chain.account(address).expect("there is a token account");
    let mut state = TokenAccount::unpack(&stored.data).expect("it is a token account");
    state.state = if frozen { AccountState::Frozen } else { AccountState::Initialized };
    chain.set_account(address, Account { data: packed(state), ..stored });
}

/// Tokens of `mint` in existence.
pub fn supply(chain: &mut dyn Chain, mint: &Pubkey) -> u64 {
    let account = chain.account(mint).expect("there is a mint");
    Mint::unpack(&account.data[..Mint::LEN]).expect("it is a mint").supply
}
