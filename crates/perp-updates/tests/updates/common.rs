//! Updates written by Pyth's own code, under signatures that nobody checks here.

use byteorder::BE;
use perp_updates::{FeedId, Update};
use pythnet_sdk::accumulators::merkle::MerkleTree;
use pythnet_sdk::accumulators::Accumulator;
use pythnet_sdk::hashers::keccak256_160::Keccak160;
use pythnet_sdk::messages::{Message, PriceFeedMessage};
use pythnet_sdk::wire::to_vec;
use pythnet_sdk::wire::v1::{AccumulatorUpdateData, MerklePriceUpdate, Proof};

/// Mainnet's guardians sign with 13 of 19.
pub const QUORUM: u8 = 13;
/// Mainnet's tree had some 600 leaves when this was written: ten levels.
pub const MAINNET_LEAVES: usize = 600;
pub const GUARDIAN_SET: u32 = 4;
pub const NOW: i64 = 1_700_000_000;

pub fn feed(number: u8) -> FeedId {
    FeedId([number; 32])
}

/// Feed `number` costs `number` dollars, give or take a cent, since `publish_time`.
pub fn message(number: u8, publish_time: i64) -> PriceFeedMessage {
    PriceFeedMessage {
        feed_id: [number; 32],
        price: i64::from(number) * 100_000_000,
        conf: 1_000_000,
        exponent: -8,
        publish_time,
        prev_publish_time: publish_time - 1,
        ema_price: i64::from(number) * 99_000_000,
        ema_conf: 2_000_000,
    }
}

/// The bytes of an update with these messages, in a tree of at least so many leaves.
pub fn bytes_of(messages: &[Vec<u8>], leaves: usize, signatures: u8) -> Vec<u8> {
    let padding: Vec<Vec<u8>> = (messages.len()..leaves).map(|leaf| leaf.to_be_bytes().to_vec()).collect();
    let items: Vec<&[u8]> = messages.iter().chain(&padding).map(Vec::as_slice).collect();
    let tree = MerkleTree::<Keccak160>::new(&items).unwrap();

    // Version, set, signatures; time, nonce, chain 26, emitter, sequence, consistency level; the root.
    let mut vaa = vec![1];
    vaa.extend(GUARDIAN_SET.to_be_bytes());
    vaa.push(signatures);
    vaa.extend((0..signatures).flat_map(|index| [[index; 1].as_slice(), &[0xab; 65]].concat()));
    vaa.extend([0; 8]);
    vaa.extend(26u16.to_be_bytes());
    vaa.extend([0xe1; 32]);
    vaa.extend(7u64.to_be_bytes());
    vaa.push(1);
    vaa.extend(tree.serialize(99, 10_000));

    let updates = messages
        .iter()
        .map(|message| MerklePriceUpdate { message: message.clone().into(), proof: tree.prove(message).unwrap() });
    let proof = Proof::WormholeMerkle { vaa: vaa.into(), updates: updates.collect() };
    to_vec::<_, BE>(&AccumulatorUpdateData::new(proof)).unwrap()
}

/// The bytes of an update with the prices of these feeds, as long as mainnet's.
pub fn mainnet_bytes(feeds: &[u8]) -> Vec<u8> {
    let messages: Vec<_> = feeds.iter().map(|feed| encoded(message(*feed, NOW))).collect();
    bytes_of(&messages, MAINNET_LEAVES, QUORUM)
}

pub fn encoded(message: PriceFeedMessage) -> Vec<u8> {
    to_vec::<_, BE>(&Message::PriceFeedMessage(message)).unwrap()
}

pub fn mainnet_update(feeds: &[u8]) -> Update {
    Update::parse(&mainnet_bytes(feeds)).unwrap()
}
