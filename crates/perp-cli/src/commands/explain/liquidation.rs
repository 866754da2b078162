//! Liquidations and what no account could pay, number by number.

use perp_client::events::{BankruptcyResolved, ClaimRedeemed, Liquidated};
use perp_engine::operations::position::{LiquidationOrder, LiquidationPlan};
use perp_engine::state::Account;
use perp_engine::units::products::notional;
use perp_engine::units::{Atoms, Price, QuoteX40, SignedAtoms, Size};
use perp_exchange::Exchange;

use super::fill::found;
use super::line::{place, Line};
use super::replay::Known;
use crate::chain::Chain;
use crate::failure::Failure;
use crate::output::Cell;

/// Every number of a liquidation.
///
/// # Errors
/// [`Failure`] where the events contradict each other.
pub fn liquidated(chain: &Chain, before: &Known, it: &Liquidated) -> Result<Vec<Line>, Failure> {
    let (units, decimals) = (chain.units(it.market_index), chain.decimals());
    let atoms = |amount: u64| Cell::Atoms(amount.into(), decimals);
    let signed = |amount: i64| Cell::Atoms(amount.into(), decimals);
    let price = Price::new(it.state.index_price);
    let mut ledger = before.ledger(it.market_index, &it.state, it.balance_before);
    let funding = ledger.settle()?.funding;
    let realized = if it.closed == 0 {
        SignedAtoms::new(it.realized)
    } else {
        ledger.reduce(Size::new(it.closed), QuoteX40::new(it.notional))?
    };
    if it.closed == 0 {
        ledger.shift_entry(realized)?;
    }
    ledger.loss(Atoms::new(it.penalty))?;
    ledger.repay_debt()?;
    let is_cash = !before.owes && it.redeemed == 0 && it.repaid == 0;
    let balance = is_cash.then(|| Cell::atoms(ledger.balance, decimals));
    let plan = planned(chain, before, it);
    let with = |number: &dyn Fn(&LiquidationPlan) -> Cell| plan.as_ref().map(number);
    let collected =
        it.bounty.checked_sub(it.added).and_then(|earned| earned.checked_add(it.insurance)?.checked_add(it.backing));
    let balanced = match collected {
        // What of the penalty was not collected in cash is debt, or was set off against a claim.
        Some(collected) if collected <= it.penalty => atoms(it.penalty),
        _ => Cell::None,
    };
    Ok(vec![
        Line::told(
            "reason",
            Cell::text(format!("{:?}", it.reason).to_lowercase()),
            "the first that holds",
            place::WHEN,
        ),
        Line::if_known(
            "equity before",
            signed(it.equity_before),
            with(&|plan| Cell::signed_atoms(plan.before.equity, decimals)),
            "balance and every leg at its better end",
            place::EQUITY,
        ),
        Line::if_known(
            "required before",
            atoms(it.maintenance_before),
            with(&|plan| Cell::atoms(plan.before.margin, decimals)),
            "maintenance margins, less what markets owe beyond their cash",
            place::WHEN,
        ),
        Line::compared(
            "below what is required",
            Cell::Flag(true),
            Cell::Flag(is_due(it)),
            "equity < required, or settled, or the market has ended",
            place::WHEN,
        ),
        Line::if_known(
            "closed",
            Cell::Size(i64::try_from(it.closed).unwrap_or(i64::MAX), units),
            with(&|plan| Cell::size(plan.closed, units)),
            "what restores (1 + buffer) · margin, at most what was asked for",
            place::HOW_MUCH,
        ),
        Line::compared(
            "notional",
            Cell::Exact(it.notional, decimals),
            notional(Size::new(it.closed), price).map_or(Cell::None, |notional| Cell::exact(notional, decimals)),
            "closed · index: no spread, no impact, no fee",
            place::HOW_MUCH,
        ),
        Line::compared(
            "funding",
            signed(it.funding),
            Cell::signed_atoms(funding, decimals),
            "−size · (index now − index at the last settlement)",
            place::FUNDING,
        ),
        Line::compared(
            "realized",
            signed(it.realized),
            Cell::signed_atoms(realized, decimals),
            "⌊what the closed part fetched − ⌊entry · closed / size⌋⌋",
            place::POSITION,
        ),
        Line::if_known(
            "penalty",
            atoms(it.penalty),
            with(&|plan| Cell::atoms(plan.penalty.charged, decimals)),
            "closed · rate, at most the equity that is left",
            place::PENALTY,
        ),
        Line::compared(
            "penalty, in its parts",
            atoms(it.penalty),
            balanced,
            "bounty − added + insurance + backing, and what is debt",
            place::PENALTY,
        ),
        Line::if_known(
            "bounty",
            atoms(it.bounty),
            with(&|plan| Cell::atoms(plan.penalty.bounty, decimals)),
            "penalty · share by depth, and what the market adds",
            place::PENALTY,
        ),
        Line::if_known(
            "to the insurance",
            atoms(it.insurance),
            with(&|plan| Cell::atoms(plan.penalty.insurance, decimals)),
            "what bounty and backing leave",
            place::PENALTY,
        ),
        Line::if_known(
            "to the backing",
            atoms(it.backing),
            with(&|plan| Cell::atoms(plan.penalty.backing, decimals)),
            "penalty · backing_share, and what is beyond the penalty rate",
            place::PENALTY,
        ),
        Line::if_known(
            "balance after",
            atoms(it.balance_after),
            balance,
            "balance + funding + realized − penalty",
            place::LEDGER,
        ),
        Line::if_known(
            "equity after",
            signed(it.equity_after),
            with(&|plan| Cell::signed_atoms(plan.after.equity, decimals)),
            "as before, with the rest of the position",
            place::EQUITY,
        ),
        Line::compared(
            "liquidator's balance after",
            atoms(it.liquidator_balance_after),
            it.liquidator_balance_before.checked_add(it.bounty).map_or(Cell::None, atoms),
            "balance + bounty",
            place::LEDGER,
        ),
    ])
}

