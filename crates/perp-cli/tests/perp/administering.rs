//! What the roles may do.

use perp_accounts::Exchange;
use perp_engine::state::Status;

use crate::Local;

fn root(local: &Local) -> Exchange {
    local.exchange.localnet.connection.fetch(&local.exchange.addresses.exchange).unwrap()
}

#[test]
fn a_pause_is_previewed_charged_and_lifted() {
    let local = Local::start();
    let before = root(&local);
    let refused = local.perp(&["admin", "pause", "1m", "--yes"]);
    assert_eq!(refused.code, Some(1), "{}", refused.text());
    assert!(refused.err.contains("may not do this: the admin"), "{}", refused.err);
    let dry = local.json_as("admin", &["admin", "pause", "1m", "--dry-run"]);
    assert_eq!((&dry["status"]["before"], &dry["status"]["after"]), (&"active".into(), &"paused".into()));
    assert_eq!(root(&local), before);

    local.perp_as("admin", &["admin", "pause", "1m", "--yes"]).good();
    let now = local.venue().fresh().unwrap().exchange.clock.now;
    assert_eq!(root(&local).state.own_status(now), Status::Paused);
    let pending = local.perp(&["admin", "pending"]).good();
    assert!(pending.contains("paused"), "{pending}");
    let trade = local.perp(&["deposit", "10"]);
    assert_eq!(trade.code, Some(0), "a deposit works in every status: {}", trade.text());
    local.perp_as("admin", &["admin", "resume", "--yes"]).good();
    assert_eq!(root(&local).state.own_status(now), Status::Active);
    // Longer than what may be spent at once: 480 s with the grace of 120.
    let long = local.perp_as("admin", &["admin", "pause", "1h", "--yes"]);
    assert_eq!(long.code, Some(1), "{}", long.text());
    assert!(long.err.contains("seconds asked for exceed"), "{}", long.err);
    let shown = local.json(&["admin", "show"]);
    assert_eq!(shown["exchange"]["admin"], local.address("admin").to_string());
    assert_eq!(shown["allowances"].as_array().unwrap().len(), 4);
}

#[test]
fn the_admin_hands_over_and_names_roles() {
    let local = Local::start();
    let (alice, bob) = (local.address("alice").to_string(), local.address("bob").to_string());
    local.perp_as("admin", &["admin", "roles", "--guardian", &bob]).good();
    assert_eq!(root(&local).guardian, local.address("bob"));
    local.perp_as("admin", &["admin", "propose", &alice]).good();
    assert!(local.perp(&["admin", "pending"]).good().contains(&alice));
    let refused = local.perp_as("bob", &["admin", "accept", "--yes"]);
    assert!(refused.code == Some(1) && refused.err.contains("the proposed admin"), "{}", refused.text());
    local.perp(&["admin", "accept", "--yes"]).good();
    assert_eq!(root(&local).admin, local.address("alice"));
    // One market alone.
    local.perp(&["admin", "reduce-only", "10m", "--market", "BTC", "--yes"]).good();
    assert_eq!(local.json(&["markets"])["markets"][1]["status"], "reduce-only");
    let parameters = local.perp(&["admin", "parameters"]).good();
    assert!(parameters.contains("epoch seconds") || parameters.contains("epoch_seconds"), "{parameters}");
    assert!(parameters.contains("nobody can change them"), "{parameters}");
    local.perp(&["admin", "backing-target", "SOL", "1000000"]).good();
    assert_eq!(local.json(&["markets", "SOL"])["money"]["backing_target"], "1000000");
}

#[test]
fn liquidity_enters_and_waits_for_its_boundary() {
    let local = Local::start();
    let asked = local.json(&["liquidity", "deposit", "1000", "--yes"]);
    assert_eq!(asked["transaction"]["status"], "confirmed");
    let waiting = local.json(&["liquidity", "requests", "--owner", &local.address("alice").to_string()]);
    let row = &waiting["requests"][0];
    assert_eq!((&row["kind"], &row["amount"], &row["may_be_paid"]), (&"deposit".into(), &"1000".into(), &false.into()));
    assert_eq!(row["request"], asked["request"]["address"]);
    let early = local.perp(&["liquidity", "pay", row["request"].as_str().unwrap()]);
    assert_eq!(early.code, Some(1), "{}", early.text());
    assert!(early.err.contains("is not closed"), "{}", early.err);
    let leaving = local.json_as("lp", &["liquidity", "withdraw", "1000", "--limit", "1%", "--yes"]);
    assert_eq!(leaving["transaction"]["status"], "confirmed");
}
