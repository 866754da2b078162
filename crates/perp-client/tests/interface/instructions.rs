use super::accounts::bytes;
use super::{check, hex, key};
use anchor_lang::solana_program::instruction::Instruction;
use bytemuck::Zeroable;
use perp_client::accounts::{EpochRecord, LiquidityRequest, MarginAccount, Pubkey, VERSION};
use perp_client::engine::operations::orders::NewOrder;
use perp_client::engine::operations::position::{LiquidationOrder, Order};
use perp_client::engine::state::{
    ClosedEpoch, LimitSet, OrderBook, OrderTrigger, Position, PriceLimit, Request, RequestKind, RestingOrder,
    MAX_POSITIONS,
};
use perp_client::engine::units::{Atoms, Ppm, Price, SignedSize, Size, Timestamp};
use perp_client::instructions::{self as build, Authority, NewRequest, OrdersOf, TargetMarket};
use perp_client::Addresses;
use serde_json::{json, Value};

const EXCHANGE: u8 = 1;
const MINT: u8 = 2;
const SIGNER: u8 = 3;
const ACCOUNT: u8 = 4;
const PAYER: u8 = 5;
const ORACLE: u8 = 6;
const OTHER: u8 = 7;
const TOKENS: u8 = 8;
const OWNER: u8 = 9;

fn addresses() -> Addresses {
    Addresses::new(key(EXCHANGE), key(MINT), anchor_spl::token::ID)
}

fn authority() -> Authority {
    Authority { signer: key(SIGNER), margin_account: key(ACCOUNT) }
}

/// Margin accounts by name: empty; a long in market 9, a claim on market 2, a short in market 5; no position but that claim; all
/// slots taken.
fn account(name: &str) -> MarginAccount {
    let mut account = MarginAccount { owner: key(OWNER), version: VERSION, ..MarginAccount::zeroed() };
    let positions = &mut account.state.positions;
    match name {
        "empty" => {}
        "three" => {
            positions[1] = Position { size: SignedSize::new(7), ..Position::empty_in(9) };
            positions[4] = Position { claim: Atoms::new(1), ..Position::empty_in(2) };
            positions[7] = Position { size: SignedSize::new(-7), ..Position::empty_in(5) };
        }
        "claim" => positions[4] = Position { claim: Atoms::new(1), ..Position::empty_in(2) },
        _ => {
            for (market, position) in (0..).zip(positions.iter_mut()) {
                *position = Position { size: SignedSize::new(1), ..Position::empty_in(market) };
            }
        }
    }
    account
}

fn order(number: i64) -> NewOrder {
    NewOrder {
        size: SignedSize::new(number * 1_000_000_007),
        trigger: OrderTrigger::AtOrBelow,
        trigger_price: Price::new(154_206_505_795),
        trailing: Ppm::ZERO,
        acceptable_price: Price::new(u64::MAX),
        reduce_only: number < 0,
        active_from: Timestamp::new(1_790_000_000),
        expires: Timestamp::new(1_790_000_600),
        slices: 1,
        seconds_between: 0,
        group: 255,
        parent: None,
        lamports: 40_000,
    }
}

fn terms(order: &NewOrder) -> Value {
    json!({
        "size": order.size.get().to_string(), "trigger": order.trigger as u8,
        "triggerPrice": order.trigger_price.get().to_string(), "trailing": order.trailing.get(),
        "acceptablePrice": order.acceptable_price.get().to_string(), "reduceOnly": order.reduce_only,
        "activeFrom": order.active_from.get().to_string(), "expires": order.expires.get().to_string(),
        "slices": order.slices, "secondsBetween": order.seconds_between, "group": order.group,
        "parent": order.parent.map_or(0, |parent| parent + 1), "lamports": order.lamports.to_string(),
    })
}

fn case(name: &str, arguments: Value, instruction: &Instruction) -> Value {
    let accounts = instruction
        .accounts
        .iter()
        .map(|meta| json!([meta.pubkey.to_string(), u8::from(meta.is_signer), u8::from(meta.is_writable)]));
    json!({
        "name": name, "arguments": arguments, "program": instruction.program_id.to_string(),
        "accounts": accounts.collect::<Vec<_>>(), "data": hex(&instruction.data),
    })
}

fn text(address: Pubkey) -> String {
    address.to_string()
}

