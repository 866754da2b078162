use crate::expected::{account_sequence, says, world};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::Authority;
use perp_swap::errors::ExchangeError;
use perp_swap::events::DelegateSet;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn the_delegate_is_replaced_and_taken_back() {
    let mut world = world(1);
    let trader = world.trader(1_000 * USDC);
    let (first, second, nobody) = (world.key(), world.key(), Pubkey::default());
    for (before, after) in [(nobody, first), (first, second), (second, nobody)] {
        let expected = DelegateSet {
            exchange: world.addresses.exchange,
            time: world.now,
            account: trader.margin_account,
            owner: trader.signer,
            account_sequence: account_sequence(&mut world, trader) + 1,
            before,
            after,
        };
        says(world.set_delegate(trader, after), expected);
        assert_eq!(world.margin_account(&trader.margin_account).delegate, after);
        // The one who is named trades, the one named before does not.
        for delegate in [first, second] {
            let done = world.trade(Authority { signer: delegate, ..trader }, 0, SOL);
            if delegate == after {
                done.unwrap();
            } else {
                assert_refused(done, ExchangeError::NotAuthorized);
            }
        }
    }
}

#[test]
fn nobody_but_the_owner_names_one() {
    let mut world = world(1);
    let (trader, delegate) = (world.trader(0), world.key());
    world.set_delegate(trader, delegate).unwrap();
    for signer in [delegate, world.admin] {
        let done = world.set_delegate(Authority { signer, ..trader }, signer);
        assert_refused(done, ExchangeError::NotTheOwner);
    }
}
