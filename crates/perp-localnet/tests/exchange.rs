//! On a real validator over RPC: a liquidator that owns nothing, and money from nowhere.

use std::path::Path;

use perp_client::accounts::encode;
use perp_client::convert::Units;
use perp_client::instructions::{
    allocate_backing, create_share_account, create_token_account, deposit, execute_liquidity_deposit, liquidate,
    open_account, request_liquidity_deposit, trade, withdraw,
};
use perp_engine::liquidation::LiquidationOrder;
use perp_engine::trade::Order;
use perp_engine::units::{Atoms, Price, Size};
use perp_localnet::chain::AccountImage;
use perp_localnet::demo::cast::{Seat, ERIN, LIQUIDATOR, PROVIDER};
use perp_localnet::demo::keeper::{sweep, Extent, What};
use perp_localnet::demo::stage::Stage;
use perp_localnet::demo::world::World;
use perp_localnet::report::{Format, Recorder, Step};
use perp_localnet::setup::Localnet;
use perp_localnet::usd_price::UsdPrice;
use perp_localnet::validator::Ports;
use perp_localnet::wallets::ADMIN;
use perp_migrations::migrate;
use perp_swap::instructions::{OpenAccountArguments, RequestArguments};
use perp_swap::state::Pool;

const START: i64 = 1_795_000_000;
const USDC: u64 = 1_000_000;
/// $50,000 is 5 atoms per 10^-10 BTC, $48,750 is 4.875: both exact in the engine's binary prices.
const HIGH: UsdPrice = UsdPrice::dollars(50_000);
const LOW: UsdPrice = UsdPrice::dollars(48_750);

/// Every market has all the backing it may have of a million USDC.
fn exchange<'a>(keys: &Path, recorder: &'a mut Recorder) -> Stage<'a> {
    let localnet = Localnet::start(Ports::free().unwrap(), keys).unwrap();
    localnet.chain().begin_at(START).unwrap();
    let admin = &localnet.wallets.get(ADMIN).unwrap().keypair;
    let listed = migrate(&localnet.connection, &localnet.description().unwrap(), admin).unwrap();
    let mut stage = Stage::open(localnet, listed.addresses, recorder, &[]).unwrap();
    stage.go_to_at(START, HIGH).unwrap();
    stage.refresh(ADMIN).unwrap();

    let (owner, addresses) = (stage.wallet(PROVIDER).unwrap(), stage.addresses);
    let address = addresses.request(&owner, 0);
    let amount = Atoms::new(1_000_000 * USDC);
    let arguments = RequestArguments { nonce: 0, amount, minimum_output: Atoms::ZERO, tip: 0 };
    let (tokens, shares) = (addresses.tokens_of(&owner), addresses.shares_of(&owner));
    let instructions = [
        create_share_account(&addresses, owner, owner),
        request_liquidity_deposit(&addresses, owner, tokens, shares, arguments),
    ];
    let expect = |world: &mut _| World::request_deposit(world, PROVIDER, address, &arguments);
    stage.perform(PROVIDER, &instructions, expect).unwrap();

    stage.go_to_at(START + 60, HIGH).unwrap();
    stage.refresh(ADMIN).unwrap();
    let execute = execute_liquidity_deposit(&addresses, owner, &stage.world.requests[&address], 2);
    stage.perform(PROVIDER, &[execute], |world| world.execute_deposit(PROVIDER, &address)).unwrap();
    for market in [stage.sol, stage.btc] {
        let allocate = allocate_backing(&addresses, stage.touched(market));
        stage.perform(PROVIDER, &[allocate], |world| world.allocate_backing(market)).unwrap();
    }
    stage
}

fn open(stage: &mut Stage<'_>, seat: Seat, amount: Atoms) {
    let actor = seat.actor(stage).unwrap();
    let isolated_market = seat.isolated.then_some(stage.btc);
    let arguments = OpenAccountArguments { sub_account: seat.sub_account, isolated_market };
    let mut instructions = vec![open_account(&stage.addresses, actor.signer, actor.signer, arguments)];
    if !amount.is_zero() {
        let source = stage.addresses.tokens_of(&actor.signer);
        instructions.push(deposit(&stage.addresses, actor, source, amount));
    }
    let opened = |world: &mut World| {
        world.open_account(actor.margin_account, isolated_market);
        world.deposit(seat.wallet, &actor.margin_account, amount)
    };
    stage.perform(seat.wallet, &instructions, opened).unwrap();
}

/// Erin buys 2 BTC with 4,900 USDC behind them.
fn two_bitcoin_long(stage: &mut Stage<'_>) {
    open(stage, ERIN, Atoms::new(4_900 * USDC));
    open(stage, LIQUIDATOR, Atoms::ZERO);
    let (actor, market) = (ERIN.actor(stage).unwrap(), stage.btc);
    let size = Units::of(&stage.world.market(market).state).base("2").unwrap();
    let order = Order { size, price_bound: Price::ZERO, reduce_only: false };
    let account = stage.world.account(&actor.margin_account);
    let buy = trade(&stage.addresses, actor, &account, stage.touched(market), &order);
    stage.perform(ERIN.wallet, &[buy], |world| world.trade(&actor.margin_account, market, &order)).unwrap();
}

