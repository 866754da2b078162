//! The program's error codes: one per rule. Codes are part of the interface; new ones go at the end of their block.

use crate::oracle::OracleError;
use anchor_lang::prelude::*;
use perp_engine::EngineError;

#[error_code]
#[derive(PartialEq, Eq)]
pub enum ExchangeError {
    // The exchange's rules, as the engine names them.
    #[msg("A number left the range its unit allows.")]
    Overflow,
    #[msg("A size is zero or beyond 2^57 base units.")]
    SizeOutOfRange,
    #[msg("A price is zero or beyond 2^50 raw per base unit, or beyond 2^46 for an increase.")]
    PriceOutOfRange,
    #[msg("A notional is beyond 2^60 atoms, or that of a side after an increase beyond 2^52.")]
    NotionalOutOfRange,
    #[msg("An amount of zero was asked for.")]
    AmountZero,
    #[msg("The parameters of a market, or of the pool, contradict each other.")]
    ParametersInconsistent,
    #[msg("The oracle's time is further in the future than the tolerance allows.")]
    PriceFromTheFuture,
    #[msg("The market's own price is older than this action allows.")]
    PriceStale,
    #[msg("The price of another position's market is older than this action allows: update that market first.")]
    LegStale,
    #[msg("The confidence interval is wider than this action allows.")]
    PriceTooUncertain,
    #[msg("The market has no usable price: its newest is too wide, it is dark, or it is paused.")]
    MarketUnusable,
    #[msg("The exchange or the market is paused.")]
    Paused,
    #[msg("The exchange or the market accepts only reductions.")]
    ReduceOnly,
    #[msg("A market handed in is not that of the account's next position, or is missing or left over.")]
    MarketsMismatch,
    #[msg("Every position slot is taken.")]
    NoFreePosition,
    #[msg("The account has no position in this market.")]
    NoPosition,
    #[msg("An isolated account trades only the market it is bound to.")]
    IsolatedToAnotherMarket,
    #[msg("The order would increase the position although it is reduce-only.")]
    WouldIncrease,
    #[msg("The position was increased in this slot and cannot be reduced in it by its owner.")]
    IncreasedInThisSlot,
    #[msg("The fill is worse than the price bound.")]
    PriceBoundExceeded,
    #[msg("What would remain is below the minimum position: close the whole position.")]
    BelowMinimumPosition,
    #[msg("The market's open interest would exceed its cap.")]
    OpenInterestCap,
    #[msg("Equity at adverse prices is below the initial margin.")]
    InitialMargin,
    #[msg("The account would be worse off: a reduction or a liquidation in part would worsen its health, or settling lower its equity.")]
    WouldWorsenHealth,
    #[msg("The account's equity is negative; only liquidation closes its positions.")]
    NegativeEquity,
    #[msg("A debt must be paid before the account may increase or withdraw.")]
    DebtOutstanding,
    #[msg("The market could not pay its traders after the expected jump: more backing or a smaller order.")]
    MarketCapacity,
    #[msg("The account holds less than is asked for.")]
    BalanceTooLow,
    #[msg("The account still holds a balance, a position, a claim or a debt.")]
    AccountNotEmpty,
    #[msg("Equity is not below the maintenance margin.")]
    NotLiquidatable,
    #[msg("The bounty would be below what the liquidator asked for.")]
    BountyTooSmall,
    #[msg("Bankruptcy needs an account without open positions.")]
    PositionsOpen,
    #[msg("The account is not bankrupt: its equity is not negative.")]
    NotBankrupt,
    #[msg("The account owes this market nothing.")]
    NoDebt,
    #[msg("The market has no unfunded claims, or nothing to fund them with.")]
    NothingToFund,
    #[msg("Nothing of this claim is funded yet.")]
    NothingToRedeem,
    #[msg("There is nothing to settle or to move.")]
    NothingToDo,
    #[msg("The request is below the smallest that is accepted.")]
    RequestTooSmall,
    #[msg("The request may not be executed yet, or not at prices this old.")]
    RequestNotMature,
    #[msg("The request has lapsed; return it.")]
    RequestLapsed,
    #[msg("The request has not lapsed yet.")]
    RequestNotLapsed,
    #[msg("Fewer tokens or shares than the request's minimum would come out.")]
    OutputTooSmall,
    #[msg("Shares exist but the pool's value is zero, so no deposit can be priced.")]
    PoolWorthless,
    #[msg("The pool has no cash to pay with at present.")]
    PoolIlliquid,
    #[msg("The guardian can only make a status stricter.")]
    GuardianOnlyTightens,
    #[msg("The guardian's last status has not been over for a day.")]
    GuardianMustWait,
    // The oracle's account.
    #[msg("The stored kind is neither legacy push nor pull.")]
    OracleUnknownKind = 200,
    #[msg("The binding's owner is none of the four Pyth programs this reader knows.")]
    OracleUnknownProgram,
    #[msg("The binding's owner is a Pyth program that writes accounts of the other kind.")]
    OracleProgramOfOtherKind,
    #[msg("A legacy binding names no account: any feed of that program would do.")]
    OracleBindingNeedsAccount,
    #[msg("A pull binding names no feed: any feed of that program would do.")]
    OracleBindingNeedsFeedId,
    #[msg("A legacy binding names a feed id, which no legacy account can confirm.")]
    OracleBindingHasUnusedFeedId,
    #[msg("The account belongs to another program than the market's oracle.")]
    OracleWrongOwner,
    #[msg("The market reads its price from one account, and this is another.")]
    OracleWrongAddress,
    #[msg("The account is not exactly as long as accounts of its kind are.")]
    OracleWrongLength,
    #[msg("A legacy account does not begin with Pyth's magic number.")]
    OracleWrongMagic,
    #[msg("A legacy account is of another version than 2.")]
    OracleWrongVersion,
    #[msg("A legacy account is a mapping or a product, or of no known type.")]
    OracleNotAPriceAccount,
    #[msg("A legacy account's used size is neither the whole account nor what its number of publishers takes.")]
    OracleWrongUsedSize,
    #[msg("A legacy account holds something other than a plain price.")]
    OracleWrongPriceType,
    #[msg("A legacy aggregate's status is none of Pyth's five.")]
    OracleInvalidStatus,
    #[msg("A legacy aggregate is under a corporate action, so that its price may be of another unit.")]
    OracleCorporateAction,
    #[msg("A legacy aggregate is not trading: it has no current price, and an older one is no substitute.")]
    OracleNotTrading,
    #[msg("A pull account does not begin with the tag of PriceUpdateV2 (a TwapUpdate has another).")]
    OracleNotAPriceUpdate,
    #[msg("A pull account's verification level is neither partial nor full.")]
    OracleInvalidVerification,
    #[msg("A pull account was verified by fewer guardians than the full quorum.")]
    OraclePartiallyVerified,
    #[msg("A pull account holds the price of another feed.")]
    OracleWrongFeedId,
    #[msg("The exponent lies outside -18 to 0.")]
    OracleExponentOutOfRange,
    #[msg("The price is zero or negative.")]
    OraclePriceNotPositive,
    #[msg("The confidence exceeds 2^63 - 1.")]
    OracleConfidenceOutOfRange,
    #[msg("The publish time is zero or negative.")]
    OraclePublishTimeNotPositive,
    // Accounts and roles.
    #[msg("The account belongs to another exchange.")]
    ExchangeMismatch = 300,
    #[msg("The signer is not the account's owner.")]
    NotTheOwner,
    #[msg("The signer is neither the account's owner nor its delegate.")]
    NotAuthorised,
    #[msg("The signer does not hold the role this instruction needs.")]
    NotTheAdmin,
    #[msg("The signer is not the proposed admin.")]
    NotThePendingAdmin,
    #[msg("The token account is not the exchange's vault or share escrow, where that is needed, or is one of them, where a user's is.")]
    WrongVault,
    #[msg("The mint is not the exchange's.")]
    WrongMint,
    #[msg("The token program is not the one that owns the exchange's quote mint.")]
    WrongTokenProgram,
    #[msg("The quote mint has an extension that could take, freeze, tax or hook transfers.")]
    MintHasRefusedExtension,
    #[msg("The quote mint's decimals are not 6 to 9.")]
    MintNotSupported,
    #[msg(
        "The token account is not the one the request names; a new request names an associated account of its owner."
    )]
    WrongDestination,
    #[msg("The liquidated account cannot receive the bounty.")]
    SelfLiquidation,
    #[msg("This instruction writes the markets handed in after its named accounts.")]
    MarketNotWritable,
    #[msg("The exchange's markets are handed in all, in index order.")]
    MarketsMissing,
    #[msg("The exchange lists as many markets as one transaction can hold.")]
    TooManyMarkets,
    #[msg("The next market must have the exchange's next index.")]
    WrongMarketIndex,
    #[msg("Base decimals lie in 0 to 18.")]
    DecimalsOutOfRange,
    #[msg("An enumeration byte has no meaning.")]
    UnknownKind,
    #[msg("The request is of the other kind.")]
    RequestOfOtherKind,
}

