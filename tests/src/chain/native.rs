use super::{Chain, Outcome, Refused};
use anchor_lang::prelude::{AccountInfo, AccountMeta, ProgramError, Pubkey};
use anchor_lang::solana_program::entrypoint::ProgramResult;
use solana_account::Account;
use solana_clock::Clock;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_program_test::tokio::runtime::{Builder, Runtime};
use solana_program_test::{processor, ProgramTest, ProgramTestContext};
use solana_signer::Signer;
use solana_sysvar::program_stubs as runtime_stubs;
use solana_sysvar_of_anchor::program_stubs::{set_syscall_stubs, SyscallStubs};
use solana_sysvar_of_anchor::rent::Rent;
use solana_transaction::Transaction;
use std::cell::RefCell;
use std::sync::{Arc, Mutex, Once};

/// The program as native code in the validator's runtime.
pub struct Native {
    context: ProgramTestContext,
    runtime: Runtime,
    clock: Arc<Mutex<Clock>>,
    sent: u32,
}

thread_local! {
    /// The clock of the world whose runtime this thread belongs to.
    static CLOCK: RefCell<Arc<Mutex<Clock>>> = RefCell::default();
}

impl Native {
    pub fn start() -> Self {
        bridge_syscalls();
        let clock = Arc::new(Mutex::new(Clock::default()));
        let clock_of_threads = clock.clone();
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_stack_size(8 << 20)
            .on_thread_start(move || CLOCK.set(clock_of_threads.clone()))
            .enable_all()
            .build()
            .expect("threads start");
        let mut test = ProgramTest::default();
        // It has just raised the level for the whole process, and nobody reads a line for each instruction.
        log::set_max_level(log::LevelFilter::Warn);
        test.add_builtin_program("perp_swap", perp_swap::ID, processor!(process).expect("a processor is given"));
        test.add_builtin_program(
            "second_program",
            second_program::ID,
            processor!(process_second).expect("a processor is given"),
        );
        test.add_builtin_program("relay", RELAY, processor!(relay).expect("a processor is given"));
        let context = runtime.block_on(test.start_with_context());
        Self { context, runtime, clock, sent: 0 }
    }
}

fn process(program: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    perp_swap::process(program, tied(accounts), data)
}

/// A program that trades on the exchange for its users.
fn process_second(program: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    second_program::entry(program, tied(accounts), data)
}

/// A program's entry ties the lifetimes of the accounts together, the test runtime declares them independent.
fn tied<'info>(accounts: &[AccountInfo]) -> &'info [AccountInfo<'info>] {
    // SAFETY: the runtime's accounts outlive its call of the program, which keeps no reference to them after it.
    unsafe { std::mem::transmute::<&[AccountInfo], &'info [AccountInfo<'info>]>(accounts) }
}

/// A program of somebody else's on the native back end. It sends the data after its first byte to the last of its
/// accounts, with the others; where that byte is 1 it marks the first of them as a signer, and signs with
/// [`relay_authority`].
pub const RELAY: Pubkey = Pubkey::new_from_array([0x4E; 32]);

/// Address of [`RELAY`] from the seed of the exchange program's event authority.
pub fn relay_authority() -> Pubkey {
    Pubkey::find_program_address(&[b"__event_authority"], &RELAY).0
}

fn relay(program: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let (callee, passed) = accounts.split_last().ok_or(ProgramError::NotEnoughAccountKeys)?;
    let (signs, data) = data.split_first().ok_or(ProgramError::InvalidInstructionData)?;
    let (_, bump) = Pubkey::find_program_address(&[b"__event_authority"], program);
    let metas = passed.iter().enumerate().map(|(place, account)| AccountMeta {
        pubkey: *account.key,
        is_signer: account.is_signer || (*signs == 1 && place == 0),
        is_writable: account.is_writable,
    });
    let instruction = Instruction { program_id: *callee.key, accounts: metas.collect(), data: data.to_vec() };
    runtime_stubs::sol_invoke_signed(&instruction, accounts, &[&[b"__event_authority", &[bump]]])
}

/// The program's system calls go to the stubs of the solana-sysvar that anchor-lang was built with; the test runtime
/// installs its own in a newer one, which hands out everything but the clock.
fn bridge_syscalls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        set_syscall_stubs(Box::new(Bridge));
    });
}

struct Bridge;

impl SyscallStubs for Bridge {
    fn sol_log(&self, message: &str) {
        runtime_stubs::sol_log(message);
    }

    fn sol_log_data(&self, _fields: &[&[u8]]) {}

    fn sol_invoke_signed(
        &self,
        instruction: &Instruction,
        accounts: &[AccountInfo],
        signers_seeds: &[&[&[u8]]],
    ) -> ProgramResult {
        runtime_stubs::sol_invoke_signed(instruction, accounts, signers_seeds)
    }

    fn sol_get_clock_sysvar(&self, into: *mut u8) -> u64 {
        let clock = CLOCK.with_borrow(|clock| clock.lock().expect("nobody panics with the lock").clone());
        // SAFETY: the caller asks for a `Clock` and hands in where it goes.
        unsafe { into.cast::<Clock>().write_unaligned(clock) };
        0
    }

    fn sol_get_rent_sysvar(&self, into: *mut u8) -> u64 {
        // SAFETY: the caller asks for a `Rent` and hands in where it goes.
        unsafe { into.cast::<Rent>().write_unaligned(Rent::default()) };
        0
    }

    fn sol_get_stack_height(&self) -> u64 {
        runtime_stubs::sol_get_stack_height()
    }
}

impl Chain for Native {
    fn account(&mut self, address: &Pubkey) -> Option<Account> {
        self.runtime.block_on(self.context.banks_client.get_account(*address)).expect("the bank answers")
    }

    fn set_account(&mut self, address: &Pubkey, account: Account) {
        self.context.set_account(address, &account.into());
    }

    fn set_clock(&mut self, clock: Clock) {
        self.context.set_sysvar(&clock);
        *self.clock.lock().expect("nobody panics with the lock") = clock;
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Outcome, Refused> {
        // The runtime makes blockhashes by the wall's clock, and forgets old ones on a slow machine too; the limit makes
        // each transaction another one.
        let banks = &mut self.context.banks_client;
        let blockhash = self.runtime.block_on(banks.get_latest_blockhash()).expect("the bank answers");
        self.sent += 1;
        let mut all = vec![ComputeBudgetInstruction::set_compute_unit_limit(1_400_000 - self.sent)];
        all.extend_from_slice(instructions);
        let message = Message::new(&all, Some(&signers[0].pubkey()));
        let transaction = Transaction::new(signers, message, blockhash);
        let done = self
            .runtime
            .block_on(self.context.banks_client.process_transaction_with_metadata(transaction))
            .expect("the bank answers");
        let logs = done.metadata.map(|metadata| metadata.log_messages).unwrap_or_default();
        match done.result {
            Ok(()) => Ok(Outcome::default()),
            Err(error) => Err(Refused { error, logs }),
        }
    }
}
