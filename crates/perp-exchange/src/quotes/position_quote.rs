use super::at_price::AtPrice;
use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::market::measured_margin::measured_margin_ceil;
use perp_engine::risk::margin::{initial_margin_ceil, maintenance_margin_ceil, unsettled_funding_owed};
use perp_engine::state::{Account, Market, Position};
use perp_engine::units::products::{mul_div_floor, notional, unrealized_profit};
use perp_engine::units::{Atoms, Price, SignedAtoms, SignedSize, PPM};
use perp_engine::EngineError;

/// What a position comes to at its market's price, with funding accrued up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionQuote {
    /// Index of the market.
    pub market: u16,
    /// Signed size.
    pub size: SignedSize,
    /// What a base unit was bought or sold for on average, rounded down; zero without a size.
    pub entry_price: Price,
    /// The market's price.
    pub price: Price,
    /// Notional at that price, in atoms rounded up.
    pub notional: Atoms,
    /// Unrealized profit at that price, in atoms rounded down; funding is not in it.
    pub profit: SignedAtoms,
    /// Funding owed and not settled, in atoms rounded up; negative where it is to be received.
    pub funding_owed: SignedAtoms,
    /// Margin of the notional at that price: maintenance.
    pub maintenance_margin: Atoms,
    /// Margin of the notional at that price: initial.
    pub initial_margin: Atoms,
    /// What the market owes of profits it could not pay.
    pub claim: Atoms,
    /// What of that no cash is set aside for.
    pub claim_unfunded: Atoms,
    /// What the account owes for its dealings there.
    pub debt: Atoms,
    /// Price at which the account becomes liquidatable, all else as it is; `None` where none does it.
    pub liquidation_price: Option<Price>,
    /// How far that is from the market's price, as a part of that in ppm towards zero; below zero where it is lower.
    pub distance: Option<i64>,
}

/// `(to − from) / from` in ppm, towards zero.
pub(crate) fn distance(from: Price, to: Price) -> Result<i64, EngineError> {
    let far = mul_div_floor(to.get().abs_diff(from.get()), PPM, from.get())?;
    let far = i64::try_from(far).map_err(|_| EngineError::Overflow)?;
    Ok(if to < from { far.saturating_neg() } else { far })
}

impl PositionQuote {
    pub(crate) fn of(
        position: &Position,
        market: &Market,
        liquidation_price: Option<Price>,
    ) -> Result<Self, EngineError> {
        let (size, price, entry) = (position.size, market.price.price, position.entry_notional.get());
        let worth = notional(size.size(), price)?.to_atoms_ceil()?;
        let measured = measured_margin_ceil(market)?;
        Ok(Self {
            market: market.index,
            size,
            entry_price: average_price(entry.get(), size.size().get()),
            price,
            notional: worth,
            profit: unrealized_profit(size, entry, price)?.to_signed_atoms_floor()?,
            funding_owed: unsettled_funding_owed(position, &market.ledger)?
                .whole_atoms_ceil()?
                .to_signed_atoms_floor()?,
            maintenance_margin: maintenance_margin_ceil(worth, measured, &market.parameters)?.margin,
            initial_margin: initial_margin_ceil(worth, measured, &market.ledger, &market.parameters)?,
            claim: position.claim,
            claim_unfunded: market.ledger.unfunded_part_ceil(position)?,
            debt: position.owed(),
            liquidation_price,
            distance: liquidation_price.map(|to| distance(price, to)).transpose()?,
        })
    }
}

impl AtPrice<'_> {
    /// The account's position in the market whose price is moved.
    pub(crate) fn position_quote(&self) -> Result<Option<PositionQuote>, EngineError> {
        let slot = self.account.slot_of(self.market.index);
        let Some(position) = slot.and_then(|slot| self.account.positions.get(slot)) else { return Ok(None) };
        PositionQuote::of(position, &self.market, self.liquidation_price()?).map(Some)
    }
}

impl Exchange {
    /// What an account's position in a market comes to; `None` where it has none.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`]; `PriceStale` where the market never had a price.
    pub fn position_quote(&self, account: &Account, market: u16) -> Result<Option<PositionQuote>, Refusal> {
        Ok(AtPrice::new(self, account, market)?.position_quote()?)
    }
}

/// The average price of a notional in 2^-40 atoms, rounded down.
pub(crate) fn average_price(notional: i128, size: u64) -> Price {
    let average = notional.checked_div(i128::from(size)).and_then(|average| u64::try_from(average).ok());
    Price::new(average.unwrap_or(0))
}
