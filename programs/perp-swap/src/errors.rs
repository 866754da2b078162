//! The program's error codes: one for each rule, from one table with its text and what to do about it.
//!
//! The engine's rules are codes 0 to 199, those about oracles 200 to 299, both as their crates list them; the program's
//! own begin at 300. Codes are part of the interface: new ones go to the end of their block.

use anchor_lang::error::ERROR_CODE_OFFSET;
use anchor_lang::prelude::*;
use perp_accounts::oracle::OracleError;
use perp_engine::EngineError;

macro_rules! with_engine_rules {
    ($($engine:tt)*) => { perp_accounts::oracle_rules! { [with_oracle_rules] { $($engine)* } } };
}

macro_rules! with_oracle_rules {
    ({ $($engine:tt)* } $($oracle:tt)*) => { define! { { $($engine)* } { $($oracle)* } {
        300 ExchangeMismatch
            "The account belongs to another exchange."
            "Pass accounts of one exchange.";
        301 NotTheOwner
            "The signer is not the account's owner."
            "Sign with the key that owns the margin account.";
        302 NotAuthorized
            "The signer is neither the account's owner nor its delegate."
            "Sign with the owner's or the delegate's key.";
        303 MissingRole
            "The signer does not hold the role this instruction needs."
            "Sign with a key that holds the role; the exchange's account names the holders.";
        304 NotThePendingAdmin
            "The signer is not the proposed admin."
            "Let the admin propose this key first, then accept with it.";
        305 WrongReceiver
            "The account is not that of the margin account's owner, to whom lamports of orders go home."
            "Pass the owner that the margin account names.";
        306 NotTheNamedHolder
            "The signer is not who the proposal names for the role."
            "Sign with the key that the proposal's account names.";
        307 NotTheProposer
            "The account is not that of who paid for the proposal."
            "Pass the proposer that the proposal's account names.";
        308 AdminWithoutHolder
            "An exchange without an admin could decide nothing."
            "Name a key for the admin's role.";

        310 WrongVault
            "The token account is not the exchange's vault."
            "Pass the vault that the exchange's account names.";
        311 WrongShareEscrow
            "The token account is not the exchange's share escrow."
            "Pass the share escrow that the exchange's account names.";
        312 WrongMint
            "The mint is not the exchange's quote mint."
            "Pass the quote mint that the exchange's account names.";
        313 WrongShareMint
            "The mint is not that of the exchange's shares."
            "Pass the share mint that the exchange's account names, and token accounts of it.";
        314 WrongTokenProgram
            "The token program is not the one that owns the exchange's quote mint."
            "Pass the token program that the exchange's account names.";
        315 TransferToItself
            "The user's token account is the exchange's own: nothing would move."
            "Pass a token account of the user.";
        317 NotTheAssociatedAccount
            "The token account is not the owner's associated token account."
            "Pass the owner's associated token account; anybody can create it.";
        318 NotTheRequester
            "The account is not that of the request's owner."
            "Pass the owner that the request's account names.";
        319 WrongOrders
            "The orders are those of another margin account."
            "Pass the account of orders whose address is derived from the margin account.";

        320 MintHasRefusedExtension
            "The quote mint has an extension that could take, freeze, tax or hook transfers."
            "Use a mint whose only extensions describe it.";
        321 MintNotSupported
            "The quote mint's decimals are not 6 to 9."
            "Use a mint with 6 to 9 decimals.";
        322 NameNotText
            "A name is empty, not UTF-8, or not followed by zeros alone."
            "Give one or more bytes of UTF-8 without a zero and fill the rest with zeros.";

        330 WrongMarketIndex
            "The next market must have the exchange's next index."
            "Fetch the exchange again and use its market count as the index.";
        331 NoSuchMarket
            "The exchange lists no market of this index."
            "Use the index of a listed market.";
        332 TooManyMarkets
            "The exchange lists as many markets as there are indices."
            "Create another exchange.";
        333 DecimalsOutOfRange
            "Base decimals are more than 18."
            "Use 0 to 18 base decimals.";
        334 MarketNotWritable
            "This instruction writes the markets passed after its named accounts."
            "Mark those markets writable.";
        335 PricePairs
            "Prices are updated in pairs of a market and its price account, and at least one."
            "Pass a writable market and its price account for each price.";
        336 SecondOracleParameters
            "The market has a second oracle without its parameters, or the parameters without it."
            "Give the second oracle and second_max_deviation and second_max_age, or none of them.";

        340 SelfLiquidation
            "The liquidated account cannot receive the bounty."
            "Receive the bounty in another margin account.";
        342 RewardToItself
            "The settled account cannot receive the reward."
            "Receive the reward in another margin account.";
        343 WrongBoundary
            "The exchange waits for another boundary, or for none."
            "Fetch the exchange again and close the boundary that it waits for.";
        344 OrdersNotEmpty
            "An order rests in the account."
            "Cancel the orders, or let anybody sweep the dead ones, and close the account then.";

        350 TrailingData
            "The instruction's data is longer than its arguments."
            "Encode the arguments as the IDL says; a client of another version may send more.";
    } } };
}

