//! The markets of other positions: left out, repeated, out of order, strange, of another kind, writable.

use crate::accounts::foreign_exchange;
use crate::scenes::debtor_with_claim;
use crate::{gains_nothing, world, BACKEND};
use anchor_lang::error::ErrorCode;
use anchor_lang::prelude::{AccountMeta, Pubkey};
use perp_client::instructions::{self as client, Authority, TargetMarket};
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::units::Size;
use perp_swap::errors::ExchangeError;
use perp_tests::chain::Reason;
use perp_tests::world::{order, ALL};
use perp_tests::{assert_refused, World, SOL, USDC};
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;

/// An account with positions of $10 000 in markets 0, 1 and 2, of which 1 has lost 40 · 31.25 = 1 250 and the others
/// have won 78 each; and somebody who could liquidate it. 1 445 are its initial margin, 867 the maintenance margin.
pub fn hedged(deposit: u64) -> (World, Authority, Authority) {
    let mut world = World::new(BACKEND, 4);
    let liquidator = world.trader(100 * USDC);
    let trader = world.trader(deposit);
    for market in 0..3 {
        world.trade(trader, market, 40 * SOL).unwrap();
    }
    world.wait(5);
    for market in [0, 2, 3] {
        world.publish(market, 251.953125);
        world.update_price(market).unwrap();
    }
    world.publish(1, 218.75);
    world.update_price(1).unwrap();
    (world, trader, liquidator)
}

/// Lists of markets in place of the two that belong at the end of an instruction.
struct Lists {
    /// Refused, and why: the next market expected is missing, or something that is no market stands among them.
    refused: Vec<(Vec<Pubkey>, InstructionError)>,
    /// As good as the two: in any order, and markets in which the account holds nothing, and repeated ones, are passed over.
    same: Vec<Vec<Pubkey>>,
}

/// For `[first, second]` beside `target`.
fn lists(world: &World, trader: Authority, first: u16, second: u16, target: u16) -> Lists {
    let at = |index| world.addresses.market(index);
    let missing = || ExchangeError::MarketMissing.error();
    // The target is borrowed for writing already, which the loader reports in the runtime's words.
    let borrowed = || InstructionError::AccountBorrowFailed;
    let (a, b, strange) = (at(first), at(second), at(3));
    let refused = vec![
        (vec![], missing()),
        (vec![a], missing()),
        (vec![b], missing()),
        (vec![a, a], missing()),
        (vec![a, strange], missing()),
        (vec![strange, b], missing()),
        (vec![strange, strange], missing()),
        (vec![a, b, world.addresses.pool], ErrorCode::AccountDiscriminatorMismatch.error()),
        (vec![a, world.addresses.pool], ErrorCode::AccountDiscriminatorMismatch.error()),
        (vec![a, world.addresses.vault], ErrorCode::AccountOwnedByWrongProgram.error()),
        (vec![a, trader.signer], ErrorCode::AccountOwnedByWrongProgram.error()),
        (vec![at(target), b], borrowed()),
        (vec![a, at(target), b], borrowed()),
        (vec![a, b, at(target)], borrowed()),
    ];
    let same = vec![
        vec![b, a],
        vec![b, a, a],
        vec![b, strange, a],
        vec![a, a, b],
        vec![a, b, b],
        vec![a, b, a],
        vec![b, a, b],
        vec![a, b, strange],
        vec![a, strange, b],
        vec![strange, a, b],
        vec![strange, a, strange, strange, b, strange],
    ];
    Lists { refused, same }
}

/// The instruction with these markets in place of the last `count` accounts.
pub fn with_markets(instruction: &Instruction, count: usize, markets: &[Pubkey]) -> Instruction {
    let mut changed = instruction.clone();
    changed.accounts.truncate(instruction.accounts.len() - count);
    changed.accounts.extend(markets.iter().map(|market| AccountMeta::new_readonly(*market, false)));
    changed
}

/// Another exchange's market is refused wherever it stands, also where it would be passed over.
fn with_a_foreign_market(world: &mut World, markets: &[Pubkey]) -> Vec<Vec<Pubkey>> {
    let attacker = world.user(0);
    let foreign = foreign_exchange(world, attacker).market(0);
    (0..=markets.len()).map(|place| [&markets[..place], &[foreign], &markets[place..]].concat()).collect()
}

