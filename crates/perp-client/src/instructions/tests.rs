use super::*;
use crate::addresses::{event_authority, orders_address};
use anchor_lang::Discriminator;
use bytemuck::Zeroable;
use perp_accounts::{EpochRecord, LiquidityRequest};
use perp_engine::operations::orders::NewOrder;
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::state::{
    ClosedEpoch, LimitSet, OrderBook, OrderTrigger, Position, PriceLimit, Request, RequestKind, RestingOrder,
};
use perp_engine::units::{Atoms, Ppm, Price, SignedSize, Size, Timestamp};

fn addresses() -> Addresses {
    Addresses::new(Pubkey::new_unique(), Pubkey::new_unique(), anchor_spl::token::ID)
}

fn actor() -> Authority {
    Authority { signer: Pubkey::new_unique(), margin_account: Pubkey::new_unique() }
}

/// Slots 1, 4 and 7 hold a long in market 9, nothing but a claim on market 2, and a short in market 5.
fn account() -> Account {
    let mut account = Account::zeroed();
    account.positions[1] = Position { size: SignedSize::new(7), ..Position::empty_in(9) };
    account.positions[4] = Position { claim: Atoms::new(1), ..Position::empty_in(2) };
    account.positions[7] = Position { size: SignedSize::new(-7), ..Position::empty_in(5) };
    account
}

fn rest(instruction: &Instruction, named: usize) -> Vec<AccountMeta> {
    instruction.accounts[named..].to_vec()
}

#[test]
fn a_trade_hands_in_the_other_markets_read_only_in_the_order_of_the_slots() {
    let (addresses, trader) = (addresses(), actor());
    let order = Order { size: SignedSize::new(3), acceptable_price: Price::new(8), reduce_only: false };
    let trade = trade(&addresses, trader, &account(), TargetMarket::at_cached_price(9), &order);
    assert_eq!(rest(&trade, 5), [read_only(addresses.market(2)), read_only(addresses.market(5))]);
    assert_eq!(trade.accounts[0], AccountMeta::new_readonly(trader.signer, true));
    assert_eq!(trade.accounts[3], writable(addresses.market(9)));

    let mut data = perp_swap::instruction::Trade::DISCRIMINATOR.to_vec();
    data.extend(3i64.to_le_bytes());
    data.extend(8u64.to_le_bytes());
    data.push(0);
    assert_eq!(trade.data, data);
}

#[test]
fn a_trade_in_a_market_without_a_position_hands_in_all_of_them() {
    let addresses = addresses();
    let order = Order { size: SignedSize::new(3), acceptable_price: Price::ZERO, reduce_only: false };
    let trade = trade(&addresses, actor(), &account(), TargetMarket::at_cached_price(0), &order);
    assert_eq!(rest(&trade, 5), [9, 2, 5].map(|market| read_only(addresses.market(market))));
}

#[test]
fn an_oracle_left_out_is_the_program_itself() {
    let (addresses, oracle) = (addresses(), Pubkey::new_unique());
    let without = update_funding(&addresses, TargetMarket::at_cached_price(1));
    assert_eq!(without.accounts[2], read_only(perp_swap::ID));
    let with = update_funding(&addresses, TargetMarket::with_oracle(1, oracle));
    assert_eq!(with.accounts[2], read_only(oracle));
}

#[test]
fn a_second_price_names_its_market_and_its_account() {
    let (addresses, second) = (addresses(), Pubkey::new_unique());
    let update = update_second_price(&addresses, 3, second);
    assert_eq!(update.accounts, [read_only(addresses.exchange), writable(addresses.market(3)), read_only(second)]);
    assert_eq!(update.data, perp_swap::instruction::UpdateSecondPrice::DISCRIMINATOR);
}

#[test]
fn a_liquidation_names_the_markets_of_the_liquidated() {
    let (addresses, liquidated) = (addresses(), Pubkey::new_unique());
    let order = LiquidationOrder { max_size: Size::new(7), min_bounty: Atoms::ZERO };
    let liquidate = liquidate(&addresses, actor(), liquidated, &account(), TargetMarket::at_cached_price(5), &order);
    assert_eq!(liquidate.accounts[3], writable(liquidated));
    // Last of the named ones: who signs for the event that the program sends to itself, and the program.
    assert_eq!(liquidate.accounts[6..8], [read_only(event_authority()), read_only(perp_swap::ID)]);
    assert_eq!(rest(&liquidate, 8), [9, 2].map(|market| read_only(addresses.market(market))));
}