/// Whether what the event tells allows it.
fn is_due(it: &Liquidated) -> bool {
    use perp_engine::operations::position::LiquidationReason;
    let below = i128::from(it.equity_before) < i128::from(it.maintenance_before);
    below || matches!(it.reason, LiquidationReason::Unsettled | LiquidationReason::Settlement)
}

/// The engine's whole plan, on what the events tell of the account and its market. None where more than that decided: other positions,
/// prices of other seconds, a margin that follows measured volatility, a smaller size that was asked for.
///
/// The spread of then, which raises the rate of the penalty, is told by no event: it is the least with which the penalty is as told, and
/// everything else follows from it.
fn planned(chain: &Chain, before: &Known, it: &Liquidated) -> Option<LiquidationPlan> {
    let mut market = found(
        chain,
        it.market_index,
        &it.state,
        (it.size_before, it.size_after),
        Price::new(it.state.index_price),
        it.time,
    )?;
    let position = *before.positions.get(&it.market_index)?;
    if before.positions.len() > 1 {
        return None;
    }
    let now = perp_engine::units::Timestamp::new(it.time);
    let listed = &chain.markets.get(usize::from(it.market_index))?.state;
    market.averages.measured_margin = listed.averages.measured_margin;
    market.recent.record(market.price.price, now);
    market.ledger = perp_engine::state::MarketLedger {
        sides: before.ledger(it.market_index, &it.state, it.balance_before).market.sides,
        funding_time: now,
        funding_rate: it.state.funding_rate,
        backing: Atoms::new(1 << 60),
        insurance: Atoms::new(1 << 60),
        claim_factor: perp_engine::market::claims::FULL_CLAIM_FACTOR,
        ..market.ledger
    };
    let mut account = Account::opened(None);
    account.balance = Atoms::new(it.balance_before);
    account.positions[0] = perp_engine::state::Position { occupied: 1, market: it.market_index, ..position };
    let clock = perp_engine::units::Clock { now, slot: u64::MAX };
    // The clock of then, nothing restricted, and this one market.
    let mut exchange = Exchange::new(chain.exchange().pool.parameters, chain.decimals(), clock).ok()?;
    let nobody = Account::opened(None);
    let mut plan_with = |confidence: u64, max_size: u64| {
        market.price.confidence = Price::new(confidence);
        exchange.put_market(market);
        let order = LiquidationOrder { max_size: Size::new(max_size), min_bounty: Atoms::ZERO };
        let plan = exchange.preview_liquidation(&account, &nobody, it.market_index, &order, None).ok()?.plan;
        let same = plan.before.equity.get() == it.equity_before && plan.before.margin.get() == it.maintenance_before;
        same.then_some(plan)
    };
    [u64::MAX, it.closed].into_iter().find_map(|max_size| {
        // A higher rate closes more as well as it charges more.
        let falls_short =
            |plan: &LiquidationPlan| (plan.penalty.charged.get(), plan.closed.get()) < (it.penalty, it.closed);
        // The widest confidence that is looked at is the price itself.
        let (mut least, mut most) = (0, it.state.index_price);
        while least < most {
            let middle = u64::midpoint(least, most);
            if falls_short(&plan_with(middle, max_size)?) {
                least = middle.saturating_add(1);
            } else {
                most = middle;
            }
        }
        plan_with(least, max_size).filter(|plan| plan.closed.get() == it.closed)
    })
}

