//! For every instruction of the program, by its name in the IDL, a scene in which it goes through: only then does its
//! refusal say something about what was changed in it.

use crate::{world, BACKEND};
use anchor_lang::prelude::Pubkey;
use anchor_lang::Discriminator;
use perp_client::instructions::{self as client, if_due, Authority, NewRequest};
use perp_engine::state::{PriceLimit, Status};
use perp_engine::units::{Atoms, Timestamp};
use perp_swap::instruction as data;
use perp_tests::world::orders::{above, below};
use perp_tests::world::{order, ALL};
use perp_tests::{listing, World, DAY, SOL, USDC};
use solana_instruction::Instruction;

/// Two markets, liquidity in both, and what the instruction needs besides.
pub fn scene(name: &str) -> (World, Instruction) {
    let mut world = world();
    let instruction = prepare(&mut world, name);
    (world, instruction)
}

/// The instruction of this name, after everything has happened that it needs.
pub fn prepare(world: &mut World, name: &str) -> Instruction {
    assert_eq!(world.backend, BACKEND);
    let at = world.addresses;
    let (admin, guardian) = (world.admin, world.guardian);
    match name {
        "create_exchange" => {
            let creator = world.key();
            client::create_exchange(creator, at.quote_mint, at.token_program, &world.exchange_arguments())
        }
        "propose_admin" => client::propose_admin(&at, admin, guardian),
        "accept_admin" => {
            world.run(&[client::propose_admin(&at, admin, guardian)]).unwrap();
            client::accept_admin(&at, guardian)
        }
        "set_roles" => client::set_roles(&at, admin, guardian, admin),
        // So short that a guardian may as well.
        "set_exchange_status" => client::set_exchange_status(&at, admin, Status::Paused, 100),

        "create_market" => client::create_market(&at, admin, &listing::market(2, listing::parameters(), 0)),
        "set_market_status" => client::set_market_status(&at, admin, 0, Status::ReduceOnly, 300),
        "set_backing_target" => client::set_backing_target(&at, admin, 0, Atoms::new(USDC)),
        "withdraw_protocol_fees" => {
            let trader = world.trader(1_000 * USDC);
            world.trade(trader, 0, SOL).unwrap();
            world.give(admin, 0);
            client::withdraw_protocol_fees(&at, admin, 0, at.tokens_of(&admin))
        }
        "update_prices" => {
            world.wait(1);
            world.publish(0, 250.5);
            client::update_prices(&at, [(0, world.oracle(0))])
        }
        "update_funding" => {
            world.wait(7);
            world.publish(0, 250.5);
            client::update_funding(&at, world.target(0))
        }
        "update_second_price" => {
            world.list(listing::bounded(2, 0));
            world.publish_second(2, 250.5, 0.1, world.now);
            client::update_second_price(&at, 2, world.second_oracle(2))
        }
        "report_oracle_outage" => {
            world.wait(61);
            client::report_oracle_outage(&at, 0)
        }
        "delist_market" => client::delist_market(&at, admin, 0),
        "begin_settlement" => {
            world.delist_market(0).unwrap();
            world.wait(2 * DAY + 3_600);
            client::begin_settlement(&at, 0)
        }
        "fund_insurance" => {
            let funder = world.user(USDC);
            client::fund_insurance(&at, funder, at.tokens_of(&funder), Some(0), Atoms::new(USDC))
        }
        "fund_claims" => {
            claimant(world);
            client::fund_claims(&at, 0)
        }

        "open_account" => {
            let (owner, payer) = (world.key(), world.key());
            client::open_account(&at, owner, payer, 0, Some(1))
        }
        "close_account" => client::close_account(world.trader(0)),
        "set_delegate" => client::set_delegate(world.trader(0), guardian),
        "deposit" => {
            let owner = world.trader(0);
            world.give(owner.signer, USDC);
            client::deposit(&at, owner, at.tokens_of(&owner.signer), Atoms::new(USDC))
        }
        "withdraw" => {
            let owner = in_both_markets(world, 1_000 * USDC, SOL);
            world.withdrawal(owner, USDC)
        }

        "trade" => {
            let trader = in_both_markets(world, 1_000 * USDC, SOL);
            world.trade_instruction(trader, world.target(0), &order(SOL))
        }
        "settle_funding" => {
            let trader = in_both_markets(world, 1_000 * USDC, SOL);
            world.later_at(60, 0, 250.0);
            client::settle_funding(&at, trader.margin_account, 0)
        }
        "settle_pnl" => {
            let trader = in_both_markets(world, 1_000 * USDC, SOL);
            world.wait(1);
            world.publish(0, 251.0);
            let rewarded = world.trader(0).margin_account;
            client::settle_pnl(&at, trader.margin_account, world.target(0), Some(rewarded))
        }
        "liquidate" => {
            let (victim, liquidator) = (in_both_markets(world, 700 * USDC, 40 * SOL), world.trader(0));
            world.later_at(60, 1, 250.0);
            world.publish(0, 237.5);
            world.liquidation(liquidator, victim.margin_account, world.target(0), &ALL)
        }
        "resolve_bankruptcy" => {
            let debtor = debtor_with_claim(world);
            let account = world.margin_account(&debtor.margin_account).state;
            client::resolve_bankruptcy(&at, debtor.margin_account, &account, 1)
        }
        "redeem_claim" => {
            let winner = claimant(world);
            world.fund_claims(0).unwrap();
            client::redeem_claim(&at, winner.margin_account, 0)
        }
        "waive_claim" => {
            let winner = claimant(world);
            client::waive_claim(&at, winner, 0)
        }

        "open_orders" => client::open_orders(world.trader(0), world.trader(0).signer),
        "place_orders" => {
            let (owner, delegate) = (with_orders(world), world.key());
            world.set_delegate(owner, delegate).unwrap();
            let trader = Authority { signer: delegate, ..owner };
            world.placement(trader, world.target(0), &[0], &[below(240, SOL), above(260, SOL)])
        }
        "liquidate_if_due" => if_due(prepare(world, "liquidate"), data::LiquidateIfDue::DISCRIMINATOR),
        "arm_order_if_due" => if_due(prepare(world, "arm_order"), data::ArmOrderIfDue::DISCRIMINATOR),
        "execute_order_if_due" => if_due(prepare(world, "execute_order"), data::ExecuteOrderIfDue::DISCRIMINATOR),
        "arm_order" => {
            let trader = with_orders(world);
            world.wait(1);
            world.publish(0, 239.0);
            world.arming(&trader.margin_account, world.target(0), 0)
        }
        "execute_order" => {
            let (trader, caller) = (with_orders(world), world.key());
            world.wait(1);
            world.publish(0, 239.0);
            world.arm(trader, 0).unwrap();
            world.to_fill(trader, 0, 238.0);
            world.execution(caller, &trader.margin_account, 0, world.oracle(0), 0)
        }
        "sweep_order" => {
            let trader = with_orders(world);
            world.delist_market(0).unwrap();
            world.wait(2 * DAY + 3_600);
            world.begin_settlement(0).unwrap();
            client::sweep_order(&at, trader.signer, trader.margin_account, Some(0), 0)
        }
        "close_orders" => {
            let trader = with_orders(world);
            world.replace(trader, 0, &[0], &[]).unwrap();
            client::close_orders(trader)
        }

        "request_liquidity_deposit" => {
            let owner = world.user(1_000 * USDC);
            client::request_liquidity_deposit(&at, owner, at.tokens_of(&owner), &request())
        }
        "request_liquidity_withdrawal" => {
            let owner = provider(world);
            client::request_liquidity_withdrawal(&at, owner, at.shares_of(&owner), &request())
        }
        "value_market" => {
            waiting(world);
            world.to_boundary();
            let caller = world.key();
            client::value_market(&at, caller, world.target(0))
        }
        "close_epoch" => {
            waiting(world);
            world.to_boundary();
            world.value_all(admin);
            let (closer, boundary) = (world.key(), world.boundary());
            client::close_epoch(&at, closer, Timestamp::new(boundary))
        }
        "pay_liquidity_request" => {
            let owner = waiting(world);
            world.to_boundary();
            world.value_all(admin);
            world.close(admin);
            let caller = world.key();
            world.payment(caller, owner, 1)
        }
        "allocate_backing" => {
            world.set_backing_target(0, 2_500_000 * USDC).unwrap();
            client::allocate_backing(&at, world.target(0))
        }

        "view_health" => {
            let trader = in_both_markets(world, 1_000 * USDC, SOL);
            let state = world.margin_account(&trader.margin_account).state;
            client::view_health(&at, trader.margin_account, &state)
        }
        "view_position" | "view_liquidation_price" | "view_trade" => {
            let trader = in_both_markets(world, 1_000 * USDC, SOL);
            let (state, target) = (world.margin_account(&trader.margin_account).state, world.target(0));
            match name {
                "view_position" => client::view_position(&at, trader.margin_account, &state, target),
                "view_trade" => client::view_trade(&at, trader.margin_account, &state, target, &order(SOL)),
                _ => client::view_liquidation_price(&at, trader.margin_account, &state, target),
            }
        }
        "view_funding" => client::view_funding(&at, world.target(0), 3_600),
        "view_market" => client::view_market(&at, world.target(0)),
        "attest_solvency" => client::attest_solvency(&at, 2),
        _ => panic!("no scene for {name}"),
    }
}

