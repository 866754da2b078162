//! What a keeper makes of a refusal.

use super::ExchangeError;

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

impl Class {
    /// What to make of this refusal. Every rule is named, so that a new one does not compile before somebody has thought of it.
    pub const fn of(error: ExchangeError) -> Self {
        use ExchangeError as E;
        match error {
            E::NotLiquidatable
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
            | E::AlreadyDelisted => Self::LostRace,
            E::MarketMissing
            | E::LiquidationWorsensHealth
            | E::ClaimNotRedeemed
            | E::WrongEpoch
            | E::WrongBoundary
            | E::WrongMarketIndex
            | E::AccountNotEmpty
            | E::PositionsOpen => Self::Outdated,
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
            | E::OraclePublishTimeNotPositive => Self::NotYet,
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
            | E::TooManyMarkets => Self::Refused,
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
            | E::TrailingData => Self::Wrong,
        }
    }
}
