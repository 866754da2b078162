//! How much margin is demanded: against open interest, against the size of a position, and on a crash day.

use crate::chart::{Axis, Corner, Figure, Line, Panel};
use crate::crash::{visible, Crash};
use crate::market::{between, exchange, size, CAP, MARKET, PRICE};
use anyhow::Result;
use perp_engine::fixtures::{thin_parameters, USDC};
use perp_engine::market::measured_margin::measured_margin_ceil;
use perp_engine::risk::margin::{initial_margin_ceil, maintenance_margin_ceil};
use perp_engine::state::Market;
use perp_engine::units::{Atoms, Side};

fn atoms(dollars: f64) -> Atoms {
    Atoms::new((dollars * USDC as f64).round() as u64)
}

/// Initial and maintenance margin of a position worth so many dollars, in percent of that.
fn margins(market: &Market, notional: f64) -> Result<(f64, f64)> {
    let (value, measured) = (atoms(notional), measured_margin_ceil(market)?);
    let initial = initial_margin_ceil(value, measured, &market.ledger, &market.parameters)?;
    let maintenance = maintenance_margin_ceil(value, measured, &market.parameters)?.margin;
    let share = |margin: Atoms| margin.get() as f64 / value.get() as f64 * 100.0;
    Ok((share(initial), share(maintenance)))
}

/// Two lines of what the same inputs demand.
fn both(points: impl Iterator<Item = Result<(f64, (f64, f64))>>) -> Result<Vec<Line>> {
    let points = points.collect::<Result<Vec<_>>>()?;
    Ok(vec![
        Line {
            label: "initial margin".into(),
            points: points.iter().map(|(x, (initial, _))| (*x, *initial)).collect(),
        },
        Line {
            label: "maintenance margin".into(),
            points: points.iter().map(|(x, (_, maintenance))| (*x, *maintenance)).collect(),
        },
    ])
}

/// Margin against open interest, and in a thin market against the size of the position.
pub fn by_size() -> Result<Figure> {
    let market = *exchange()?.market(MARKET)?;
    let by_interest = both(between(0.0, 100.0, 100).map(|of_cap| {
        let mut held = market;
        held.ledger.side_mut(Side::Long).open_interest = size(of_cap / 100.0 * CAP as f64);
        Ok((of_cap, margins(&held, 10_000.0)?))
    }))?;
    let mut thin = market;
    thin.parameters = thin_parameters();
    let by_notional =
        both(between(0.0, 500.0, 100).skip(1).map(|thousands| Ok((thousands, margins(&thin, thousands * 1e3)?))))?;
    Ok(Figure {
        name: "margin",
        description: "Initial and maintenance margin against open interest and against the size of a position",
        panels: vec![
            Panel {
                title: "SOL-PERP, a position of any size",
                x: Axis { label: "larger side's open interest, % of the cap", from: 0.0, to: 100.0, places: 0 },
                y: Axis { label: "margin, % of the notional", from: 0.0, to: 60.0, places: 0 },
                lines: by_interest,
                legend: Corner::TopLeft,
            },
            Panel {
                title: "A thin market with a size premium",
                x: Axis { label: "notional of the position, thousands of dollars", from: 0.0, to: 500.0, places: 0 },
                y: Axis { label: "margin, % of the notional", from: 0.0, to: 80.0, places: 0 },
                lines: by_notional,
                legend: Corner::TopLeft,
            },
        ],
    })
}

/// Margin while the market measures a crash.
pub fn in_a_crash() -> Result<Figure> {
    let mut crash = Crash::new()?;
    let (mut prices, mut margin) = (Vec::new(), Vec::new());
    while let Some(price) = crash.next_price()? {
        let market = crash.exchange.market(MARKET)?;
        prices.push((crash.hours(), price / PRICE * 100.0));
        margin.push(Ok((crash.hours(), margins(market, 10_000.0)?)));
    }
    let x = || Axis { label: "hours", from: 0.0, to: Crash::HOURS, places: 0 };
    Ok(Figure {
        name: "margin-in-a-crash",
        description: "Initial and maintenance margin through the crash of 18 April 2021",
        panels: vec![
            Panel {
                title: "The price, as Bitcoin's on 17 and 18 April 2021",
                x: x(),
                y: Axis { label: "% of where it begins", from: 80.0, to: 105.0, places: 0 },
                lines: vec![Line { label: String::new(), points: visible(&prices) }],
                legend: Corner::TopRight,
            },
            Panel {
                title: "What SOL-PERP demands meanwhile",
                x: x(),
                y: Axis { label: "margin, % of the notional", from: 0.0, to: 22.0, places: 0 },
                lines: both(margin.into_iter())?
                    .into_iter()
                    .map(|Line { label, points }| Line { label, points: visible(&points) })
                    .collect(),
                legend: Corner::TopLeft,
            },
        ],
    })
}
