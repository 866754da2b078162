use perp_accounts::{EpochRecord, LiquidityRequest};
use perp_client::instructions::{self as client, Authority, NewRequest, OrdersOf, TargetMarket};
use perp_engine::state::{Account, OrderBook, PriceLimit, Status};
use perp_engine::units::{Atoms, SignedSize, Timestamp};
use perp_swap::errors::ExchangeError;
use perp_tests::idl::instructions;
use perp_tests::world::orders::next_price;
use perp_tests::world::{order, ALL};
use perp_tests::{assert_refused, listing, World, SOL};
use solana_instruction::Instruction;
use std::collections::BTreeSet;
use std::path::Path;

/// Every instruction by its name, signed by the admin and without regard to whether it would do anything.
fn all(world: &World) -> Vec<(&'static str, Instruction)> {
    let (at, admin) = (&world.addresses, world.admin);
    let tokens = at.tokens_of(&admin);
    let authority = Authority { signer: admin, margin_account: at.margin_account(&admin, 0) };
    let account = Account::opened(None);
    let target = TargetMarket::at_cached_price(0);
    let asked = NewRequest { nonce: 1, amount: Atoms::new(1), limit: PriceLimit::None };
    let request = LiquidityRequest { owner: admin, ..bytemuck::Zeroable::zeroed() };
    let record: EpochRecord = bytemuck::Zeroable::zeroed();
    let one = Atoms::new(1);
    let exchange = world.exchange_arguments();
    let market = listing::market(1, listing::parameters(), 0);
    let of_margin_account = authority.margin_account;
    let of = OrdersOf { owner: admin, margin_account: of_margin_account, account: &account };
    vec![
        ("create_exchange", client::create_exchange(admin, at.quote_mint, at.token_program, &exchange)),
        ("propose_admin", client::propose_admin(at, admin, admin)),
        ("accept_admin", client::accept_admin(at, admin)),
        ("set_roles", client::set_roles(at, admin, admin, admin)),
        ("set_exchange_status", client::set_exchange_status(at, admin, Status::Paused, 300)),
        ("create_market", client::create_market(at, admin, &market)),
        ("set_market_status", client::set_market_status(at, admin, 0, Status::ReduceOnly, 300)),
        ("set_backing_target", client::set_backing_target(at, admin, 0, one)),
        ("withdraw_protocol_fees", client::withdraw_protocol_fees(at, admin, 0, tokens)),
        ("update_prices", client::update_prices(at, [(0, world.oracle(0))])),
        ("delist_market", client::delist_market(at, admin, 0)),
        ("begin_settlement", client::begin_settlement(at, 0)),
        ("update_second_price", client::update_second_price(at, 0, world.second_oracle(0))),
        ("report_oracle_outage", client::report_oracle_outage(at, 0)),
        ("update_funding", client::update_funding(at, target)),
        ("fund_claims", client::fund_claims(at, 0)),
        ("fund_insurance", client::fund_insurance(at, admin, tokens, None, one)),
        ("open_account", client::open_account(at, admin, admin, 0, None)),
        ("close_account", client::close_account(authority)),
        ("set_delegate", client::set_delegate(authority, admin)),
        ("deposit", client::deposit(at, authority, tokens, one)),
        ("withdraw", client::withdraw(at, authority, &account, tokens, one)),
        ("trade", client::trade(at, authority, &account, target, &order(SOL))),
        ("liquidate", client::liquidate(at, authority, of_margin_account, &account, target, &ALL)),
        ("liquidate_if_due", client::liquidate_if_due(at, authority, of_margin_account, &account, target, &ALL)),
        ("settle_funding", client::settle_funding(at, of_margin_account, 0)),
        ("settle_pnl", client::settle_pnl(at, of_margin_account, target, None)),
        ("redeem_claim", client::redeem_claim(at, of_margin_account, 0)),
        ("waive_claim", client::waive_claim(at, authority, 0)),
        ("resolve_bankruptcy", client::resolve_bankruptcy(at, of_margin_account, &account, 0)),
        ("open_orders", client::open_orders(authority, admin)),
        ("place_orders", client::place_orders(at, admin, &of, target, &[0, 1], &[next_price(SOL); 3])),
        ("arm_order", client::arm_order(at, &of, target, 0)),
        ("execute_order", client::execute_order(at, admin, &of, &OrderBook::default(), 0, world.oracle(0), 0)),
        ("arm_order_if_due", client::arm_order_if_due(at, &of, target, 0)),
        (
            "execute_order_if_due",
            client::execute_order_if_due(at, admin, &of, &OrderBook::default(), 0, world.oracle(0), 0),
        ),
        ("sweep_order", client::sweep_order(at, admin, of_margin_account, None, 0)),
        ("close_orders", client::close_orders(authority)),
        ("request_liquidity_deposit", client::request_liquidity_deposit(at, admin, tokens, &asked)),
        ("request_liquidity_withdrawal", client::request_liquidity_withdrawal(at, admin, tokens, &asked)),
        ("value_market", client::value_market(at, admin, target)),
        ("close_epoch", client::close_epoch(at, admin, Timestamp::new(0))),
        ("pay_liquidity_request", client::pay_liquidity_request(at, admin, &request, &record)),
        ("allocate_backing", client::allocate_backing(at, target)),
        ("view_health", client::view_health(at, of_margin_account, &account)),
        ("view_position", client::view_position(at, of_margin_account, &account, target)),
        ("view_liquidation_price", client::view_liquidation_price(at, of_margin_account, &account, target)),
        ("view_trade", client::view_trade(at, of_margin_account, &account, target, &order(SOL))),
        ("view_funding", client::view_funding(at, target, 3_600)),
        ("view_market", client::view_market(at, target)),
        ("attest_solvency", client::attest_solvency(at, 1)),
    ]
}

#[test]
fn no_byte_may_follow_the_arguments() {
    let mut world = super::expected::world(1);
    let all = all(&world);
    let names: BTreeSet<&str> = all.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, instructions().iter().map(String::as_str).collect());
    for (name, instruction) in all {
        for more in [&[0][..], &[1], &[0; 9]] {
            let longer = Instruction { data: [&instruction.data, more].concat(), ..instruction.clone() };
            println!("{name} and {} bytes more", more.len());
            assert_refused(world.run(&[longer]), ExchangeError::TrailingData);
        }
    }
}

#[test]
fn an_order_by_a_client_that_also_sends_a_deadline_is_no_order() {
    let mut world = super::expected::world(1);
    let trader = world.trader(1_000 * perp_tests::USDC);
    let mut trade = world.trade_instruction(trader, world.target(0), &order(SOL));
    trade.data.extend((world.now + 60).to_le_bytes());
    assert_refused(world.send(&trade), ExchangeError::TrailingData);
    trade.data.truncate(trade.data.len() - 8);
    world.send(&trade).unwrap();
    assert_eq!(world.position(&trader.margin_account, 0).size, SignedSize::new(SOL));
}

#[test]
fn views_of_random_states_answer_what_the_engine_says() {
    // `cargo run -p perp-tests --bin random-views` asks about 100 000.
    let compared = perp_tests::random_views::compare(100);
    assert_eq!(compared.answered + compared.refused, 500);
    assert!(compared.answered > 250 && compared.refused > 20, "{compared:?}");
}

#[test]
fn every_instruction_has_a_file_of_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/instructions");
    let folders = ["exchange", "market", "account", "position", "orders", "liquidity", "views"];
    let files: BTreeSet<String> = folders
        .iter()
        .flat_map(|name| std::fs::read_dir(folder.join(name)).unwrap())
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(files, instructions().into_iter().collect());
}
