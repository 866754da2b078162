//! An exchange kept alive by a turner that knows nothing but `idl/turning.json`.

mod interface;
mod scope;
mod table;
mod turner;
mod world;

use perp_client::accounts::{Exchange, LiquidityRequest, Pool};
use perp_client::instructions::{
    create_share_account, open_orders, place_orders, request_liquidity_deposit, NewRequest, OrdersOf, TargetMarket,
};
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::{OrderTrigger, PriceLimit};
use perp_engine::units::{Atoms, Ppm, Price, SignedSize, Timestamp};
use perp_localnet::feeds::Feed;
use perp_localnet::usdc::ONE;

use world::World;

const BOTH: [Feed; 2] = [Feed::Sol, Feed::Btc];

#[test]
fn it_liquidates_settles_and_ends_bankruptcies() {
    let mut world = World::start();
    // 200 SOL of $140.6 are 14 times $2 000: below a margin of 3 % from about 4.3 % less on, with nothing left at 7.1 % less.
    world.trader("alice", 2_000, 200_000);
    world.trader("bob", 20_000, -150_000);
    world.turner.until_done();
    assert!(!world.turner.did("liquidate"), "{:?}", world.turner.done);
    world.fall_to(1, 500, &BOTH);
    world.turner.until_done();
    assert!(world.turner.did("take in a price") && world.turner.did("liquidate"), "{:?}", world.turner.done);
    assert_eq!(world.below_margin(), 0);
    let left = world.account("alice").state.positions[0].size.get();
    // A part was closed, and not all.
    assert!(left > 0 && left < 200_000_000_000, "{left}");
    // 35 % at once leave her with less than nothing.
    world.fall_to(1, 3_500, &BOTH);
    world.turner.until_done();
    assert!(world.turner.did("end a bankruptcy"), "{:?}", world.turner.done);
    let account = world.account("alice").state;
    assert!(account.positions.iter().all(|position| position.size.get() == 0 && position.debt.is_zero()));
    assert_eq!((world.market(0).state.ledger.debts, world.below_margin()), (Atoms::ZERO, 0));
}

#[test]
fn it_settles_for_a_boundary_closes_its_epoch_and_pays_the_request() {
    let mut world = World::start();
    world.trader("alice", 20_000, 200_000);
    let addresses = world.local.addresses;
    let bob = world.wallet("bob").address();
    let request = NewRequest { nonce: 7, amount: Atoms::new(50_000 * ONE), limit: PriceLimit::None };
    let ask = request_liquidity_deposit(&addresses, bob, addresses.tokens_of(&bob), &request);
    world.send("bob", &[create_share_account(&addresses, bob, bob), ask]);
    let connection = world.local.localnet.connection.client().url();
    let connection = perp_client::rpc::Connection::new(&connection);
    let boundary = connection.fetch::<Exchange>(&addresses.exchange).unwrap().state.boundary.get();
    world.turner.until_done();
    // Three seconds before it, with a price 2 % lower: alice has lost some $560.
    let before = boundary - 3 - world.now();
    world.fall_to(before, 200, &BOTH);
    world.turner.until_done();
    assert!(world.turner.did("settle before a boundary"), "{:?}", world.turner.done);
    assert!(world.account("alice").state.counters.realized.is_negative());
    assert!(!world.turner.did("close an epoch"));
    world.fall_to(4, 200, &BOTH);
    world.bring(Feed::Sol, 200, boundary, boundary - 1);
    world.turner.until_done();
    for rule in [
        "value a market by the reading of its boundary",
        "value a market that needs no reading",
        "close an epoch",
        "pay a deposit that was accepted",
    ] {
        assert!(world.turner.did(rule), "{rule}: {:?}", world.turner.done);
    }
    let shares = connection.client().get_token_account_balance(&addresses.shares_of(&bob)).unwrap();
    assert_ne!(shares.amount, "0");
    assert!(connection.fetch::<LiquidityRequest>(&addresses.request(&bob, 7)).is_err());
    assert_eq!(connection.fetch::<Exchange>(&addresses.exchange).unwrap().state.boundary, Timestamp::NEVER);
    assert_eq!(connection.fetch::<Pool>(&addresses.pool).unwrap().state.escrow, Atoms::ZERO);
}

