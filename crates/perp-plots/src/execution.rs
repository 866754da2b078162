//! What an order costs: against how one-sided the market is, by its parts, and the spread.

use crate::chart::{Axis, Corner, Figure, Line, Panel};
use crate::market::{between, dollars, exchange, price, publish, reading, size, sol, CAP, MARKET, PRICE};
use anyhow::Result;
use perp_engine::market::fill::{quote, Fill};
use perp_engine::market::price::{reference_time, spread_ceil};
use perp_engine::state::Market;
use perp_engine::units::{Ppm, Side};
use perp_exchange::Exchange;

/// The market with its first price, and nobody in it.
fn market(exchange: &Exchange) -> Result<Market> {
    Ok(*exchange.market(MARKET)?)
}

/// The market with so much more held long than short, in percent of the cap, and its price just published.
fn one_sided(market: &Market, skew: f64) -> Market {
    let mut market = *market;
    let side = if skew < 0.0 { Side::Short } else { Side::Long };
    market.ledger.side_mut(side).open_interest = size(skew.abs() / 100.0 * CAP as f64);
    market
}

fn filled(exchange: &Exchange, market: &Market, notional: f64) -> Result<Fill> {
    let reference = reference_time(exchange.clock, [market]);
    Ok(quote(market, sol(notional / PRICE), reference)?)
}

/// Basis points of the order's notional.
fn basis_points(part: f64, fill: &Fill) -> f64 {
    part / dollars(fill.index_notional) * 1e4
}

/// Average price of orders against the market's skew.
pub fn price_by_skew() -> Result<Figure> {
    let exchange = exchange()?;
    let market = market(&exchange)?;
    let line = |label: &str, notional: f64| -> Result<Line> {
        let sign = notional.signum();
        let points = between(-100.0, 100.0, 80).map(|skew| {
            let fill = filled(&exchange, &one_sided(&market, skew), notional)?;
            Ok((skew, sign * basis_points(dollars(fill.charge), &fill)))
        });
        Ok(Line { label: label.into(), points: points.collect::<Result<_>>()? })
    };
    let lines = vec![
        line("buy of $10 000", 10_000.0)?,
        line("buy of $2 500 000", 2_500_000.0)?,
        line("sale of $10 000", -10_000.0)?,
        line("sale of $2 500 000", -2_500_000.0)?,
    ];
    Ok(Figure {
        name: "price-by-skew",
        description: "Average price of an order against how one-sided the market is before it",
        panels: vec![Panel {
            title: "Average price of an order, without the fee",
            x: Axis { label: "long less short before the order, % of the cap", from: -100.0, to: 100.0, places: 0 },
            y: Axis { label: "from the index, basis points", from: -60.0, to: 60.0, places: 0 },
            lines,
            legend: Corner::TopLeft,
        }],
    })
}

/// Spread, impact and fee of a buy against its size, in a balanced market and in one that it balances.
pub fn cost_by_size() -> Result<Figure> {
    let exchange = exchange()?;
    let market = market(&exchange)?;
    let panel = |title, skew: f64| -> Result<Panel> {
        let market = one_sided(&market, skew);
        let part = |label: &str, of: fn(&Fill) -> f64| -> Result<Line> {
            let points = between(0.0, 25.0, 100).skip(1).map(|millions| {
                let fill = filled(&exchange, &market, millions * 1e6)?;
                Ok((millions, basis_points(of(&fill), &fill)))
            });
            Ok(Line { label: label.into(), points: points.collect::<Result<_>>()? })
        };
        Ok(Panel {
            title,
            x: Axis { label: "size of the buy, millions of dollars", from: 0.0, to: 25.0, places: 0 },
            y: Axis { label: "cost, basis points of the notional", from: 0.0, to: 40.0, places: 0 },
            lines: vec![
                part("all of it", |fill| dollars(fill.charge) + fill.fee.get() as f64 / 1e6)?,
                part("impact", |fill| dollars(fill.charge) - dollars(fill.spread))?,
                part("spread", |fill| dollars(fill.spread))?,
                part("fee", |fill| fill.fee.get() as f64 / 1e6)?,
            ],
            legend: Corner::TopLeft,
        })
    };
    Ok(Figure {
        name: "cost-by-size",
        description: "Cost of a buy by its parts against its size",
        panels: vec![panel("Balanced before it", 0.0)?, panel("Half of the cap short before it", -50.0)?],
    })
}

