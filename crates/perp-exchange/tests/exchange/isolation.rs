//! What one market can cost the others: the principal placed in it, its insurance, and its draw on the shared insurance.

use crate::common::markets::{test_markets, BTC, BTC_PERP, SOL_PERP, THIN, THIN_PERP};
use crate::common::world::{World, MILLION};
use perp_engine::fixtures::{SOL, USDC};
use perp_engine::state::MarketLedger;
use perp_engine::units::SignedAtoms;
use perp_engine::EngineError;

const ATTACKER: usize = 0;
const PARTNER: usize = 1;
const STRANGER: usize = 2;

fn exchange() -> World {
    let mut world = World::with_liquidity(&test_markets(), 4, 1, MILLION);
    world.fund_shared_insurance(10_000 * USDC).unwrap();
    world.deposit(STRANGER, 50_000 * USDC).unwrap();
    world.trade(STRANGER, SOL_PERP, i64::try_from(500 * SOL).unwrap()).unwrap();
    world.trade(STRANGER, BTC_PERP, -i64::try_from(2 * BTC).unwrap()).unwrap();
    world
}

/// The thin market's price is the attacker's: it multiplies by ten.
fn pump(world: &mut World) {
    world.wait(1);
    world.move_price(THIN_PERP, 9_000_000);
    world.refresh_all();
}

#[test]
fn attack_pumping_a_thin_market_takes_at_most_what_is_placed_in_it() {
    let mut world = exchange();
    let placed = world.market(THIN_PERP).ledger.net_principal.get();
    assert_eq!(placed, 20_000 * USDC);
    let others = [SOL_PERP, BTC_PERP].map(|market| world.market(market).ledger);
    let (stranger, pool) = (*world.account(STRANGER), world.exchange.pool);

    // As much as the market bears: 30 % of the notional is the backing, $66 000.
    world.deposit(ATTACKER, 40_000 * USDC).unwrap();
    let size = i64::try_from(120_000 * THIN).unwrap();
    world.trade(ATTACKER, THIN_PERP, size).unwrap();
    pump(&mut world);
    // $540 000 of profit on paper is a claim, and funding it takes what is placed and the $54 that opening has brought; again
    // and again it is settled, refilled, and closed, and there is nothing more.
    assert_eq!(world.settle_pnl(ATTACKER, THIN_PERP).unwrap().profit.get() / 1_000_000, 539_922);
    assert_eq!(world.fund_claims(THIN_PERP).unwrap().get() / USDC, 20_054);
    world.redeem_claim(ATTACKER, THIN_PERP).unwrap();
    let no_refill = |world: &mut World| {
        let refill = world.allocate_backing(THIN_PERP);
        assert!(matches!(refill, Err(EngineError::MarketCapacity { .. })), "{refill:?}");
    };
    for _ in 0..5 {
        no_refill(&mut world);
        assert_eq!(world.fund_claims(THIN_PERP), Err(EngineError::NothingToFund));
        assert_eq!(world.settle_pnl(ATTACKER, THIN_PERP).unwrap().profit, SignedAtoms::ZERO);
    }
    world.close(ATTACKER, THIN_PERP).unwrap();
    no_refill(&mut world);
    let taken = world.account(ATTACKER).balance.get();
    world.withdraw(ATTACKER, taken).unwrap();

    assert!(taken <= 40_000 * USDC + placed, "{taken}");
    // Nothing else moved by an atom.
    assert_eq!((world.exchange.pool, *world.account(STRANGER)), (pool, stranger));
    for (market, ledger) in [SOL_PERP, BTC_PERP].into_iter().zip(others) {
        let now = world.market(market).ledger;
        let cash = |ledger: &MarketLedger| (ledger.backing, ledger.insurance, ledger.claims_reserve, ledger.claims);
        assert_eq!(cash(&now), cash(&ledger));
    }
}

#[test]
fn attack_paper_profit_of_a_thin_market_is_no_margin_in_a_deep_one() {
    let mut world = exchange();
    world.deposit(ATTACKER, 20_000 * USDC).unwrap();
    world.trade(ATTACKER, THIN_PERP, i64::try_from(60_000 * THIN).unwrap()).unwrap();
    // $270 000 of profit on paper and $20 000 of balance: SOL worth $400 000 need $20 000 and the spread, besides the
    // margin of the $300 000 position itself.
    pump(&mut world);
    let sol = i64::try_from(1_600 * SOL).unwrap();
    let refused = world.trade(ATTACKER, SOL_PERP, sol);
    assert!(matches!(refused, Err(EngineError::InitialMargin { .. })), "{refused:?}");
    // What he takes out as cash is what the market had, and all he can lose elsewhere.
    world.settle_pnl(ATTACKER, THIN_PERP).unwrap();
    world.fund_claims(THIN_PERP).unwrap();
    world.redeem_claim(ATTACKER, THIN_PERP).unwrap();
    assert!((39_900 * USDC..=40_100 * USDC).contains(&world.account(ATTACKER).balance.get()));
    let refused = world.trade(ATTACKER, SOL_PERP, sol);
    assert!(matches!(refused, Err(EngineError::InitialMargin { .. })), "{refused:?}");
}

#[test]
fn attack_a_bankruptcy_bred_in_one_market_draws_a_tenth_of_the_shared_insurance() {
    // The attacker's account goes bankrupt against his partner's: $25 000 of loss more than it has.
    let mut world = exchange();
    let shared = world.exchange.pool.insurance.get();
    for account in [ATTACKER, PARTNER] {
        world.deposit(account, 10_000 * USDC).unwrap();
    }
    let size = i64::try_from(60_000 * THIN).unwrap();
    world.trade(ATTACKER, THIN_PERP, -size).unwrap();
    world.trade(PARTNER, THIN_PERP, size).unwrap();
    pump(&mut world);
    world.liquidate(3, ATTACKER, THIN_PERP, u64::MAX).unwrap();
    let plan = world.resolve_bankruptcy(ATTACKER, THIN_PERP).unwrap();
    assert_eq!(plan.paid_by_shared_insurance.get(), shared / 10);
    world.close(PARTNER, THIN_PERP).unwrap();
    world.fund_claims(THIN_PERP).unwrap();
    world.redeem_claim(PARTNER, THIN_PERP).unwrap();
    assert_eq!(world.fund_claims(THIN_PERP), Err(EngineError::NothingToFund));

    // Together they had $20 000. What they have more is the principal placed in the market and that draw.
    let [lost, won] = [ATTACKER, PARTNER].map(|account| world.account(account).balance.get());
    let placed = world.market(THIN_PERP).ledger.net_principal.get();
    assert!(lost + won <= 20_000 * USDC + placed + shared / 10, "{lost} and {won}");
    // Once more on the same day there is nothing to draw.
    world.deposit(ATTACKER, 10_000 * USDC).unwrap();
    let refused = world.trade(ATTACKER, THIN_PERP, -size / 100);
    assert!(matches!(refused, Err(EngineError::MarketCapacity { .. })), "{refused:?}");
    assert_eq!(world.exchange.pool.insurance.get(), shared - shared / 10);
}
