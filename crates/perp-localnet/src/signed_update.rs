//! Updates as Pyth's servers hand them out, signed by test guardians: the prices' tree, its signed root, and each price's proof.

use byteorder::BE;
use localnet_receiver::signed::{EMITTER, EMITTER_CHAIN};
use perp_candles::EXPONENT;
use pythnet_sdk::accumulators::merkle::MerkleTree;
use pythnet_sdk::accumulators::Accumulator;
use pythnet_sdk::hashers::keccak256_160::Keccak160;
use pythnet_sdk::messages::{Message, PriceFeedMessage};
use pythnet_sdk::wire::to_vec;
use pythnet_sdk::wire::v1::{AccumulatorUpdateData, MerklePriceUpdate, Proof};

use crate::guardians::TestGuardians;
use crate::quotes::Quote;

const RING_SIZE: u32 = 10_000;

/// The bytes of an update with these quotes, dated with this second. Quotes of feeds that have no number are left out.
pub fn signed_update(guardians: &TestGuardians, quotes: &[Quote], publish_time: i64, slot: u64) -> Vec<u8> {
    let messages: Vec<Vec<u8>> = quotes
        .iter()
        .filter_map(|quote| {
            let price = quote.price.units();
            Some(Message::PriceFeedMessage(PriceFeedMessage {
                feed_id: quote.feed.id()?,
                price,
                conf: quote.confidence,
                exponent: EXPONENT,
                publish_time,
                prev_publish_time: publish_time - 1,
                ema_price: price,
                ema_conf: quote.confidence,
            }))
        })
        .map(|message| to_vec::<_, BE>(&message).expect("a message of fixed length"))
        .collect();
    sign_messages(guardians, &messages, publish_time, slot)
}

fn sign_messages(guardians: &TestGuardians, messages: &[Vec<u8>], time: i64, slot: u64) -> Vec<u8> {
    let items: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    // A tree has at least one leaf.
    let tree = MerkleTree::<Keccak160>::new(if items.is_empty() { &[&[]] } else { &items }).expect("at least one leaf");
    let mut body = u32::try_from(time).unwrap_or(0).to_be_bytes().to_vec();
    body.extend([0; 4]);
    body.extend(EMITTER_CHAIN.to_be_bytes());
    body.extend(EMITTER);
    body.extend(slot.to_be_bytes());
    body.push(1);
    body.extend(tree.serialize(slot, RING_SIZE));
    let updates = messages.iter().map(|message| MerklePriceUpdate {
        message: message.clone().into(),
        proof: tree.prove(message).expect("it is a leaf of this tree"),
    });
    let proof = Proof::WormholeMerkle { vaa: guardians.sign(&body).into(), updates: updates.collect() };
    to_vec::<_, BE>(&AccumulatorUpdateData::new(proof)).expect("short enough for its lengths")
}
