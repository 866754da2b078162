//! What a keeper makes of a refusal.

use super::{ExchangeError, Failure, Reason};
use anchor_lang::error::ErrorCode;
use anchor_lang::solana_program::system_program;

#[cfg(test)]
mod tests;

/// What to make of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Somebody was first, or what was worth doing no longer is: nothing is left to do.
    LostRace,
    /// What was planned on has changed: read it again and plan anew.
    Outdated,
    /// Not now: the log says until when, or a fresh price has to come first.
    NotYet,
    /// A rule that this order breaks as long as nothing about it changes: a bound, a limit, an authority.
    Refused,
    /// The instruction, its accounts or its arguments are wrong: a mistake of whoever built it.
    Wrong,
}

/// What the system program says where an account is to be made that is there already.
const ACCOUNT_ALREADY_IN_USE: u32 = 0;

impl Class {
    /// What to make of a refusal by the system program or the framework, of which two are races that somebody lost: the record of an
    /// epoch is there already, or the request that was to be paid is gone.
    pub fn of_framework(failure: &Failure) -> Option<Self> {
        let Reason::Code(code) = failure.reason else { return None };
        let is_gone = [ErrorCode::AccountNotInitialized, ErrorCode::AccountOwnedByWrongProgram]
            .iter()
            .any(|gone| u32::from(*gone) == code);
        match failure.account.as_deref() {
            _ if failure.program == system_program::ID && code == ACCOUNT_ALREADY_IN_USE => Some(Self::LostRace),
            Some("request" | "record") if failure.program == perp_swap::ID && is_gone => Some(Self::LostRace),
            _ => None,
        }
    }

    /// What to make of this refusal. Every rule is named, so that a new one does not compile before somebody has thought of it.
    pub const fn of(error: ExchangeError) -> Self {
        use ExchangeError as E;
        match error {
            E::NotLiquidatable
            | E::SmallerSideOfGroup
            | E::NoPosition
            | E::BountyTooSmall
            | E::PriceStillFresh
            | E::OutageAlreadyReported
            | E::MarketSettled
            | E::NotBankrupt
            | E::NoDebt
            | E::NothingToFund
            | E::NothingToRedeem
            | E::NoClaim
            | E::WithinHysteresis
            | E::NothingToMove
            | E::NoProtocolFees
            | E::NoBoundary
            | E::MarketValued
            | E::AlreadyDelisted
            | E::NoOrder
            | E::OrderArmed
            | E::OrderNotArmed => Self::LostRace,
            E::MarketMissing
            | E::LiquidationWorsensHealth
            | E::ClaimNotRedeemed
            | E::WrongEpoch
            | E::WrongBoundary
            | E::WrongMarketIndex
            | E::AccountNotEmpty
            | E::PositionsOpen
            | E::OrderNotMet
            | E::OrderAsleep
            | E::OrderDead
            | E::OrderAlive => Self::Outdated,
            E::ClockBehind
            | E::PriceStale
            | E::PriceTooUncertain
            | E::NoPriceYet
            | E::Paused
            | E::ReduceOnly
            | E::SettlementNotDue
            | E::SettlementNotice
            | E::SettlementDue
            | E::SameSlotReduction
            | E::ProfitsNotNoted
            | E::BoundaryAhead
            | E::BoundaryNear
            | E::NoBoundaryReading
            | E::MarketsNotValued
            | E::OracleCorporateAction
            | E::OracleNotTrading
            | E::OracleExponentOutOfRange
            | E::OraclePriceNotPositive
            | E::OracleConfidenceOutOfRange
            | E::OraclePublishTimeNotPositive
            | E::EarlierOrderArmed
            | E::NoFillReading => Self::NotYet,
            E::Overflow
            | E::PriceOutOfRange
            | E::NotionalOutOfRange
            | E::FundingIndexFull
            | E::PriceTooHighToIncrease
            | E::SideNotionalTooLarge
            | E::NoSecondOracle
            | E::NoFreePosition
            | E::IsolatedToAnotherMarket
            | E::ReduceOnlyViolated
            | E::PriceBoundExceeded
            | E::BelowMinimumPosition
            | E::OpenInterestCap
            | E::IsolatedMarket
            | E::InitialMargin
            | E::ReductionWorsensHealth
            | E::NegativeEquity
            | E::DebtOutstanding
            | E::MarketCapacity
            | E::InsufficientBalance
            | E::RequestTooSmall
            | E::GuardianOnlyTightens
            | E::StatusAllowance
            | E::MarketsDoNotPause
            | E::NotTheOwner
            | E::NotAuthorized
            | E::MissingRole
            | E::NotThePendingAdmin
            | E::TooManyMarkets
            | E::NoFreeOrder
            | E::OrderTerms
            | E::OrderTipTooSmall
            | E::OrdersNotEmpty => Self::Refused,
            E::SizeOutOfRange
            | E::AmountZero
            | E::MarketParameters
            | E::PoolParameters
            | E::AcceptablePriceZero
            | E::UnknownPriceLimit
            | E::OracleUnknownKind
            | E::OracleUnknownProgram
            | E::OracleProgramOfOtherKind
            | E::OracleBindingNeedsAccount
            | E::OracleBindingNeedsFeedId
            | E::OracleBindingHasUnusedFeedId
            | E::OracleWrongOwner
            | E::OracleWrongAddress
            | E::OracleWrongLength
            | E::OracleWrongMagic
            | E::OracleWrongVersion
            | E::OracleNotAPriceAccount
            | E::OracleWrongUsedSize
            | E::OracleWrongPriceType
            | E::OracleInvalidStatus
            | E::OracleNotAPriceUpdate
            | E::OracleInvalidVerification
            | E::OraclePartiallyVerified
            | E::OracleWrongFeedId
            | E::OracleSecondIsFirst
            | E::ExchangeMismatch
            | E::WrongVault
            | E::WrongShareEscrow
            | E::WrongMint
            | E::WrongShareMint
            | E::WrongTokenProgram
            | E::TransferToItself
            | E::NotTheAssociatedAccount
            | E::NotTheRequester
            | E::MintHasRefusedExtension
            | E::MintNotSupported
            | E::NameNotText
            | E::NoSuchMarket
            | E::DecimalsOutOfRange
            | E::MarketNotWritable
            | E::PricePairs
            | E::SecondOracleParameters
            | E::SelfLiquidation
            | E::RewardToItself
            | E::WrongReceiver
            | E::WrongOrders
            | E::TrailingData
            | E::ForecastTooLong => Self::Wrong,
        }
    }
}
