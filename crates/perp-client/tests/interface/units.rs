use super::check;
use perp_client::engine::units::{Atoms, Price, SignedAtoms, SignedSize};
use perp_client::exchange::convert::{atoms, show_signed_atoms, ConversionError, Units};
use serde_json::{json, Value};

const TEXTS: &[&str] = &[
    "0",
    "1",
    "-1",
    "1.5",
    "-1.5",
    "0.000000001",
    "0.0000001",
    "1250.50",
    "0.1000000000",
    "140.25",
    "140.615937",
    "250",
    "60000",
    "61334.81",
    "0.00000123",
    "1023999.99999999",
    "1024000",
    "1024000.01",
    "4611686018427.387904",
    "4611686018427.387905",
    "144115188.075855872",
    "144115188.075855873",
    "-144115188.075855872",
    "00012.5",
    "999999999999999999999999999999",
    "9999999999999999999999999999999",
    "9223372036854775807",
    "9223372036854775808",
    "0.1234567890123456789",
    "-0",
    "-0.0",
    "",
    "-",
    ".",
    "1.",
    ".5",
    "+1",
    "1e5",
    "1,5",
    " 1",
    "1 ",
    "NaN",
    "--1",
    "1.2.3",
    "١",
    "1\n",
    "0x10",
    "1_000",
];

fn told<T>(result: Result<T, ConversionError>, value: impl Fn(T) -> String) -> Value {
    match result {
        Ok(found) => json!({ "value": value(found) }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

#[test]
fn numbers_are_read_and_shown_alike() {
    let markets = [(9, 6), (10, 6), (0, 6), (6, 9), (18, 6), (5, 9)];
    let read: Vec<_> = markets
        .into_iter()
        .map(|(base_decimals, quote_decimals)| {
            let units = Units { base_decimals, quote_decimals };
            let texts = TEXTS.iter().map(|text| {
                json!({
                    "text": text,
                    "atoms": told(atoms(text, quote_decimals), |found| found.get().to_string()),
                    "signedSize": told(units.signed_size(text), |found| found.get().to_string()),
                    "size": told(units.size(text), |found| found.get().to_string()),
                    "price": told(units.price(text), |found| found.get().to_string()),
                })
            });
            let prices = [1, 7, 1 << 38, 154_206_505_795, 154_608_857_782, 6_597_069_766_656, (1 << 50) - 1, 1 << 50];
            let sizes = [0, 1, -1, 1_500_000_000, -1_500_000_000, 1 << 57, i64::MIN];
            json!({
                "baseDecimals": base_decimals, "quoteDecimals": quote_decimals,
                "texts": texts.collect::<Vec<_>>(),
                "prices": prices.map(|price| json!([price.to_string(), units.show_price(Price::new(price))])),
                "sizes": sizes.map(|size| json!([size.to_string(), units.show_signed_size(SignedSize::new(size))])),
                "atoms": sizes.map(|amount| {
                    json!([amount.to_string(), show_signed_atoms(SignedAtoms::new(amount), quote_decimals)])
                }),
            })
        })
        .collect();
    assert_eq!(atoms("1.5", 6), Ok(Atoms::new(1_500_000)));
    check("units.json", &json!(read));
}
