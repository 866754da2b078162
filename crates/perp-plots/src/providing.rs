//! What becomes of a provider's shares in a crash, by how one-sided the traders are.

use crate::chart::{Axis, Corner, Figure, Line, Panel};
use crate::crash::Crash;
use crate::market::{trader, MARKET, PRICE};
use anyhow::Result;
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::units::{Atoms, Size};
use perp_exchange::Refusal;

/// Prices after which everybody is settled, as keepers do before a boundary, and the pool is valued.
const PRICES_IN_FIVE_MINUTES: u32 = 20;
const ALL: LiquidationOrder = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
/// Notional of each trader's position, in dollars.
const NOTIONAL: f64 = 500_000.0;
/// What the positions are leveraged by, five after the other: the more is open, the more margin is demanded.
const LEVERAGES: [u64; 4] = [12, 8, 5, 4];

/// The pool's worth through the crash, to whoever would leave, in percent of what it was before anybody traded.
fn worth(longs: usize, shorts: usize) -> Result<Vec<(f64, f64)>> {
    let mut crash = Crash::new()?;
    let keeper = crash.exchange.open_account(None)?;
    let before = crash.exchange.pool_value()?.lower.get() as f64;
    crash.next_price()?;
    let mut accounts = Vec::new();
    for number in 0..longs.max(shorts) {
        let margin = NOTIONAL as u64 / LEVERAGES[number / 5];
        for (sign, count) in [(1.0, longs), (-1.0, shorts)] {
            if number < count {
                accounts.push(trader(&mut crash.exchange, margin, sign * NOTIONAL / PRICE)?);
            }
        }
    }
    let mut points = vec![(0.0, 100.0)];
    let mut prices = 0;
    while crash.next_price()?.is_some() {
        for account in &accounts {
            refusable(crash.exchange.liquidate(keeper, *account, MARKET, &ALL, None))?;
        }
        prices += 1;
        if prices % PRICES_IN_FIVE_MINUTES == 0 {
            for account in &accounts {
                refusable(crash.exchange.settle_pnl(*account, MARKET, None, None))?;
            }
            let worth = crash.exchange.pool_value()?.lower.get() as f64;
            points.push((crash.hours(), worth / before * 100.0));
        }
    }
    Ok(points)
}

/// What the rules refuse is not done; anything else is an error.
fn refusable<T>(done: Result<T, Refusal>) -> Result<()> {
    match done {
        Ok(_) | Err(Refusal::Rule(_)) => Ok(()),
        Err(missing) => Err(missing.into()),
    }
}

/// A share's worth through the crash.
pub fn in_a_crash() -> Result<Figure> {
    let line = |label: &str, longs, shorts| -> Result<Line> {
        Ok(Line { label: label.into(), points: worth(longs, shorts)? })
    };
    Ok(Figure {
        name: "providing-in-a-crash",
        description: "What a share of the pool is worth through the crash of 18 April 2021, by who trades",
        panels: vec![Panel {
            title: "A share while the price goes as Bitcoin's on 17 and 18 April 2021",
            x: Axis { label: "hours", from: 0.0, to: Crash::HOURS, places: 0 },
            y: Axis { label: "worth of a share, % of where it begins", from: 70.0, to: 130.0, places: 0 },
            lines: vec![
                line("$10 million long", 20, 0)?,
                line("$10 million long, $5 million short", 20, 10)?,
                line("$10 million each", 20, 20)?,
                line("$5 million long, $10 million short", 10, 20)?,
                line("$10 million short", 0, 20)?,
            ],
            legend: Corner::TopLeft,
        }],
    })
}
