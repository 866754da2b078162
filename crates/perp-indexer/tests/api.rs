//! What is asked over HTTP, and what comes back.

mod common;

use common::events::{account, owner, Exchange, ATOM};
use common::served::{Served, LISTS, NOON, PRICE};
use common::Database;
use perp_client::events::Event;
use serde_json::{json, Value};

#[tokio::test]
async fn history_is_told_newest_first_and_page_by_page() {
    for database in Database::all().await {
        let served = Served::start(&database).await;
        let fills = served.rows("/v1/fills").await;
        assert_eq!(fills.len(), 8);
        assert_eq!(
            (&fills[0]["time"], &fills[0]["size"], &fills[7]["size"]),
            (&json!(NOON + 180), &json!("-5"), &json!("8"))
        );
        assert_eq!(fills[0]["market"], "SOL-PERP");
        assert_eq!(fills[0]["finalized"], true);
        // Sold for a thousand atoms less three.
        assert_eq!(fills[0]["notional"], (997 * ATOM).to_string());
        let mut paged = Vec::new();
        let mut next = Some(String::new());
        while let Some(cursor) = next {
            let (_, body) = served.get(&format!("/v1/fills?limit=3&cursor={cursor}")).await;
            paged.extend(body["data"].as_array().unwrap().clone());
            next = body["next"].as_str().map(str::to_owned);
        }
        assert_eq!(paged, fills);

        assert_eq!(served.rows(&format!("/v1/fills?account={}", account(1))).await.len(), 4);
        assert_eq!(served.rows(&format!("/v1/fills?owner={}&limit=2", owner(2))).await.len(), 2);
        assert_eq!(served.rows("/v1/fills?market=BTC-PERP").await.len(), 0);
        assert_eq!(served.rows("/v1/fills?market=0").await.len(), 8);
        let within = format!("/v1/fills?from={}&to={}", NOON + 60, NOON + 180);
        assert_eq!(served.rows(&within).await.len(), 4);

        let decimal = &served.rows("/v1/fills?numbers=decimal&limit=1").await[0];
        assert_eq!((&decimal["size"], &decimal["notional"]), (&json!("-0.000000005"), &json!("0.000997")));
        assert_eq!(decimal["index_price"], "140.25");

        let liquidations = served.rows("/v1/liquidations").await;
        assert_eq!(
            (liquidations.len(), &liquidations[0]["reason"], &liquidations[0]["bounty"]),
            (1, &json!("price"), &json!("4"))
        );
    }
}

#[tokio::test]
async fn markets_candles_funding_and_open_interest() {
    for database in Database::all().await {
        let served = Served::start(&database).await;
        let markets = served.rows("/v1/markets?numbers=decimal").await;
        assert_eq!(
            (&markets[0]["symbol"], &markets[0]["trades"], &markets[1]["price"]),
            (&json!("SOL-PERP"), &json!(8), &json!("280.5"))
        );
        // Eight fills for a thousand atoms at the index.
        assert_eq!(markets[0]["volume"], "0.008");

        let (_, page) = served.get("/v1/markets/SOL-PERP/candles?width=60&limit=1000").await;
        let starts: Vec<_> =
            page["data"].as_array().unwrap().iter().map(|row| row["start"].as_i64().unwrap() - NOON).collect();
        assert_eq!((starts, &page["next"]), (vec![3_600, 180, 120, 60, 0], &Value::Null));
        // From the end of the liquidation's minute on, fifty minutes at a time.
        let (_, page) = served.get("/v1/markets/0/candles?width=60&limit=50").await;
        assert_eq!(page["data"].as_array().unwrap().len(), 1);
        let rest = format!("/v1/markets/0/candles?width=60&limit=50&cursor={}", page["next"].as_str().unwrap());
        assert_eq!(served.rows(&rest).await.len(), 4);

        let hours = served.rows("/v1/markets/0/candles?width=3600").await;
        assert_eq!((&hours[0]["close"], &hours[1]["trades"]), (&json!((PRICE - 7).to_string()), &json!(8)));
        let days = served.rows("/v1/markets/0/candles?width=86400").await;
        let day = NOON - NOON.rem_euclid(86_400);
        assert_eq!((days.len(), &days[0]["start"], &days[0]["trades"]), (1, &json!(day), &json!(8)));
        assert_eq!((&days[0]["open"], &days[0]["low"]), (&json!(PRICE.to_string()), &json!((PRICE - 7).to_string())));

        // Eight orders and a liquidation, a second of funding each, three a second.
        let funding = served.rows("/v1/markets/0/funding").await;
        assert_eq!(
            (&funding[0]["long_funding_index"], &funding[1]["short_funding_index"]),
            (&json!("27"), &json!("-24"))
        );
        let interest = served.rows("/v1/markets/0/open-interest?width=60").await;
        assert_eq!(
            (&interest[0]["long_open_interest"], &interest[0]["short_open_interest"]),
            (&json!("32"), &json!("20"))
        );
    }
}

