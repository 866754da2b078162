use anchor_lang::prelude::*;
use perp_engine::market::funding::Accrual;
use perp_engine::market::Ready;
use perp_engine::units::Side;

/// A market after an instruction that may have accrued funding or changed open interest: in their sequence such events
/// are the whole history of its funding.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketMoment {
    /// Number of this event among the market's.
    pub sequence: u64,
    /// The last valid price, in 2^-40 atoms per base unit.
    pub index_price: u64,
    /// Funding rate per second, in 2^-60; positive where longs pay.
    pub funding_rate: i64,
    /// What a long has owed per base unit so far, in 2^-40 atoms.
    pub long_funding_index: i64,
    /// What a short has owed per base unit so far, in 2^-40 atoms.
    pub short_funding_index: i64,
    /// Σ size of all longs, in base units.
    pub long_open_interest: u64,
    /// Σ size of all shorts, in base units.
    pub short_open_interest: u64,
    /// Seconds for which this instruction accrued funding.
    pub funding_seconds: u64,
}

impl MarketMoment {
    /// The market as it stands, and the number of the event that says so.
    pub fn next(market: &mut Ready<'_>) -> Self {
        let sequence = market.next_event();
        let funding_seconds = match market.accrual() {
            Accrual::Done { seconds, .. } => seconds,
            Accrual::NoPrice | Accrual::IndexFull | Accrual::Settled => 0,
        };
        let (long, short) = (market.ledger.side(Side::Long), market.ledger.side(Side::Short));
        Self {
            sequence,
            index_price: market.price.price.get(),
            funding_rate: market.ledger.funding_rate,
            long_funding_index: long.funding_index.get(),
            short_funding_index: short.funding_index.get(),
            long_open_interest: long.open_interest.get(),
            short_open_interest: short.open_interest.get(),
            funding_seconds,
        }
    }
}
