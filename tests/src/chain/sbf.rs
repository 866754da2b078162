use super::{Chain, Outcome, Refused};
use anchor_lang::prelude::Pubkey;
use litesvm::LiteSVM;
use solana_account::Account;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::Transaction;

/// The committed binary in LiteSVM, with the features mainnet has activated.
pub struct Sbf {
    machine: LiteSVM,
}

impl Sbf {
    pub fn start() -> Self {
        let mut machine = LiteSVM::new();
        let program = perp_artifacts::program_bytes().expect("the program is committed under artifacts/");
        machine.add_program(perp_swap::ID, &program).expect("the program loads");
        Self { machine }
    }
}

impl Chain for Sbf {
    fn account(&mut self, address: &Pubkey) -> Option<Account> {
        self.machine.get_account(address).filter(|account| account.lamports > 0)
    }

    fn set_account(&mut self, address: &Pubkey, account: Account) {
        self.machine.set_account(*address, account).expect("the account is valid");
    }

    fn set_clock(&mut self, clock: Clock) {
        self.machine.set_sysvar(&clock);
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Outcome, Refused> {
        // Two equal transactions in a row are two transactions.
        self.machine.expire_blockhash();
        let message = Message::new(instructions, Some(&signers[0].pubkey()));
        let transaction = Transaction::new(signers, message, self.machine.latest_blockhash());
        match self.machine.send_transaction(transaction.clone()) {
            Ok(done) => {
                let keys = &transaction.message.account_keys;
                let inner = done.inner_instructions.iter().flatten().map(|inner| &inner.instruction);
                let inner_instructions =
                    inner.map(|sent| (keys[usize::from(sent.program_id_index)], sent.data.clone())).collect();
                // The machine has one where nobody has answered, too.
                let answer =
                    Some((done.return_data.program_id, done.return_data.data)).filter(|(_, data)| !data.is_empty());
                Ok(Outcome { logs: done.logs, inner_instructions, compute_units: done.compute_units_consumed, answer })
            }
            Err(failed) => Err(Refused { error: failed.err, logs: failed.meta.logs }),
        }
    }
}
