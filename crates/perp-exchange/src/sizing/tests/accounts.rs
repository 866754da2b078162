use super::*;

#[test]
fn a_ladder_tells_profit_and_health_at_other_prices() {
    // $1000 and 10 SOL long at $250.
    let mut exchange = exchange(frictionless());
    let account = trader(&mut exchange, 1_000, 10);
    let rungs = exchange.ladder(&account, 0, &[-500_000, 0, 1_000_000]).unwrap();
    let told = |place: usize| {
        let rung = rungs[place];
        (rung.change, rung.profit.get() / 1_000_000, rung.health.equity.get() / 1_000_000, rung.health.margin)
    };
    // At $125 $1250 are lost, at $500 $2500 won; the margin is 3 % of $1250, $2500 and $5000.
    assert_eq!(told(0), (-500_000, -1_250, -250, Atoms::new(37_500_000)));
    assert_eq!(told(1), (0, 0, 1_000, usdc(75)));
    assert_eq!(told(2), (1_000_000, 2_500, 3_500, usdc(150)));
    assert!(rungs[0].health.is_below_margin() && !rungs[1].health.is_below_margin());
    // No market has a price of nothing; 2148 times $250 is below the largest.
    assert_eq!(exchange.ladder(&account, 0, &[-1_000_000, i32::MAX]).unwrap().len(), 1);
    assert_eq!(exchange.ladder(&account, 0, &LADDER).unwrap().len(), 13);
}

#[test]
fn a_cascade_counts_whose_liquidation_a_price_brings() {
    // Long: 1000 − 10·(250 − p) < 3 % · 10·p below $154.63…; short: 1000 + 10·(250 − p) < 3 % · 10·p above $339.80….
    let mut exchange = exchange(frictionless());
    let accounts = [trader(&mut exchange, 1_000, 10), trader(&mut exchange, 1_000, -10), Account::opened(None)];
    // $150, $162.50, $337.50, $340.
    let steps = exchange.cascade(&accounts, 0, &[-400_000, -350_000, 350_000, 360_000]).unwrap();
    let (none, ten) = (Size::ZERO, Size::new(10 * SOL));
    let counted: alloc::vec::Vec<_> = steps.iter().map(|step| (step.accounts, step.interest)).collect();
    assert_eq!(counted, [(1, [ten, none]), (0, [none; 2]), (0, [none; 2]), (1, [none, ten])]);
}

#[test]
fn the_largest_order_that_survives_a_move_is_not_liquidated_by_it() {
    // $1000 bear a fall by 20 % of s SOL if 1000 − 50·s ≥ 3 % · 200·s: s ≤ 1000 / 56 = 17.857142….
    let exchange = exchange(frictionless());
    let account = Account { balance: usdc(1_000), ..Account::opened(None) };
    let largest = |side, adverse| exchange.largest_order_surviving(&account, 0, side, Ppm::new(adverse)).unwrap();
    let size = largest(Side::Long, 200_000).unwrap().get();
    assert_eq!(size / 1_000, 17_857_142);
    // A short loses as much but stands at $300: s ≤ 1000 / 59.
    assert_eq!(largest(Side::Short, 200_000).unwrap().get() / 1_000, -16_949_152);
    // It is not liquidated at $200, and with a thousandth more it is.
    for (size, is_liquidated) in [(size, false), (size + size / 1_000, true)] {
        let order = perp_engine::operations::position::Order::at_any_price(SignedSize::new(size));
        let after = exchange.preview_trade(&account, 0, &order, None).unwrap();
        let rungs = exchange.ladder_in(&after.account, &after.market, &[-200_000]).unwrap();
        assert_eq!(rungs[0].health.is_below_margin(), is_liquidated);
    }
    // Without a move the initial margin of 5 % is what bounds it, at $20 000; and nothing survives a fall to nothing.
    assert_eq!(largest(Side::Long, 0), exchange.largest_order(&account, 0, Side::Long, None).unwrap());
    assert_eq!(largest(Side::Long, 1_000_000), None);
}

#[test]
fn leverage_is_notional_over_what_stands_behind_it() {
    let mut exchange = exchange(frictionless());
    let accounts = [trader(&mut exchange, 1_000, 10), trader(&mut exchange, 500, -4)];
    // $2500 over $1000, $1000 over $500.
    let times = accounts.map(|account| exchange.account_leverage(&account).unwrap().times());
    assert_eq!(times, [Some(2_500_000), Some(2_000_000)]);
    // $3500 and $1500 over a million.
    let market = exchange.market_leverage(0).unwrap();
    assert_eq!((market.gross.times(), market.net.times()), (Some(3_500), Some(1_500)));
    // $3500 over $1500; the pool's is that of its only market.
    let system = exchange.system_leverage(&accounts).unwrap();
    assert_eq!((system.traders.times(), system.pool.notional), (Some(2_333_334), usdc(1_500)));
    let nothing = exchange.account_leverage(&Account::opened(None)).unwrap();
    assert_eq!(nothing.times(), None);
}

#[test]
fn holding_costs_what_time_then_takes() {
    // A day with everything that accrues: funding that rises with the skew, and carry.
    let mut exchange = exchange(sol_parameters());
    let account = trader(&mut exchange, 100_000, 1_000);
    let market = *exchange.market(0).unwrap();
    let costs = holding_costs(&market, &exchange.session(), sol(1_000), &[3_600, SECONDS_A_DAY]).unwrap();
    assert!(costs[1].cost > costs[0].cost && costs[1].funding_rate > costs[0].funding_rate);
    for _ in 0..24 {
        exchange.wait(3_600, 7_200).unwrap();
        exchange.update_price(0, &now(&exchange, 250)).unwrap();
    }
    let settled = exchange.preview_settle_funding(&account, 0).unwrap();
    assert_eq!(settled.plan.settled.funding, costs[1].cost.checked_neg().unwrap());
    assert_eq!(settled.market.ledger.funding_rate, costs[1].funding_rate);
}

#[test]
fn carry_is_a_part_of_the_notional_a_year() {
    // Open interest at its cap pays 5 % a year: a day of $2500 is $2500 · 5 % / 365.25 = $0.342231….
    let carry_rate = sol_parameters().carry_rate;
    let exchange = exchange(Parameters { carry_rate, carry_surge: 0, ..frictionless() });
    let mut market = *exchange.market(0).unwrap();
    market.ledger.sides[0].open_interest = market.parameters.open_interest_cap;
    let cost = |size| holding_costs(&market, &exchange.session(), size, &[SECONDS_A_DAY]).unwrap()[0];
    assert_eq!(cost(sol(10)).cost, SignedAtoms::new(342_232));
    // 0.342232 / 2500 is 136.9 millionths.
    assert_eq!(cost(sol(10)).break_even, 137);
    // Nobody is short, so that a short has nothing to pay.
    assert_eq!(cost(sol(-10)).cost, SignedAtoms::ZERO);
    // A market that never had a price has none to accrue at.
    market.price.price = Price::ZERO;
    let refused = holding_costs(&market, &exchange.session(), sol(1), &[1]);
    assert_eq!(refused, Err(EngineError::PriceOutOfRange));
}