impl From<EngineError> for ExchangeError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Overflow => Self::Overflow,
            EngineError::SizeOutOfRange => Self::SizeOutOfRange,
            EngineError::PriceOutOfRange => Self::PriceOutOfRange,
            EngineError::NotionalOutOfRange => Self::NotionalOutOfRange,
            EngineError::AmountZero => Self::AmountZero,
            EngineError::ParametersInconsistent { .. } => Self::ParametersInconsistent,
            EngineError::PriceFromTheFuture { .. } => Self::PriceFromTheFuture,
            EngineError::PriceStale { .. } => Self::PriceStale,
            EngineError::LegStale { .. } => Self::LegStale,
            EngineError::PriceTooUncertain { .. } => Self::PriceTooUncertain,
            EngineError::MarketUnusable { .. } => Self::MarketUnusable,
            EngineError::Paused => Self::Paused,
            EngineError::ReduceOnly => Self::ReduceOnly,
            EngineError::MarketsMismatch { .. } => Self::MarketsMismatch,
            EngineError::NoFreePosition => Self::NoFreePosition,
            EngineError::NoPosition => Self::NoPosition,
            EngineError::IsolatedToAnotherMarket { .. } => Self::IsolatedToAnotherMarket,
            EngineError::WouldIncrease => Self::WouldIncrease,
            EngineError::IncreasedInThisSlot => Self::IncreasedInThisSlot,
            EngineError::PriceBoundExceeded => Self::PriceBoundExceeded,
            EngineError::BelowMinimumPosition { .. } => Self::BelowMinimumPosition,
            EngineError::OpenInterestCap { .. } => Self::OpenInterestCap,
            EngineError::InitialMargin { .. } => Self::InitialMargin,
            EngineError::WouldWorsenHealth { .. } => Self::WouldWorsenHealth,
            EngineError::NegativeEquity { .. } => Self::NegativeEquity,
            EngineError::DebtOutstanding { .. } => Self::DebtOutstanding,
            EngineError::MarketCapacity { .. } => Self::MarketCapacity,
            EngineError::BalanceTooLow { .. } => Self::BalanceTooLow,
            EngineError::AccountNotEmpty => Self::AccountNotEmpty,
            EngineError::NotLiquidatable { .. } => Self::NotLiquidatable,
            EngineError::BountyTooSmall { .. } => Self::BountyTooSmall,
            EngineError::PositionsOpen => Self::PositionsOpen,
            EngineError::NotBankrupt { .. } => Self::NotBankrupt,
            EngineError::NoDebt => Self::NoDebt,
            EngineError::NothingToFund => Self::NothingToFund,
            EngineError::NothingToRedeem => Self::NothingToRedeem,
            EngineError::NothingToDo => Self::NothingToDo,
            EngineError::RequestTooSmall { .. } => Self::RequestTooSmall,
            EngineError::RequestNotMature { .. } => Self::RequestNotMature,
            EngineError::RequestLapsed => Self::RequestLapsed,
            EngineError::RequestNotLapsed { .. } => Self::RequestNotLapsed,
            EngineError::OutputTooSmall { .. } => Self::OutputTooSmall,
            EngineError::PoolWorthless => Self::PoolWorthless,
            EngineError::PoolIlliquid => Self::PoolIlliquid,
            EngineError::GuardianOnlyTightens => Self::GuardianOnlyTightens,
            EngineError::GuardianMustWait { .. } => Self::GuardianMustWait,
        }
    }
}

