use crate::expected::{account_sequence, event, moment, says, world};
use perp_client::instructions::{resolve_bankruptcy, Authority};
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_swap::events::{BankruptcyResolved, MarketMoment};
use perp_tests::{assert_refused, World, SOL, USDC};

/// The market as its next event shows it, where no time passes before.
fn next_moment(world: &mut World, market: u16) -> MarketMoment {
    let now = moment(world, market, 0);
    MarketMoment { sequence: now.sequence + 1, ..now }
}

/// A long of 40 SOL that was closed by liquidation at a loss of 1 250 with less than 700 to pay it.
fn bankrupt(mut world: World) -> (World, Authority) {
    let (debtor, keeper) = (world.trader(700 * USDC), world.trader(0));
    world.trade(debtor, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 218.75);
    world.liquidate(keeper, debtor.margin_account, 0).unwrap();
    (world, debtor)
}

#[test]
fn both_insurances_pay_and_the_rest_is_written_off() {
    let (mut world, debtor) = bankrupt(world(1));
    let donor = world.user(1_100 * USDC);
    world.fund_insurance(donor, None, 1_000 * USDC).unwrap();
    world.fund_insurance(donor, Some(0), 30 * USDC).unwrap();
    let (account, debt) = (debtor.margin_account, world.position(&debtor.margin_account, 0).debt.get());
    let (backing, own) = (world.market(0).state.ledger.backing, 30 * USDC);
    // A tenth of the shared insurance a day.
    let written_off = debt - own - 100 * USDC;
    let expected = BankruptcyResolved {
        exchange: world.addresses.exchange,
        time: world.now,
        account,
        owner: debtor.signer,
        account_sequence: account_sequence(&mut world, debtor) + 1,
        market: world.addresses.market(0),
        market_index: 0,
        state: next_moment(&mut world, 0),
        pool_sequence: world.pool().state.sequence + 1,
        debt,
        paid_by_balance: 0,
        paid_by_insurance: own,
        paid_by_shared_insurance: 100 * USDC,
        written_off,
        recoverable: 0,
        balance_before: 0,
        balance_after: 0,
        insurance_before: own,
        insurance_after: 0,
        shared_insurance_before: 1_000 * USDC,
        shared_insurance_after: 900 * USDC,
    };
    says(world.resolve_bankruptcy(account, 0), expected);
    let ledger = world.market(0).state.ledger;
    assert_eq!((ledger.debts.get(), ledger.insurance.get(), ledger.written_off.get()), (0, 0, written_off));
    assert_eq!(ledger.backing.get(), backing.get() + own + 100 * USDC);
    assert_eq!(world.pool().state.insurance.get(), 900 * USDC);
    world.close_account(debtor).unwrap();
}

/// A bankrupt account that the first of three markets owes a claim, of which seven tenths are funded and not redeemed, and that
/// owes each of the others more than it has; and a short in the first market with a loss, who still pays.
fn owed_and_owing() -> (World, Authority, Authority) {
    let mut world = world(3);
    let (whale, loser, late) =
        (world.trader(1_000_000 * USDC), world.trader(400_000 * USDC), world.trader(300_000 * USDC));
    let (friend, liquidator) = (world.trader(70_000 * USDC), world.trader(0));
    for (actor, market, size) in [
        (whale, 0, 50_000),
        (loser, 0, -5_000),
        (late, 0, -3_000),
        (friend, 0, 2_000),
        (friend, 1, 900),
        (friend, 2, 10),
    ] {
        world.trade(actor, market, size * SOL).unwrap();
    }
    // The first market cannot pay its winners, who have won 3 250 000 of 2 000 000: what there is and what the loser leaves,
    // 312 500, funds a part of their claims.
    world.later_at(60, 1, 250.0);
    world.publish(2, 250.0);
    world.update_price(2).unwrap();
    world.publish(0, 312.5);
    for actor in [whale, friend, loser] {
        world.close_position(actor, 0).unwrap();
    }
    world.fund_claims(0).unwrap();
    // The two others fall to 3.906 25: a debt in each, and no cash.
    world.wait(10);
    for market in [1, 2] {
        world.publish(market, 3.90625);
        world.update_price(market).unwrap();
    }
    for market in [1, 2] {
        world.liquidate(liquidator, friend.margin_account, market).unwrap();
    }
    (world, friend, late)
}

