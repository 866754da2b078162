//! Three hundred markets: what liquidity costs does not depend on how many there are.

use perp_accounts::{EpochRecord, LiquidityRequest, Market, Pool};
use perp_client::instructions::{self as client, NewRequest};
use perp_engine::state::PriceLimit;
use perp_engine::units::{Atoms, Timestamp};
use perp_tests::{listing, tokens, Backend, World, SOL, USDC};
use solana_instruction::Instruction;

/// Units of a deposit's request, of a valuation, of the close, and of the payment.
type Units = [u64; 4];

/// The four of them in a world with so many markets and a position in the last.
fn units(markets: u16) -> Units {
    let mut world = World::before_creation(Backend::Sbf);
    world.fund();
    // Nothing of the pool is placed: the market is good for what its trader could lose.
    for index in 0..markets - 1 {
        world.create_market(listing::market(index, listing::parameters(), 0)).expect("there is room");
    }
    world.list_all([listing::market(markets - 1, listing::parameters(), 2_000_000 * USDC)]);
    let (owner, keeper, trader) = (world.user(1_000 * USDC), world.key(), world.trader(1_000 * USDC));
    let (at, last) = (world.addresses, markets - 1);
    world.trade(trader, last, 4 * SOL).expect("the market has backing");
    world.run(&[client::create_share_account(&at, owner, owner)]).expect("it is made");
    let new = NewRequest { nonce: 1, amount: Atoms::new(1_000 * USDC), limit: PriceLimit::None };
    let request = client::request_liquidity_deposit(&at, owner, at.tokens_of(&owner), &new);
    let request = send(&mut world, request);
    let boundary = world.boundary();
    world.set_time(boundary);
    world.publish_after(last, 250.0, boundary, boundary - 1);
    let value = client::value_market(&at, keeper, world.target(last));
    let value = send(&mut world, value);
    for market in 0..last {
        world.value_unread(keeper, market).expect("nobody has a position there");
    }
    let close = send(&mut world, client::close_epoch(&at, keeper, Timestamp::new(boundary)));
    let payment = world.payment(keeper, owner, 1);
    [request, value, close, send(&mut world, payment)]
}

fn send(world: &mut World, instruction: Instruction) -> u64 {
    world.send(&instruction).expect("it goes through").compute_units
}

#[test]
fn liquidity_costs_as_much_with_three_hundred_markets_as_with_one() {
    let (one, many) = (units(1), units(300));
    println!("request, value, close, pay: {one:?} with one market, {many:?} with 300");
    for ((one, many), most) in one.into_iter().zip(many).zip([15_000, 10_000, 15_000, 15_000]) {
        // Addresses are found by trying: each try costs 1 500 or so, and the keys of the two worlds are the same but for the market's.
        assert!(many.abs_diff(one) <= 100 && many <= most, "{many} units with 300 markets, {one} with one");
    }
}

#[test]
fn accounts_hold_lamports_by_their_bytes() {
    // 6 960 lamports a byte, and 128 bytes that every account has besides.
    let rent = |bytes: usize| 6_960 * (128 + bytes as u64);
    for (space, lamports) in [
        (Market::SPACE, rent(3_000)),
        (Pool::SPACE, rent(5_120)),
        (LiquidityRequest::SPACE, rent(176)),
        (EpochRecord::SPACE, rent(192)),
    ] {
        assert_eq!(tokens::rent(space), lamports, "{space} bytes");
    }
}
