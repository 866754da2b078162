//! Liquidating who should not be, for more than is due, or oneself; and escaping it.

use crate::{gains_nothing, world, BACKEND};
use perp_client::events::Event;
use perp_client::instructions::Authority;
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::units::{Atoms, Size};
use perp_swap::errors::ExchangeError;
use perp_swap::events::Liquidated;
use perp_tests::tokens::set_frozen;
use perp_tests::world::ALL;
use perp_tests::{assert_refused, Ran, World, SOL, USDC};

/// A long of 40 SOL with 700 USDC, and a price at which it is under-margined: 10 000 at 20x, then 9 531.25.
fn under_margined(world: &mut World) -> Authority {
    let victim = world.trader(700 * USDC);
    world.trade(victim, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 238.28125);
    victim
}

#[track_caller]
fn liquidated(done: Ran) -> Liquidated {
    match done.unwrap().event() {
        Event::Liquidated(event) => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn attack_a_healthy_account_is_not_liquidated() {
    let mut world = world();
    let liquidator = world.trader(0);
    let healthy = world.trader(700 * USDC);
    world.trade(healthy, 0, 40 * SOL).unwrap();
    gains_nothing(&mut world, &[liquidator.signer], |world| {
        for price in [250.0, 246.09375, 242.1875] {
            world.later_at(20, 0, price);
            let done = world.liquidate(liquidator, healthy.margin_account, 0);
            assert_refused(done, ExchangeError::NotLiquidatable);
        }
        world.publish(1, 250.0);
        assert_refused(world.liquidate(liquidator, healthy.margin_account, 1), ExchangeError::NoPosition);
    });
}

#[test]
fn attack_liquidating_oneself_through_a_second_account_loses() {
    let mut world = world();
    let victim = under_margined(&mut world);
    let accomplice = world.trader(0);
    // The owner's own second account, and a friend's.
    let second = world.account(victim.signer, 1, None);
    let before = world.wealth(&[victim.signer, accomplice.signer]);
    let first = liquidated(world.liquidate_order(
        second,
        victim.margin_account,
        0,
        &LiquidationOrder { max_size: Size::new(2 * SOL as u64), ..ALL },
    ));
    let rest = liquidated(world.liquidate(accomplice, victim.margin_account, 0));
    let after = world.wealth(&[victim.signer, accomplice.signer]);
    // The insurance's and the backing's part of the penalty is gone for good.
    let kept = (first.insurance + first.backing + rest.insurance + rest.backing) as i64;
    assert!(kept > 0 && before - after >= kept, "{before} to {after}, {kept} went to others");
}

#[test]
fn attack_liquidating_in_small_pieces_earns_no_more_than_at_once() {
    // How many pieces go through until the account is healthy, what they close together and what they pay.
    let liquidate = |piece: u64| {
        let mut world = world();
        let victim = under_margined(&mut world);
        let liquidator = world.trader(0);
        let order = LiquidationOrder { max_size: Size::new(piece), ..ALL };
        let (mut pieces, mut closed) = (0, 0);
        let end = loop {
            match world.liquidate_order(liquidator, victim.margin_account, 0, &order) {
                Ok(done) => {
                    pieces += 1;
                    closed += liquidated(Ok(done)).closed;
                }
                refused => break refused,
            }
        };
        assert_refused(end, ExchangeError::NotLiquidatable);
        (pieces, closed, world.balance(&liquidator.margin_account))
    };
    let (pieces, closed, whole) = liquidate(u64::MAX >> 1);
    assert_eq!(pieces, 1);
    // 700 less 40 · 11.718 75 and costs of 6.9 are 224.4, and 3 % of 9 531.25 are 285.9. A SOL closed costs
    // 1.08 % of 238.28, since the fall has widened the spread, and lifts 3 % of it: 61.5 / 4.573 are 13.4 pieces of a SOL, or 53.8 of a
    // quarter.
    for (piece, expected) in [(SOL as u64, 14), (SOL as u64 / 4, 54)] {
        let (pieces, closed_split, split) = liquidate(piece);
        assert_eq!((pieces, closed_split), (expected, expected * piece));
        assert!(split <= whole, "pieces of {piece} earn {split}, the whole {whole}");
        assert!(closed_split <= closed, "and leave the account more");
        // Nor do they earn more for each SOL: the healthier the account, the smaller the bounty's share.
        let [split, whole] = [(split, closed), (whole, closed_split)].map(|(a, b)| u128::from(a) * u128::from(b));
        assert!(split <= whole, "per SOL, pieces of {piece} earn more");
    }
}

#[test]
fn attack_liquidating_dust_is_refused_where_rounding_costs_more_than_it_relieves() {
    let mut world = world();
    let victim = under_margined(&mut world);
    let liquidator = world.trader(0);
    let of = |size| LiquidationOrder { max_size: Size::new(size), ..ALL };
    gains_nothing(&mut world, &[liquidator.signer], |world| {
        // A base unit lifts the margin requirement by less than the atom that its loss rounds up to.
        let dust = world.liquidate_order(liquidator, victim.margin_account, 0, &of(1));
        assert_refused(dust, ExchangeError::LiquidationWorsensHealth);
    });
    // Pieces worth less than a cent pay their share and no more, and health never falls: 30 000 base units at 238.28 a
    // SOL are 7 148 atoms, the penalty 77, of which 71 are split and 34 % of those are 24.
    let surplus = |world: &mut World| {
        let size = world.position(&victim.margin_account, 0).size.get() as f64;
        world.equity(&victim.margin_account) as f64 - size * 238.28125 / 1_000.0 * 0.03
    };
    for _ in 0..20 {
        let before = surplus(&mut world);
        let event = liquidated(world.liquidate_order(liquidator, victim.margin_account, 0, &of(30_000)));
        assert!(event.penalty <= 77 && event.bounty <= event.penalty / 2, "{event:?}");
        assert!(surplus(&mut world) >= before - 1.0);
    }
}

#[test]
fn attack_a_race_for_a_liquidation_pays_once() {
    let mut world = world();
    let victim = under_margined(&mut world);
    let (first, second) = (world.trader(0), world.trader(0));
    let target = world.target(0);
    let late = world.liquidation(second, victim.margin_account, target, &ALL);
    world.liquidate(first, victim.margin_account, 0).unwrap();
    gains_nothing(&mut world, &[second.signer], |world| {
        assert_refused(world.run(&[late]), ExchangeError::NotLiquidatable);
    });
}

#[test]
fn attack_a_bounty_below_what_was_asked_for_is_refused_and_nothing_happens() {
    let mut world = world();
    let victim = under_margined(&mut world);
    let liquidator = world.trader(0);
    let order = LiquidationOrder { min_bounty: Atoms::new(100 * USDC), ..ALL };
    let done = world.liquidate_order(liquidator, victim.margin_account, 0, &order);
    assert_refused(done, ExchangeError::BountyTooSmall);
}

#[test]
fn attack_frozen_token_accounts_block_no_liquidation() {
    let mut world = world();
    let victim = under_margined(&mut world);
    let liquidator = world.trader(0);
    for owner in [victim.signer, liquidator.signer] {
        let wallet = world.addresses.tokens_of(&owner);
        set_frozen(&mut *world.chain, &wallet, true);
    }
    let event = liquidated(world.liquidate(liquidator, victim.margin_account, 0));
    assert!(event.bounty > 0);
    assert_eq!(world.balance(&liquidator.margin_account), event.bounty);
}

#[test]
fn attack_an_owner_on_the_brink_cannot_take_margin_out_or_risk_in() {
    let mut world = world();
    let victim = under_margined(&mut world);
    gains_nothing(&mut world, &[victim.signer], |world| {
        assert_refused(world.withdraw(victim, 1), ExchangeError::InitialMargin);
        assert_refused(world.trade(victim, 0, SOL), ExchangeError::InitialMargin);
        // A flip is an increase as a whole.
        assert_refused(world.trade(victim, 0, -80 * SOL), ExchangeError::InitialMargin);
        world.publish(1, 250.0);
        assert_refused(world.trade(victim, 1, SOL), ExchangeError::InitialMargin);
    });
}

#[test]
fn attack_leaving_a_debt_behind_and_withdrawing_elsewhere_is_refused() {
    let mut world = world();
    let liquidator = world.trader(0);
    let debtor = world.trader(700 * USDC);
    world.trade(debtor, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 218.75);
    // 40 · 31.25 = 1 250 are lost, 700 less costs are there.
    world.liquidate(liquidator, debtor.margin_account, 0).unwrap();
    let debt = world.position(&debtor.margin_account, 0).debt.get();
    assert!(debt > 550 * USDC);
    world.give(debtor.signer, 1_000 * USDC);
    // Under water the account pays no bounty: the market does, 1.8 bp of 40 · 218.75.
    assert_eq!(world.balance(&liquidator.margin_account), 1_575_000);
    gains_nothing(&mut world, &[debtor.signer], |world| {
        world.deposit(debtor, 100 * USDC).unwrap();
        assert_refused(world.withdraw(debtor, 100 * USDC), ExchangeError::DebtOutstanding);
        world.publish(1, 250.0);
        assert_refused(world.trade(debtor, 1, SOL), ExchangeError::DebtOutstanding);
        assert_refused(world.close_account(debtor), ExchangeError::AccountNotEmpty);
        // Paid in full it is free again.
        world.deposit(debtor, debt).unwrap();
        world.settle_funding(debtor.margin_account, 0).unwrap();
        assert_eq!(world.balance(&debtor.margin_account), 100 * USDC);
        world.withdraw(debtor, 100 * USDC).unwrap();
        world.close_account(debtor).unwrap();
    });
}

#[test]
fn attack_a_solvent_debtor_is_not_paid_for_by_the_insurance() {
    let mut world = world();
    let liquidator = world.trader(0);
    let debtor = world.trader(700 * USDC);
    let donor = world.user(10_000 * USDC);
    world.fund_insurance(donor, Some(0), 5_000 * USDC).unwrap();
    world.fund_insurance(donor, None, 5_000 * USDC).unwrap();
    world.trade(debtor, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 218.75);
    let address = debtor.margin_account;
    assert_refused(world.resolve_bankruptcy(address, 0), ExchangeError::PositionsOpen);
    world.liquidate(liquidator, address, 0).unwrap();
    let debt = world.position(&address, 0).debt.get();
    world.give(debtor.signer, 1_000 * USDC);
    world.deposit(debtor, debt).unwrap();
    // Equity is zero, not negative: the balance pays, the insurance does not.
    assert_refused(world.resolve_bankruptcy(address, 0), ExchangeError::NotBankrupt);
    assert_refused(world.resolve_bankruptcy(address, 1), ExchangeError::NoDebt);
    let insurance = world.market(0).state.ledger.insurance.get();
    world.settle_funding(address, 0).unwrap();
    assert_eq!(world.market(0).state.ledger.insurance.get(), insurance);
    // But for the bounty of closing it, 1.8 bp of 40 · 218.75.
    assert_eq!(insurance, 5_000 * USDC - 1_575_000);
    assert_eq!(world.pool().state.insurance.get(), 5_000 * USDC);
}

#[test]
fn attack_bankruptcies_in_series_draw_a_tenth_of_the_shared_insurance_a_day() {
    let mut world = world();
    let liquidator = world.trader(0);
    let donor = world.user(10_000 * USDC);
    world.fund_insurance(donor, None, 10_000 * USDC).unwrap();
    // Accounts go under by 710 and more each, in both markets and on one day: all of them together draw 1 000 of 10 000 and no more.
    let bankrupt = |world: &mut World, market: u16| {
        let debtor = world.trader(850 * USDC);
        world.later_at(60, market, 250.0);
        world.trade(debtor, market, 50 * SOL).unwrap();
        world.later_at(60, market, 218.75);
        world.liquidate(liquidator, debtor.margin_account, market).unwrap();
        let debt = world.position(&debtor.margin_account, market).debt.get();
        assert!(debt > 710 * USDC, "{debt}");
        world.resolve_bankruptcy(debtor.margin_account, market).unwrap();
        debt
    };
    let first = bankrupt(&mut world, 0);
    assert_eq!(world.pool().state.insurance.get(), 10_000 * USDC - first);
    bankrupt(&mut world, 1);
    assert_eq!(world.pool().state.insurance.get(), 9_000 * USDC);
    bankrupt(&mut world, 0);
    assert_eq!(world.pool().state.insurance.get(), 9_000 * USDC);
    // A day later, a tenth of what is left then.
    world.wait(86_400);
    bankrupt(&mut world, 1);
    bankrupt(&mut world, 0);
    assert_eq!(world.pool().state.insurance.get(), 8_100 * USDC);
}

#[test]
fn attack_a_pumped_market_pays_out_what_was_placed_in_it_and_no_more() {
    let mut world = world();
    let pumper = world.trader(2_000_000 * USDC);
    world.trade(pumper, 0, 50_000 * SOL).unwrap();
    let in_all = world.vault();
    // A hundredfold: 1.2 billion of profit on paper.
    world.later_at(60, 0, 25_000.0);
    // The market cannot pay that, so it is noted, and what there is is paid on it.
    world.settle_pnl(pumper.margin_account, 0).unwrap();
    world.fund_claims(0).unwrap();
    world.redeem_claim(pumper.margin_account, 0).unwrap();
    // The other market does not lend to it, nor does the pool.
    assert_refused(world.allocate_backing(0), ExchangeError::MarketCapacity);
    world.publish(1, 250.0);
    let claim_on_paper = world.equity(&pumper.margin_account);
    assert!(claim_on_paper > 1_000_000_000 * USDC as i64);
    let free = world.balance(&pumper.margin_account);
    world.update_price(1).unwrap();
    assert_refused(world.trade(pumper, 1, 20_000 * SOL), ExchangeError::InitialMargin);
    world.close_position(pumper, 0).unwrap();
    world.withdraw(pumper, free).unwrap();
    // Their own two million, and the two million placed there.
    assert!(world.tokens(&pumper.signer) <= 4_000_000 * USDC);
    assert_eq!(world.market(1).state.ledger.backing.get(), 2_000_000 * USDC);
    assert_eq!(world.pool().state.cash.get(), 6_000_000 * USDC);
    assert_eq!(world.vault(), in_all - free);
}

#[test]
fn attack_profit_that_a_broke_market_owes_is_no_margin_elsewhere() {
    let mut world = world();
    let (pumper, follower) = (world.trader(2_000_000 * USDC), world.trader(70_000 * USDC));
    let liquidator = world.trader(0);
    world.trade(pumper, 0, 50_000 * SOL).unwrap();
    world.trade(follower, 0, 1_000 * SOL).unwrap();
    world.trade(follower, 1, 2_000 * SOL).unwrap();
    world.later_at(60, 0, 2_500.0);
    world.settle_pnl(pumper.margin_account, 0).unwrap();
    // 2 250 000 on paper in a market that has nothing left; 31.25 · 2 000 = 62 500 lost in the other one, for which
    // 70 000 less costs were there and 13 125 are needed.
    world.publish(1, 218.75);
    assert!(world.equity(&follower.margin_account) > 2_000_000 * USDC as i64);
    world.liquidate(liquidator, follower.margin_account, 1).unwrap();
    assert!(world.balance(&liquidator.margin_account) > 0);
}

#[test]
fn attack_a_claim_without_cash_keeps_no_loss_elsewhere_from_being_closed() {
    let mut world = World::new(BACKEND, 2);
    let (liquidator, whale) = (world.trader(0), world.trader(1_000_000 * USDC));
    let trader = world.trader(60_000 * USDC);
    for (trader, market, size) in [(whale, 0, 50_000), (trader, 0, 2_000), (trader, 1, 400)] {
        world.trade(trader, market, size * SOL).unwrap();
    }
    world.later_at(60, 1, 250.0);
    world.publish(0, 312.5);
    world.close_position(whale, 0).unwrap();
    world.close_position(trader, 0).unwrap();
    let claim = world.position(&trader.margin_account, 0).claim.get();
    assert!(claim > 120_000 * USDC, "{claim}");
    // The claim's market has had no price for more than a minute. It shields nothing, so nobody asks for its price.
    world.later_at(61, 1, 250.0);
    world.trade(trader, 1, 10 * SOL).unwrap();
    world.next_slot();
    world.trade(trader, 1, -SOL).unwrap();
    world.withdraw(trader, USDC).unwrap();
    // 409 · 120 = 49 080 are lost, of less than 60 000: the claim neither helps nor is it in the way.
    world.wait(1);
    world.publish(1, 130.0);
    gains_nothing(&mut world, &[liquidator.signer], |world| {
        assert_refused(world.liquidate(liquidator, trader.margin_account, 1), ExchangeError::NotLiquidatable);
    });
    // 409 · 150 = 61 350 are more than there was.
    world.wait(1);
    world.publish(1, 100.0);
    world.liquidate(liquidator, trader.margin_account, 1).unwrap();
    assert_eq!(world.position(&trader.margin_account, 0).claim.get(), claim);
}

#[test]
fn attack_an_isolated_account_does_not_reach_other_markets() {
    let mut world = world();
    let owner = world.user(2_000 * USDC);
    let isolated = world.account(owner, 1, Some(0));
    let cross = world.account(owner, 0, None);
    world.deposit(isolated, 700 * USDC).unwrap();
    world.deposit(cross, 1_000 * USDC).unwrap();
    let elsewhere = world.trade(isolated, 1, SOL);
    assert_refused(elsewhere, ExchangeError::IsolatedToAnotherMarket);
    world.trade(isolated, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 218.75);
    let liquidator = world.trader(0);
    world.liquidate(liquidator, isolated.margin_account, 0).unwrap();
    world.resolve_bankruptcy(isolated.margin_account, 0).unwrap();
    // The owner's other account is untouched, whatever the isolated one owed.
    assert_eq!(world.balance(&cross.margin_account), 1_000 * USDC);
    world.withdraw(cross, 1_000 * USDC).unwrap();
}
