//! From the creation of the exchange to the last withdrawal, with a liquidity provider, two traders, two leveraged
//! traders and a liquidator who holds nothing.

use crate::in_memory::follow;
use perp_engine::state::{PriceLimit, DEAD_SHARES};
use perp_swap::errors::ExchangeError;
use perp_tests::world::SET_APART;
use perp_tests::{assert_refused, listing, Backend, World, SOL, USDC};

crate::on_both_backends!(everybody_comes_trades_and_leaves);

fn everybody_comes_trades_and_leaves(backend: Backend) {
    let mut world = World::before_creation(backend);
    follow(&mut world);
    world.create_exchange().unwrap();

    // Ten million come in at one share an atom, and the 0.02 % of all of it that are set apart; a cent's worth of shares is locked for
    // ever. Two million back the market.
    let provider = world.user(10_000_000 * USDC + SET_APART);
    world.add_liquidity(provider, 10_000_000 * USDC + SET_APART);
    world.list(listing::market(0, listing::unmeasured(), 2_000_000 * USDC));
    world.wait(30);
    world.publish_all_again();
    assert_eq!(world.shares(&provider), 10_000_000 * USDC - DEAD_SHARES);
    world.allocate_backing(0).unwrap();
    assert_eq!(world.pool().state.cash.get(), 8_000_000 * USDC);
    assert_eq!(world.market(0).state.ledger.backing.get(), 2_000_000 * USDC);
    let donor = world.user(1_000 * USDC);
    world.fund_insurance(donor, None, 1_000 * USDC).unwrap();

    // Alice buys 8 000 SOL at 250, 10x. Fee: 2 000 000 · 4 bps = 800, a tenth of it the protocol's.
    let alice = world.trader(200_000 * USDC);
    world.trade(alice, 0, 8_000 * SOL).unwrap();
    assert_eq!(world.balance(&alice.margin_account), 199_200_000_000);
    assert_eq!(world.market(0).state.ledger.backing.get(), 2_000_720_000_000);
    // Spread: 2 · 80 % · √(1 s / year) = 2.848 bps of 2 000 000 are 569.636 744; impact: 8 000² / (2 · 20 000 000) =
    // 1.6 SOL are 400. 199 200 − 969.636 744.33 = 198 230.363 255.67
    assert_eq!(world.equity(&alice.margin_account), 198_230_363_255);

    // Bob sells 3 000, which makes the market less one-sided: 2 bps of 750 000 = 150, no impact, spread 213.613 779.12.
    let bob = world.trader(100_000 * USDC);
    world.trade(bob, 0, -3_000 * SOL).unwrap();
    assert_eq!(world.balance(&bob.margin_account), 99_850_000_000);
    assert_eq!(world.equity(&bob.margin_account), 99_636_386_220);

    // A day of funding. The skew of 5 000 is 1/16 of the 80 000 at which velocity is full, so the rate grows by 9.6 % /
    // 16 = 0.6 % a day per day, and longs pay 0.3 % of 2 000 000 = 6 000; carry is 5 % a year · 8 % of the cap on
    // 2 000 000, 21.90. Shorts get 0.3 % of 750 000 = 2 250, less 5 % · 3 % a year, 3.08.
    for _ in 0..24 {
        world.wait(3_600);
        world.publish(0, 250.0);
        world.update_funding(0).unwrap();
    }
    world.settle_funding(alice.margin_account, 0).unwrap();
    assert_eq!(world.balance(&alice.margin_account), 199_200_000_000 - 6_021_898_975);
    world.settle_funding(bob.margin_account, 0).unwrap();
    assert_eq!(world.balance(&bob.margin_account), 99_850_000_000 + 2_246_918_483);

    // At 257.8125 Alice has gained 8 000 · 7.8125 = 62 500 less what spread and impact took, 969.636 745:
    // 61 530.363 255. Bob has lost 23 437.50 and 213.613 779. Settled, both are cash; the minute's funding was
    // 8.612 421 and 3.221 570.
    world.later_at(60, 0, 257.8125);
    world.settle_pnl(alice.margin_account, 0).unwrap();
    assert_eq!(world.balance(&alice.margin_account), 193_178_101_025 - 8_612_421 + 61_530_363_255);
    world.settle_pnl(bob.margin_account, 0).unwrap();
    assert_eq!(world.balance(&bob.margin_account), 102_096_918_483 + 3_221_570 - 23_651_113_779);
    assert_eq!(world.market(0).state.ledger.backing.get(), 1_966_756_121_867);

    // Carol and Erin each buy 40 SOL with all they have: 10 312.50 of notional, a fee of 4.125, a spread of 2.937, and
    // 2.589 and 2.609 of impact on a skew of 5 000 and 5 040.
    let carol = {
        let owner = world.user(720 * USDC);
        world.account(owner, 0, Some(0))
    };
    let erin = {
        let owner = world.user(530 * USDC);
        world.account(owner, 0, Some(0))
    };
    world.deposit(carol, 720 * USDC).unwrap();
    world.deposit(erin, 530 * USDC).unwrap();
    // 5 % of 10 312.50 would be left of 523, but not after the costs and at an adverse price.
    assert_refused(world.trade(erin, 0, 41 * SOL), ExchangeError::InitialMargin);
    world.trade(carol, 0, 40 * SOL).unwrap();
    world.trade(erin, 0, 40 * SOL).unwrap();
    assert_eq!(world.equity(&carol.margin_account), 710_349_373);
    assert_eq!(world.equity(&erin.margin_account), 520_328_748);

    // 246.09375: Carol has lost 468.75 and 0.041 135 of funding; 241.558 238 are left of a margin of 3 % of 9 843.75,
    // 295.3125. The liquidator closes (1.25 · 295.3125 − 241.558 238) / (1.25 · 3 % − 1 %) = 4 639.359 566 of notional,
    // 18.852 000 617 SOL. Penalty 1 %: 46.393 595. Depth (295.3125 − 241.558) / 295.3125 = 18.2 %, so the bounty is
    // 30 % + 18.2 % · 20 % = 33.6405 %, 15.607 037; the backing keeps 20 %, 9.278 719; the insurance gets 21.507 839.
    let liquidator = world.trader(0);
    world.later_at(60, 0, 246.09375);
    world.liquidate(liquidator, carol.margin_account, 0).unwrap();
    assert_eq!(world.position(&carol.margin_account, 0).size.get(), 40 * SOL - 18_852_000_617);
    assert_eq!(world.balance(&liquidator.margin_account), 15_607_037);
    assert_eq!(world.market(0).state.ledger.insurance.get(), 21_507_839);
    assert_eq!(world.balance(&carol.margin_account), 715_875_000 - 41_135 - 223_526_111 - 46_393_595);
    assert_refused(world.liquidate(liquidator, carol.margin_account, 0), ExchangeError::NotLiquidatable);

    // 238.28125: Carol's rest is closed whole. 29.924 825 of equity are left, less than 1 % of 5 039.17, and all of it
    // is penalty. The bounty grows no more once the penalty takes all equity, at two thirds of the depth: 30 % + 66.6666 % · 20 % =
    // 43.3333 %, 12.967 414; backing 20 % = 5.984 965, insurance 10.972 446. For the 2 046.69 whose penalty no equity covers the
    // insurance pays 1.8 bp, 0.368 404, what the reducing fee of 2 bps leaves the market.
    world.later_at(60, 0, 238.28125);
    world.liquidate(liquidator, carol.margin_account, 0).unwrap();
    assert_eq!(world.balance(&carol.margin_account), 0);
    assert_eq!(world.balance(&liquidator.margin_account), 15_607_037 + 12_967_414 + 368_404);
    assert_eq!(world.market(0).state.ledger.insurance.get(), 21_507_839 + 10_972_446 - 368_404);

    // Erin has lost 786.796 252 and 0.080 991 of funding with 525.875: 261.002 243 remain a debt, and no penalty is
    // taken. For closing 9 531.25 the insurance pays 1.715 625.
    world.liquidate(liquidator, erin.margin_account, 0).unwrap();
    assert_eq!(world.position(&erin.margin_account, 0).debt.get(), 261_002_243);
    assert_eq!(world.balance(&liquidator.margin_account), 30_658_480);
    // The market's insurance pays what it has, 30.396 256; the shared one a tenth of its 1 000; 130.605 987 are lost.
    world.resolve_bankruptcy(erin.margin_account, 0).unwrap();
    let books = world.market(0).state.ledger;
    assert_eq!((books.insurance.get(), books.debts.get(), books.written_off.get()), (0, 0, 130_605_987));
    assert_eq!(world.pool().state.insurance.get(), 900 * USDC);
    assert_eq!(books.backing.get(), 1_968_074_638_387);

    // Bob turns: 3 000 are closed and 1 000 bought in one order of 4 000, then sold again in the next slot.
    world.trade(bob, 0, 4_000 * SOL).unwrap();
    assert_eq!(world.position(&bob.margin_account, 0).size.get(), 1_000 * SOL);
    // 78 449.026 274 + 6.058 975 funding + 58 139.954 052 realized − 381.25 fee
    assert_eq!(world.balance(&bob.margin_account), 136_213_789_301);
    assert_refused(world.close_position(bob, 0), ExchangeError::SameSlotReduction);
    world.next_slot();
    world.close_position(bob, 0).unwrap();
    // − 219.132 195 realized − 47.656 250
    assert_eq!(world.balance(&bob.margin_account), 135_947_000_856);
    // Alice leaves with 254 699.851 859 − 16.198 050 funding − 156 792.935 027 − 381.25 fee.
    world.close_position(alice, 0).unwrap();
    assert_eq!(world.balance(&alice.margin_account), 97_509_468_782);

    // Everybody takes out what is theirs and closes.
    for (actor, amount) in [(alice, 97_509_468_782), (bob, 135_947_000_856), (liquidator, 30_658_480)] {
        world.withdraw(actor, amount).unwrap();
        assert_eq!(world.tokens(&actor.signer), amount);
    }
    for actor in [alice, bob, carol, erin, liquidator] {
        world.close_account(actor).unwrap();
    }
    let admin = world.admin;
    world.give(admin, 0);
    world.withdraw_protocol_fees(0).unwrap();
    assert_eq!(world.tokens(&admin), 176_840_625);

    // The market's backing, 2 067 686.031 257, goes back to the pool, and the provider leaves a day later.
    world.set_backing_target(0, 0).unwrap();
    world.allocate_backing(0).unwrap();
    assert_eq!(world.pool().state.cash.get(), 10_067_686_031_257);
    let shares = world.shares(&provider);
    world.request_liquidity_withdrawal(provider, 1, shares, PriceLimit::None).unwrap();
    world.serve(admin);
    // 10 067 686.031 257 · (1 − 10^-9) are 10 067 686.021 189, and ⌈a 5 000th⌉ of that is set apart.
    assert_eq!(world.tokens(&provider), 10_067_686_021_189 - 2_013_537_205);

    // What is left: the dead shares' cent and what it earned, the shared insurance, and what is set apart for settlements.
    let books = world.books();
    assert_eq!((books.pool.state.cash.get(), books.pool.state.settling.get()), (10_068, SET_APART + 2_013_537_205));
    assert_eq!(books.vault, 10_068 + 900 * USDC + SET_APART + 2_013_537_205);
}
