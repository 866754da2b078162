//! Another program trades on the exchange, written against the committed interface file alone: it is the delegate of its
//! users' margin accounts and signs their orders with an address of its own.

use anchor_lang::error::ErrorCode;
use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::{AccountDeserialize, InstructionData, ToAccountMetas};
use perp_client::instructions::Authority;
use perp_engine::operations::position::Order;
use perp_engine::units::Price;
use perp_swap::errors::ExchangeError;
use perp_tests::chain::Reason;
use perp_tests::world::{order, Ran};
use perp_tests::{assert_refused, Backend, World, SOL, USDC};
use second_program::perp_swap::accounts;
use second_program::{SecondProgramError, DELEGATE_SEED, VAULT_SEED};
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;

/// What signs for the owner's accounts.
fn delegate_of(owner: &Pubkey) -> Pubkey {
    Pubkey::find_program_address(&[DELEGATE_SEED, owner.as_ref()], &second_program::ID).0
}

/// An order by the second program; `others` are the markets of the account's other positions.
fn instruction(
    world: &World,
    owner: Authority,
    market: u16,
    others: &[u16],
    order: &Order,
    max_size: u64,
) -> Instruction {
    let mut named = second_program::accounts::TradeFor {
        owner: owner.signer,
        delegate: delegate_of(&owner.signer),
        exchange: world.addresses.exchange,
        margin_account: owner.margin_account,
        market: world.addresses.market(market),
        oracle: world.oracle(market),
        perp_swap: perp_swap::ID,
    }
    .to_account_metas(None);
    named.extend(others.iter().map(|other| AccountMeta::new_readonly(world.addresses.market(*other), false)));
    let data = second_program::instruction::TradeFor {
        size: order.size.get(),
        acceptable_price: order.acceptable_price.get(),
        reduce_only: order.reduce_only,
        max_size,
    };
    Instruction { program_id: second_program::ID, accounts: named, data: data.data() }
}

/// Trades `size` base units at any price.
fn trade_for(world: &mut World, owner: Authority, market: u16, others: &[u16], size: i64, max_size: u64) -> Ran {
    let instruction = instruction(world, owner, market, others, &order(size), max_size);
    world.send(&instruction)
}

/// An owner with 10 000 USDC who has made the second program the account's delegate.
fn client(world: &mut World) -> Authority {
    let owner = world.trader(10_000 * USDC);
    world.set_delegate(owner, delegate_of(&owner.signer)).unwrap();
    owner
}

/// A limit that no position reaches.
const NO_LIMIT: u64 = u64::MAX;

#[test]
fn a_program_that_is_the_delegate_trades_for_the_owner() {
    let mut world = World::new(Backend::Native, 1);
    let (owner, by_hand) = (client(&mut world), world.trader(10_000 * USDC));
    trade_for(&mut world, owner, 0, &[], 10 * SOL, NO_LIMIT).unwrap();
    assert_eq!(world.position(&owner.margin_account, 0).size.get(), 10 * SOL);
    // 4 bps of 10 · 250
    assert_eq!(world.balance(&owner.margin_account), 9_999 * USDC);

    world.next_slot();
    trade_for(&mut world, owner, 0, &[], -10 * SOL, 0).unwrap();
    assert!(!world.position(&owner.margin_account, 0).is_occupied());

    // Whoever trades without it, in the same market at the same price, pays the same.
    world.trade(by_hand, 0, 10 * SOL).unwrap();
    world.next_slot();
    world.close_position(by_hand, 0).unwrap();
    assert_eq!(world.balance(&by_hand.margin_account), world.balance(&owner.margin_account));
}

#[test]
fn the_markets_of_the_other_positions_are_passed_on() {
    let mut world = World::new(Backend::Native, 3);
    let owner = client(&mut world);
    trade_for(&mut world, owner, 2, &[], 10 * SOL, NO_LIMIT).unwrap();
    trade_for(&mut world, owner, 0, &[2], -4 * SOL, NO_LIMIT).unwrap();
    assert_refused(trade_for(&mut world, owner, 1, &[2], SOL, NO_LIMIT), ExchangeError::MarketMissing);
    trade_for(&mut world, owner, 1, &[2, 0], SOL, NO_LIMIT).unwrap();
    let held = [0, 1, 2].map(|market| world.position(&owner.margin_account, market).size.get());
    assert_eq!(held, [-4 * SOL, SOL, 10 * SOL]);
    // 4 bps of 15 · 250
    assert_eq!(world.balance(&owner.margin_account), 9_998_500_000);
}

#[test]
fn an_order_that_leaves_more_than_the_limit_is_undone() {
    let mut world = World::new(Backend::Native, 2);
    let owner = client(&mut world);
    let limit = 10 * SOL.unsigned_abs();
    trade_for(&mut world, owner, 0, &[], 10 * SOL, limit).unwrap();
    assert_refused(trade_for(&mut world, owner, 0, &[], 1, limit), Own(SecondProgramError::AboveLimit));
    assert_eq!(world.position(&owner.margin_account, 0).size.get(), 10 * SOL);
    // Each market by itself, and short as long.
    assert_refused(trade_for(&mut world, owner, 1, &[0], 11 * SOL, limit), Own(SecondProgramError::AboveLimit));
    trade_for(&mut world, owner, 1, &[0], 10 * SOL, limit).unwrap();
}

