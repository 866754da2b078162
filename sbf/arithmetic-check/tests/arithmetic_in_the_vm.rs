//! Every 128-bit operation in the virtual machine against the same operation on the host.

use {
    arithmetic_check::{Operation, MAX_PAIRS, RESULT_LEN},
    litesvm::LiteSVM,
    solana_address::Address,
    solana_instruction::Instruction,
    solana_keypair::Keypair,
    solana_message::Message,
    solana_signer::Signer,
    solana_transaction::Transaction,
};

/// As many pairs as fit a transaction of 1232 bytes.
const PAIRS_PER_TRANSACTION: usize = 30;
const _: () = assert!(PAIRS_PER_TRANSACTION <= MAX_PAIRS);

struct Machine {
    svm: LiteSVM,
    payer: Keypair,
    program: Address,
}

struct Run {
    results: Vec<Option<u128>>,
    compute_units: u64,
}

impl Machine {
    fn new() -> Self {
        let mut svm = LiteSVM::new();
        let program = Address::new_from_array([1; 32]);
        let bytes = perp_artifacts::ARITHMETIC_CHECK.program_bytes().expect("the program is committed");
        svm.add_program(program, &bytes).expect("the program loads");
        let payer = Keypair::new();
        svm.airdrop(&payer.pubkey(), 1_000_000_000_000).expect("the payer is funded");
        Self { svm, payer, program }
    }

    fn run(&mut self, operation: Operation, pairs: &[(u128, u128)]) -> Run {
        let mut data = vec![operation as u8];
        for (a, b) in pairs {
            data.extend(a.to_le_bytes());
            data.extend(b.to_le_bytes());
        }
        let instruction = Instruction::new_with_bytes(self.program, &data, vec![]);
        let message = Message::new(&[instruction], Some(&self.payer.pubkey()));
        let transaction = Transaction::new(&[&self.payer], message, self.svm.latest_blockhash());
        let outcome = self
            .svm
            .send_transaction(transaction)
            .unwrap_or_else(|failure| panic!("{operation:?} of {pairs:?} failed: {failure:?}"));
        self.svm.expire_blockhash();

        // The runtime drops the zeros at the end of return data.
        let mut returned = outcome.return_data.data;
        assert!(returned.len() <= pairs.len() * RESULT_LEN);
        returned.resize(pairs.len() * RESULT_LEN, 0);
        let results = returned
            .chunks_exact(RESULT_LEN)
            .map(|result| {
                let value = u128::from_le_bytes(result[1..].try_into().unwrap());
                (result[0] == 1).then_some(value)
            })
            .collect();
        Run { results, compute_units: outcome.compute_units_consumed }
    }

    fn agrees_with_the_host(&mut self, pairs: &[(u128, u128)]) {
        for operation in Operation::ALL {
            for pairs in pairs.chunks(PAIRS_PER_TRANSACTION) {
                let results = self.run(operation, pairs).results;
                for ((a, b), result) in pairs.iter().zip(results) {
                    assert_eq!(result, operation.apply(*a, *b), "{operation:?} of {a:#x} and {b:#x}");
                }
            }
        }
    }

    /// Compute units of one operation, without the loop around it.
    fn cost(&mut self, operation: Operation, pair: (u128, u128)) -> u64 {
        let pairs = [pair; 10];
        let with = self.run(operation, &pairs).compute_units;
        let without = self.run(Operation::Nothing, &pairs).compute_units;
        with.saturating_sub(without) / 10
    }
}

/// Values at which a carry, a sign, a digit or a word begins or ends.
fn boundaries() -> Vec<u128> {
    let mut values: Vec<u128> = [1, 31, 32, 33, 62, 63, 64, 65, 95, 96, 97, 126, 127]
        .into_iter()
        .flat_map(|bit| {
            let power = 1u128 << bit;
            [power - 1, power, power + 1, power.wrapping_neg()]
        })
        .collect();
    values.extend([0, 10, 1_000_000_000, u128::MAX, u128::MAX - 1]);
    values.sort_unstable();
    values.dedup();
    values
}

