//! Updates that nobody signed as they are.

use localnet_receiver::guardians::{ALL, ONE};
use perp_localnet::feeds::Feed;
use perp_localnet::guardians::{secret_key, TestGuardians};
use perp_updates::{SignedPrice, Update};
use solana_keypair::{Keypair, Signer};

use crate::common::*;

/// The code with which a post to a new account is refused.
fn refused(world: &World, update: &Update, price: &SignedPrice) -> u32 {
    let account = Keypair::new();
    world.refusal(&[world.atomic(update, price, account.pubkey(), true)], &[&account])
}

#[test]
fn signatures_of_others_are_refused() {
    let world = World::start();
    let sign = |guardians: TestGuardians| {
        let update = world.signed(&guardians, 150, 60_000);
        let price = update.price(feed(Feed::Sol)).unwrap().clone();
        refused(&world, &update, &price)
    };
    // 6021 InvalidGuardianKeyRecovery: the second guardian signs in the place of the first.
    assert_eq!(sign(TestGuardians::signed_by(ONE, vec![secret_key(1)])), 6021);
    // 6019 InvalidGuardianIndex: a second one signs for a set of one.
    assert_eq!(sign(TestGuardians::signed_by(ONE, vec![secret_key(0), secret_key(1)])), 6019);
    // 6015 InsufficientGuardianSignatures: nobody signs.
    assert_eq!(sign(TestGuardians::signed_by(ONE, vec![])), 6015);
    // 6022 WrongGuardianSetOwner: a set that the bridge does not have.
    assert_eq!(sign(TestGuardians::signed_by(9, vec![secret_key(0)])), 6022);
    world.localnet.validator.stop().unwrap();
}

#[test]
fn a_changed_message_has_other_signers() {
    let world = World::start();
    let update = world.signed(&one_guardian(), 150, 60_000);
    let price = update.price(feed(Feed::Sol)).unwrap();
    // Six bytes of header, then the guardian's number, and 65 of its signature; then what is signed.
    let refused_with = |at: usize| {
        let mut forged = update.clone();
        forged.vaa[at] ^= 1;
        refused(&world, &forged, price)
    };
    // 6016 InvalidVaaVersion, 6023 InvalidGuardianSetPda is that of another set: here its account does not exist.
    assert_eq!(refused_with(0), 6016);
    // 6021: another key fits a changed signature, or a changed body; 6020 where none does.
    assert!([6020, 6021].contains(&refused_with(10)));
    let last = update.vaa.len() - 1;
    assert!([6020, 6021].contains(&refused_with(last)));
    world.localnet.validator.stop().unwrap();
}

#[test]
fn a_price_that_is_not_under_the_root_is_refused() {
    let world = World::start();
    let update = world.signed(&one_guardian(), 150, 60_000);
    let (sol, btc) = (update.price(feed(Feed::Sol)).unwrap(), update.price(feed(Feed::Btc)).unwrap());
    // 6002 InvalidPriceUpdate: the proof of another price, no proof, another price.
    let others_proof = SignedPrice { proof: btc.proof.clone(), ..sol.clone() };
    assert_eq!(refused(&world, &update, &others_proof), 6002);
    let no_proof = SignedPrice { proof: vec![], ..sol.clone() };
    assert_eq!(refused(&world, &update, &no_proof), 6002);
    let mut dearer = sol.clone();
    // The kind, 32 bytes of feed id, then the price.
    dearer.message[33 + 7] ^= 1;
    assert_eq!(refused(&world, &update, &dearer), 6002);
    // Yesterday's root with today's price.
    world.later(1);
    let newer = world.signed(&one_guardian(), 160, 60_000);
    assert_eq!(refused(&world, &update, newer.price(feed(Feed::Sol)).unwrap()), 6002);
    world.localnet.validator.stop().unwrap();
}

#[test]
fn fewer_signatures_than_a_quorum_verify_partially_and_no_market_takes_that() {
    let world = World::start();
    let few = TestGuardians::signed_by(ALL, (0..3).map(secret_key).collect());
    let account = world.post_sol(&world.signed(&few, 150, 60_000)).pubkey();
    let stored = world.localnet.connection.client().get_account(&account).unwrap();
    // 0 for partial, and the number of signatures.
    assert_eq!(stored.data[40..42], [0, 3]);
    let id = Feed::Sol.id().unwrap();
    let refused = perp_oracle::pull::read(&stored.data, &id);
    assert_eq!(refused, Err(perp_accounts::oracle::OracleError::PartiallyVerified));
    world.localnet.validator.stop().unwrap();
}

#[test]
fn data_that_is_cut_or_continued_is_refused() {
    let world = World::start();
    let update = world.signed(&one_guardian(), 150, 60_000);
    let post = world.atomic(&update, update.price(feed(Feed::Sol)).unwrap(), Keypair::new().pubkey(), false);
    // 102 is InstructionDidNotDeserialize; 101 and 100 are no instruction at all.
    for (length, code) in [(post.data.len() - 1, 102), (100, 102), (8, 102), (7, 100)] {
        let mut cut = post.clone();
        cut.data.truncate(length);
        assert_eq!(world.refusal(&[cut], &[]), code, "{length}");
    }
    let mut other = post.clone();
    other.data[0] ^= 1;
    assert_eq!(world.refusal(&[other], &[]), 101);
    world.localnet.validator.stop().unwrap();
}
