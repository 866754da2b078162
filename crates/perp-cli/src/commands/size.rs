//! `perp size`: how large a position should be, by rules that name what they assume.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use perp_engine::state::Account;
use perp_engine::units::{Price, Side, SignedAtoms, SignedSize};
use perp_exchange::convert::{Decimal, Units};
use perp_exchange::sizing::{
    adverse_move_ceil, holding_costs, kelly, risk_of_equity, size_for_volatility, size_of_leverage, volatility_ceil,
    Candle, Edge, SizingError, SECONDS_A_DAY,
};

use crate::amount;
use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};
use crate::whose::Whose;

// By which rule.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Way {
    /// Long
    Buy,
    /// Short
    Sell,
}

impl Way {
    const fn side(self) -> Side {
        match self {
            Self::Buy => Side::Long,
            Self::Sell => Side::Short,
        }
    }
}

#[derive(Debug, Args)]
struct What {
    /// Symbol, asset or index of the market
    market: String,
    /// Which side
    way: Way,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Loses at most a part of the equity at a stop, spread, impact and fees of both orders included
    Risk {
        #[command(flatten)]
        what: What,
        /// The price of the stop
        #[arg(long, value_name = "PRICE")]
        stop: String,
        /// What may be lost of the equity
        #[arg(long, value_name = "SHARE", default_value = "1%")]
        risk: String,
    },
    /// A fixed multiple of the equity
    Fraction {
        #[command(flatten)]
        what: What,
        /// Notional in percent of the equity, such as 200%
        #[arg(long, value_name = "SHARE")]
        of_equity: String,
    },
    /// Moves the equity by a target a year at the market's volatility
    Volatility {
        #[command(flatten)]
        what: What,
        /// What the equity may move by in a year, such as 20%
        #[arg(long, value_name = "SHARE")]
        target: String,
        /// The market's volatility a year [default: the larger of what it is listed with and what it measures]
        #[arg(long, value_name = "SHARE")]
        volatility: Option<String>,
    },
    /// Grows the equity fastest by an edge that is only estimated, of which a part is taken
    Kelly {
        #[command(flatten)]
        what: What,
        /// What a long position of one gains in a year, costs taken off, such as 20% or -5%
        #[arg(long, value_name = "SHARE", allow_hyphen_values = true)]
        mean: String,
        /// Its volatility a year
        #[arg(long, value_name = "SHARE")]
        volatility: String,
        /// Days of observation that the mean comes from
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
        days: u32,
        /// What is taken of it
        #[arg(long, value_name = "SHARE", default_value = "50%")]
        take: String,
    },
    /// The largest that no move within so many candles of a file would have liquidated
    History {
        #[command(flatten)]
        what: What,
        /// CSV file of candles: time, open, high, low, close in every row, without gaps
        #[arg(long, value_name = "FILE")]
        candles: PathBuf,
        /// For how many candles the position is held
        #[arg(long, value_name = "NUMBER", default_value_t = 24)]
        holding: usize,
        /// Seconds of a candle, for the volatility that is told
        #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
        interval: u32,
    },
    /// What holding a position costs for 1, 30 and 90 days at the present skew
    Holding {
        #[command(flatten)]
        what: What,
        /// Size in whole units of the asset, such as 1.5; with --atoms in base units
        size: String,
    },
}

impl From<SizingError> for Failure {
    fn from(error: SizingError) -> Self {
        match error {
            SizingError::Refused(refusal) => refusal.into(),
            SizingError::NoEquity { .. } => Self::Refused(error.to_string()),
            SizingError::StopOnWrongSide { .. } => Self::Input(format!("--stop: {error}")),
            SizingError::NoVolatility => Self::Input(format!("--volatility: {error}")),
            SizingError::NoObservations => Self::Input(format!("--days: {error}")),
            SizingError::TooFewCandles { .. } | SizingError::BrokenCandle { .. } => {
                Self::Input(format!("--candles: {error}"))
            }
        }
    }
}

/// What a rule is asked about.
struct Question {
    chain: Chain,
    account: Account,
    market: u16,
    units: Units,
    side: Side,
    price: Price,
    equity: SignedAtoms,
}

impl Question {
    fn of(context: &Context<'_>, what: &What) -> Result<Self, Failure> {
        let chain = context.chain()?;
        let market = chain.market(&what.market)?.state.index;
        let account = what.whose.find(context.settings, &chain)?.account.state;
        let equity = chain.exchange().health(&account)?.maintenance.equity;
        let price = chain.exchange().market(market)?.price.price;
        let (units, side) = (chain.units(market), what.way.side());
        Ok(Self { chain, account, market, units, side, price, equity })
    }

