//! The state as the transcript gives it: every field that has a meaning for the rules, by its name.

pub mod epochs;
pub mod orders;

use super::description::market_parameters;
use epochs::{BoundaryRecord, EpochRecord, LastRecord};
use perp_engine::state::{
    Account, ExchangeState, Grace, Market, MarketLedger, Pool, Position, PriceAverages, PriceCache, Restriction,
    SecondPrice, Settlement,
};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct PositionRecord {
    size: i64,
    entry_notional: i128,
    funding_index: i64,
    claim: u64,
    claim_factor: u64,
    debt: u64,
    last_increase_slot: u64,
    claim_round: u32,
    settlement_paid_at: i64,
    recoverable: u64,
    number: u64,
    market: u16,
    occupied: u8,
}

/// A free slot says only that it is free.
#[derive(Serialize)]
#[serde(untagged)]
enum SlotRecord {
    Free { occupied: u8 },
    Occupied(PositionRecord),
}

impl SlotRecord {
    fn of(position: &Position) -> Self {
        if !position.is_occupied() {
            return Self::Free { occupied: position.occupied };
        }
        Self::Occupied(PositionRecord {
            size: position.size.get(),
            entry_notional: position.entry_notional.get().get(),
            funding_index: position.funding_index.get(),
            claim: position.claim.get(),
            claim_factor: position.claim_factor,
            debt: position.debt.get(),
            last_increase_slot: position.last_increase_slot,
            claim_round: position.claim_round,
            settlement_paid_at: position.settlement_paid_at.get(),
            recoverable: position.recoverable.get(),
            number: position.number,
            market: position.market,
            occupied: position.occupied,
        })
    }
}

#[derive(Serialize)]
pub struct AccountRecord {
    balance: u64,
    armed_until: i64,
    kind: u8,
    isolated_market: u16,
    positions: Vec<SlotRecord>,
}

