use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::operations::After;
use perp_engine::operations::position::{Order, TradePlan};
use perp_engine::oracle::OracleReading;
use perp_engine::state::Account;
use perp_engine::units::{Side, SignedSize, MAX_SIZE};
use perp_engine::EngineError;

/// What becomes of an order of some size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Filled,
    /// What would be held is below the minimum position.
    TooSmall,
    /// Any other rule refuses it.
    TooLarge,
}

impl Exchange {
    /// The largest market order on `side` that the exchange would fill for the account now, at any price; `None` where it
    /// would fill none.
    ///
    /// A larger order demands more margin, costs more and leaves the market with more to bear. So among the orders that open
    /// something, those that are filled lie between two sizes: below the first they leave less than the minimum position, or hedge
    /// too little of what the account holds in the market's risk group; beyond the second only rounding could admit another. The engine is asked at each size of a bisection, so that the
    /// answer is filled and one base unit more is refused. Where it fills none of these, the largest is the one that closes
    /// the position: it can be closed whole wherever it can be reduced.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`].
    pub fn largest_order(
        &self,
        account: &Account,
        market: u16,
        side: Side,
        reading: Option<&OracleReading>,
    ) -> Result<Option<SignedSize>, Refusal> {
        self.largest_order_where(account, market, side, reading, &|_| Ok(true))
    }

    /// The same among the orders that leave what `admits` accepts, which must refuse every order above one that it refuses.
    pub(crate) fn largest_order_where(
        &self,
        account: &Account,
        market: u16,
        side: Side,
        reading: Option<&OracleReading>,
        admits: &dyn Fn(&After<TradePlan>) -> Result<bool, Refusal>,
    ) -> Result<Option<SignedSize>, Refusal> {
        let signed = |size: i64| match side {
            Side::Long => SignedSize::new(size),
            Side::Short => SignedSize::new(-size),
        };
        let answer = |size| {
            let order = Order::at_any_price(signed(size));
            match self.preview_trade(account, market, &order, reading) {
                Ok(after) if admits(&after)? => Ok(Answer::Filled),
                Ok(_) => Ok(Answer::TooLarge),
                Err(Refusal::Rule(EngineError::BelowMinimumPosition { .. })) => Ok(Answer::TooSmall),
                Err(Refusal::Rule(_)) => Ok(Answer::TooLarge),
                Err(missing) => Err(missing),
            }
        };
        let held =
            account.occupied().find(|(_, position)| position.market == market).map(|(_, position)| position.size);
        let closed = match held {
            Some(size) if size.side() == Some(side.opposite()) => size.get().saturating_abs(),
            _ => 0,
        };
        // From one side's largest position to the other's.
        let largest = i64::try_from(2 * MAX_SIZE).unwrap_or(i64::MAX);
        let (mut below, mut too_large) = (closed, largest.saturating_add(1));
        if self.market(market)?.parameters.risk_group != 0 {
            let preview = |size| self.preview_trade(account, market, &Order::at_any_price(signed(size)), reading);
            below = hedging_order(closed, largest, preview)?.unwrap_or(closed);
        }
        while too_large - below > 1 {
            let middle = below.midpoint(too_large);
            match answer(middle)? {
                Answer::Filled | Answer::TooSmall => below = middle,
                Answer::TooLarge => too_large = middle,
            }
        }
        for size in [below, closed] {
            if size > 0 && answer(size)? == Answer::Filled {
                return Ok(Some(signed(size)));
            }
        }
        Ok(None)
    }
}

/// An order between both sizes that is filled, where the account may lack margin because it holds too much on the other side of the
/// market's risk group: what it lacks falls with the size of the order until both sides ask alike, and rises from there on.
fn hedging_order(
    mut low: i64,
    mut high: i64,
    preview: impl Fn(i64) -> Result<After<TradePlan>, Refusal>,
) -> Result<Option<i64>, Refusal> {
    /// What an order lacks: nothing, so much margin, or it is too small or too large for another reason.
    enum Lacks {
        Nothing,
        Margin(i128),
        Size,
        Room,
    }
    let lacks = |size| match preview(size) {
        Ok(_) => Ok(Lacks::Nothing),
        Err(Refusal::Rule(EngineError::InitialMargin { equity, required })) => {
            Ok(Lacks::Margin(i128::from(required.get()) - i128::from(equity.get())))
        }
        Err(Refusal::Rule(EngineError::BelowMinimumPosition { .. })) => Ok(Lacks::Size),
        Err(Refusal::Rule(_)) => Ok(Lacks::Room),
        Err(missing) => Err(missing),
    };
    while high - low > 2 {
        let third = (high - low) / 3;
        let (first, second) = (low + third.max(1), high - third.max(1));
        match (lacks(first)?, lacks(second)?) {
            (Lacks::Nothing, _) => return Ok(Some(first)),
            (_, Lacks::Nothing) => return Ok(Some(second)),
            (Lacks::Size, _) => low = first,
            (Lacks::Margin(first_lacks), Lacks::Margin(second_lacks)) if first_lacks > second_lacks => low = first,
            (Lacks::Margin(_) | Lacks::Room, _) => high = second,
        }
    }
    Ok(None)
}
