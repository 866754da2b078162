use crate::expected::{broke, event, world};
use anchor_lang::prelude::AccountMeta;
use perp_client::instructions::attest_solvency;
use perp_swap::errors::ExchangeError;
use perp_swap::events::SolvencyAttested;
use perp_swap::views::SolvencyView;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn it_tells_what_is_left_of_the_vault_for_traders() {
    let mut world = world(2);
    let (one, other) = (world.trader(10_000 * USDC), world.trader(3_000 * USDC));
    world.trade(one, 0, 40 * SOL).unwrap();
    world.trade(other, 1, -10 * SOL).unwrap();
    let before = world.everything();
    let asked = attest_solvency(&world.addresses, 2);
    let done = world.send(&asked);
    assert_eq!(world.everything(), before, "who asks changes nothing");
    let view: SolvencyView = done.as_ref().unwrap().answered();
    let told = event!(done, SolvencyAttested);
    let balances = world.balance(&one.margin_account) + world.balance(&other.margin_account);
    // Nothing was sent to the vault that belongs to nobody.
    assert_eq!(view.accounts, balances as i64);
    assert_eq!(view.vault, world.vault());
    assert_eq!(view.pool + view.markets + balances, view.vault);
    let expected = SolvencyAttested {
        exchange: world.addresses.exchange,
        time: world.now,
        vault: view.vault,
        pool: view.pool,
        markets: view.markets,
        accounts: view.accounts,
        assets: view.assets,
        liabilities: view.liabilities,
        deficit: 0,
    };
    assert_eq!(told, expected);
}

#[test]
fn what_a_market_lacks_is_told() {
    let (mut world, ..) = broke();
    let asked = attest_solvency(&world.addresses, 1);
    let view: SolvencyView = world.send(&asked).unwrap().answered();
    assert_eq!(view.deficit, view.liabilities - view.assets);
    assert!(view.deficit > 0);
}

#[test]
fn attack_no_market_is_left_out_or_told_twice() {
    let mut world = world(2);
    let asked = attest_solvency(&world.addresses, 2);
    let named = asked.accounts.len() - 2;
    let market = |index: u16| AccountMeta::new_readonly(world.addresses.market(index), false);
    for markets in [vec![market(0)], vec![market(1)], vec![market(1), market(0)], vec![market(0), market(0)]] {
        let mut forged = asked.clone();
        forged.accounts.truncate(named);
        forged.accounts.extend(markets);
        assert_refused(world.send(&forged), ExchangeError::MarketMissing);
    }
    let mut forged = asked;
    forged.accounts[2] = AccountMeta::new_readonly(world.addresses.share_escrow, false);
    assert_refused(world.send(&forged), ExchangeError::WrongVault);
}
