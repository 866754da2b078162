//! The embedded validator, seen over its RPC.

use std::net::TcpListener;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use perp_client::rpc::{Connection, SendError};
use perp_localnet::chain::{AccountImage, ChainError};
use perp_localnet::cli::Cli;
use perp_localnet::feeds::Feed;
use perp_localnet::setup::fund;
use perp_localnet::usdc::Usdc;
use perp_localnet::validator::{Ports, Validator, ValidatorError};
use perp_localnet::wallets::{Wallets, USDC_AUTHORITY, USDC_MINT};

use clap::Parser;
use solana_clock::Clock;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;

/// 18 April 2021, 00:00 UTC.
const CRASH_DAY: i64 = 1_618_704_000;
const SOL: u64 = 1_000_000_000;

fn start() -> (Validator, Connection) {
    let validator = Validator::start(Ports::free().unwrap()).unwrap();
    let connection = Connection::new(&validator.rpc_url());
    (validator, connection)
}

/// The clock as any client reads it: slot and Unix time.
fn clock_over_rpc(connection: &Connection) -> (u64, i64) {
    let clock = connection.clock().unwrap();
    (clock.slot, clock.now.get())
}

fn funded(validator: &Validator) -> Keypair {
    let keypair = Keypair::new();
    validator.chain().set_lamports(keypair.pubkey(), 10 * SOL).unwrap();
    keypair
}

#[test]
fn time_is_what_we_set_and_stands_still_between_transactions() {
    let (validator, connection) = start();
    let chain = validator.chain();
    chain.begin_at(CRASH_DAY).unwrap();
    assert_eq!(clock_over_rpc(&connection).1, CRASH_DAY);

    let payer = funded(&validator);
    let (slot, _) = clock_over_rpc(&connection);
    for _ in 0..5 {
        connection.send(&[transfer(&payer.pubkey(), &Pubkey::new_unique(), SOL)], &[&payer]).unwrap();
    }
    let (slot_after, time_after) = clock_over_rpc(&connection);
    assert_eq!(time_after, CRASH_DAY);
    assert!(slot_after >= slot + 5, "every transaction has a slot of its own: {slot} to {slot_after}");

    // A day has 86 400 s / 0.4 s = 216 000 slots.
    let before = chain.clock();
    chain.travel_to(CRASH_DAY + 86_400).unwrap();
    let (slot, time) = clock_over_rpc(&connection);
    assert_eq!(time, CRASH_DAY + 86_400);
    assert!(slot >= before.slot + 216_000);
    connection.send(&[transfer(&payer.pubkey(), &Pubkey::new_unique(), SOL)], &[&payer]).unwrap();
    assert_eq!(chain.clock().unix_timestamp, CRASH_DAY + 86_400);
    validator.stop().unwrap();
}

#[test]
fn slots_only_grow_although_time_is_set_while_blocks_are_made() {
    let (validator, connection) = start();
    let payer = funded(&validator);
    for _ in 0..20 {
        connection.send(&[transfer(&payer.pubkey(), &Pubkey::new_unique(), SOL / 10)], &[&payer]).unwrap();
        let before = validator.chain().clock();
        validator.chain().travel_to(before.unix_timestamp + 1).unwrap();
        let after = validator.chain().clock();
        assert!(after.slot > before.slot, "{} to {}", before.slot, after.slot);
        assert_eq!(after.unix_timestamp, before.unix_timestamp + 1);
    }
    validator.stop().unwrap();
}

#[test]
fn time_does_not_run_backwards() {
    let (validator, _) = start();
    validator.chain().begin_at(CRASH_DAY).unwrap();
    let error = validator.chain().travel_to(CRASH_DAY - 1).unwrap_err();
    assert!(
        matches!(error, ChainError::TimeInThePast { now: CRASH_DAY, target } if target == CRASH_DAY - 1),
        "{error}"
    );
    validator.stop().unwrap();
}

#[test]
fn with_the_wall_clock_time_and_slots_go_on_by_themselves() {
    let (validator, _) = start();
    validator.chain().follow_wall_clock().unwrap();
    let Clock { slot, .. } = validator.chain().clock();
    let begun = Instant::now();
    sleep(Duration::from_millis(2500));
    let later = validator.chain().clock();
    // 2.5 s are six slots of 0.4 s. A busy machine makes fewer of them, and the sleep longer.
    let slots = later.slot - slot;
    let most = begun.elapsed().as_millis() / 400 + 2;
    assert!(slots >= 2 && u128::from(slots) <= most, "{slots} slots, of {most} at most");
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(later.unix_timestamp.abs_diff(wall as i64) <= 3);
    validator.stop().unwrap();
}

