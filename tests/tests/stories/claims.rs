//! A market that cannot pay its winners at once: claims, their funding, and what they are worth against debts.

use crate::world;
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, Backend, World, SOL, USDC};

crate::on_both_backends!(winners_wait_for_losers_and_are_paid_alike, a_claim_is_set_off_against_a_debt_elsewhere,);

fn winners_wait_for_losers_and_are_paid_alike(backend: Backend) {
    let mut world = world(backend, 1);
    let whale = world.trader(1_000_000 * USDC);
    let friend = world.trader(50_000 * USDC);
    let loser = world.trader(400_000 * USDC);
    let late = world.trader(1_300_000 * USDC);
    for (actor, size) in [(whale, 50_000), (friend, 2_000), (loser, -5_000), (late, -10_000)] {
        world.trade(actor, 0, size * SOL).unwrap();
    }
    let claim = |world: &mut World, actor: perp_client::instructions::Authority| {
        world.position(&actor.margin_account, 0).claim.get()
    };
    // Two million of backing and 5 355 of fees.
    assert_eq!(world.market(0).state.ledger.backing.get(), 2_005_355_000_000);

    // 312.50: the whale's profit is 50 000 · 62.50 less 24 955.829 240 of spread and impact both ways,
    // 3 100 044.170 760. The backing and 0.939 645 of funding are all there is; the rest is a claim, of which the fee
    // of 3 937.50 is taken off.
    world.later_at(60, 0, 312.5);
    world.close_position(whale, 0).unwrap();
    assert_eq!(world.balance(&whale.margin_account), 3_000_355_000_000);
    assert_eq!(world.market(0).state.ledger.backing.get(), 0);
    // 3 100 044.170 760 − 2 005 355.939 645 − 3 937.50
    assert_eq!(claim(&mut world, whale), 1_090_750_731_115);
    // What is cash can leave; the account stays for the claim.
    world.withdraw(whale, 3_000_355_000_000).unwrap();
    assert_refused(world.close_account(whale), ExchangeError::AccountNotEmpty);

    // Settling never makes a claim: the friend's profit stays where it is while the market owes.
    world.settle_pnl(friend.margin_account, 0).unwrap();
    assert_eq!(claim(&mut world, friend), 0);
    assert_eq!(world.balance(&friend.margin_account), 49_800_000_000 - 37_586);
    // Closing does: 122 967.079 330 less the fee of 250, and not a cent of cash.
    world.close_position(friend, 0).unwrap();
    assert_eq!(claim(&mut world, friend), 122_717_079_330);
    assert_eq!(world.balance(&friend.margin_account), 49_800_000_000 - 37_586);

    // What is left is short: nobody can sell more to a market that owes, and the pool puts nothing into it.
    let newcomer = world.trader(10_000 * USDC);
    assert_refused(world.trade(newcomer, 0, -10 * SOL), ExchangeError::MarketCapacity);
    assert_refused(world.allocate_backing(0), ExchangeError::MarketCapacity);

    // A loser leaves 313 582.344 813 behind: 25.84 % of 1 213 467.810 445, for both alike, whoever comes first.
    world.close_position(loser, 0).unwrap();
    assert_eq!(world.balance(&loser.margin_account), 86_136_442_773);
    world.fund_claims(0).unwrap();
    assert_refused(world.fund_claims(0), ExchangeError::NothingToFund);
    assert_eq!(world.market(0).state.ledger.claims_reserve.get(), 313_582_344_813);
    world.redeem_claim(whale.margin_account, 0).unwrap();
    assert_eq!(world.balance(&whale.margin_account), 281_870_000_114);
    assert_eq!(claim(&mut world, whale), 808_880_731_001);
    assert_refused(world.redeem_claim(whale.margin_account, 0), ExchangeError::NothingToRedeem);

    // The late one's loss becomes cash while the position stays open: 625 712.045 930. The friend, who has not come
    // yet, is paid of both fundings at once.
    world.settle_pnl(late.margin_account, 0).unwrap();
    world.fund_claims(0).unwrap();
    world.redeem_claim(whale.margin_account, 0).unwrap();
    world.redeem_claim(friend.margin_account, 0).unwrap();
    assert_eq!(claim(&mut world, whale), 246_446_459_730);
    assert_eq!(claim(&mut world, friend), 27_726_948_868);
    // 246 446.459 730 / 1 090 750.731 115 = 27 726.948 868 / 122 717.079 330 = 22.594 %

    // 343.75: the late one closes, which pays the rest and leaves 39 924.437 289 to the pool.
    world.later_at(60, 0, 343.75);
    world.close_position(late, 0).unwrap();
    assert_eq!(world.balance(&late.margin_account), 359_621_347_079);
    world.fund_claims(0).unwrap();
    world.redeem_claim(friend.margin_account, 0).unwrap();
    world.redeem_claim(whale.margin_account, 0).unwrap();
    assert_eq!(world.balance(&whale.margin_account), 4_091_105_731_115 - 3_000_355_000_000);
    assert_eq!(world.balance(&friend.margin_account), 172_517_041_744);
    let books = world.market(0).state.ledger;
    assert_eq!((books.claims.get(), books.claims_reserve.get(), books.backing.get()), (0, 0, 39_924_437_289));
    assert_eq!(books.claim_round, 1);

    for actor in [whale, friend, loser, late, newcomer] {
        let all = world.balance(&actor.margin_account);
        world.withdraw(actor, all).unwrap();
        world.close_account(actor).unwrap();
    }
    // What is left is the pool's and the protocol's.
    assert_eq!(world.vault(), 8_000_000 * USDC + 39_924_437_289 + 695_000_000);
}

fn a_claim_is_set_off_against_a_debt_elsewhere(backend: Backend) {
    let mut world = world(backend, 2);
    let (liquidator, whale) = (world.trader(0), world.trader(1_000_000 * USDC));
    let friend = world.trader(60_000 * USDC);
    for (actor, market, size) in [(whale, 0, 50_000), (friend, 0, 2_000), (friend, 1, 900)] {
        world.trade(actor, market, size * SOL).unwrap();
    }
    world.later_at(60, 1, 250.0);
    world.publish(0, 312.5);
    world.close_position(whale, 0).unwrap();
    world.close_position(friend, 0).unwrap();
    let claim = world.position(&friend.margin_account, 0).claim.get();

    // The other market falls to 3.906 25: 900 · 246.093 75 = 221 484.375 are lost with less than 60 000 of cash. A
    // claim on a market that has nothing is no margin.
    world.wait(10);
    world.publish(1, 3.90625);
    world.liquidate(liquidator, friend.margin_account, 1).unwrap();
    let debt = world.position(&friend.margin_account, 1).debt.get();
    assert!(debt > 160_000 * USDC && claim > 120_000 * USDC && debt > claim);
    assert_eq!(world.balance(&friend.margin_account), 0);
    assert_refused(world.resolve_bankruptcy(friend.margin_account, 0), ExchangeError::NoDebt);

    // The claim is set off against the debt, one for one; neither insurance has anything, and the rest is written off.
    // No cash has moved.
    let before = [0, 1].map(|market| world.market(market).state.ledger);
    world.resolve_bankruptcy(friend.margin_account, 1).unwrap();
    let after = [0, 1].map(|market| world.market(market).state.ledger);
    assert_eq!(after[0].claims.get(), before[0].claims.get() - claim);
    assert_eq!(after[1].debts.get(), 0);
    assert_eq!(after[1].written_off.get(), debt - claim);
    assert_eq!(after.map(|books| books.backing), before.map(|books| books.backing));
    world.close_account(friend).unwrap();
}
