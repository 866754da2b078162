//! The scenes in which costs are measured.

use super::{world, Costs, Row};
use crate::listing::{self, SOL, USDC};
use crate::world::{order, World, ALL};
use anchor_lang::prelude::Pubkey;
use anchor_lang::Discriminator;
use perp_client::instructions::{self as client, Authority, NewRequest, TargetMarket};
use perp_engine::operations::position::Order;
use perp_engine::state::{PriceLimit, Status};
use perp_engine::units::{Atoms, Timestamp};
use perp_swap::instruction as data;

pub(super) const PRICE: f64 = 251.37;
pub(super) const CONFIDENCE: f64 = 0.09;
/// Size of the touched position.
const LARGE: i64 = 40 * SOL + 141_592_653;
/// Size of every other position.
const SMALL: i64 = 3 * SOL + 141_592_653;

pub(super) fn once(instruction: &'static str) -> Row {
    Row { instruction, case: "", count: None }
}

fn of(instruction: &'static str, count: u16) -> Row {
    Row { instruction, case: "", count: Some(count) }
}

fn kind(instruction: &'static str, case: &'static str) -> Row {
    Row { instruction, case, count: None }
}

pub(super) fn case(instruction: &'static str, case: &'static str, count: u16) -> Row {
    Row { instruction, case, count: Some(count) }
}

/// Every market prints `factor` times the price, with its confidence; nobody has taken it in yet.
pub(super) fn print(world: &mut World, markets: impl IntoIterator<Item = u16>, factor: f64) {
    for market in markets {
        world.publish_with(market, PRICE * factor, CONFIDENCE, world.now);
    }
}

/// All but the first market take their price in.
pub(super) fn update_others(world: &mut World) {
    for market in 1..world.market_count {
        world.update_price(market).expect("the price is taken in");
    }
}

/// Every market's price stands at that of the scenes for ten minutes, so that next to nothing of the jump there is left in what
/// is measured of it: a sample covers half a minute at most.
pub(super) fn settle_in(world: &mut World) {
    for _ in 0..20 {
        world.wait(30);
        print(world, 0..world.market_count, 1.0);
        for market in 0..world.market_count {
            world.update_price(market).expect("the price is taken in");
        }
    }
}

/// An account with a long in the first `count` markets, the first one large, and another that is short in all of them.
pub(super) fn portfolio(world: &mut World, count: u16, deposit: u64) -> Authority {
    settle_in(world);
    let shorts = world.trader(100_000 * USDC);
    let longs = world.trader(deposit);
    for market in 0..count {
        let size = if market == 0 { LARGE } else { SMALL };
        world.trade(shorts, market, -size / 2).expect("the market takes the short");
        world.trade(longs, market, size).expect("the market takes the long");
    }
    longs
}

/// Half an hour later every other leg has gained and the touched one stands at `factor`; funding is due.
pub(super) fn half_an_hour_later(world: &mut World, factor: f64) {
    world.wait(1_800);
    print(world, 1..world.market_count, 1.003);
    update_others(world);
    print(world, [0], factor);
}

pub fn administration(costs: &mut Costs) {
    let mut world = World::before_creation(crate::Backend::Sbf);
    let (mint, program) = (world.addresses.quote_mint, world.addresses.token_program);
    let create = client::create_exchange(world.admin, mint, program, &world.exchange_arguments());
    costs.record(&mut world, once("create_exchange"), create);
    let market = listing::market(0, listing::parameters(), 2_000_000 * USDC);
    let create = client::create_market(&world.addresses, world.admin, &market);
    costs.record(&mut world, once("create_market"), create);
    world.market_count = 1;

    let (admin, successor) = (world.admin, world.key());
    let at = world.addresses;
    costs.record(&mut world, once("propose_admin"), client::propose_admin(&at, admin, successor));
    costs.record(&mut world, once("accept_admin"), client::accept_admin(&at, successor));
    let (risk_admin, guardian) = (world.risk_admin, world.guardian);
    costs.record(&mut world, once("set_roles"), client::set_roles(&at, successor, risk_admin, guardian));
    let limited = client::set_exchange_status(&at, guardian, Status::ReduceOnly, 3_600);
    costs.record(&mut world, once("set_exchange_status"), limited);
    let limited = client::set_market_status(&at, guardian, 0, Status::ReduceOnly, 3_600);
    costs.record(&mut world, once("set_market_status"), limited);
    let target = client::set_backing_target(&at, risk_admin, 0, Atoms::new(USDC));
    costs.record(&mut world, once("set_backing_target"), target);
    costs.record(&mut world, once("delist_market"), client::delist_market(&at, successor, 0));
}