/// Every number of a bankruptcy: the four ways of paying add up to the debt.
pub fn bankruptcy(chain: &Chain, it: &BankruptcyResolved) -> Vec<Line> {
    let decimals = chain.decimals();
    let atoms = |amount: u64| Cell::Atoms(amount.into(), decimals);
    let by_balance = it.debt.min(it.balance_before);
    let after_balance = it.debt.saturating_sub(it.paid_by_balance);
    let by_insurance = after_balance.min(it.insurance_before);
    let after_insurance = after_balance.saturating_sub(it.paid_by_insurance);
    let rest = after_insurance.saturating_sub(it.paid_by_shared_insurance);
    vec![
        Line::compared(
            "paid by balance",
            atoms(it.paid_by_balance),
            atoms(by_balance),
            "first, as far as it goes",
            place::LOSS_ENDS,
        ),
        Line::compared(
            "paid by insurance",
            atoms(it.paid_by_insurance),
            atoms(by_insurance),
            "then the market's own, as far as it goes",
            place::LOSS_ENDS,
        ),
        Line::told(
            "paid by shared insurance",
            atoms(it.paid_by_shared_insurance),
            "then the shared one, within the market's limit for life and the window",
            place::LOSS_ENDS,
        ),
        Line::compared("written off", atoms(it.written_off), atoms(rest), "what nobody has paid", place::LOSS_ENDS),
        Line::told(
            "recoverable",
            atoms(it.recoverable),
            "what others paid, owed out of later claims",
            place::LOSS_ENDS,
        ),
        Line::compared(
            "insurance after",
            atoms(it.insurance_after),
            it.insurance_before.checked_sub(it.paid_by_insurance).map_or(Cell::None, atoms),
            "insurance − what it paid",
            place::LEDGER,
        ),
        Line::compared(
            "shared insurance after",
            atoms(it.shared_insurance_after),
            it.shared_insurance_before.checked_sub(it.paid_by_shared_insurance).map_or(Cell::None, atoms),
            "shared insurance − what it paid",
            place::LEDGER,
        ),
    ]
}

/// Every number of a claim that was paid.
pub fn redeemed(chain: &Chain, it: &ClaimRedeemed) -> Vec<Line> {
    let decimals = chain.decimals();
    let atoms = |amount: u64| Cell::Atoms(amount.into(), decimals);
    vec![
        Line::told("redeemed", atoms(it.redeemed), "claim − ⌈claim · P / P_i⌉", place::CLAIMS),
        Line::told("left", atoms(it.left), "⌈claim · P / P_i⌉", place::CLAIMS),
        Line::compared(
            "balance after",
            atoms(it.balance_after),
            it.balance_before.checked_add(it.redeemed).map_or(Cell::None, atoms),
            "balance + redeemed",
            place::LEDGER,
        ),
    ]
}
