//! What a coalition does that owns the pool and makes the price of a market with 2 % of it, while a stranger enters with as much again.

use super::{bought, cash_then};
use crate::common::markets::{sol_perp, TestMarket};
use crate::common::world::{World, MILLION};
use perp_engine::fixtures::{sol_parameters, usdc, SOL, USDC};
use perp_engine::state::{ClosedEpoch, Parameters, PriceLimit};
use perp_engine::units::Ppm;
use perp_exchange::Listing;

const TOXIC: u16 = 1;
const KEEPER: usize = 0;
const MEMBER: usize = 1;
const COALITION: usize = 0;
const STRANGER: usize = 1;
/// A cent and $250, in 10^-8 dollars.
const CENT: i64 = 1_000_000;
const HIGH: i64 = 25_000_000_000;

/// The cash there is, wherever it lies, in atoms.
fn cash(world: &World) -> u64 {
    let backing = world.exchange.markets().iter().map(|market| market.ledger.backing.get());
    world.exchange.pool.cash.get() + backing.sum::<u64>()
}

fn sol(amount: i64) -> i64 {
    amount * i64::try_from(SOL).unwrap()
}

/// A million dollars of the coalition's in the pool, of which $400 000 back SOL-PERP and $20 000 the market whose price it makes, and a
/// member's account with so much that is isolated to it.
fn world(dollars: u64) -> World {
    let parameters = Parameters { backing_cap: Ppm::new(20_000), isolated_only: 1, ..sol_parameters() };
    let listing = Listing { parameters, base_decimals: 9, target_backing: usdc(100_000) };
    let mut world = World::with_liquidity(&[sol_perp(), TestMarket { listing, price: HIGH }], 1, 2, MILLION);
    assert_eq!(world.market(TOXIC).ledger.backing, usdc(20_000));
    assert_eq!(world.exchange.open_account(Some(TOXIC)), Ok(MEMBER));
    world.deposit(MEMBER, dollars * USDC).unwrap();
    world
}

/// A second later the market's price is this.
fn print(world: &mut World, price: i64) {
    world.wait(1);
    world.publish(TOXIC, price, 0);
    world.update_price(TOXIC).unwrap();
}

/// The stranger asks to enter with a million.
fn ask(world: &mut World, limit: PriceLimit) {
    world.request_deposit_within(STRANGER, MILLION, limit).unwrap();
}

/// The boundary comes, both markets are valued at their oracles' last prices, or the toxic one at none where not `read`, and everybody is
/// paid: what was closed, having checked that the stranger has paid a share's cash.
fn serve(world: &mut World, read: bool) -> ClosedEpoch {
    let had = world.shares(STRANGER);
    world.reach_boundary();
    world.value_market(0, Some(world.boundary_reading(0))).unwrap();
    if read {
        world.value_market(TOXIC, Some(world.boundary_reading(TOXIC))).unwrap();
    } else {
        world.reach_boundary_but(-1_801);
        world.value_market(TOXIC, None).unwrap();
    }
    let there_is = cash_then(world);
    let closed = world.close_epoch().unwrap().closed;
    world.pay_all();
    assert_eq!(closed.upper.get(), there_is);
    if !closed.deposited.is_zero() {
        let issued = bought(closed.deposited.get(), closed.shares.get(), there_is);
        assert_eq!(closed.issued.get(), issued);
        assert!(world.shares(STRANGER) - had <= issued);
    }
    closed
}

/// The stranger's part of the pool's cash, in atoms.
fn part(world: &World) -> u64 {
    let part =
        u128::from(cash(world)) * u128::from(world.shares(STRANGER)) / u128::from(world.exchange.pool.shares.get());
    u64::try_from(part).unwrap()
}

/// He has what he paid but for the fee of 0.02 % and two atoms of rounding.
fn lost_nothing(world: &World) {
    assert!(part(world) + MILLION / 5_000 + 2 >= MILLION, "{} are left", part(world));
}

/// Four seconds before the boundary the member sells 99 000 SOL for a cent each, and a second later they cost $250.
fn sell_for_a_cent(world: &mut World, account: usize) {
    world.reach_boundary_but(5);
    print(world, CENT);
    world.trade(account, TOXIC, sol(-99_000)).unwrap();
    print(world, HIGH);
}

#[test]
fn attack_debts_of_bankrupts_make_no_share_dearer() {
    // $24 749 010 of loss of an account with $1500 becomes a debt. It is nobody's cash, and the stranger pays for none of it.
    let mut world = world(1_500);
    ask(&mut world, PriceLimit::None);
    sell_for_a_cent(&mut world, MEMBER);
    world.liquidate(KEEPER, MEMBER, TOXIC, u64::MAX).unwrap();
    assert!(world.market(TOXIC).ledger.debts > usdc(24_000_000));
    let closed = serve(&mut world, true);
    assert!(!closed.issued.is_zero() && closed.upper.get() < MILLION + 1_500 * USDC);
    world.resolve_bankruptcy(MEMBER, TOXIC).unwrap();
    lost_nothing(&world);
}