pub fn accounts(costs: &mut Costs) {
    let mut world = world(1);
    let at = world.addresses;
    let owner = world.user(2_000 * USDC);
    let actor = Authority { signer: owner, margin_account: at.margin_account(&owner, 0) };
    costs.record(&mut world, once("open_account"), client::open_account(&at, owner, owner, 0, None));
    costs.record(&mut world, once("set_delegate"), client::set_delegate(actor, Pubkey::new_unique()));
    let deposit = client::deposit(&at, actor, at.tokens_of(&owner), Atoms::new(1_000 * USDC));
    costs.record(&mut world, once("deposit"), deposit);
    let withdrawal = world.withdrawal(actor, 1_000 * USDC);
    costs.record(&mut world, case("withdraw", "flat", 0), withdrawal);
    costs.record(&mut world, once("close_account"), client::close_account(actor));
    let insurance = client::fund_insurance(&at, owner, at.tokens_of(&owner), Some(0), Atoms::new(USDC));
    costs.record(&mut world, once("fund_insurance"), insurance);
}

pub fn market(costs: &mut Costs) {
    let mut world = world(1);
    let at = world.addresses;
    world.list(listing::bounded(1, 0));
    world.wait(7);
    world.publish_second(1, PRICE, CONFIDENCE, world.now);
    let second = client::update_second_price(&at, 1, world.second_oracle(1));
    costs.record(&mut world, once("update_second_price"), second);
    world.wait(61);
    costs.record(&mut world, once("report_oracle_outage"), client::report_oracle_outage(&at, 0));
    world.wait(172_800);
    costs.record(&mut world, once("begin_settlement"), client::begin_settlement(&at, 0));
}

pub fn trading(costs: &mut Costs, count: u16) {
    let mut world = world(count);
    let longs = portfolio(&mut world, count, 5_000 * USDC);
    half_an_hour_later(&mut world, 1.004);
    let target = world.target(0);
    for (name, size) in [("increase", SOL / 3), ("reduce", -SOL / 7), ("flip", -2 * LARGE), ("close", 0)] {
        world.wait(2);
        let instruction = if name == "close" {
            let size = world.position(&longs.margin_account, 0).size.get();
            world.trade_instruction(longs, target, &Order { reduce_only: true, ..order(-size) })
        } else {
            world.trade_instruction(longs, target, &order(size))
        };
        print(&mut world, [0], 1.005);
        costs.record(&mut world, case("trade", name, count), instruction);
    }
    world.wait(2);
    print(&mut world, [0], 1.005);
    // With the last slot free the account has `count` positions once it is open again.
    let instruction = world.trade_instruction(longs, target, &order(LARGE));
    costs.record(&mut world, case("trade", "open", count), instruction);
    let withdrawal = world.withdrawal(longs, 10 * USDC);
    costs.record(&mut world, of("withdraw", count), withdrawal);
    if count == 1 {
        per_position(costs, &mut world, longs);
    }
}

