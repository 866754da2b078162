//! Pyth's receiver: the program that checks an update and writes the account a market reads. Its push oracle, which keeps one
//! such account for each feed, is beside it.

use borsh::{BorshDeserialize, BorshSerialize};
use perp_accounts::oracle::{COMPATIBLE_RECEIVER, CORE_RECEIVER};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use solana_system_interface::program as system_program;
use thiserror::Error;

use crate::bridge;
use crate::merkle::Node;
use crate::update::{FeedId, SignedPrice};

const PUSH_ORACLE: Pubkey = Pubkey::from_str_const("pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT");
const COMPATIBLE_PUSH_ORACLE: Pubkey = Pubkey::from_str_const("pyt2F414BA6dPttK6RddPZUdHfapoBN24GL5wbrPCou");

/// Bytes of a price account.
pub const PRICE_ACCOUNT_LEN: u64 = 134;

// The first eight bytes of the SHA-256 hash of `global:` and the instruction's name, or of `account:` and the account's.
pub(crate) const POST_UPDATE_ATOMIC: [u8; 8] = [0x31, 0xac, 0x54, 0xc0, 0xaf, 0xb4, 0x34, 0xea];
pub(crate) const POST_UPDATE: [u8; 8] = [0x85, 0x5f, 0xcf, 0xaf, 0x0b, 0x4f, 0x76, 0x2c];
pub(crate) const RECLAIM_RENT: [u8; 8] = [0xda, 0xc8, 0x13, 0xc5, 0xe3, 0x59, 0xc0, 0x16];
pub(crate) const UPDATE_PRICE_FEED: [u8; 8] = [0x1c, 0x09, 0x5d, 0x96, 0x56, 0x99, 0xbc, 0x73];
pub(crate) const PRICE: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];
pub(crate) const CONFIG: [u8; 8] = [0x9b, 0x0c, 0xaa, 0xe0, 0x1e, 0xfa, 0xcc, 0x82];

/// The receiver's two deployments; each has accounts, a push oracle and signers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// That of Pyth Core.
    Core,
    /// The compatible one.
    Compatible,
}

impl Receiver {
    /// The one at this address.
    pub fn at(program: &Pubkey) -> Option<Self> {
        Self::ALL.into_iter().find(|receiver| receiver.program() == *program)
    }

    /// Both.
    pub const ALL: [Self; 2] = [Self::Core, Self::Compatible];

    /// Its address.
    pub fn program(self) -> Pubkey {
        match self {
            Self::Core => CORE_RECEIVER,
            Self::Compatible => COMPATIBLE_RECEIVER,
        }
    }

    /// The program that keeps an account for each feed.
    pub fn push_oracle(self) -> Pubkey {
        match self {
            Self::Core => PUSH_ORACLE,
            Self::Compatible => COMPATIBLE_PUSH_ORACLE,
        }
    }

    /// The account that the push oracle keeps for a feed. A shard is one set of such accounts; sponsors write the first.
    pub fn feed_account(self, shard: u16, feed: &FeedId) -> Pubkey {
        Pubkey::find_program_address(&[&shard.to_le_bytes(), &feed.0], &self.push_oracle()).0
    }

    /// Where its settings are.
    pub fn config(self) -> Pubkey {
        Pubkey::find_program_address(&[b"config"], &self.program()).0
    }

    /// What its fees are paid to. There are 256, so that payers do not wait for each other.
    pub fn treasury(self, id: u8) -> Pubkey {
        Pubkey::find_program_address(&[b"treasury", &[id]], &self.program()).0
    }
}

/// An account is not the receiver's settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the account is not the settings of a Pyth receiver: check the cluster")]
pub struct ConfigError;

/// What posting needs of the receiver's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverConfig {
    /// The receiver.
    pub receiver: Receiver,
    /// The core bridge it trusts with signatures.
    pub bridge: Pubkey,
    /// What a post pays, in lamports.
    pub fee: u64,
}

/// The settings' bytes.
#[derive(BorshDeserialize, BorshSerialize)]
struct ConfigLayout {
    governance_authority: [u8; 32],
    target_governance_authority: Option<[u8; 32]>,
    wormhole: [u8; 32],
    valid_data_sources: Vec<(u16, [u8; 32])>,
    single_update_fee_in_lamports: u64,
    minimum_signatures: u8,
}

impl ReceiverConfig {
    /// From the bytes of the account at [`Receiver::config`].
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(receiver: Receiver, data: &[u8]) -> Result<Self, ConfigError> {
        let mut fields = data.strip_prefix(&CONFIG).ok_or(ConfigError)?;
        let config = ConfigLayout::deserialize(&mut fields).map_err(|_| ConfigError)?;
        Ok(Self { receiver, bridge: config.wormhole.into(), fee: config.single_update_fee_in_lamports })
    }
}

/// What a price account begins with, up to when its reading was published.
#[derive(BorshDeserialize)]
struct PriceLayout {
    _write_authority: [u8; 32],
    _verified: Verified,
    _feed: [u8; 32],
    _price: i64,
    _confidence: u64,
    _exponent: i32,
    publish_time: i64,
}

