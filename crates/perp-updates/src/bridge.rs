//! Wormhole's core bridge, as far as it verifies a message: its bytes are written to an account in parts, and its signatures
//! checked there. The account is the writer's, who closes it and gets its rent back.

use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use solana_system_interface::instruction::create_account_with_seed;

use crate::receiver::encode;

/// Bytes in front of the message in its account.
pub const ENCODED_VAA_HEADER: usize = 46;

pub(crate) const INIT_ENCODED_VAA: [u8; 8] = [0xd1, 0xc1, 0xad, 0x19, 0x5b, 0xca, 0xb5, 0xda];
pub(crate) const WRITE_ENCODED_VAA: [u8; 8] = [0xc7, 0xd0, 0x6e, 0xb1, 0x96, 0x4c, 0x76, 0x2a];
pub(crate) const VERIFY_ENCODED_VAA: [u8; 8] = [0x67, 0x38, 0xb1, 0xe5, 0xf0, 0x67, 0x44, 0x49];
pub(crate) const CLOSE_ENCODED_VAA: [u8; 8] = [0x30, 0xdd, 0xae, 0xc6, 0xe7, 0x07, 0x98, 0x26];

/// Where the guardians of a set are.
pub fn guardian_set(bridge: &Pubkey, index: u32) -> Pubkey {
    Pubkey::find_program_address(&[b"GuardianSet", &index.to_be_bytes()], bridge).0
}

/// An account for a message, at an address derived from its writer's: it needs no key of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedVaa {
    /// The bridge that verifies it.
    pub bridge: Pubkey,
    /// Who writes, pays and gets the rent back.
    pub writer: Pubkey,
    /// Where it is.
    pub address: Pubkey,
    seed: String,
}

impl EncodedVaa {
    /// That of a number of the writer's choice, which tells it from others that he has open at the same time.
    pub fn new(bridge: Pubkey, writer: Pubkey, number: u64) -> Self {
        let seed = format!("vaa{number}");
        let address = Pubkey::create_with_seed(&writer, &seed, &bridge)
            .expect("a seed of at most 23 bytes, and no bridge's address ends like a derived one");
        Self { bridge, writer, address, seed }
    }

    /// Bytes of the account of a message of this length.
    pub fn len_for(vaa: &[u8]) -> u64 {
        (ENCODED_VAA_HEADER + vaa.len()) as u64
    }

    /// Creates the account and declares it one for a message.
    pub fn create(&self, lamports: u64, len: u64) -> [Instruction; 2] {
        let create = create_account_with_seed(
            &self.writer,
            &self.address,
            &self.writer,
            &self.seed,
            lamports,
            len,
            &self.bridge,
        );
        [create, self.instruction(INIT_ENCODED_VAA.to_vec(), None)]
    }

    /// Writes a part of the message from the byte `offset` on.
    pub fn write(&self, offset: u32, part: &[u8]) -> Instruction {
        self.instruction(encode(WRITE_ENCODED_VAA, &(offset, part)), None)
    }

    /// Checks the signatures against a set of guardians.
    pub fn verify(&self, guardian_set: u32) -> Instruction {
        self.instruction(VERIFY_ENCODED_VAA.to_vec(), Some(self::guardian_set(&self.bridge, guardian_set)))
    }

    /// Closes the account, and pays its rent back to the writer.
    pub fn close(&self) -> Instruction {
        self.instruction(CLOSE_ENCODED_VAA.to_vec(), None)
    }

    fn instruction(&self, data: Vec<u8>, guardian_set: Option<Pubkey>) -> Instruction {
        // Writable for the one that closes; in each transaction he is the payer, who is writable anyway.
        let mut accounts = vec![AccountMeta::new(self.writer, true), AccountMeta::new(self.address, false)];
        accounts.extend(guardian_set.map(|address| AccountMeta::new_readonly(address, false)));
        Instruction { program_id: self.bridge, accounts, data }
    }
}
