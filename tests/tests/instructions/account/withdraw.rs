use crate::expected::{account_sequence, indebted, says, world};
use perp_client::instructions::{withdraw, Authority};
use perp_engine::state::{Account, Status};
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_swap::events::Withdrawn;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn balance_becomes_tokens_one_for_one_wherever_the_owner_wants_them() {
    let mut world = world(1);
    let (trader, friend) = (world.trader(100), world.user(0));
    let (at, vault) = (world.addresses, world.vault());
    for (amount, before, receiver) in [(99, 100, trader.signer), (1, 1, friend)] {
        let expected = Withdrawn {
            exchange: at.exchange,
            time: world.now,
            account: trader.margin_account,
            owner: trader.signer,
            account_sequence: account_sequence(&mut world, trader) + 1,
            destination: at.tokens_of(&receiver),
            amount,
            balance_before: before,
            balance_after: before - amount,
        };
        let account = world.margin_account(&trader.margin_account).state;
        let withdrawal = withdraw(&at, trader, &account, at.tokens_of(&receiver), Atoms::new(amount));
        says(world.run(&[withdrawal]), expected);
    }
    assert_eq!((world.tokens(&trader.signer), world.tokens(&friend), world.vault()), (99, 1, vault - 100));
    let counters = world.margin_account(&trader.margin_account).state.counters;
    assert_eq!((counters.deposited.get(), counters.withdrawn.get()), (100, 100));
}

#[test]
fn with_positions_open_what_stays_covers_the_initial_margin() {
    let mut world = world(2);
    let trader = world.trader(2_000 * USDC);
    world.trade(trader, 0, 40 * SOL).unwrap();
    world.trade(trader, 1, -20 * SOL).unwrap();
    // 2 000 less 6 of fees; less 5 % of 10 000 and of 5 000, 750; less the spread that opening cost, 2.848 183 72 and
    // 1.424 091 86, twice, since it is lost and the adverse end of the price is as far again; less 0.01 and 0.002 5 of
    // impact.
    let most = 1_235_442_948;
    assert_refused(world.withdraw(trader, most + 1), ExchangeError::InitialMargin);
    world.withdraw(trader, most).unwrap();
    assert_eq!(world.tokens(&trader.signer), most);
}

#[test]
fn markets_that_the_account_has_left_are_passed_over_and_ones_it_holds_are_missed() {
    let mut world = world(3);
    let trader = world.trader(2_000 * USDC);
    for market in [0, 1, 2] {
        world.trade(trader, market, 4 * SOL).unwrap();
    }
    let (at, destination) = (world.addresses, world.addresses.tokens_of(&trader.signer));
    let three = world.margin_account(&trader.margin_account).state;
    world.next_slot();
    world.close_position(trader, 1).unwrap();
    // The list was made before the second position was closed.
    let withdrawal = |account: &Account| withdraw(&at, trader, account, destination, Atoms::new(USDC));
    world.run(&[withdrawal(&three)]).unwrap();
    let mut first_alone = three;
    first_alone.positions[2] = Default::default();
    assert_refused(world.run(&[withdrawal(&first_alone)]), ExchangeError::MarketMissing);
    let mut out_of_order = three;
    out_of_order.positions.swap(0, 2);
    world.run(&[withdrawal(&out_of_order)]).unwrap();
}

#[test]
fn nothing_more_than_the_balance_and_a_debtors_balance_are_refused() {
    let mut world = world(1);
    let trader = world.trader(100);
    assert_refused(world.withdraw(trader, 0), ExchangeError::AmountZero);
    assert_refused(world.withdraw(trader, 101), ExchangeError::InsufficientBalance);

    let (mut world, debtor) = indebted();
    world.give(debtor.signer, 2_000 * USDC);
    world.deposit(debtor, 2_000 * USDC).unwrap();
    assert_refused(world.withdraw(debtor, USDC), ExchangeError::DebtOutstanding);
}

#[test]
fn a_pause_keeps_only_accounts_with_positions_and_an_old_price_what_they_may_have_lost() {
    let mut world = world(2);
    let (flat, trader, risk_admin) = (world.trader(100), world.trader(1_000 * USDC), world.risk_admin);
    world.trade(trader, 0, 4 * SOL).unwrap();
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    assert_refused(world.withdraw(trader, 1), ExchangeError::Paused);
    world.withdraw(flat, 50).unwrap();
    world.set_exchange_status(risk_admin, Status::ReduceOnly, 3_600).unwrap();
    world.set_market_status(risk_admin, 0, Status::ReduceOnly, 300).unwrap();
    world.withdraw(trader, 1).unwrap();
    // Fresh, the 4 SOL need 5 % of 1 000 and what the spread and opening cost, 50.97; sixteen seconds old they may have lost
    // 15 % of 1 000 and 0.285 of costs, and need 5 % of 1 150 if they have won it, 207.785. A reading that is too wide is none.
    world.wait(16);
    world.publish_with(0, 250.0, 9.0, world.now);
    world.update_price(0).unwrap();
    let balance = world.balance(&trader.margin_account);
    assert_refused(world.withdraw(trader, balance - 207 * USDC), ExchangeError::InitialMargin);
    world.withdraw(trader, balance - 208 * USDC).unwrap();
    world.later_at(1, 0, 250.0);
    assert_refused(world.withdraw(trader, 158 * USDC), ExchangeError::InitialMargin);
    world.withdraw(trader, 157 * USDC).unwrap();
    world.withdraw(flat, 50).unwrap();
}

#[test]
fn nobody_but_the_owner_withdraws() {
    let mut world = world(1);
    let (trader, delegate) = (world.trader(100), world.user(0));
    world.set_delegate(trader, delegate).unwrap();
    assert_refused(world.withdraw(Authority { signer: delegate, ..trader }, 1), ExchangeError::NotTheOwner);
}
