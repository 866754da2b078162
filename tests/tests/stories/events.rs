//! One event per verb, and what it says is what happened: every number in it is compared with the accounts before and
//! after. On the compiled binary, since native programs emit nothing.

use perp_client::events::Event;
use perp_client::instructions as client;
use perp_engine::price::PriceOutcome;
use perp_engine::state::{Position, RequestKind};
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

mod losses;

/// Unrealised profit of the position at `price`, in atoms rounded down.
fn unrealised(position: &Position, price: u64) -> i64 {
    let (size, entry) = (position.size.get(), position.entry.get().get());
    let raw = i128::from(size) * i128::from(price) - i128::from(size.signum()) * entry;
    (raw >> 40) as i64
}

/// Maintenance margin at `price`: 3 % of what is open.
fn maintenance(size: i64, price: u64) -> u64 {
    let open = u128::from(size.unsigned_abs()) * u128::from(price);
    (open.div_ceil(1 << 40) * 3).div_ceil(100) as u64
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
    // Proposed twice: the second replaces the first.
    let proposed = |before, after| AdminChanged {
        exchange,
        admin_before: admin,
        admin_after: admin,
        pending_admin_before: before,
        pending_admin_after: after,
    };
    says(world.run(&[client::propose_admin(&at, admin, guardian)]), proposed(Default::default(), guardian));
    says(world.run(&[client::propose_admin(&at, admin, successor)]), proposed(guardian, successor));
    let accepted = AdminChanged {
        exchange,
        admin_before: admin,
        admin_after: successor,
        pending_admin_before: successor,
        pending_admin_after: Default::default(),
    };
    says(world.run(&[client::accept_admin(&at, successor)]), accepted);
    let roles = RolesSet {
        exchange,
        risk_admin_before: risk_admin,
        risk_admin_after: guardian,
        guardian_before: guardian,
        guardian_after: risk_admin,
    };
    says(world.run(&[client::set_roles(&at, successor, guardian, risk_admin)]), roles);
    let stored = world.exchange();
    assert_eq!((stored.admin, stored.pending_admin), (successor, Default::default()));
    assert_eq!((stored.risk_admin, stored.guardian), (guardian, risk_admin));
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
    let (trader, short) = (world.trader(200_000 * USDC), world.trader(20_000 * USDC));
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    world.trade(short, 0, -500 * SOL).unwrap();
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
    for seconds in [80, 60] {
        world.later_at(60, 0, 250.0);
        let before = world.market(0).state.books;
        let event = event!(world.update_funding(0), FundingUpdated);
        let after = world.market(0).state.books;
        let expected = FundingUpdated {
            market,
            seconds,
            rate_before: before.funding_rate,
            rate_after: after.funding_rate,
            long_index_before: before.sides[0].funding_index.get(),
            long_index_after: after.sides[0].funding_index.get(),
            short_index_before: before.sides[1].funding_index.get(),
            short_index_after: after.sides[1].funding_index.get(),
        };
        assert_eq!(event, expected);
        // Longs pay, shorts receive.
        assert!(event.rate_after > event.rate_before);
        assert!(event.long_index_after > event.long_index_before);
        assert!(event.short_index_after < event.short_index_before);
    }

    let account = trader.margin_account;
    let balance_before = world.balance(&account);
    let event = event!(world.settle_funding(account, 0), FundingSettled);
    let balance_after = world.balance(&account);
    let funding = balance_after as i64 - balance_before as i64;
    assert!(funding < 0);
    let expected = FundingSettled { account, market, funding, redeemed: 0, repaid: 0, balance_before, balance_after };
    assert_eq!(event, expected);

    world.wait(61);
    let marked = MarkedDark { market, published: world.now - 61, dark_since_before: 0, dark_since_after: world.now };
    assert!(world.market(0).state.price.dark_since.is_never());
    says(world.mark_dark(0), marked);
    assert_eq!(world.market(0).state.price.dark_since.get(), world.now);
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
        let unrealised = unrealised(&position, event.index_price);
        assert_eq!(event.equity_before, before as i64 + event.funding + unrealised);
        assert_eq!(event.equity_after, world.equity(&account));
        assert_eq!(event.maintenance_before, maintenance(event.size_before, event.index_price));
        assert_eq!(event.maintenance_after, maintenance(event.size_after, event.index_price));
        assert_eq!(books.sides[usize::from(event.size_after < 0)].open_interest.get(), event.size_after.unsigned_abs());
    }
    world.wait(1_800);
    world.publish(0, 253.1);
    let balance_before = world.balance(&account);
    let equity = world.equity(&account);
    let event = event!(world.settle_pnl(account, 0), ProfitSettled);
    let balance_after = world.balance(&account);
    assert_eq!((event.account, event.market), (account, market));
    assert_eq!((event.redeemed, event.repaid), (0, 0));
    assert_eq!((event.balance_before, event.balance_after), (balance_before, balance_after));
    assert_eq!(balance_after as i64 - balance_before as i64, event.profit + event.funding);
    assert!(equity != world.equity(&account), "the price was taken in");

    let fees = world.market(0).state.books.protocol_fees.get();
    let admin = world.admin;
    world.give(admin, 0);
    let destination = world.addresses.tokens_of(&admin);
    let withdrawn = ProtocolFeesWithdrawn { market, destination, amount: fees, before: fees, after: 0 };
    says(world.withdraw_protocol_fees(0), withdrawn);
    assert!(fees > 0 && world.tokens(&admin) == fees);
    assert!(world.market(0).state.books.protocol_fees.is_zero());
}

