//! The same bytes as Pyth's own code: layouts, names and addresses.

use anchor_lang::{AnchorSerialize, Discriminator};
use perp_updates::bridge::{guardian_set, EncodedVaa};
use perp_updates::receiver::*;
use perp_updates::Update;
use pyth_solana_receiver_sdk::config::{Config, DataSource};
use pyth_solana_receiver_sdk::{pda, PostUpdateAtomicParams, PostUpdateParams, PYTH_PUSH_ORACLE_ID};
use pythnet_sdk::wire::v1::{AccumulatorUpdateData, MerklePriceUpdate, Proof};
use sha2::{Digest, Sha256};
use solana_pubkey::Pubkey;

use crate::common::*;

const BRIDGE: Pubkey = Pubkey::new_from_array([8; 32]);
const PAYER: Pubkey = Pubkey::new_from_array([9; 32]);
const CONFIG: ReceiverConfig = ReceiverConfig { receiver: Receiver::Core, bridge: BRIDGE, fee: 1 };
const POSTER: Poster = Poster { payer: PAYER, treasury: 3 };

/// The first eight bytes of the hash of an instruction's name, and its arguments.
fn data(name: &str, arguments: &impl AnchorSerialize) -> Vec<u8> {
    let mut data = Sha256::digest(format!("global:{name}"))[..8].to_vec();
    arguments.serialize(&mut data).unwrap();
    data
}

fn with_pyths_code(bytes: &[u8]) -> (Vec<u8>, Vec<MerklePriceUpdate>) {
    let Proof::WormholeMerkle { vaa, updates } = AccumulatorUpdateData::try_from_slice(bytes).unwrap().proof;
    (vaa.into(), updates)
}

#[test]
fn posts_carry_what_the_receiver_reads() {
    let bytes = mainnet_bytes(&[1, 2]);
    let (vaa, mut updates) = with_pyths_code(&bytes);
    let merkle_price_update = updates.remove(1);
    let update = Update::parse(&bytes).unwrap();
    assert_eq!(update.vaa, vaa);
    let (price, account) = (update.price(feed(2)).unwrap(), Pubkey::new_unique());

    let params = PostUpdateAtomicParams { vaa, merkle_price_update: merkle_price_update.clone(), treasury_id: 3 };
    let atomic = post_update_atomic(&CONFIG, POSTER, account, true, GUARDIAN_SET, &update.vaa, price);
    assert_eq!(atomic.data, data("post_update_atomic", &params));
    assert_eq!(atomic.accounts[1].pubkey, guardian_set(&BRIDGE, GUARDIAN_SET));
    assert!(atomic.accounts[4].is_signer, "it is created");

    let params = PostUpdateParams { merkle_price_update, treasury_id: 3 };
    let encoded = Pubkey::new_unique();
    let post = post_update(&CONFIG, POSTER, account, false, encoded, price);
    assert_eq!(post.data, data("post_update", &params));
    assert!(!post.accounts[4].is_signer, "it is there");
    let keys: Vec<_> = post.accounts.iter().map(|meta| (meta.pubkey, meta.is_signer, meta.is_writable)).collect();
    let (config, treasury) = (pda::get_config_address(), pda::get_treasury_address(3));
    let system = Pubkey::default();
    let expected = [
        (PAYER, true, true),
        (encoded, false, false),
        (config, false, false),
        (treasury, false, true),
        (account, false, true),
        (system, false, false),
        (PAYER, true, false),
    ];
    assert_eq!(keys, expected);

    let push = update_price_feed(&CONFIG, POSTER, 5, encoded, price);
    assert_eq!(push.data, data("update_price_feed", &(params, 5u16, [2u8; 32])));
    assert_eq!(push.program_id, PYTH_PUSH_ORACLE_ID);
    assert_eq!(reclaim_rent(Receiver::Core, PAYER, account).data, data("reclaim_rent", &()));
}

#[test]
fn the_bridge_is_called_by_its_names() {
    let vaa = EncodedVaa::new(BRIDGE, PAYER, 12);
    let [create, init] = vaa.create(1_000, 77);
    // The account's address is its writer's, a seed and the bridge, so that no further key signs.
    assert_eq!(create.accounts.iter().filter(|meta| meta.is_signer).count(), 1);
    assert_eq!(vaa.address, Pubkey::create_with_seed(&PAYER, "vaa12", &BRIDGE).unwrap());
    assert_eq!(init.data, data("init_encoded_vaa", &()));
    assert_eq!(vaa.write(5, &[1, 2]).data, data("write_encoded_vaa", &(5u32, vec![1u8, 2])));
    assert_eq!(vaa.verify(4).data, data("verify_encoded_vaa_v1", &()));
    assert_eq!(vaa.verify(4).accounts[2].pubkey, guardian_set(&BRIDGE, 4));
    assert_eq!(vaa.close().data, data("close_encoded_vaa", &()));
    assert_ne!(vaa.address, EncodedVaa::new(BRIDGE, PAYER, 13).address);
}

#[test]
fn settings_are_read_as_the_receiver_stores_them() {
    let config = Config {
        governance_authority: Pubkey::new_unique(),
        target_governance_authority: Some(Pubkey::new_unique()),
        wormhole: BRIDGE,
        valid_data_sources: vec![
            DataSource { chain: 1, emitter: Pubkey::new_unique() },
            DataSource { chain: 26, emitter: Pubkey::new_unique() },
        ],
        single_update_fee_in_lamports: 5,
        minimum_signatures: 5,
    };
    let mut data = Config::DISCRIMINATOR.to_vec();
    config.serialize(&mut data).unwrap();
    // The account is longer than its fields.
    data.resize(Config::LEN, 0);
    let read = ReceiverConfig::parse(Receiver::Core, &data).unwrap();
    assert_eq!(read, ReceiverConfig { receiver: Receiver::Core, bridge: BRIDGE, fee: 5 });
    assert_eq!(ReceiverConfig::parse(Receiver::Core, &data[1..]), Err(ConfigError));
    assert_eq!(ReceiverConfig::parse(Receiver::Core, &data[..40]), Err(ConfigError));

    let written = config_account(PAYER, BRIDGE, (26, [1; 32]), 5);
    let read = ReceiverConfig::parse(Receiver::Core, &written).unwrap();
    assert_eq!(read, ReceiverConfig { receiver: Receiver::Core, bridge: BRIDGE, fee: 5 });
}

#[test]
fn a_sponsored_account_is_found_from_its_feed() {
    let sol = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d".parse().unwrap();
    let account = Receiver::Core.feed_account(0, &sol);
    assert_eq!(account.to_string(), "7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE");
}
