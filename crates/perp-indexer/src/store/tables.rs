//! Rows that single events become.

use perp_client::events::Event;
use perp_engine::operations::position::LiquidationReason;
use perp_engine::state::RequestKind;
use perp_swap::events::ExecutionOutcome;
use sqlx::AnyConnection;

use super::rows::{row, Rows};
use super::StoreError;
use crate::facts::{moment, Fill};
use crate::place::Place;

/// Tables whose rows come from single events, emptied from a place on where a slot is abandoned.
pub(super) const TABLES: [&str; 8] =
    ["events", "followers", "moments", "fills", "liquidations", "transfers", "epochs", "liquidity"];

/// Rows on their way into those tables.
#[derive(Debug)]
pub(super) struct EventRows {
    moments: Rows,
    fills: Rows,
    liquidations: Rows,
    transfers: Rows,
    epochs: Rows,
    liquidity: Rows,
}

/// The name of a reason, as it is stored and shown.
fn reason(reason: LiquidationReason) -> &'static str {
    match reason {
        LiquidationReason::Price => "price",
        LiquidationReason::Funding => "funding",
        LiquidationReason::Volatility => "volatility",
        LiquidationReason::Unsettled => "unsettled",
        LiquidationReason::Settlement => "settlement",
    }
}

fn kind(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Deposit => "deposit",
        RequestKind::Withdrawal => "withdrawal",
    }
}

/// How the balance of a margin account changed without an order or a liquidation of its own.
struct Transfer {
    account: String,
    kind: &'static str,
    market: Option<u16>,
    amount: i64,
    before: u64,
    after: u64,
}

impl EventRows {
    pub(super) fn new() -> Self {
        Self {
            moments: Rows::new(
                "moments",
                &[
                    "place",
                    "market",
                    "sequence",
                    "time",
                    "price",
                    "funding_rate",
                    "long_funding_index",
                    "short_funding_index",
                    "long_open_interest",
                    "short_open_interest",
                    "funding_seconds",
                ],
            ),
            fills: Rows::new(
                "fills",
                &[
                    "place",
                    "market",
                    "time",
                    "account",
                    "owner",
                    "trader",
                    "order_number",
                    "index_price",
                    "size",
                    "notional",
                    "spread",
                    "impact",
                    "fee",
                    "realized",
                    "funding",
                    "size_before",
                    "size_after",
                ],
            ),
            liquidations: Rows::new(
                "liquidations",
                &[
                    "place",
                    "market",
                    "time",
                    "account",
                    "owner",
                    "liquidator",
                    "liquidator_account",
                    "reason",
                    "index_price",
                    "closed",
                    "notional",
                    "realized",
                    "funding",
                    "penalty",
                    "bounty",
                    "insurance",
                    "backing",
                    "added",
                    "size_before",
                    "size_after",
                    "equity_before",
                    "equity_after",
                    "maintenance_before",
                    "maintenance_after",
                ],
            ),
            transfers: Rows::new(
                "transfers",
                &["place", "account", "time", "kind", "market", "amount", "balance_before", "balance_after"],
            ),
            epochs: Rows::new(
                "epochs",
                &[
                    "place",
                    "boundary",
                    "time",
                    "lower",
                    "upper",
                    "unsettled",
                    "requests",
                    "deposits_accepted",
                    "withdrawals_accepted",
                    "deposited",
                    "issued",
                    "leaving",
                    "redeemed",
                    "paid",
                    "shares_before",
                    "shares_after",
                    "cash_after",
                    "settling_before",
                    "settling_after",
                ],
            ),
            liquidity: Rows::new(
                "liquidity",
                &["place", "time", "request", "owner", "step", "kind", "boundary", "tokens", "shares", "waiting"],
            ),
        }
    }

