//! The tree under whose root the guardians sign: 20-byte Keccak-256 nodes, each of its children in ascending order.

use solana_keccak_hasher::hashv;

/// A node: the first 20 bytes of a Keccak-256 hash.
pub type Node = [u8; 20];

// Leaves and nodes are hashed with different first bytes, so that none passes for the other.
const LEAF: &[u8] = &[0];
const NODE: &[u8] = &[1];

/// The root above a leaf that holds `message`, with its neighbors on the way up in `proof`.
pub fn root(message: &[u8], proof: &[Node]) -> Node {
    proof.iter().fold(hash(&[LEAF, message]), |node, neighbor| {
        let (left, right) = if node <= *neighbor { (&node, neighbor) } else { (neighbor, &node) };
        hash(&[NODE, left, right])
    })
}

fn hash(parts: &[&[u8]]) -> Node {
    let hash = hashv(parts).to_bytes();
    std::array::from_fn(|index| hash[index])
}
