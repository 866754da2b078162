//! What the client in TypeScript must reproduce: updates read and refused, and the instructions of plans, in
//! `app/client/interface/prices.json`. `PERP_WRITE=1 cargo test -p perp-updates interface` writes it anew.

use perp_updates::destination::Place;
use perp_updates::receiver::{config_account, Poster};
use perp_updates::*;
use serde_json::{json, Value};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

use crate::common::*;

const PAYER: Pubkey = Pubkey::new_from_array([9; 32]);
const BRIDGE: Pubkey = Pubkey::new_from_array([8; 32]);
const EXCHANGE: Pubkey = Pubkey::new_from_array([7; 32]);
const OWN: Pubkey = Pubkey::new_from_array([101; 32]);

fn told_update(what: &str, bytes: &[u8]) -> Value {
    let told = match Update::parse(bytes) {
        Err(error) => json!({ "error": error.to_string() }),
        Ok(Update { vaa, signed, prices }) => json!({
            "vaa": hex::encode(vaa), "guardianSet": signed.guardian_set, "signatures": signed.signatures,
            "slot": signed.slot.to_string(), "root": hex::encode(signed.root),
            "prices": prices.iter().map(|price| json!({
                "feed": price.feed.to_string(), "price": price.price.to_string(),
                "confidence": price.confidence.to_string(), "exponent": price.exponent,
                "publishTime": price.publish_time.to_string(),
                "previousPublishTime": price.previous_publish_time.to_string(),
                "message": hex::encode(&price.message), "proof": price.proof.iter().map(hex::encode).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        }),
    };
    json!({ "what": what, "bytes": hex::encode(bytes), "told": told })
}

fn told_instruction(instruction: &Instruction) -> Value {
    let accounts = instruction.accounts.iter();
    let accounts =
        accounts.map(|meta| json!([meta.pubkey.to_string(), u8::from(meta.is_signer), u8::from(meta.is_writable)]));
    json!({
        "program": instruction.program_id.to_string(), "accounts": accounts.collect::<Vec<_>>(),
        "data": hex::encode(&instruction.data),
    })
}

/// A plan whose prices are used by an order of five accounts.
fn told_plan(what: &str, bytes: &[u8], own: &[u8], shared: &[u8]) -> Value {
    let update = Update::parse(bytes).unwrap();
    let own = own.iter().map(|number| (feed(*number), Place::Own { account: OWN }));
    let shared = shared.iter().map(|number| {
        let account = Receiver::Core.feed_account(0, &feed(*number));
        (feed(*number), Place::Shared { account, shard: 0 })
    });
    let destinations: Vec<_> =
        own.chain(shared).map(|(feed, place)| Destination { receiver: Receiver::Core, feed, place }).collect();
    let accounts = [PAYER, destinations[0].account()].map(|address| AccountMeta::new(address, address == PAYER));
    let uses = Instruction { program_id: EXCHANGE, accounts: accounts.into(), data: vec![1; 25] };
    let posting = Posting {
        config: ReceiverConfig { receiver: Receiver::Core, bridge: BRIDGE, fee: 1 },
        poster: Poster { payer: PAYER, treasury: 200 },
        update: &update,
        posts: destinations
            .iter()
            .map(|destination| {
                let is_own = matches!(destination.place, Place::Own { .. });
                Post { destination: *destination, is_new: is_own, close: is_own }
            })
            .collect(),
        then: vec![uses.clone()],
        then_units: 200_000,
        unit_price: 1,
        number: 18_446_744_073_709_551_615,
        vaa_lamports: 7_836_960,
    };
    let plan = posting.plan().unwrap();
    let budget = plan.transactions[0][0].program_id;
    let transactions = plan.transactions.iter().map(|instructions| {
        let instructions = instructions.iter().filter(|instruction| instruction.program_id != budget);
        Value::from(instructions.map(told_instruction).collect::<Vec<_>>())
    });
    let destinations = destinations.iter().map(|destination| {
        let shard = match destination.place {
            Place::Own { .. } => None,
            Place::Shared { shard, .. } => Some(shard),
        };
        json!({ "feed": destination.feed.to_string(), "account": destination.account().to_string(), "shard": shard })
    });
    json!({
        "what": what, "bytes": hex::encode(bytes), "destinations": destinations.collect::<Vec<_>>(),
        "uses": told_instruction(&uses), "used": plan.uses, "transactions": transactions.collect::<Vec<_>>(),
    })
}

#[test]
fn prices_are_read_and_posted_alike() {
    let good = mainnet_bytes(&[1, 2]);
    let changed = |change: fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        bytes
    };
    let short =
        |feeds: &[u8]| bytes_of(&feeds.iter().map(|feed| encoded(message(*feed, NOW))).collect::<Vec<_>>(), 600, 1);
    let updates = [
        told_update("two prices under a quorum's signatures", &good),
        told_update("one price, which is the root", &bytes_of(&[encoded(message(1, NOW))], 1, 1)),
        told_update("another beginning", &changed(|bytes| bytes[0] = b'Q')),
        told_update("a later version", &changed(|bytes| bytes[4] = 2)),
        told_update(
            "a longer header",
            &changed(|bytes| {
                bytes[6] = 3;
                bytes.splice(7..7, [1, 2, 3]);
            }),
        ),
        told_update("another proof", &changed(|bytes| bytes[7] = 1)),
        told_update("a message of a later version", &changed(|bytes| bytes[10] = 2)),
        told_update("a message about something else", &changed(|bytes| bytes[10 + 915] = b'B')),
        told_update("a byte more", &changed(|bytes| bytes.push(0))),
        told_update("a byte less", &changed(|bytes| bytes.truncate(bytes.len() - 1))),
        told_update(
            "a price that was changed",
            &changed(|bytes| {
                let at = bytes.len() - 10 * 20 - 2 - 40;
                bytes[at] ^= 1;
            }),
        ),
        told_update("a branch that was changed", &changed(|bytes| *bytes.last_mut().unwrap() ^= 1)),
        told_update("a price shorter than its fields", &bytes_of(&[encoded(message(1, NOW))[..84].to_vec()], 4, 1)),
        told_update("nothing", &[]),
    ];
    let plans = [
        told_plan("an account of one's own, few signatures", &short(&[1]), &[1], &[]),
        told_plan("the push oracle's account, few signatures", &short(&[1]), &[], &[1]),
        told_plan("an account of one's own, a quorum", &mainnet_bytes(&[1]), &[1], &[]),
        told_plan("the push oracle's accounts, a quorum", &mainnet_bytes(&[1, 2, 3]), &[], &[1, 2, 3]),
        told_plan("one's own and the push oracle's", &mainnet_bytes(&[1, 2]), &[1], &[2]),
    ];
    let settings = config_account(PAYER, BRIDGE, (26, [1; 32]), 77);
    let receivers = [Receiver::Core, Receiver::Compatible].map(|receiver| {
        let feeds = [0, 1, 258].map(|shard| json!([shard, receiver.feed_account(shard, &feed(3)).to_string()]));
        json!({
            "program": receiver.program().to_string(), "pushOracle": receiver.push_oracle().to_string(),
            "config": receiver.config().to_string(),
            "feeds": feeds,
        })
    });
    let told = json!({
        "updates": updates, "plans": plans, "receivers": receivers, "feed": feed(3).to_string(),
        "payer": PAYER.to_string(), "own": OWN.to_string(),
        "settings": { "data": hex::encode(settings), "bridge": BRIDGE.to_string(), "fee": "77" },
    });
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../app/client/interface/prices.json");
    let text = serde_json::to_string_pretty(&told).unwrap() + "\n";
    if std::env::var_os("PERP_WRITE").is_some() {
        std::fs::write(path, text).unwrap();
    } else {
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        let remedy = "run PERP_WRITE=1 cargo test -p perp-updates interface";
        assert!(committed == text, "app/client/interface/prices.json is not what perp-updates does: {remedy}");
    }
}