impl AccountRecord {
    pub fn of(account: &Account) -> Self {
        Self {
            balance: account.balance.get(),
            armed_until: account.armed_until.get(),
            kind: account.kind,
            isolated_market: account.isolated_market,
            positions: account.positions.iter().map(SlotRecord::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct PriceRecord {
    price: u64,
    confidence: u64,
    published: i64,
    newest_published: i64,
    outage_since: i64,
    clock_distrusted_until: i64,
}

impl PriceRecord {
    fn of(price: &PriceCache) -> Self {
        Self {
            price: price.price.get(),
            confidence: price.confidence.get(),
            published: price.published.get(),
            newest_published: price.newest_published.get(),
            outage_since: price.outage_since.get(),
            clock_distrusted_until: price.clock_distrusted_until.get(),
        }
    }
}

#[derive(Serialize)]
struct SecondPriceRecord {
    price: u64,
    confidence: u64,
    published: i64,
}

impl SecondPriceRecord {
    fn of(second: &SecondPrice) -> Self {
        Self { price: second.price.get(), confidence: second.confidence.get(), published: second.published.get() }
    }
}

#[derive(Serialize)]
struct SecondRecord {
    low: u64,
    high: u64,
    published: i64,
}

#[derive(Serialize)]
struct AveragesRecord {
    fast_average: u64,
    settlement_average: u64,
    drift: u64,
    sample_price: u64,
    sample_high: u64,
    sample_low: u64,
    sampled_at: i64,
    fast_variance: u64,
    slow_variance: u64,
    fast_volatility: u32,
    slow_volatility: u32,
    measured_margin: u64,
}

impl AveragesRecord {
    fn of(averages: &PriceAverages) -> Self {
        Self {
            fast_average: averages.fast_average,
            settlement_average: averages.settlement_average,
            drift: averages.drift.get(),
            sample_price: averages.sample_price.get(),
            sample_high: averages.sample_high.get(),
            sample_low: averages.sample_low.get(),
            sampled_at: averages.sampled_at.get(),
            fast_variance: averages.fast_variance,
            slow_variance: averages.slow_variance,
            fast_volatility: averages.fast_volatility.get(),
            slow_volatility: averages.slow_volatility.get(),
            measured_margin: averages.measured_margin,
        }
    }
}

#[derive(Serialize)]
struct GraceRecord {
    price_before: u64,
    silent_since: i64,
    pause_began: i64,
    until: i64,
    spent: u64,
    spent_at: i64,
    seen_at: i64,
    seen_slot: u64,
}

impl GraceRecord {
    fn of(grace: &Grace) -> Self {
        Self {
            price_before: grace.price_before.get(),
            silent_since: grace.silent_since.get(),
            pause_began: grace.pause_began.get(),
            until: grace.until.get(),
            spent: grace.allowance.spent,
            spent_at: grace.allowance.spent_at.get(),
            seen_at: grace.seen_at.get(),
            seen_slot: grace.seen_slot,
        }
    }
}

#[derive(Serialize)]
struct SettlementRecord {
    delisted_from: i64,
    moved_at: i64,
    outage_since: i64,
    price: u64,
}

impl SettlementRecord {
    fn of(settlement: &Settlement) -> Self {
        Self {
            delisted_from: settlement.delisted_from.get(),
            moved_at: settlement.moved_at.get(),
            outage_since: settlement.outage_since.get(),
            price: settlement.price.get(),
        }
    }
}

#[derive(Serialize)]
struct SideRecord {
    open_interest: u64,
    entry_notional: i128,
    funding_index: i64,
    funding_checkpoint: i128,
    carry_fraction: u64,
    mean_interest: u64,
}

#[derive(Serialize)]
struct DrawRecord {
    window_start: i64,
    insurance_at_start: u64,
    drawn: u64,
}

#[derive(Serialize)]
struct LedgerRecord {
    sides: Vec<SideRecord>,
    funding_rate: i64,
    funding_time: i64,
    funding_fraction: u64,
    backing: u64,
    net_principal: u64,
    claims: u64,
    claims_reserve: u64,
    claim_factor: u64,
    debts: u64,
    insurance: u64,
    protocol_fees: u64,
    written_off: u64,
    shared_drawn: u64,
    positions_opened: u64,
    claim_round: u32,
    short: u8,
}

impl LedgerRecord {
    fn of(ledger: &MarketLedger) -> Self {
        let sides = ledger.sides.iter().map(|side| SideRecord {
            open_interest: side.open_interest.get(),
            entry_notional: side.entry_notional.get().get(),
            funding_index: side.funding_index.get(),
            funding_checkpoint: side.funding_checkpoint.get().get(),
            carry_fraction: side.carry_fraction,
            mean_interest: side.mean_interest.get(),
        });
        Self {
            sides: sides.collect(),
            funding_rate: ledger.funding_rate,
            funding_time: ledger.funding_time.get(),
            funding_fraction: ledger.funding_fraction,
            backing: ledger.backing.get(),
            net_principal: ledger.net_principal.get(),
            claims: ledger.claims.get(),
            claims_reserve: ledger.claims_reserve.get(),
            claim_factor: ledger.claim_factor,
            debts: ledger.debts.get(),
            insurance: ledger.insurance.get(),
            protocol_fees: ledger.protocol_fees.get(),
            written_off: ledger.written_off.get(),
            shared_drawn: ledger.shared_drawn.get(),
            positions_opened: ledger.positions_opened,
            claim_round: ledger.claim_round,
            short: ledger.short,
        }
    }
}

#[derive(Serialize)]
struct RestrictionRecord {
    until: i64,
    spent: u64,
    spent_at: i64,
}

impl RestrictionRecord {
    fn of(restriction: &Restriction) -> Self {
        let Restriction { until, allowance } = restriction;
        Self { until: until.get(), spent: allowance.spent, spent_at: allowance.spent_at.get() }
    }
}

#[derive(Serialize)]
pub struct MarketRecord {
    price: PriceRecord,
    recent: Vec<SecondRecord>,
    second_price: SecondPriceRecord,
    averages: AveragesRecord,
    grace: GraceRecord,
    settlement: SettlementRecord,
    ledger: LedgerRecord,
    reduce_only: RestrictionRecord,
    target_backing: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<BTreeMap<&'static str, u64>>,
    parameter_changes: u64,
    at_boundary: BoundaryRecord,
}

impl MarketRecord {
    pub fn of(market: &Market) -> Self {
        let seconds = market.recent.seconds.iter().map(|second| SecondRecord {
            low: second.low.get(),
            high: second.high.get(),
            published: second.published.get(),
        });
        Self {
            price: PriceRecord::of(&market.price),
            recent: seconds.collect(),
            second_price: SecondPriceRecord::of(&market.second_price),
            averages: AveragesRecord::of(&market.averages),
            grace: GraceRecord::of(&market.grace),
            settlement: SettlementRecord::of(&market.settlement),
            ledger: LedgerRecord::of(&market.ledger),
            reduce_only: RestrictionRecord::of(&market.reduce_only),
            target_backing: market.target_backing.get(),
            // As they were listed where nothing has changed them.
            parameters: (market.parameter_changes > 0).then(|| market_parameters(&market.parameters)),
            parameter_changes: market.parameter_changes,
            at_boundary: BoundaryRecord::of(&market.at_boundary),
        }
    }
}

#[derive(Serialize)]
pub struct PoolRecord {
    cash: u64,
    placed: u64,
    insurance: u64,
    escrow: u64,
    payable: u64,
    settling: u64,
    shares: u64,
    shared_draw: DrawRecord,
    epoch: EpochRecord,
    last: LastRecord,
}

impl PoolRecord {
    pub fn of(pool: &Pool) -> Self {
        Self {
            cash: pool.cash.get(),
            placed: pool.placed.get(),
            insurance: pool.insurance.get(),
            escrow: pool.escrow.get(),
            payable: pool.payable.get(),
            settling: pool.settling.get(),
            shares: pool.shares.get(),
            shared_draw: DrawRecord {
                window_start: pool.shared_draw.window_start.get(),
                insurance_at_start: pool.shared_draw.insurance_at_start.get(),
                drawn: pool.shared_draw.drawn.get(),
            },
            epoch: EpochRecord::of(&pool.epoch),
            last: LastRecord::of(&pool.last),
        }
    }
}

#[derive(Serialize)]
pub struct ExchangeRecord {
    pause: RestrictionRecord,
    pause_began: i64,
    reduce_only: RestrictionRecord,
    boundary: i64,
}

impl ExchangeRecord {
    pub fn of(exchange: &ExchangeState) -> Self {
        Self {
            pause: RestrictionRecord::of(&exchange.pause),
            pause_began: exchange.pause_began.get(),
            reduce_only: RestrictionRecord::of(&exchange.reduce_only),
            boundary: exchange.boundary.get(),
        }
    }
}
