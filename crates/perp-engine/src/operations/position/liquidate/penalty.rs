//! What a liquidation costs its account, and who gets it. A bounty is paid by whoever caused the work.

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::market::price::spread_at_age_ceil;
use crate::market::solvency::base_maintenance_floor;
use crate::market::Ready;
use crate::operations::position::settle_pnl::{pays_for_settlement, SETTLEMENT_FEE};
use crate::risk::portfolio::{Health, Portfolio};
use crate::state::counters::count;
use crate::state::Parameters;
use crate::units::products::{mul_div_ceil, mul_div_floor, share_floor};
use crate::units::{Atoms, Ppm, Price, Timestamp, PPM};

/// The penalty and where it went; the parts add up to what was collected and what the market added to the bounty. What was not
/// collected is debt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Penalty {
    /// The penalty.
    pub charged: Atoms,
    /// What of it was cash.
    pub collected: Atoms,
    /// The liquidator's part.
    pub bounty: Atoms,
    /// The market's insurance's part.
    pub insurance: Atoms,
    /// The backing's part.
    pub backing: Atoms,
    /// What the market's insurance, then its backing added to the bounty.
    pub added: Atoms,
}

/// What closing pays its caller at most where no penalty does.
const LEAST_BOUNTY: Ppm = Ppm::new(1_000);

/// The rate of the penalty: the parameter, or the most that trading out can cost, `⌈spread / price⌉`, impact and fee, with the
/// largest bounty on top, since an owner may be the liquidator as well. The spread is that of a price just published: the caller
/// chooses how old it is.
pub(super) fn penalty_rate_ceil(market: &Ready<'_>, price: Price) -> Result<Ppm, EngineError> {
    let parameters = &market.parameters;
    let spread = mul_div_ceil(spread_at_age_ceil(market, 0)?.get(), PPM, price.get().max(1))?;
    let bounty = mul_div_ceil(parameters.penalty.wide(), parameters.bounty_share_max.wide(), PPM)?;
    let costs = [parameters.impact_limit.wide(), parameters.taker_fee.wide(), bounty];
    let trading = costs.iter().try_fold(spread, |sum, cost| sum.checked_add(*cost)).ok_or(EngineError::Overflow)?;
    u32::try_from(parameters.penalty.wide().max(trading).min(PPM)).map(Ppm::new).map_err(|_| EngineError::Overflow)
}

/// The largest `rate / MMF` of the account's positions, with the base margin fraction of their markets and the rate charged now, or
/// the market's own penalty where that is more. Below that part of equity in the margin a penalty takes all equity, and an account
/// liquidated piece by piece would get deeper and deeper. Of a hedge both sides pay it, on the margin that its credit leaves of one.
pub(super) fn shallowest_bounty_ceil(portfolio: &Portfolio<'_>, rate: Ppm) -> Result<Ppm, EngineError> {
    let open = portfolio.legs().filter(|(_, position, _)| !position.size.is_zero());
    let mut most = 0;
    for (_, position, market) in open {
        let mut maintenance = base_maintenance_floor(&market.parameters)?.wide().max(1);
        let mut rate = market.parameters.penalty.max(rate).wide();
        if position.size.side().is_some_and(|side| portfolio.is_hedged(side, market)) {
            let credited = PPM.checked_sub(market.parameters.group_credit.wide()).ok_or(EngineError::Overflow)?;
            maintenance = mul_div_floor(maintenance, credited, PPM)?.max(1);
            rate = rate.checked_mul(2).ok_or(EngineError::Overflow)?;
        }
        most = mul_div_ceil(rate, PPM, maintenance)?.min(PPM).max(most);
    }
    u32::try_from(most).map(Ppm::new).map_err(|_| EngineError::Overflow)
}

/// Bounty's share of the penalty: grows with the depth `1 − E / MM`, up to where the penalty takes all equity, because a share
/// that grew with time would reward waiting.
pub(super) fn bounty_share_floor(before: Health, shallowest: Ppm, parameters: &Parameters) -> Result<Ppm, EngineError> {
    let equity = before.equity.positive_part().min(before.margin);
    let depth = mul_div_floor(before.margin.checked_sub(equity)?.get(), PPM, before.margin.get().max(1))?;
    let depth = depth.min(PPM.checked_sub(shallowest.wide()).ok_or(EngineError::Overflow)?);
    let (low, high) = (parameters.bounty_share_min, parameters.bounty_share_max);
    let range = high.wide().checked_sub(low.wide()).ok_or(EngineError::Overflow)?;
    let share = low.wide().checked_add(mul_div_floor(range, depth, PPM)?).ok_or(EngineError::Overflow)?;
    u32::try_from(share).map(Ppm::new).map_err(|_| EngineError::Overflow)
}