#[test]
fn what_the_exchange_refuses_comes_back_with_its_code() {
    let mut world = World::new(Backend::Native, 1);
    let owner = client(&mut world);
    let send = |world: &mut World, owner, order: &Order| {
        let instruction = instruction(world, owner, 0, &[], order, NO_LIMIT);
        world.send(&instruction)
    };
    // At 20-fold leverage 10 000 carry 800 SOL at 250.
    assert_refused(trade_for(&mut world, owner, 0, &[], 900 * SOL, NO_LIMIT), ExchangeError::InitialMargin);
    // Price and flag arrive as they were sent: 250 are 2^38 raw.
    let below_the_price = Order { acceptable_price: Price::new((1 << 38) - 1), ..order(SOL) };
    let refused = send(&mut world, owner, &below_the_price);
    assert_refused(refused, ExchangeError::PriceBoundExceeded);
    let opens = Order { reduce_only: true, ..order(SOL) };
    let refused = send(&mut world, owner, &opens);
    assert_refused(refused, ExchangeError::ReduceOnlyViolated);

    trade_for(&mut world, owner, 0, &[], 10 * SOL, NO_LIMIT).unwrap();
    assert_refused(trade_for(&mut world, owner, 0, &[], -SOL, NO_LIMIT), ExchangeError::SameSlotReduction);
    // What the program was compiled with says the same.
    let declared = second_program::perp_swap::error::PerpSwapError::SameSlotReduction;
    assert_eq!(u32::from(declared), u32::from(ExchangeError::SameSlotReduction));
}

#[test]
fn attack_a_stranger_cannot_make_it_trade_for_somebody_else() {
    let mut world = World::new(Backend::Native, 1);
    let (owner, stranger) = (client(&mut world), client(&mut world));
    let honest = instruction(&world, owner, 0, &[], &order(SOL), NO_LIMIT);

    // With the stranger's own delegate, which is not the one that the account names.
    let on_foreign_account = Authority { margin_account: owner.margin_account, ..stranger };
    assert_refused(trade_for(&mut world, on_foreign_account, 0, &[], SOL, NO_LIMIT), ExchangeError::NotAuthorized);
    // With the owner's, which is not the stranger's.
    let mut borrowed = honest.clone();
    borrowed.accounts[0].pubkey = stranger.signer;
    assert_refused(world.send(&borrowed), ErrorCode::ConstraintSeeds);
    // In the owner's name, without a signature.
    let mut unsigned = honest.clone();
    unsigned.accounts[0].is_signer = false;
    assert_refused(world.send(&unsigned), ErrorCode::AccountNotSigner);

    world.set_delegate(owner, Pubkey::default()).unwrap();
    assert_refused(world.send(&honest), ExchangeError::NotAuthorized);
}

#[test]
fn the_declared_types_read_what_the_program_has_stored() {
    let mut world = World::new(Backend::Native, 1);
    let owner = client(&mut world);
    trade_for(&mut world, owner, 0, &[], -10 * SOL, NO_LIMIT).unwrap();
    let addresses = world.addresses;
    let mut data = |address: Pubkey| world.chain.account(&address).unwrap().data;

    let read = accounts::MarginAccount::try_deserialize(&mut data(owner.margin_account).as_slice()).unwrap();
    let market = accounts::Market::try_deserialize(&mut data(addresses.market(0)).as_slice()).unwrap();
    let exchange = accounts::Exchange::try_deserialize(&mut data(addresses.exchange).as_slice()).unwrap();
    let pool = accounts::Pool::try_deserialize(&mut data(addresses.pool).as_slice()).unwrap();

    let account = world.margin_account(&owner.margin_account);
    assert_eq!((read.owner, read.delegate), (owner.signer, delegate_of(&owner.signer)));
    let (declared, stored) = (read.state.positions[0], account.state.positions[0]);
    assert_eq!({ declared.size }, -10 * SOL);
    assert_eq!({ declared.entry_notional }, stored.entry_notional.get().get());
    assert_eq!({ market.state.ledger.backing }, world.market(0).state.ledger.backing.get());
    assert_eq!({ exchange.state.sequence }, world.exchange().state.sequence);
    assert_eq!({ pool.state.placed }, world.pool().state.placed.get());
}

/// One of the second program's own errors.
#[derive(Clone, Copy, Debug)]
struct Own(SecondProgramError);

impl Reason for Own {
    fn error(self) -> InstructionError {
        InstructionError::Custom(self.0.into())
    }
}