fn of_accounts(addresses: &Addresses) -> Vec<Value> {
    let (owner, payer, source) = (authority(), key(PAYER), key(OTHER));
    let mut cases = vec![
        case("closeAccount", json!({}), &build::close_account(owner)),
        case("setDelegate", json!({ "delegate": text(key(OTHER)) }), &build::set_delegate(owner, key(OTHER))),
        case("setDelegate", json!({}), &build::set_delegate(owner, Pubkey::default())),
        case("openOrders", json!({}), &build::open_orders(owner, payer)),
        case("closeOrders", json!({}), &build::close_orders(owner)),
    ];
    for (sub_account, isolated) in [(0, None), (258, Some(0)), (u16::MAX, Some(513))] {
        let opened = build::open_account(addresses, owner.signer, payer, sub_account, isolated);
        cases.push(case("openAccount", json!({ "subAccount": sub_account, "isolatedMarket": isolated }), &opened));
    }
    for amount in [0, 1, u64::MAX] {
        let arguments = json!({ "amount": amount.to_string() });
        cases.push(case("deposit", arguments, &build::deposit(addresses, owner, source, Atoms::new(amount))));
        for name in ["empty", "three", "claim", "full"] {
            let arguments = json!({ "account": name, "amount": amount.to_string() });
            let state = account(name).state;
            let withdrawn = build::withdraw(addresses, owner, &state, source, Atoms::new(amount));
            cases.push(case("withdraw", arguments, &withdrawn));
        }
    }
    cases
}

fn of_positions(addresses: &Addresses) -> Vec<Value> {
    let (trader, other) = (authority(), key(OTHER));
    let mut cases = Vec::new();
    for market in [0, 5, 9, 513] {
        let claimed = json!({ "market": market });
        cases.push(case("settleFunding", claimed.clone(), &build::settle_funding(addresses, other, market)));
        cases.push(case("redeemClaim", claimed.clone(), &build::redeem_claim(addresses, other, market)));
        cases.push(case("waiveClaim", claimed, &build::waive_claim(addresses, trader, market)));
        for oracle in [None, Some(key(ORACLE))] {
            let target = TargetMarket { market, oracle };
            let of = |more: Value| {
                let mut arguments = json!({ "market": market, "oracle": oracle.map(text) });
                arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                arguments
            };
            for rewarded in [None, Some(key(TOKENS))] {
                let settled = build::settle_pnl(addresses, other, target, rewarded);
                cases.push(case("settlePnl", of(json!({ "rewarded": rewarded.map(text) })), &settled));
            }
            for name in ["empty", "three", "claim", "full"] {
                let state = account(name).state;
                let sizes = [(1, u64::MAX, false), (-1_500_000_000, 1, true), (i64::MIN, 154_206_505_795, true)];
                for (size, price, reduce_only) in sizes {
                    let order = Order { size: SignedSize::new(size), acceptable_price: Price::new(price), reduce_only };
                    let arguments = of(json!({
                        "account": name, "size": size.to_string(), "acceptablePrice": price.to_string(),
                        "reduceOnly": reduce_only,
                    }));
                    cases.push(case("trade", arguments, &build::trade(addresses, trader, &state, target, &order)));
                }
                let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::new(3) };
                let arguments = of(json!({ "account": name, "maxSize": u64::MAX.to_string(), "minBounty": "3" }));
                let liquidated = build::liquidate(addresses, trader, other, &state, target, &order);
                cases.push(case("liquidate", arguments.clone(), &liquidated));
                let if_due = build::liquidate_if_due(addresses, trader, other, &state, target, &order);
                cases.push(case("liquidateIfDue", arguments, &if_due));
                if oracle.is_none() {
                    let resolved = build::resolve_bankruptcy(addresses, other, &state, market);
                    cases.push(case("resolveBankruptcy", of(json!({ "account": name })), &resolved));
                }
            }
        }
    }
    cases
}

