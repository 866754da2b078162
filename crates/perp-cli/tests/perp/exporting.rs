//! Lots, with sums that equal the chain's.

use serde_json::Value;

use crate::Local;

/// Bought 100 and 50, sold 60, a part liquidated, the rest flipped.
fn busy() -> Local {
    let local = Local::start();
    local.trader("alice", "20000", "buy", "100");
    local.sol_costs(600, "150");
    local.perp(&["trade", "buy", "SOL", "50", "--yes"]).good();
    local.sol_costs(600, "145");
    local.perp(&["trade", "sell", "SOL", "60", "--yes"]).good();
    local.sol_costs(600, "147");
    local.perp(&["trade", "sell", "SOL", "120", "--yes"]).good();
    local
}

fn whole(found: &Value) {
    let rows = |name: &str| found[name].as_array().unwrap().clone();
    let sums = rows("sums");
    assert_eq!(sums.len(), 4);
    assert!(sums.iter().all(|row| row["same"] == true), "{sums:#?}");
    assert!(rows("reconciled").iter().all(|row| row["below_an_atom_each"] == true), "{:#?}", rows("reconciled"));
}

#[test]
fn every_method_sums_up_to_what_the_chain_has_counted() {
    let local = busy();
    let counters = local.account("alice").state.counters;
    assert!(counters.realized.get() != 0 && counters.funding.get() != 0 && counters.fees.get() != 0);
    for method in ["fifo", "lifo", "hifo"] {
        let found = local.json(&["export", "--lots", method]);
        whole(&found);
        // 60 of a lot, 40 or 50 and the rest of another.
        let closed: Vec<(u64, &str)> = found["disposals"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["opening"].as_u64().unwrap(), row["size"].as_str().unwrap()))
            .collect();
        let expected: &[(u64, &str)] = match method {
            "fifo" => &[(1, "60"), (1, "40"), (2, "50")],
            _ => &[(2, "50"), (1, "10"), (1, "90")],
        };
        assert_eq!(closed, expected, "{method}");
        // Sold 180 of 150: 30 are open on the other side.
        assert_eq!(found["open"][0]["size"], "-30");
    }
    let raw = local.json(&["export", "--atoms"]);
    assert_eq!(raw["sums"][0]["chain"], counters.realized.get().to_string());
}

#[test]
fn lots_are_closed_as_picked_and_written_as_csv() {
    let local = busy();
    let picks = local.folder().join("picks.csv");
    std::fs::write(&picks, "close,opening,size\n3,2,50\n3,1,10\n4,1,90\n").unwrap();
    let path = picks.display().to_string();
    let found = local.json(&["export", "--lots", "specific", "--pick", &path]);
    whole(&found);
    assert_eq!(found["disposals"], local.json(&["export", "--lots", "lifo"])["disposals"]);
    let csv = local.perp(&["export", "--csv"]).good();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("close,opening,market,opened,closed,size,cost,proceeds,result"));
    assert_eq!(lines.count(), 3);

    let cases: [(&[&str], &str); 4] = [
        (&["export", "--lots", "specific"], "--pick"),
        (&["export", "--pick", &path], "--lots specific"),
        (&["export", "--lots", "specific", "--pick", "/nowhere.csv"], "--pick: /nowhere.csv cannot be read"),
        (&["export", "--lots", "first"], "fifo"),
    ];
    for (arguments, needle) in cases {
        let said = local.perp(arguments);
        assert_eq!(said.code, Some(2), "{}", said.text());
        assert!(said.err.contains(needle), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn an_indexer_that_is_none_is_named() {
    let local = Local::start();
    local.perp(&["deposit", "10"]).good();
    let said = local.perp(&["export", "--indexer-url", "http://127.0.0.1:1/key"]);
    assert_eq!(said.code, Some(3), "{}", said.text());
    assert!(said.err.contains("the indexer at \"http://127.0.0.1:1…\" does not answer"), "{}", said.err);
    assert!(!said.err.contains("/key"), "{}", said.err);
}
