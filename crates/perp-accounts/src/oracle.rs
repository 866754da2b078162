//! Where a market's price comes from: which account it accepts, and why a binding or an account is refused.

use crate::Pubkey;
use bytemuck::{Pod, Zeroable};

/// Pyth's legacy oracle program on mainnet, which published into accounts of its own until 2024.
pub const LEGACY_MAINNET: Pubkey = Pubkey::from_str_const("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");
/// Pyth's legacy oracle program on devnet.
pub const LEGACY_DEVNET: Pubkey = Pubkey::from_str_const("gSbePebfvPy7tRqimPoVecS2UsBvYv46ynrzWocc92s");
/// Receiver of Pyth Core: owns every `PriceUpdateV2`, also those the push oracle keeps at an address per feed.
pub const CORE_RECEIVER: Pubkey = Pubkey::from_str_const("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// The Compatible receiver: the same accounts from another program.
pub const COMPATIBLE_RECEIVER: Pubkey = Pubkey::from_str_const("rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp");

/// How a feed's account is laid out and found. The discriminant is what a market stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "anchor", derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize))]
#[cfg_attr(feature = "anchor", borsh(use_discriminant = false))]
#[repr(u8)]
pub enum OracleKind {
    /// An account per feed, written in place by the legacy oracle program. Its address names the feed.
    LegacyPush = 0,
    /// A `PriceUpdateV2` that anybody may have posted. The feed id within names the feed.
    Pull = 1,
}

/// Which accounts a market accepts as its oracle. See [`OracleBinding::validate`] for the combinations that make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct OracleBinding {
    /// The program that must own the account.
    pub program: Pubkey,
    /// The only acceptable address. The default key accepts any address and is for [`OracleKind::Pull`] only.
    pub account: Pubkey,
    /// Pyth's feed id for [`OracleKind::Pull`]; zeros for [`OracleKind::LegacyPush`], whose accounts carry none.
    pub feed_id: [u8; 32],
    /// [`OracleKind`] as a byte.
    pub kind: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 7],
    /// Zero; room for what is added later.
    pub reserved: [u64; 4],
}

const _: () = assert!(core::mem::size_of::<OracleBinding>() == 3 * 32 + 8 + 32);

/// Hands every rule about oracles to the macro named, as `CODE Name NameInTheProgram "What was broken." "What to do
/// about it.";`. The program's codes are one list, so each name there says that it is about an oracle.
///
/// `oracle_rules!([macro] tokens)` hands them on after other tokens, so that a macro can join several tables.
#[macro_export]
macro_rules! oracle_rules {
    ([$($callback:tt)+] $($before:tt)*) => { $($callback)+! { $($before)*
        200 UnknownKind OracleUnknownKind
            "The stored kind is neither legacy push nor pull."
            "Use kind 0 for a legacy account or 1 for a pull account.";
        201 UnknownOracleProgram OracleUnknownProgram
            "The binding's program is none of the four Pyth programs this reader knows."
            "Bind the market to one of Pyth's programs.";
        202 OracleProgramOfOtherKind OracleProgramOfOtherKind
            "The binding's program is a Pyth program that writes accounts of the other kind."
            "Use the kind that this program's accounts have.";
        203 BindingNeedsAccount OracleBindingNeedsAccount
            "A legacy binding names no account: any feed of that program would do."
            "Name the legacy price account.";
        204 BindingNeedsFeedId OracleBindingNeedsFeedId
            "A pull binding names no feed: any feed of that program would do."
            "Name the feed id.";
        205 BindingHasUnusedFeedId OracleBindingHasUnusedFeedId
            "A legacy binding names a feed id, which no legacy account can confirm."
            "Leave the feed id of a legacy binding zero.";
        206 WrongOracleOwner OracleWrongOwner
            "The account belongs to another program than the market's oracle."
            "Pass the price account of this market's oracle program.";
        207 WrongOracleAddress OracleWrongAddress
            "The market reads its price from one account, and this is another."
            "Pass the price account the market names.";
        208 WrongOracleLength OracleWrongLength
            "The account is not exactly as long as accounts of its kind are."
            "Pass a price account of the market's kind.";
        209 WrongMagic OracleWrongMagic
            "A legacy account does not begin with Pyth's magic number."
            "Pass a Pyth price account.";
        210 WrongVersion OracleWrongVersion
            "A legacy account is of another version than 2."
            "Pass a Pyth price account of version 2.";
        211 NotAPriceAccount OracleNotAPriceAccount
            "A legacy account is a mapping or a product, or of no known type."
            "Pass the price account, not the product's or the mapping.";
        212 WrongUsedSize OracleWrongUsedSize
            "A legacy account's used size is neither the whole account nor what its number of publishers takes."
            "Pass a Pyth price account as its program wrote it.";
        213 WrongPriceType OracleWrongPriceType
            "A legacy account holds something other than a plain price."
            "Pass an account that holds a plain price.";
        214 InvalidStatus OracleInvalidStatus
            "A legacy aggregate's status is none of Pyth's five."
            "Pass a Pyth price account as its program wrote it.";
        215 CorporateAction OracleCorporateAction
            "A legacy aggregate is under a corporate action, so that its price may be of another unit."
            "Wait until the corporate action is over.";
        216 NotTrading OracleNotTrading
            "A legacy aggregate is not trading: it has no current price, and an older one is no substitute."
            "Wait until the feed trades again.";
        217 NotAPriceUpdate OracleNotAPriceUpdate
            "A pull account does not begin with the tag of PriceUpdateV2 (a TwapUpdate has another)."
            "Pass a PriceUpdateV2 account.";
        218 InvalidVerification OracleInvalidVerification
            "A pull account's verification level is neither partial nor full."
            "Post the price update again.";
        219 PartiallyVerified OraclePartiallyVerified
            "A pull account was verified by fewer guardians than the full quorum."
            "Post the price update with full verification.";
        220 WrongFeedId OracleWrongFeedId
            "A pull account holds the price of another feed."
            "Pass a price update of the market's feed.";
        221 ExponentOutOfRange OracleExponentOutOfRange
            "The exponent lies outside -18 to 0."
            "Wait for the feed to publish a sane price.";
        222 PriceNotPositive OraclePriceNotPositive
            "The price is zero or negative."
            "Wait for the feed to publish a sane price.";
        223 ConfidenceOutOfRange OracleConfidenceOutOfRange
            "The confidence exceeds 2^63 - 1."
            "Wait for the feed to publish a sane price.";
        224 PublishTimeNotPositive OraclePublishTimeNotPositive
            "The publish time is zero or negative."
            "Wait for the feed to publish a sane price.";
        225 SecondIsFirst OracleSecondIsFirst
            "The second oracle reads the first's feed from the first's program."
            "Choose another feed or another of Pyth's programs for the second, or none.";
        226 FeedChanged OracleFeedChanged
            "The other binding is of another feed."
            "Keep the market's feed; list another market for another.";
    }};
    ($($callback:tt)+) => { $crate::oracle_rules! { [$($callback)+] } };
}

