use super::*;
use perp_engine::operations::exchange::StatusOrder;

#[test]
fn a_long_is_previewed_with_its_health_and_liquidation_price() {
    let preview = exchange().preview_trade(&cash(1_000), 0, &order(10), None).unwrap();
    // 10 SOL · $250 = $2500; impact (10 SOL)² / (2 · 20 000 000 SOL) = 2500 base units at a quarter of an atom; 4 bps of
    // $2500 = $1.
    assert_eq!(preview.plan.fill.charge.to_atoms_ceil(), Ok(Atoms::new(625)));
    assert_eq!(preview.plan.fill.fee, Atoms::new(USDC));
    assert_eq!(preview.account.balance, usdc(999));

    let (exchange, account) = alice_after(10);
    let health = exchange.health(&account).unwrap();
    // 1000 − 1 − 0.000625
    assert_eq!(health.maintenance.equity, SignedAtoms::new(998_999_375));
    // 3 % and 5 % of $2500
    assert_eq!(health.maintenance.margin, usdc(75));
    assert_eq!(health.initial.margin, usdc(125));

    // 999 + 10·p − 2500.000625 < 3 % · 10·p, so p < 1501.000625 / 9.7 = 154.7423324…
    let shown = shown(&exchange, exchange.liquidation_price(&account, 0).unwrap());
    assert!(shown.starts_with("154.742332"), "{shown}");
}

#[test]
fn health_counts_funding_as_if_it_were_accrued_now() {
    // 10 000 SOL long alone at full speed: 0.02 % of the impact limit's 80 000 SOL; an hour of it.
    let parameters = perp_engine::fixtures::sol_parameters();
    let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    exchange.list(&listing(parameters, 0)).unwrap();
    let mut market = *exchange.market(0).unwrap();
    market.ledger.backing = usdc(10_000_000);
    exchange.put_market(market);
    exchange.ingest_price(0, &now(&exchange, 250)).unwrap();
    let after = exchange.preview_trade(&cash(1_000_000), 0, &order(10_000), None).unwrap();
    exchange.put_market(after.market);
    exchange.wait(3_600, 7_200).unwrap();
    exchange.ingest_price(0, &now(&exchange, 250)).unwrap();

    let asked = exchange.health(&after.account).unwrap();
    let stored = perp_engine::risk::portfolio::Portfolio::new(&after.account, None, exchange.markets(), exchange.clock);
    let stored = stored.unwrap().maintenance_health().unwrap();
    assert!(asked.maintenance.equity < stored.equity, "an hour of funding costs nothing");
    // Once it is accrued the answer is the same.
    exchange.update_funding(0, None).unwrap();
    assert_eq!(exchange.health(&after.account), Ok(asked));
    let stored = perp_engine::risk::portfolio::Portfolio::new(&after.account, None, exchange.markets(), exchange.clock);
    assert_eq!(stored.unwrap().maintenance_health(), Ok(asked.maintenance));
}

#[test]
fn a_refusal_says_by_how_much() {
    let refused = exchange().preview_trade(&cash(1_000), 0, &order(1_000), None).unwrap_err();
    // 1000 SOL · $250 · 5 % = $12 500. Equity: 1000 − 4 bps of $250 000 − impact
    // (1000 SOL)² / (2 · 20 000 000 SOL) · $250 = 1000 − 100 − 6.25
    let expected = EngineError::InitialMargin { equity: SignedAtoms::new(893_750_000), required: usdc(12_500) };
    assert_eq!(refused, expected.into());
    assert_eq!(refused.rule(), Some(expected));
    let text = refused.to_string();
    assert!(text.contains("893750000") && text.ends_with("Deposit more, or trade or withdraw less."), "{text}");
    let missing = Refusal::NoMarket { market: 7 };
    assert_eq!((missing.rule(), missing.to_string().contains("market 7")), (None, true));
}

#[test]
fn a_withdrawal_leaves_the_initial_margin() {
    let (exchange, account) = alice_after(10);
    // 998.999375 − 5 % · $2500
    let most = Atoms::new(873_999_375);
    assert_eq!(exchange.preview_withdrawal(&account, most).unwrap().balance, Atoms::new(125_000_625));
    let more = exchange.preview_withdrawal(&account, Atoms::new(873_999_376)).unwrap_err();
    assert!(matches!(more.rule(), Some(EngineError::InitialMargin { .. })), "{more:?}");
    // Without a position no market is asked.
    let empty = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    assert_eq!(empty.preview_withdrawal(&cash(1_000), usdc(1)).unwrap().balance, usdc(999));
}

