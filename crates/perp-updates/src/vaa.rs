//! What the guardians sign: a message of Wormhole, around the root of a tree of prices.

use crate::merkle::Node;
use crate::update::UpdateError;
use crate::wire::Fields;

/// Bytes of a signature with its guardian's index.
pub const SIGNATURE_LEN: usize = 66;
/// Bytes before the first signature.
pub const HEADER_LEN: usize = 6;
const VERSION: u8 = 1;
const ROOT_MAGIC: [u8; 4] = *b"AUWV";
const MERKLE: u8 = 0;

/// A signed message, as far as posting needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vaa {
    /// The set of guardians that signed, which must be in force when the message is posted.
    pub guardian_set: u32,
    /// How many of them signed. More than two thirds make it fully verified.
    pub signatures: u8,
    /// The chain it comes from, as Wormhole numbers them.
    pub emitter_chain: u16,
    /// The program it comes from.
    pub emitter: [u8; 32],
    /// Pyth's slot in which these prices were made.
    pub slot: u64,
    /// Root of the tree of prices.
    pub root: Node,
}

impl Vaa {
    /// Reads a message's bytes. The signatures are not checked: the chain does that.
    ///
    /// # Errors
    /// [`UpdateError`] where they are no such message about a tree of prices, or end before it does. Bytes after it are signed
    /// too, and passed over.
    pub fn parse(bytes: &[u8]) -> Result<Self, UpdateError> {
        let mut fields = Fields(bytes);
        let version = fields.u8("VAA version")?;
        if version != VERSION {
            return Err(UpdateError::Version { of: "VAA", version });
        }
        let guardian_set = fields.u32("guardian set")?;
        let signatures = fields.u8("number of signatures")?;
        fields.bytes(usize::from(signatures) * SIGNATURE_LEN, "signatures")?;
        fields.u32("VAA time")?;
        fields.u32("nonce")?;
        let emitter_chain = fields.u16("emitter chain")?;
        let emitter = fields.array("emitter")?;
        fields.u64("sequence")?;
        fields.u8("consistency level")?;
        if fields.array("payload magic")? != ROOT_MAGIC {
            return Err(UpdateError::Magic { of: "signed payload" });
        }
        let kind = fields.u8("payload kind")?;
        if kind != MERKLE {
            return Err(UpdateError::Kind { of: "signed payload", kind });
        }
        let slot = fields.u64("slot")?;
        fields.u32("ring size")?;
        let root = fields.array("root")?;
        Ok(Self { guardian_set, signatures, emitter_chain, emitter, slot, root })
    }
}
