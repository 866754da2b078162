use super::{check, debug, hex, key};
use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::Pubkey;
use anchor_lang::Discriminator;
use base64::prelude::{Engine, BASE64_STANDARD};
use perp_client::events::{events_in_transaction, Event, Incomplete};
use perp_swap::events;
use serde_json::{json, Value};

/// How the JSON of an event names and spells what it holds.
fn told(event: &Event) -> Value {
    // `Traded(Traded { … })`: the variant goes as units do.
    json!({ "name": event.name(), "fields": debug::parse(&format!("{event:?}")) })
}

/// An event of a discriminator, of bytes that are zero, one or two: valid flags, choices and options among them.
fn some_event(discriminator: &[u8]) -> Event {
    let mut state = 88_172_645_463_325_252_u64;
    for most in [2, 1, 0].into_iter().flat_map(|most| [most; 2_000]) {
        let random = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            u8::try_from(state % (most + 1)).unwrap()
        });
        let data: Vec<u8> = discriminator.iter().copied().chain(random.take(4_096)).collect();
        if let Some(event) = Event::from_data(&data) {
            return event;
        }
    }
    panic!("no event begins with {discriminator:?}")
}

fn discriminators() -> Vec<Vec<u8>> {
    let idl: Value = serde_json::from_str(include_str!("../../../../idl/perp_swap.json")).unwrap();
    let events = idl["events"].as_array().unwrap().iter();
    events.map(|event| serde_json::from_value(event["discriminator"].clone()).unwrap()).collect()
}

/// What is told, the logs, and the inner instructions.
type Case = (&'static str, Vec<String>, Vec<(Pubkey, Vec<u8>)>);

#[test]
fn every_event_is_decoded_alike() {
    let events: Vec<_> = discriminators().iter().map(|discriminator| some_event(discriminator)).collect();
    let mut names: Vec<_> = events.iter().map(Event::name).collect();
    names.sort_unstable();
    let mut known = Event::NAMES.to_vec();
    known.sort_unstable();
    assert_eq!(names, known);
    let cases: Vec<_> = events
        .iter()
        .map(|event| {
            let mut case = told(event);
            case["data"] = hex(&event.data()).into();
            case
        })
        .collect();
    check("events.json", &json!(cases));
}

#[test]
fn events_are_found_alike_among_what_others_print() {
    let (ours, token, stranger) = (perp_swap::ID, anchor_spl::token::ID, key(9));
    let logged = some_event(events::Deposited::DISCRIMINATOR);
    let sent = some_event(events::Liquidated::DISCRIMINATOR);
    let line = format!("Program data: {}", BASE64_STANDARD.encode(logged.data()));
    let with_tag = |event: &Event| [EVENT_IX_TAG_LE, &event.data()[..]].concat();
    let invoke = |program: Pubkey, depth: u8| format!("Program {program} invoke [{depth}]");
    let success = |program: Pubkey| format!("Program {program} success");
    let around =
        |program: Pubkey, inner: Vec<String>| [vec![invoke(program, 1)], inner, vec![success(program)]].concat();
    let call = |program: Pubkey| vec![invoke(program, 2), success(program)];
    let of_two = [with_tag(&sent), with_tag(&logged)].map(|data| (ours, data)).to_vec();
    let cases: Vec<Case> = vec![
        ("an event of the program", around(ours, vec![line.clone()]), vec![]),
        ("an event printed by another program", around(stranger, vec![line.clone()]), vec![]),
        (
            "printed by a program that ours has called",
            {
                let inner = vec![invoke(token, 2), line.clone(), success(token)];
                around(ours, inner)
            },
            vec![],
        ),
        ("after an inner call", around(ours, [call(token), vec![line.clone()]].concat()), vec![]),
        (
            "by ours, called by another",
            { around(stranger, vec![invoke(ours, 2), line.clone(), success(ours), line.clone()]) },
            vec![],
        ),
        (
            "before the end of a program that failed",
            vec![invoke(ours, 1), line.clone(), format!("Program {ours} failed: custom program error: 0x1770")],
            vec![],
        ),
        (
            "sent to itself, in its place",
            { around(ours, [vec![line.clone()], call(ours), vec![line.clone()]].concat()) },
            vec![(token, vec![3]), (ours, with_tag(&sent))],
        ),
        (
            "two sent, the logs cut off",
            [vec![invoke(ours, 1)], call(ours), vec!["Log truncated".into()]].concat(),
            of_two,
        ),
        ("sent by another program", around(stranger, call(stranger)), vec![(stranger, with_tag(&sent))]),
        ("of a later version", around(ours, vec!["Program data: AAAAAAAAAAA=".into(), line.clone()]), vec![]),
        ("sent, of a later version", around(ours, call(ours)), vec![(ours, [EVENT_IX_TAG_LE, &[0; 9]].concat())]),
        (
            "cut short",
            around(ours, vec![format!("Program data: {}", BASE64_STANDARD.encode(&logged.data()[..20]))]),
            vec![],
        ),
        ("no base 64", around(ours, vec!["Program data: ?".into()]), vec![]),
        ("a log that says so in words", around(ours, vec![format!("Program log: Program data: {line}")]), vec![]),
    ];
    let told: Vec<_> = cases
        .iter()
        .map(|(what, logs, inner)| {
            let found = events_in_transaction(logs, inner.iter().map(|(program, data)| (*program, data)));
            let (seen, gap) = match found {
                Ok(seen) => (seen, None),
                Err(Incomplete { seen, gap }) => (seen, Some(gap.to_string())),
            };
            let inner = inner.iter().map(|(program, data)| json!([program.to_string(), hex(data)]));
            json!({
                "what": what, "logs": logs, "inner": inner.collect::<Vec<_>>(),
                "seen": seen.iter().map(told).collect::<Vec<_>>(), "gap": gap,
            })
        })
        .collect();
    check("event_logs.json", &json!(told));
}