fn per_position(costs: &mut Costs, world: &mut World, longs: Authority) {
    let at = world.addresses;
    world.wait(1_800);
    print(world, [0], 1.01);
    let target = world.target(0);
    costs.record(world, once("update_prices"), client::update_prices(&at, [(0, world.oracle(0))]));
    world.wait(7);
    print(world, [0], 1.011);
    costs.record(world, once("update_funding"), client::update_funding(&at, target));
    world.wait(7);
    costs.record(world, once("settle_funding"), client::settle_funding(&at, longs.margin_account, 0));
    print(world, [0], 1.012);
    costs.record(world, once("settle_pnl"), client::settle_pnl(&at, longs.margin_account, target, None));
    let destination = at.tokens_of(&world.admin);
    world.give(world.admin, 0);
    let fees = client::withdraw_protocol_fees(&at, world.admin, 0, destination);
    costs.record(world, once("withdraw_protocol_fees"), fees);
    world.set_backing_target(0, 2_500_000 * USDC).expect("the risk admin may");
    costs.record(world, once("allocate_backing"), client::allocate_backing(&at, TargetMarket::at_cached_price(0)));
}

pub fn liquidation(costs: &mut Costs, count: u16) {
    let mut world = world(count);
    let at = world.addresses;
    let liquidator = world.trader(0);
    // Initial margin and costs of the large leg are 525, of each other 40. What is left of 530 + 40.5 each after a fall
    // by 3.1 % and 0.115 % for each is just below the maintenance margin of 290 + 24 each.
    let others = u64::from(count - 1);
    let longs = portfolio(&mut world, count, 530 * USDC + others * 40_500_000);
    half_an_hour_later(&mut world, 0.969 - 0.00115 * others as f64);
    let target = world.target(0);
    let instruction = world.liquidation(liquidator, longs.margin_account, target, &ALL);
    let rows = [case("liquidate_if_due", "part", count), case("liquidate", "part", count)];
    costs.record_both(&mut world, rows, instruction, data::LiquidateIfDue::DISCRIMINATOR);
    assert!(!world.position(&longs.margin_account, 0).size.is_zero(), "a part is liquidated");

    // Everything falls so far that the whole account is gone and owes every market.
    world.wait(60);
    print(&mut world, 0..count, 0.5);
    update_others(&mut world);
    let instruction = world.liquidation(liquidator, longs.margin_account, target, &ALL);
    let rows = [case("liquidate_if_due", "whole", count), case("liquidate", "whole", count)];
    costs.record_both(&mut world, rows, instruction, data::LiquidateIfDue::DISCRIMINATOR);
    for market in 1..count {
        world.liquidate(liquidator, longs.margin_account, market).expect("the account is under water");
    }
    let account = world.margin_account(&longs.margin_account).state;
    let instruction = client::resolve_bankruptcy(&at, longs.margin_account, &account, 0);
    costs.record(&mut world, of("resolve_bankruptcy", count), instruction);
}

/// What an account with so many positions may ask; of markets and the whole exchange once.
pub fn views(costs: &mut Costs, count: u16) {
    let mut world = world(count);
    let at = world.addresses;
    let longs = portfolio(&mut world, count, 5_000 * USDC);
    half_an_hour_later(&mut world, 1.004);
    let (account, target) = (longs.margin_account, world.target(0));
    let state = world.margin_account(&account).state;
    costs.record(&mut world, of("view_health", count), client::view_health(&at, account, &state));
    costs.record(&mut world, of("view_position", count), client::view_position(&at, account, &state, target));
    let price = client::view_liquidation_price(&at, account, &state, target);
    costs.record(&mut world, of("view_liquidation_price", count), price);
    let trade = client::view_trade(&at, account, &state, target, &order(SOL / 3));
    costs.record(&mut world, of("view_trade", count), trade);
    costs.record(&mut world, of("attest_solvency", count), client::attest_solvency(&at, count));
    if count == 1 {
        costs.record(&mut world, once("view_market"), client::view_market(&at, target));
        // Hour by hour.
        for (name, seconds) in [("an hour", 3_600), ("a day", 86_400)] {
            costs.record(&mut world, kind("view_funding", name), client::view_funding(&at, target, seconds));
        }
    }
}