#[tokio::test]
async fn accounts_positions_transfers_and_who_leads() {
    for database in Database::all().await {
        let served = Served::start(&database).await;
        let accounts = served.rows(&format!("/v1/accounts?owner={}", owner(2))).await;
        // Four orders that each gained 30 and cost a fee of 2, and a bounty of 4.
        let expected = [("realized", "120"), ("fees", "8"), ("bounties", "4"), ("net", "116"), ("deposited", "5000")];
        for (column, value) in expected {
            assert_eq!(accounts[0][column], value, "{column}");
        }
        assert_eq!((&accounts[0]["balance"], &accounts[0]["volume"]), (&json!("5116"), &json!("4000")));

        let positions = served.rows(&format!("/v1/positions?account={}", account(1))).await;
        assert_eq!(
            (positions.len(), &positions[0]["largest"], &positions[0]["closed_at"]),
            (1, &json!("32"), &json!(NOON + 3_600))
        );
        // 50 lost, four fees of 2, a penalty of 10.
        assert_eq!(positions[0]["net"], "-68");
        assert_eq!(served.rows("/v1/positions?standing=open").await.len(), 1);
        assert_eq!(served.rows("/v1/positions?standing=closed&market=SOL-PERP").await.len(), 1);

        let transfers = served.rows(&format!("/v1/transfers?account={}", account(2))).await;
        let kinds: Vec<_> = transfers.iter().map(|row| row["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["bounty", "deposit"]);

        let leaders = served.rows("/v1/leaderboard").await;
        let ranks: Vec<_> =
            leaders.iter().map(|row| (row["rank"].as_i64().unwrap(), row["net"].as_str().unwrap())).collect();
        assert_eq!(ranks, [(1, "116"), (2, "-68")]);
        let (_, first) = served.get("/v1/leaderboard?by=penalties&limit=1").await;
        assert_eq!((&first["data"][0]["owner"], &first["next"]), (&json!(owner(1).to_string()), &json!("1")));
        assert_eq!(served.rows("/v1/leaderboard?by=penalties&limit=1&cursor=1").await[0]["rank"], 2);
    }
}

#[tokio::test]
async fn the_pool_by_epoch() {
    for database in Database::all().await {
        let served = Served::start(&database).await;
        let epochs = served.rows("/v1/pool/epochs").await;
        assert_eq!(epochs.len(), 2);
        let (second, first) = (&epochs[0], &epochs[1]);
        // 2 000 atoms over 1 000 shares, then 2 001.
        assert_eq!(
            (&first["lower_share_price"], &first["upper_share_price"], &first["gain"]),
            (&json!("2"), &json!("2.1"), &Value::Null)
        );
        // One in two thousand in an hour: 0.0005 · 8760 = 4.38 a year.
        assert_eq!(
            (&second["lower_share_price"], &second["gain"], &second["yearly"]),
            (&json!("2.001"), &json!("0.0005"), &json!("4.38"))
        );
        assert_eq!(
            (&first["deposited"], &first["paid"], &first["issued"]),
            (&json!("100"), &json!("19"), &json!("50"))
        );
        assert_eq!((&first["finalized"], &second["finalized"]), (&json!(true), &json!(false)));
        // Seven atoms were not settled; a deposit of 300 was kept out of the first, and is paid back.
        assert_eq!(
            (&first["unsettled"], &first["deposits_accepted"], &first["kept_out"], &second["kept_out"]),
            (&json!("7"), &json!("0 1 2 3 4"), &json!("300"), &json!("0"))
        );
        let steps = served.rows(&format!("/v1/pool/liquidity?owner={}", owner(3))).await;
        let told: Vec<_> = steps.iter().map(|row| (row["step"].as_str().unwrap(), &row["tokens"])).collect();
        assert_eq!(told, [("paid", &json!("300")), ("requested", &json!("400"))]);
    }
}

#[tokio::test]
async fn every_list_is_csv_too() {
    let database = Database::sqlite();
    let served = Served::start(&database).await;
    for path in LISTS {
        let (kind, text) = served.text(path, "text/csv;q=1, application/json").await;
        assert_eq!(kind, "text/csv; charset=utf-8", "{path}");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        let rows = served.rows(path).await;
        assert_eq!(records.len(), rows.len(), "{path}");
        for (record, row) in records.iter().zip(&rows) {
            assert_eq!(record.len(), row.as_object().unwrap().len());
            for (column, cell) in header.iter().zip(record) {
                let expected = match &row[column] {
                    Value::String(text) => text.clone(),
                    Value::Null => String::new(),
                    other => other.to_string(),
                };
                assert_eq!(cell, expected, "{path}: {column}");
            }
        }
    }
    let url = format!("{}/v1/fills?format=csv&limit=1", served.url);
    let answer = reqwest::get(url).await.unwrap();
    let next = answer.headers()["x-next-cursor"].to_str().unwrap().to_owned();
    assert_eq!(served.rows(&format!("/v1/fills?limit=1&cursor={next}")).await[0]["size"], "8");
    // What is asked for counts more than what is accepted.
    let (kind, _) = served.text("/v1/fills?format=json", "text/csv").await;
    assert_eq!(kind, "application/json");
}

#[tokio::test]
async fn volumes_are_exact_and_so_are_their_sums() {
    for database in Database::all().await {
        let mut exchange = Exchange::at(NOON);
        let mut blocks = vec![vec![exchange.list(0, "SOL-PERP"), exchange.price(0, PRICE)]];
        for _ in 0..2 {
            blocks.push(vec![exchange.open(1), exchange.deposit(1, 100)]);
            let mut trade = exchange.trade(1, 0, 8, 0);
            let Event::Traded(event) = &mut trade else { panic!("{trade:?}") };
            event.notional += ATOM / 2;
            blocks.push(vec![trade, exchange.trade(1, 0, -8, 0), exchange.withdraw(1, 96), exchange.close(1)]);
        }
        let served = Served::of(&database, exchange, blocks).await;
        let accounts = served.rows("/v1/accounts").await;
        // Two thousand atoms and a half, twice: of each the half is not told, of both together it is an atom.
        assert_eq!((&accounts[0]["volume"], &accounts[1]["volume"]), (&json!("2000"), &json!("2000")));
        assert_eq!(served.rows("/v1/leaderboard?by=volume").await[0]["volume"], "4001");
    }
}

#[tokio::test]
async fn an_owners_transfers_are_those_of_all_its_accounts_whoever_signed() {
    for database in Database::all().await {
        let mut exchange = Exchange::at(NOON);
        let mut blocks = vec![vec![exchange.list(0, "SOL-PERP"), exchange.price(0, PRICE)]];
        blocks.push(vec![exchange.open(1), exchange.deposit(1, 1_000), exchange.open(2), exchange.deposit(2, 50)]);
        let mut liquidation = exchange.liquidate(1, 0, 2);
        let Event::Liquidated(event) = &mut liquidation else { panic!("{liquidation:?}") };
        // A delegate liquidates for the second owner's account.
        event.liquidator = owner(9);
        blocks.push(vec![liquidation]);
        let served = Served::of(&database, exchange, blocks).await;
        let transfers = served.rows(&format!("/v1/transfers?owner={}", owner(2))).await;
        let found: Vec<_> = transfers.iter().map(|row| (row["kind"].as_str().unwrap(), &row["amount"])).collect();
        assert_eq!(found, [("bounty", &json!("4")), ("deposit", &json!("50"))]);
        assert!(served.rows(&format!("/v1/transfers?owner={}", owner(9))).await.is_empty());
    }
}
