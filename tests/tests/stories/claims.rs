//! A market that cannot pay its winners at once: claims, their funding, and what they are worth against debts.

use crate::world;
use perp_client::instructions::Authority;
use perp_swap::errors::ExchangeError;
use perp_tests::world::SET_APART;
use perp_tests::{assert_refused, listing, Backend, World, SOL, USDC};

crate::on_both_backends!(
    winners_wait_for_losers_and_are_paid_alike,
    in_whatever_order_winners_leave_they_get_the_same,
    a_claim_is_owed_to_those_who_pay_a_debt_elsewhere,
);

/// A market that could not pay everybody even if every loser paid: a whale has won 3 100 000, a friend 123 000, and the backing is
/// 2 005 000. Two shorts have lost 312 500 and 625 000.
struct Short {
    world: World,
    whale: Authority,
    friend: Authority,
    loser: Authority,
    late: Authority,
}

impl Short {
    fn new(backend: Backend) -> Self {
        let mut world = World::with_market(backend, listing::unmeasured());
        let [whale, friend, loser, late] =
            [1_000_000, 50_000, 400_000, 1_300_000].map(|deposit| world.trader(deposit * USDC));
        for (actor, size) in [(whale, 50_000), (friend, 2_000), (loser, -5_000), (late, -10_000)] {
            world.trade(actor, 0, size * SOL).unwrap();
        }
        // Two million of backing and 5 355 of fees.
        assert_eq!(world.market(0).state.ledger.backing.get(), 2_005_355_000_000);
        world.later_at(60, 0, 312.5);
        assert!(world.market(0).state.ledger.is_short());
        Self { world, whale, friend, loser, late }
    }

    fn claim(&mut self, actor: Authority) -> u64 {
        self.world.position(&actor.margin_account, 0).claim.get()
    }
}

fn winners_wait_for_losers_and_are_paid_alike(backend: Backend) {
    let Short { mut world, whale, friend, loser, late } = Short::new(backend);
    let claim = |world: &mut World, actor: Authority| world.position(&actor.margin_account, 0).claim.get();
    // The whale's profit is 50 000 · 62.50 less 24 955.829 240 of spread and impact both ways, 3 100 044.170 760: all of it a claim,
    // of which the fee of 3 937.50 and its minute of funding, 0.939 645, are taken off; not a cent of cash, though two million are
    // there.
    let cash = world.balance(&whale.margin_account);
    world.close_position(whale, 0).unwrap();
    assert!(world.balance(&whale.margin_account) <= cash);
    let of_whale = claim(&mut world, whale);
    assert!((3_096_106_000_000..3_096_107_000_000).contains(&of_whale), "{of_whale}");
    // The friend's is still open, 4 % of what the market owes: nobody is paid before it is noted as well.
    assert_refused(world.fund_claims(0), ExchangeError::ProfitsNotNoted);
    world.close_position(friend, 0).unwrap();
    let of_friend = claim(&mut world, friend);
    // 2 000 · 62.50 less 1 417.409 186 of spread and impact when it was opened, and a fee of 250 and what closing costs.
    assert!((122_700 * USDC..123_100 * USDC).contains(&of_friend), "{of_friend}");

    // What is left is short: nobody can sell more to a market that owes, and the pool puts nothing into it.
    let newcomer = world.trader(10_000 * USDC);
    assert_refused(world.trade(newcomer, 0, -10 * SOL), ExchangeError::MarketCapacity);
    assert_refused(world.allocate_backing(0), ExchangeError::WithinHysteresis);

    // Two thirds are there, for both alike, whoever comes first.
    world.fund_claims(0).unwrap();
    assert_refused(world.fund_claims(0), ExchangeError::NothingToFund);
    assert_refused(world.allocate_backing(0), ExchangeError::MarketCapacity);
    let same_part = |world: &mut World| {
        let [a, b] = [(whale, of_whale), (friend, of_friend)].map(|(actor, all)| {
            let left = claim(world, actor);
            left as f64 / all as f64
        });
        assert!((a - b).abs() < 1e-9, "{a} and {b}");
        a
    };
    for actor in [whale, friend] {
        world.redeem_claim(actor.margin_account, 0).unwrap();
    }
    // (3 219 000 − 2 005 600) / 3 219 000
    let left = same_part(&mut world);
    assert!((0.376..0.378).contains(&left), "{left}");
    assert_refused(world.redeem_claim(whale.margin_account, 0), ExchangeError::NothingToRedeem);
    // What is cash can leave; the account stays for the claim.
    let cash = world.balance(&whale.margin_account);
    world.withdraw(whale, cash).unwrap();
    assert_refused(world.close_account(whale), ExchangeError::AccountNotEmpty);

    // One loser leaves, and the other's loss becomes cash while the position stays open. The friend, who has not come meanwhile, is
    // paid of both fundings at once, and has the same part left.
    world.close_position(loser, 0).unwrap();
    world.fund_claims(0).unwrap();
    world.redeem_claim(whale.margin_account, 0).unwrap();
    world.settle_pnl(late.margin_account, 0).unwrap();
    world.fund_claims(0).unwrap();
    for actor in [whale, friend] {
        world.redeem_claim(actor.margin_account, 0).unwrap();
    }
    // 1 213 400 less 313 600 and 625 700 of 3 219 000.
    let left = same_part(&mut world);
    assert!((0.084..0.086).contains(&left), "{left}");

    // 343.75: the late one closes, which pays the rest, and leaves some to the pool.
    world.later_at(60, 0, 343.75);
    world.close_position(late, 0).unwrap();
    world.fund_claims(0).unwrap();
    for actor in [friend, whale] {
        world.redeem_claim(actor.margin_account, 0).unwrap();
        assert_eq!(claim(&mut world, actor), 0);
    }
    let books = world.market(0).state.ledger;
    assert_eq!((books.claims.get(), books.claims_reserve.get(), books.short), (0, 0, 0));
    assert!(books.claim_round >= 1 && !books.backing.is_zero());

    for actor in [whale, friend, loser, late, newcomer] {
        let all = world.balance(&actor.margin_account);
        world.withdraw(actor, all).unwrap();
        world.close_account(actor).unwrap();
    }
    // What is left is the pool's and the protocol's, the carry's surge, which is the insurance's, and what is set apart of the deposit.
    let books = world.market(0).state.ledger;
    let left = books.backing.get() + books.protocol_fees.get() + books.insurance.get();
    assert_eq!(world.vault(), 8_000_000 * USDC + left + SET_APART);
}