fn request() -> NewRequest {
    NewRequest { nonce: 1, amount: Atoms::new(1_000 * USDC), limit: PriceLimit::None }
}

/// Somebody whose deposit waits, with a position in the first market, so that its valuation needs a reading.
fn waiting(world: &mut World) -> Pubkey {
    in_both_markets(world, 1_000 * USDC, SOL);
    let owner = world.user(1_000 * USDC);
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, PriceLimit::None).unwrap();
    owner
}

/// Somebody with more than 1 000 shares and a token account.
fn provider(world: &mut World) -> Pubkey {
    let owner = world.user(1_100 * USDC);
    world.add_liquidity(owner, 1_100 * USDC);
    owner
}

/// The same with 1 000, and a buy that waits for $240.
fn with_orders(world: &mut World) -> Authority {
    let trader = in_both_markets(world, 1_000 * USDC, SOL);
    world.open_orders(trader).unwrap();
    world.place(trader, 0, &[below(240, SOL)]).unwrap();
    trader
}

/// An account that is long `size` in the first market and a SOL in the second.
fn in_both_markets(world: &mut World, deposit: u64, size: i64) -> Authority {
    let trader = world.trader(deposit);
    world.trade(trader, 0, size).unwrap();
    world.trade(trader, 1, SOL).unwrap();
    world.next_slot();
    trader
}

