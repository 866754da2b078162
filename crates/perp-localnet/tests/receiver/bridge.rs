//! Messages as long as a cluster's: written in parts, verified, and posted from their account.

use localnet_receiver::error::{BridgeError, ReceiverError};
use localnet_receiver::guardians::ALL;
use perp_localnet::feeds::Feed;
use perp_localnet::guardians::{secret_key, TestGuardians};
use perp_updates::bridge::EncodedVaa;
use perp_updates::destination::Place;
use perp_updates::receiver::post_update;
use perp_updates::rpc::{receiver_config, send, vaa_lamports};
use perp_updates::{Destination, Post, Posting, Receiver, Update};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_keypair::{Keypair, Signer};

use crate::common::*;

/// Sends the transactions that post both feeds of `update` to new accounts.
fn post_both(world: &World, update: &Update, close: bool) -> ([Keypair; 2], usize) {
    let accounts = [Keypair::new(), Keypair::new()];
    let connection = &world.localnet.connection;
    let posts = [Feed::Sol, Feed::Btc].into_iter().zip(&accounts).map(|(of, account)| {
        let place = Place::Own { account: account.pubkey() };
        Post { destination: Destination { receiver: Receiver::Core, feed: feed(of), place }, is_new: true, close }
    });
    let posting = Posting {
        config: receiver_config(connection, Receiver::Core).unwrap(),
        poster: world.poster(),
        update,
        posts: posts.collect(),
        then: vec![],
        then_units: 0,
        unit_price: 0,
        number: 1,
        vaa_lamports: vaa_lamports(connection, &update.vaa).unwrap(),
    };
    let plan = posting.plan().unwrap();
    send(connection, &plan, &[&world.alice, &accounts[0], &accounts[1]]).unwrap();
    let open = plan.encoded_vaa.map_or(0, |vaa| world.lamports(&vaa.address));
    assert_eq!(open, 0, "the account of the message was closed");
    (accounts, plan.transactions.len())
}

#[test]
fn thirteen_of_nineteen_verify_fully_once_for_all_feeds() {
    let world = World::start();
    let config = receiver_config(&world.localnet.connection, Receiver::Core).unwrap();
    assert_eq!(config, CONFIG);
    let update = world.signed(&all_guardians(), 150, 60_000);
    // Six bytes before 13 signatures of 66, and 88 that they sign.
    assert_eq!(update.vaa.len(), 6 + 13 * 66 + 88);
    let (accounts, transactions) = post_both(&world, &update, false);
    assert_eq!(transactions, 2);
    let [sol, btc] = &accounts;
    assert_eq!(world.read(&sol.pubkey(), feed(Feed::Sol)).price(), 15_000_000_000);
    assert_eq!(world.read(&btc.pubkey(), feed(Feed::Btc)).price(), 6_000_000_000_000);

    // Where they are closed after use nothing but fees is gone.
    let before = world.lamports(&world.alice.pubkey());
    let (_, transactions) = post_both(&world, &update, true);
    let spent = before - world.lamports(&world.alice.pubkey());
    // Each transaction is signed by alice, and one also by two accounts; each post pays a lamport.
    assert_eq!(spent, 5_000 * (transactions as u64 + 2) + 2);
    world.localnet.validator.stop().unwrap();
}

/// A message's account, written but not verified.
fn written(world: &World, guardians: &TestGuardians, number: u64) -> (EncodedVaa, Update) {
    let update = world.signed(guardians, 150, 60_000);
    let vaa = EncodedVaa::new(CONFIG.bridge, world.alice.pubkey(), number);
    let lamports = vaa_lamports(&world.localnet.connection, &update.vaa).unwrap();
    let (first, rest) = update.vaa.split_at(update.vaa.len().min(700));
    let mut instructions: Vec<Instruction> = vaa.create(lamports, EncodedVaa::len_for(&update.vaa)).into();
    instructions.push(vaa.write(0, first));
    world.send(&instructions, &[]).unwrap();
    if !rest.is_empty() {
        world.send(&[vaa.write(700, rest)], &[]).unwrap();
    }
    (vaa, update)
}

#[test]
fn a_message_counts_only_once_it_is_verified() {
    let world = World::start();
    let (vaa, update) = written(&world, &all_guardians(), 1);
    let account = Keypair::new();
    let price = update.price(feed(Feed::Sol)).unwrap();
    let post = post_update(&CONFIG, world.poster(), account.pubkey(), true, vaa.address, price);
    let refused = |instruction: &Instruction| world.refusal(std::slice::from_ref(instruction), &[]);
    assert_eq!(world.refusal(std::slice::from_ref(&post), &[&account]), BridgeError::UnverifiedVaa as u32);

    // Nobody but its writer continues or closes it, and a part is within the message.
    let bob = world.localnet.wallets.get("bob").unwrap().keypair.insecure_clone();
    for mut instruction in [vaa.write(0, &[0]), vaa.verify(ALL), vaa.close()] {
        instruction.accounts[0].pubkey = bob.pubkey();
        assert_eq!(world.refusal(&[instruction], &[&bob]), BridgeError::WriteAuthorityMismatch as u32);
    }
    let end = u32::try_from(update.vaa.len()).unwrap();
    assert_eq!(refused(&vaa.write(end, &[0])), BridgeError::DataOverflow as u32);
    assert_eq!(refused(&vaa.write(0, &[])), BridgeError::DataOverflow as u32);

    world.send(&[vaa.verify(ALL), post], &[&account]).unwrap();
    assert_eq!(world.read(&account.pubkey(), feed(Feed::Sol)).price(), 15_000_000_000);
    // Verified, it is not changed any more.
    assert_eq!(refused(&vaa.write(0, &[0])), BridgeError::NotInWritingStatus as u32);
    assert_eq!(refused(&vaa.verify(ALL)), BridgeError::NotInWritingStatus as u32);

    // An account that is no message: that of the price.
    let mut no_vaa = post_update(&CONFIG, world.poster(), account.pubkey(), false, account.pubkey(), price);
    no_vaa.accounts[4].is_writable = true;
    assert_eq!(refused(&no_vaa), ReceiverError::WrongVaaOwner as u32);
    world.localnet.validator.stop().unwrap();
}

#[test]
fn twelve_of_nineteen_are_no_quorum() {
    let world = World::start();
    let twelve = TestGuardians::signed_by(ALL, (0..12).map(secret_key).collect());
    let (vaa, _) = written(&world, &twelve, 2);
    // Twelve signatures take more than the 200 000 compute units that an instruction has by itself.
    let units = ComputeBudgetInstruction::set_compute_unit_limit(600_000);
    assert_eq!(world.refusal(&[units, vaa.verify(ALL)], &[]), BridgeError::NoQuorum as u32);
    world.send(&[vaa.close()], &[]).unwrap();
    assert_eq!(world.lamports(&vaa.address), 0);
    world.localnet.validator.stop().unwrap();
}