/// The instruction is refused with wrong lists of markets, and does the same with others that say no less: to the byte,
/// in every account of the exchange.
fn check(
    hedged: impl Fn() -> (World, Authority, Authority),
    target: u16,
    make: impl Fn(&mut World, Authority, Authority) -> Instruction,
) {
    let (mut world, trader, liquidator) = hedged();
    let whole = make(&mut world, trader, liquidator);
    let [first, second] = [0, 1, 2].into_iter().filter(|index| *index != target).collect::<Vec<_>>()[..] else {
        unreachable!()
    };
    let Lists { refused, same } = lists(&world, trader, first, second, target);
    gains_nothing(&mut world, &[trader.signer, liquidator.signer], |world| {
        for (markets, reason) in refused {
            assert_refused(world.run(&[with_markets(&whole, 2, &markets)]), reason);
        }
        let both = [first, second].map(|index| world.addresses.market(index));
        for markets in with_a_foreign_market(world, &both) {
            assert_refused(world.run(&[with_markets(&whole, 2, &markets)]), ExchangeError::ExchangeMismatch);
        }
    });
    let after = |markets: Option<Vec<Pubkey>>| {
        let (mut world, trader, liquidator) = hedged();
        let whole = make(&mut world, trader, liquidator);
        let instruction = markets.map_or(whole.clone(), |markets| with_markets(&whole, 2, &markets));
        world.run(&[instruction]).unwrap();
        world.everything()
    };
    let expected = after(None);
    for markets in same {
        assert!(after(Some(markets.clone())) == expected, "{markets:?}");
    }
}

#[test]
fn attack_hiding_a_losing_leg_from_a_trade_is_refused() {
    check(
        || hedged(4_000 * USDC),
        0,
        |world, trader, _| {
            let target = world.target(0);
            world.trade_instruction(trader, target, &order(SOL))
        },
    );
}

#[test]
fn attack_hiding_a_losing_leg_from_a_withdrawal_is_refused() {
    let (mut world, trader, _) = hedged(4_000 * USDC);
    let [a, b, c, strange] = [0, 1, 2, 3].map(|index| world.addresses.market(index));
    gains_nothing(&mut world, &[trader.signer], |world| {
        let whole = world.withdrawal(trader, USDC);
        for markets in
            [vec![], vec![a], vec![a, b], vec![b, a], vec![a, b, b], vec![a, b, strange], vec![strange, b, c]]
        {
            assert_refused(world.run(&[with_markets(&whole, 3, &markets)]), ExchangeError::MarketMissing);
        }
        for markets in with_a_foreign_market(world, &[a, b, c]) {
            assert_refused(world.run(&[with_markets(&whole, 3, &markets)]), ExchangeError::ExchangeMismatch);
        }
    });
    // What says no less withdraws the same, and no more than that.
    for markets in [vec![a, b, c], vec![strange, a, a, b, strange, c, b]] {
        let (mut world, trader, _) = hedged(4_000 * USDC);
        let instruction = with_markets(&world.withdrawal(trader, USDC), 3, &markets);
        let before = world.balance(&trader.margin_account);
        world.run(&[instruction]).unwrap();
        assert_eq!(world.balance(&trader.margin_account), before - USDC);
        // Of 4 000 less what the legs lost, 1 445 and more must stay.
        let all = world.balance(&trader.margin_account);
        let greedy = with_markets(&world.withdrawal(trader, all), 3, &markets);
        assert_refused(world.run(&[greedy]), ExchangeError::InitialMargin);
    }
}

#[test]
fn attack_hiding_a_winning_leg_from_a_liquidation_is_refused() {
    // At 203.125 the leg has lost 1 875: about 260 are left, and 848 are needed. With a winning leg hidden it would be
    // 80 less.
    let falling = || {
        let (mut world, trader, liquidator) = hedged(2_000 * USDC);
        world.wait(1);
        // In one second, or the leg would count at the better of its last two prices.
        for (market, price) in [(0, 251.953125), (2, 251.953125), (1, 203.125)] {
            world.publish(market, price);
            world.update_price(market).unwrap();
        }
        (world, trader, liquidator)
    };
    check(falling, 1, |world, trader, liquidator| {
        let target = world.target(1);
        world.liquidation(liquidator, trader.margin_account, target, &ALL)
    });
}

