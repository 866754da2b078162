use super::*;
use anchor_lang::solana_program::instruction::error::InstructionError;
use base64::prelude::{Engine, BASE64_STANDARD};
use bytemuck::Zeroable;
use perp_accounts::AccountError;
use perp_accounts::{encode_into, VERSION};
use perp_engine::units::{Atoms, Timestamp};
use solana_rpc_client::mock_sender::MocksMap;

/// What a transaction left behind that logged one line.
const META: &str =
    r#"{"err":null,"status":{"Ok":null},"fee":5000,"preBalances":[],"postBalances":[],"logMessages":["LOG"]}"#;

/// A node that gives the answers, in their order, each once.
pub(super) fn node(url: &str, answers: &[(RpcRequest, String)]) -> Connection {
    let mut mocks = MocksMap::default();
    answers.iter().for_each(|(request, answer)| mocks.insert(*request, answer.parse().unwrap()));
    Connection { client: RpcClient::new_mock_with_mocks_map(url, mocks) }
}

fn account(owner: &Pubkey, data: &[u8]) -> String {
    let data = BASE64_STANDARD.encode(data);
    format!(
        r#"{{"lamports":1,"data":["{data}","base64"],"owner":"{owner}","executable":false,"rentEpoch":0,"space":1}}"#
    )
}

/// An account of the program as it lies on chain.
pub(super) fn stored<T: Stored>(state: &T) -> String {
    let mut bytes = vec![0; T::SPACE];
    assert!(encode_into(state, &mut bytes));
    account(&perp_swap::ID, &bytes)
}

pub(super) fn answer(value: &str) -> String {
    format!(r#"{{"context":{{"slot":1}},"value":{value}}}"#)
}

fn exchange(market_count: u16) -> String {
    stored(&Exchange { market_count, version: VERSION, ..Exchange::zeroed() })
}

/// The pool with so many atoms of cash.
fn pool(cash: u64) -> String {
    let mut pool = Pool { version: VERSION, ..Pool::zeroed() };
    pool.state.cash = Atoms::new(cash);
    stored(&pool)
}

/// The market of that index, whose backing is to be so many atoms.
fn market(index: u16, target_backing: u64) -> String {
    let mut market = Market { version: VERSION, ..Market::zeroed() };
    (market.state.index, market.state.target_backing) = (index, Atoms::new(target_backing));
    stored(&market)
}

/// Slot 7, second 9.
fn clock() -> String {
    let words: Vec<u8> = [7u64, 0, 0, 0, 9].iter().flat_map(|word| word.to_le_bytes()).collect();
    account(&Pubkey::new_unique(), &words)
}

pub(super) fn addresses() -> Addresses {
    let key = Pubkey::new_unique;
    Addresses::new(key(), key(), key())
}

/// Asks a node that gives `exchange` when asked for the exchange alone, and the lists when asked for several accounts.
fn snapshot(exchange: &str, lists: &[&[String]]) -> Result<perp_exchange::Exchange, FetchError> {
    let mut answers = vec![(RpcRequest::GetAccountInfo, answer(exchange))];
    let lists = lists.iter().map(|list| answer(&format!("[{}]", list.join(","))));
    answers.extend(lists.map(|list| (RpcRequest::GetMultipleAccounts, list)));
    // After these answers it has no account any more.
    node("fails", &answers).snapshot(&addresses())
}

#[test]
fn a_snapshot_is_of_one_moment() {
    // A second request for any of these would find nothing.
    let all = [clock(), exchange(2), pool(4), market(0, 5), market(1, 6)];
    let snapshot = snapshot(&exchange(2), &[&all]).unwrap();
    assert_eq!(snapshot.clock, Clock { now: Timestamp::new(9), slot: 7 });
    assert_eq!((snapshot.pool.cash, snapshot.market_count), (Atoms::new(4), 2));
    let backing: Vec<_> = snapshot.markets().iter().map(|market| market.target_backing.get()).collect();
    assert_eq!(backing, [5, 6]);
}

#[test]
fn a_market_listed_meanwhile_is_in_the_snapshot() {
    let before = [clock(), exchange(2), pool(4), market(0, 5)];
    let after = [clock(), exchange(2), pool(4), market(0, 7), market(1, 8)];
    let snapshot = snapshot(&exchange(1), &[&before, &after]).unwrap();
    let backing: Vec<_> = snapshot.markets().iter().map(|market| market.target_backing.get()).collect();
    assert_eq!(backing, [7, 8]);
}

#[test]
fn a_snapshot_names_what_is_missing_or_is_something_else() {
    let missing = |list: &[String]| match snapshot(&exchange(1), &[list]) {
        Err(FetchError::Missing { expected, .. }) => expected,
        other => panic!("{other:?}"),
    };
    let nothing = || String::from("null");
    assert_eq!(missing(&[nothing(), exchange(1), pool(4), market(0, 5)]), "clock");
    assert_eq!(missing(&[clock(), nothing(), pool(4), market(0, 5)]), "exchange");
    assert_eq!(missing(&[clock(), exchange(1), nothing(), market(0, 5)]), "pool");
    assert_eq!(missing(&[clock(), exchange(1), pool(4), nothing()]), "market");
    let error = snapshot(&exchange(1), &[&[clock(), exchange(1), pool(4), clock()]]).unwrap_err();
    assert!(matches!(error, FetchError::Account(AccountError::WrongOwner { expected: "market", .. })), "{error}");
}

#[test]
fn a_transaction_that_failed_in_its_block_says_why() {
    // Preflight found nothing, and the block did: the mock's status is an error of the first instruction.
    let log = "Program log: AnchorError occurred. Error Code: AccountNotEmpty. Error Number: 6067. Error Message: no.";
    let meta = META.replace("LOG", log);
    let executed = format!(r#"{{"slot":2,"blockTime":null,"transaction":["AA==","base64"],"meta":{meta}}}"#);
    let connection = node("instruction_error", &[(RpcRequest::GetTransaction, executed)]);
    let error = connection.send(&[], &[&Keypair::new()]).unwrap_err();
    let SendError::Failed { error, logs, in_block: true } = error else { panic!("{error}") };
    assert_eq!(error, TransactionError::InstructionError(0, InstructionError::UninitializedAccount));
    assert_eq!(logs, [log]);
}

#[test]
fn a_transaction_without_every_signer_is_not_sent() {
    let connection = node("succeeds", &[]);
    let (payer, other) = (Keypair::new(), Keypair::new());
    let transfer = anchor_lang::solana_program::system_instruction::transfer(&other.pubkey(), &payer.pubkey(), 1);
    let error = connection.send(std::slice::from_ref(&transfer), &[&payer]).unwrap_err();
    assert!(matches!(error, SendError::MissingSigner { address } if address == other.pubkey()), "{error}");
    let error = connection.send(&[transfer], &[]).unwrap_err();
    assert!(matches!(error, SendError::NoSigners), "{error}");
}

#[test]
fn an_account_that_cannot_be_decoded_is_an_error() {
    let garbled = account(&perp_swap::ID, &[0; 8]).replace("AAAA", "/w=");
    let sent = |request, value: &str| node("http://127.0.0.1:1", &[(request, answer(value))]);
    let one = sent(RpcRequest::GetAccountInfo, &garbled).account(&Pubkey::new_unique());
    let several = sent(RpcRequest::GetMultipleAccounts, &format!("[{garbled}]")).read(&[Pubkey::new_unique()]);
    for refused in [one.map(|_| ()), several.map(|_| ())] {
        assert!(refused.unwrap_err().to_string().contains("an account that cannot be decoded"));
    }
}
