use super::*;
use crate::events::Gap;
use crate::rpc::tests::node;
use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::solana_program::instruction::error::InstructionError;
use anchor_lang::Event as _;
use base64::prelude::{Engine, BASE64_STANDARD};
use perp_swap::events::Deposited;
use solana_rpc_client_api::request::RpcRequest;

/// What a node tells of a transaction that called the program once.
struct Told {
    /// The runtime's error, as JSON.
    error: &'static str,
    /// Each line of its logs; none where the node keeps no logs.
    logs: Option<Vec<String>>,
    /// Data of what the program sent to itself; none where the node keeps no inner instructions.
    sent: Option<Vec<Vec<u8>>>,
    /// Whether the program's address stands in a lookup table.
    from_table: bool,
}

impl Told {
    fn of(logs: &[&str], sent: &[Vec<u8>]) -> Self {
        let begin = format!("Program {} invoke [1]", perp_swap::ID);
        let logs = std::iter::once(begin).chain(logs.iter().map(|line| (*line).to_owned()));
        Self { error: "null", logs: Some(logs.collect()), sent: Some(sent.to_vec()), from_table: false }
    }

    /// The events as the client makes them out.
    fn events(&self) -> Result<Vec<Event>, EventsError> {
        let (program, payer) = (perp_swap::ID, Pubkey::new_unique());
        let (keys, loaded) = if self.from_table {
            (format!(r#""{payer}""#), format!(r#""writable":["{payer}"],"readonly":["{program}"]"#))
        } else {
            (format!(r#""{payer}","{payer}","{program}""#), r#""writable":[],"readonly":[]"#.into())
        };
        let logs = self.logs.as_ref().map_or(String::new(), |logs| format!(r#","logMessages":{logs:?}"#));
        let inner = self.sent.as_ref().map_or(String::new(), |sent| {
            let call = |data: &Vec<u8>| {
                let data = bs58::encode(data).into_string();
                format!(r#"{{"programIdIndex":2,"accounts":[],"data":"{data}","stackHeight":2}}"#)
            };
            let calls: Vec<String> = sent.iter().map(call).collect();
            format!(r#","innerInstructions":[{{"index":0,"instructions":[{}]}}]"#, calls.join(","))
        });
        let error = self.error;
        let status = if error == "null" { r#"{"Ok":null}"#.into() } else { format!(r#"{{"Err":{error}}}"#) };
        let record = format!(
            r#"{{"slot":2,"blockTime":null,
            "transaction":{{"signatures":[],"message":{{"accountKeys":[{keys}],"recentBlockhash":"","instructions":[],
                "header":{{"numRequiredSignatures":1,"numReadonlySignedAccounts":0,"numReadonlyUnsignedAccounts":1}}}}}},
            "meta":{{"err":{error},"status":{status},"fee":5000,"preBalances":[],"postBalances":[]{logs}{inner},
                "loadedAddresses":{{{loaded}}}}}}}"#
        );
        node("succeeds", &[(RpcRequest::GetTransaction, record)]).events(&Signature::default())
    }
}

fn deposited() -> Deposited {
    let key = Pubkey::new_unique;
    Deposited {
        exchange: key(),
        time: 1,
        account: key(),
        owner: key(),
        account_sequence: 1,
        amount: 5,
        balance_before: 1,
        balance_after: 6,
    }
}

fn line(event: &Deposited) -> String {
    format!("Program data: {}", BASE64_STANDARD.encode(event.data()))
}

fn sent(event: &Deposited) -> Vec<u8> {
    [EVENT_IX_TAG_LE, &event.data()].concat()
}

#[test]
fn events_are_read_from_logs_and_inner_instructions() {
    let (logged, own) = (deposited(), deposited());
    let calls = [format!("Program {} invoke [2]", perp_swap::ID), format!("Program {} success", perp_swap::ID)];
    let mut told = Told::of(&[&calls[0], &calls[1], &line(&logged)], &[sent(&own)]);
    let expected = [Event::Deposited(own), Event::Deposited(logged)];
    assert_eq!(told.events().unwrap(), expected);
    // Addresses of a lookup table are counted after the transaction's own, the writable ones first.
    told.from_table = true;
    assert_eq!(told.events().unwrap(), expected);
}

#[test]
fn events_that_were_seen_come_with_the_error_that_there_may_be_others() {
    let (logged, own) = (deposited(), deposited());
    let seen = vec![Event::Deposited(logged.clone()), Event::Deposited(own.clone())];
    let cut = Told::of(&[&line(&logged), "Log truncated"], &[sent(&own)]).events().unwrap_err();
    let EventsError::Incomplete(incomplete) = cut else { panic!("{cut}") };
    assert_eq!(incomplete, Incomplete { seen, gap: Gap::Truncated });

    let unknown = [EVENT_IX_TAG_LE, &[7; 16]].concat();
    let newer = Told::of(&[], &[unknown, sent(&own)]).events().unwrap_err();
    let EventsError::Incomplete(incomplete) = newer else { panic!("{newer}") };
    let gap = Gap::UnknownInstruction { number: 1 };
    assert_eq!(incomplete, Incomplete { seen: vec![Event::Deposited(own)], gap });
}

#[test]
fn a_transaction_that_failed_has_no_events_whatever_it_logged() {
    let failed = Told { error: r#"{"InstructionError":[0,{"Custom":6060}]}"#, ..Told::of(&[&line(&deposited())], &[]) };
    let error = failed.events().unwrap_err();
    let EventsError::Failed { error, .. } = error else { panic!("{error}") };
    assert_eq!(error, TransactionError::InstructionError(0, InstructionError::Custom(6_060)));
}

#[test]
fn a_record_without_what_events_are_read_from_is_not_one_without_events() {
    let whole = || Told::of(&[&line(&deposited())], &[]);
    assert_eq!(whole().events().unwrap().len(), 1);
    let missing = |told: Told| match told.events() {
        Err(EventsError::Partial { missing, .. }) => missing,
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(Told { logs: None, ..whole() }), "logs");
    assert_eq!(missing(Told { sent: None, ..whole() }), "inner instructions");
}
