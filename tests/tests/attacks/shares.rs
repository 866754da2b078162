//! Shares of the pool bought and kept at one print of a thin market's price.

use crate::gains_nothing;
use crate::shields::{deep_and_thin, print};
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, World, SOL, USDC};

/// What the shares' owner can redeem them for, a day later at 250 in both markets, in atoms.
fn redeemed(world: &mut World, owner: anchor_lang::prelude::Pubkey) -> u64 {
    let (shares, before, executor) = (world.shares(&owner), world.tokens(&owner), world.admin);
    world.request_liquidity_withdrawal(owner, 2, shares, 1, 0).unwrap();
    world.wait(86_400);
    print(world, 250.0, 250.0);
    world.execute_liquidity_withdrawal(executor, owner, 2).unwrap();
    world.tokens(&owner) - before
}

#[test]
fn attack_winning_in_a_thin_market_buys_no_shares_cheaper() {
    let mut world = deep_and_thin();
    let (attacker, buyer) = (world.trader(20_000 * USDC), world.user(10_000_000 * USDC));
    // 400 SOL in the market that has 20 000: at twice its price it owes 100 000, which the pool does not have to pay.
    world.trade(attacker, 1, 400 * SOL).unwrap();
    world.request_liquidity_deposit(buyer, 1, 10_000_000 * USDC, 1, 0).unwrap();
    world.wait(30);
    print(&mut world, 250.0, 500.0);
    let executor = world.admin;
    gains_nothing(&mut world, &[attacker.signer], |world| {
        world.execute_liquidity_deposit(executor, buyer, 1).unwrap();
        world.wait(1);
        print(world, 250.0, 250.0);
    });
    // Ten millions of the pool's ten and of the fees it has earned: not a share more than before the print.
    assert!(world.shares(&buyer) <= 10_000_000 * USDC, "{}", world.shares(&buyer));
    assert!(redeemed(&mut world, buyer) <= 10_000_000 * USDC);
}

#[test]
fn attack_losing_in_a_thin_market_makes_no_shares_dearer() {
    let mut world = deep_and_thin();
    let (attacker, buyer) = (world.trader(20_000 * USDC), world.user(1_000_000 * USDC));
    // Whoever has shares is short in the thin market: at twice its price the account owes 100 000, which the pool would seem to be
    // worth more.
    world.trade(attacker, 1, -400 * SOL).unwrap();
    world.request_liquidity_deposit(buyer, 1, 1_000_000 * USDC, 1, 0).unwrap();
    world.wait(30);
    print(&mut world, 250.0, 500.0);
    let executor = world.admin;
    // While losers owe more than a stress move nobody buys.
    assert_refused(world.execute_liquidity_deposit(executor, buyer, 1), ExchangeError::LossesNotSettled);
    // At a print within it, 14 %, what 14 000 make of ten millions is the most that is lost by it.
    world.wait(1);
    print(&mut world, 250.0, 285.0);
    world.execute_liquidity_deposit(executor, buyer, 1).unwrap();
    let shares = world.shares(&buyer);
    assert!((998_400 * USDC..1_000_000 * USDC).contains(&shares), "{shares}");
}