    /// The size with what it means, and whether the exchange would fill it.
    fn answer(&self, size: SignedSize, more: Vec<(&'static str, Cell)>) -> Result<Report, Failure> {
        let exchange = self.chain.exchange();
        let largest = exchange.largest_order(&self.account, self.market, self.side, None)?;
        let fits = largest.is_some_and(|largest| size.size() <= largest.size());
        let mut fields = vec![
            ("market", Cell::text(self.chain.symbol(self.market))),
            ("size", Cell::signed_size(size, self.units)),
            ("price", Cell::price(self.price, self.units)),
            ("equity", Cell::signed_atoms(self.equity, self.units.quote_decimals)),
            ("largest that fills now", largest.map_or(Cell::None, |size| Cell::signed_size(size, self.units))),
        ];
        fields.extend(more);
        let mut report = Report::of([Section::fields("size", "Size", fields)]);
        if size.is_zero() {
            report.warnings.push("nothing fits: even the smallest size would be too much".into());
        } else if !fits {
            report.warnings.push("the exchange would not fill it now: see `largest that fills now`".into());
        }
        Ok(report)
    }
}

/// A signed share such as `-5%`, in ppm, of any size.
fn signed_share(name: &str, text: &str) -> Result<i64, Failure> {
    let decimal: Decimal =
        text.strip_suffix('%').unwrap_or(text).parse().map_err(|error| Failure::Input(format!("{name}: {error}")))?;
    let ppm = decimal.scaled(4).and_then(|ppm| i64::try_from(ppm).ok());
    ppm.ok_or_else(|| {
        Failure::Input(format!("{name} is \"{text}\": give a share with at most 4 decimals of a percent, such as 20%"))
    })
}

/// A share above zero, of any size.
fn share(name: &str, text: &str) -> Result<u64, Failure> {
    match u64::try_from(signed_share(name, text)?) {
        Ok(ppm) if ppm > 0 => Ok(ppm),
        _ => Err(Failure::Input(format!("{name} is \"{text}\": give a share above 0%"))),
    }
}

impl Arguments {
    /// Tells a size.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        match &self.command {
            Command::Risk { what, stop, risk } => {
                let risk = amount::percent("--risk", risk)?;
                let it = Question::of(context, what)?;
                let stop = amount::price("--stop", stop, it.units)?;
                let most = risk_of_equity(it.equity, risk)?;
                let found = it.chain.exchange().size_for_risk(it.market, it.side, stop, most)?;
                let decimals = it.units.quote_decimals;
                it.answer(
                    found.size,
                    vec![
                        ("may be lost", Cell::atoms(most, decimals)),
                        ("lost at the stop", Cell::atoms(found.loss, decimals)),
                        ("of it costs", Cell::atoms(found.costs, decimals)),
                    ],
                )
            }
            Command::Fraction { what, of_equity } => {
                let leverage = share("--of-equity", of_equity)?;
                let it = Question::of(context, what)?;
                let size = size_of_leverage(it.equity, leverage, it.price)?.on(it.side)?;
                it.answer(size, Vec::new())
            }
            Command::Volatility { what, target, volatility } => {
                let target = amount::percent("--target", target)?;
                let said = volatility.as_deref().map(|text| share("--volatility", text)).transpose()?;
                let it = Question::of(context, what)?;
                let market = it.chain.exchange().market(it.market)?;
                let known = market.parameters.volatility.max(market.averages.slow_volatility);
                let volatility = said.unwrap_or(known.wide());
                let size = size_for_volatility(it.equity, it.price, volatility, target)?.on(it.side)?;
                it.answer(size, vec![("volatility a year", Cell::Share(i64::try_from(volatility).unwrap_or(i64::MAX)))])
            }
            Command::Kelly { what, mean, volatility, days, take } => {
                let (mean, volatility) = (signed_share("--mean", mean)?, share("--volatility", volatility)?);
                let take = amount::percent("--take", take)?;
                let found = kelly(&Edge { mean, volatility, days: *days }, take)?;
                let it = Question::of(context, what)?;
                let same_side = (found.leverage >= 0) == (it.side == Side::Long);
                let leverage = if same_side { found.leverage.unsigned_abs() } else { 0 };
                let size = size_of_leverage(it.equity, leverage, it.price)?.on(it.side)?;
                let mut report = it.answer(
                    size,
                    vec![
                        ("leverage if the edge were known", Cell::Share(found.full)),
                        ("one error lower", Cell::Share(found.low)),
                        ("one error higher", Cell::Share(found.high)),
                        ("kept for it is estimated", Cell::share(found.shrinkage)),
                        ("leverage advised", Cell::Share(found.leverage)),
                        ("growth a year", Cell::Share(found.growth)),
                    ],
                )?;
                if found.low.signum() != found.high.signum() {
                    report.warnings.push(format!("{days} days do not tell which side gains"));
                }
                if !same_side {
                    report.warnings.push("the edge is on the other side".into());
                }
                Ok(report)
            }
            Command::History { what, candles, holding, interval } => {
                let text = std::fs::read_to_string(candles).map_err(|reason| {
                    Failure::Input(format!("--candles: {} cannot be read ({reason})", candles.display()))
                })?;
                let it = Question::of(context, what)?;
                let candles = read(&text, it.units)?;
                let adverse = adverse_move_ceil(&candles, it.side, *holding)?;
                let volatility = volatility_ceil(&candles, *interval)?;
                let exchange = it.chain.exchange();
                let size = exchange.largest_order_surviving(&it.account, it.market, it.side, adverse)?;
                it.answer(
                    size.unwrap_or(SignedSize::ZERO),
                    vec![
                        ("candles", Cell::Count(u64::try_from(candles.len()).unwrap_or(u64::MAX))),
                        ("furthest against it", Cell::share(adverse)),
                        ("volatility a year", Cell::Share(i64::try_from(volatility).unwrap_or(i64::MAX))),
                    ],
                )
            }
            Command::Holding { what, size } => {
                let it = Question::of(context, what)?;
                let size = amount::size("SIZE", size, it.units, context.output.atoms)?.on(it.side)?;
                holding(&it, size)
            }
        }
    }
}

