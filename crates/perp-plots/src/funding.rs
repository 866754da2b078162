//! What holding a position costs: the funding rate while the market stays one-sided, and funding with carry over days.

use crate::chart::{Axis, Corner, Figure, Line, Panel};
use crate::market::{dollars, exchange, publish, size, wait, CAP, MARKET, PRICE};
use anyhow::Result;
use perp_engine::fixtures::{set_side, usdc};
use perp_engine::risk::margin::unsettled_funding_owed;
use perp_engine::state::{Position, RATE_BITS};
use perp_engine::units::{QuoteX40, Side};
use perp_exchange::Exchange;

/// Seconds from one price to the next: less than the oldest price that funding accrues at.
const STEP: u32 = 30;
const STEPS_AN_HOUR: u32 = 3_600 / STEP;

/// The market with so much held long and so much short, in percent of the cap, all entered at the price.
fn held(long: f64, short: f64) -> Result<Exchange> {
    let mut exchange = exchange()?;
    hold(&mut exchange, long, short)?;
    Ok(exchange)
}

fn hold(exchange: &mut Exchange, long: f64, short: f64) -> Result<()> {
    let mut market = *exchange.market(MARKET)?;
    for (side, of_cap) in [(Side::Long, long), (Side::Short, short)] {
        let held = of_cap / 100.0 * CAP as f64;
        set_side(&mut market, side, size(held).get(), usdc((held * PRICE) as u64).get());
        let totals = market.ledger.side_mut(side);
        totals.mean_interest = totals.open_interest;
    }
    exchange.put_market(market);
    Ok(())
}

/// Hours pass, and the oracle prints the same price throughout.
fn pass(exchange: &mut Exchange, steps: u32) -> Result<()> {
    for _ in 0..steps {
        wait(exchange, STEP)?;
        publish(exchange, PRICE)?;
    }
    Ok(())
}

/// The rate, in percent an hour; positive where longs pay.
fn rate(exchange: &Exchange) -> Result<f64> {
    let rate = exchange.market(MARKET)?.ledger.funding_rate;
    Ok(rate as f64 / (1u64 << RATE_BITS) as f64 * 3_600.0 * 100.0)
}

/// The funding rate over hours of a skew that persists and then is gone.
pub fn rate_by_time() -> Result<Figure> {
    const HELD_FOR: u32 = 24;
    let line = |skew: f64| -> Result<Line> {
        let mut exchange = held(skew, 0.0)?;
        let mut points = vec![(0.0, rate(&exchange)?)];
        for quarter in 1..=48 * 4u32 {
            if quarter == HELD_FOR * 4 + 1 {
                hold(&mut exchange, skew, skew)?;
            }
            pass(&mut exchange, STEPS_AN_HOUR / 4)?;
            points.push((f64::from(quarter) / 4.0, rate(&exchange)?));
        }
        Ok(Line { label: format!("{skew:.0} % of the cap"), points })
    };
    Ok(Figure {
        name: "funding-rate",
        description: "The funding rate while a skew persists for a day, and after it is gone",
        panels: vec![Panel {
            title: "Longs beyond shorts for 24 hours, then as many shorts",
            x: Axis { label: "hours", from: 0.0, to: 48.0, places: 0 },
            y: Axis { label: "funding rate, % an hour", from: 0.0, to: 0.12, places: 2 },
            lines: vec![line(80.0)?, line(40.0)?, line(20.0)?, line(10.0)?, line(5.0)?],
            legend: Corner::TopRight,
        }],
    })
}

/// What a long owes for having held one percent of the cap since the beginning, in percent of its notional.
fn owed(exchange: &Exchange, side: Side, since: &Exchange) -> Result<f64> {
    let base = size(CAP as f64 / 100.0).on(side)?;
    let entered = since.market(MARKET)?.ledger.side(side).funding_index;
    let position = Position { size: base, funding_index: entered, ..Position::empty_in(MARKET) };
    let owed: QuoteX40 = unsettled_funding_owed(&position, &exchange.market(MARKET)?.ledger)?;
    Ok(dollars(owed) / (CAP as f64 / 100.0 * PRICE) * 100.0)
}

/// What holding a long costs over days, funding and carry together.
pub fn holding_cost() -> Result<Figure> {
    const DAYS: u32 = 7;
    let line = |label: &str, long: f64, short: f64| -> Result<Line> {
        let start = held(long, short)?;
        let mut exchange = start.clone();
        let mut points = vec![(0.0, 0.0)];
        for sixth in 1..=DAYS * 6 {
            pass(&mut exchange, STEPS_AN_HOUR * 4)?;
            points.push((f64::from(sixth) / 6.0, owed(&exchange, Side::Long, &start)?));
        }
        Ok(Line { label: label.into(), points })
    };
    let panel = |title, y, lines, legend| Panel {
        title,
        x: Axis { label: "days", from: 0.0, to: f64::from(DAYS), places: 0 },
        y,
        lines,
        legend,
    };
    Ok(Figure {
        name: "holding-cost",
        description: "What holding a long costs over a week, by how the market is held",
        panels: vec![
            panel(
                "As many longs as shorts: carry alone",
                Axis { label: "cost, % of the notional", from: 0.0, to: 1.0, places: 1 },
                vec![
                    line("all of the cap held", 100.0, 100.0)?,
                    line("75 %", 75.0, 75.0)?,
                    line("50 %", 50.0, 50.0)?,
                    line("25 %", 25.0, 25.0)?,
                ],
                Corner::TopLeft,
            ),
            panel(
                "One-sided all week, half of the cap long",
                Axis { label: "cost, % of the notional", from: -16.0, to: 18.0, places: 0 },
                vec![
                    line("no short", 50.0, 0.0)?,
                    line("30 % short", 50.0, 30.0)?,
                    line("45 % short", 50.0, 45.0)?,
                    line("60 % short", 50.0, 60.0)?,
                    line("75 % short", 50.0, 75.0)?,
                ],
                Corner::TopLeft,
            ),
        ],
    })
}
