//! Signed messages and the prices under them, as bytes: big-endian, without padding.

use borsh::BorshDeserialize;
use solana_keccak_hasher::hashv;
use solana_program_error::ProgramError;

use crate::check;
use crate::error::ReceiverError;

const SIGNATURE_LEN: usize = 66;
/// What messages about prices come from here. It is not Pyth's emitter, so that no other receiver takes one even by mistake.
pub const EMITTER: [u8; 32] = *b"perp-localnet: prices of no one.";
/// The chain they come from: Pythnet's number.
pub const EMITTER_CHAIN: u16 = 26;

/// A signed message.
pub struct Vaa<'a> {
    /// The set of guardians that signed.
    pub guardian_set: u32,
    signatures: &'a [u8],
    /// What they signed.
    pub body: &'a [u8],
}

impl<'a> Vaa<'a> {
    /// From its bytes.
    ///
    /// # Errors
    /// `DeserializeVaaFailed`, `InvalidVaaVersion`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ProgramError> {
        let failed = || ProgramError::from(ReceiverError::DeserializeVaaFailed);
        let ([version, set @ .., count], rest) = bytes.split_first_chunk::<6>().ok_or_else(failed)?;
        check(*version == 1, ReceiverError::InvalidVaaVersion)?;
        let set: [u8; 4] = *set;
        let (signatures, body) = rest.split_at_checked(usize::from(*count) * SIGNATURE_LEN).ok_or_else(failed)?;
        Ok(Self { guardian_set: u32::from_be_bytes(set), signatures, body })
    }

    /// Each with its guardian's number before it.
    pub fn signatures(&self) -> impl Iterator<Item = &'a [u8; SIGNATURE_LEN]> {
        self.signatures.as_chunks().0.iter()
    }

    /// The root of the tree of prices that it is about.
    ///
    /// # Errors
    /// `DeserializeVaaFailed`, `InvalidDataSource`, `InvalidWormholeMessage`.
    pub fn root(&self) -> Result<[u8; 20], ProgramError> {
        // Time, nonce; chain, emitter; sequence, consistency level.
        let (head, payload) = self.body.split_first_chunk::<51>().ok_or(ReceiverError::DeserializeVaaFailed)?;
        let source = head[8..10] == EMITTER_CHAIN.to_be_bytes() && head[10..42] == EMITTER;
        check(source, ReceiverError::InvalidDataSource)?;
        // Magic, kind; slot, ring size; root.
        let payload = payload.first_chunk::<37>().ok_or(ReceiverError::InvalidWormholeMessage)?;
        let [b'A', b'U', b'W', b'V', 0, _slot_and_size @ ..] = payload else {
            return Err(ReceiverError::InvalidWormholeMessage.into());
        };
        payload.last_chunk().copied().ok_or_else(|| ReceiverError::InvalidWormholeMessage.into())
    }
}

/// A price's bytes with the way to the root.
#[derive(BorshDeserialize)]
pub struct MerklePrice {
    message: Vec<u8>,
    proof: Vec<[u8; 20]>,
}

/// What a price's bytes say, in the layout in which the account has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// The feed.
    pub feed: [u8; 32],
    /// Unix seconds.
    pub publish_time: i64,
    /// Feed, price, confidence, exponent, two times and two averages: little-endian.
    pub fields: [u8; 84],
}

impl MerklePrice {
    /// The price, where it is under `root`.
    ///
    /// # Errors
    /// `InvalidPriceUpdate`, and those of [`MerklePrice::price`].
    pub fn under(&self, root: [u8; 20]) -> Result<Price, ProgramError> {
        let node = self.proof.iter().fold(node(&[&[0], &self.message]), |below, beside| match below <= *beside {
            true => node(&[&[1], &below, beside]),
            false => node(&[&[1], beside, &below]),
        });
        check(node == root, ReceiverError::InvalidPriceUpdate)?;
        self.price()
    }

    /// What the bytes say, proven or not.
    ///
    /// # Errors
    /// `UnsupportedMessageType`, `DeserializeMessageFailed`.
    pub fn price(&self) -> Result<Price, ProgramError> {
        let failed = || ProgramError::from(ReceiverError::DeserializeMessageFailed);
        let (kind, rest) = self.message.split_first().ok_or_else(failed)?;
        check(*kind == 0, ReceiverError::UnsupportedMessageType)?;
        let mut fields = *rest.first_chunk::<84>().ok_or_else(failed)?;
        let feed = *fields.first_chunk().ok_or_else(failed)?;
        // Price, confidence; exponent; two times; two averages.
        let mut left = &mut fields[32..];
        for width in [8, 8, 4, 8, 8, 8, 8] {
            let (number, after) = left.split_at_mut_checked(width).ok_or_else(failed)?;
            number.reverse();
            left = after;
        }
        let publish_time = fields[52..].first_chunk().copied().ok_or_else(failed)?;
        Ok(Price { feed, publish_time: i64::from_le_bytes(publish_time), fields })
    }
}

fn node(parts: &[&[u8]]) -> [u8; 20] {
    let hash = hashv(parts).to_bytes();
    std::array::from_fn(|index| hash[index])
}
