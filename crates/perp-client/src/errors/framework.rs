//! Errors that the account checks of the framework raise before the program's own rules are reached.

use anchor_lang::error::ErrorCode;

macro_rules! codes {
    ($($error:ident)+) => {
        const ALL: &[ErrorCode] = &[$(ErrorCode::$error),+];
    };
}

codes! {
    InstructionMissing InstructionFallbackNotFound InstructionDidNotDeserialize InstructionDidNotSerialize
    IdlInstructionStub IdlInstructionInvalidProgram IdlAccountNotEmpty EventInstructionStub
    ConstraintMut ConstraintHasOne ConstraintSigner ConstraintRaw ConstraintOwner ConstraintRentExempt ConstraintSeeds
    ConstraintExecutable ConstraintState ConstraintAssociated ConstraintAssociatedInit ConstraintClose
    ConstraintAddress ConstraintZero ConstraintTokenMint ConstraintTokenOwner ConstraintMintMintAuthority
    ConstraintMintFreezeAuthority ConstraintMintDecimals ConstraintSpace ConstraintAccountIsNone
    ConstraintTokenTokenProgram ConstraintMintTokenProgram ConstraintAssociatedTokenTokenProgram
    ConstraintDuplicateMutableAccount
    RequireViolated RequireEqViolated RequireKeysEqViolated RequireNeqViolated RequireKeysNeqViolated
    RequireGtViolated RequireGteViolated
    AccountDiscriminatorAlreadySet AccountDiscriminatorNotFound AccountDiscriminatorMismatch AccountDidNotDeserialize
    AccountDidNotSerialize AccountNotEnoughKeys AccountNotMutable AccountOwnedByWrongProgram InvalidProgramId
    InvalidProgramExecutable AccountNotSigner AccountNotSystemOwned AccountNotInitialized AccountNotProgramData
    AccountNotAssociatedTokenAccount AccountSysvarMismatch AccountReallocExceedsLimit AccountDuplicateReallocs
    DeclaredProgramIdMismatch TryingToInitPayerAsProgramAccount InvalidNumericConversion Deprecated
}

/// The framework's error of this code.
pub fn framework_error(code: u32) -> Option<ErrorCode> {
    ALL.iter().copied().find(|error| *error as u32 == code)
}

/// What to do about it.
pub fn remedy(error: ErrorCode) -> &'static str {
    match error {
        ErrorCode::AccountNotInitialized => "Create the account first, or check its address and the cluster.",
        ErrorCode::AccountNotSigner | ErrorCode::ConstraintSigner => "Sign with the key of that account.",
        ErrorCode::AccountOwnedByWrongProgram | ErrorCode::AccountDiscriminatorMismatch => {
            "Hand in an account of the type the instruction expects."
        }
        ErrorCode::ConstraintTokenMint => "Hand in a token account of the exchange's mint.",
        ErrorCode::ConstraintSeeds => "Derive the address with perp-client.",
        ErrorCode::ConstraintDuplicateMutableAccount => "Hand in different accounts.",
        ErrorCode::InstructionFallbackNotFound | ErrorCode::InstructionDidNotDeserialize => {
            "Build the instruction with the perp-client of the program's version."
        }
        _ => "Build the instruction with perp-client and check every address in it.",
    }
}