/// What is charged for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Charge {
    /// Notional closed, rounded down.
    pub closed: Atoms,
    /// The rate of the penalty.
    pub rate: Ppm,
    /// The equity that the close found and left.
    pub most: Atoms,
}

/// Charges `⌊closed · rate⌋`, at most the equity that the close found and left. What the penalty's own parameter makes of it is
/// split into bounty, insurance and backing; the rest, in place of a spread, is the backing's. The penalty rounds down so that
/// a liquidation never leaves the account less healthy.
///
/// For the notional whose penalty the equity does not cover the caller gets [`least_bounty_floor`] of it, so that a close is
/// worth doing where nothing is left, and the bounty neither jumps nor rises there: the market's insurance pays it, then its
/// backing. By the notional not covered, it is the same for a whole close and for its pieces.
pub(super) fn charge_penalty(
    ledger: &mut Ledger,
    charge: Charge,
    share: Ppm,
    parameters: &Parameters,
) -> Result<Penalty, EngineError> {
    let nominal = share_floor(charge.closed, charge.rate)?;
    let charged = nominal.min(charge.most);
    let penalty = share_floor(charge.closed, parameters.penalty)?.min(charged);
    let collected = ledger.loss(charged)?;
    let earned = share_floor(penalty, share)?.min(collected);
    let nominal_backing = share_floor(penalty, parameters.backing_share)?;
    let nominal_insurance = penalty.saturating_sub(earned).saturating_sub(nominal_backing);
    let insurance = nominal_insurance.min(collected.checked_sub(earned)?);
    let backing = collected.checked_sub(earned)?.checked_sub(insurance)?;
    let market = &mut ledger.market;
    market.backing = market.backing.checked_sub(earned)?.checked_sub(insurance)?;
    market.insurance = market.insurance.checked_add(insurance)?;

    let uncovered = if charged == nominal && !nominal.is_zero() {
        Atoms::ZERO
    } else {
        let covered = mul_div_ceil(charged.get(), PPM, charge.rate.wide().max(1))?;
        charge.closed.saturating_sub(Atoms::new(covered))
    };
    let least = share_floor(uncovered, least_bounty_floor(parameters)?)?;
    let from_insurance = least.min(market.insurance);
    let from_backing = least.checked_sub(from_insurance)?.min(market.backing);
    market.insurance = market.insurance.checked_sub(from_insurance)?;
    market.backing = market.backing.checked_sub(from_backing)?;
    let added = from_insurance.checked_add(from_backing)?;

    let bounty = earned.checked_add(added)?;
    count(&mut ledger.counters.penalties, charged);
    count(&mut market.counters.bounties, bounty);
    count(&mut market.counters.penalties_to_insurance, insurance);
    count(&mut market.counters.penalties, backing);
    Ok(Penalty { charged, collected, bounty, insurance, backing, added })
}

/// What closing pays its caller where no penalty does: never more than the fee, less the protocol's share, that opening left, by
/// the smaller of both fees.
fn least_bounty_floor(parameters: &Parameters) -> Result<Ppm, EngineError> {
    let kept = PPM.checked_sub(parameters.protocol_share.wide()).ok_or(EngineError::Overflow)?;
    let fee = mul_div_floor(parameters.taker_fee_rebalancing.wide(), kept, PPM)?;
    u32::try_from(fee.min(LEAST_BOUNTY.wide())).map(Ppm::new).map_err(|_| EngineError::Overflow)
}

/// Charges for a settlement that a liquidation called for: a basis point of it, once in ten minutes, never so much that the
/// account would fall below its margin.
pub(super) fn charge_settlement(
    ledger: &mut Ledger,
    settled: Atoms,
    before: Health,
    now: Timestamp,
) -> Result<Penalty, EngineError> {
    if !pays_for_settlement(&ledger.position, now)? {
        return Ok(Penalty::default());
    }
    let spare = before.equity.checked_sub(before.margin.signed()?)?.positive_part();
    let bounty = share_floor(settled, SETTLEMENT_FEE)?.min(spare).min(ledger.balance);
    if !bounty.is_zero() {
        ledger.balance = ledger.balance.checked_sub(bounty)?;
        ledger.position.settlement_paid_at = now;
        count(&mut ledger.counters.penalties, bounty);
        count(&mut ledger.market.counters.bounties, bounty);
    }
    Ok(Penalty { charged: bounty, collected: bounty, bounty, ..Penalty::default() })
}
