use crate::exchange::{Exchange, Listing};
use crate::fixtures::{now, order};
use perp_engine::fixtures::{at, pool_parameters, sol_parameters, usdc, SOL};
use perp_engine::market::solvency::net_asset_value;
use perp_engine::units::{Atoms, Ppm, QuoteX40, SignedSize, X40_PER_ATOM};

/// A market whose backing of $400 000 is all there is, and three traders with $100 000 each.
fn backed() -> Exchange {
    let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    let listing = Listing { parameters: sol_parameters(), base_decimals: 9, target_backing: Atoms::ZERO };
    exchange.list(&listing).unwrap();
    let mut market = *exchange.market(0).unwrap();
    (market.ledger.backing, market.ledger.net_principal) = (usdc(400_000), usdc(400_000));
    exchange.put_market(market);
    (exchange.pool.placed, exchange.vault) = (usdc(400_000), usdc(400_000));
    for _ in 0..3 {
        let account = exchange.open_account(None).unwrap();
        exchange.deposit(account, usdc(100_000)).unwrap();
    }
    exchange
}

#[test]
fn the_sources_of_the_yield_add_up_to_what_the_market_has_gained() {
    let mut exchange = backed();
    // Longs of 600 and 200 SOL against a short of 500, at $250, $253, $249, $256; the largest closes half.
    for (account, amount, dollars) in [(0, 600, 250), (1, -500, 253), (2, 200, 249), (0, -300, 256)] {
        let reading = now(&exchange, dollars);
        exchange.trade(account, 0, &order(amount), Some(&reading)).unwrap();
        exchange.wait(5, 12).unwrap();
    }
    exchange.wait(3_600, 9_000).unwrap();
    let reading = now(&exchange, 251);
    exchange.update_price(0, &reading).unwrap();
    exchange.settle_pnl(1, 0, None, None).unwrap();
    exchange.check().unwrap();

    let ledger = exchange.market(0).unwrap().ledger;
    let price = exchange.market(0).unwrap().price.price;
    let gained = net_asset_value(&ledger, price).unwrap().checked_sub(usdc(400_000).to_x40().unwrap()).unwrap();
    let providing = exchange.providing().unwrap();
    let earned = providing.markets[0].earned;
    // Fees, funding and realized profit are whole atoms: at most one each a trade and a settlement apart.
    let apart = earned.total().unwrap().checked_sub(gained).unwrap().get();
    assert!(apart.abs() < 12 * X40_PER_ATOM, "{} atoms", apart / X40_PER_ATOM);
    for part in [earned.spread, earned.impact, earned.fees, earned.carry] {
        assert!(part > QuoteX40::ZERO);
    }
    // 300 and 200 SOL long against 500 short: flat. What traders have won at the index is then the pool's loss.
    assert_eq!((providing.markets[0].delta, providing.markets[0].delta_notional.get()), (SignedSize::new(0), 0));
}

#[test]
fn the_pool_is_the_other_side_of_its_traders() {
    let mut exchange = backed();
    let reading = now(&exchange, 250);
    exchange.trade(0, 0, &order(300), Some(&reading)).unwrap();
    let market = exchange.providing().unwrap().markets[0];
    // 300 SOL at $250 are $75 000, of which a stress move of 15 % is $11 250.
    assert_eq!(exchange.market(0).unwrap().parameters.stress_move, Ppm::new(150_000));
    assert_eq!(market.delta, SignedSize::new(-300 * i64::try_from(SOL).unwrap()));
    assert_eq!((market.delta_notional.get(), market.stress_loss), (-75_000_000_000, usdc(11_250)));
    assert_eq!((market.placed, market.backing >= usdc(400_000)), (usdc(400_000), true));
}