#[test]
fn a_port_in_use_is_named_with_the_flag_that_changes_it() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let ports = Ports { ws: taken.local_addr().unwrap().port(), ..Ports::free().unwrap() };
    let error = Validator::start(ports).err().unwrap();
    assert!(matches!(error, ValidatorError::PortInUse { port, flag: "--ws-port" } if port == ports.ws), "{error}");

    let error = Validator::start(Ports { rpc: 9, ws: 9, prices: 10 }).err().unwrap();
    assert!(matches!(error, ValidatorError::SamePort(9)), "{error}");
}

#[test]
fn stopping_frees_the_ports_for_the_next_one() {
    let ports = Ports::free().unwrap();
    for _ in 0..2 {
        let validator = Validator::start(ports).unwrap();
        assert!(validator.is_running());
        validator.stop().unwrap();
    }
}

#[test]
fn wallets_are_funded_and_feeds_are_as_pyth_leaves_them() {
    let (validator, connection) = start();
    let folder = tempfile::tempdir().unwrap();
    let wallets = Wallets::open(folder.path()).unwrap();
    fund(validator.chain(), &connection, &wallets).unwrap();

    let usdc = Usdc { mint: wallets.get(USDC_MINT).unwrap(), authority: wallets.get(USDC_AUTHORITY).unwrap() };
    for (name, amount) in [("alice", 100_000), ("lp", 10_000_000)] {
        let account = usdc.account_of(wallets.get(name).unwrap().address());
        let balance = connection.client().get_token_account_balance(&account).unwrap();
        assert_eq!((balance.amount, balance.decimals), (format!("{amount}000000"), 6), "{name}");
    }
    // Six wallets are funded: 5 · 100 000 and 10 000 000 USDC.
    let supply = connection.client().get_token_supply(&usdc.mint.address()).unwrap();
    assert_eq!(supply.amount, "10500000000000");

    let flags = ["perp-localnet", "--price", "SOL=77.5"];
    Cli::try_parse_from(flags).unwrap().options.oracle.script().unwrap().tick(validator.chain()).unwrap();
    let sol = connection.client().get_account(&Feed::Sol.address()).unwrap();
    assert_eq!(sol.owner.to_string(), "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
    assert_eq!(sol.data.len(), 134);
    // 77.5 · 10⁸ at the price's offset, and the chain's own second at the publish time's.
    assert_eq!(sol.data[73..81], 7_750_000_000_i64.to_le_bytes());
    assert_eq!(sol.data[93..101], validator.chain().clock().unix_timestamp.to_le_bytes());
    let usdc_feed = connection.client().get_account(&Feed::Usdc.address()).unwrap();
    assert_eq!(usdc_feed.data[208..216], 100_000_000_i64.to_le_bytes());
    validator.stop().unwrap();
}

#[test]
fn a_program_is_executable_at_once_and_a_broken_one_is_refused() {
    let (validator, connection) = start();
    let chain = validator.chain();
    let payer = funded(&validator);

    // Any program the validator itself comes with will do: the memo program, at an address of our own.
    let memo = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr".parse().unwrap();
    let elf = connection.client().get_account_data(&memo).unwrap();
    let program = Pubkey::new_unique();
    chain.load_program(program, payer.pubkey(), &elf).unwrap();
    let memo_instruction = solana_instruction::Instruction::new_with_bytes(program, b"hello", vec![]);
    connection.send(&[memo_instruction], &[&payer]).unwrap();

    let error = chain.load_program(Pubkey::new_unique(), payer.pubkey(), b"not an executable").unwrap_err();
    assert!(matches!(error, ChainError::Program { .. }), "{error}");
    validator.stop().unwrap();
}

#[test]
fn an_account_is_written_whole() {
    let (validator, connection) = start();
    let image = AccountImage { address: Pubkey::new_unique(), owner: Pubkey::new_unique(), data: vec![7; 20] };
    validator.chain().set_accounts(std::slice::from_ref(&image)).unwrap();
    let account = connection.client().get_account(&image.address).unwrap();
    assert_eq!((account.owner, account.data), (image.owner, image.data));
    // 20 bytes and the 128 of every account at 3 480 lamports a byte and year, for two years.
    assert_eq!(account.lamports, (128 + 20) * 3_480 * 2);
    validator.stop().unwrap();
}

#[test]
fn a_refused_transaction_says_why() {
    let (validator, connection) = start();
    let payer = funded(&validator);
    let error = connection.send(&[transfer(&payer.pubkey(), &Pubkey::new_unique(), 11 * SOL)], &[&payer]).unwrap_err();
    // The system program's error 1: not enough lamports.
    assert!(
        matches!(error, SendError::Failed { .. }) && error.to_string().contains("custom program error: 0x1"),
        "{error}"
    );
    validator.stop().unwrap();
}
