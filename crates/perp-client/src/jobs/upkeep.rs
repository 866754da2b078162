use super::compute::{compute_units, with_headroom};
use super::fresh::Fresh;
use super::job::{ranked, Job, Pays, Task};
use crate::instructions::{
    allocate_backing, begin_settlement, report_oracle_outage, update_funding, update_prices, update_second_price,
};
use perp_engine::market::price::PriceOutcome;
use perp_engine::state::Market;
use perp_engine::units::Atoms;
use perp_exchange::Exchange;

/// Prices in one instruction: more would not fit a transaction without lookup tables.
const PRICES_AT_ONCE: usize = 12;

/// What the price accounts say that is new to their markets, but for what undoes an end: that is one of [`undone_settlements`].
///
/// [`undone_settlements`]: crate::jobs::undone_settlements
pub fn prices(fresh: &Fresh) -> Vec<Job> {
    let news: Vec<_> = fresh.news().filter(|(market, _)| fresh.undoes(*market).is_none()).collect();
    let jobs = news.chunks(PRICES_AT_ONCE).map(|pairs| {
        let each = compute_units("update_prices", 0);
        let units = pairs.iter().fold(0u32, |units, _| units.saturating_add(each));
        Job {
            task: Task::UpdatePrices { market: pairs[0].0 },
            pays: Pays::NOTHING,
            promises: 0,
            advances: 0,
            moves: Atoms::ZERO,
            instructions: vec![update_prices(&fresh.addresses, pairs.iter().copied())],
            compute_units: with_headroom(units),
        }
    });
    jobs.collect()
}

/// What second sources say, of markets whose own is half as old as it may be: without one their prices are bounded by nothing.
pub fn second_prices(fresh: &Fresh) -> Vec<Job> {
    each_market(fresh, |scratch, market| {
        let (account, reading) = fresh.second(market.index)?;
        let (kept, most) = (market.second_price.published, u64::from(market.parameters.second_max_age));
        let is_recent = scratch.clock.now.seconds_since(kept).is_ok_and(|age| age < most.div_ceil(2));
        if (!kept.is_never() && is_recent) || market.settlement.has_begun() {
            return None;
        }
        let outcome = scratch.update_second_price(market.index, reading).ok()?;
        if outcome != PriceOutcome::Accepted {
            return None;
        }
        let instruction = update_second_price(&fresh.addresses, market.index, *account);
        let task = Task::UpdateSecondPrice { market: market.index };
        let worth = (Pays::NOTHING, Atoms::ZERO);
        Some(fresh.job(task, worth, ("update_second_price", 0), std::iter::empty(), instruction))
    })
}

/// Accruals of funding that are at least so many seconds late.
pub fn funding(fresh: &Fresh, least_seconds: u64) -> Vec<Job> {
    each_market(fresh, |scratch, market| {
        let stored = fresh.accrued(market);
        let late = scratch.clock.now.seconds_since(stored).ok()?;
        // A price that is news accrues as well once it is taken in.
        let accrues = stored < market.ledger.funding_time || scratch.update_funding(market.index, None).ok()? > 0;
        if late < least_seconds || !accrues {
            return None;
        }
        let instruction = update_funding(&fresh.addresses, fresh.target(market.index));
        let task = Task::UpdateFunding { market: market.index };
        let worth = (Pays::NOTHING, Atoms::ZERO);
        Some(fresh.job(task, worth, ("update_funding", 0), std::iter::empty(), instruction))
    })
}

/// Reports of oracles from which no valid price arrives, and markets whose settlement is due.
pub fn outages(fresh: &Fresh) -> Vec<Job> {
    let nothing = (Pays::NOTHING, Atoms::ZERO);
    let reports = each_market(fresh, |scratch, market| {
        scratch.report_oracle_outage(market.index).ok()?;
        let instruction = report_oracle_outage(&fresh.addresses, market.index);
        let task = Task::ReportOutage { market: market.index };
        Some(fresh.job(task, nothing, ("report_oracle_outage", 0), std::iter::once(market.index), instruction))
    });
    let ends = each_market(fresh, |scratch, market| {
        scratch.begin_settlement(market.index).ok()?;
        let instruction = begin_settlement(&fresh.addresses, market.index);
        let task = Task::BeginSettlement { market: market.index };
        Some(fresh.job(task, nothing, ("begin_settlement", 0), std::iter::once(market.index), instruction))
    });
    ranked([reports, ends].concat())
}

/// Moves of backing toward the markets' targets, the largest first.
pub fn backing(fresh: &Fresh) -> Vec<Job> {
    ranked(each_market(fresh, |scratch, market| {
        let moved = scratch.allocate_backing(market.index, None);
        let moved = moved.map(|plan| plan.moved.magnitude());
        scratch.pool = fresh.exchange.pool;
        let instruction = allocate_backing(&fresh.addresses, fresh.target(market.index));
        let task = Task::AllocateBacking { market: market.index };
        let worth = (Pays::NOTHING, moved.ok()?);
        Some(fresh.job(task, worth, ("allocate_backing", 0), std::iter::empty(), instruction))
    }))
}

/// What can be done in each market, tried on a copy of the exchange in which it leaves nothing behind for the next market.
fn each_market(fresh: &Fresh, mut attempt: impl FnMut(&mut Exchange, &Market) -> Option<Job>) -> Vec<Job> {
    let mut scratch = fresh.exchange.clone();
    fresh.exchange.markets().iter().filter_map(|market| attempt(&mut scratch, market)).collect()
}
