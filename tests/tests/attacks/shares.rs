//! Shares of the pool bought and sold at one print of a thin market's price.

use crate::gains_nothing;
use crate::shields::deep_and_thin;
use anchor_lang::prelude::Pubkey;
use perp_engine::state::PriceLimit;
use perp_tests::{World, SOL, USDC};

/// The boundary comes, at which both markets print these prices, and its requests are served.
fn serve_at(world: &mut World, prices: [f64; 2]) {
    let (keeper, boundary) = (world.admin, world.boundary());
    world.set_time(boundary);
    for (market, price) in [0, 1].into_iter().zip(prices) {
        world.publish_after(market, price, boundary, boundary - 1);
    }
    world.value_all(keeper);
    world.close(keeper);
    world.pay_all(keeper);
}

/// What the shares' owner gets for them, a day later at 250 in both markets, in atoms.
fn redeemed(world: &mut World, owner: Pubkey) -> u64 {
    let (shares, before) = (world.shares(&owner), world.tokens(&owner));
    world.request_liquidity_withdrawal(owner, 2, shares, PriceLimit::None).unwrap();
    serve_at(world, [250.0, 250.0]);
    world.tokens(&owner) - before
}

#[test]
fn attack_winning_in_a_thin_market_buys_no_shares_cheaper() {
    let mut world = deep_and_thin();
    let (attacker, buyer) = (world.trader(20_000 * USDC), world.user(10_000_000 * USDC));
    // 400 SOL in the market that has 20 000: at twice its price it owes 100 000, which the pool does not have to pay.
    world.trade(attacker, 1, 400 * SOL).unwrap();
    world.request_liquidity_deposit(buyer, 1, 10_000_000 * USDC, PriceLimit::None).unwrap();
    gains_nothing(&mut world, &[attacker.signer], |world| serve_at(world, [250.0, 500.0]));
    // At most the pool is worth what it was; of the deposit 0.02 % are set apart.
    let shares = world.shares(&buyer);
    assert!(shares <= 9_998_000 * USDC, "{shares}");
    assert!(redeemed(&mut world, buyer) <= 10_000_000 * USDC);
}

#[test]
fn attack_losing_in_a_thin_market_makes_shares_dearer_for_nobody() {
    let mut world = deep_and_thin();
    let (attacker, buyer) = (world.trader(20_000 * USDC), world.user(2_000_000 * USDC));
    // Whoever has shares is short in the thin market: at eight times its price the account owes 700 000 of the 100 000 it sold for, so
    // that the pool of ten millions may be worth 7 % more. Nothing is sold at that.
    world.trade(attacker, 1, -400 * SOL).unwrap();
    for (nonce, limit) in [(1, PriceLimit::None), (2, PriceLimit::FivePercent)] {
        world.request_liquidity_deposit(buyer, nonce, 1_000_000 * USDC, limit).unwrap();
    }
    serve_at(&mut world, [250.0, 2_000.0]);
    assert_eq!((world.tokens(&buyer), world.shares(&buyer)), (2_000_000 * USDC, 0));
}

#[test]
fn attack_losing_in_a_thin_market_redeems_no_shares_dearer() {
    let mut world = deep_and_thin();
    let (attacker, leaver) = (world.trader(20_000 * USDC), world.provider);
    world.give(leaver, 0);
    world.trade(attacker, 1, -400 * SOL).unwrap();
    let shares = 1_000_000 * USDC;
    world.request_liquidity_withdrawal(leaver, 1, shares, PriceLimit::None).unwrap();
    // A bankrupt short's loss is no cash: whoever leaves gets a tenth of what is there.
    serve_at(&mut world, [250.0, 2_000.0]);
    let fetched = world.tokens(&leaver);
    assert!(fetched <= 1_000_100 * USDC, "{fetched}");
}
