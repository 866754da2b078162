//! Random decisions between random trades; a million of them by the example `decisions`.

use crate::common::decisions::Decisions;

#[test]
fn whoever_is_healthy_before_a_decision_is_healthy_after_it_but_for_a_point_a_day() {
    let mut decisions = Decisions::new(1);
    decisions.run(12_000);
    let found = &decisions.found;
    for (name, least) in [
        ("step of parameters", 200),
        ("other oracle", 2),
        ("other pool parameters", 2),
        ("market listed", 1),
        ("role handed over", 2),
        ("insurance to the pool", 2),
        ("tightening", 20),
        ("cancelled", 5),
    ] {
        let count = found.decisions.get(name).copied().unwrap_or(0);
        assert!(count >= least, "{name}: {count} of {found:?}");
    }
    assert!(found.compared > 2_000 && found.days > 10 && found.lived > 50, "{found:?}");
}
