//! Random snapshots and questions with the answers of native code, as words on the standard output, for whoever compares another
//! build of the module with it:
//!
//! ```text
//! cargo run --release -p perp-wasm --example snapshots -- 100000 1 |
//!   node crates/perp-wasm/tests/equal.mjs artifacts/perp_wasm_*.wasm
//! ```
//!
//! The first number is how many snapshots, the second the seed. A step is a word that names it and its words: 0 clock, 1 load,
//! 2 price, 3 question; what is expected of it follows. 4 ends a snapshot.

#[path = "../tests/common/mod.rs"]
mod common;

use common::questions::{question, QUESTIONS};
use common::snapshots::{Snapshots, Step};
use perp_wasm::{Refused, World, OUTPUT_WORDS};
use std::io::{BufWriter, Write};

/// Questions of a snapshot.
const ASKED: usize = 3;

struct Writer<W> {
    output: W,
    world: World,
    answer: Vec<u64>,
}

impl<W: Write> Writer<W> {
    fn words(&mut self, words: &[u64]) -> std::io::Result<()> {
        words.iter().try_for_each(|word| self.output.write_all(&word.to_le_bytes()))
    }

    /// What an export that takes place or not returns and leaves in the output buffer.
    fn outcome(&mut self, outcome: Result<u64, Refused>) -> std::io::Result<()> {
        match outcome {
            Ok(word) => self.words(&[word, 0, 0, 0, 0, 0]),
            Err(Refused { status, words }) => {
                let (status, rest) = (status as u64, [words.code, words.first, words.second, words.third]);
                self.words(&[u64::MAX, status, rest[0], rest[1], rest[2], rest[3]])
            }
        }
    }

    fn step(&mut self, step: &Step) -> std::io::Result<()> {
        match step {
            Step::Clock { now, slot } => {
                self.world.set_clock(*now, *slot);
                self.words(&[0, now.cast_unsigned(), *slot])
            }
            Step::Load { number, bytes } => {
                self.words(&[1, *number, bytes.len() as u64])?;
                self.output.write_all(bytes)?;
                self.output.write_all(&[0; 8][..bytes.len().next_multiple_of(8) - bytes.len()])?;
                let done = self.world.load(*number, bytes).map(|()| 0);
                self.outcome(done)
            }
            Step::Price { market, reading } => {
                let numbers = [
                    reading.price.cast_unsigned(),
                    reading.confidence,
                    i64::from(reading.exponent).cast_unsigned(),
                    reading.published.cast_unsigned(),
                    reading.previous.cast_unsigned(),
                ];
                self.words(&[2, *market])?;
                self.words(&numbers)?;
                let done = self.world.price(*market, reading).map(|outcome| outcome as u64);
                self.outcome(done)
            }
            Step::Ask { words } => {
                self.words(&[3, words.len() as u64])?;
                self.words(words)?;
                let length = self.world.ask(words, &mut self.answer);
                self.words(&[length as u64])?;
                let answer = self.answer[..length].to_vec();
                self.words(&answer)
            }
        }
    }
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Some(Ok(count)), Some(Ok(seed)), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        eprintln!("usage: snapshots COUNT SEED");
        std::process::exit(2);
    };
    let output = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let mut writer = Writer { output, world: World::default(), answer: vec![0; OUTPUT_WORDS] };
    let mut snapshots = Snapshots::new(seed);
    for _ in 0..count {
        for step in snapshots.next() {
            writer.step(&step)?;
        }
        for _ in 0..ASKED {
            let number = snapshots.rng.u64(QUESTIONS);
            // A question that moves a market through weeks takes as long as hundreds of others.
            let number = if number == 25 && snapshots.rng.u8(..8) != 0 { 1 } else { number };
            let words = question(&mut snapshots.rng, number);
            writer.step(&Step::Ask { words })?;
        }
        writer.words(&[4])?;
    }
    writer.output.flush()
}