/// The spread against the confidence interval, and against measured volatility.
pub fn spread() -> Result<Figure> {
    let exchange = exchange()?;
    let market = market(&exchange)?;
    let spread_of = |market: &Market, age: u32| -> Result<f64> {
        let mut later = exchange.clone();
        later.wait(age, 0)?;
        Ok(price(spread_ceil(market, reference_time(later.clock, [market]))?) / price(market.price.price) * 1e4)
    };
    let by_confidence = |age: u32| -> Result<Line> {
        let points = between(0.0, 50.0, 50).map(|confidence| {
            let mut with = *exchange.market(MARKET)?;
            with.price = Default::default();
            let reading = reading(PRICE, confidence, exchange.clock.now.get())?;
            with.refresh(Some(&reading), &exchange.session())?;
            Ok((confidence, spread_of(&with, age)?))
        });
        Ok(Line { label: format!("price {age} s old"), points: points.collect::<Result<_>>()? })
    };
    let by_volatility = |age: u32| -> Result<Line> {
        let points = between(0.0, 400.0, 80).map(|volatility| {
            let mut with = market;
            with.averages.fast_volatility = Ppm::new((volatility * 1e4) as u32);
            Ok((volatility, spread_of(&with, age)?))
        });
        Ok(Line { label: format!("price {age} s old"), points: points.collect::<Result<_>>()? })
    };
    let y = || Axis { label: "spread, basis points of the price", from: 0.0, to: 60.0, places: 0 };
    Ok(Figure {
        name: "spread",
        description: "The spread against the oracle's confidence interval and against measured volatility",
        panels: vec![
            Panel {
                title: "Volatility as listed, 80 % a year",
                x: Axis { label: "confidence interval, basis points", from: 0.0, to: 50.0, places: 0 },
                y: y(),
                lines: vec![by_confidence(0)?, by_confidence(1)?, by_confidence(5)?],
                legend: Corner::BottomRight,
            },
            Panel {
                title: "Confidence interval of 5 basis points",
                x: Axis { label: "measured volatility, % a year", from: 0.0, to: 400.0, places: 0 },
                y: y(),
                lines: vec![by_volatility(0)?, by_volatility(1)?, by_volatility(5)?],
                legend: Corner::TopLeft,
            },
        ],
    })
}

/// How a price that runs away from its average of a minute widens the spread.
pub fn spread_in_a_run() -> Result<Figure> {
    let mut exchange = exchange()?;
    let (mut moved, mut spreads) = (Vec::new(), Vec::new());
    let start = exchange.clock.now.get();
    for second in 0..=600u32 {
        // Still for a minute, then 2 % within a minute, then still again.
        let fallen = (f64::from(second) - 60.0).clamp(0.0, 60.0) / 60.0 * 0.02;
        if second > 0 {
            crate::market::wait(&mut exchange, 1)?;
        }
        publish(&mut exchange, PRICE * (1.0 - fallen))?;
        let market = exchange.market(MARKET)?;
        let minutes = (exchange.clock.now.get() - start) as f64 / 60.0;
        let spread = price(spread_ceil(market, reference_time(exchange.clock, [market]))?);
        moved.push((minutes, price(market.price.price)));
        spreads.push((minutes, spread / price(market.price.price) * 1e4));
    }
    let x = || Axis { label: "minutes", from: 0.0, to: 10.0, places: 0 };
    let panel = |title, y, points| Panel {
        title,
        x: x(),
        y,
        lines: vec![Line { label: String::new(), points }],
        legend: Corner::TopRight,
    };
    Ok(Figure {
        name: "spread-in-a-run",
        description: "The spread while the price falls by two percent within a minute, and after it",
        panels: vec![
            panel("The price", Axis { label: "dollars", from: 244.0, to: 251.0, places: 0 }, moved),
            panel(
                "The spread of a price just published",
                Axis { label: "basis points", from: 0.0, to: 30.0, places: 0 },
                spreads,
            ),
        ],
    })
}