#[test]
fn attack_a_market_of_losers_without_a_reading_makes_no_share_dearer() {
    // The same loss, not settled, at the boundary's own reading or at a range up to 15 % above: it is unsettled for a tenth of the
    // backing, $2000 of the $5000 that may be, and nobody is kept out.
    for read in [true, false] {
        let mut world = world(1_500);
        ask(&mut world, PriceLimit::None);
        sell_for_a_cent(&mut world, MEMBER);
        let closed = serve(&mut world, read);
        assert!(!closed.issued.is_zero() && closed.upper.get() < MILLION + 1_500 * USDC, "{read}");
        // The price falls back, and nothing was paid: the coalition has its loss again, the stranger his million.
        world.wait(130);
        world.publish(TOXIC, CENT, 0);
        world.update_price(TOXIC).unwrap();
        world.close(MEMBER, TOXIC).unwrap();
        lost_nothing(&world);
    }
}

#[test]
fn attack_a_loss_settled_into_debt_and_won_back_costs_an_entrant_his_part_of_the_cash_that_moved_alone() {
    // 200 SOL short of an account with $3500, a print of so many thousandths, and back at $250 three seconds after the boundary. The loss
    // beyond $3500 is a debt and counts for nothing; the $3500 were cash when he entered and are won back afterwards: of them he bears
    // half, having half of the shares.
    for (thousandths, settled) in [(2_000, true), (2_000, false), (1_500, true), (1_140, true), (1_140, false)] {
        let mut world = world(3_500);
        ask(&mut world, PriceLimit::None);
        world.reach_boundary_but(40);
        print(&mut world, HIGH);
        world.trade(MEMBER, TOXIC, sol(-200)).unwrap();
        world.reach_boundary_but(22);
        print(&mut world, HIGH / 1_000 * thousandths);
        world.reach_boundary_but(4);
        print(&mut world, HIGH / 1_000 * thousandths);
        if settled {
            world.settle_pnl(MEMBER, TOXIC).unwrap();
        }
        let moved = cash(&world).saturating_sub(MILLION);
        assert!(moved <= 3_500 * USDC);
        let closed = serve(&mut world, true);
        assert!(!closed.issued.is_zero(), "{closed:?}");
        world.wait(2);
        print(&mut world, HIGH);
        world.close(MEMBER, TOXIC).unwrap();
        assert!(part(&world) + MILLION / 5_000 + moved / 2 + 2 >= MILLION, "{} of {thousandths}", part(&world));
    }
}

#[test]
fn attack_a_limit_is_kept_against_a_close_that_the_attacker_makes_himself() {
    // He has a boundary closed for a deposit of $10 when debts have been made, in the hope that they raise the price that the stranger's
    // one percent is measured from; and makes more of them at the stranger's own. Each time a share is its cash: never dearer by more
    // than the $1500 that a bankrupt left of a million.
    let mut world = world(1_500);
    assert_eq!(world.exchange.open_account(Some(TOXIC)), Ok(MEMBER + 1));
    world.deposit(MEMBER + 1, 1_500 * USDC).unwrap();
    world.request_deposit(COALITION, 10 * USDC).unwrap();
    for account in [MEMBER, MEMBER + 1] {
        if account != MEMBER {
            ask(&mut world, PriceLimit::OnePercent);
        }
        sell_for_a_cent(&mut world, account);
        world.liquidate(KEEPER, account, TOXIC, u64::MAX).unwrap();
        let closed = serve(&mut world, true);
        assert!(!closed.issued.is_zero() && closed.upper.get() <= closed.shares.get() + 3_000 * USDC, "{closed:?}");
        world.resolve_bankruptcy(account, TOXIC).unwrap();
    }
    lost_nothing(&world);
}

#[test]
fn attack_a_settled_profit_that_the_market_does_not_have_makes_no_share_cheaper() {
    // 99 000 SOL bought for a cent are worth $24 750 000, of which the market has $20 000: settled, all of it is a claim, which takes no cash
    // and counts for nobody who enters. He pays for the million that is there.
    let mut world = world(5_000);
    ask(&mut world, PriceLimit::None);
    world.reach_boundary_but(5);
    print(&mut world, CENT);
    world.trade(MEMBER, TOXIC, sol(99_000)).unwrap();
    let before = cash(&world);
    // Two seconds later, when the price of before is none of the moment any more.
    world.wait(1);
    print(&mut world, HIGH);
    world.settle_pnl(MEMBER, TOXIC).unwrap();
    assert!(world.market(TOXIC).ledger.claims > usdc(24_000_000) && cash(&world) >= before);
    let closed = serve(&mut world, true);
    assert!(!closed.issued.is_zero() && closed.upper.get() >= MILLION, "{closed:?}");
}

