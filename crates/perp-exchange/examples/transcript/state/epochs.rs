//! Requests for liquidity, boundaries, and what they made of the requests.

use super::{AveragesRecord, LedgerRecord, PriceRecord, SecondPriceRecord};
use perp_engine::state::{
    BoundaryLedger, ClosedEpoch, Epoch, LastEpoch, Queue, Request, RequestSums, Waiting, PRICE_LIMITS,
};
use serde::Serialize;

#[derive(Serialize)]
struct SumsRecord {
    amounts: [u64; PRICE_LIMITS],
    requests: [u32; PRICE_LIMITS],
}

impl SumsRecord {
    fn of(sums: &RequestSums) -> Self {
        Self { amounts: sums.amounts.map(|amount| amount.get()), requests: sums.requests }
    }
}

#[derive(Serialize)]
pub struct WaitingRecord {
    boundary: i64,
    lamports: u64,
    deposits: SumsRecord,
    withdrawals: SumsRecord,
}

impl WaitingRecord {
    fn of(waiting: &Waiting) -> Self {
        Self {
            boundary: waiting.boundary.get(),
            lamports: waiting.lamports,
            deposits: SumsRecord::of(&waiting.deposits),
            withdrawals: SumsRecord::of(&waiting.withdrawals),
        }
    }

    /// Each place of the queue at which anything waits, by boundary.
    pub fn all(queue: &Queue) -> Vec<Self> {
        let mut places: Vec<&Waiting> = queue.waiting.iter().filter(|waiting| !waiting.boundary.is_never()).collect();
        places.sort_by_key(|waiting| waiting.boundary);
        places.into_iter().map(Self::of).collect()
    }
}

#[derive(Serialize)]
pub struct EpochRecord {
    lower: u64,
    upper: u64,
    markets: u16,
    valued: u16,
    sells_nothing: u8,
    waiting: WaitingRecord,
}

impl EpochRecord {
    pub fn of(epoch: &Epoch) -> Self {
        Self {
            lower: epoch.lower.get(),
            upper: epoch.upper.get(),
            markets: epoch.markets,
            valued: epoch.valued,
            sells_nothing: epoch.sells_nothing,
            waiting: WaitingRecord::of(&epoch.waiting),
        }
    }
}

#[derive(Serialize)]
pub struct LastRecord {
    boundary: i64,
    lower: u64,
    upper: u64,
    shares: u64,
}

impl LastRecord {
    pub fn of(last: &LastEpoch) -> Self {
        Self {
            boundary: last.boundary.get(),
            lower: last.lower.get(),
            upper: last.upper.get(),
            shares: last.shares.get(),
        }
    }
}

#[derive(Serialize)]
struct ReadingRecord {
    price: u64,
    confidence: u64,
    published: i64,
    previous: i64,
}

#[derive(Serialize)]
pub struct BoundaryRecord {
    boundary: i64,
    valued: i64,
    reading: ReadingRecord,
    price: PriceRecord,
    second_price: SecondPriceRecord,
    averages: AveragesRecord,
    ledger: LedgerRecord,
}

impl BoundaryRecord {
    pub fn of(kept: &BoundaryLedger) -> Self {
        Self {
            boundary: kept.boundary.get(),
            valued: kept.valued.get(),
            reading: ReadingRecord {
                price: kept.reading.price.get(),
                confidence: kept.reading.confidence.get(),
                published: kept.reading.published.get(),
                previous: kept.reading.previous.get(),
            },
            price: PriceRecord::of(&kept.price),
            second_price: SecondPriceRecord::of(&kept.second_price),
            averages: AveragesRecord::of(&kept.averages),
            ledger: LedgerRecord::of(&kept.ledger),
        }
    }
}

#[derive(Serialize)]
pub struct ClosedRecord {
    previous: i64,
    boundary: i64,
    rest_belongs_from: i64,
    lower: u64,
    upper: u64,
    shares: u64,
    deposited: u64,
    issued: u64,
    leaving: u64,
    redeemed: u64,
    paid: u64,
    payable: u64,
    lamports_each: u64,
    requests: u32,
    deposits_accepted: u8,
    withdrawals_accepted: u8,
}

impl ClosedRecord {
    pub fn of(closed: &ClosedEpoch) -> Self {
        Self {
            previous: closed.previous.get(),
            boundary: closed.boundary.get(),
            rest_belongs_from: closed.rest_belongs_from.get(),
            lower: closed.lower.get(),
            upper: closed.upper.get(),
            shares: closed.shares.get(),
            deposited: closed.deposited.get(),
            issued: closed.issued.get(),
            leaving: closed.leaving.get(),
            redeemed: closed.redeemed.get(),
            paid: closed.paid.get(),
            payable: closed.payable.get(),
            lamports_each: closed.lamports_each,
            requests: closed.requests,
            deposits_accepted: closed.deposits_accepted.get(),
            withdrawals_accepted: closed.withdrawals_accepted.get(),
        }
    }
}

#[derive(Serialize)]
pub struct RequestRecord {
    amount: u64,
    belongs_from: i64,
    limit: u8,
}

impl RequestRecord {
    pub fn of(request: &Request) -> Self {
        Self { amount: request.amount.get(), belongs_from: request.belongs_from.get(), limit: request.limit }
    }
}
