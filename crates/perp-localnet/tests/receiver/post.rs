//! Prices that are posted as they were signed.

use perp_localnet::feeds::Feed;
use perp_updates::receiver::reclaim_rent;
use perp_updates::Receiver;
use solana_keypair::{Keypair, Signer};

use crate::common::*;

#[test]
fn a_posted_price_is_what_was_signed() {
    let world = World::start();
    let (now, treasury) = (world.now(), Receiver::Core.treasury(0));
    let account = world.post_sol(&world.signed(&one_guardian(), 150, 60_000)).pubkey();
    let reading = world.read(&account, feed(Feed::Sol));
    assert_eq!((reading.price(), reading.exponent(), reading.confidence()), (15_000_000_000, -8, 1_000_000));
    assert_eq!((reading.publish_time(), reading.previous_publish_time()), (now, now - 1));
    let stored = world.localnet.connection.client().get_account(&account).unwrap();
    assert_eq!(stored.data.len(), 134);
    // Its owner, then 1 for full verification.
    assert_eq!(stored.data[8..40], world.alice.pubkey().to_bytes());
    assert_eq!(stored.data[40], 1);

    // A treasury without lamports is first given what an account needs to exist; then a post pays one.
    let before = world.lamports(&treasury);
    world.post_sol(&world.signed(&one_guardian(), 150, 60_000));
    assert_eq!(world.lamports(&treasury), before + 1);
    world.localnet.validator.stop().unwrap();
}

#[test]
fn an_account_is_posted_to_again_by_its_owner_and_closed() {
    let world = World::start();
    let account = world.post_sol(&world.signed(&one_guardian(), 150, 60_000)).pubkey();
    world.later(2);
    let newer = world.signed(&one_guardian(), 160, 60_000);
    let price = newer.price(feed(Feed::Sol)).unwrap();
    world.send(&[world.atomic(&newer, price, account, false)], &[]).unwrap();
    assert_eq!(world.read(&account, feed(Feed::Sol)).price(), 16_000_000_000);

    // 6012 is WrongWriteAuthority.
    let bob = world.localnet.wallets.get("bob").unwrap().keypair.insecure_clone();
    let mut post = world.atomic(&newer, price, account, false);
    for meta in post.accounts.iter_mut().filter(|meta| meta.is_signer) {
        meta.pubkey = bob.pubkey();
    }
    assert_eq!(world.refusal(&[post], &[&bob]), 6012);
    assert_eq!(world.refusal(&[reclaim_rent(Receiver::Core, bob.pubkey(), account)], &[&bob]), 6012);

    let (owner, rent) = (world.alice.pubkey(), world.lamports(&account));
    let before = world.lamports(&owner);
    world.send(&[reclaim_rent(Receiver::Core, owner, account)], &[]).unwrap();
    // One signature costs 5000.
    assert_eq!((world.lamports(&account), world.lamports(&owner)), (0, before + rent - 5_000));
    world.localnet.validator.stop().unwrap();
}

// As Pyth's: it vouches for what was signed and when, and leaves it to the reader what is old.
#[test]
fn the_receiver_takes_the_same_price_twice_and_an_older_one() {
    let world = World::start();
    let old = world.signed(&one_guardian(), 150, 60_000);
    let published = world.now();
    world.later(10);
    let new = world.signed(&one_guardian(), 160, 60_000);
    let account = world.post_sol(&new).pubkey();
    let replayed = world.atomic(&new, new.price(feed(Feed::Sol)).unwrap(), account, false);
    world.send(&[replayed], &[]).unwrap();
    world.send(&[world.atomic(&old, old.price(feed(Feed::Sol)).unwrap(), account, false)], &[]).unwrap();
    let reading = world.read(&account, feed(Feed::Sol));
    assert_eq!((reading.price(), reading.publish_time()), (15_000_000_000, published));
    world.localnet.validator.stop().unwrap();
}

#[test]
fn a_new_account_has_to_sign() {
    let world = World::start();
    let update = world.signed(&one_guardian(), 150, 60_000);
    let post = world.atomic(&update, update.price(feed(Feed::Sol)).unwrap(), Keypair::new().pubkey(), false);
    let error = world.send(&[post], &[]).unwrap_err().to_string();
    assert!(error.contains("signer privilege escalated") || error.contains("unauthorized signer"), "{error}");

    // 3010 is AccountNotSigner: the payer alone signs, for somebody else's account.
    let account = world.post_sol(&update).pubkey();
    let mut post = world.atomic(&update, update.price(feed(Feed::Sol)).unwrap(), account, false);
    let bob = world.localnet.wallets.get("bob").unwrap().keypair.insecure_clone();
    post.accounts[0].pubkey = bob.pubkey();
    post.accounts[6].is_signer = false;
    post.accounts[6].pubkey = solana_pubkey::Pubkey::new_unique();
    assert_eq!(world.refusal(&[post], &[&bob]), 3010);
    world.localnet.validator.stop().unwrap();
}
