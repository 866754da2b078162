//! What an instruction is expected to say, read from the accounts.

use anchor_lang::prelude::Pubkey;
use anchor_spl::token::spl_token::instruction::{close_account, transfer_checked};
use perp_client::events::Event;
use perp_client::instructions::Authority;
use perp_engine::state::Position;
use perp_swap::events::MarketMoment;
use perp_tests::{tokens, Backend, Ran, World, SOL, USDC};
use solana_instruction::Instruction;

/// An exchange with so many markets, as [`World::new`] on the compiled binary.
pub fn world(markets: u16) -> World {
    World::new(Backend::Sbf, markets)
}

/// The only event of the transaction is this one.
#[track_caller]
pub fn says(done: Ran, expected: impl Into<Event>) {
    assert_eq!(done.unwrap().event(), expected.into());
}

/// The only event of the transaction, which is of this kind.
macro_rules! event {
    ($done:expr, $kind:ident) => {
        match $done.unwrap().event() {
            perp_client::events::Event::$kind(event) => event,
            other => panic!("{other:?}"),
        }
    };
}
pub(crate) use event;

/// The market as the last event about it must show it, after so many seconds of funding.
pub fn moment(world: &mut World, market: u16, funding_seconds: u64) -> MarketMoment {
    let state = world.market(market).state;
    let [long, short] = state.ledger.sides;
    MarketMoment {
        sequence: state.sequence,
        index_price: state.price.price.get(),
        funding_rate: state.ledger.funding_rate,
        long_funding_index: long.funding_index.get(),
        short_funding_index: short.funding_index.get(),
        long_open_interest: long.open_interest.get(),
        short_open_interest: short.open_interest.get(),
        funding_seconds,
    }
}

/// Number of the margin account's last event.
pub fn account_sequence(world: &mut World, account: Authority) -> u64 {
    world.margin_account(&account.margin_account).state.sequence
}

/// Number of the market's last event.
pub fn market_sequence(world: &mut World, market: u16) -> u64 {
    world.market(market).state.sequence
}

/// Unrealized profit of the position at `price`, in atoms rounded down.
pub fn unrealized(position: &Position, price: u64) -> i64 {
    let (size, entry) = (position.size.get(), position.entry_notional.get().get());
    let exact = i128::from(size) * i128::from(price) - i128::from(size.signum()) * entry;
    (exact >> 40) as i64
}

/// Maintenance margin at `price`: 3 % of what is open.
pub fn maintenance(size: i64, price: u64) -> u64 {
    let open = u128::from(size.unsigned_abs()) * u128::from(price);
    (open.div_ceil(1 << 40) * 3).div_ceil(100) as u64
}

/// Initial margin at `price`: 5 % of what is open.
pub fn initial(size: i64, price: u64) -> u64 {
    let open = u128::from(size.unsigned_abs()) * u128::from(price);
    (open.div_ceil(1 << 40) * 5).div_ceil(100) as u64
}

/// A market that cannot pay its winners: the long has closed with a profit and has a claim for 1.1 million of it, and
/// the backing is empty. A short of 5 000 SOL is still open with a loss.
pub fn broke() -> (World, Authority, Authority) {
    let mut world = world(1);
    let (winner, loser) = (world.trader(1_000_000 * USDC), world.trader(400_000 * USDC));
    world.trade(winner, 0, 50_000 * SOL).unwrap();
    world.trade(loser, 0, -5_000 * SOL).unwrap();
    world.later_at(60, 0, 312.5);
    // A market that is short notes all profits as claims before it pays any of them.
    world.close_position(winner, 0).unwrap();
    world.fund_claims(0).unwrap();
    world.redeem_claim(winner.margin_account, 0).unwrap();
    assert!(world.market(0).state.ledger.backing.is_zero());
    (world, winner, loser)
}

/// Half of the friend's position is closed, and part of the claim it has for that is funded. What the late one has paid
/// since would be enough for the rest.
pub fn partly_funded() -> (World, Authority) {
    let mut world = world(1);
    let (whale, friend) = (world.trader(1_000_000 * USDC), world.trader(100_000 * USDC));
    let (loser, late) = (world.trader(400_000 * USDC), world.trader(400_000 * USDC));
    for (actor, size) in [(whale, 38_000), (friend, 2_000), (loser, -5_000), (late, -4_000)] {
        world.trade(actor, 0, size * SOL).unwrap();
    }
    world.later_at(60, 0, 312.5);
    world.close_position(whale, 0).unwrap();
    world.trade(friend, 0, -1_000 * SOL).unwrap();
    world.close_position(loser, 0).unwrap();
    world.fund_claims(0).unwrap();
    world.wait(60);
    world.publish(0, 310.0);
    world.settle_pnl(late.margin_account, 0).unwrap();
    (world, friend)
}

/// A long of 40 SOL whose loss of 1 250 has eaten more than its 700 and is settled: the rest is a debt to the market.
pub fn indebted() -> (World, Authority) {
    let mut world = world(1);
    let debtor = world.trader(700 * USDC);
    world.trade(debtor, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 218.75);
    world.settle_pnl(debtor.margin_account, 0).unwrap();
    (world, debtor)
}

/// Moves all of the owner's tokens out of their associated account, which is closed, into a new one, whose address it
/// returns.
pub fn leave_associated_account(world: &mut World, owner: Pubkey, mint: Pubkey, associated: Pubkey) -> Pubkey {
    let (program, elsewhere) = (world.addresses.token_program, Pubkey::new_unique());
    world.chain.set_account(&elsewhere, tokens::token_account(&program, mint, owner, 0));
    let amount = tokens::balance(&mut *world.chain, &associated);
    let transfer = transfer_checked(&program, &associated, &mint, &elsewhere, &owner, &[], amount, 6).unwrap();
    world.run(&[transfer, close(world, owner, associated)]).unwrap();
    elsewhere
}

/// The instruction by which the owner closes an empty token account.
pub fn close(world: &World, owner: Pubkey, account: Pubkey) -> Instruction {
    close_account(&world.addresses.token_program, &account, &owner, &owner, &[]).unwrap()
}

/// Lamports of an account; none where there is no account.
pub fn lamports(world: &mut World, address: &Pubkey) -> u64 {
    world.chain.account(address).map_or(0, |account| account.lamports)
}

/// What is in the accounts of an instruction.
pub fn contents(world: &mut World, instruction: &Instruction) -> Vec<Vec<u8>> {
    let stored = |address| world.chain.account(address).map_or_else(Vec::new, |account| account.data);
    instruction.accounts.iter().map(|account| &account.pubkey).map(stored).collect()
}