/// The first market owes this account a claim and has something to pay it with. 50 000 · 62.50 are a profit of
/// 3 125 000, and the backing is 2 000 000; somebody else loses 5 000 · 62.50 = 312 500 after that.
pub fn claimant(world: &mut World) -> Authority {
    let (winner, loser) = (world.trader(1_000_000 * USDC), world.trader(400_000 * USDC));
    world.trade(winner, 0, 50_000 * SOL).unwrap();
    world.trade(loser, 0, -5_000 * SOL).unwrap();
    world.wait(60);
    world.publish(0, 312.5);
    world.close_position(winner, 0).unwrap();
    world.close_position(loser, 0).unwrap();
    assert!(!world.position(&winner.margin_account, 0).claim.is_zero());
    winner
}

/// An account without positions: the first market owes it a claim, and it owes the second one more than that.
pub fn debtor_with_claim(world: &mut World) -> Authority {
    let (liquidator, whale) = (world.trader(0), world.trader(1_000_000 * USDC));
    let debtor = world.trader(60_000 * USDC);
    for (trader, market, size) in [(whale, 0, 50_000), (debtor, 0, 2_000), (debtor, 1, 900)] {
        world.trade(trader, market, size * SOL).unwrap();
    }
    world.later_at(60, 1, 250.0);
    world.publish(0, 312.5);
    world.close_position(whale, 0).unwrap();
    world.close_position(debtor, 0).unwrap();
    // 900 · 246.093 75 are lost, with less than 60 000 of cash and a claim of 2 000 · 62.50 less costs.
    world.wait(10);
    world.publish(1, 3.90625);
    world.liquidate(liquidator, debtor.margin_account, 1).unwrap();
    let [claim, debt] =
        [world.position(&debtor.margin_account, 0).claim, world.position(&debtor.margin_account, 1).debt];
    assert!(!claim.is_zero() && debt > claim);
    debtor
}
