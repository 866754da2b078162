//! The accounts that markets read: the push oracle's, to which anybody brings a newer price.

use localnet_receiver::error::PushOracleError;
use localnet_receiver::guardians::ONE;
use perp_candles::UsdPrice;
use perp_localnet::feeds::{publish, Feed};
use perp_updates::bridge::EncodedVaa;
use perp_updates::receiver::update_price_feed;
use perp_updates::rpc::vaa_lamports;
use perp_updates::{PriceServer, ServerError, SignedPrice, Update};
use solana_instruction::Instruction;
use solana_keypair::Signer;

use crate::common::*;

/// Everything up to a verified message, and the post to the account of the feed `to`.
fn push(world: &World, update: &Update, price: &SignedPrice, to: Feed, number: u64) -> Vec<Instruction> {
    let vaa = EncodedVaa::new(CONFIG.bridge, world.alice.pubkey(), number);
    let lamports = vaa_lamports(&world.localnet.connection, &update.vaa).unwrap();
    let mut post = update_price_feed(&CONFIG, world.poster(), 0, vaa.address, price);
    // The feed's number is at the end of the data, and its account the sixth.
    let end = post.data.len();
    post.data[end - 32..].copy_from_slice(&to.id().unwrap());
    post.accounts[5].pubkey = to.address();
    let [create, init] = vaa.create(lamports, EncodedVaa::len_for(&update.vaa));
    vec![create, init, vaa.write(0, &update.vaa), vaa.verify(ONE), post, vaa.close()]
}

#[test]
fn anybody_brings_a_feeds_account_a_newer_price_and_no_older_one() {
    let world = World::start();
    let (chain, sol) = (world.localnet.chain(), Feed::Sol.address());
    publish(chain, &[(Feed::Sol, UsdPrice::dollars(150)), (Feed::Btc, UsdPrice::dollars(60_000))], 5).unwrap();
    let price = |account| world.read(account, feed(Feed::Sol)).price();
    let old = world.signed(&one_guardian(), 140, 60_000);
    world.later(3);
    let new = world.signed(&one_guardian(), 160, 60_000);

    // Not newer than the account's: nothing changes, and that is no error.
    world.send(&push(&world, &old, old.price(feed(Feed::Sol)).unwrap(), Feed::Sol, 1), &[]).unwrap();
    assert_eq!(price(&sol), 15_000_000_000);
    world.send(&push(&world, &new, new.price(feed(Feed::Sol)).unwrap(), Feed::Sol, 2), &[]).unwrap();
    assert_eq!(price(&sol), 16_000_000_000);
    // Again, and the older one after it.
    for (number, update) in [(3, &new), (4, &old)] {
        world.send(&push(&world, update, update.price(feed(Feed::Sol)).unwrap(), Feed::Sol, number), &[]).unwrap();
        assert_eq!(price(&sol), 16_000_000_000);
    }

    // Bitcoin's price is none of SOL's.
    world.later(1);
    let newest = world.signed(&one_guardian(), 160, 60_000);
    let wrong = push(&world, &newest, newest.price(feed(Feed::Btc)).unwrap(), Feed::Sol, 5);
    assert_eq!(world.refusal(&wrong, &[]), PushOracleError::PriceFeedMessageMismatch as u32);
    world.localnet.validator.stop().unwrap();
}

#[test]
fn the_server_signs_what_publishers_say_now() {
    let world = World::start();
    let server = PriceServer::new(&world.localnet.prices.url()).unwrap();
    let unknown = server.latest(&[feed(Feed::Sol)]).unwrap_err();
    assert!(matches!(unknown, ServerError::Refused { status: 404, .. }), "{unknown}");

    let chain = world.localnet.chain();
    let prices = |sol| [(Feed::Sol, UsdPrice::dollars(sol)), (Feed::Btc, UsdPrice::dollars(60_000))];
    publish(chain, &prices(150), 5).unwrap();
    world.later(40);
    // No sponsor has brought this one to its account.
    perp_localnet::feeds::quote(chain, &prices(170), 5);
    let update = server.latest(&[feed(Feed::Btc), feed(Feed::Sol)]).unwrap();
    assert_eq!(update.second(&[feed(Feed::Sol), feed(Feed::Btc)]), Ok(world.now()));
    assert_eq!(update.price(feed(Feed::Sol)).unwrap().price, 17_000_000_000);
    let stored = world.read(&Feed::Sol.address(), feed(Feed::Sol));
    assert_eq!((stored.price(), stored.publish_time()), (15_000_000_000, world.now() - 40));

    // Of a second that has passed it signs what was said then, of one ahead nothing.
    let before = server.at(&[feed(Feed::Sol)], world.now() - 1).unwrap();
    let said = before.price(feed(Feed::Sol)).unwrap();
    let times = (said.previous_publish_time, said.publish_time);
    assert_eq!((said.price, times), (15_000_000_000, (world.now() - 2, world.now() - 1)));
    let ahead = server.at(&[feed(Feed::Sol)], world.now() + 1).unwrap_err();
    assert!(matches!(ahead, ServerError::Refused { status: 404, .. }), "{ahead}");

    // It speaks of nothing else.
    let elsewhere = PriceServer::new(&format!("{}/elsewhere", world.localnet.prices.url())).unwrap();
    let error = elsewhere.latest(&[feed(Feed::Sol)]).unwrap_err();
    assert!(matches!(error, ServerError::Refused { status: 404, .. }), "{error}");
    world.localnet.validator.stop().unwrap();
}