#[test]
fn a_bankruptcy_reads_the_other_markets() {
    let addresses = addresses();
    let resolve = resolve_bankruptcy(&addresses, Pubkey::new_unique(), &account(), 2);
    assert_eq!(resolve.accounts[4..6], [read_only(event_authority()), read_only(perp_swap::ID)]);
    assert_eq!(resolve.accounts[3], writable(addresses.market(2)));
    assert_eq!(rest(&resolve, 6), [9, 5].map(|market| read_only(addresses.market(market))));
}

#[test]
fn only_open_positions_make_a_withdrawal_look_at_markets() {
    let (addresses, destination) = (addresses(), Pubkey::new_unique());
    let all = withdraw(&addresses, actor(), &account(), destination, Atoms::new(1));
    assert_eq!(rest(&all, 7), [9, 2, 5].map(|market| read_only(addresses.market(market))));

    let mut closed = account();
    closed.positions[1] = Position::zeroed();
    closed.positions[7] = Position::zeroed();
    let none = withdraw(&addresses, actor(), &closed, destination, Atoms::new(1));
    assert_eq!(none.accounts.len(), 7);
}

#[test]
fn a_payment_names_the_accounts_of_what_is_paid() {
    let addresses = addresses();
    let only_without_limit = LimitSet::where_each(|limit| limit == PriceLimit::None);
    let closed = ClosedEpoch {
        boundary: Timestamp::new(3_600),
        deposits_accepted: only_without_limit,
        withdrawals_accepted: only_without_limit,
        ..ClosedEpoch::default()
    };
    let record = EpochRecord { state: closed, ..EpochRecord::zeroed() };
    // Of those with a limit none was accepted: deposits get tokens back, withdrawals shares.
    for (kind, limit, shares) in [
        (RequestKind::Deposit, PriceLimit::None, true),
        (RequestKind::Deposit, PriceLimit::OnePercent, false),
        (RequestKind::Withdrawal, PriceLimit::None, false),
        (RequestKind::Withdrawal, PriceLimit::OnePercent, true),
    ] {
        let state = Request { limit: limit as u8, ..Request::default() };
        let owner = Pubkey::new_unique();
        let request = LiquidityRequest { owner, nonce: 4, kind: kind as u8, state, ..LiquidityRequest::zeroed() };
        let payment = pay_liquidity_request(&addresses, Pubkey::new_unique(), &request, &record);
        assert_eq!(
            payment.accounts[3..6],
            [writable(addresses.epoch(Timestamp::new(3_600))), writable(addresses.request(&owner, 4)), writable(owner)]
        );
        let paid = if shares {
            [addresses.shares_of(&owner), addresses.share_escrow, addresses.share_mint]
        } else {
            [addresses.tokens_of(&owner), addresses.vault, addresses.quote_mint]
        };
        assert_eq!(
            payment.accounts[6..9].iter().map(|meta| meta.pubkey).collect::<Vec<_>>(),
            paid,
            "{kind:?} {limit:?}"
        );
    }
}

#[test]
fn a_settlement_without_a_reward_names_neither_pool_nor_receiver() {
    let (addresses, account, rewarded) = (addresses(), Pubkey::new_unique(), Pubkey::new_unique());
    let without = settle_pnl(&addresses, account, TargetMarket::at_cached_price(1), None);
    assert_eq!(without.accounts[4..], [read_only(perp_swap::ID), read_only(perp_swap::ID)]);
    let with = settle_pnl(&addresses, account, TargetMarket::at_cached_price(1), Some(rewarded));
    assert_eq!(with.accounts[4..], [writable(addresses.pool), writable(rewarded)]);
}

