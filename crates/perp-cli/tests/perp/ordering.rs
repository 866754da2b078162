//! Orders that wait.

use perp_engine::state::OrderTrigger;

use crate::Local;

#[test]
fn every_kind_of_order_is_placed_and_cancelled() {
    let local = Local::start();
    local.trader("alice", "20000", "buy", "100");
    let kinds: [(&[&str], usize); 8] = [
        (&["limit", "SOL", "buy", "1", "--at", "130"], 1),
        (&["stop", "SOL", "--at", "120"], 1),
        (&["target", "SOL", "--at", "160", "--size", "50"], 1),
        (&["trailing", "SOL", "--distance", "5%"], 1),
        (&["twap", "SOL", "sell", "10", "--slices", "4", "--every", "1m", "--from", "+1h", "--reduce-only"], 1),
        (&["oco", "SOL", "--stop", "120", "--target", "160"], 2),
        (&["bracket", "SOL", "buy", "2", "--at", "130", "--stop", "125", "--target", "150"], 3),
        (&["ladder", "SOL", "buy", "3", "--from", "130", "--to", "120", "--count", "3", "--stop", "100"], 6),
    ];
    let mut opened = false;
    for (arguments, count) in kinds {
        let placed = local.json(&[&["order"], arguments].concat());
        assert_eq!(placed["transaction"]["status"], "confirmed");
        // Previewed as they stand afterwards.
        let listed = local.json(&["order", "list"]);
        assert_eq!(placed["orders"], listed["orders"], "{arguments:?}");
        assert_eq!(listed["orders"].as_array().unwrap().len(), count, "{arguments:?}");
        if !opened {
            assert!(local.account("alice").state.orders_open == 1);
            opened = true;
        }
        local.perp(&["order", "cancel-all"]).good();
        assert!(local.orders("alice").is_empty(), "{arguments:?}");
    }
    local.perp(&["order", "close"]).good();
    assert_eq!(local.account("alice").state.orders_open, 0);
}

#[test]
fn terms_are_what_was_said() {
    let local = Local::start();
    local.trader("alice", "20000", "buy", "100");
    local.perp(&["order", "ladder", "SOL", "buy", "3", "--from", "130", "--to", "120", "--count", "3"]).good();
    let orders = local.orders("alice");
    let units = perp_exchange::convert::Units { base_decimals: 9, quote_decimals: 6 };
    let prices: Vec<String> = orders.occupied().map(|(_, order)| units.show_price(order.trigger_price)).collect();
    assert_eq!(prices, ["130", "125", "120"]);
    assert!(orders.occupied().all(|(_, order)| order.size.get() == 1_000_000_000 && order.lamports == 40_000));
    assert!(orders.occupied().all(|(_, order)| order.acceptable_price == order.trigger_price));

    // Another price, expiry and tip, in one transaction, at the same place.
    local.perp(&["order", "replace", "1", "--at", "127", "--expires", "+2h", "--tip", "50000"]).good();
    let order = *local.orders("alice").order(1).unwrap();
    assert_eq!((units.show_price(order.trigger_price), order.kind()), ("127".into(), OrderTrigger::AtOrBelow));
    assert_eq!((order.lamports, order.acceptable_price), (50_000, order.trigger_price));
    let now = local.venue().fresh().unwrap().exchange.clock.now;
    assert!(order.expires.get() > now.get() && order.expires.get() <= now.get() + 7_200);

    local.perp(&["order", "cancel", "0", "2"]).good();
    let left: Vec<usize> = local.orders("alice").occupied().map(|(place, _)| place).collect();
    assert_eq!(left, [1]);
    // A stop belongs to the position, on the other side, and closes all of it.
    local.perp(&["order", "stop", "SOL", "--at", "120", "--cancel", "1"]).good();
    let stop = *local.orders("alice").orders.iter().find(|order| order.is_occupied()).unwrap();
    assert!(stop.is_reduce_only() && stop.size.get() < 0 && stop.kind() == OrderTrigger::AtOrBelow);
}

#[test]
fn a_next_price_order_is_armed_at_once_and_asks_before() {
    let local = Local::start();
    local.perp(&["deposit", "5000"]).good();
    let asked = local.perp(&["order", "next", "SOL", "buy", "10"]);
    assert_eq!(asked.code, Some(2), "{}", asked.text());
    assert!(asked.err.contains("an order that is armed is not cancelled"), "{}", asked.err);
    let placed = local.json(&["order", "next", "SOL", "buy", "10", "--yes"]);
    assert_eq!(placed["orders"][0]["state"], "armed");
}

#[test]
fn an_armed_order_is_filled_at_the_reading_of_its_second_which_the_price_server_has() {
    let local = Local::start();
    local.perp(&["deposit", "5000"]).good();
    local.perp(&["order", "next", "SOL", "buy", "10", "--yes"]).good();
    let fills_from = local.orders("alice").order(0).unwrap().fills_from;
    let early = local.perp(&["order", "fill", "0", "--yes"]);
    assert_eq!(early.code, Some(3), "{}", early.text());
    // A price a second: the market's account holds a later one by the time somebody fills the order.
    while local.venue().fresh().unwrap().exchange.clock.now.get() < fills_from.get() + 2 {
        local.sol_costs(1, "141");
    }
    let filled = local.json(&["order", "fill", "0", "--yes"]);
    assert_eq!(filled["transaction"]["status"], "confirmed");
    let account = local.account("alice").state;
    assert_eq!(account.occupied().map(|(_, position)| position.size.get()).collect::<Vec<_>>(), [10_000_000_000]);
}
