use super::*;
use crate::exchange::Listing;
use perp_engine::fixtures::sol_parameters;
use perp_engine::operations::position::Order;
use perp_engine::oracle::OracleReading;
use perp_engine::units::Side;
use proptest::prelude::*;

/// A market of few base units, worth some 50 atoms each: every order can be tried. Without impact, which is rounded to whole
/// base units: a step of 50 atoms towards the backing would admit a larger order than one that is refused.
fn coarse() -> Parameters {
    Parameters {
        open_interest_cap: Size::new(600),
        impact_limit: Ppm::ZERO,
        open_interest_low: Size::new(300),
        open_interest_high: Size::new(1_200),
        // Fifty base units.
        minimum_position: Atoms::new(2_500),
        minimum_bounty: Atoms::new(1),
        ..sol_parameters()
    }
}

fn atoms_each(exchange: &Exchange, price: i64) -> OracleReading {
    OracleReading::new(price, 0, 0, exchange.clock.now.get()).unwrap()
}

/// A backing, somebody else's position and Alice's, entered at 50 atoms; then the price is another.
fn scene(backing: u64, others: i64, balance: u64, held: i64, price: i64) -> (Exchange, Account) {
    let mut exchange = Exchange::new(pool_parameters(), 0, at(0)).unwrap();
    exchange.list(&Listing { parameters: coarse(), base_decimals: 0, target_backing: Atoms::ZERO }).unwrap();
    let mut market = *exchange.market(0).unwrap();
    market.ledger.backing = Atoms::new(1_000_000);
    exchange.put_market(market);
    exchange.ingest_price(0, &atoms_each(&exchange, 50)).unwrap();
    let mut account = Account { balance: Atoms::new(balance), ..Account::opened(None) };
    let rich = Account { balance: Atoms::new(1_000_000), ..account };
    for (trader, size) in [(&mut rich.clone(), others), (&mut account, held)] {
        let order = Order::at_any_price(SignedSize::new(size));
        if let Ok(after) = exchange.preview_trade(trader, 0, &order, None) {
            *trader = after.account;
            exchange.put_market(after.market);
        }
    }
    exchange.wait(1, 2).unwrap();
    exchange.ingest_price(0, &atoms_each(&exchange, price)).unwrap();
    let mut market = *exchange.market(0).unwrap();
    market.ledger.backing = Atoms::new(backing);
    exchange.put_market(market);
    (exchange, account)
}

fn is_filled(exchange: &Exchange, account: &Account, size: i64) -> bool {
    exchange.preview_trade(account, 0, &Order::at_any_price(SignedSize::new(size)), None).is_ok()
}

/// The largest of all orders that are filled.
fn scanned(exchange: &Exchange, account: &Account, side: Side) -> Option<SignedSize> {
    let sign = if side == Side::Long { 1 } else { -1 };
    (1..=1_300).rev().map(|size| sign * size).find(|size| is_filled(exchange, account, *size)).map(SignedSize::new)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn no_order_larger_than_the_largest_is_filled_and_the_largest_is(
        backing in prop_oneof![Just(1_000_000u64), 0u64..12_000], others in -500i64..500, balance in 1u64..3_000,
        held in prop_oneof![Just(0i64), -400i64..400], price in 42i64..59,
    ) {
        let (exchange, account) = scene(backing, others, balance, held, price);
        for side in Side::BOTH {
            let largest = exchange.largest_order(&account, 0, side, None).unwrap();
            prop_assert_eq!(largest, scanned(&exchange, &account, side));
            if let Some(largest) = largest {
                prop_assert!(is_filled(&exchange, &account, largest.get()));
                let more = if side == Side::Long { 1 } else { -1 };
                prop_assert!(!is_filled(&exchange, &account, largest.get() + more));
            }
        }
    }
}

#[test]
fn the_largest_order_is_filled_and_one_base_unit_more_is_not() {
    let exchange = exchange();
    // $1000 against 5 % and 4 bps of the notional, and the impact of four cents: $19 840 at $250.
    for (side, more) in [(Side::Long, 1), (Side::Short, -1)] {
        let largest = exchange.largest_order(&cash(1_000), 0, side, None).unwrap().unwrap();
        assert_eq!((largest.get() / 10_000_000).abs(), 7_936, "{largest:?}");
        let after = |size| exchange.preview_trade(&cash(1_000), 0, &Order::at_any_price(size), None);
        assert!(after(largest).is_ok());
        let refused = after(SignedSize::new(largest.get() + more)).unwrap_err();
        assert!(matches!(refused.rule(), Some(EngineError::InitialMargin { .. })), "{refused:?}");
    }
}

#[test]
fn whoever_can_only_close_is_told_the_whole_position_to_the_last_unit() {
    // $150 of balance for 10 SOL: at $245 the account is $50 down, below the $125 that a flip to as much would need.
    let (mut exchange, mut account) = alice_after(10);
    account.balance = usdc(151);
    exchange = at_price(&exchange, Price::new(PRICE / 250 * 245));
    exchange.wait(1, 2).unwrap();
    let open = exchange.preview_trade(&account, 0, &order(1), None).unwrap_err();
    assert!(matches!(open.rule(), Some(EngineError::InitialMargin { .. })), "{open:?}");
    assert_eq!(exchange.largest_order(&account, 0, Side::Long, None), Ok(None));
    let mut status = exchange.clone();
    status.state.reduce_only = perp_engine::fixtures::restricted_until(10_000);
    assert_eq!(status.largest_order(&account, 0, Side::Short, None), Ok(Some(sol(-10))));
    assert_eq!(status.largest_order(&account, 0, Side::Long, None), Ok(None));
}

#[test]
fn a_window_between_the_minimum_and_the_margin_is_found_however_narrow() {
    // The minimum position is $100, 0.4 SOL. $5.10 bear 5 % and 4 bps of $101.19, which is 404 761 904 units, less an impact of
    // some units.
    let exchange = exchange();
    let account = Account { balance: Atoms::new(5_100_000), ..Account::opened(None) };
    let largest = exchange.largest_order(&account, 0, Side::Long, None).unwrap().unwrap().get();
    assert!((400_000_000..=404_761_904).contains(&largest), "{largest}");
    // A cent less than 5 % and 4 bps of $100 bears none.
    let poor = Account { balance: Atoms::new(5_039_999), ..Account::opened(None) };
    assert_eq!(exchange.largest_order(&poor, 0, Side::Long, None), Ok(None));
}

#[test]
fn a_market_or_a_leg_that_is_not_here_is_named() {
    let (exchange, mut account) = alice_after(10);
    let missing = |market| Err(Refusal::NoMarket { market });
    assert_eq!(exchange.largest_order(&account, 9, Side::Long, None), missing(9));
    account.positions[1] = Position { size: SignedSize::new(1), ..Position::empty_in(7) };
    assert_eq!(exchange.largest_order(&account, 0, Side::Long, None), missing(7));
}