#[test]
fn a_claim_without_cash_pays_no_debt_and_is_owed_to_the_insurance_that_did() {
    let (mut world, friend, _) = owed_and_owing();
    let account = friend.margin_account;
    let donor = world.user(500 * USDC);
    world.fund_insurance(donor, None, 300 * USDC).unwrap();
    world.fund_insurance(donor, Some(1), 200 * USDC).unwrap();
    // Cash that is set aside for a claim pays first: anybody redeems it.
    assert_refused(world.resolve_bankruptcy(account, 1), ExchangeError::ClaimNotRedeemed);
    world.redeem_claim(account, 0).unwrap();
    let before = [0, 1, 2].map(|index| (world.position(&account, index), world.market(index).state));
    let (paid, shared_before) = (world.balance(&account), world.pool().state.insurance.get());
    let (claim, debt) = (before[0].0.claim.get(), before[1].0.debt.get());
    // The rest of the claim, which nobody has paid for yet, is less than what others pay and write off.
    assert!(paid > 0 && claim > 0 && claim < debt - paid && before[2].0.debt.get() > 0);
    let written_off = debt - paid - 230 * USDC;
    let expected = BankruptcyResolved {
        exchange: world.addresses.exchange,
        time: world.now,
        account,
        owner: friend.signer,
        account_sequence: account_sequence(&mut world, friend) + 1,
        market: world.addresses.market(1),
        market_index: 1,
        state: next_moment(&mut world, 1),
        pool_sequence: world.pool().state.sequence + 1,
        debt,
        paid_by_balance: paid,
        paid_by_insurance: 200 * USDC,
        // A tenth of 300.
        paid_by_shared_insurance: 30 * USDC,
        written_off,
        recoverable: claim,
        balance_before: paid,
        balance_after: 0,
        insurance_before: 200 * USDC,
        insurance_after: 0,
        shared_insurance_before: shared_before,
        shared_insurance_after: 270 * USDC,
    };
    says(world.resolve_bankruptcy(account, 1), expected);
    let after = [0, 1, 2].map(|index| (world.position(&account, index), world.market(index).state));
    assert_eq!((world.balance(&account), shared_before), (0, 300 * USDC));
    assert_eq!(written_off, after[1].1.ledger.written_off.get());
    assert_eq!((after[1].0.debt.get(), after[1].0.recoverable.get()), (0, claim));
    // The markets of the other slots are read and stay as they are.
    assert_eq!((after[0], after[2]), (before[0], before[2]));
    // The claim is owed once: of the second debt nothing is recoverable. The window of the shared insurance is spent.
    let event = event!(world.resolve_bankruptcy(account, 2), BankruptcyResolved);
    assert_eq!((event.debt, event.written_off, event.recoverable), (event.written_off, before[2].0.debt.get(), 0));
}

#[test]
fn what_comes_of_the_claim_later_goes_to_the_insurance() {
    let (mut world, friend, late) = owed_and_owing();
    let account = friend.margin_account;
    world.redeem_claim(account, 0).unwrap();
    world.resolve_bankruptcy(account, 1).unwrap();
    world.resolve_bankruptcy(account, 2).unwrap();
    let recoverable = world.position(&account, 1).recoverable.get();
    assert_eq!(recoverable, world.position(&account, 0).claim.get());
    // The last short pays its loss of 3 000 · 62.50, and the account gets its part of it. Nobody spends that before it is passed
    // on, which anybody may do.
    world.later_at(1, 0, 312.5);
    world.close_position(late, 0).unwrap();
    world.fund_claims(0).unwrap();
    world.redeem_claim(account, 0).unwrap();
    let came = world.balance(&account);
    assert!(came > 7_000 * USDC && came < recoverable, "{came}");
    assert_refused(world.withdraw(friend, 1), ExchangeError::DebtOutstanding);
    let (backing, insurance) = (world.market(1).state.ledger.backing, world.market(1).state.ledger.insurance.get());
    world.settle_funding(account, 1).unwrap();
    let after = world.market(1).state.ledger;
    assert_eq!((world.balance(&account), after.insurance.get(), after.backing), (0, insurance + came, backing));
    assert_eq!(world.position(&account, 1).recoverable.get(), recoverable - came);
}

#[test]
fn the_markets_of_all_other_slots_are_passed_to_be_read() {
    let mut world = world(2);
    let (debtor, keeper) = (world.trader(1_020 * USDC), world.trader(0));
    for market in [0, 1] {
        world.trade(debtor, market, 40 * SOL).unwrap();
    }
    world.wait(60);
    for market in [0, 1] {
        world.publish(market, 218.75);
        world.update_price(market).unwrap();
    }
    let account = debtor.margin_account;
    world.liquidate(keeper, account, 0).unwrap();
    assert_refused(world.resolve_bankruptcy(account, 0), ExchangeError::PositionsOpen);
    world.liquidate(keeper, account, 1).unwrap();
    let owing: Vec<u16> = (0..2).filter(|market| !world.position(&account, *market).debt.is_zero()).collect();
    assert_eq!(owing, [0, 1]);
    let state = world.margin_account(&account).state;
    let resolve = resolve_bankruptcy(&world.addresses, account, &state, 0);
    assert!(!resolve.accounts.last().unwrap().is_writable);
    let mut without = resolve.clone();
    without.accounts.pop();
    assert_refused(world.run(&[without]), ExchangeError::MarketMissing);
    let other = world.market(1).state;
    world.run(&[resolve]).unwrap();
    assert_eq!(world.market(1).state, other);
}

#[test]
fn who_can_pay_or_owes_nothing_here_and_a_pause_are_refused() {
    let (mut world, debtor) = bankrupt(world(2));
    let (account, risk_admin) = (debtor.margin_account, world.risk_admin);
    assert_refused(world.resolve_bankruptcy(account, 1), ExchangeError::NoDebt);
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    assert_refused(world.resolve_bankruptcy(account, 0), ExchangeError::Paused);
    world.set_exchange_status(risk_admin, Status::Active, 0).unwrap();
    let debt = world.position(&account, 0).debt.get();
    world.give(debtor.signer, debt);
    world.deposit(debtor, debt).unwrap();
    assert_refused(world.resolve_bankruptcy(account, 0), ExchangeError::NotBankrupt);
}
