//! Every named account of every instruction in place of which every other account is passed: the exchange's own, the
//! attacker's, those of an exchange of the attacker's, forged copies, programs.

use crate::accounts::{foreign_account, foreign_exchange};
use crate::scenes::prepare;
use crate::world;
use anchor_lang::prelude::Pubkey;
use perp_client::addresses::{event_authority, orders_address};
use perp_client::instructions::{self as client, NewRequest, TargetMarket};
use perp_engine::state::PriceLimit;
use perp_engine::units::{Atoms, Timestamp};
use perp_tests::idl::{idl, instructions};
use perp_tests::world::orders::below;
use perp_tests::{tokens, World, SOL, USDC};
use serde_json::Value;
use solana_account::Account;
use solana_instruction::Instruction;
use std::collections::{BTreeMap, BTreeSet};

/// Everybody who can sign.
const ANYBODY: &[&str] = &["admin", "attacker", "guardian", "provider", "risk admin"];

/// What may stand in an account's place: choices of whoever signs, and what is anybody's to do. An optional account is
/// left out by the program's own address. Instruction, account, in its place, in alphabetical order.
const CHOICES: &[(&str, &str, &[&str])] = &[
    ("allocate_backing", "oracle", &["the program itself"]),
    // Where a rule refuses it, and where what it is about is gone, nothing happens.
    ("arm_order_if_due", "oracle", &["the program itself"]),
    ("arm_order_if_due", "orders", &["event authority", "nothing"]),
    ("execute_order_if_due", "caller", ANYBODY),
    ("execute_order_if_due", "orders", &["event authority", "nothing"]),
    ("liquidate_if_due", "margin_account", &["attacker's margin account", "event authority", "nothing"]),
    ("liquidate_if_due", "oracle", &["the program itself"]),
    ("close_epoch", "closer", ANYBODY),
    // Which market ends is the admin's choice.
    ("delist_market", "market", &["market 1"]),
    // A new exchange may take any mint as collateral, worthless ones as well.
    ("create_exchange", "quote_mint", &["foreign quote mint", "foreign share mint", "share mint"]),
    ("execute_order", "caller", ANYBODY),
    ("fund_insurance", "market", &["market 1", "the program itself"]),
    ("open_account", "payer", ANYBODY),
    ("open_orders", "payer", ANYBODY),
    ("pay_liquidity_request", "caller", ANYBODY),
    // The price account is read where it is passed.
    ("place_orders", "oracle", &["the program itself"]),
    // Anybody reports any outage, also on an exchange of one's own.
    ("report_oracle_outage", "market", &["market 1"]),
    ("set_backing_target", "authority", &["risk admin"]),
    ("set_backing_target", "market", &["market 1"]),
    ("set_exchange_status", "authority", &["guardian", "risk admin"]),
    ("set_market_status", "authority", &["guardian", "risk admin"]),
    ("set_market_status", "market", &["market 1"]),
    ("settle_funding", "margin_account", &["attacker's margin account"]),
    ("settle_funding", "market", &["market 1"]),
    ("settle_pnl", "margin_account", &["attacker's margin account"]),
    ("settle_pnl", "oracle", &["the program itself"]),
    // Without a pool or a receiver nothing is paid for it.
    ("settle_pnl", "pool", &["the program itself"]),
    ("settle_pnl", "rewarded_account", &["attacker's margin account", "the program itself"]),
    ("trade", "oracle", &["the program itself"]),
    ("update_funding", "oracle", &["the program itself"]),
    ("value_market", "caller", ANYBODY),
    // Anybody asks about whom he likes.
    ("view_funding", "oracle", &["the program itself"]),
    ("view_liquidation_price", "oracle", &["the program itself"]),
    ("view_market", "oracle", &["the program itself"]),
    ("view_position", "oracle", &["the program itself"]),
    ("view_trade", "oracle", &["the program itself"]),
    // Owner and admin sign for where their own tokens go.
    ("withdraw", "destination", &["attacker's tokens"]),
    ("withdraw_protocol_fees", "destination", &["attacker's tokens"]),
    ("withdraw_protocol_fees", "market", &["market 1"]),
];

