use super::*;

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
    assert_eq!(health.initial.unwrap().margin, usdc(125));

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
fn other_legs_must_be_here_and_fresh() {
    let (mut exchange, mut account) = alice_after(10);
    account.positions[1] = Position { size: SignedSize::new(1), ..Position::empty_in(7) };
    let missing = Refusal::NoMarket { market: 7 };
    assert_eq!(exchange.health(&account), Err(missing));
    assert_eq!(exchange.liquidation_price(&account, 0), Err(missing));
    assert_eq!(exchange.preview_trade(&account, 0, &order(1), None), Err(missing));
    assert_eq!(exchange.preview_withdrawal(&account, usdc(1)), Err(missing));

    let mut stale = *exchange.market(1).unwrap();
    stale.index = 7;
    stale.price.published = Timestamp::new(exchange.clock.now.get() - 16);
    stale.price.newest_published = stale.price.published;
    exchange.put_market(stale);
    let leg_stale = EngineError::LegStale { market: 7, age: 16, allowed: 15 };
    assert_eq!(exchange.health(&account), Err(leg_stale.into()));

    exchange.ingest_price(7, &crate::fixtures::reading(250, -2)).unwrap();
    assert!(exchange.health(&account).is_ok());
}

#[test]
fn an_unusable_leg_forbids_what_needs_the_initial_margin_and_nothing_else() {
    let (mut exchange, account) = alice_after(10);
    exchange.markets[0].price.newest_published = exchange.clock.now.after(1).unwrap();
    let health = exchange.health(&account).unwrap();
    // The position counts at the last valid price and demands nothing.
    assert_eq!((health.maintenance.equity, health.maintenance.margin), (SignedAtoms::new(998_999_375), Atoms::ZERO));
    assert_eq!(health.initial, Err(EngineError::MarketUnusable { market: 0 }));
}