fn in_whatever_order_winners_leave_they_get_the_same(backend: Backend) {
    // What whale and friend have in cash and what is owed to them, once all that is there is paid out.
    let after = |first_whale: bool| {
        let mut short = Short::new(backend);
        let (whale, friend) = (short.whale, short.friend);
        let order = if first_whale { [whale, friend] } else { [friend, whale] };
        for actor in order {
            short.world.settle_pnl(actor.margin_account, 0).unwrap();
            // Whoever was first would be paid first, but nothing is paid yet.
            let funded = short.world.fund_claims(0);
            if actor == order[1] {
                funded.unwrap();
            } else {
                assert_refused(funded, ExchangeError::ProfitsNotNoted);
            }
        }
        for actor in order {
            short.world.redeem_claim(actor.margin_account, 0).unwrap();
        }
        [whale, friend].map(|actor| (short.world.balance(&actor.margin_account), short.claim(actor)))
    };
    let (one, other) = (after(true), after(false));
    for ((cash, claim), (other_cash, other_claim)) in one.into_iter().zip(other) {
        // But for an atom of rounding.
        assert!(cash.abs_diff(other_cash) <= 1 && claim.abs_diff(other_claim) <= 1, "{one:?} and {other:?}");
        assert!(claim > 0);
    }
}

fn a_claim_is_owed_to_those_who_pay_a_debt_elsewhere(backend: Backend) {
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
    let address = friend.margin_account;
    let debt = world.position(&address, 1).debt.get();
    assert!(debt > 160_000 * USDC && claim > 120_000 * USDC && debt > claim);
    assert_eq!(world.balance(&address), 0);
    assert_refused(world.resolve_bankruptcy(address, 0), ExchangeError::NoDebt);

    // The claim is no cash: neither insurance has anything, and all of the debt is written off. What the account owes for that is
    // its claim, and nothing of the first market moves.
    let before = [0, 1].map(|market| world.market(market).state.ledger);
    world.resolve_bankruptcy(address, 1).unwrap();
    let after = [0, 1].map(|market| world.market(market).state.ledger);
    assert_eq!(after[0], before[0]);
    assert_eq!((after[1].debts.get(), after[1].written_off.get()), (0, debt));
    assert_eq!(after[1].backing, before[1].backing);
    assert_eq!(world.position(&address, 1).recoverable.get(), claim);
    assert_refused(world.close_account(friend), ExchangeError::AccountNotEmpty);

    // What comes of the claim is the second market's insurance's, and what does not come is nobody's: then the owner may go.
    world.fund_claims(0).unwrap();
    world.redeem_claim(address, 0).unwrap();
    let came = world.balance(&address);
    world.settle_funding(address, 1).unwrap();
    assert_eq!(world.market(1).state.ledger.insurance.get(), before[1].insurance.get() + came);
    assert_eq!(world.balance(&address), 0);
    assert_eq!(world.position(&address, 1).recoverable.get(), claim - came);
}