#[test]
fn liquidity_is_told() {
    let mut world = world();
    let (owner, executor) = (world.user(5_000 * USDC), world.admin);
    let market = world.addresses.market(0);
    let (deposit, withdrawal) = (RequestKind::Deposit as u8, RequestKind::Withdrawal as u8);
    let requested = |world: &World, nonce, kind, amount, escrow_before, escrow_after| LiquidityRequested {
        request: world.addresses.request(&owner, nonce),
        owner,
        kind,
        amount,
        minimum_output: 3,
        tip: 9,
        escrow_before,
        escrow_after,
    };
    let amount = 1_000 * USDC;
    // Two deposits wait; the tokens of the second stay in the escrow.
    let expected = requested(&world, 1, deposit, amount, 0, amount);
    says(world.request_liquidity_deposit(owner, 1, amount, 3, 9), expected);
    let expected = requested(&world, 5, deposit, 700 * USDC, amount, amount + 700 * USDC);
    says(world.request_liquidity_deposit(owner, 5, 700 * USDC, 3, 9), expected);
    assert_eq!(world.pool().state.escrow.get(), amount + 700 * USDC);
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

    // Shares wait in a token account of their own.
    let escrow = world.pool().state.escrow.get();
    assert_eq!(escrow, 700 * USDC);
    let expected = requested(&world, 2, withdrawal, amount, escrow, escrow);
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
    let (escrow_before, escrow_after) = (700 * USDC + amount, 700 * USDC);
    assert_eq!(world.pool().state.escrow.get(), escrow_before);
    let returned = LiquidityReturned { request, caller: executor, kind: deposit, amount, escrow_before, escrow_after };
    says(world.return_liquidity_deposit(executor, owner, 3), returned);
    assert_eq!(world.pool().state.escrow.get(), escrow_after);
    let provider = world.provider;
    world.request_liquidity_withdrawal(provider, 4, amount, 3, 9).unwrap();
    world.wait(3 * DAY);
    let request = world.addresses.request(&provider, 4);
    let (escrow_before, escrow_after) = (escrow, escrow);
    let returned =
        LiquidityReturned { request, caller: executor, kind: withdrawal, amount, escrow_before, escrow_after };
    says(world.return_liquidity_withdrawal(executor, provider, 4), returned);
    assert_eq!(world.pool().state.escrow.get(), escrow);

    world.set_backing_target(0, 2_500_000 * USDC).unwrap();
    let cash = world.pool().state.cash.get();
    let allocated = BackingAllocated {
        market,
        moved: 500_000_000_000,
        backing_before: 2_000_000 * USDC,
        backing_after: 2_500_000 * USDC,
        pool_cash_before: cash,
        pool_cash_after: cash - 500_000 * USDC,
    };
    says(world.allocate_backing(0), allocated);
    assert_eq!(world.pool().state.cash.get(), cash - 500_000 * USDC);
}