/// A deposit and a withdrawal with limits, each at its boundary, and a settlement that is paid for just before one.
pub fn liquidity(costs: &mut Costs) {
    let mut world = world(2);
    let at = world.addresses;
    let longs = portfolio(&mut world, 2, 5_000 * USDC);
    let (provider, caller, rewarded) = (world.provider, world.key(), world.trader(0));
    let owner = world.user(100_000 * USDC);
    world.give(provider, 0);
    world.run(&[client::create_share_account(&at, owner, owner)]).expect("it is made");
    let new = NewRequest { nonce: 7, amount: Atoms::new(100_000 * USDC), limit: PriceLimit::FivePercent };
    let request = client::request_liquidity_deposit(&at, owner, at.tokens_of(&owner), &new);
    costs.record(&mut world, once("request_liquidity_deposit"), request);
    let new = NewRequest { nonce: 8, ..new };
    let request = client::request_liquidity_withdrawal(&at, provider, at.shares_of(&provider), &new);
    costs.record(&mut world, once("request_liquidity_withdrawal"), request);

    let boundary = to_reading(&mut world, 1.003);
    let value = client::value_market(&at, caller, world.target(0));
    costs.record(&mut world, kind("value_market", "reading"), value);
    world.wait(9);
    world.publish_between(1, PRICE * 1.004, CONFIDENCE, [boundary + 8, boundary + 9]);
    let value = client::value_market(&at, caller, world.target(1));
    costs.record(&mut world, kind("value_market", "noted"), value.clone());
    world.wait(1_800);
    costs.record(&mut world, kind("value_market", "late"), value);
    let close = client::close_epoch(&at, caller, Timestamp::new(boundary));
    costs.record(&mut world, kind("close_epoch", "minting"), close);
    let payment = world.payment(caller, owner, 7);
    costs.record(&mut world, kind("pay_liquidity_request", "shares"), payment);

    // Of the deposit's fee a settlement in the last six seconds is paid for.
    let ahead = world.boundary() - world.now;
    world.wait(ahead - 6);
    print(&mut world, [0], 1.01);
    let settle = client::settle_pnl(&at, longs.margin_account, world.target(0), Some(rewarded.margin_account));
    costs.record(&mut world, kind("settle_pnl", "rewarded"), settle);
    assert!(world.balance(&rewarded.margin_account) > 0, "the queue pays");

    let boundary = to_reading(&mut world, 1.02);
    world.value_all(caller);
    let close = client::close_epoch(&at, caller, Timestamp::new(boundary));
    costs.record(&mut world, kind("close_epoch", "burning"), close);
    let payment = world.payment(caller, provider, 8);
    costs.record(&mut world, kind("pay_liquidity_request", "tokens"), payment);
}

/// Moves to the boundary that the exchange waits for, at which every market prints `factor` times the price.
fn to_reading(world: &mut World, factor: f64) -> i64 {
    let boundary = world.boundary();
    world.wait(boundary - world.now);
    for market in 0..world.market_count {
        world.publish_between(market, PRICE * factor, CONFIDENCE, [boundary - 1, boundary]);
    }
    boundary
}

/// A market that could not pay its winners even if every loser paid.
pub fn claims(costs: &mut Costs) {
    let mut world = world(1);
    let at = world.addresses;
    settle_in(&mut world);
    let (winner, loser) = (world.trader(1_000_000 * USDC), world.trader(400_000 * USDC));
    world.trade(winner, 0, 50_000 * SOL).expect("the backing bears a jump");
    world.trade(loser, 0, -5_000 * SOL).expect("the market is less one-sided then");
    world.wait(60);
    print(&mut world, [0], 1.2);
    // The profit is 50 000 · 251.37 · 20 % = 2 513 700, the backing 2 000 000 and fees.
    world.close_position(winner, 0).expect("a winner can leave");
    assert!(!world.position(&winner.margin_account, 0).claim.is_zero(), "not all of it can be paid");
    world.trade(loser, 0, 4_990 * SOL).expect("a loser can leave");
    costs.record(&mut world, once("fund_claims"), client::fund_claims(&at, 0));
    costs.record(&mut world, once("redeem_claim"), client::redeem_claim(&at, winner.margin_account, 0));
    costs.record(&mut world, once("waive_claim"), client::waive_claim(&at, winner, 0));
}
