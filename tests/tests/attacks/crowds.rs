//! As many accounts as the runtime passes to an instruction, most of them the same one again.

use crate::remaining::{hedged, with_markets};
use anchor_lang::error::ErrorCode;
use anchor_lang::prelude::Pubkey;
use perp_swap::errors::ExchangeError;
use perp_tests::chain::Reason;
use perp_tests::world::order;
use perp_tests::{assert_refused, World, SOL, USDC};
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;

/// A trade in market 0 by an account with positions in 1 and 2, with `count` accounts in all: five named ones, its two
/// markets, in between market 3, in which it holds nothing, over and over, and `last`.
fn crowded(count: usize, last: impl Fn(&World) -> Pubkey) -> (World, Instruction) {
    let (mut world, trader, _) = hedged(4_000 * USDC);
    let target = world.target(0);
    let trade = world.trade_instruction(trader, target, &order(SOL));
    let [first, second, strange] = [1, 2, 3].map(|index| world.addresses.market(index));
    let mut markets = vec![strange; count - 5];
    (markets[0], markets[count - 7]) = (first, second);
    markets[count - 6] = last(&world);
    let crowded = with_markets(&trade, 2, &markets);
    assert_eq!(crowded.accounts.len(), count);
    (world, crowded)
}

#[test]
fn attack_a_crowd_of_accounts_changes_nothing() {
    // Five named accounts, two markets and one that is passed over.
    let expected = {
        let (mut world, instruction) = crowded(8, |world| world.addresses.market(3));
        world.run(&[instruction]).unwrap();
        world.everything()
    };
    // 64 accounts are what a transaction can lock, 255 what an instruction can name.
    for count in [63, 64, 65, 128, 255] {
        let (mut world, instruction) = crowded(count, |world| world.addresses.market(3));
        world.run(&[instruction]).unwrap();
        assert!(world.everything() == expected, "{count} accounts");
    }
    let (mut world, instruction) = crowded(256, |world| world.addresses.market(3));
    assert_refused(world.run(&[instruction]), InstructionError::MaxAccountsExceeded);
}

/// Which account stands last.
type Last = fn(&World) -> Pubkey;

#[test]
fn attack_the_last_of_a_crowd_is_checked_like_the_first() {
    let reasons: [(Last, InstructionError); 4] = [
        // The target, which is borrowed for writing, in whichever place it stands.
        (|world| world.addresses.market(0), InstructionError::AccountBorrowFailed),
        (|world| world.addresses.pool, ErrorCode::AccountDiscriminatorMismatch.error()),
        (|world| world.addresses.vault, ErrorCode::AccountOwnedByWrongProgram.error()),
        (|world| world.admin, ErrorCode::AccountOwnedByWrongProgram.error()),
    ];
    for count in [64, 65, 255] {
        for (last, reason) in reasons.clone() {
            let (mut world, instruction) = crowded(count, last);
            assert_refused(world.run(&[instruction]), reason);
        }
        // Without the second market the account's leg in it is missing, however many stand in its place.
        let (mut world, mut instruction) = crowded(count, |world| world.addresses.market(3));
        instruction.accounts[count - 2] = instruction.accounts[count - 1].clone();
        assert_refused(world.run(&[instruction]), ExchangeError::MarketMissing);
    }
}
