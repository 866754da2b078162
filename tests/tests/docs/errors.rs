//! `docs/errors.md`: one row per error, in the order of the codes.

use crate::{document, table};
use perp_client::errors::{remedy, ALL};

#[test]
fn every_error_has_its_code_name_meaning_and_remedy() {
    let written: Vec<Vec<String>> = {
        let text = document("docs/errors.md").text;
        text.split("\n## ").skip(1).flat_map(table).collect()
    };
    let mut actual: Vec<Vec<String>> = ALL
        .iter()
        .map(|error| {
            let name = format!("`{}`", error.name());
            vec![u32::from(*error).to_string(), name, error.to_string(), remedy(*error).to_owned()]
        })
        .collect();
    actual.sort();
    let rows: Vec<String> = actual.iter().map(|row| format!("| {} |", row.join(" | "))).collect();
    assert!(written == actual, "docs/errors.md must have these rows:\n{}", rows.join("\n"));
}
