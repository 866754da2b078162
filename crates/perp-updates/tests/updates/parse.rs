//! What is read of an update, and how one that is broken is refused.

use std::sync::LazyLock;

use perp_updates::{FeedId, Update, UpdateError};
use proptest::prelude::*;
use pythnet_sdk::messages::{Message, TwapMessage};

use crate::common::*;

#[test]
fn an_update_says_what_was_signed() {
    let update = mainnet_update(&[1, 2]);
    assert_eq!((update.signed.guardian_set, update.signed.signatures), (GUARDIAN_SET, QUORUM));
    assert_eq!((update.signed.emitter_chain, update.signed.emitter, update.signed.slot), (26, [0xe1; 32], 99));
    // Six bytes before 13 signatures of 66, 51 before the payload, whose magic, kind, slot, ring size and root are 37.
    assert_eq!(update.vaa.len(), 6 + 13 * 66 + 51 + 37);

    let price = update.price(feed(2)).unwrap();
    assert_eq!((price.price, price.confidence, price.exponent), (200_000_000, 1_000_000, -8));
    assert_eq!((price.publish_time, price.previous_publish_time), (NOW, NOW - 1));
    // 600 leaves are a tree of 1024.
    assert_eq!((price.message.len(), price.proof.len()), (85, 10));
    assert_eq!(update.price(feed(3)), Err(UpdateError::FeedMissing { feed: feed(3) }));
}

#[test]
fn a_tree_of_one_price_has_an_empty_proof() {
    let update = Update::parse(&bytes_of(&[encoded(message(1, NOW))], 1, 1)).unwrap();
    assert!(update.price(feed(1)).unwrap().proof.is_empty());
}

#[test]
fn feeds_of_one_second_are_told_from_those_apart() {
    let messages = [message(1, NOW), message(2, NOW), message(3, NOW - 4)].map(encoded);
    let update = Update::parse(&bytes_of(&messages, 8, 1)).unwrap();
    assert_eq!(update.second(&[feed(1), feed(2)]), Ok(NOW));
    assert_eq!(update.second(&[feed(3)]), Ok(NOW - 4));
    assert_eq!(update.second(&[feed(1), feed(3)]), Err(UpdateError::SecondsApart { feed: feed(3), behind: 4 }));
    assert_eq!(update.second(&[feed(1), feed(9)]), Err(UpdateError::FeedMissing { feed: feed(9) }));
}

#[test]
fn a_later_message_may_say_more() {
    let longer = [encoded(message(1, NOW)), vec![7; 20]].concat();
    let update = Update::parse(&bytes_of(&[longer], 4, 1)).unwrap();
    assert_eq!(update.price(feed(1)).unwrap().message.len(), 105);
}

#[test]
fn a_header_that_says_more_is_passed_over() {
    let mut bytes = mainnet_bytes(&[1]);
    // Magic, two versions; then the header's length.
    assert_eq!(bytes[6], 0);
    bytes[6] = 3;
    bytes.splice(7..7, [1, 2, 3]);
    assert_eq!(Update::parse(&bytes).unwrap(), mainnet_update(&[1]));
}

#[test]
fn what_is_no_update_with_prices_is_named() {
    let parse = |change: fn(&mut Vec<u8>)| {
        let mut bytes = mainnet_bytes(&[1]);
        change(&mut bytes);
        Update::parse(&bytes).unwrap_err()
    };
    assert_eq!(parse(|bytes| bytes[0] = b'Q'), UpdateError::Magic { of: "update" });
    assert_eq!(parse(|bytes| bytes[4] = 2), UpdateError::Version { of: "update", version: 2 });
    assert_eq!(parse(|bytes| bytes[7] = 1), UpdateError::Kind { of: "update", kind: 1 });
    // The signed message begins at 10, its payload 6 + 13 * 66 + 51 = 915 bytes further.
    assert_eq!(parse(|bytes| bytes[10] = 2), UpdateError::Version { of: "VAA", version: 2 });
    assert_eq!(parse(|bytes| bytes[10 + 915] = b'B'), UpdateError::Magic { of: "signed payload" });
    assert_eq!(parse(|bytes| bytes[10 + 915 + 4] = 1), UpdateError::Kind { of: "signed payload", kind: 1 });
    assert_eq!(parse(|bytes| bytes.push(0)), UpdateError::TooLong { extra: 1 });
    // More signatures than there are bytes for.
    assert_eq!(parse(|bytes| bytes[15] = 200), UpdateError::Truncated { field: "signatures" });
}

#[test]
fn an_average_is_no_price() {
    let average = Message::TwapMessage(TwapMessage {
        feed_id: [1; 32],
        cumulative_price: 1,
        cumulative_conf: 1,
        num_down_slots: 0,
        exponent: -8,
        publish_time: NOW,
        prev_publish_time: NOW - 1,
        publish_slot: 9,
    });
    let bytes = bytes_of(&[pythnet_sdk::wire::to_vec::<_, byteorder::BE>(&average).unwrap()], 4, 1);
    assert_eq!(Update::parse(&bytes), Err(UpdateError::Kind { of: "message", kind: 1 }));
}

#[test]
fn a_price_shorter_than_its_fields_is_refused() {
    let bytes = bytes_of(&[encoded(message(1, NOW))[..84].to_vec()], 4, 1);
    assert_eq!(Update::parse(&bytes), Err(UpdateError::Truncated { field: "price" }));
}

#[test]
fn a_feed_id_is_64_digits() {
    let text = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
    let id: FeedId = text.parse().unwrap();
    assert_eq!(id, format!("0x{text}").parse().unwrap());
    assert_eq!(id.to_string(), text);
    for wrong in ["", "0x", &text[1..], &format!("{text}00"), "zz"] {
        assert!(wrong.parse::<FeedId>().unwrap_err().to_string().contains("64 hexadecimal digits"), "{wrong}");
    }
}

/// Two prices as mainnet signs them.
static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| mainnet_bytes(&[1, 2]));

proptest! {
    #[test]
    fn an_update_cut_anywhere_is_refused(cut in any::<prop::sample::Index>()) {
        let bytes = &*BYTES;
        let error = Update::parse(&bytes[..cut.index(bytes.len())]).unwrap_err();
        prop_assert!(matches!(error, UpdateError::Truncated { .. }), "{error}");
    }

    #[test]
    fn what_follows_an_update_is_refused(extra in prop::collection::vec(any::<u8>(), 1..300)) {
        let bytes = [&BYTES[..], &extra].concat();
        prop_assert_eq!(Update::parse(&bytes), Err(UpdateError::TooLong { extra: extra.len() }));
    }

    // Whatever is signed cannot be changed: a price, its proof, and the root. Signatures, and what around the root says nothing
    // about prices, are for the chain to check.
    #[test]
    fn a_changed_byte_changes_no_price(at in any::<prop::sample::Index>(), bits in 1u8..) {
        let mut bytes = BYTES.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= bits;
        if let Ok(changed) = Update::parse(&bytes) {
            prop_assert_eq!(changed.prices, Update::parse(&BYTES).unwrap().prices);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let framed = [b"PNAU\x01\x00\x00\x00".as_slice(), &bytes].concat();
        prop_assert!(Update::parse(&bytes).is_err());
        prop_assert!(Update::parse(&framed).is_err());
    }
}
