use super::*;
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::units::MAX_PRICE;
use proptest::prelude::*;

#[test]
fn at_the_liquidation_price_and_not_one_unit_before_the_program_would_liquidate() {
    // A short: 999 + 2499.999375 − 10·p < 3 % · 10·p, so p > 3498.999375 / 10.3 = 339.708677…
    for (amount, towards_health, expected) in [(10, 1, "154.742332"), (-10, -1, "339.708677")] {
        let (exchange, account) = alice_after(amount);
        let price = exchange.liquidation_price(&account, 0).unwrap();
        let shown = shown(&exchange, price);
        assert!(shown.starts_with(expected), "{shown}");

        let price = price.unwrap().get();
        let liquidation_at = |price| {
            let moved = at_price(&exchange, Price::new(price));
            moved.preview_liquidation(&account, &cash(0), 0, &ALL, None)
        };
        assert!(liquidation_at(price).unwrap().plan.closed > Size::ZERO);
        let healthy = liquidation_at(price.checked_add_signed(towards_health).unwrap()).unwrap_err();
        assert!(matches!(healthy.rule(), Some(EngineError::NotLiquidatable { .. })), "{healthy:?}");
    }
}

#[test]
fn no_price_liquidates_an_account_without_a_position_or_with_all_its_value_paid() {
    assert_eq!(exchange().liquidation_price(&cash(1_000), 0), Ok(None));
    // $3000 pay for 10 SOL whole: at a price of nothing $3000 − $2500 are left.
    let mut exchange = exchange();
    let rich = exchange.preview_trade(&cash(3_000), 0, &order(10), None).unwrap();
    exchange.put_market(rich.market);
    assert_eq!(exchange.liquidation_price(&rich.account, 0), Ok(None));
    assert_eq!(exchange.liquidation_price(&rich.account, 1), Ok(None));
    assert_eq!(exchange.liquidation_price(&rich.account, 2), Err(Refusal::NoMarket { market: 2 }));
}

#[test]
fn a_liquidatable_account_is_so_at_the_present_price() {
    let (exchange, account) = alice_after(10);
    // $125 per SOL.
    let fallen = Price::new(PRICE / 2);
    assert_eq!(at_price(&exchange, fallen).liquidation_price(&account, 0), Ok(Some(fallen)));
}

#[test]
fn a_price_that_no_market_can_have_liquidates_nobody() {
    // $4 · 10^12 pay for any rise of a short of 10 SOL up to the largest price, $1 024 000.
    let mut exchange = exchange();
    let rich = exchange.preview_trade(&cash(4_000_000_000_000), 0, &order(-10), None).unwrap();
    exchange.put_market(rich.market);
    assert_eq!(exchange.liquidation_price(&rich.account, 0), Ok(None));
    // Beside an open interest that is worth 2^60 atoms before that, the price ends there: still none.
    let mut market = *exchange.market(0).unwrap();
    market.ledger.sides[0].open_interest = Size::new(1 << 51);
    market.ledger.sides[0].entry_notional = perp_engine::units::QuoteX40::new(1 << 89).into();
    exchange.put_market(market);
    assert_eq!(exchange.liquidation_price(&rich.account, 0), Ok(None));
}

#[test]
fn a_market_without_a_price_has_no_liquidation_price() {
    let mut exchange = exchange();
    let index = exchange.list(&listing(frictionless(), 0)).unwrap();
    let never = EngineError::PriceStale { age: u64::MAX, allowed: 15 };
    assert_eq!(exchange.liquidation_price(&cash(1_000), index), Err(never.into()));
}

/// Whether the account would be liquidatable with that price published now, by the maintenance health that the engine states.
fn is_liquidatable(exchange: &Exchange, account: &Account, price: u64) -> bool {
    let moved = at_price(exchange, Price::new(price));
    let portfolio = Portfolio::new(account, None, moved.markets(), moved.clock).unwrap();
    portfolio.maintenance_health().unwrap().is_below_margin()
}

proptest! {
    #[test]
    fn a_liquidation_price_is_right_to_the_last_digit(
        balance in 500u64..20_000, amounts in [-150i64..150, -150i64..150], others in -300i64..300, moved in 230i64..270,
    ) {
        prop_assume!(amounts[0] != 0);
        let mut exchange = exchange();
        // Somebody else's position, so that profits have losers beside them.
        let other = exchange.preview_trade(&cash(1_000_000), 0, &order(if others == 0 { 1 } else { others }), None).unwrap();
        exchange.put_market(other.market);
        let mut account = cash(balance);
        for (market, amount) in [(0, amounts[0]), (1, amounts[1])] {
            if let Ok(after) = exchange.preview_trade(&account, market, &order(amount), None) {
                account = after.account;
                exchange.put_market(after.market);
            }
        }
        prop_assume!(account.slot_of(0).is_some());
        exchange.wait(1, 2).unwrap();
        exchange.ingest_price(1, &now(&exchange, moved)).unwrap();
        exchange.ingest_price(0, &now(&exchange, 250)).unwrap();

        let present = exchange.market(0).unwrap().price.price;
        let is_long = account.positions[account.slot_of(0).unwrap()].size.get() > 0;
        match exchange.liquidation_price(&account, 0).unwrap() {
            Some(price) if price == present => prop_assert!(is_liquidatable(&exchange, &account, price.get())),
            Some(price) => {
                let before = if is_long { price.get() + 1 } else { price.get() - 1 };
                prop_assert_eq!(is_long, price < present);
                prop_assert!(is_liquidatable(&exchange, &account, price.get()));
                prop_assert!(!is_liquidatable(&exchange, &account, before));
            }
            None => {
                let beyond = if is_long { 1 } else { MAX_PRICE };
                prop_assert!(!is_liquidatable(&exchange, &account, present.get()));
                prop_assert!(!is_liquidatable(&exchange, &account, beyond));
            }
        }
    }
}
