//! On a real validator over RPC: a liquidator that owns nothing, and money from nowhere.

use std::path::Path;

use perp_candles::UsdPrice;
use perp_client::accounts::{encode_into, Pool, ID};
use perp_client::events::Event;
use perp_client::instructions::{
    allocate_backing, create_share_account, create_token_account, deposit, liquidate, open_account,
    request_liquidity_deposit, trade, withdraw, NewRequest,
};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::state::PriceLimit;
use perp_engine::units::{Atoms, Size};
use perp_exchange::convert::Units;
use perp_localnet::chain::AccountImage;
use perp_localnet::demo::demo_run::DemoRun;
use perp_localnet::demo::expect::Expectation;
use perp_localnet::demo::keeper::{sweep, Extent, KeeperOutcome};
use perp_localnet::demo::participants::{Participant, ERIN, LIQUIDATOR, PROVIDER};
use perp_localnet::report::{Format, Recorder, Step};
use perp_localnet::setup::Localnet;
use perp_localnet::validator::Ports;
use perp_localnet::wallets::ADMIN;
use perp_migrations::migrate;

const START: i64 = 1_795_002_600;
const USDC: u64 = 1_000_000;
/// $50,000 is 5 atoms per 10^-10 BTC, $48,750 is 4.875: both exact in the engine's binary prices.
const HIGH: UsdPrice = UsdPrice::dollars(50_000);
const LOW: UsdPrice = UsdPrice::dollars(48_750);

/// Every market has all the backing it may have of a million USDC.
fn exchange<'a>(keys: &Path, recorder: &'a mut Recorder) -> DemoRun<'a> {
    let localnet = Localnet::start(Ports::free().unwrap(), keys).unwrap();
    localnet.chain().begin_at(START).unwrap();
    let admin = &localnet.wallets.get(ADMIN).unwrap().keypair;
    let listed = migrate(&localnet.connection, &localnet.description().unwrap(), admin).unwrap();
    let mut run = DemoRun::open(localnet, listed.addresses, recorder, &[]).unwrap();
    run.go_to_at(START, HIGH).unwrap();
    run.refresh(ADMIN).unwrap();

    let (owner, addresses) = (run.wallet(PROVIDER).unwrap(), run.addresses);
    let address = addresses.request(&owner, 0);
    let amount = Atoms::new(1_000_000 * USDC);
    let request = NewRequest { nonce: 0, amount, limit: PriceLimit::None };
    let instructions = [
        create_share_account(&addresses, owner, owner),
        request_liquidity_deposit(&addresses, owner, addresses.tokens_of(&owner), &request),
    ];
    run.perform(PROVIDER, &instructions, |expected| expected.request_deposit(PROVIDER, address, &request)).unwrap();

    let closing = run.closing_flat_epoch(PROVIDER).unwrap();
    run.go_to_at(START + 600, HIGH).unwrap();
    run.refresh(ADMIN).unwrap();
    let boundary = run.world.exchange.state.boundary;
    assert_eq!(boundary.get(), START + 600, "it is ten minutes before a full hour");
    run.perform(PROVIDER, &closing, |expected| expected.close_flat_epoch()).unwrap();
    let payment = run.payment(PROVIDER, &address, boundary).unwrap();
    run.perform(PROVIDER, &[payment], |expected| expected.pay_request(&address)).unwrap();
    for market in [run.sol, run.btc] {
        let (allocate, reading) = (allocate_backing(&addresses, run.target(market)), run.reading(market).unwrap());
        let does = |expected: &mut Expectation| Ok(expected.exchange.allocate_backing(market, Some(&reading))?);
        run.perform(PROVIDER, &[allocate], does).unwrap();
    }
    run
}