/// A world in which the instruction goes through, and what is passed in place of its accounts.
struct Stage {
    world: World,
    instruction: Instruction,
    /// Whoever can sign.
    wallets: Vec<(&'static str, Pubkey)>,
    /// Everything else.
    others: Vec<(&'static str, Pubkey)>,
}

fn stage(name: &str) -> Stage {
    let mut world = world();
    let at = world.addresses;

    // The attacker has a worthless exchange, whose deposit waits for the same boundary as two here, one of which is not paid out.
    let attacker = world.user(30_000 * USDC);
    let foreign = foreign_exchange(&mut world, attacker);
    let foreign_trader = foreign_account(&mut world, &foreign, attacker, 1_000_000 * USDC);
    let (mint, program) = (foreign.quote_mint, foreign.token_program);
    let foreign_tokens = foreign.tokens_of(&attacker);
    let plenty = tokens::token_account(&program, mint, attacker, 1_000_000 * USDC);
    world.chain.set_account(&foreign_tokens, plenty);
    let new = NewRequest { nonce: 0, amount: Atoms::new(1_000 * USDC), limit: PriceLimit::None };
    world.run(&[client::request_liquidity_deposit(&foreign, attacker, foreign_tokens, &new)]).unwrap();
    for (nonce, amount) in [(899, 10_000), (900, 1_000)] {
        world.request_liquidity_deposit(attacker, nonce, amount * USDC, PriceLimit::None).unwrap();
    }
    world.to_boundary();
    let boundary = Timestamp::new(world.boundary());
    world.value_all(attacker);
    world.close(attacker);
    world.pay_liquidity_request(attacker, attacker, 899).unwrap();
    world.run(&[client::value_market(&foreign, attacker, TargetMarket::at_cached_price(0))]).unwrap();
    world.run(&[client::close_epoch(&foreign, attacker, boundary)]).unwrap();

    // And holds one of everything on the exchange.
    let account = world.account(attacker, 0, None);
    world.deposit(account, 1_000 * USDC).unwrap();
    for market in [0, 1] {
        world.trade(account, market, SOL).unwrap();
    }
    world.request_liquidity_deposit(attacker, 901, 1_000 * USDC, PriceLimit::None).unwrap();
    world.request_liquidity_withdrawal(attacker, 902, 1_000 * USDC, PriceLimit::None).unwrap();
    world.open_orders(account).unwrap();
    world.place(account, 0, &[below(240, SOL)]).unwrap();
    world.run(&[client::open_orders(foreign_trader, foreign_trader.signer)]).unwrap();
    world.run(&[client::create_share_account(&foreign, attacker, attacker)]).unwrap();
    let new = NewRequest { nonce: 1, ..new };
    world.run(&[client::request_liquidity_deposit(&foreign, attacker, foreign_tokens, &new)]).unwrap();

    let instruction = prepare(&mut world, name);

    // Byte for byte what the program and the token program wrote, but of another program.
    let genuine = [
        at.exchange,
        at.pool,
        at.market(0),
        account.margin_account,
        at.vault,
        at.quote_mint,
        world.oracle(0),
        at.epoch(boundary),
        at.request(&attacker, 900),
        orders_address(&account.margin_account),
    ];
    let copies =
        [0xF0u8, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9].map(|byte| Pubkey::new_from_array([byte; 32]));
    for (genuine, copy) in genuine.iter().zip(&copies) {
        let account = world.chain.account(genuine).unwrap();
        world.chain.set_account(copy, Account { owner: Pubkey::new_from_array([0xFB; 32]), ..account });
    }
    let [forged_exchange, forged_pool, forged_market, forged_account, forged_vault, forged_mint, forged_oracle, forged_record, forged_request, forged_orders] =
        copies;
    let others = vec![
        ("exchange", at.exchange),
        ("pool", at.pool),
        ("vault", at.vault),
        ("share mint", at.share_mint),
        ("share escrow", at.share_escrow),
        ("quote mint", at.quote_mint),
        ("market 0", at.market(0)),
        ("market 1", at.market(1)),
        ("oracle 0", world.oracle(0)),
        ("oracle 1", world.oracle(1)),
        ("attacker's margin account", account.margin_account),
        ("attacker's orders", orders_address(&account.margin_account)),
        ("attacker's tokens", at.tokens_of(&attacker)),
        ("attacker's shares", at.shares_of(&attacker)),
        ("attacker's deposit request", at.request(&attacker, 901)),
        ("attacker's withdrawal request", at.request(&attacker, 902)),
        ("attacker's request of an earlier epoch", at.request(&attacker, 900)),
        ("record of an earlier epoch", at.epoch(boundary)),
        ("foreign exchange", foreign.exchange),
        ("foreign pool", foreign.pool),
        ("foreign vault", foreign.vault),
        ("foreign share mint", foreign.share_mint),
        ("foreign share escrow", foreign.share_escrow),
        ("foreign quote mint", foreign.quote_mint),
        ("foreign market 0", foreign.market(0)),
        ("foreign margin account", foreign_trader.margin_account),
        ("foreign orders", orders_address(&foreign_trader.margin_account)),
        ("foreign tokens", foreign_tokens),
        ("foreign shares", foreign.shares_of(&attacker)),
        ("foreign deposit request", foreign.request(&attacker, 1)),
        ("foreign record", foreign.epoch(boundary)),
        ("forged exchange", forged_exchange),
        ("forged pool", forged_pool),
        ("forged market 0", forged_market),
        ("forged margin account", forged_account),
        ("forged vault", forged_vault),
        ("forged quote mint", forged_mint),
        ("forged oracle 0", forged_oracle),
        ("forged record", forged_record),
        ("forged request", forged_request),
        ("forged orders", forged_orders),
        ("token program", anchor_spl::token::ID),
        ("token-2022 program", anchor_spl::token_2022::ID),
        ("system program", anchor_lang::system_program::ID),
        ("the program itself", perp_swap::ID),
        ("event authority", event_authority()),
        ("nothing", Pubkey::new_from_array([0x77; 32])),
    ];
    let wallets = vec![
        ("attacker", attacker),
        ("admin", world.admin),
        ("risk admin", world.risk_admin),
        ("guardian", world.guardian),
        ("provider", world.provider),
    ];
    Stage { world, instruction, wallets, others }
}

#[test]
fn attack_no_account_takes_anothers_place() {
    let mut tried = 0;
    let mut accepted: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    for instruction in instructions() {
        let mut stage = stage(&instruction);
        for (place, (account, signs)) in named_accounts(&instruction).into_iter().enumerate() {
            let candidates = if signs { &stage.wallets } else { &stage.others };
            for (label, address) in candidates.clone() {
                let mut substituted = stage.instruction.clone();
                if substituted.accounts[place].pubkey == address {
                    continue;
                }
                substituted.accounts[place].pubkey = address;
                tried += 1;
                // The world checks that what is refused changed nothing, and that the books balance after what is not.
                if stage.world.run(&[substituted]).is_ok() {
                    accepted.entry((instruction.clone(), account.clone())).or_default().insert(label);
                    stage = self::stage(&instruction);
                }
            }
        }
        stage.world.run(&[stage.instruction.clone()]).unwrap_or_else(|refused| panic!("{instruction}: {refused:?}"));
    }
    let choices: BTreeMap<_, BTreeSet<&str>> = CHOICES
        .iter()
        .map(|(instruction, account, choices)| {
            ((instruction.to_string(), account.to_string()), choices.iter().copied().collect())
        })
        .collect();
    assert_eq!(accepted, choices);
    assert!(tried > 5_000, "{tried} substitutions");
}

/// The accounts that the IDL names, in order, and whether each signs.
pub fn named_accounts(instruction: &str) -> Vec<(String, bool)> {
    let list = |value: &Value| value.as_array().unwrap().clone();
    let all = list(&idl()["instructions"]);
    let found = all.iter().find(|listed| listed["name"] == instruction).unwrap();
    let name = |account: &Value| account["name"].as_str().unwrap().to_owned();
    list(&found["accounts"]).iter().map(|account| (name(account), account["signer"] == true)).collect()
}
