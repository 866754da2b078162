//! One event per verb, and what it says is what happened: every number in it is compared with the accounts before and
//! after. On the compiled binary, since native programs emit nothing.

use perp_client::events::Event;
use perp_client::instructions as client;
use perp_engine::price::PriceOutcome;
use perp_engine::state::RequestKind;
use perp_engine::status::Status;
use perp_engine::units::Atoms;
use perp_swap::events::*;
use perp_tests::{listing, Backend, Ran, World, DAY, SOL, USDC};

#[track_caller]
fn says(done: Ran, expected: impl Into<Event>) {
    assert_eq!(done.unwrap().event(), expected.into());
}

/// The only event, of this kind.
macro_rules! event {
    ($done:expr, $kind:ident) => {
        match $done.unwrap().event() {
            Event::$kind(event) => event,
            other => panic!("{other:?}"),
        }
    };
}

fn world() -> World {
    World::new(Backend::Sbf, 1)
}

#[test]
fn administration_is_told() {
    let mut world = World::before_creation(Backend::Sbf);
    let at = world.addresses;
    let (admin, risk_admin, guardian) = (world.admin, world.risk_admin, world.guardian);
    let created =
        ExchangeCreated { exchange: at.exchange, creator: admin, quote_mint: at.quote_mint, risk_admin, guardian };
    says(world.create_exchange(), created);
    let arguments = listing::market(0, listing::parameters(), 5);
    let (exchange, market, symbol) = (at.exchange, at.market(0), arguments.symbol);
    let created = MarketCreated { exchange, market, index: 0, symbol, target_backing: 5 };
    says(world.create_market(arguments), created);

    let successor = world.key();
    let proposed = AdminChanged { exchange, admin, pending_admin: successor };
    says(world.run(&[client::propose_admin(&at, admin, successor)]), proposed);
    let accepted = AdminChanged { exchange, admin: successor, pending_admin: Default::default() };
    says(world.run(&[client::accept_admin(&at, successor)]), accepted);
    let roles = RolesSet { exchange, risk_admin: guardian, guardian: risk_admin };
    says(world.run(&[client::set_roles(&at, successor, guardian, risk_admin)]), roles);
    // The two have changed places.
    let until = world.now + DAY;
    let (active, reduce_only, paused) = (Status::Active as u8, Status::ReduceOnly as u8, Status::Paused as u8);
    let set = StatusSet { exchange, market: None, before: active, after: paused, until };
    says(world.set_exchange_status(risk_admin, Status::Paused), set);
    let set = StatusSet { exchange, market: Some(market), before: active, after: reduce_only, until: 0 };
    says(world.set_market_status(guardian, 0, Status::ReduceOnly), set);
    let target = BackingTargetSet { market, before: 5, after: 7 };
    says(world.run(&[client::set_backing_target(&at, guardian, 0, Atoms::new(7))]), target);
}

#[test]
fn accounts_deposits_and_withdrawals_are_told() {
    let mut world = world();
    let owner = world.user(100);
    let (exchange, account) = (world.addresses.exchange, world.addresses.margin_account(&owner, 3));
    let opened = AccountOpened { exchange, account, owner, sub_account: 3, isolated_market: Some(0) };
    says(world.open_account(owner, 3, Some(0)), opened);
    let actor = client::Actor { signer: owner, margin_account: account };
    let delegate = world.key();
    let set = DelegateSet { account, before: Default::default(), after: delegate };
    says(world.set_delegate(actor, delegate), set);
    says(world.deposit(actor, 60), Deposited { account, amount: 60, balance_before: 0, balance_after: 60 });
    says(world.deposit(actor, 40), Deposited { account, amount: 40, balance_before: 60, balance_after: 100 });
    says(world.withdraw(actor, 99), Withdrawn { account, amount: 99, balance_before: 100, balance_after: 1 });
    world.withdraw(actor, 1).unwrap();
    says(world.close_account(actor), AccountClosed { account, owner });

    world.give(owner, 30);
    let funded = InsuranceFunded { exchange, market: None, funder: owner, before: 0, after: 10 };
    says(world.fund_insurance(owner, None, 10), funded);
    let market = Some(world.addresses.market(0));
    says(
        world.fund_insurance(owner, Some(0), 20),
        InsuranceFunded { exchange, market, funder: owner, before: 0, after: 20 },
    );
}