fn open(run: &mut DemoRun<'_>, participant: Participant, amount: Atoms) {
    let authority = participant.authority(run).unwrap();
    let isolated_market = participant.isolated.then_some(run.btc);
    let (owner, sub_account) = (authority.signer, participant.sub_account);
    let mut instructions = vec![open_account(&run.addresses, owner, owner, sub_account, isolated_market)];
    if !amount.is_zero() {
        let source = run.addresses.tokens_of(&authority.signer);
        instructions.push(deposit(&run.addresses, authority, source, amount));
    }
    let opened = |expected: &mut Expectation| {
        expected.open_account(authority.margin_account, isolated_market)?;
        if !amount.is_zero() {
            expected.with_account(&authority.margin_account, |exchange, account| exchange.deposit(account, amount))?;
        }
        Ok(())
    };
    run.perform(participant.wallet, &instructions, opened).unwrap();
}

/// Erin buys 2 BTC with 4,900 USDC behind them.
fn two_bitcoin_long(run: &mut DemoRun<'_>) {
    open(run, ERIN, Atoms::new(4_900 * USDC));
    open(run, LIQUIDATOR, Atoms::ZERO);
    let (authority, market) = (ERIN.authority(run).unwrap(), run.btc);
    let order = Order::at_any_price(Units::of(&run.world.market(market).state).signed_size("2").unwrap());
    let reading = run.reading(market).unwrap();
    let account = run.world.account(&authority.margin_account);
    let buy = trade(&run.addresses, authority, &account, run.target(market), &order);
    let filled = |expected: &mut Expectation| {
        expected.with_account(&authority.margin_account, |exchange, account| {
            exchange.trade(account, market, &order, Some(&reading))
        })
    };
    run.perform(ERIN.wallet, &[buy], filled).unwrap();
}

fn attempt(run: &mut DemoRun<'_>) -> String {
    let (keeper, erin) = (LIQUIDATOR.authority(run).unwrap(), ERIN.address(run).unwrap());
    let order = LiquidationOrder { max_size: Size::new(u64::MAX >> 8), min_bounty: Atoms::ZERO };
    let account = run.world.account(&erin);
    let instruction = liquidate(&run.addresses, keeper, erin, &account, run.target(run.btc), &order);
    run.refused(LIQUIDATOR.wallet, &[instruction]).unwrap()
}