/// Knuth's MMIX linear congruential generator, upper half: the same pairs in every run.
struct Random(u64);

impl Random {
    fn word(&mut self) -> u128 {
        let mut half = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u128::from(self.0 >> 32)
        };
        half() << 96 | half() << 64 | half() << 32 | half()
    }

    /// Of any length and either sign, so that short operands are as frequent as long ones.
    fn value(&mut self) -> u128 {
        let length = self.word() % 128;
        let magnitude = self.word() >> length;
        if self.word().is_multiple_of(4) {
            magnitude.wrapping_neg()
        } else {
            magnitude
        }
    }
}

#[test]
fn boundary_pairs_agree_with_the_host() {
    let values = boundaries();
    let pairs: Vec<_> = values.iter().flat_map(|a| values.iter().map(move |b| (*a, *b))).collect();
    Machine::new().agrees_with_the_host(&pairs);
}

#[test]
fn random_pairs_agree_with_the_host() {
    let mut random = Random(20_210_418);
    let pairs: Vec<_> = (0..4_000).map(|_| (random.value(), random.value())).collect();
    Machine::new().agrees_with_the_host(&pairs);
}

#[test]
fn operations_stay_within_their_budget() {
    const PRICE: u128 = 0x1_2345_6789_abcd;
    const SIZE: u128 = 0x0fed_cba9_8765_4321;
    const PRODUCT: u128 = PRICE * SIZE;
    let negative = PRODUCT.wrapping_neg();
    let mut machine = Machine::new();
    let mut over_budget = Vec::new();
    println!("compute units an operation");
    use Operation::*;
    for (name, operation, pair, budget) in [
        ("u64 checked *", NarrowMultiply, (PRICE, 11), 60),
        ("i64 checked *", NarrowMultiplySigned, (PRICE, 11), 60),
        ("u64 * u64 to u128", WideMultiply, (PRICE, SIZE), 40),
        ("i64 * i64 to i128", WideMultiplySigned, (PRICE, SIZE), 40),
        ("u128 wrapping *", Multiply, (PRODUCT, SIZE), 50),
        ("u128 checked *", CheckedMultiply, (PRODUCT, 7), 160),
        ("i128 checked *", CheckedMultiplySigned, (negative, 7), 220),
        ("u128 /, 64 by 64 bits", Divide, (SIZE, PRICE), 40),
        ("u128 /, 128 by 32 bits", Divide, (PRODUCT, 1_000_000), 60),
        ("u128 /, 128 by 64 bits", Divide, (PRODUCT, PRICE), 130),
        ("u128 /, 128 by 128 bits", Divide, (PRODUCT << 10, PRODUCT - 1), 200),
        ("u128 %, 128 by 64 bits", Remainder, (PRODUCT, PRICE + 1), 130),
        ("i128 /, positive by 32 bits", DivideSigned, (PRODUCT, 1_000_000), 65),
        ("i128 /, negative by 32 bits", DivideSigned, (negative, 1_000_000), 95),
        ("i128 /, negative by 64 bits", DivideSigned, (negative, PRICE), 170),
        ("i128 %, negative by 64 bits", RemainderSigned, (negative, PRICE), 170),
        ("u128 checked +", CheckedAdd, (PRODUCT, SIZE), 20),
        ("i128 checked -", CheckedSubtractSigned, (PRODUCT, SIZE), 25),
        ("u128 <<, variable", ShiftLeft, (PRODUCT, 20), 25),
        ("u128 >>, variable", ShiftRight, (PRODUCT, 70), 25),
        ("i128 >>, variable", ShiftRightSigned, (negative, 20), 25),
    ] {
        let cost = machine.cost(operation, pair);
        println!("{cost:>6}  {name}");
        if cost > budget {
            over_budget.push(format!("{name} costs {cost}, more than {budget}"));
        }
    }
    if perp_artifacts::ARITHMETIC_CHECK.has_measured_costs().unwrap() {
        assert!(over_budget.is_empty(), "{over_budget:#?}");
    }
}
