//! Owners, their sub-accounts and their delegates; who holds the roles.

use crate::world;
use perp_client::instructions::{self as client, Authority};
use perp_engine::state::Status;
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, Backend, SOL, USDC};

crate::on_both_backends!(
    sub_accounts_are_strangers_to_each_other,
    a_delegate_trades_and_liquidates_for_the_owner,
    the_admin_hands_over_in_two_steps,
    an_account_is_closed_and_opened_again,
);

fn sub_accounts_are_strangers_to_each_other(backend: Backend) {
    let mut world = world(backend, 2);
    let owner = world.user(3_000 * USDC);
    let cross = world.account(owner, 0, None);
    let second = world.account(owner, 1, None);
    let isolated = world.account(owner, 2, Some(1));
    for actor in [cross, second, isolated] {
        world.deposit(actor, 1_000 * USDC).unwrap();
    }
    // Long and short in one market, in two accounts of one owner: two positions, not none.
    world.trade(cross, 0, 40 * SOL).unwrap();
    world.trade(second, 0, -40 * SOL).unwrap();
    let sides = world.market(0).state.ledger.sides;
    assert_eq!(sides.map(|side| side.open_interest.get()), [40 * SOL as u64; 2]);
    assert_refused(world.trade(isolated, 0, SOL), ExchangeError::IsolatedToAnotherMarket);
    world.trade(isolated, 1, 40 * SOL).unwrap();
    world.trade(cross, 1, 10 * SOL).unwrap();
    // One account's margin is not another's: 40 · 250 · 5 % = 500 and costs must stay in each.
    assert_refused(world.withdraw(second, 600 * USDC), ExchangeError::InitialMargin);
    world.withdraw(second, 480 * USDC).unwrap();
    assert_eq!(world.tokens(&owner), 480 * USDC);
}

fn a_delegate_trades_and_liquidates_for_the_owner(backend: Backend) {
    let mut world = world(backend, 1);
    let owner = world.trader(1_000 * USDC);
    let victim = world.trader(700 * USDC);
    world.trade(victim, 0, 40 * SOL).unwrap();
    let delegate = world.user(0);
    let as_delegate = Authority { signer: delegate, ..owner };
    assert_refused(world.trade(as_delegate, 0, SOL), ExchangeError::NotAuthorized);
    world.set_delegate(owner, delegate).unwrap();
    world.trade(as_delegate, 0, 4 * SOL).unwrap();
    assert_eq!(world.position(&owner.margin_account, 0).size.get(), 4 * SOL);
    // What the delegate earns by liquidating is the owner's.
    world.later_at(60, 0, 238.28125);
    let before = world.balance(&owner.margin_account);
    world.liquidate(as_delegate, victim.margin_account, 0).unwrap();
    assert!(world.balance(&owner.margin_account) > before);
    assert_eq!(world.tokens(&delegate), 0);
    assert_refused(world.withdraw(as_delegate, 1), ExchangeError::NotTheOwner);
}

fn the_admin_hands_over_in_two_steps(backend: Backend) {
    let mut world = world(backend, 1);
    let at = world.addresses;
    let (old, new, other) = (world.admin, world.key(), world.key());
    world.run(&[client::propose_admin(&at, old, other)]).unwrap();
    world.run(&[client::propose_admin(&at, old, new)]).unwrap();
    // Until the successor accepts, nothing has changed; who was proposed before is no longer.
    assert_refused(world.run(&[client::accept_admin(&at, other)]), ExchangeError::NotThePendingAdmin);
    assert_refused(world.run(&[client::accept_admin(&at, old)]), ExchangeError::NotThePendingAdmin);
    assert_refused(world.run(&[client::set_roles(&at, new, new, new)]), ExchangeError::MissingRole);
    world.run(&[client::accept_admin(&at, new)]).unwrap();
    assert_eq!((world.exchange().admin, world.exchange().pending_admin), (new, Default::default()));
    // The old admin is nobody; the roles are where they were until the new one moves them.
    assert_refused(world.run(&[client::propose_admin(&at, old, old)]), ExchangeError::MissingRole);
    assert_refused(world.set_exchange_status(old, Status::Paused, 300), ExchangeError::MissingRole);
    world.run(&[client::set_roles(&at, new, other, other)]).unwrap();
    let target = client::set_backing_target(&at, world.risk_admin, 0, Atoms::ZERO);
    assert_refused(world.run(&[target]), ExchangeError::MissingRole);
    world.run(&[client::set_backing_target(&at, other, 0, Atoms::ZERO)]).unwrap();
    assert_refused(world.run(&[client::accept_admin(&at, new)]), ExchangeError::NotThePendingAdmin);
}

fn an_account_is_closed_and_opened_again(backend: Backend) {
    let mut world = world(backend, 1);
    let trader = world.trader(1_000 * USDC);
    let delegate = world.key();
    world.set_delegate(trader, delegate).unwrap();
    world.trade(trader, 0, SOL).unwrap();
    assert_refused(world.close_account(trader), ExchangeError::AccountNotEmpty);
    world.next_slot();
    world.close_position(trader, 0).unwrap();
    assert_refused(world.close_account(trader), ExchangeError::AccountNotEmpty);
    let rest = world.balance(&trader.margin_account);
    world.withdraw(trader, rest).unwrap();
    let lamports = world.chain.account(&trader.signer).unwrap().lamports;
    let rent = world.chain.account(&trader.margin_account).unwrap().lamports;
    world.close_account(trader).unwrap();
    assert_eq!(world.chain.account(&trader.signer).unwrap().lamports, lamports + rent);
    // The same address, bound to a market this time, and nothing of its former life.
    world.open_account(trader.signer, 0, Some(0)).unwrap();
    let account = world.margin_account(&trader.margin_account);
    assert!(account.state.is_empty());
    assert_eq!((account.delegate, account.state.kind), (Default::default(), 1));
    assert_eq!(account.state.sequence, 1, "its events are counted anew");
}
