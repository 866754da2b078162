//! Collateral that could be taxed, frozen, seized, hooked or hidden.

use crate::BACKEND;
use anchor_lang::error::ErrorCode;
use anchor_lang::prelude::Pubkey;
use anchor_spl::token_2022::spl_token_2022::extension::ExtensionType;
use perp_swap::errors::ExchangeError;
use perp_tests::chain::Reason;
use perp_tests::{assert_refused, tokens, World, USDC};
use solana_account::Account;
use solana_instruction::error::InstructionError;

const TOKEN_2022: Pubkey = anchor_spl::token_2022::ID;

/// A Token-2022 mint with one extension: base state, padding, type of account, then type and length of the extension
/// and its value, zeros that end with `last`.
fn mint_with(extension: ExtensionType, length: u16, last: Option<u8>) -> Account {
    let mut mint = tokens::mint(&TOKEN_2022, 0, None);
    mint.data.resize(165, 0);
    mint.data.push(1);
    mint.data.extend((extension as u16).to_le_bytes());
    mint.data.extend(length.to_le_bytes());
    mint.data.resize(mint.data.len() + usize::from(length), 0);
    if let Some(last) = last {
        mint.data.pop();
        mint.data.push(last);
    }
    mint
}

#[test]
fn attack_a_mint_with_an_extension_that_touches_transfers_backs_no_exchange() {
    let refused = [
        (ExtensionType::TransferFeeConfig, 108),
        (ExtensionType::MintCloseAuthority, 32),
        (ExtensionType::ConfidentialTransferMint, 65),
        (ExtensionType::NonTransferable, 0),
        (ExtensionType::InterestBearingConfig, 52),
        (ExtensionType::PermanentDelegate, 32),
        (ExtensionType::TransferHook, 64),
        (ExtensionType::ConfidentialTransferFeeConfig, 129),
        (ExtensionType::GroupPointer, 64),
        (ExtensionType::GroupMemberPointer, 64),
        (ExtensionType::ScaledUiAmount, 56),
        (ExtensionType::Pausable, 33),
    ];
    for (extension, length) in refused {
        let mut world = World::with_mint(BACKEND, TOKEN_2022, mint_with(extension, length, None));
        assert_refused(world.create_exchange(), ExchangeError::MintHasRefusedExtension);
    }
    // New accounts are frozen: the vault would be.
    let frozen = mint_with(ExtensionType::DefaultAccountState, 1, Some(2));
    let mut world = World::with_mint(BACKEND, TOKEN_2022, frozen);
    assert_refused(world.create_exchange(), ExchangeError::MintHasRefusedExtension);
}

#[test]
fn attack_an_extension_unknown_today_backs_no_exchange() {
    let mut mint = mint_with(ExtensionType::TransferHook, 64, None);
    mint.data[166..168].copy_from_slice(&9_999u16.to_le_bytes());
    let mut world = World::with_mint(BACKEND, TOKEN_2022, mint);
    // Nobody can tell how long the vault would have to be.
    assert_refused(world.create_exchange(), InstructionError::InvalidAccountData);
}

#[test]
fn attack_what_is_no_initialized_mint_backs_no_exchange() {
    let token = anchor_spl::token::ID;
    let mut uninitialized = tokens::mint(&token, 0, None);
    uninitialized.data.fill(0);
    let mut cut = tokens::mint(&token, 0, None);
    cut.data.truncate(81);
    let account = tokens::token_account(&token, Pubkey::new_unique(), Pubkey::new_unique(), 5);
    let forged = tokens::mint(&Pubkey::new_unique(), 0, None);
    for (mint, reason) in [
        (uninitialized, InstructionError::UninitializedAccount),
        (cut, InstructionError::InvalidAccountData),
        (account, InstructionError::InvalidAccountData),
        (forged, ErrorCode::AccountOwnedByWrongProgram.error()),
    ] {
        let mut world = World::with_mint(BACKEND, token, mint);
        assert_refused(world.create_exchange(), reason);
    }
}

#[test]
fn attack_an_atom_that_is_worth_something_or_too_many_atoms_back_no_exchange() {
    // Settling somebody's funding every second costs them an atom each time, and a gift of 2^62 atoms fills an
    // insurance.
    let token = anchor_spl::token::ID;
    for (decimals, backs) in [(0, false), (5, false), (6, true), (9, true), (10, false), (255, false)] {
        let mut mint = tokens::mint(&token, 0, None);
        mint.data[44] = decimals;
        let mut world = World::with_mint(BACKEND, token, mint);
        let created = world.create_exchange();
        if backs {
            created.unwrap();
        } else {
            assert_refused(created, ExchangeError::MintNotSupported);
        }
    }
}

#[test]
fn attack_a_mint_of_one_token_program_is_not_created_with_the_other() {
    let mut world = World::with_mint(BACKEND, TOKEN_2022, tokens::mint(&anchor_spl::token::ID, 0, None));
    // The other program makes no vault for it.
    assert_refused(world.create_exchange(), InstructionError::IncorrectProgramId);
}

#[test]
fn a_plain_token_2022_mint_works() {
    let mut world = World::with_mint(BACKEND, TOKEN_2022, tokens::mint(&TOKEN_2022, 0, None));
    world.create_exchange().unwrap();
    let trader = world.trader(100 * USDC);
    world.withdraw(trader, 40 * USDC).unwrap();
    assert_eq!(world.tokens(&trader.signer), 40 * USDC);
    assert_eq!(world.vault(), 60 * USDC);
}
