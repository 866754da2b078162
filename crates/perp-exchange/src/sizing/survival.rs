//! The size that a move does not liquidate.

use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::quotes::at_price::{changed_floor, AtPrice};
use perp_engine::state::Account;
use perp_engine::units::{Ppm, Side, SignedSize};
use perp_engine::EngineError;

impl Exchange {
    /// The largest order on `side` that the exchange would fill for the account now and that leaves it not liquidatable when the
    /// price moves by `adverse` against it, all else as it is; `None` where it would fill none.
    ///
    /// With [`adverse_move_ceil`](super::adverse_move_ceil) of the candles of the last days it is the largest size whose
    /// liquidation needs a move that was not seen in them.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`]; `Overflow` for a move of more than 2^31 ppm.
    pub fn largest_order_surviving(
        &self,
        account: &Account,
        market: u16,
        side: Side,
        adverse: Ppm,
    ) -> Result<Option<SignedSize>, Refusal> {
        let change = i32::try_from(adverse.get()).map_err(|_| EngineError::Overflow)?;
        let change = match side {
            Side::Long => change.checked_neg().ok_or(EngineError::Overflow)?,
            Side::Short => change,
        };
        self.largest_order_where(account, market, side, None, &|after| {
            let question = AtPrice::in_market(self, &after.account, after.market)?;
            // A fall by all there is leaves no price; what is held then is worth nothing.
            let Some(price) = changed_floor(question.market.price.price, change) else { return Ok(false) };
            Ok(question.is_liquidatable(price)? == Some(false))
        })
    }
}
