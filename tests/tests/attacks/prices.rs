//! Pairs of a market and its price account: foreign, swapped, incomplete, repeated, read-only.

use crate::accounts::foreign_exchange;
use crate::{gains_nothing, world};
use anchor_lang::error::ErrorCode;
use anchor_lang::prelude::{AccountMeta, Pubkey};
use perp_accounts::oracle::CORE_RECEIVER;
use perp_client::instructions as client;
use perp_engine::state::Status;
use perp_oracle::write::pull_account;
use perp_swap::errors::ExchangeError;
use perp_tests::chain::Reason;
use perp_tests::listing::feed_id;
use perp_tests::{assert_refused, tokens, World, SOL, USDC};
use solana_instruction::Instruction;

/// The instruction with these accounts after its named one.
fn with_pairs(instruction: &Instruction, pairs: &[AccountMeta]) -> Instruction {
    let mut changed = instruction.clone();
    changed.accounts.truncate(1);
    changed.accounts.extend_from_slice(pairs);
    changed
}

#[test]
fn attack_prices_are_taken_in_by_whole_pairs_of_the_exchange_or_not_at_all() {
    let mut world = world();
    let attacker = world.user(0);
    let at = world.addresses;
    let foreign = foreign_exchange(&mut world, attacker);
    world.wait(1);
    for market in [0, 1] {
        world.publish(market, 260.0);
    }
    let [read, write] = [
        |address: Pubkey| AccountMeta::new_readonly(address, false),
        |address: Pubkey| AccountMeta::new(address, false),
    ];
    let (m0, m1) = (write(at.market(0)), write(at.market(1)));
    let (o0, o1) = (read(world.oracle(0)), read(world.oracle(1)));
    let pairs = ExchangeError::PricePairs.error();
    let whole = client::update_prices(&at, [(0, world.oracle(0)), (1, world.oracle(1))]);
    gains_nothing(&mut world, &[attacker], |world| {
        for (accounts, reason) in [
            (vec![], pairs.clone()),
            (vec![m0.clone()], pairs.clone()),
            (vec![o0.clone()], pairs.clone()),
            (vec![m0.clone(), o0.clone(), m1.clone()], pairs.clone()),
            (vec![m0.clone(), o0.clone(), m1.clone(), o1.clone(), o1.clone()], pairs),
            // Swapped within a pair, and between pairs.
            (vec![o0.clone(), m0.clone()], ExchangeError::MarketNotWritable.error()),
            (vec![write(o0.pubkey), m0.clone()], ErrorCode::AccountOwnedByWrongProgram.error()),
            (vec![m0.clone(), o1.clone(), m1.clone(), o0.clone()], ExchangeError::OracleWrongFeedId.error()),
            (vec![m0.clone(), o0.clone(), m1.clone(), o0.clone()], ExchangeError::OracleWrongFeedId.error()),
            // A market in place of a price account.
            (vec![m0.clone(), m1.clone()], ExchangeError::OracleWrongOwner.error()),
            // Markets only to be read, of another exchange, and what is no market.
            (vec![read(m0.pubkey), o0.clone()], ExchangeError::MarketNotWritable.error()),
            (vec![m0.clone(), o0.clone(), read(m1.pubkey), o1.clone()], ExchangeError::MarketNotWritable.error()),
            (vec![write(foreign.market(0)), o0.clone()], ExchangeError::ExchangeMismatch.error()),
            (
                vec![m1.clone(), o1.clone(), write(foreign.market(0)), o0.clone()],
                ExchangeError::ExchangeMismatch.error(),
            ),
            (vec![write(at.pool), o0.clone()], ErrorCode::AccountDiscriminatorMismatch.error()),
            (vec![write(at.exchange), o0.clone()], ErrorCode::AccountDiscriminatorMismatch.error()),
            (vec![write(at.vault), o0.clone()], ErrorCode::AccountOwnedByWrongProgram.error()),
            (vec![write(attacker), o0.clone()], ErrorCode::AccountOwnedByWrongProgram.error()),
        ] {
            // The world checks that nothing of it was taken in, also of the pairs before.
            assert_refused(world.run(&[with_pairs(&whole, &accounts)]), reason);
        }
        // The real exchange's market under the attacker's exchange.
        let mut under_foreign = whole.clone();
        under_foreign.accounts[0].pubkey = foreign.exchange;
        assert_refused(world.run(&[under_foreign]), ExchangeError::ExchangeMismatch);
    });
    world.run(&[whole]).unwrap();
    for market in [0, 1] {
        assert_eq!(world.market(market).state.price.published.get(), world.now);
    }
}

#[test]
fn attack_a_market_passed_twice_keeps_the_newest_of_its_prices() {
    let mut world = world();
    world.wait(10);
    let at = world.addresses;
    let oracles = [(3, 26_000), (1, 25_500), (2, 25_750)].map(|(age, cents)| {
        let address = Pubkey::new_from_array([0x0A + age as u8; 32]);
        let data = pull_account(feed_id(0), cents * 1_000_000, 0, -8, world.now - age, world.slot);
        world.chain.set_account(&address, tokens::account(&CORE_RECEIVER, data));
        address
    });
    let [old, newest, newer] = oracles;
    // In whatever order they come, and however often, 255.00 of a second ago is the price: what it was before does not
    // count.
    for order in [[newest, old, newer], [old, newer, newest], [newest, newest, old]] {
        world.run(&[client::update_prices(&at, order.map(|oracle| (0, oracle)))]).unwrap();
        let price = world.market(0).state.price;
        // 255 dollars are 255 · 10^(6 − 9) · 2^40 = 280 375 465 082.88
        assert_eq!((price.price.get(), price.published.get()), (280_375_465_082, world.now - 1));
    }
}

#[test]
fn attack_a_pause_keeps_no_price_and_no_funding_back() {
    let mut world = world();
    let (admin, victim) = (world.admin, world.trader(700 * USDC));
    world.trade(victim, 0, 40 * SOL).unwrap();
    world.set_exchange_status(admin, Status::Paused, 300).unwrap();
    let owed = |world: &mut World| world.market(0).state.ledger.sides[0].funding_index.get();
    let before = owed(&mut world);
    // Whoever pauses cannot keep the market at a price that suits.
    world.later_at(60, 0, 200.0);
    assert_eq!(world.market(0).state.price.published.get(), world.now);
    // Nor erase what is owed: it accrues meanwhile as ever.
    let minute = owed(&mut world);
    assert!(minute > before);
    world.wait(30);
    world.update_funding(0).unwrap();
    assert!(owed(&mut world) > minute);
    assert_eq!(world.market(0).state.ledger.funding_time.get(), world.now);
}