fn of_orders(addresses: &Addresses) -> Vec<Value> {
    let caller = key(SIGNER);
    let mut cases = Vec::new();
    for name in ["empty", "three", "full"] {
        let state = account(name).state;
        let of = OrdersOf { owner: key(OWNER), margin_account: key(ACCOUNT), account: &state };
        for oracle in [None, Some(key(ORACLE))] {
            let target = TargetMarket { market: 5, oracle };
            let arguments = json!({ "account": name, "market": 5, "oracle": oracle.map(text), "slot": 15 });
            cases.push(case("armOrder", arguments.clone(), &build::arm_order(addresses, &of, target, 15)));
            cases.push(case("armOrderIfDue", arguments, &build::arm_order_if_due(addresses, &of, target, 15)));
            let entry = order(1);
            let stop = NewOrder { parent: Some(0), ..order(-1) };
            let slices = NewOrder {
                trigger: OrderTrigger::AtTime,
                trigger_price: Price::ZERO,
                slices: 65_535,
                seconds_between: 60,
                lamports: u64::MAX,
                ..order(2)
            };
            let trailing = NewOrder {
                trigger: OrderTrigger::AtOrAbove,
                trigger_price: Price::ZERO,
                trailing: Ppm::new(999_999),
                ..order(-3)
            };
            let sets: [(&[u8], Vec<NewOrder>); 4] =
                [(&[], vec![]), (&[0, 15], vec![]), (&[3], vec![entry, stop]), (&[], vec![slices, trailing])];
            for (cancel, orders) in sets {
                let placed = build::place_orders(addresses, caller, &of, target, cancel, &orders);
                let arguments = json!({
                    "account": name, "market": 5, "oracle": oracle.map(text), "cancel": cancel,
                    "orders": orders.iter().map(terms).collect::<Vec<_>>(),
                });
                cases.push(case("placeOrders", arguments, &placed));
            }
        }
        let arguments = json!({
            "account": name, "armed": [3], "market": 9, "oracle": text(key(ORACLE)), "slot": 7,
        });
        let mut book = OrderBook::default();
        book.orders[0] =
            RestingOrder { slices: 1, fills_from: Timestamp::new(9), market: 3, ..RestingOrder::default() };
        let executed = build::execute_order(addresses, caller, &of, &book, 9, key(ORACLE), 7);
        cases.push(case("executeOrder", arguments.clone(), &executed));
        let if_due = build::execute_order_if_due(addresses, caller, &of, &book, 9, key(ORACLE), 7);
        cases.push(case("executeOrderIfDue", arguments, &if_due));
    }
    for ended in [None, Some(9)] {
        let swept = build::sweep_order(addresses, key(OWNER), key(ACCOUNT), ended, 3);
        cases.push(case("sweepOrder", json!({ "ended": ended, "slot": 3 }), &swept));
    }
    cases
}

fn of_markets(addresses: &Addresses) -> Vec<Value> {
    let market = 513;
    let at = json!({ "market": market });
    let pairs = [(0, key(ORACLE)), (market, key(OTHER))];
    let prices: Vec<_> = pairs.iter().map(|(market, oracle)| json!([market, text(*oracle)])).collect();
    let mut cases = vec![
        case("updatePrices", json!({ "prices": prices }), &build::update_prices(addresses, pairs)),
        case("updatePrices", json!({ "prices": [] }), &build::update_prices(addresses, [])),
        case(
            "updateSecondPrice",
            json!({ "market": market, "oracle": text(key(ORACLE)) }),
            &build::update_second_price(addresses, market, key(ORACLE)),
        ),
        case("reportOracleOutage", at.clone(), &build::report_oracle_outage(addresses, market)),
        case("beginSettlement", at.clone(), &build::begin_settlement(addresses, market)),
        case("fundClaims", at, &build::fund_claims(addresses, market)),
        case(
            "closeEpoch",
            json!({ "boundary": "1790000400" }),
            &build::close_epoch(addresses, key(SIGNER), Timestamp::new(1_790_000_400)),
        ),
        case("createTokenAccount", json!({}), &build::create_token_account(addresses, key(SIGNER), key(OWNER))),
        case("createShareAccount", json!({}), &build::create_share_account(addresses, key(SIGNER), key(OWNER))),
    ];
    for given in [None, Some(market)] {
        let funded = build::fund_insurance(addresses, key(SIGNER), key(TOKENS), given, Atoms::new(77));
        cases.push(case("fundInsurance", json!({ "market": given, "amount": "77" }), &funded));
    }
    for oracle in [None, Some(key(ORACLE))] {
        let target = TargetMarket { market, oracle };
        let arguments = json!({ "market": market, "oracle": oracle.map(text) });
        cases.push(case("updateFunding", arguments.clone(), &build::update_funding(addresses, target)));
        cases.push(case("valueMarket", arguments.clone(), &build::value_market(addresses, key(SIGNER), target)));
        cases.push(case("allocateBacking", arguments, &build::allocate_backing(addresses, target)));
    }
    cases
}