/// How many of the guardians' signatures were checked.
#[derive(BorshDeserialize)]
enum Verified {
    Partial { _signatures: u8 },
    Full,
}

/// When the reading of a price account of these bytes was published, in seconds since 1970; none of another account.
pub fn published(data: &[u8]) -> Option<i64> {
    let mut fields = data.strip_prefix(&PRICE)?;
    PriceLayout::deserialize(&mut fields).ok().map(|price| price.publish_time)
}

/// The bytes of settings that name these; for local validators.
pub fn config_account(authority: Pubkey, bridge: Pubkey, source: (u16, [u8; 32]), fee: u64) -> Vec<u8> {
    let config = ConfigLayout {
        governance_authority: authority.to_bytes(),
        target_governance_authority: None,
        wormhole: bridge.to_bytes(),
        valid_data_sources: vec![source],
        single_update_fee_in_lamports: fee,
        minimum_signatures: 1,
    };
    encode(CONFIG, &config)
}

/// Who pays for a post and may change the account later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poster {
    /// Signs, pays and owns what it posts.
    pub payer: Pubkey,
    /// Which treasury takes the fee.
    pub treasury: u8,
}

#[derive(BorshSerialize)]
struct MerklePrice<'a> {
    message: &'a [u8],
    proof: &'a [Node],
}

impl<'a> From<&'a SignedPrice> for MerklePrice<'a> {
    fn from(price: &'a SignedPrice) -> Self {
        Self { message: &price.message, proof: &price.proof }
    }
}

/// Checks the signatures of `vaa` and writes the price to `account`, in one instruction. Fully verified where more than two thirds
/// of the guardians signed; a mainnet message with that many signatures is too long for a transaction. `account` signs too where
/// it does not exist.
pub fn post_update_atomic(
    config: &ReceiverConfig,
    poster: Poster,
    account: Pubkey,
    is_new: bool,
    guardian_set: u32,
    vaa: &[u8],
    price: &SignedPrice,
) -> Instruction {
    let guardian_set = bridge::guardian_set(&config.bridge, guardian_set);
    let data = encode(POST_UPDATE_ATOMIC, &(vaa, MerklePrice::from(price), poster.treasury));
    post(config, poster, account, is_new, guardian_set, data)
}

/// Writes the price to `account`, under a message whose signatures the bridge has verified. `account` signs too where it does not
/// exist.
pub fn post_update(
    config: &ReceiverConfig,
    poster: Poster,
    account: Pubkey,
    is_new: bool,
    encoded_vaa: Pubkey,
    price: &SignedPrice,
) -> Instruction {
    let data = encode(POST_UPDATE, &(MerklePrice::from(price), poster.treasury));
    post(config, poster, account, is_new, encoded_vaa, data)
}

fn post(
    config: &ReceiverConfig,
    poster: Poster,
    account: Pubkey,
    is_new: bool,
    proof: Pubkey,
    data: Vec<u8>,
) -> Instruction {
    let accounts = vec![
        AccountMeta::new(poster.payer, true),
        AccountMeta::new_readonly(proof, false),
        AccountMeta::new_readonly(config.receiver.config(), false),
        AccountMeta::new(config.receiver.treasury(poster.treasury), false),
        AccountMeta::new(account, is_new),
        AccountMeta::new_readonly(system_program::ID, false),
        AccountMeta::new_readonly(poster.payer, true),
    ];
    Instruction { program_id: config.receiver.program(), accounts, data }
}

/// Writes the price to the account that the push oracle keeps for its feed, under a message whose signatures the bridge has
/// verified. One that is not newer changes nothing, and is no error.
pub fn update_price_feed(
    config: &ReceiverConfig,
    poster: Poster,
    shard: u16,
    encoded_vaa: Pubkey,
    price: &SignedPrice,
) -> Instruction {
    let receiver = config.receiver;
    let accounts = vec![
        AccountMeta::new(poster.payer, true),
        AccountMeta::new_readonly(receiver.program(), false),
        AccountMeta::new_readonly(encoded_vaa, false),
        AccountMeta::new_readonly(receiver.config(), false),
        AccountMeta::new(receiver.treasury(poster.treasury), false),
        AccountMeta::new(receiver.feed_account(shard, &price.feed), false),
        AccountMeta::new_readonly(system_program::ID, false),
    ];
    let data = encode(UPDATE_PRICE_FEED, &(MerklePrice::from(price), poster.treasury, shard, price.feed.0));
    Instruction { program_id: receiver.push_oracle(), accounts, data }
}

/// Closes a price account of the payer's, and pays its rent back.
pub fn reclaim_rent(receiver: Receiver, payer: Pubkey, account: Pubkey) -> Instruction {
    let accounts = vec![AccountMeta::new(payer, true), AccountMeta::new(account, false)];
    Instruction { program_id: receiver.program(), accounts, data: RECLAIM_RENT.to_vec() }
}

pub(crate) fn encode(discriminator: [u8; 8], arguments: &impl BorshSerialize) -> Vec<u8> {
    let mut data = discriminator.to_vec();
    arguments.serialize(&mut data).expect("a Vec takes any number of bytes");
    data
}
