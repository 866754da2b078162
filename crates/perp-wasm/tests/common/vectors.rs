use super::questions::{question, QUESTIONS};
use super::snapshots::{Snapshots, Step};
use perp_wasm::{Refused, World, OUTPUT_WORDS};
use serde_json::{json, Value};
use std::collections::BTreeSet;

/// Snapshots in the committed file; every question is asked of each tenth of them.
const SNAPSHOTS: u64 = 200;
const SEED: u64 = 20_261_127;
/// Of a question without an answer so many are asked of a snapshot.
const TRIES: usize = 50;

/// Words in decimal, one space apart.
pub fn text(words: &[u64]) -> String {
    words.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
}

fn outcome(done: Result<u64, Refused>) -> String {
    match done {
        Ok(word) => text(&[0, word]),
        Err(Refused { status, words }) => text(&[status as u64, words.code, words.first, words.second, words.third]),
    }
}

/// What a step does to a module, and what it says.
pub fn played(world: &mut World, step: &Step) -> Value {
    match step {
        Step::Clock { now, slot } => {
            world.set_clock(*now, *slot);
            json!({ "clock": text(&[now.cast_unsigned(), *slot]) })
        }
        Step::Load { number, bytes } => {
            let words: Vec<u64> =
                bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().expect("eight bytes"))).collect();
            assert_eq!(words.len() * 8, bytes.len(), "accounts are whole words");
            let said = outcome(world.load(*number, bytes).map(|()| 0));
            json!({ "load": text(&words), "number": number, "said": said })
        }
        Step::Price { market, reading } => {
            let words = [
                *market,
                reading.price.cast_unsigned(),
                reading.confidence,
                i64::from(reading.exponent).cast_unsigned(),
                reading.published.cast_unsigned(),
                reading.previous.cast_unsigned(),
            ];
            let said = outcome(world.price(*market, reading).map(|outcome| outcome as u64));
            json!({ "price": text(&words), "said": said })
        }
        Step::Ask { words } => {
            let mut answer = vec![0; OUTPUT_WORDS];
            let length = world.ask(words, &mut answer);
            json!({ "ask": text(words), "said": text(&answer[..length]) })
        }
    }
}

/// The committed vectors: steps in their order, one a line; more snapshots than [`SNAPSHOTS`] where a question has no answer in them.
pub fn vectors() -> String {
    let (mut snapshots, mut world) = (Snapshots::new(SEED), World::default());
    let mut lines = Vec::new();
    let mut unanswered: BTreeSet<u64> = QUESTIONS.collect();
    for snapshot in 0.. {
        if snapshot >= SNAPSHOTS && unanswered.is_empty() {
            break;
        }
        assert!(snapshot < 10 * SNAPSHOTS, "no answers to {unanswered:?}");
        for step in snapshots.next() {
            lines.push(played(&mut world, &step));
        }
        let asked: Vec<u64> = match snapshot {
            SNAPSHOTS.. => unanswered.iter().copied().collect(),
            _ if snapshot % 10 == 0 => QUESTIONS.collect(),
            _ => (0..3).map(|_| snapshots.rng.u64(QUESTIONS)).collect(),
        };
        for number in asked {
            let mut words = question(&mut snapshots.rng, number);
            // Of one that has no answer yet the first that has, of as many.
            let tries = if unanswered.contains(&number) { TRIES } else { 0 };
            let has_answer = |words: &[u64]| {
                let mut answer = vec![0; OUTPUT_WORDS];
                world.ask(words, &mut answer);
                answer[0] == 0
            };
            for _ in 0..tries {
                if has_answer(&words) {
                    unanswered.remove(&number);
                    break;
                }
                words = question(&mut snapshots.rng, number);
            }
            lines.push(played(&mut world, &Step::Ask { words }));
        }
    }
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}
