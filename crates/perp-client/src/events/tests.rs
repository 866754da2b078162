use super::*;
use anchor_lang::Event as _;

fn line(event: &events::Deposited) -> String {
    format!("Program data: {}", BASE64_STANDARD.encode(event.data()))
}

fn deposited() -> events::Deposited {
    let key = Pubkey::new_unique;
    events::Deposited {
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

/// Every event that the program's sources define.
fn events_of_the_program() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../programs/perp-swap/src/events");
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        // A struct that is only part of an event has no such attribute.
        let attributes = source.split("#[event]").skip(1);
        names.extend(attributes.filter_map(|rest| {
            let name = rest.lines().find_map(|line| line.strip_prefix("pub struct ")?.strip_suffix(" {"))?;
            Some(name.to_owned())
        }));
    }
    names.sort_unstable();
    names
}

#[test]
fn an_event_comes_back_from_its_bytes() {
    let event = Event::from(deposited());
    assert_eq!(Event::from_data(&event.data()), Some(event.clone()));
    assert_eq!((event.exchange(), event.time()), (deposited_in(&event), 1));
    // A byte too few, another discriminator, nothing.
    let data = event.data();
    for wrong in [&data[..data.len() - 1], &data[1..], &[]] {
        assert_eq!(Event::from_data(wrong), None);
    }
}

fn deposited_in(event: &Event) -> Pubkey {
    let Event::Deposited(event) = event else { panic!("{event:?}") };
    event.exchange
}

#[test]
fn every_event_of_the_program_is_known() {
    let mut known = Event::NAMES.to_vec();
    known.sort_unstable();
    assert_eq!(events_of_the_program(), known);
}

#[test]
fn an_event_has_the_name_it_has_in_the_program() {
    let event = Event::from(deposited());
    assert_eq!(event.name(), "Deposited");
    assert!(Event::NAMES.contains(&event.name()));
}

#[test]
fn an_event_is_found_after_an_inner_call() {
    let (exchange, token) = (perp_swap::ID, anchor_spl::token::ID);
    let logs = [
        format!("Program {exchange} invoke [1]"),
        "Program log: Instruction: Deposit".into(),
        format!("Program {token} invoke [2]"),
        format!("Program {token} consumed 100 of 200 compute units"),
        format!("Program {token} success"),
        line(&deposited()),
        format!("Program {exchange} success"),
    ];
    let events = events_in_logs(&logs).unwrap();
    assert!(matches!(&events[..], [Event::Deposited(event)] if event.amount == 5));
}

#[test]
fn another_program_cannot_speak_for_the_exchange() {
    let (exchange, liar) = (perp_swap::ID, Pubkey::new_unique());
    let logs = [
        format!("Program {liar} invoke [1]"),
        line(&deposited()),
        format!("Program log: Program {exchange} invoke [2]"),
        line(&deposited()),
        format!("Program {exchange} invoke [2]"),
        format!("Program {exchange} failed: custom program error: 0x1770"),
        line(&deposited()),
    ];
    assert_eq!(events_in_logs(&logs), Ok(vec![]));
}

#[test]
fn what_cannot_be_read_is_an_error_that_carries_what_was() {
    let begin = format!("Program {} invoke [1]", perp_swap::ID);
    let seen = deposited();
    let truncated = events_in_logs(&[begin.as_str(), &line(&seen), "Log truncated"]);
    assert_eq!(truncated, Err(Incomplete { seen: vec![Event::Deposited(seen.clone())], gap: Gap::Truncated }));

    let unknown = format!("Program data: {}", BASE64_STANDARD.encode([7; 16]));
    let short = format!("Program data: {}", BASE64_STANDARD.encode(&seen.data()[..20]));
    for unreadable in [unknown, short] {
        // What follows is read all the same.
        let logs = [begin.clone(), unreadable, line(&seen)];
        let expected = Incomplete { seen: vec![Event::Deposited(seen.clone())], gap: Gap::Unknown { line: 2 } };
        assert_eq!(events_in_logs(&logs), Err(expected));
    }
}

#[test]
fn an_event_is_found_in_an_instruction_of_the_program_to_itself() {
    let event = deposited();
    let data = [EVENT_IX_TAG_LE, &event.data()].concat();
    assert_eq!(event_in_instruction(&perp_swap::ID, &data), Some(Event::Deposited(event.clone())));
    assert_eq!(event_in_instruction(&Pubkey::new_unique(), &data), None, "another program cannot speak for it");
    assert_eq!(event_in_instruction(&perp_swap::ID, &event.data()), None);
    // A call that is no event, one of an unknown event, and ones that end too early.
    assert_eq!(event_in_instruction(&perp_swap::ID, &[]), None);
    assert_eq!(event_in_instruction(&perp_swap::ID, &[EVENT_IX_TAG_LE, &[7; 16]].concat()), None);
    for end in [EVENT_IX_TAG_LE.len(), EVENT_IX_TAG_LE.len() + 8, data.len() - 1] {
        assert_eq!(event_in_instruction(&perp_swap::ID, &data[..end]), None, "{end} bytes of {}", data.len());
    }
}