#[test]
fn attack_a_market_the_account_does_not_hold_does_not_age_the_others() {
    // Ages are measured from the newest price among the account's own markets. One of another market, ten seconds ahead
    // of the clock, would make the account's prices ten seconds older: a spread wider, a leg stale, a pause over.
    let ahead = |deposit: u64, seconds: i64| {
        let (mut world, trader, liquidator) = hedged(deposit);
        world.wait(seconds);
        world.publish_with(3, 251.953125, 0.0, world.now + 10);
        world.update_price(3).unwrap();
        (world, trader, liquidator)
    };
    let with_stranger = |world: &World, instruction: &Instruction, count: usize| {
        let mut markets: Vec<_> =
            instruction.accounts[instruction.accounts.len() - count..].iter().map(|meta| meta.pubkey).collect();
        markets.insert(0, world.addresses.market(3));
        with_markets(instruction, count, &markets)
    };
    // Within five seconds the target may be traded, within 15 every leg counts at its price; then at the end of a range, which
    // liquidates nobody, and leaves nothing to withdraw.
    type Make = fn(&mut World, Authority, Authority) -> Instruction;
    let cases: [(u64, i64, usize, Make, ExchangeError); 3] = [
        (
            4_000 * USDC,
            5,
            2,
            |world, trader, _| world.trade_instruction(trader, TargetMarket::at_cached_price(0), &order(-SOL)),
            ExchangeError::PriceStale,
        ),
        // 846 are left, and 867 are needed.
        (
            1_960 * USDC,
            15,
            2,
            |world, trader, liquidator| {
                world.publish(1, 218.75);
                world.liquidation(liquidator, trader.margin_account, world.target(1), &ALL)
            },
            ExchangeError::NotLiquidatable,
        ),
        (4_000 * USDC, 15, 3, |world, trader, _| world.withdrawal(trader, 1_000 * USDC), ExchangeError::InitialMargin),
    ];
    for (deposit, seconds, count, make, reason) in cases {
        let after = |stranger: bool| {
            let (mut world, trader, liquidator) = ahead(deposit, seconds);
            let mut instruction = make(&mut world, trader, liquidator);
            if stranger {
                instruction = with_stranger(&world, &instruction, count);
            }
            world.run(&[instruction]).unwrap();
            world.everything()
        };
        assert!(after(true) == after(false), "after {seconds} seconds");
        // A second later its own prices are too old, whatever stands beside them.
        let (mut world, trader, liquidator) = ahead(deposit, seconds + 1);
        let instruction = make(&mut world, trader, liquidator);
        let instruction = with_stranger(&world, &instruction, count);
        assert_refused(world.run(&[instruction]), reason);
    }
}

#[test]
fn attack_closing_a_leg_before_each_attempt_stops_no_liquidation() {
    // Eleven legs of $1 000 at 20x, 550 of margin. 22.07 · 44 SOL = 971.25 of the 1 000 are lost when prices fall from
    // 250 to 227.93, and about 29 less costs are left of the 300 that are needed.
    let mut world = World::new(BACKEND, 11);
    let (victim, liquidator) = (world.trader(1_000 * USDC), world.trader(0));
    world.publish_all_again();
    for market in 0..11 {
        world.trade(victim, market, 4 * SOL).unwrap();
    }
    world.wait(10);
    for market in 0..11 {
        world.publish(market, 227.93);
        world.update_price(market).unwrap();
    }
    let piece = LiquidationOrder { max_size: Size::new(SOL as u64 / 20), ..ALL };
    for closed in 1..11 {
        // The liquidator's instruction names a leg that is closed a moment before it arrives.
        let late = world.liquidation(liquidator, victim.margin_account, TargetMarket::at_cached_price(0), &piece);
        assert_eq!(late.accounts.len(), 8 + 11 - usize::from(closed));
        world.close_position(victim, closed).unwrap();
        let before = world.balance(&liquidator.margin_account);
        world.run(&[late]).unwrap();
        assert!(world.balance(&liquidator.margin_account) > before, "leg {closed} was closed in vain");
    }
    // Nor does a leg that the list does not name yet pass unseen.
    let stale = world.liquidation(liquidator, victim.margin_account, TargetMarket::at_cached_price(0), &piece);
    world.give(victim.signer, 1_000 * USDC);
    world.deposit(victim, 1_000 * USDC).unwrap();
    world.trade(victim, 10, SOL).unwrap();
    assert_refused(world.run(&[stale]), ExchangeError::MarketMissing);
}

