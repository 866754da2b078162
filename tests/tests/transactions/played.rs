//! The largest transactions of the page, each exactly as it was measured, on both back ends.

use crate::combinations::{from_a_wallet, legacy, PACKET};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions as build;
use perp_engine::state::PriceLimit;
use perp_engine::units::Atoms;
use perp_tests::world::{order, ALL};
use perp_tests::{Backend, World, SOL, USDC};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Markets whose valuations fit a transaction, as the page says.
const MOST_VALUED: u16 = 11;

/// Sends the instructions as a wallet does: the compute budget before them, and nobody pays beside the one who signs.
#[track_caller]
fn send(world: &mut World, signer: Pubkey, instructions: Vec<Instruction>) {
    let instructions = from_a_wallet(instructions);
    let bytes = legacy(&instructions, &signer).bytes;
    assert!(bytes <= PACKET, "{bytes} bytes");
    // The keys of a world are made from their number.
    let mut keys = (1..=u8::MAX).map(|number| Keypair::new_from_array([number; 32]));
    let key = keys.find(|key| key.pubkey() == signer).expect("the signer is of this world");
    // The native back end raises the limit for compute units itself, by an instruction that there may be only one of.
    let sent = match world.backend {
        Backend::Native => &instructions[1..],
        Backend::Sbf => &instructions[..],
    };
    if let Err(refused) = world.chain.send(sent, &[&key]) {
        panic!("{refused:#?}");
    }
    world.books();
}

/// These markets' feeds print that price.
fn publish(world: &mut World, price: f64) {
    for market in 0..world.market_count {
        world.publish(market, price);
    }
}

fn update(world: &World, markets: std::ops::Range<u16>) -> Instruction {
    build::update_prices(&world.addresses, markets.map(|market| (market, world.oracle(market))))
}

fn twelve_positions(backend: Backend) {
    let mut world = World::new(backend, 12);
    let trader = world.trader(2_000 * USDC);
    let owner = trader.signer;
    for market in 0..11 {
        world.wait(1);
        world.publish(market, 250.0);
        world.trade(trader, market, 10 * SOL).unwrap();
    }

    // A withdrawal from eleven positions, all prices updated before it.
    world.wait(60);
    publish(&mut world, 250.0);
    let held = world.tokens(&owner);
    let withdraw = world.withdrawal(trader, 100 * USDC);
    let prices = update(&world, 0..11);
    send(&mut world, owner, vec![prices, withdraw]);
    assert_eq!(world.tokens(&owner), held + 100 * USDC);

    // A trade with twelve positions, the prices of the other markets updated before it.
    world.publish(11, 250.0);
    world.trade(trader, 11, 10 * SOL).unwrap();
    world.wait(60);
    publish(&mut world, 250.0);
    let trade = world.trade_instruction(trader, world.target(0), &order(SOL));
    let prices = update(&world, 1..12);
    send(&mut world, owner, vec![prices, trade]);
    assert_eq!(world.position(&trader.margin_account, 0).size.get(), 11 * SOL);

    // $2000 − $100 − 5 % of 121 SOL · $250 leave less than $390 against 3 % of $28 700.
    let liquidator = world.trader(0);
    world.wait(60);
    publish(&mut world, 237.5);
    let liquidate = world.liquidation(liquidator, trader.margin_account, world.target(0), &ALL);
    let prices = update(&world, 1..12);
    send(&mut world, liquidator.signer, vec![prices, liquidate]);
    assert!(world.position(&trader.margin_account, 0).size.get() < 11 * SOL);
}

/// The markets of an epoch, as many to a transaction as fit.
fn an_epoch_of_many_markets(backend: Backend) {
    let mut world = World::new(backend, 12);
    let (provider, trader, keeper) = (world.user(1_000 * USDC), world.trader(2_000 * USDC), world.admin);
    for market in 0..11 {
        world.trade(trader, market, SOL).unwrap();
    }
    world.request_liquidity_deposit(provider, 1, 1_000 * USDC, PriceLimit::None).unwrap();
    world.to_boundary();
    let value = |world: &World, market| build::value_market(&world.addresses, keeper, world.target(market));
    for part in [0..MOST_VALUED, MOST_VALUED..12] {
        let valuations = part.map(|market| value(&world, market)).collect();
        send(&mut world, keeper, valuations);
    }
    world.close(keeper);
    assert_eq!(world.pool().state.escrow, Atoms::ZERO);
}

macro_rules! on_both_backends {
    ($($story:ident),+ $(,)?) => {
        mod native {
            $(#[test]
            fn $story() {
                super::$story(super::Backend::Native);
            })+
        }
        mod sbf {
            $(#[test]
            fn $story() {
                super::$story(super::Backend::Sbf);
            })+
        }
    };
}

on_both_backends! {
    twelve_positions,
    an_epoch_of_many_markets,
}
