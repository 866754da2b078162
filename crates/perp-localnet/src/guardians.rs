//! Test guardians with their secret keys. Whoever reads this can sign any price with them: they vouch for nothing, and only the
//! [stand-in](localnet_receiver) on a local validator believes them.

use k256::ecdsa::SigningKey;
use localnet_receiver::guardians::{quorum, set, COUNT};
use sha2::{Digest, Sha256};
use solana_keccak_hasher::hash;

/// Signs messages about prices.
#[derive(Clone)]
pub struct TestGuardians {
    /// Which set signs.
    set: u32,
    keys: Vec<SigningKey>,
}

/// The secret key of a guardian, the same on every machine.
pub fn secret_key(index: usize) -> SigningKey {
    let secret = Sha256::digest(format!("perp-localnet test guardian {index}"));
    SigningKey::from_slice(&secret).expect("a hash is a key but for one in 2^128")
}

/// The guardian's address: the last 20 bytes of the hash of its public key.
pub fn address(key: &SigningKey) -> [u8; 20] {
    let point = key.verifying_key().to_sec1_point(false);
    let hashed = hash(&point.as_bytes()[1..]).to_bytes();
    std::array::from_fn(|index| hashed[12 + index])
}

impl TestGuardians {
    /// A quorum of a set of guardians.
    pub fn new(set_index: u32) -> Self {
        let count = set(set_index).map_or(COUNT, <[_]>::len);
        Self { set: set_index, keys: (0..quorum(count)).map(secret_key).collect() }
    }

    /// As [`TestGuardians::new`], but these guardians sign, whether or not they are a quorum of the set.
    pub fn signed_by(set: u32, keys: Vec<SigningKey>) -> Self {
        Self { set, keys }
    }

    /// A message with these bytes, signed.
    pub fn sign(&self, body: &[u8]) -> Vec<u8> {
        let digest = hash(hash(body).as_ref()).to_bytes();
        let mut vaa = vec![1];
        vaa.extend(self.set.to_be_bytes());
        vaa.push(self.keys.len() as u8);
        for (index, key) in self.keys.iter().enumerate() {
            let (signature, recovery) = key.sign_prehash_recoverable(&digest);
            vaa.push(index as u8);
            vaa.extend(signature.to_bytes());
            vaa.push(recovery.to_byte());
        }
        vaa.extend(body);
        vaa
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use localnet_receiver::guardians::ADDRESSES;

    #[test]
    fn the_program_knows_the_guardians_that_sign_here() {
        for (index, known) in ADDRESSES.iter().enumerate() {
            let found = address(&secret_key(index));
            assert_eq!(found, *known, "guardian {index} is {found:#04x?}");
        }
    }
}
