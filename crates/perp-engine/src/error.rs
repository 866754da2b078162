use crate::units::{Atoms, SignedAtoms, Size};
use core::fmt;

/// Why a verb was refused. Each variant names the rule and carries what is needed to act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineError {
    /// A number left the range its unit allows.
    Overflow,
    /// A size is zero or beyond 2^57 base units.
    SizeOutOfRange,
    /// A price is zero or beyond 2^50 raw per base unit, or beyond 2^46 for an increase.
    PriceOutOfRange,
    /// A notional is beyond 2^60 atoms, or that of a side after an increase beyond 2^52.
    NotionalOutOfRange,
    /// An amount of zero was asked for.
    AmountZero,

    /// The parameters of a market, or of the pool, contradict each other; the number says which rule of the list in
    /// [`crate::state::Parameters::validate`] or [`crate::state::PoolParameters::validate`].
    ParametersInconsistent { rule: u8 },

    /// The oracle's time is further in the future than the tolerance allows.
    PriceFromTheFuture { seconds_ahead: u64 },
    /// The market's own price is older than this action allows.
    PriceStale { age: u64, allowed: u64 },
    /// The price of another position's market is older than this action allows: update that market first.
    LegStale { market: u16, age: u64, allowed: u64 },
    /// The confidence interval is wider than this action allows (both in parts per million of the price).
    PriceTooUncertain { confidence: u64, allowed: u64 },
    /// The market has no usable price: its newest is too wide, it is dark, or it is paused.
    MarketUnusable { market: u16 },

    /// The exchange or the market is paused.
    Paused,
    /// The exchange or the market accepts only reductions.
    ReduceOnly,

    /// A market handed in is not that of the account's next position, or is missing or left over.
    MarketsMismatch { expected: u16 },
    /// Every position slot is taken.
    NoFreePosition,
    /// The account has no position in this market.
    NoPosition,
    /// An isolated account trades only the market it is bound to.
    IsolatedToAnotherMarket { bound_to: u16 },
    /// The order would increase the position although it is reduce-only.
    WouldIncrease,
    /// The position was increased in this slot and cannot be reduced in it by its owner.
    IncreasedInThisSlot,
    /// The fill is worse than the price bound.
    PriceBoundExceeded,
    /// What would remain is below the minimum position: close the whole position.
    BelowMinimumPosition { minimum: Atoms },
    /// The market's open interest would exceed its cap.
    OpenInterestCap { cap: Size },

    /// Equity at adverse prices is below the initial margin.
    InitialMargin { equity: SignedAtoms, required: Atoms },
    /// The account would be worse off: after a reduction `equity after · margin before` falls short of
    /// `equity before · margin after`, after a liquidation in part `equity − margin` falls, or settling lowers its equity.
    WouldWorsenHealth { equity: SignedAtoms, margin: Atoms },
    /// The account's equity is negative; only liquidation closes its positions.
    NegativeEquity { equity: SignedAtoms },
    /// A debt must be paid before the account may increase or withdraw.
    DebtOutstanding { market: u16, debt: Atoms },
    /// The market could not pay its traders after the expected jump: more backing or a smaller order.
    MarketCapacity { spare: SignedAtoms, need: Atoms },
    /// The account holds less than is asked for.
    BalanceTooLow { balance: Atoms },
    /// The account still holds a balance, a position, a claim or a debt.
    AccountNotEmpty,

    /// Equity is not below the maintenance margin.
    NotLiquidatable { equity: SignedAtoms, maintenance: Atoms },
    /// The bounty would be below what the liquidator asked for.
    BountyTooSmall { bounty: Atoms },
    /// Bankruptcy needs an account without open positions.
    PositionsOpen,
    /// The account is not bankrupt: its equity is not negative.
    NotBankrupt { equity: SignedAtoms },
    /// The account owes this market nothing.
    NoDebt,

    /// The market has no unfunded claims, or nothing to fund them with.
    NothingToFund,
    /// Nothing of this claim is funded yet.
    NothingToRedeem,
    /// There is nothing to settle or to move.
    NothingToDo,

    /// The request is below the smallest that is accepted.
    RequestTooSmall { minimum: Atoms },
    /// The request may not be executed yet: prices must be published at or after this Unix time.
    RequestNotMature { executable_from: i64 },
    /// The request has lapsed; return it.
    RequestLapsed,
    /// The request has not lapsed yet; it does so after this Unix time.
    RequestNotLapsed { lapses_at: i64 },
    /// Fewer tokens or shares than the request's minimum would come out.
    OutputTooSmall { output: Atoms, minimum: Atoms },
    /// Shares exist but the pool's value is zero, so no deposit can be priced.
    PoolWorthless,
    /// The pool has no cash to pay with at present.
    PoolIlliquid,

    /// The guardian can only make a status stricter.
    GuardianOnlyTightens,
    /// The guardian's last status has not been over for a day; it may act again at this Unix time.
    GuardianMustWait { ready: i64 },
}

impl fmt::Display for EngineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl core::error::Error for EngineError {}