#[test]
fn attack_hiding_a_claim_from_a_bankruptcy_so_that_nothing_is_owed_for_it_is_refused() {
    let mut world = World::new(BACKEND, 3);
    let donor = world.user(100_000 * USDC);
    world.fund_insurance(donor, Some(1), 100_000 * USDC).unwrap();
    let debtor = debtor_with_claim(&mut world);
    let address = debtor.margin_account;
    let (claim, debt) = (world.position(&address, 0).claim.get(), world.position(&address, 1).debt.get());

    let state = world.margin_account(&address).state;
    let at = world.addresses;
    let whole = client::resolve_bankruptcy(&at, address, &state, 1);
    let foreign = foreign_exchange(&mut world, donor).market(0);
    let [claimed, owed, strange] = [0, 1, 2].map(|index| at.market(index));
    let missing = ExchangeError::MarketMissing.error();
    let with = |markets: &[AccountMeta]| {
        let mut forged = whole.clone();
        forged.accounts.pop();
        forged.accounts.extend_from_slice(markets);
        forged
    };
    let read = |market: &Pubkey| AccountMeta::new_readonly(*market, false);
    for (markets, reason) in [
        (vec![], missing.clone()),
        (vec![strange], missing.clone()),
        (vec![strange, strange], missing),
        (vec![claimed, foreign], ExchangeError::ExchangeMismatch.error()),
        (vec![foreign, claimed], ExchangeError::ExchangeMismatch.error()),
        (vec![claimed, at.exchange], ErrorCode::AccountDiscriminatorMismatch.error()),
        // The market that is owed is borrowed already.
        (vec![owed, claimed], InstructionError::AccountBorrowFailed),
        (vec![claimed, owed], InstructionError::AccountBorrowFailed),
    ] {
        let markets: Vec<_> = markets.iter().map(read).collect();
        assert_refused(world.run(&[with(&markets)]), reason);
    }
    // The insurance pays and is owed the claim, once, however often its market is passed; no market but the one that is owed
    // changes.
    let untouched = [claimed, strange].map(|market| world.chain.account(&market));
    let repeated: Vec<_> = [strange, claimed, claimed, strange, claimed].iter().map(read).collect();
    world.run(&[with(&repeated)]).unwrap();
    let (insurance, position) = (world.market(1).state.ledger.insurance.get(), world.position(&address, 1));
    assert_eq!((position.debt.get(), position.recoverable.get()), (0, claim));
    assert_eq!(insurance, (100_000 * USDC).saturating_sub(debt));
    assert_eq!([claimed, strange].map(|market| world.chain.account(&market)), untouched);
}

#[test]
fn attack_a_writable_market_beside_the_target_is_only_read() {
    let (mut world, trader, liquidator) = hedged(2_000 * USDC);
    let target = world.target(0);
    let other = world.addresses.market(2);
    let mut trade = world.trade_instruction(trader, target, &order(-SOL));
    assert_eq!(trade.accounts.last().unwrap().pubkey, other);
    trade.accounts.last_mut().unwrap().is_writable = true;
    let before = world.chain.account(&other);
    gains_nothing(&mut world, &[trader.signer, liquidator.signer], |world| {
        world.run(&[trade]).unwrap();
    });
    assert_eq!(world.chain.account(&other), before);
}

#[test]
fn attack_extra_accounts_with_a_withdrawal_from_a_flat_account_change_nothing() {
    let mut world = world();
    let trader = world.trader(100 * USDC);
    let extra = [world.addresses.market(0), world.addresses.pool];
    let before = extra.map(|address| world.chain.account(&address));
    gains_nothing(&mut world, &[trader.signer], |world| {
        let mut withdrawal = world.withdrawal(trader, 60 * USDC);
        withdrawal.accounts.extend(extra.map(|address| AccountMeta::new(address, false)));
        world.run(&[withdrawal]).unwrap();
    });
    assert_eq!(world.balance(&trader.margin_account), 40 * USDC);
    assert_eq!(extra.map(|address| world.chain.account(&address)), before);
}