#[test]
fn it_arms_an_order_and_fills_it_at_the_reading_of_its_moment() {
    let mut world = World::start();
    world.trader("alice", 5_000, 100_000);
    let (addresses, authority) = (world.local.addresses, world.authority("alice"));
    // $135 are 135 · 10⁶ atoms for 10⁹ base units, in 2^-40.
    let trigger_price = Price::new(((135_u128 * 1_000_000) << 40).div_ceil(1_000_000_000).try_into().unwrap());
    let stop = NewOrder {
        size: SignedSize::new(-100_000_000_000),
        trigger: OrderTrigger::AtOrBelow,
        trigger_price,
        trailing: Ppm::ZERO,
        acceptable_price: Price::new(1),
        reduce_only: true,
        active_from: Timestamp::NEVER,
        expires: Timestamp::NEVER,
        slices: 1,
        seconds_between: 0,
        group: 0,
        parent: None,
        lamports: 40_000,
    };
    let account = world.account("alice").state;
    let of = OrdersOf { owner: authority.signer, margin_account: authority.margin_account, account: &account };
    let place = place_orders(&addresses, authority.signer, &of, TargetMarket::at_cached_price(0), &[], &[stop]);
    world.send("alice", &[open_orders(authority, authority.signer), place]);
    world.turner.until_done();
    // $140.6 less 3 % are $136.4, less 5 % are $133.6.
    world.fall_to(2, 300, &BOTH);
    world.turner.until_done();
    assert!(!world.turner.did("arm an order at or below its trigger"), "{:?}", world.turner.done);
    world.fall_to(2, 500, &BOTH);
    world.turner.until_done();
    assert!(world.turner.did("arm an order at or below its trigger"), "{:?}", world.turner.done);
    let fills_from = world.orders("alice").state.orders[0].fills_from.get();
    assert!(fills_from > world.now());
    world.fall_to(fills_from + 1 - world.now(), 400, &BOTH);
    world.turner.until_done();
    assert!(!world.turner.did("fill an armed order"), "{:?}", world.turner.done);
    world.bring(Feed::Sol, 450, fills_from, fills_from - 1);
    world.turner.until_done();
    assert!(world.turner.did("fill an armed order"), "{:?}", world.turner.done);
    assert_eq!(world.account("alice").state.positions[0].size.get(), 0);
    assert_eq!(world.orders("alice").state.orders[0].slices, 0);
}

#[test]
fn it_ends_a_market_whose_oracle_died() {
    let mut world = World::start();
    world.trader("alice", 20_000, 50_000);
    // 0.2 BTC of 10¹⁰ base units.
    world.trade("alice", 1, 2_000_000_000);
    world.turner.until_done();
    assert!(!world.turner.did("report a dead oracle"));
    world.fall_to(16, 0, &[Feed::Sol]);
    world.turner.until_done();
    assert!(world.turner.did("report a dead oracle"), "{:?}", world.turner.done);
    world.fall_to(47 * 3_600, 0, &[Feed::Sol]);
    world.turner.until_done();
    assert!(!world.turner.did("end a market whose oracle died"), "{:?}", world.turner.done);
    world.fall_to(3_600, 0, &[Feed::Sol]);
    world.turner.until_done();
    assert!(world.turner.did("end a market whose oracle died"), "{:?}", world.turner.done);
    assert!(world.market(1).state.settlement.has_begun() && !world.market(0).state.settlement.has_begun());
    assert!(!world.turner.did("close in a market that has ended"));
    world.fall_to(86_400, 0, &[Feed::Sol]);
    world.turner.until_done();
    assert!(world.turner.did("close in a market that has ended"), "{:?}", world.turner.done);
    let sizes: Vec<i64> = world.account("alice").state.occupied().map(|(_, position)| position.size.get()).collect();
    // What she has in SOL is as it was.
    assert_eq!(sizes, [50_000_000_000]);
}