#[test]
fn prices_and_funding_are_told() {
    let mut world = world();
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    let market = world.addresses.market(0);
    for (price, confidence, outcome) in [
        (256.0, 0.5, PriceOutcome::Accepted),
        (256.0, 0.5, PriceOutcome::NotNewer),
        (200.0, 9.0, PriceOutcome::TooWide),
    ] {
        if outcome != PriceOutcome::NotNewer {
            world.wait(10);
        }
        world.publish_with(0, price, confidence, world.now);
        let before = world.market(0).state.price;
        let event = event!(world.update_price(0), PriceUpdated);
        let after = world.market(0).state.price;
        let expected = PriceUpdated {
            market,
            outcome: outcome as u8,
            before: before.price.get(),
            after: after.price.get(),
            confidence: after.confidence.get(),
            published: after.published.get(),
            newest_published: after.newest_published.get(),
        };
        assert_eq!(event, expected);
    }
    world.later_at(60, 0, 250.0);
    let before = world.market(0).state.books;
    let event = event!(world.update_funding(0), FundingUpdated);
    let after = world.market(0).state.books;
    let expected = FundingUpdated {
        market,
        seconds: 80,
        rate_before: before.funding_rate,
        rate_after: after.funding_rate,
        long_index: after.sides[0].funding_index.get(),
        short_index: after.sides[1].funding_index.get(),
    };
    assert_eq!(event, expected);
    assert!(event.rate_after > event.rate_before && event.long_index > 0);

    let account = trader.margin_account;
    let balance_before = world.balance(&account);
    let event = event!(world.settle_funding(account, 0), FundingSettled);
    let balance_after = world.balance(&account);
    let funding = balance_after as i64 - balance_before as i64;
    assert!(funding < 0);
    let expected = FundingSettled { account, market, funding, redeemed: 0, repaid: 0, balance_before, balance_after };
    assert_eq!(event, expected);

    world.wait(61);
    let marked = MarkedDark { market, published: world.now - 61, dark_since: world.now };
    says(world.mark_dark(0), marked);
}

#[test]
fn trades_and_settlements_are_told() {
    let mut world = world();
    let trader = world.trader(200_000 * USDC);
    let (market, account) = (world.addresses.market(0), trader.margin_account);
    // Opened, increased, reduced, flipped, reduced, each at another price and with funding due.
    for (size, price) in [(1_000, 250.0), (500, 251.3), (-300, 249.7), (-2_000, 252.2), (700, 248.9)] {
        world.wait(1_800);
        world.publish(0, price);
        let (before, position) = (world.balance(&account), world.position(&account, 0));
        let event = event!(world.trade(trader, 0, size * SOL), Traded);
        let (after, books) = (world.balance(&account), world.market(0).state.books);
        assert_eq!((event.account, event.market, event.trader), (account, market, trader.signer));
        assert_eq!((event.size, event.size_before), (size * SOL, position.size.get()));
        assert_eq!(event.size_after, world.position(&account, 0).size.get());
        assert_eq!((event.balance_before, event.balance_after), (before, after));
        assert_eq!(event.index_price, world.market(0).state.price.price.get());
        // What moved is funding, what was realised, and the fee.
        assert_eq!(after as i64 - before as i64, event.funding + event.realised - event.fee as i64);
        let at_index = size.unsigned_abs() as i128 * SOL as i128 * i128::from(event.index_price);
        let sign = i128::from(size.signum());
        assert_eq!(event.notional, at_index + sign * event.charge);
        assert_eq!(event.equity_after, world.equity(&account));
        // 3 % of what is open.
        let open = u128::from(event.size_after.unsigned_abs()) * u128::from(event.index_price);
        assert_eq!(u128::from(event.maintenance_after), (open.div_ceil(1 << 40) * 3).div_ceil(100));
        assert_eq!(books.sides[usize::from(event.size_after < 0)].open_interest.get(), event.size_after.unsigned_abs());
    }
    world.wait(1_800);
    world.publish(0, 253.1);
    let balance_before = world.balance(&account);
    let equity = world.equity(&account);
    let event = event!(world.settle_pnl(account, 0), ProfitSettled);
    let balance_after = world.balance(&account);
    assert_eq!((event.account, event.market, event.repaid), (account, market, 0));
    assert_eq!((event.balance_before, event.balance_after), (balance_before, balance_after));
    assert_eq!(balance_after as i64 - balance_before as i64, event.profit + event.funding);
    assert!(equity != world.equity(&account), "the price was taken in");

    let fees = world.market(0).state.books.protocol_fees.get();
    world.give(world.admin, 0);
    says(world.withdraw_protocol_fees(0), ProtocolFeesWithdrawn { market, amount: fees });
}

