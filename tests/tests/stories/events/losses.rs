//! Losses, what pays them, and claims.

use super::{maintenance, says, unrealised, world};
use perp_client::events::Event;
use perp_client::instructions::Actor;
use perp_swap::events::*;
use perp_tests::{Backend, World, SOL, USDC};

#[test]
fn liquidations_and_bankruptcies_are_told() {
    let mut world = world();
    let (victim, liquidator) = (world.trader(700 * USDC), world.trader(0));
    let donor = world.user(1_000 * USDC);
    world.fund_insurance(donor, None, 1_000 * USDC).unwrap();
    let (market, account) = (world.addresses.market(0), victim.margin_account);
    world.trade(victim, 0, 40 * SOL).unwrap();
    for price in [238.28125, 218.75] {
        world.later_at(60, 0, price);
        let before = (world.balance(&account), world.position(&account, 0), world.market(0).state.books);
        let bounties = world.balance(&liquidator.margin_account);
        let event = event!(world.liquidate(liquidator, account, 0), Liquidated);
        let after = (world.balance(&account), world.position(&account, 0), world.market(0).state.books);
        assert_eq!((event.account, event.market), (account, market));
        assert_eq!((event.liquidator, event.liquidator_account), (liquidator.signer, liquidator.margin_account));
        assert_eq!((event.balance_before, event.balance_after), (before.0, after.0));
        assert_eq!(event.liquidator_balance_before, bounties);
        assert_eq!(event.liquidator_balance_after, world.balance(&liquidator.margin_account));
        assert_eq!((event.size_before, event.size_after), (before.1.size.get(), after.1.size.get()));
        assert_eq!(event.closed, event.size_before.abs_diff(event.size_after));
        assert_eq!(event.bounty, world.balance(&liquidator.margin_account) - bounties);
        assert_eq!(event.insurance, after.2.insurance.get() - before.2.insurance.get());
        assert_eq!(event.bounty + event.insurance + event.backing, event.penalty);
        assert_eq!(event.index_price, world.market(0).state.price.price.get());
        // Losses, funding and penalty come from the balance and then become a debt.
        let lost = before.0 as i64 - after.0 as i64 + after.1.debt.get() as i64 - before.1.debt.get() as i64;
        assert_eq!(lost, event.penalty as i64 - event.realised - event.funding);
        let unrealised = unrealised(&before.1, event.index_price);
        assert_eq!(event.equity_before, before.0 as i64 + event.funding + unrealised);
        assert_eq!(event.maintenance_before, maintenance(event.size_before, event.index_price));
        assert_eq!(event.maintenance_after, maintenance(event.size_after, event.index_price));
        assert!(event.equity_before < event.maintenance_before as i64);
        let relief = event.maintenance_before as i64 - event.maintenance_after as i64;
        assert!(event.equity_after + relief >= event.equity_before);
        assert_eq!(event.equity_after, world.equity(&account));
    }
    let debt = world.position(&account, 0).debt.get();
    let own = world.market(0).state.books.insurance.get();
    let written_off = debt - own - 100 * USDC;
    let resolved = BankruptcyResolved {
        account,
        market,
        debt,
        paid_by_balance: 0,
        paid_by_claims: 0,
        paid_by_insurance: own,
        paid_by_shared_insurance: 100 * USDC,
        written_off,
        claims_used: vec![],
        balance_before: 0,
        balance_after: 0,
        insurance_before: own,
        insurance_after: 0,
        shared_insurance_before: 1_000 * USDC,
        shared_insurance_after: 900 * USDC,
    };
    says(world.resolve_bankruptcy(account, 0), resolved);
    assert_eq!(world.market(0).state.books.written_off.get(), written_off);
}