impl From<OracleError> for ExchangeError {
    fn from(error: OracleError) -> Self {
        match error {
            OracleError::UnknownKind => Self::OracleUnknownKind,
            OracleError::UnknownOracleProgram => Self::OracleUnknownProgram,
            OracleError::OracleProgramOfOtherKind => Self::OracleProgramOfOtherKind,
            OracleError::BindingNeedsAccount => Self::OracleBindingNeedsAccount,
            OracleError::BindingNeedsFeedId => Self::OracleBindingNeedsFeedId,
            OracleError::BindingHasUnusedFeedId => Self::OracleBindingHasUnusedFeedId,
            OracleError::WrongOracleOwner => Self::OracleWrongOwner,
            OracleError::WrongOracleAddress => Self::OracleWrongAddress,
            OracleError::WrongOracleLength => Self::OracleWrongLength,
            OracleError::WrongMagic => Self::OracleWrongMagic,
            OracleError::WrongVersion => Self::OracleWrongVersion,
            OracleError::NotAPriceAccount => Self::OracleNotAPriceAccount,
            OracleError::WrongUsedSize => Self::OracleWrongUsedSize,
            OracleError::WrongPriceType => Self::OracleWrongPriceType,
            OracleError::InvalidStatus => Self::OracleInvalidStatus,
            OracleError::CorporateAction => Self::OracleCorporateAction,
            OracleError::NotTrading => Self::OracleNotTrading,
            OracleError::NotAPriceUpdate => Self::OracleNotAPriceUpdate,
            OracleError::InvalidVerification => Self::OracleInvalidVerification,
            OracleError::PartiallyVerified => Self::OraclePartiallyVerified,
            OracleError::WrongFeedId => Self::OracleWrongFeedId,
            OracleError::ExponentOutOfRange => Self::OracleExponentOutOfRange,
            OracleError::PriceNotPositive => Self::OraclePriceNotPositive,
            OracleError::ConfidenceOutOfRange => Self::OracleConfidenceOutOfRange,
            OracleError::PublishTimeNotPositive => Self::OraclePublishTimeNotPositive,
        }
    }
}

/// A rule's refusal as the error of an instruction.
pub fn refused(rule: impl Into<ExchangeError>) -> Error {
    Error::from(rule.into())
}