macro_rules! define {
    (
        { $($code:tt $name:ident $({ $($fields:tt)* })? $text:literal $remedy:literal;)+ }
        { $($oracle_code:tt $rule:ident $oracle_name:ident $oracle_text:literal $oracle_remedy:literal;)+ }
        { $($own_code:tt $own_name:ident $own_text:literal $own_remedy:literal;)+ }
    ) => {
        /// Why an instruction was refused.
        #[error_code]
        #[derive(PartialEq, Eq)]
        pub enum ExchangeError {
            $(#[doc = $text] #[msg($text)] $name = $code,)+
            $(#[doc = $oracle_text] #[msg($oracle_text)] $oracle_name = $oracle_code,)+
            $(#[doc = $own_text] #[msg($own_text)] $own_name = $own_code,)+
        }

        impl ExchangeError {
            /// Every rule, in the order of the codes.
            pub const ALL: &'static [Self] =
                &[$(Self::$name,)+ $(Self::$oracle_name,)+ $(Self::$own_name,)+];

            /// What was broken.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                    $(Self::$oracle_name => $oracle_text,)+
                    $(Self::$own_name => $own_text,)+
                }
            }

            /// What to do about it.
            pub const fn remedy(self) -> &'static str {
                match self {
                    $(Self::$name => $remedy,)+
                    $(Self::$oracle_name => $oracle_remedy,)+
                    $(Self::$own_name => $own_remedy,)+
                }
            }
        }

        impl From<EngineError> for ExchangeError {
            fn from(error: EngineError) -> Self {
                match error { $(EngineError::$name { .. } => Self::$name,)+ }
            }
        }

        impl From<OracleError> for ExchangeError {
            fn from(error: OracleError) -> Self {
                match error { $(OracleError::$rule => Self::$oracle_name,)+ }
            }
        }
    };
}

perp_engine::engine_rules!(with_engine_rules);

impl ExchangeError {
    /// The code with which an instruction fails: the rule's, 6000 higher, as Anchor numbers a program's own errors.
    #[allow(clippy::arithmetic_side_effects)] // both are below 10 000
    pub const fn code(self) -> u32 {
        self as u32 + ERROR_CODE_OFFSET
    }

    /// The rule that an instruction's error code stands for; none for a code that is not the program's own.
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.code() == code)
    }
}

/// The engine's refusal as the error of an instruction. Its numbers go to the log: an error carries only a code.
#[cold]
#[inline(never)]
pub fn refused(error: EngineError) -> Error {
    msg!("{:?}", error);
    ExchangeError::from(error).into()
}

/// A broken rule about accounts, roles or arguments as the error of an instruction.
#[cold]
#[inline(never)]
pub fn denied(rule: ExchangeError) -> Error {
    rule.into()
}

/// Goes on where `holds`.
///
/// # Errors
/// The rule where it does not.
pub fn require(holds: bool, rule: ExchangeError) -> Result<()> {
    if holds {
        Ok(())
    } else {
        Err(denied(rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_code_of_its_own_and_says_what_to_do() {
        for pair in ExchangeError::ALL.windows(2) {
            assert!(pair[0].code() < pair[1].code(), "{:?} comes before {:?}", pair[0], pair[1]);
        }
        for rule in ExchangeError::ALL {
            assert_eq!(u32::from(*rule), rule.code());
            assert_eq!(ExchangeError::from_code(rule.code()), Some(*rule));
            assert_eq!(rule.to_string(), rule.text());
            assert!(rule.text().ends_with('.') && rule.remedy().ends_with('.'), "{rule:?}");
        }
        assert_eq!(ExchangeError::from_code(5_999), None);
    }

    #[test]
    fn rules_of_the_engine_and_of_oracles_keep_their_codes() {
        let engine = EngineError::PriceStale { age: 61, allowed: 60 };
        assert_eq!(ExchangeError::from(engine).code(), 6_000 + engine.code());
        assert_eq!(ExchangeError::from(engine).name(), engine.name());
        let oracle = OracleError::WrongFeedId;
        assert_eq!(ExchangeError::from(oracle).code(), 6_000 + oracle.code());
    }
}