/// What holding costs, in the market as it is with the position in it.
fn holding(it: &Question, size: SignedSize) -> Result<Report, Failure> {
    use perp_engine::operations::position::Order;
    let exchange = it.chain.exchange();
    let after = exchange.preview_trade(&it.account, it.market, &Order::at_any_price(size), None)?;
    let days = [1u32, 30, 90].map(|days| days.saturating_mul(SECONDS_A_DAY));
    let costs = holding_costs(&after.market, &exchange.session(), size, &days)?;
    let rows = costs.iter().map(|cost| {
        vec![
            Cell::Seconds(cost.seconds.into()),
            Cell::signed_atoms(cost.cost, it.units.quote_decimals),
            Cell::Share(cost.break_even),
            Cell::Rate(cost.funding_rate),
        ]
    });
    let columns = ["held for", "cost", "must move by", "funding rate then"];
    let mut report = Report::of([Section::rows("holding", "What holding costs", &columns, rows.collect())]);
    report.warnings.push("with the price and everybody else's positions as they are now".into());
    Ok(report)
}

/// Candles of a CSV file.
fn read(text: &str, units: Units) -> Result<Vec<Candle>, Failure> {
    let mut candles = Vec::new();
    for (line, row) in text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty()) {
        let fields: Vec<&str> = row.split(',').map(str::trim).collect();
        // The first line may name the columns.
        if line == 0 && fields.first().is_some_and(|first| first.parse::<i64>().is_err()) {
            continue;
        }
        let [_, open, high, low, close, ..] = fields.as_slice() else {
            return Err(Failure::Input(format!(
                "--candles: line {} has {} fields, and must have time, open, high, low and close",
                line + 1,
                fields.len()
            )));
        };
        let at = |text: &str| amount::price(&format!("--candles: line {}", line + 1), text, units);
        candles.push(Candle { open: at(open)?, high: at(high)?, low: at(low)?, close: at(close)? });
    }
    Ok(candles)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOL: Units = Units { base_decimals: 9, quote_decimals: 6 };

    #[test]
    fn candles_are_read_with_and_without_a_head() {
        let rows = "time,open,high,low,close\n1,250,251,249,250\n2,250,260,250,255\n";
        let candles = read(rows, SOL).unwrap();
        assert_eq!(
            (candles.len(), candles[0].open, candles[1].high),
            (2, Price::new(1 << 38), SOL.price("260").unwrap())
        );
        let error = read("1,250,251\n", SOL).unwrap_err().to_string();
        assert!(error.contains("line 1 has 3 fields") && error.contains("open, high, low and close"), "{error}");
        let error = read("1,a,1,1,1\n", SOL).unwrap_err().to_string();
        assert!(error.contains("line 1: \"a\"") && error.contains("decimal number"), "{error}");
    }

    #[test]
    fn shares_may_be_negative_only_where_that_means_something() {
        assert_eq!(
            (signed_share("--mean", "-5%").unwrap(), share("--volatility", "200%").unwrap()),
            (-50_000, 2_000_000)
        );
        let error = share("--volatility", "0%").unwrap_err().to_string();
        assert!(error.contains("--volatility is \"0%\"") && error.contains("above 0%"), "{error}");
    }
}
