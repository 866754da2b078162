use crate::expected::{account_sequence, indebted, says, world};
use perp_client::instructions::{close_account, Authority};
use perp_swap::errors::ExchangeError;
use perp_swap::events::AccountClosed;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn an_empty_account_is_gone_and_its_rent_is_the_owners() {
    let mut world = world(1);
    let trader = world.trader(0);
    let lamports = world.chain.account(&trader.signer).unwrap().lamports;
    let rent = world.chain.account(&trader.margin_account).unwrap().lamports;
    let expected = AccountClosed {
        exchange: world.addresses.exchange,
        time: world.now,
        account: trader.margin_account,
        owner: trader.signer,
        account_sequence: account_sequence(&mut world, trader) + 1,
    };
    says(world.close_account(trader), expected);
    assert!(world.chain.account(&trader.margin_account).is_none());
    assert_eq!(world.chain.account(&trader.signer).unwrap().lamports, lamports + rent);
}

#[test]
fn a_balance_a_position_and_a_debt_keep_it_open() {
    let mut world = world(1);
    let trader = world.trader(1_000 * USDC);
    assert_refused(world.close_account(trader), ExchangeError::AccountNotEmpty);
    world.trade(trader, 0, SOL).unwrap();
    assert_refused(world.close_account(trader), ExchangeError::AccountNotEmpty);

    let (mut world, debtor) = indebted();
    world.close_position(debtor, 0).unwrap_err();
    let keeper = world.trader(0);
    world.liquidate(keeper, debtor.margin_account, 0).unwrap();
    let state = world.margin_account(&debtor.margin_account).state;
    assert!(state.balance.is_zero() && state.positions[0].size.is_zero() && !state.positions[0].debt.is_zero());
    assert_refused(world.close_account(debtor), ExchangeError::AccountNotEmpty);
}

#[test]
fn nobody_but_the_owner_closes_it() {
    let mut world = world(1);
    let (trader, stranger, delegate) = (world.trader(0), world.key(), world.key());
    world.set_delegate(trader, delegate).unwrap();
    for signer in [stranger, delegate] {
        assert_refused(world.run(&[close_account(Authority { signer, ..trader })]), ExchangeError::NotTheOwner);
    }
}