#[test]
fn liquidations_and_bankruptcies_are_told() {
    let mut world = world();
    let (victim, liquidator) = (world.trader(700 * USDC), world.trader(0));
    let donor = world.user(1_000 * USDC);
    world.fund_insurance(donor, None, 1_000 * USDC).unwrap();
    let (market, account) = (world.addresses.market(0), victim.margin_account);
    world.trade(victim, 0, 40 * SOL).unwrap();
    for price in [238.28125, 218.75] {
        world.later_at(60, 0, price);
        let before = (world.balance(&account), world.position(&account, 0), world.market(0).state.books);
        let bounties = world.balance(&liquidator.margin_account);
        let event = event!(world.liquidate(liquidator, account, 0), Liquidated);
        let after = (world.balance(&account), world.position(&account, 0), world.market(0).state.books);
        assert_eq!((event.account, event.market, event.liquidator), (account, market, liquidator.signer));
        assert_eq!((event.size_before, event.size_after), (before.1.size.get(), after.1.size.get()));
        assert_eq!(event.closed, event.size_before.abs_diff(event.size_after));
        assert_eq!(event.bounty, world.balance(&liquidator.margin_account) - bounties);
        assert_eq!(event.insurance, after.2.insurance.get() - before.2.insurance.get());
        assert_eq!(event.bounty + event.insurance + event.backing, event.penalty);
        assert_eq!(event.index_price, world.market(0).state.price.price.get());
        // Losses, funding and penalty come from the balance and then become a debt.
        let lost = before.0 as i64 - after.0 as i64 + after.1.debt.get() as i64 - before.1.debt.get() as i64;
        assert_eq!(lost, event.penalty as i64 - event.realised - event.funding);
        assert!(event.equity_before < event.maintenance_before as i64);
        let relief = event.maintenance_before as i64 - event.maintenance_after as i64;
        assert!(event.equity_after + relief >= event.equity_before);
        assert_eq!(event.equity_after, world.equity(&account));
    }
    let debt = world.position(&account, 0).debt.get();
    let own = world.market(0).state.books.insurance.get();
    let written_off = debt - own - 100 * USDC;
    let resolved = BankruptcyResolved {
        account,
        market,
        debt,
        paid_by_balance: 0,
        paid_by_claims: 0,
        paid_by_insurance: own,
        paid_by_shared_insurance: 100 * USDC,
        written_off,
        insurance_after: 0,
        shared_insurance_after: 900 * USDC,
    };
    says(world.resolve_bankruptcy(account, 0), resolved);
    assert_eq!(world.market(0).state.books.written_off.get(), written_off);
}

