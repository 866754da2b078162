//! Where an account is liquidated, how much of it is closed then, and who is paid what.

use crate::chart::{Axis, Corner, Figure, Line, Panel};
use crate::market::{between, dollars, exchange, price, publish, trader, MARKET, PRICE};
use anyhow::{anyhow, Result};
use perp_engine::operations::position::{LiquidationOrder, LiquidationPlan};
use perp_engine::units::{Atoms, Size};
use perp_exchange::{Exchange, Refusal};

/// Notional of the positions, in dollars.
const NOTIONAL: f64 = 100_000.0;
const ALL: LiquidationOrder = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };

/// An account of so many dollars with one position, long or short, and an empty one that liquidates it.
fn leveraged(leverage: f64, sign: f64) -> Result<(Exchange, usize, usize)> {
    let mut exchange = exchange()?;
    let keeper = exchange.open_account(None)?;
    // What the order costs comes on top, so that the leverage is that of the position once it is there.
    let account = trader(&mut exchange, 2 * NOTIONAL as u64, sign * NOTIONAL / PRICE)?;
    let mut state = *exchange.account(account)?;
    let health = exchange.health(&state)?.maintenance;
    let wanted = (NOTIONAL / leverage * 1e6) as i64;
    let equity = health.equity.get();
    let balance = state.balance.get() as i64 + wanted - equity;
    state.balance = Atoms::new(u64::try_from(balance).map_err(|_| anyhow!("{leverage}x is beyond any balance"))?);
    exchange.put_account(account, state)?;
    Ok((exchange, account, keeper))
}

/// How far the price must move before an account is liquidated, against its leverage.
pub fn price_by_leverage() -> Result<Figure> {
    let line = |label: &str, sign: f64| -> Result<Line> {
        let mut points = Vec::new();
        for leverage in between(2.0, 25.0, 92) {
            let (exchange, account, _) = leveraged(leverage, sign)?;
            let at = exchange.liquidation_price(exchange.account(account)?, MARKET)?;
            if let Some(at) = at {
                points.push((leverage, (price(at) / PRICE - 1.0) * 100.0));
            }
        }
        Ok(Line { label: label.into(), points })
    };
    Ok(Figure {
        name: "liquidation-price",
        description: "How far the price must move before an account is liquidated, against its leverage",
        panels: vec![Panel {
            title: "How far the price must move until the account is liquidated",
            x: Axis { label: "leverage: notional to equity", from: 0.0, to: 25.0, places: 0 },
            y: Axis { label: "move of the price, %", from: -50.0, to: 50.0, places: 0 },
            lines: vec![line("short", -1.0)?, line("long", 1.0)?],
            legend: Corner::TopRight,
        }],
    })
}

/// The plan of liquidating a long whose equity is so much of its maintenance margin, in percent.
fn liquidated(depth: f64) -> Result<Option<LiquidationPlan>> {
    let (mut exchange, account, keeper) = leveraged(10.0, 1.0)?;
    // What the maintenance margin leaves is taken from the balance: the price stays where it is.
    publish(&mut exchange, PRICE)?;
    let mut state = *exchange.account(account)?;
    let health = exchange.health(&state)?.maintenance;
    let wanted = (health.margin.get() as f64 * depth / 100.0).floor() as i64;
    let balance = state.balance.get() as i64 + wanted - health.equity.get();
    let Ok(balance) = u64::try_from(balance) else { return Ok(None) };
    state.balance = Atoms::new(balance);
    exchange.put_account(account, state)?;
    let liquidator = *exchange.account(keeper)?;
    match exchange.preview_liquidation(&state, &liquidator, MARKET, &ALL, None) {
        Ok(after) => Ok(Some(after.plan)),
        Err(Refusal::Rule(_)) => Ok(None),
        Err(missing) => Err(missing.into()),
    }
}

/// How much of a position is closed and what that costs, against how deep the account is.
pub fn by_depth() -> Result<Figure> {
    let mut plans = Vec::new();
    for depth in between(0.0, 100.0, 200) {
        if let Some(plan) = liquidated(depth)? {
            plans.push((depth, plan));
        }
    }
    let usd = |atoms: Atoms| atoms.get() as f64 / 1e6;
    let line = |label: &str, of: &dyn Fn(&LiquidationPlan) -> f64| Line {
        label: label.into(),
        points: plans.iter().map(|(depth, plan)| (*depth, of(plan))).collect(),
    };
    let x = || Axis { label: "equity, % of the maintenance margin", from: 0.0, to: 100.0, places: 0 };
    Ok(Figure {
        name: "liquidation",
        description: "How much of a position a liquidation closes and what it costs, against how deep the account is",
        panels: vec![
            Panel {
                title: "How much of a long of $100 000 is closed",
                x: x(),
                y: Axis { label: "% of the position", from: 0.0, to: 110.0, places: 0 },
                lines: vec![line("", &|plan| dollars(plan.notional) / NOTIONAL * 100.0)],
                legend: Corner::TopRight,
            },
            Panel {
                title: "What it costs, and who gets it",
                x: x(),
                y: Axis { label: "dollars", from: 0.0, to: 1_100.0, places: 0 },
                lines: vec![
                    line("penalty", &|plan| usd(plan.penalty.charged)),
                    line("to the liquidator", &|plan| usd(plan.penalty.bounty)),
                    line("to insurance", &|plan| usd(plan.penalty.insurance)),
                    line("to providers", &|plan| usd(plan.penalty.backing)),
                ],
                legend: Corner::TopRight,
            },
        ],
    })
}