macro_rules! define {
    ($($code:literal $name:ident $in_program:ident $text:literal $remedy:literal;)+) => {
        /// Why a binding is not acceptable or an account is not a price. One variant per rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum OracleError {
            $(#[doc = $text] $name,)+
        }

        impl OracleError {
            /// The rule's code, to which the program adds the framework's offset.
            pub const fn code(&self) -> u32 {
                match self { $(Self::$name => $code,)+ }
            }
        }
    };
}

oracle_rules!(define);

impl OracleBinding {
    /// No oracle: what a market without a second one stores.
    pub const NONE: Self = Self {
        program: Pubkey::new_from_array([0; 32]),
        account: Pubkey::new_from_array([0; 32]),
        feed_id: [0; 32],
        kind: 0,
        padding: [0; 7],
        reserved: [0; 4],
    };

    /// A binding with its reserved bytes zero.
    pub const fn new(kind: OracleKind, program: Pubkey, account: Pubkey, feed_id: [u8; 32]) -> Self {
        Self { program, account, feed_id, kind: kind as u8, padding: [0; 7], reserved: [0; 4] }
    }

    /// How the market's price accounts are laid out.
    ///
    /// # Errors
    /// [`OracleError::UnknownKind`].
    pub const fn kind(&self) -> Result<OracleKind, OracleError> {
        match self.kind {
            0 => Ok(OracleKind::LegacyPush),
            1 => Ok(OracleKind::Pull),
            _ => Err(OracleError::UnknownKind),
        }
    }

    /// How an account of this address and owner is laid out, if it may be the market's.
    ///
    /// # Errors
    /// The first rule it breaks: [`OracleError::WrongOracleOwner`], [`OracleError::UnknownKind`],
    /// [`OracleError::WrongOracleAddress`].
    pub fn admits(&self, address: &Pubkey, owner: &Pubkey) -> Result<OracleKind, OracleError> {
        if *owner != self.program {
            return Err(OracleError::WrongOracleOwner);
        }
        let kind = self.kind()?;
        let any_address = kind == OracleKind::Pull && self.account == Pubkey::default();
        if !any_address && *address != self.account {
            return Err(OracleError::WrongOracleAddress);
        }
        Ok(kind)
    }

    /// Whether a market may be listed with this binding: the program is a known Pyth program of the stated kind, and
    /// exactly one feed satisfies it.
    ///
    /// # Errors
    /// `UnknownKind`, `UnknownOracleProgram`, `OracleProgramOfOtherKind`, `BindingNeedsAccount`, `BindingNeedsFeedId`,
    /// `BindingHasUnusedFeedId`.
    pub fn validate(&self) -> Result<(), OracleError> {
        let kind = self.kind()?;
        let kind_of_program = if [LEGACY_MAINNET, LEGACY_DEVNET].contains(&self.program) {
            OracleKind::LegacyPush
        } else if [CORE_RECEIVER, COMPATIBLE_RECEIVER].contains(&self.program) {
            OracleKind::Pull
        } else {
            return Err(OracleError::UnknownOracleProgram);
        };
        if kind_of_program != kind {
            return Err(OracleError::OracleProgramOfOtherKind);
        }
        let names_account = self.account != Pubkey::default();
        let names_feed = self.feed_id != [0; 32];
        match kind {
            OracleKind::LegacyPush if !names_account => Err(OracleError::BindingNeedsAccount),
            OracleKind::LegacyPush if names_feed => Err(OracleError::BindingHasUnusedFeedId),
            OracleKind::Pull if !names_feed => Err(OracleError::BindingNeedsFeedId),
            OracleKind::LegacyPush | OracleKind::Pull => Ok(()),
        }
    }

    /// Whether a market bound to `first` may be listed with this binding as its second: by itself it is valid, and another feed
    /// or another program stands behind it.
    ///
    /// # Errors
    /// Those of [`validate`](Self::validate), `SecondIsFirst`.
    pub fn validate_second(&self, first: &Self) -> Result<(), OracleError> {
        self.validate()?;
        // The address names a legacy feed; that of a pull account says nothing about the feed.
        let same_feed = match self.kind()? {
            OracleKind::LegacyPush => self.account == first.account,
            OracleKind::Pull => self.feed_id == first.feed_id,
        };
        if self.program == first.program && same_feed {
            return Err(OracleError::SecondIsFirst);
        }
        Ok(())
    }
}