#[test]
fn a_bankruptcy_tells_what_claims_on_other_markets_paid() {
    let mut world = World::new(Backend::Sbf, 3);
    let (whale, loser) = (world.trader(1_000_000 * USDC), world.trader(400_000 * USDC));
    let (friend, liquidator) = (world.trader(70_000 * USDC), world.trader(0));
    let donor = world.user(500 * USDC);
    world.fund_insurance(donor, None, 300 * USDC).unwrap();
    world.fund_insurance(donor, Some(1), 200 * USDC).unwrap();
    for (actor, market, size) in
        [(whale, 0, 50_000), (loser, 0, -5_000), (friend, 0, 2_000), (friend, 1, 900), (friend, 2, 10)]
    {
        world.trade(actor, market, size * SOL).unwrap();
    }
    // The first market cannot pay its winners; what the loser leaves funds a part of their claims, which the friend has
    // not redeemed.
    world.later_at(60, 1, 250.0);
    world.publish(2, 250.0);
    world.update_price(2).unwrap();
    world.publish(0, 312.5);
    for actor in [whale, friend, loser] {
        world.close_position(actor, 0).unwrap();
    }
    world.fund_claims(0).unwrap();
    // The two others fall to 3.906 25: a debt in each, and no cash.
    world.wait(10);
    for market in [1, 2] {
        world.publish(market, 3.90625);
        world.update_price(market).unwrap();
    }
    let account = friend.margin_account;
    for market in [1, 2] {
        world.liquidate(liquidator, account, market).unwrap();
    }

    // The third market is not named: nothing is owed there, it is owed itself.
    let before = [0, 1, 2].map(|index| (world.position(&account, index), world.market(index).state.books));
    let (balance_before, shared_before) = (world.balance(&account), world.pool().state.insurance.get());
    let event = event!(world.resolve_bankruptcy(account, 1), BankruptcyResolved);
    let after = [0, 1, 2].map(|index| (world.position(&account, index), world.market(index).state.books));
    let redeemed = before[0].1.pot.get() - after[0].1.pot.get();
    let set_off = before[0].0.claim.get() - redeemed;
    assert!(redeemed > 0 && set_off > 0 && before[2].0.debt.get() > 0);
    assert_eq!((after[0].0.claim.get(), after[2].0.debt), (0, before[2].0.debt));
    assert_eq!(before[0].1.claims.get() - after[0].1.claims.get(), redeemed + set_off);
    let debt = before[1].0.debt.get();
    let expected = BankruptcyResolved {
        account,
        market: world.addresses.market(1),
        debt,
        paid_by_balance: balance_before + redeemed,
        paid_by_claims: set_off,
        paid_by_insurance: 200 * USDC,
        // A tenth of 300.
        paid_by_shared_insurance: 30 * USDC,
        written_off: debt - balance_before - redeemed - set_off - 230 * USDC,
        claims_used: vec![ClaimUsed { market_index: 0, redeemed, set_off }],
        balance_before,
        balance_after: world.balance(&account),
        insurance_before: before[1].1.insurance.get(),
        insurance_after: after[1].1.insurance.get(),
        shared_insurance_before: shared_before,
        shared_insurance_after: world.pool().state.insurance.get(),
    };
    assert_eq!(event, expected);
    assert_eq!((event.balance_after, event.insurance_before, event.insurance_after), (0, 200 * USDC, 0));
    assert_eq!((event.shared_insurance_before, event.shared_insurance_after), (300 * USDC, 270 * USDC));
    assert_eq!(event.written_off, after[1].1.written_off.get());
}

#[test]
fn claims_are_told() {
    let mut world = world();
    let (winner, loser) = (world.trader(1_000_000 * USDC), world.trader(400_000 * USDC));
    world.trade(winner, 0, 50_000 * SOL).unwrap();
    world.trade(loser, 0, -5_000 * SOL).unwrap();
    world.later_at(60, 0, 312.5);
    world.close_position(winner, 0).unwrap();
    world.close_position(loser, 0).unwrap();
    let (market, account) = (world.addresses.market(0), winner.margin_account);
    let before = world.market(0).state.books;
    let funded = ClaimsFunded {
        market,
        funded: before.backing.get(),
        pot_before: 0,
        pot_after: before.backing.get(),
        claims: before.claims.get(),
    };
    says(world.fund_claims(0), funded);
    let (claim, balance_before) = (world.position(&account, 0).claim.get(), world.balance(&account));
    let event = event!(world.redeem_claim(account, 0), ClaimRedeemed);
    let (left, balance_after) = (world.position(&account, 0).claim.get(), world.balance(&account));
    let redeemed = claim - left;
    // It has the only claim: all that was funded is its own, but for an atom of rounding.
    assert!(before.backing.get() - redeemed <= 1 && balance_after == balance_before + redeemed);
    assert_eq!(event, ClaimRedeemed { account, market, redeemed, left, balance_before, balance_after });
}

/// Half of the position of the one who is named is closed; it has a claim for that, part of which is funded. What a loser has
/// paid since would be enough for the rest.
fn partly_funded() -> (World, Actor) {
    let mut world = world();
    let (whale, friend) = (world.trader(1_000_000 * USDC), world.trader(100_000 * USDC));
    let (loser, late) = (world.trader(400_000 * USDC), world.trader(400_000 * USDC));
    for (actor, size) in [(whale, 38_000), (friend, 2_000), (loser, -5_000), (late, -4_000)] {
        world.trade(actor, 0, size * SOL).unwrap();
    }
    world.later_at(60, 0, 312.5);
    world.close_position(whale, 0).unwrap();
    world.trade(friend, 0, -1_000 * SOL).unwrap();
    world.close_position(loser, 0).unwrap();
    world.fund_claims(0).unwrap();
    world.wait(60);
    world.publish(0, 310.0);
    world.settle_pnl(late.margin_account, 0).unwrap();
    (world, friend)
}

