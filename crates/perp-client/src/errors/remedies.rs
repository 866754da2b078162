//! What to do about each error of the program.

use perp_swap::errors::ExchangeError;

/// Lists every error once, with its remedy. The match makes the compiler ask for the remedy of a new one.
macro_rules! remedies {
    ($($error:ident: $remedy:literal,)+) => {
        /// Every error of the program, in the order of its codes.
        pub const ALL: &[ExchangeError] = &[$(ExchangeError::$error),+];

        /// What to do about it.
        pub fn remedy(error: ExchangeError) -> &'static str {
            match error {
                $(ExchangeError::$error => $remedy,)+
            }
        }
    };
}

remedies! {
    // The exchange's rules.
    Overflow: "Use a smaller size or amount.",
    SizeOutOfRange: "Give a size other than zero and at most 2^57 base units.",
    PriceOutOfRange: "Give a price between 1 and 2^50 raw per base unit; from an oracle, the market's decimals do not suit the asset.",
    NotionalOutOfRange: "Use a smaller size.",
    AmountZero: "Give an amount above zero.",
    ParametersInconsistent: "Validate the parameters off chain (Parameters::validate, PoolParameters::validate) to learn which rule they break.",
    PriceFromTheFuture: "Try again in a few seconds.",
    PriceStale: "Hand in the market's price account, or call update_price first.",
    LegStale: "Call update_price for the markets of the account's other positions first.",
    PriceTooUncertain: "Wait until the oracle is more certain; reducing tolerates a wider interval than increasing.",
    MarketUnusable: "Wait for a good price of this market, then call update_price.",
    Paused: "Wait until the pause ends; deposits, and withdrawals of flat accounts, work meanwhile.",
    ReduceOnly: "Only reduce positions until the status ends.",
    MarketsMismatch: "Fetch the account again and hand in the markets of its occupied slots in order.",
    NoFreePosition: "Close a position first, or use another sub-account.",
    NoPosition: "Choose a market in which the account holds a position.",
    IsolatedToAnotherMarket: "Use the market the account is bound to, or another account.",
    WouldIncrease: "Send the order in the opposite direction of the position, or without reduce-only.",
    IncreasedInThisSlot: "Send the reduction again in a later slot.",
    PriceBoundExceeded: "Preview the trade again and widen the bound, or trade a smaller size.",
    BelowMinimumPosition: "Close the whole position, or leave at least the minimum.",
    OpenInterestCap: "Trade a smaller size, or wait until others on this side have closed.",
    InitialMargin: "Deposit more, or trade or withdraw less.",
    WouldWorsenHealth: "Close more of the position, or deposit first; to settle a profit, settle the losers of its market before.",
    NegativeEquity: "Deposit until equity is positive, or leave the position to liquidation.",
    DebtOutstanding: "Deposit, then call settle_funding for the market: it pays the debt.",
    MarketCapacity: "Trade a smaller size, or call allocate_backing first.",
    BalanceTooLow: "Take out at most the balance; settle_pnl turns profit into balance.",
    AccountNotEmpty: "Close every position, redeem claims, pay debts and withdraw the balance first.",
    NotLiquidatable: "Nothing to do: the account is healthy, or somebody else was first.",
    BountyTooSmall: "Ask for a smaller bounty, or close more.",
    PositionsOpen: "Liquidate the account's open positions first.",
    NotBankrupt: "Nothing to do: the account can pay.",
    NoDebt: "Choose a market the account owes.",
    NothingToFund: "Nothing to do until the market has claims and backing.",
    NothingToRedeem: "Call fund_claims first, or wait until the market has backing.",
    NothingToDo: "Nothing to do.",
    RequestTooSmall: "Request at least the pool's minimum.",
    RequestNotMature: "Execute it once it is mature, with prices published since.",
    RequestLapsed: "Return the request.",
    RequestNotLapsed: "Execute the request, or wait until it has lapsed.",
    OutputTooSmall: "Execute it at another price, or let the request lapse.",
    PoolWorthless: "Wait until the pool is worth something again.",
    PoolIlliquid: "Call allocate_backing to return cash to the pool, or wait.",
    // The oracle's account.
    OracleUnknownKind: "Use kind 0 for a legacy account or 1 for a pull account.",
    OracleUnknownProgram: "Bind the market to one of Pyth's programs.",
    OracleProgramOfOtherKind: "Use the kind that this program's accounts have.",
    OracleBindingNeedsAccount: "Name the legacy price account.",
    OracleBindingNeedsFeedId: "Name the feed id.",
    OracleBindingHasUnusedFeedId: "Leave the feed id of a legacy binding zero.",
    OracleWrongOwner: "Hand in the price account of this market's oracle program.",
    OracleWrongAddress: "Hand in the price account the market names.",
    OracleWrongLength: "Hand in a price account of the market's kind.",
    OracleWrongMagic: "Hand in a Pyth price account.",
    OracleWrongVersion: "Hand in a Pyth price account of version 2.",
    OracleNotAPriceAccount: "Hand in the price account, not the product's or the mapping.",
    OracleWrongUsedSize: "Hand in a Pyth price account as its program wrote it.",
    OracleWrongPriceType: "Hand in an account that holds a plain price.",
    OracleInvalidStatus: "Hand in a Pyth price account as its program wrote it.",
    OracleCorporateAction: "Wait until the corporate action is over.",
    OracleNotTrading: "Wait until the feed trades again.",
    OracleNotAPriceUpdate: "Hand in a PriceUpdateV2 account.",
    OracleInvalidVerification: "Post the price update again.",
    OraclePartiallyVerified: "Post the price update with full verification.",
    OracleWrongFeedId: "Hand in a price update of the market's feed.",
    OracleExponentOutOfRange: "Wait for the feed to publish a sane price.",
    OraclePriceNotPositive: "Wait for the feed to publish a sane price.",
    OracleConfidenceOutOfRange: "Wait for the feed to publish a sane price.",
    OraclePublishTimeNotPositive: "Wait for the feed to publish a sane price.",
    // Accounts and roles.
    ExchangeMismatch: "Hand in accounts of one and the same exchange.",
    NotTheOwner: "Sign with the owner's key.",
    NotAuthorised: "Sign with the owner's or the delegate's key.",
    NotTheAdmin: "Sign with the key that holds the role.",
    NotThePendingAdmin: "Sign with the key the admin has proposed.",
    WrongVault: "Derive the vault from the exchange, and never spend from it.",
    WrongMint: "Use the exchange's own quote and share mints.",
    WrongTokenProgram: "Use the token program that owns the quote mint.",
    MintHasRefusedExtension: "Use a plain mint as collateral.",
    MintNotSupported: "Use a mint with 6 to 9 decimals.",
    WrongDestination: "Hand in the token account that the request names.",
    SelfLiquidation: "Let another margin account receive the bounty.",
    MarketNotWritable: "Build the instruction with perp-client, which hands the other markets in writable.",
    MarketsMissing: "Fetch the exchange again and hand in all its markets in index order.",
    TooManyMarkets: "Create another exchange.",
    WrongMarketIndex: "Fetch the exchange again and use its market count as the index of a new market.",
    DecimalsOutOfRange: "Choose base decimals from 0 to 18.",
    UnknownKind: "Use one of the documented values.",
    GuardianOnlyTightens: "Let the risk admin loosen the status.",
    GuardianMustWait: "Wait until a day after the last status ended, or let the risk admin set one.",
    RequestOfOtherKind: "Use the instruction for deposits, or the one for withdrawals.",
}