/// A manager's vault with so many USDC, and its margin account as somebody who could sign for it.
fn vault(world: &mut World, amount: u64) -> (Pubkey, Authority) {
    let manager = world.user(0);
    let owner = Pubkey::find_program_address(&[VAULT_SEED, manager.as_ref()], &second_program::ID).0;
    let margin_account = world.addresses.margin_account(&owner, 0);
    let opened = second_program::accounts::OpenVault {
        manager,
        vault: owner,
        exchange: world.addresses.exchange,
        margin_account,
        system_program: anchor_lang::system_program::ID,
        perp_swap: perp_swap::ID,
    };
    let data = second_program::instruction::OpenVault {}.data();
    let open = Instruction { program_id: second_program::ID, accounts: opened.to_account_metas(None), data };
    world.send(&open).unwrap();
    world.give(owner, amount);
    let vault = (manager, Authority { signer: owner, margin_account });
    let tokens = world.addresses.tokens_of(&owner);
    let data = second_program::instruction::FundVault { amount }.data();
    move_vault(world, vault, tokens, data, &[]).unwrap();
    vault
}

/// Tokens into the vault's margin account or out of it; `others` are the markets of its positions.
fn move_vault(
    world: &mut World,
    (manager, owned): (Pubkey, Authority),
    tokens: Pubkey,
    data: Vec<u8>,
    others: &[u16],
) -> Ran {
    let mut named = second_program::accounts::MoveVault {
        manager,
        vault: owned.signer,
        exchange: world.addresses.exchange,
        margin_account: owned.margin_account,
        tokens,
        exchange_vault: world.addresses.vault,
        quote_mint: world.addresses.quote_mint,
        token_program: world.addresses.token_program,
        perp_swap: perp_swap::ID,
    }
    .to_account_metas(None);
    named.extend(others.iter().map(|other| AccountMeta::new_readonly(world.addresses.market(*other), false)));
    world.send(&Instruction { program_id: second_program::ID, accounts: named, data })
}

/// An order of the manager's for the vault, at any price.
fn trade_for_vault(
    world: &mut World,
    (manager, owned): (Pubkey, Authority),
    market: u16,
    others: &[u16],
    size: i64,
) -> Ran {
    let mut named = second_program::accounts::TradeForVault {
        manager,
        vault: owned.signer,
        exchange: world.addresses.exchange,
        margin_account: owned.margin_account,
        market: world.addresses.market(market),
        oracle: world.oracle(market),
        perp_swap: perp_swap::ID,
    }
    .to_account_metas(None);
    named.extend(others.iter().map(|other| AccountMeta::new_readonly(world.addresses.market(*other), false)));
    let Order { size, acceptable_price, reduce_only } = order(size);
    let (size, acceptable_price) = (size.get(), acceptable_price.get());
    let data = second_program::instruction::TradeForVault { size, acceptable_price, reduce_only }.data();
    world.send(&Instruction { program_id: second_program::ID, accounts: named, data })
}

#[test]
fn a_vault_trades_and_reads_its_own_health_by_calls() {
    let mut world = World::new(Backend::Native, 2);
    let vault = vault(&mut world, 1_000 * USDC);
    assert_eq!(world.balance(&vault.1.margin_account), 1_000 * USDC);
    // Initial margin is 5 %: with 30 SOL in one market it is 375, and 1 000 less 3 of fee and the spread is more than twice that.
    trade_for_vault(&mut world, vault, 0, &[], 30 * SOL).unwrap();
    // With 12 more in the other one it would be 525 of less than 1 000.
    let above = Own(SecondProgramError::AboveLeverage);
    assert_refused(trade_for_vault(&mut world, vault, 1, &[0], 12 * SOL), above);
    assert!(!world.position(&vault.1.margin_account, 1).is_occupied());
    trade_for_vault(&mut world, vault, 1, &[0], 5 * SOL).unwrap();
    assert_eq!(world.position(&vault.1.margin_account, 1).size.get(), 5 * SOL);
    // What is free the manager takes out again.
    let (data, tokens) =
        (second_program::instruction::LeaveVault { amount: 100 * USDC }.data(), world.addresses.tokens_of(&vault.0));
    move_vault(&mut world, vault, tokens, data, &[0, 1]).unwrap();
    assert_eq!(world.tokens(&vault.0), 100 * USDC);
    // Whoever leaves the market of a position out is told by the exchange which.
    assert_refused(trade_for_vault(&mut world, vault, 1, &[], SOL), ExchangeError::MarketMissing);
}

#[test]
fn attack_nobody_but_the_manager_trades_for_a_vault() {
    let mut world = World::new(Backend::Native, 1);
    let (_, owned) = vault(&mut world, 1_000 * USDC);
    let stranger = world.user(0);
    assert_refused(trade_for_vault(&mut world, (stranger, owned), 0, &[], SOL), ErrorCode::ConstraintSeeds);
    let (data, tokens) =
        (second_program::instruction::LeaveVault { amount: 1 }.data(), world.addresses.tokens_of(&stranger));
    assert_refused(move_vault(&mut world, (stranger, owned), tokens, data, &[]), ErrorCode::ConstraintSeeds);
}
