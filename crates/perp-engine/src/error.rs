//! Why an operation was refused: one table of every rule, with its code, its numbers, its text and what to do about it.
//!
//! The program's error codes, the client's messages and the documents are made from the same table.

use crate::parameters::{MarketRule, PoolRule};
use crate::units::{Atoms, Price, SignedAtoms, Size};
use core::fmt;

#[cfg(test)]
mod tests;

/// Hands every rule of the engine to the macro named, as
/// `CODE Name { field: Type, … } "What was broken." "What to do about it.";`.
///
/// Codes are part of the interface: new ones go to the end of their block.
#[macro_export]
macro_rules! engine_rules {
    ($($callback:tt)+) => { $($callback)+! {
        0 Overflow
            "A number left the range its unit allows."
            "Use a smaller size or amount.";
        1 SizeOutOfRange
            "A size is zero or beyond 2^57 base units."
            "Give a size other than zero and at most 2^57 base units.";
        2 PriceOutOfRange
            "A price is zero or beyond 2^50 in 2^-40 atoms per base unit."
            "The market's base decimals do not suit the asset's price; list it with more decimals.";
        3 NotionalOutOfRange
            "A notional is beyond 2^60 atoms."
            "Use a smaller size.";
        4 AmountZero
            "The amount is zero."
            "Give an amount above zero.";
        5 FundingIndexFull
            "The funding index of a side has reached the end of its range, so funding no longer accrues."
            "Close positions here and trade the asset in a market with more base decimals.";
        6 PriceTooHighToIncrease
            "The price is beyond 2^46 in 2^-40 atoms per base unit, where positions may only shrink."
            "Reduce positions; trade the asset in a market with more base decimals.";
        7 SideNotionalTooLarge
            "The notional of this side would be beyond 2^52 atoms."
            "Use a smaller size, or wait until others on this side have closed.";

        10 MarketParameters { rule: MarketRule }
            "The market's parameters contradict each other."
            "The log names the rule; change the parameters it relates.";
        11 PoolParameters { rule: PoolRule }
            "The pool's parameters contradict each other."
            "The log names the rule; change the parameters it relates.";

        20 ClockBehind { until: i64 }
            "A reading was published further ahead of the clock than the tolerance allows: the cluster's clock lags."
            "Try again once the clock has caught up.";
        21 PriceStale { age: u64, allowed: u64 }
            "The market's own price is older than this use allows."
            "Pass the market's price account, or call update_prices first.";
        23 PriceTooUncertain { confidence: u64, allowed: u64 }
            "The price's confidence interval is wider than this use allows."
            "Wait until the oracle is more certain; reducing tolerates a wider interval than increasing.";
        25 PriceStillFresh { age: u64, allowed: u64 }
            "The last valid price is too recent to report an oracle outage."
            "Report the outage once the price is older than max_age_liquidate.";
        26 OutageAlreadyReported { since: i64 }
            "The oracle outage is reported already."
            "No action needed.";
        27 NoSecondOracle
            "The market has no second oracle."
            "Its price account belongs to update_prices alone.";
        28 NoPriceYet
            "The market has never had a price, so none is missing."
            "Call update_prices first.";

        30 Paused
            "The exchange is paused."
            "Wait until the pause ends, within minutes; deposits, and withdrawals of accounts without positions, work meanwhile.";
        31 ReduceOnly
            "The exchange or the market accepts only reductions, or a pause ended less than 120 seconds ago."
            "Only reduce positions until the status or the grace ends.";

        32 MarketSettled
            "The market has ended: its positions are only closed at its final price."
            "Let anybody call liquidate for the position once the notice is over.";
        33 SettlementNotDue { from: i64 }
            "The market cannot be moved to settlement yet."
            "Report the oracle outage and wait until settle_after has passed, or until the delisting is due.";
        34 SettlementNotice { until: i64 }
            "Nobody is closed within a day of the move to settlement."
            "Try again once the notice is over.";
        35 AlreadyDelisted
            "The market is delisted or has ended already."
            "No action needed.";
        36 SettlementDue
            "The market's delisting is due: nothing is traded until it is moved to settlement."
            "Let anybody call begin_settlement.";

        40 MarketMissing { expected: u16 }
            "The market of one of the account's positions, or of its order, is not among the accounts passed."
            "Fetch the account again and pass the markets of its occupied slots, and as the market the order's.";
        42 NoFreePosition
            "Every position slot is taken."
            "Close a position first, or use another sub-account.";
        43 NoPosition
            "The account has no position in this market."
            "Choose a market in which the account holds a position.";
        44 IsolatedToAnotherMarket { bound_to: u16 }
            "An isolated account trades only the market it is bound to."
            "Use the market the account is bound to, or another account.";
        45 ReduceOnlyViolated
            "The order would increase the position although it is reduce-only."
            "Send the order in the opposite direction of the position, or without reduce-only.";
        46 SameSlotReduction
            "The position was increased in this slot and cannot be reduced in it by its owner."
            "Send the reduction again in a later slot.";
        47 AcceptablePriceZero
            "An acceptable price of zero is no bound."
            "Give the worst price you accept: 2^64 - 1 accepts any price for a buy, 1 for a sale.";
        48 PriceBoundExceeded { average: Price, acceptable: Price }
            "The fill is worse than the acceptable price."
            "Preview the trade again and widen the bound, or trade a smaller size.";
        49 BelowMinimumPosition { minimum: Atoms }
            "What would remain is below the minimum position."
            "Close the whole position, or leave at least the minimum.";
        50 OpenInterestCap { cap: Size }
            "The market's open interest would exceed its cap."
            "Trade a smaller size, or wait until others on this side have closed.";

        51 IsolatedMarket { market: u16 }
            "Only accounts isolated to this market may hold positions in it."
            "Open an account isolated to the market and trade with that.";

        60 InitialMargin { equity: SignedAtoms, required: Atoms }
            "Equity at adverse prices is below the initial margin."
            "Deposit more, or trade or withdraw less.";
        61 ReductionWorsensHealth { equity: SignedAtoms, margin: Atoms }
            "The reduction would lower the ratio of equity to maintenance margin, or leave negative equity."
            "Close the whole position, or deposit first.";
        63 NegativeEquity { equity: SignedAtoms }
            "The account's equity is negative; only liquidation closes its positions."
            "Deposit until equity is positive, or leave the position to liquidation.";
        64 DebtOutstanding { market: u16, debt: Atoms }
            "A debt must be paid before the account may increase or withdraw."
            "Deposit, then call settle_pnl for the market, or settle_funding once the position is closed: they pay the debt.";
        65 MarketCapacity { surplus: SignedAtoms, stress_loss: Atoms }
            "After this the market could not cover its stress move."
            "Add backing (allocate_backing) or reduce the size.";
        66 InsufficientBalance { balance: Atoms }
            "Insufficient balance."
            "Take out at most the balance; settle_pnl turns profit into balance.";
        67 AccountNotEmpty
            "The account still holds a balance, a position, a claim or a debt."
            "Close every position, redeem or waive claims, pay debts and withdraw the balance first.";

        80 NotLiquidatable { equity: SignedAtoms, maintenance: Atoms }
            "Equity is not below the maintenance margin."
            "No action needed: the account is healthy, or another caller got there first.";
        81 LiquidationWorsensHealth { equity: SignedAtoms, margin: Atoms }
            "Closing this part would cost the account more than it relieves it."
            "Raise the largest size to close: more of the position, or all of it.";
        82 BountyTooSmall { bounty: Atoms }
            "The bounty would be below what the liquidator asked for."
            "Ask for a smaller bounty, or close more.";
        83 PositionsOpen
            "This needs an account without open positions."
            "Close or liquidate its positions first; a withdrawal takes their markets instead.";
        84 NotBankrupt { equity: SignedAtoms }
            "The account is not bankrupt: its equity is not negative."
            "No action needed: the account can pay.";
        85 NoDebt
            "The account owes this market nothing."
            "Choose a market the account owes.";
        86 ClaimNotRedeemed { market: u16 }
            "Cash is set aside for a claim of the account."
            "Call redeem_claim for the market named, then resolve the bankruptcy.";
        87 SmallerSideOfGroup { asked: Atoms, other: Atoms }
            "The account's positions on the other side of the risk group ask for more, and this one lowers what they ask."
            "Close a position on that side of the group first.";

        90 NothingToFund
            "The market has no unfunded claims, or nothing to fund them with."
            "No action needed until the market has claims and backing.";
        91 NothingToRedeem
            "Nothing of this claim is funded yet."
            "Call fund_claims first, or wait until the market has backing.";
        92 NoClaim
            "The account has no claim on this market."
            "Choose a market the account has a claim on.";
        93 ProfitsNotNoted { open: Atoms }
            "The market is short, and winners hold profit that is no claim yet."
            "Call settle_pnl for the market's losers, then for its winners, then fund the claims.";

        100 WithinHysteresis
            "The market's backing is within the hysteresis of its target."
            "No action needed.";
        101 NothingToMove
            "The pool's cash or the market's backing cap leaves nothing to move."
            "Wait until the pool has cash, or raise the market's backing cap.";
        102 NoProtocolFees
            "The market holds no protocol fees."
            "No action needed.";

        110 RequestTooSmall { minimum: Atoms }
            "The request is below the smallest that is accepted."
            "Request at least the pool's minimum.";
        111 UnknownPriceLimit
            "There is no price limit of that number."
            "Give 0 for any price, or 1 to 4 for one, two, five or ten percent.";
        112 NoBoundary
            "Nobody waits for a boundary."
            "No action needed: a request names the next one.";
        113 BoundaryAhead { boundary: i64 }
            "The boundary that the exchange waits for has not come yet."
            "Try again from then on.";
        114 BoundaryNear { boundary: i64 }
            "Backing does not move in the last minute before a boundary, nor into a market until it is closed."
            "Value the markets and close the boundary once it has come, then try again.";
        115 MarketValued { market: u16 }
            "The market is valued for this boundary already, or was not listed then."
            "No action needed.";
        116 NoBoundaryReading { until: i64 }
            "No usable reading of the boundary was handed in."
            "Hand in the reading with prev_publish_time < boundary <= publish_time, or wait until no more readings count.";
        117 MarketsNotValued { markets: u16, valued: u16 }
            "Not every market is valued for the boundary yet."
            "Call value_market for those that are missing.";
        118 WrongEpoch { boundary: i64 }
            "The request does not belong to this epoch."
            "Pass the closed epoch with previous < belongs_from <= boundary, or wait until it is closed.";

        130 GuardianOnlyTightens
            "The guardian can only make a status stricter, or the same one longer."
            "Let the risk admin loosen or shorten the status.";
        131 StatusAllowance { wanted: u64, left: u64, ready: i64 }
            "The seconds asked for exceed what is left of the time for which this may be restricted."
            "Ask for at most the seconds left, less 120 for a pause, or wait until there is enough: ready, or never if zero.";
        132 MarketsDoNotPause
            "A market is not paused by itself."
            "Make the market reduce-only, or pause the exchange.";

        140 NoOrder
            "There is no order at this place."
            "Fetch the orders again: it may have been filled, cancelled or swept.";
        141 NoFreeOrder
            "Every place for an order is taken."
            "Cancel an order first, in the same instruction, or use another sub-account.";
        142 OrderTerms
            "The order's terms contradict each other."
            "See the table of terms in the specification of orders.";
        143 OrderTipTooSmall { minimum: u64 }
            "The lamports for whoever fills the order are too few."
            "Give at least the minimum for each of its fills.";
        144 OrderArmed { until: i64 }
            "An order is armed: until it is filled or its time is over it is not cancelled, nothing is withdrawn and no trade increases."
            "Wait until then; anybody may call execute_order before.";
        145 OrderNotArmed
            "The order is not armed, or its time is over."
            "Call arm_order once it is met.";
        146 OrderNotMet
            "The order's time has not come, or no fresh good reading since it became active reaches its trigger."
            "Hand in a reading published after active_from that is at or beyond the trigger.";
        147 OrderAsleep
            "The order waits until the order that it belongs to has filled."
            "No action needed: it wakes by itself.";
        148 OrderDead
            "The order has expired, is void, or the position that it reduces is gone."
            "Let anybody call sweep_order.";
        149 OrderAlive
            "The order may still be filled."
            "Only its owner may cancel it.";
        150 EarlierOrderArmed { place: u64 }
            "An order of the same market or group that was armed before fills first."
            "Call execute_order for that one before, in the same transaction, or wait until its time is over.";
        151 NoFillReading { from: i64, until: i64 }
            "The reading is not the one at which the armed order fills."
            "Hand in the good reading with prev_publish_time < from <= publish_time <= until.";
    }};
}

macro_rules! define {
    ($($code:literal $name:ident $({ $($field:ident: $type:ty),* })? $text:literal $remedy:literal;)+) => {
        /// Why an operation was refused. Each variant names the rule and carries what is needed to act on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum EngineError {
            $(#[doc = $text] $name $({ $(#[doc = stringify!($field)] $field: $type),* })?,)+
        }

        impl EngineError {
            /// The rule's name.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => stringify!($name),)+ }
            }

            /// The rule's code, to which the program adds the framework's offset.
            pub const fn code(&self) -> u32 {
                match self { $(Self::$name { .. } => $code,)+ }
            }

            /// What was broken.
            pub const fn text(&self) -> &'static str {
                match self { $(Self::$name { .. } => $text,)+ }
            }

            /// What to do about it.
            pub const fn remedy(&self) -> &'static str {
                match self { $(Self::$name { .. } => $remedy,)+ }
            }
        }
    };
}

engine_rules!(define);

impl fmt::Display for EngineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl core::error::Error for EngineError {}