#[test]
fn attack_a_settled_loss_makes_no_share_dearer_than_its_markets_cap_and_keeps_nobody_out() {
    // An account with $500 000 sells 99 000 SOL for a cent and has lost $494 010 of it at $5: cash of the market, to be won back once the
    // price is a cent again. Of what lies there counts a fifth more than 2 % of it and the pool's $580 000, $6260 more than was there: less
    // than anybody's limit, and nobody is kept out.
    for limit in [PriceLimit::TenPercent, PriceLimit::OnePercent, PriceLimit::None] {
        let mut world = world(500_000);
        ask(&mut world, limit);
        lose_half_a_million(&mut world);
        assert!(cash(&world) > MILLION + 490_000 * USDC);
        let closed = serve(&mut world, true);
        assert!(!closed.issued.is_zero(), "{closed:?} within {limit:?}");
        assert!(closed.upper.get() < MILLION + 6_300 * USDC, "{closed:?}");
    }
}

/// The member sells at a cent, and is settled at $5.
fn lose_half_a_million(world: &mut World) {
    world.reach_boundary_but(30);
    print(world, CENT);
    world.trade(MEMBER, TOXIC, sol(-99_000)).unwrap();
    print(world, 500 * CENT);
    // Longer than the better price of before is remembered.
    world.reach_boundary_but(5);
    print(world, 500 * CENT);
    world.settle_pnl(MEMBER, TOXIC).unwrap();
}

#[test]
fn attack_a_settled_loss_pays_who_leaves_no_more_than_its_markets_cap() {
    // The same before half of the shares leave: half of the $6260 is all that they get of $494 010.
    let mut world = world(500_000);
    world.request_withdrawal_within(COALITION, MILLION / 2, PriceLimit::None).unwrap();
    lose_half_a_million(&mut world);
    let closed = serve(&mut world, true);
    assert!(!closed.redeemed.is_zero() && closed.paid.get() < MILLION / 2 + 3_150 * USDC, "{closed:?}");
}

#[test]
fn a_withdrawal_that_allows_for_what_lies_in_one_market_leaves_whatever_its_price_is_made_to_be() {
    // The coalition's longs are owed all of the $20 000, or nothing: half of the shares leave within five percent either way, and within
    // one percent where nothing is owed. Whoever allows for less than what may be lost in one market can be kept in by it.
    for (price, limit, leaves) in [
        (HIGH, PriceLimit::FivePercent, true),
        (CENT, PriceLimit::FivePercent, true),
        (HIGH, PriceLimit::OnePercent, false),
        (CENT, PriceLimit::OnePercent, true),
    ] {
        let mut world = world(1_500);
        world.request_withdrawal_within(COALITION, MILLION / 2, limit).unwrap();
        world.reach_boundary_but(5);
        print(&mut world, CENT);
        world.trade(MEMBER, TOXIC, sol(99_000)).unwrap();
        print(&mut world, price);
        let closed = serve(&mut world, true);
        assert_eq!(!closed.redeemed.is_zero(), leaves, "{price} under {limit:?}");
        // He is paid for what is left, not more: $20 000 of winners are taken off.
        assert!(u128::from(closed.paid.get()) * 2 <= u128::from(closed.lower.get()));
    }
}

#[test]
fn attack_a_settlement_is_paid_for_by_the_cash_it_moves() {
    // A profit of $24 750 000 of which the market has $20 000, and a loss as large of an account with $1500: a basis point of what is cash
    // is $2 and 15 cents; of what was promised it would be $2475, more than a stranger's million has paid into the fund.
    for (size, most) in [(99_000, 20_010 * USDC), (-99_000, 1_500 * USDC)] {
        let mut world = world(1_500);
        ask(&mut world, PriceLimit::None);
        // A boundary before has filled the fund.
        assert!(world.exchange.pool.settling >= usdc(200));
        world.reach_boundary_but(7);
        print(&mut world, CENT);
        world.trade(MEMBER, TOXIC, sol(size)).unwrap();
        print(&mut world, HIGH);
        let settling = world.exchange.pool.settling.get();
        let before = world.market(TOXIC).ledger.backing.get();
        world.settle_pnl_for(KEEPER, MEMBER, TOXIC).unwrap();
        let moved = world.market(TOXIC).ledger.backing.get().abs_diff(before);
        let paid = settling - world.exchange.pool.settling.get();
        assert!(moved > 0 && moved <= most, "{moved}");
        assert!(paid <= moved / 10_000 + 1 && world.account(KEEPER).balance.get() == paid, "{paid} for {moved}");
    }
}