    /// Adds what the event becomes.
    pub(super) fn add(&mut self, place: Place, event: &Event) {
        let (number, time) = (place.number(), event.time());
        if let Some((market, moment)) = moment(event) {
            self.moments.push(row![
                number,
                market,
                moment.sequence,
                time,
                moment.index_price,
                moment.funding_rate,
                moment.long_funding_index,
                moment.short_funding_index,
                moment.long_open_interest,
                moment.short_open_interest,
                moment.funding_seconds
            ]);
        }
        for transfer in transfers(event) {
            self.transfers.push(row![
                number,
                transfer.account,
                time,
                transfer.kind,
                transfer.market.map(i64::from),
                transfer.amount,
                transfer.before,
                transfer.after
            ]);
        }
        if let Some(fill) = Fill::of(event) {
            self.fills.push(row![
                number,
                fill.market,
                time,
                fill.account.to_string(),
                fill.owner.to_string(),
                fill.trader.to_string(),
                fill.order.map(u64::cast_signed),
                fill.index_price,
                fill.size,
                fill.notional,
                fill.spread,
                fill.impact,
                fill.fee,
                fill.realized,
                fill.funding,
                fill.size_before,
                fill.size_after
            ]);
        }
        match event {
            Event::Liquidated(event) => self.liquidations.push(row![
                number,
                event.market_index,
                time,
                event.account.to_string(),
                event.owner.to_string(),
                event.liquidator.to_string(),
                event.liquidator_account.to_string(),
                reason(event.reason),
                event.state.index_price,
                event.closed,
                event.notional,
                event.realized,
                event.funding,
                event.penalty,
                event.bounty,
                event.insurance,
                event.backing,
                event.added,
                event.size_before,
                event.size_after,
                event.equity_before,
                event.equity_after,
                event.maintenance_before,
                event.maintenance_after
            ]),
            Event::EpochClosed(event) => self.epochs.push(row![
                number,
                event.boundary,
                time,
                event.lower,
                event.upper,
                event.unsettled,
                i64::from(event.requests),
                i64::from(event.deposits_accepted),
                i64::from(event.withdrawals_accepted),
                event.deposited,
                event.issued,
                event.leaving,
                event.redeemed,
                event.paid,
                event.shares_before,
                event.shares_after,
                event.pool_cash_after,
                event.settling_before,
                event.settling_after
            ]),
            Event::LiquidityRequested(event) => {
                let (tokens, shares) = match event.kind {
                    RequestKind::Deposit => (event.amount, 0),
                    RequestKind::Withdrawal => (0, event.amount),
                };
                self.liquidity.push(row![
                    number,
                    time,
                    event.request.to_string(),
                    event.owner.to_string(),
                    "requested",
                    kind(event.kind),
                    event.belongs_from,
                    tokens,
                    shares,
                    event.amount
                ]);
            }
            Event::LiquidityPaid(event) => self.liquidity.push(row![
                number,
                time,
                event.request.to_string(),
                event.owner.to_string(),
                "paid",
                kind(event.kind),
                event.boundary,
                event.tokens,
                event.shares,
                event.left
            ]),
            _ => {}
        }
    }

    /// Writes them all.
    pub(super) async fn write(&mut self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let Self { moments, fills, liquidations, transfers, epochs, liquidity } = self;
        for rows in [moments, fills, liquidations, transfers, epochs, liquidity] {
            rows.write(connection).await?;
        }
        Ok(())
    }
}

fn transfers(event: &Event) -> Vec<Transfer> {
    macro_rules! transfer {
        ($event:expr, $kind:literal, $market:expr) => {
            Transfer {
                account: $event.account.to_string(),
                kind: $kind,
                market: $market,
                amount: $event.balance_after.wrapping_sub($event.balance_before).cast_signed(),
                before: $event.balance_before,
                after: $event.balance_after,
            }
        };
    }
    match event {
        Event::Deposited(event) => vec![transfer!(event, "deposit", None)],
        Event::Withdrawn(event) => vec![transfer!(event, "withdrawal", None)],
        Event::FundingSettled(event) => vec![transfer!(event, "funding", Some(event.market_index))],
        Event::ProfitSettled(event) => {
            let settled = transfer!(event, "profit", Some(event.market_index));
            let reward = event.reward.as_ref().map(|reward| Transfer {
                account: reward.account.to_string(),
                kind: "reward",
                market: Some(event.market_index),
                amount: reward.amount.cast_signed(),
                before: reward.balance_before,
                after: reward.balance_after,
            });
            std::iter::once(settled).chain(reward).collect()
        }
        Event::ClaimRedeemed(event) => vec![transfer!(event, "claim", Some(event.market_index))],
        Event::ClaimWaived(event) => vec![transfer!(event, "claim_waived", Some(event.market_index))],
        Event::BankruptcyResolved(event) => vec![transfer!(event, "bankruptcy", Some(event.market_index))],
        Event::OrderExecuted(event) if event.outcome == ExecutionOutcome::Forfeited => {
            vec![transfer!(event, "forfeit", Some(event.market_index))]
        }
        Event::Liquidated(event) => vec![Transfer {
            account: event.liquidator_account.to_string(),
            kind: "bounty",
            market: Some(event.market_index),
            amount: event.bounty.cast_signed(),
            before: event.liquidator_balance_before,
            after: event.liquidator_balance_after,
        }],
        _ => Vec::new(),
    }
}