fn of_requests(addresses: &Addresses) -> Vec<Value> {
    let mut cases = Vec::new();
    let limits = [
        PriceLimit::None,
        PriceLimit::OnePercent,
        PriceLimit::TwoPercent,
        PriceLimit::FivePercent,
        PriceLimit::TenPercent,
    ];
    let accepted = LimitSet::where_each(|limit| matches!(limit, PriceLimit::None | PriceLimit::FivePercent));
    let closed = ClosedEpoch {
        boundary: Timestamp::new(1_790_000_400),
        deposits_accepted: accepted,
        withdrawals_accepted: accepted,
        ..ClosedEpoch::default()
    };
    let record = EpochRecord { state: closed, version: VERSION, ..EpochRecord::zeroed() };
    for (nonce, limit) in (u64::MAX - 4..=u64::MAX).zip(limits) {
        let request = NewRequest { nonce, amount: Atoms::new(1_000_000), limit };
        let arguments = json!({ "nonce": nonce.to_string(), "amount": "1000000", "limit": limit as u8 });
        let deposited = build::request_liquidity_deposit(addresses, key(SIGNER), key(TOKENS), &request);
        cases.push(case("requestLiquidityDeposit", arguments.clone(), &deposited));
        let withdrawn = build::request_liquidity_withdrawal(addresses, key(SIGNER), key(TOKENS), &request);
        cases.push(case("requestLiquidityWithdrawal", arguments, &withdrawn));
        for kind in [RequestKind::Deposit, RequestKind::Withdrawal] {
            let state = Request { limit: limit as u8, ..Request::default() };
            let waiting = LiquidityRequest {
                owner: key(OWNER),
                nonce,
                kind: kind as u8,
                state,
                version: VERSION,
                ..LiquidityRequest::zeroed()
            };
            let arguments = json!({ "request": hex(&bytes(&waiting)), "record": hex(&bytes(&record)) });
            let paid = build::pay_liquidity_request(addresses, key(SIGNER), &waiting, &record);
            cases.push(case("payLiquidityRequest", arguments.clone(), &paid));
            let made = build::create_destination(addresses, key(SIGNER), &waiting, &record);
            cases.push(case("createDestination", arguments, &made));
        }
    }
    cases
}

fn of_views(addresses: &Addresses) -> Vec<Value> {
    let (margin_account, market) = (key(ACCOUNT), 5);
    let mut cases = Vec::new();
    for name in ["empty", "three", "claim", "full"] {
        let state = account(name).state;
        let health = build::view_health(addresses, margin_account, &state);
        cases.push(case("viewHealth", json!({ "account": name }), &health));
        for oracle in [None, Some(key(ORACLE))] {
            let target = TargetMarket { market, oracle };
            let at = json!({ "account": name, "market": market, "oracle": oracle.map(text) });
            let viewed = build::view_position(addresses, margin_account, &state, target);
            cases.push(case("viewPosition", at.clone(), &viewed));
            let viewed = build::view_liquidation_price(addresses, margin_account, &state, target);
            cases.push(case("viewLiquidationPrice", at.clone(), &viewed));
            let order = Order { size: SignedSize::new(-7), acceptable_price: Price::new(1), reduce_only: true };
            let mut terms = at;
            terms.as_object_mut().unwrap().extend([
                ("size".to_owned(), json!("-7")),
                ("acceptablePrice".to_owned(), json!("1")),
                ("reduceOnly".to_owned(), json!(true)),
            ]);
            let viewed = build::view_trade(addresses, margin_account, &state, target, &order);
            cases.push(case("viewTrade", terms, &viewed));
        }
    }
    for oracle in [None, Some(key(ORACLE))] {
        let target = TargetMarket { market, oracle };
        let at = json!({ "market": market, "oracle": oracle.map(text) });
        cases.push(case("viewMarket", at.clone(), &build::view_market(addresses, target)));
        let ahead = json!({ "market": market, "oracle": oracle.map(text), "seconds": 604_800 });
        cases.push(case("viewFunding", ahead, &build::view_funding(addresses, target, 604_800)));
    }
    for market_count in [0, 3] {
        let attested = build::attest_solvency(addresses, market_count);
        cases.push(case("attestSolvency", json!({ "marketCount": market_count }), &attested));
    }
    cases
}

#[test]
fn instructions_are_built_alike() {
    assert_eq!(MAX_POSITIONS, 12);
    let addresses = addresses();
    let keys = json!({
        "exchange": text(key(EXCHANGE)), "quoteMint": text(key(MINT)), "signer": text(key(SIGNER)),
        "marginAccount": text(key(ACCOUNT)), "payer": text(key(PAYER)), "other": text(key(OTHER)),
        "tokens": text(key(TOKENS)), "owner": text(key(OWNER)),
    });
    let accounts: serde_json::Map<_, _> = ["empty", "three", "claim", "full"]
        .map(|name| (name.to_owned(), Value::String(hex(&bytes(&account(name))))))
        .into_iter()
        .collect();
    let cases: Vec<_> = [of_accounts, of_positions, of_orders, of_markets, of_requests, of_views]
        .into_iter()
        .flat_map(|of| of(&addresses))
        .collect();
    check("instructions.json", &json!({ "keys": keys, "accounts": accounts, "cases": cases }));
}