#[test]
fn it_is_paid_out_of_the_penalty_and_takes_its_bounty_home() {
    let keys = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::new(Format::Json, 0);
    let mut run = exchange(keys.path(), &mut recorder);
    two_bitcoin_long(&mut run);
    let (erin, own) = (ERIN.address(&run).unwrap(), LIQUIDATOR.address(&run).unwrap());

    // At the opening price there is nothing to do, and trying is refused.
    assert!(sweep(&mut run, LIQUIDATOR).unwrap().is_empty());
    assert_eq!(attempt(&mut run), "NotLiquidatable");
    assert_eq!(run.world.account(&own).balance, Atoms::ZERO);
    assert_eq!(run.world.wallet(LIQUIDATOR.wallet).usdc, Atoms::ZERO);

    // Erin paid $50,035.68 apiece with the spread, 2.50 of impact and a fee of 40: 100 073.86 for 2 BTC, and 4 860 are
    // left. At $48,750 they are worth 97 500: equity 4 860 − 2 573.86 = 2 286.14 is below 2.4 % of it, 2 340.
    run.go_to_at(START + 660, LOW).unwrap();
    run.refresh(ADMIN).unwrap();
    let actions = sweep(&mut run, LIQUIDATOR).unwrap();
    let [action] = &actions[..] else { panic!("{} actions", actions.len()) };
    let KeeperOutcome::Liquidated { size_before, plan } = action.outcome.clone() else { panic!("a bankruptcy") };
    assert_eq!((action.account, Extent::of(size_before, &plan)), (erin, Extent::Partial));
    assert_eq!(action.transition.expected.difference(&action.transition.after), None);
    // The program sends this event to itself: it is among the inner instructions, not in the log.
    let events = run.events(&action.transition).unwrap();
    let [Event::Liquidated(event)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((event.closed, event.bounty), (plan.closed.get(), plan.penalty.bounty.get()));

    // Trading out would cost more than 1 % after such a minute: 0.4 % of impact, 0.04 % of fee, the largest bounty of 0.5 % and a
    // spread of 5 bp of confidence, 1.5 · 191 % · √(1 s) = 5.11 bp and 10 % of 16 · 191 % · √(1 s), 5.45 bp. So
    // (1.25 · 2 340 − 2 286.14) / (1.25 · 2.4 % − 1.0957 %) = 33 548 of notional are closed, 0.6882 BTC.
    let left = run.world.position(&erin, run.btc).size.size();
    let closed = 20_000_000_000 - left.get();
    assert!((6_880_000_000..6_883_000_000).contains(&closed), "{closed}");
    // 1 % of its value at 4.875 = 39/8 atoms, of which the insurance and the backing get what the bounty leaves; the rest of the
    // 1.0957 % is the backing's as well.
    let penalty = closed * 39 / 8 / 100;
    let bounty = run.world.account(&own).balance;
    let insurance = run.world.market(run.btc).state.ledger.insurance;
    // Equity is short of the margin by 53.86 / 2 340 = 2.3 %: the bounty is 30 % + 2.3 % · 20 % = 30.46 % of it.
    assert!((penalty * 3_045 / 10_000..penalty * 3_047 / 10_000).contains(&bounty.get()), "{bounty:?} of {penalty}");
    // The backing's share is 20 %, the rest is the insurance's.
    assert_eq!(insurance.get(), penalty - bounty.get() - penalty / 5);

    // Healthy again, and the bounty leaves for a wallet that had no token account.
    assert!(sweep(&mut run, LIQUIDATOR).unwrap().is_empty());
    assert_eq!(attempt(&mut run), "NotLiquidatable");
    let authority = LIQUIDATOR.authority(&run).unwrap();
    let destination = run.addresses.tokens_of(&authority.signer);
    let instructions = [
        create_token_account(&run.addresses, authority.signer, authority.signer),
        withdraw(&run.addresses, authority, &run.world.account(&own), destination, bounty),
    ];
    let withdrawn = |expected: &mut Expectation| {
        expected.with_account(&own, |exchange, account| exchange.withdraw(account, bounty))
    };
    run.perform(LIQUIDATOR.wallet, &instructions, withdrawn).unwrap();
    assert_eq!(run.world.wallet(LIQUIDATOR.wallet).usdc, bounty);
    assert_eq!(run.world.check_books(), Ok(()));
    run.close().unwrap();
}

#[test]
fn an_atom_from_nowhere_fails_the_step_that_finds_it() {
    let keys = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::new(Format::Json, 0);
    let mut run = exchange(keys.path(), &mut recorder);
    run.note(Step::new("before", "all is well")).unwrap();

    let address = run.addresses.pool;
    let mut pool: Pool = run.localnet.connection.fetch(&address).unwrap();
    pool.state.cash = pool.state.cash.checked_add(Atoms::new(1)).unwrap();
    let mut data = vec![0; Pool::SPACE];
    assert!(encode_into(&pool, &mut data));
    let image = AccountImage { address, owner: ID, data };
    run.localnet.chain().set_accounts(&[image]).unwrap();
    run.refresh(ADMIN).unwrap();
    run.note(Step::new("after", "the pool has an atom that nobody paid in")).unwrap();
    run.close().unwrap();

    let report = recorder.finish(None);
    assert!(!report.ok);
    let [before, after] = &report.steps[..] else { panic!("{report:?}") };
    assert!(before.ok);
    let failed: Vec<_> = after.checks.iter().filter(|check| !check.ok).map(|check| &check.actual[..]).collect();
    assert_eq!(failed, ["the pool differs", "Custody { vault: 1000000000000, cash: 1000000000001 }"]);
}