/// The event as the program sends it to itself.
fn sent(event: &events::Deposited) -> (Pubkey, Vec<u8>) {
    (perp_swap::ID, [EVENT_IX_TAG_LE, &event.data()].concat())
}

#[test]
fn events_of_both_kinds_are_in_the_order_in_which_they_happened() {
    let (exchange, token) = (perp_swap::ID, anchor_spl::token::ID);
    let events = [(); 4].map(|()| deposited());
    let invoke = |program: Pubkey, depth| format!("Program {program} invoke [{depth}]");
    let success = |program: Pubkey| format!("Program {program} success");
    let logs = [
        invoke(exchange, 1),
        line(&events[0]),
        invoke(exchange, 2),
        success(exchange),
        success(exchange),
        invoke(exchange, 1),
        invoke(token, 2),
        success(token),
        invoke(exchange, 2),
        success(exchange),
        line(&events[3]),
        success(exchange),
    ];
    let inner = [sent(&events[1]), (token, vec![12, 0, 1]), sent(&events[2])];
    let expected: Vec<_> = events.iter().cloned().map(Event::Deposited).collect();
    assert_eq!(events_in_transaction(&logs, inner), Ok(expected));
}

#[test]
fn a_log_that_is_cut_off_hides_no_event_the_program_sent_to_itself() {
    let events = [(); 3].map(|()| deposited());
    let logs = [format!("Program {} invoke [1]", perp_swap::ID), line(&events[0]), "Log truncated".into()];
    let inner = [sent(&events[1]), sent(&events[2])];
    let seen = events.iter().cloned().map(Event::Deposited).collect();
    assert_eq!(events_in_transaction(&logs, inner), Err(Incomplete { seen, gap: Gap::Truncated }));
}

#[test]
fn an_event_sent_by_a_program_of_another_version_is_named_by_its_place() {
    let known = deposited();
    let unknown = (perp_swap::ID, [EVENT_IX_TAG_LE, &[7; 16]].concat());
    let found = events_in_transaction::<&str, _>(&[], [sent(&known), unknown]);
    let gap = Gap::UnknownInstruction { number: 2 };
    assert_eq!(found, Err(Incomplete { seen: vec![Event::Deposited(known)], gap }));
}

#[test]
fn what_keeps_events_from_being_read_says_what_to_do() {
    let gaps = [Gap::Truncated, Gap::Unknown { line: 7 }, Gap::UnknownInstruction { number: 2 }];
    let texts = gaps.map(|gap| Incomplete { seen: vec![], gap }.to_string());
    assert!(texts[0].ends_with("the sequence numbers of the next ones say how many"), "{}", texts[0]);
    assert!(texts[1].contains("line 7 of the logs") && texts[1].ends_with("update the client"), "{}", texts[1]);
    assert!(texts[2].contains("inner instruction 2") && texts[2].ends_with("update the client"), "{}", texts[2]);
    // The first one is named: an unknown event, then a log that is cut off.
    let begin = format!("Program {} invoke [1]", perp_swap::ID);
    let unknown = format!("Program data: {}", BASE64_STANDARD.encode([7; 16]));
    let found = events_in_logs(&[begin.as_str(), &unknown, "Log truncated"]);
    assert_eq!(found, Err(Incomplete { seen: vec![], gap: Gap::Unknown { line: 2 } }));
}

#[test]
fn numbers_of_later_events_say_how_many_a_log_has_lost() {
    let numbered = |number| events::Deposited { account_sequence: number, ..deposited() };
    let begin = format!("Program {} invoke [1]", perp_swap::ID);
    let number = |event: &Event| match event {
        Event::Deposited(event) => event.account_sequence,
        other => panic!("{other:?}"),
    };
    // Four deposits to one account of which the log holds two, and the account's next one.
    let cut = events_in_logs(&[begin.as_str(), &line(&numbered(3)), &line(&numbered(4)), "Log truncated"]).unwrap_err();
    let next = events_in_logs(&[begin.as_str(), &line(&numbered(7))]).unwrap();
    let (last, first) = (cut.seen.last().map(number).unwrap(), next.first().map(number).unwrap());
    // 7 − 4 − 1: numbers 5 and 6.
    assert_eq!((cut.gap, first - last - 1), (Gap::Truncated, 2));
    // A transaction whose log is whole leaves no number out.
    let whole = events_in_logs(&[begin.as_str(), &line(&numbered(7)), &line(&numbered(8))]).unwrap();
    assert!(whole.windows(2).all(|pair| number(&pair[1]) == number(&pair[0]) + 1), "{whole:?}");
}