fn attempt(stage: &mut Stage<'_>) -> String {
    let (keeper, erin) = (LIQUIDATOR.actor(stage).unwrap(), ERIN.address(stage).unwrap());
    let order = LiquidationOrder { max_size: Size::new(u64::MAX >> 8), min_bounty: Atoms::ZERO };
    let account = stage.world.account(&erin);
    let instruction = liquidate(&stage.addresses, keeper, erin, &account, stage.touched(stage.btc), &order);
    stage.refused(LIQUIDATOR.wallet, &[instruction]).unwrap()
}

#[test]
fn it_is_paid_out_of_the_penalty_and_takes_its_bounty_home() {
    let keys = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::new(Format::Json, 0);
    let mut stage = exchange(keys.path(), &mut recorder);
    two_bitcoin_long(&mut stage);
    let (erin, own) = (ERIN.address(&stage).unwrap(), LIQUIDATOR.address(&stage).unwrap());

    // At the opening price there is nothing to do, and trying is refused.
    assert!(sweep(&mut stage, LIQUIDATOR).unwrap().is_empty());
    assert_eq!(attempt(&mut stage), "NotLiquidatable");
    assert_eq!(stage.world.account(&own).balance, Atoms::ZERO);
    assert_eq!(stage.world.purse(LIQUIDATOR.wallet).usdc, Atoms::ZERO);

    // Erin paid $50,035.68 apiece with the spread, 2.50 of impact and a fee of 40: 100 073.86 for 2 BTC, and 4 860 are
    // left. At $48,750 they are worth 97 500: equity 4 860 − 2 573.86 = 2 286.14 is below 2.4 % of it, 2 340.
    stage.go_to_at(START + 120, LOW).unwrap();
    stage.refresh(ADMIN).unwrap();
    let deeds = sweep(&mut stage, LIQUIDATOR).unwrap();
    assert_eq!(deeds.len(), 1);
    let deed = &deeds[0];
    let What::Liquidated { size_before, plan } = deed.what else { panic!("a bankruptcy") };
    assert_eq!((deed.account, Extent::of(size_before, &plan)), (erin, Extent::Partial));
    assert_eq!(deed.moved.expected.difference(&deed.moved.after), None);

    // (1.25 · 2 340 − 2 286.14) / (1.25 · 2.4 % − 1 %) = 31 943 of notional are 0.6552 BTC.
    let left = stage.world.position(&erin, stage.btc).size.size();
    let closed = 20_000_000_000 - left.get();
    assert!((6_551_000_000..6_554_000_000).contains(&closed), "{closed}");
    // 1 % of its value at 4.875 = 39/8 atoms, of which the insurance and the backing get what the bounty leaves.
    let penalty = closed * 39 / 8 / 100;
    let bounty = stage.world.account(&own).balance;
    let insurance = stage.world.market(stage.btc).state.books.insurance;
    // Equity is short of the margin by 53.86 / 2 340 = 2.3 %: the bounty is 30 % + 2.3 % · 20 % = 30.46 % of it.
    assert!((penalty * 3_045 / 10_000..penalty * 3_047 / 10_000).contains(&bounty.get()), "{bounty:?} of {penalty}");
    // The backing's share is 20 %, the rest is the insurance's.
    assert_eq!(insurance.get(), penalty - bounty.get() - penalty / 5);

    // Healthy again, and the bounty leaves for a wallet that had no token account.
    assert!(sweep(&mut stage, LIQUIDATOR).unwrap().is_empty());
    assert_eq!(attempt(&mut stage), "NotLiquidatable");
    let actor = LIQUIDATOR.actor(&stage).unwrap();
    let destination = stage.addresses.tokens_of(&actor.signer);
    let instructions = [
        create_token_account(&stage.addresses, actor.signer, actor.signer),
        withdraw(&stage.addresses, actor, &stage.world.account(&own), destination, bounty),
    ];
    stage.perform(LIQUIDATOR.wallet, &instructions, |world| world.withdraw(LIQUIDATOR.wallet, &own, bounty)).unwrap();
    assert_eq!(stage.world.purse(LIQUIDATOR.wallet).usdc, bounty);
    assert_eq!(stage.world.check_books(), Ok(()));
    stage.close().unwrap();
}

#[test]
fn an_atom_from_nowhere_fails_the_step_that_finds_it() {
    let keys = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::new(Format::Json, 0);
    let mut stage = exchange(keys.path(), &mut recorder);
    stage.note(Step::new("before", "all is well")).unwrap();

    let address = stage.addresses.pool;
    let mut pool: Pool = stage.localnet.connection.fetch(&address).unwrap();
    pool.state.cash = pool.state.cash.plus(Atoms::new(1)).unwrap();
    let image = AccountImage { address, owner: perp_swap::ID, data: encode(&pool) };
    stage.localnet.chain().set_accounts(&[image]).unwrap();
    stage.refresh(ADMIN).unwrap();
    stage.note(Step::new("after", "the pool has an atom that nobody paid in")).unwrap();
    stage.close().unwrap();

    let report = recorder.finish(None);
    assert!(!report.ok);
    let [before, after] = &report.steps[..] else { panic!("{report:?}") };
    assert!(before.ok);
    let failed: Vec<_> = after.checks.iter().filter(|check| !check.ok).map(|check| &check.actual[..]).collect();
    assert_eq!(failed, ["the pool differs", "Custody { vault: 1000000000000, cash: 1000000000001 }"]);
}