#[test]
fn settlements_tell_what_they_redeem() {
    let (mut world, friend) = partly_funded();
    let (market, account) = (world.addresses.market(0), friend.margin_account);
    let (before, balance_before) = (world.position(&account, 0), world.balance(&account));
    let pot = world.market(0).state.books.pot.get();
    let event = event!(world.settle_pnl(account, 0), ProfitSettled);
    let (after, balance_after) = (world.position(&account, 0), world.balance(&account));
    let redeemed = pot - world.market(0).state.books.pot.get();
    assert_eq!(balance_after, balance_before + redeemed);
    // The rest of the claim waits, so that no profit is settled; the funding owed is set off against it.
    let funding = redeemed as i64 - (before.claim.get() - after.claim.get()) as i64;
    assert!(redeemed > 0 && after.claim.get() > 0 && funding < 0 && before.entry == after.entry);
    let expected =
        ProfitSettled { account, market, profit: 0, funding, redeemed, repaid: 0, balance_before, balance_after };
    assert_eq!(event, expected);
}

#[test]
fn a_trade_tells_what_it_redeems_and_repays() {
    let (mut world, friend) = partly_funded();
    let account = friend.margin_account;
    let (pot, before) = (world.market(0).state.books.pot.get(), world.balance(&account));
    let event = event!(world.trade(friend, 0, -100 * SOL), Traded);
    assert_eq!(event.redeemed, pot - world.market(0).state.books.pot.get());
    assert_eq!((event.balance_before, event.repaid), (before, 0));
    // Of all that moved only what was redeemed is cash: fee and funding are set off against the claim, as the profit adds to it.
    assert_eq!(event.balance_after, before + event.redeemed);
    assert!(event.redeemed > 0 && event.realised > 0);

    let mut world = self::world();
    let victim = world.trader(700 * USDC);
    world.trade(victim, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 218.75);
    world.settle_pnl(victim.margin_account, 0).unwrap();
    let debt = world.position(&victim.margin_account, 0).debt.get();
    world.give(victim.signer, 2_000 * USDC);
    world.deposit(victim, 2_000 * USDC).unwrap();
    let event = event!(world.trade(victim, 0, -10 * SOL), Traded);
    // What the order loses and costs comes from the balance at once, the old debt after it.
    assert_eq!((event.repaid, event.redeemed), (debt, 0));
    let moved = event.funding + event.realised - event.fee as i64 - event.repaid as i64;
    assert_eq!(event.balance_after as i64, event.balance_before as i64 + moved);
    assert_eq!(world.position(&victim.margin_account, 0).debt.get(), 0);
}

#[test]
fn settlements_tell_what_they_repay() {
    let mut world = world();
    let victim = world.trader(700 * USDC);
    let (market, account) = (world.addresses.market(0), victim.margin_account);
    world.trade(victim, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 218.75);
    // 1 250 and more are lost with less than 700: the rest is a debt.
    world.settle_pnl(account, 0).unwrap();
    let debt = world.position(&account, 0).debt.get();
    assert!(debt > 550 * USDC && world.balance(&account) == 0);

    // Nothing else moves in the same second at the same price.
    world.give(victim.signer, 300 * USDC);
    let (repaid, balance_before, balance_after) = (100 * USDC, 100 * USDC, 0);
    world.deposit(victim, repaid).unwrap();
    let event = event!(world.settle_pnl(account, 0), ProfitSettled);
    let expected =
        ProfitSettled { account, market, profit: 0, funding: 0, redeemed: 0, repaid, balance_before, balance_after };
    assert_eq!(event, expected);
    assert_eq!(world.position(&account, 0).debt.get(), debt - repaid);
    let (repaid, balance_before) = (200 * USDC, 200 * USDC);
    world.deposit(victim, repaid).unwrap();
    let event = event!(world.settle_funding(account, 0), FundingSettled);
    let expected = FundingSettled { account, market, funding: 0, redeemed: 0, repaid, balance_before, balance_after };
    assert_eq!(event, expected);
    assert_eq!(world.position(&account, 0).debt.get(), debt - 300 * USDC);
    assert_eq!(world.balance(&account), 0);
}