#[test]
fn claims_are_told() {
    let mut world = world();
    let (winner, loser) = (world.trader(1_000_000 * USDC), world.trader(400_000 * USDC));
    world.trade(winner, 0, 50_000 * SOL).unwrap();
    world.trade(loser, 0, -5_000 * SOL).unwrap();
    world.later_at(60, 0, 312.5);
    world.close_position(winner, 0).unwrap();
    world.close_position(loser, 0).unwrap();
    let (market, account) = (world.addresses.market(0), winner.margin_account);
    let before = world.market(0).state.books;
    let funded = ClaimsFunded {
        market,
        funded: before.backing.get(),
        pot_before: 0,
        pot_after: before.backing.get(),
        claims: before.claims.get(),
    };
    says(world.fund_claims(0), funded);
    let (claim, balance_before) = (world.position(&account, 0).claim.get(), world.balance(&account));
    let event = event!(world.redeem_claim(account, 0), ClaimRedeemed);
    let (left, balance_after) = (world.position(&account, 0).claim.get(), world.balance(&account));
    let redeemed = claim - left;
    // It has the only claim: all that was funded is its own, but for an atom of rounding.
    assert!(before.backing.get() - redeemed <= 1 && balance_after == balance_before + redeemed);
    assert_eq!(event, ClaimRedeemed { account, market, redeemed, left, balance_before, balance_after });
}

#[test]
fn liquidity_is_told() {
    let mut world = world();
    let (owner, executor) = (world.user(5_000 * USDC), world.admin);
    let market = world.addresses.market(0);
    let (deposit, withdrawal) = (RequestKind::Deposit as u8, RequestKind::Withdrawal as u8);
    let requested = |world: &World, nonce, kind, amount| LiquidityRequested {
        request: world.addresses.request(&owner, nonce),
        owner,
        kind,
        amount,
        minimum_output: 3,
        tip: 9,
    };
    let amount = 1_000 * USDC;
    let expected = requested(&world, 1, deposit, amount);
    says(world.request_liquidity_deposit(owner, 1, amount, 3, 9), expected);
    world.wait(30);
    let before = world.pool().state;
    let event = event!(world.execute_liquidity_deposit(executor, owner, 1), LiquidityDeposited);
    let after = world.pool().state;
    let expected = LiquidityDeposited {
        request: world.addresses.request(&owner, 1),
        executor,
        amount,
        shares: world.shares(&owner),
        pool_cash_before: before.cash.get(),
        pool_cash_after: after.cash.get(),
        shares_before: before.shares.get(),
        shares_after: after.shares.get(),
    };
    assert_eq!(event, expected);

    let expected = requested(&world, 2, withdrawal, amount);
    says(world.request_liquidity_withdrawal(owner, 2, amount, 3, 9), expected);
    world.wait(DAY);
    let (before, tokens) = (world.pool().state, world.tokens(&owner));
    let event = event!(world.execute_liquidity_withdrawal(executor, owner, 2), LiquidityWithdrawn);
    let after = world.pool().state;
    let expected = LiquidityWithdrawn {
        request: world.addresses.request(&owner, 2),
        executor,
        burned: amount,
        paid: world.tokens(&owner) - tokens,
        left: 0,
        pool_cash_before: before.cash.get(),
        pool_cash_after: after.cash.get(),
        shares_before: before.shares.get(),
        shares_after: after.shares.get(),
    };
    assert_eq!(event, expected);

    world.request_liquidity_deposit(owner, 3, amount, 3, 9).unwrap();
    world.wait(DAY);
    let request = world.addresses.request(&owner, 3);
    let returned = LiquidityReturned { request, caller: executor, kind: deposit, amount };
    says(world.return_liquidity_deposit(executor, owner, 3), returned);
    let provider = world.provider;
    world.request_liquidity_withdrawal(provider, 4, amount, 3, 9).unwrap();
    world.wait(3 * DAY);
    let request = world.addresses.request(&provider, 4);
    let returned = LiquidityReturned { request, caller: executor, kind: withdrawal, amount };
    says(world.return_liquidity_withdrawal(executor, provider, 4), returned);

    world.set_backing_target(0, 2_500_000 * USDC).unwrap();
    let cash = world.pool().state.cash.get();
    let allocated = BackingAllocated {
        market,
        moved: 500_000_000_000,
        backing_before: 2_000_000 * USDC,
        backing_after: 2_500_000 * USDC,
        pool_cash_after: cash - 500_000 * USDC,
    };
    says(world.allocate_backing(0), allocated);
}
