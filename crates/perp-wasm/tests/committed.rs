//! The committed description and vectors are those of the code, and the vectors are answered as they say.

mod common;

use perp_wasm::{Reading, World, OUTPUT_WORDS};
use serde_json::Value;

fn committed(name: &str) -> String {
    let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_description_is_as_new_as_the_interface() {
    let now = format!("{:#}\n", perp_wasm::description::abi());
    let remedy = "run `cargo run -q -p perp-wasm --example abi > crates/perp-wasm/abi.json`";
    assert!(committed("abi.json") == now, "abi.json is older than the interface: {remedy}");
}

#[test]
fn the_vectors_are_as_new_as_the_engine() {
    let remedy = "run `cargo run -q -p perp-wasm --example vectors > crates/perp-wasm/vectors.json`";
    assert!(committed("vectors.json") == common::vectors::vectors(), "vectors.json is older than the engine: {remedy}");
}

/// The words of a line's field.
fn words(line: &Value, field: &str) -> Option<Vec<u64>> {
    Some(line.get(field)?.as_str()?.split_whitespace().map(|word| word.parse().unwrap()).collect())
}

#[test]
fn the_vectors_hold_answers_and_refusals_of_every_question() {
    let lines: Vec<Value> = serde_json::from_str(&committed("vectors.json")).unwrap();
    let mut world = World::default();
    let mut output = vec![0; OUTPUT_WORDS];
    let mut answered = std::collections::BTreeMap::new();
    for line in &lines {
        if let Some(clock) = words(line, "clock") {
            world.set_clock(clock[0].cast_signed(), clock[1]);
        } else if let Some(account) = words(line, "load") {
            let bytes: Vec<u8> = account.iter().flat_map(|word| word.to_le_bytes()).collect();
            world.load(line["number"].as_u64().unwrap(), &bytes).unwrap();
        } else if let Some(price) = words(line, "price") {
            let [market, price, confidence, exponent, published, previous] = price[..] else { panic!("{line}") };
            let [price, exponent, published, previous] = [price, exponent, published, previous].map(u64::cast_signed);
            let exponent = exponent.try_into().unwrap();
            let said = world.price(market, &Reading { price, confidence, exponent, published, previous });
            assert_eq!(said.is_ok(), words(line, "said").unwrap()[0] == 0, "{line}");
        } else {
            let question = words(line, "ask").unwrap();
            let length = world.ask(&question, &mut output);
            assert_eq!(output[..length], words(line, "said").unwrap(), "{line}");
            let counts: &mut [u32; 2] = answered.entry(question[0]).or_default();
            counts[usize::from(output[0] != 0)] += 1;
        }
    }
    // Every question has an answer; every one that can be refused is.
    let numbers: Vec<u64> = answered.keys().copied().collect();
    assert_eq!(numbers, common::questions::QUESTIONS.collect::<Vec<_>>());
    for (number, [answers, _]) in answered {
        assert!(answers > 0, "question {number} is never answered");
    }
}