#[test]
fn orders_are_placed_with_the_other_markets_and_in_full() {
    let (addresses, trader, of_whom) = (addresses(), Pubkey::new_unique(), actor());
    let account = account();
    let of = OrdersOf { owner: of_whom.signer, margin_account: of_whom.margin_account, account: &account };
    let stop = NewOrder {
        size: SignedSize::new(-3),
        trigger: OrderTrigger::AtOrBelow,
        trigger_price: Price::new(8),
        trailing: Ppm::ZERO,
        acceptable_price: Price::new(1),
        reduce_only: true,
        active_from: Timestamp::NEVER,
        expires: Timestamp::new(9),
        slices: 1,
        seconds_between: 0,
        group: 2,
        parent: Some(0),
        lamports: 10_000,
    };
    let placed = place_orders(&addresses, trader, &of, TargetMarket::at_cached_price(9), &[4, 5], &[stop]);
    let orders = orders_address(&of_whom.margin_account);
    assert_eq!(
        placed.accounts[..5],
        [
            AccountMeta::new(trader, true),
            writable(of_whom.signer),
            read_only(addresses.exchange),
            writable(of_whom.margin_account),
            writable(orders)
        ]
    );
    assert_eq!(rest(&placed, 8), [2, 5].map(|market| read_only(addresses.market(market))));
    let mut data = perp_swap::instruction::PlaceOrders::DISCRIMINATOR.to_vec();
    data.extend([2, 0, 0, 0, 4, 5]);
    data.extend([1, 0, 0, 0]);
    data.extend((-3i64).to_le_bytes());
    data.push(2);
    data.extend(8u64.to_le_bytes());
    data.extend(0u32.to_le_bytes());
    data.extend(1u64.to_le_bytes());
    data.push(1);
    data.extend(0i64.to_le_bytes());
    data.extend(9i64.to_le_bytes());
    data.extend(1u16.to_le_bytes());
    data.extend(0u32.to_le_bytes());
    // Group 2; the parent is the first of them.
    data.extend([2, 1]);
    data.extend(10_000u64.to_le_bytes());
    assert_eq!(placed.data, data);
}

#[test]
fn who_fills_an_order_names_the_owner_and_who_sweeps_one_its_market_where_that_has_ended() {
    let (addresses, caller, oracle, of_whom) = (addresses(), Pubkey::new_unique(), Pubkey::new_unique(), actor());
    let account = account();
    let of = OrdersOf { owner: of_whom.signer, margin_account: of_whom.margin_account, account: &account };
    let armed = |market, reduce_only| RestingOrder {
        slices: 1,
        fills_from: Timestamp::new(9),
        reduce_only,
        market,
        ..RestingOrder::default()
    };
    // An order that may enter market 4, one that only reduces in 6, and one of a market in which there is a position.
    let mut book = OrderBook::default();
    book.orders[..3].copy_from_slice(&[armed(4, 0), armed(6, 1), armed(2, 0)]);
    let executed = execute_order(&addresses, caller, &of, &book, 5, oracle, 7);
    assert_eq!(executed.accounts[..2], [AccountMeta::new(caller, true), writable(of_whom.signer)]);
    assert_eq!(rest(&executed, 6)[0], read_only(oracle));
    assert_eq!(rest(&executed, 7)[..2], [read_only(event_authority()), read_only(perp_swap::ID)]);
    assert_eq!(rest(&executed, 9), [9, 2, 4].map(|market| read_only(addresses.market(market))));
    assert_eq!(executed.data[8..], [7]);
    let armed = arm_order(&addresses, &of, TargetMarket::at_cached_price(5), 7);
    assert_eq!(armed.accounts[4], read_only(perp_swap::ID));
    let swept = |ended| sweep_order(&addresses, of_whom.signer, of_whom.margin_account, ended, 3).accounts[3].clone();
    assert_eq!([swept(None), swept(Some(5))], [read_only(perp_swap::ID), read_only(addresses.market(5))]);
}

#[test]
fn every_instruction_of_the_program_has_a_builder_of_its_name() {
    let program = include_str!("../../../../programs/perp-swap/src/lib.rs");
    let names: Vec<_> = program
        .lines()
        .filter_map(|line| line.strip_prefix("    pub fn "))
        .filter_map(|line| line.split(['<', '(']).next())
        .collect();
    let builders = [
        include_str!("account.rs"),
        include_str!("exchange.rs"),
        include_str!("liquidity.rs"),
        include_str!("market.rs"),
        include_str!("orders.rs"),
        include_str!("position.rs"),
        include_str!("views.rs"),
    ]
    .concat();
    assert!(names.contains(&"trade") && names.contains(&"create_exchange"), "{names:?}");
    for name in names {
        assert!(builders.contains(&format!("pub fn {name}(")), "{name}");
    }
}
