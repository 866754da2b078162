//! Codes of the programs this one stands in for, and of the framework they are made with.

use solana_program_error::ProgramError;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$what:meta])* $error:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub enum $name {
            $($(#[$what])* $error = $code,)+
        }

        impl From<$name> for ProgramError {
            fn from(error: $name) -> Self {
                Self::Custom(error as u32)
            }
        }
    };
}

codes! {
    /// The framework's.
    FrameworkError {
        /// There is no instruction in the data.
        InstructionMissing = 100,
        /// The program has no such instruction.
        InstructionFallbackNotFound = 101,
        /// The arguments are of another form.
        InstructionDidNotDeserialize = 102,
        /// An account that is changed is not writable.
        ConstraintMut = 2000,
        /// An account is not at the address derived for it.
        ConstraintSeeds = 2006,
        /// An account is of another type.
        AccountDiscriminatorMismatch = 3002,
        /// An account's bytes are not those of its type.
        AccountDidNotDeserialize = 3003,
        /// Accounts are missing.
        AccountNotEnoughKeys = 3005,
        /// An account belongs to another program.
        AccountOwnedByWrongProgram = 3007,
        /// Another program was handed in.
        InvalidProgramId = 3008,
        /// A signature is missing.
        AccountNotSigner = 3010,
    }
}

codes! {
    /// The receiver's.
    ReceiverError {
        /// The signed message is not about a tree of prices.
        InvalidWormholeMessage = 6000,
        /// The price's bytes are of another form.
        DeserializeMessageFailed = 6001,
        /// The proof does not lead to the signed root.
        InvalidPriceUpdate = 6002,
        /// Not a price.
        UnsupportedMessageType = 6003,
        /// Signed, but not about Pyth's prices.
        InvalidDataSource = 6004,
        /// Another signer owns the price account.
        WrongWriteAuthority = 6012,
        /// The message's account is not the bridge's.
        WrongVaaOwner = 6013,
        /// The message's bytes are of another form.
        DeserializeVaaFailed = 6014,
        /// Nobody signed.
        InsufficientGuardianSignatures = 6015,
        /// A later form of message.
        InvalidVaaVersion = 6016,
        /// Signed by another set of guardians.
        GuardianSetMismatch = 6017,
        /// Signatures are not in ascending order.
        InvalidGuardianOrder = 6018,
        /// A guardian the set does not have.
        InvalidGuardianIndex = 6019,
        /// No key fits a signature.
        InvalidSignature = 6020,
        /// Somebody else signed.
        InvalidGuardianKeyRecovery = 6021,
        /// The set of guardians is not the bridge's.
        WrongGuardianSetOwner = 6022,
        /// The set of guardians is not at its address.
        InvalidGuardianSetPda = 6023,
    }
}

codes! {
    /// The bridge's, by what they say: this program's own codes from 7000 on.
    BridgeError {
        /// The account has no room for a message.
        InvalidCreatedAccountSize = 7000,
        /// The account is in use.
        AccountNotZeroed = 7001,
        /// The message is not, or no longer, being written.
        NotInWritingStatus = 7002,
        /// Another signer writes the message.
        WriteAuthorityMismatch = 7003,
        /// A part is empty or exceeds the message.
        DataOverflow = 7004,
        /// Too few guardians signed.
        NoQuorum = 7005,
        /// The message has not been verified.
        UnverifiedVaa = 7006,
    }
}

codes! {
    /// The push oracle's.
    PushOracleError {
        /// The price is of another feed than the account.
        PriceFeedMessageMismatch = 6001,
    }
}