#[test]
fn what_the_market_could_pay_is_equity_and_on_cash_it_is_not() {
    let (exchange, account) = alice_after(10);
    // $260: a profit of 10 · $10 less the impact of 625 atoms, and 3 % of $2600.
    let moved = at_price(&exchange, Price::new(PRICE * 26 / 25));
    let health = moved.health(&account).unwrap();
    let rounding = |health: perp_engine::risk::portfolio::Health| 1_098_999_375 - health.equity.get();
    assert!((0..=1).contains(&rounding(health.maintenance)), "{health:?}");
    assert_eq!((health.maintenance.margin, health.initial.margin), (usdc(78), usdc(130)));
    // Unpaid it is no cash, and more than the margin the position demands.
    assert_eq!((health.on_cash.equity, health.on_cash.margin), (SignedAtoms::new(999_000_000), Atoms::ZERO));
    // Of a backing of $40, beside losers who owe it as much as it owes, the rest lowers what the position demands:
    // $78 − $59.999375.
    let mut poor = moved.clone();
    let mut market = *moved.market(0).unwrap();
    market.ledger.backing = usdc(40);
    perp_engine::fixtures::set_side(&mut market, perp_engine::units::Side::Short, sol(10).size().get(), 2_500 * USDC);
    poor.put_market(market);
    let health = poor.health(&account).unwrap().maintenance;
    assert_eq!(health.equity, SignedAtoms::new(1_039_000_000));
    assert!((18_000_625..=18_000_627).contains(&health.margin.get()), "{health:?}");
    // Without them it cannot pay everybody, and pays nobody.
    perp_engine::fixtures::set_side(&mut market, perp_engine::units::Side::Short, 0, 0);
    poor.put_market(market);
    let health = poor.health(&account).unwrap().maintenance;
    assert_eq!((health.equity, health.margin), (SignedAtoms::new(999_000_000), Atoms::ZERO));
}

#[test]
fn other_legs_must_be_here_and_an_old_price_counts_by_all_it_may_be() {
    let (mut exchange, mut account) = alice_after(10);
    let entry_notional = perp_engine::fixtures::exact(250).into();
    account.positions[1] = Position { size: sol(1), entry_notional, ..Position::empty_in(7) };
    let missing = Refusal::NoMarket { market: 7 };
    assert_eq!(exchange.health(&account), Err(missing));
    assert_eq!(exchange.liquidation_price(&account, 0), Err(missing));
    assert_eq!(exchange.preview_trade(&account, 0, &order(1), None), Err(missing));
    assert_eq!(exchange.preview_withdrawal(&account, usdc(1)), Err(missing));

    // Sixteen seconds old: $250 ± 15 %.
    let mut stale = *exchange.market(1).unwrap();
    stale.index = 7;
    stale.recent = perp_engine::state::RecentPrices::default();
    stale.price.published = Timestamp::new(exchange.clock.now.get() - 16);
    stale.price.newest_published = stale.price.published;
    exchange.put_market(stale);
    let health = exchange.health(&account).unwrap();
    // At the better end $37.50 are won, which its market could pay, against 3 % of $287.50; at the worse end they are lost, beside
    // 5 % of $287.50 all the same. The range is rounded outwards.
    let maintenance = (health.maintenance.equity, health.maintenance.margin);
    assert_eq!(maintenance, (SignedAtoms::new(998_999_375 + 37_500_000), Atoms::new(75_000_000 + 8_625_001)));
    let initial = (health.initial.equity, health.initial.margin);
    assert_eq!(initial, (SignedAtoms::new(998_999_375 - 37_500_001), Atoms::new(125_000_000 + 14_375_001)));
    // It stops nobody: the account still trades in market 0.
    assert!(exchange.preview_trade(&account, 0, &order(1), None).is_ok());

    exchange.ingest_price(7, &crate::fixtures::reading(250, 0)).unwrap();
    let health = exchange.health(&account).unwrap();
    assert_eq!((health.maintenance.margin, health.initial.margin), (Atoms::new(82_500_000), Atoms::new(137_500_000)));
}

#[test]
fn a_pause_forbids_to_act_and_changes_nothing_of_what_an_account_has() {
    let (mut exchange, account) = alice_after(10);
    let (before, price) = (exchange.health(&account), exchange.liquidation_price(&account, 0));
    let authority = perp_engine::operations::exchange::StatusAuthority::RiskAdmin;
    let pause = StatusOrder { status: perp_engine::state::Status::Paused, seconds: 60, authority };
    exchange.set_exchange_status(&pause).unwrap();
    assert_eq!(exchange.health(&account), before);
    let health = before.unwrap();
    assert_eq!((health.maintenance.equity, health.maintenance.margin), (SignedAtoms::new(998_999_375), usdc(75)));
    assert_eq!(exchange.liquidation_price(&account, 0), price);
    assert_eq!(exchange.preview_withdrawal(&account, usdc(1)), Err(EngineError::Paused.into()));
    assert_eq!(exchange.preview_trade(&account, 0, &order(-1), None), Err(EngineError::Paused.into()));
}
