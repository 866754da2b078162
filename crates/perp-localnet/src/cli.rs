//! The command line of `perp-localnet`.
#![allow(missing_docs)] // a comment on a flag or a group of flags is its help text

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use perp_candles::{CandleError, PriceError, UsdPrice};
use thiserror::Error;

use crate::feeds::{Feed, FeedError, DEFAULT_CONFIDENCE_BPS};
use crate::oracle_driver::{OracleScript, DEFAULT_TICK_SECONDS};
use crate::price_path::{CandlePath, Crash, PricePath, RandomWalk};
use crate::price_server::DEFAULT_PRICES_PORT;
use crate::validator::{Ports, DEFAULT_RPC_PORT, DEFAULT_WS_PORT};
use crate::wallets::DEFAULT_FOLDER;

const DEFAULT_SEED: u64 = 1;
/// In percent a year.
const DEFAULT_VOLATILITY: u16 = 80;

/// Runs the exchange on an offline local validator, with fresh prices and funded test wallets, until Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "perp-localnet", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub options: RunOptions,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Plays the life cycle of the exchange through the crash of 18 April 2021, checks every step, and ends
    Demo(DemoOptions),
    /// Runs the exchange with keeper, history and the trader's page, ready to trade in a browser, until Ctrl-C
    #[command(mut_arg("oracle", |flag| flag.default_value("walk")))]
    Desk(DeskOptions),
}

#[derive(Debug, Args)]
pub struct DemoOptions {
    /// Prints one JSON document instead of tables
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub node: NodeOptions,
}

#[derive(Debug, Args)]
pub struct RunOptions {
    #[command(flatten)]
    pub node: NodeOptions,
    #[command(flatten)]
    pub oracle: OracleOptions,
    /// What lp puts into the pool before anybody trades, in whole USDC; without any no market can fill an order
    #[arg(long, value_name = "USDC", default_value_t = 5_000_000)]
    pub liquidity: u64,
    /// The price server's answers carry 13 signatures of 19 test guardians, as a cluster's do, and not one of one
    #[arg(long)]
    pub all_guardians: bool,
}

#[derive(Debug, Args)]
pub struct DeskOptions {
    #[command(flatten)]
    pub run: RunOptions,
    /// Port of the page, on 127.0.0.1
    #[arg(long, default_value_t = 5173)]
    pub page_port: u16,
    /// Port of the history's server, on 127.0.0.1
    #[arg(long, default_value_t = 8890)]
    pub history_port: u16,
    /// Port of the keeper's metrics, on 127.0.0.1
    #[arg(long, default_value_t = 9464)]
    pub keeper_port: u16,
}

#[derive(Debug, Args)]
pub struct NodeOptions {
    /// Port of the JSON RPC server, on 127.0.0.1
    #[arg(long, default_value_t = DEFAULT_RPC_PORT)]
    pub rpc_port: u16,
    /// Port of the WebSocket server, on 127.0.0.1
    #[arg(long, default_value_t = DEFAULT_WS_PORT)]
    pub ws_port: u16,
    /// Port of the price server, on 127.0.0.1
    #[arg(long, default_value_t = DEFAULT_PRICES_PORT)]
    pub prices_port: u16,
    /// Folder the test keypairs are written to, and read from when they are there
    #[arg(long, default_value = DEFAULT_FOLDER)]
    pub keys: PathBuf,
}

impl NodeOptions {
    pub fn ports(&self) -> Ports {
        Ports { rpc: self.rpc_port, ws: self.ws_port, prices: self.prices_port }
    }
}

#[derive(Debug, Args)]
pub struct OracleOptions {
    /// How the prices of SOL and BTC move
    #[arg(long, value_enum, default_value_t = Motion::Steady)]
    pub oracle: Motion,
    /// The price a feed starts at, in dollars, such as SOL=150.25 (repeatable)
    #[arg(long, value_name = "FEED=PRICE", value_parser = start_price)]
    pub price: Vec<(Feed, UsdPrice)>,
    /// Candles a feed plays instead, four ticks each, such as BTC=day.csv (repeatable)
    #[arg(long, value_name = "FEED=CSV", value_parser = candle_file)]
    pub candles: Vec<(Feed, PathBuf)>,
    /// The Unix time of the first candle to play [default: the first of the file]
    #[arg(long, value_name = "SECONDS", requires = "candles")]
    pub from: Option<i64>,
    #[arg(long, help = format!("Seed of the random walk [default: {DEFAULT_SEED}]"))]
    pub seed: Option<u64>,
    #[arg(long, value_name = "PERCENT", help = format!("Volatility of the random walk, in percent a year [default: {DEFAULT_VOLATILITY}]"))]
    pub volatility: Option<u16>,
    /// Seconds between two prices
    #[arg(long, default_value_t = DEFAULT_TICK_SECONDS, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=60))]
    pub tick: u32,
    /// Confidence interval of every price, in hundredths of a percent of it
    #[arg(long, default_value_t = DEFAULT_CONFIDENCE_BPS, value_name = "BPS", value_parser = clap::value_parser!(u16).range(0..=10_000))]
    pub confidence: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Motion {
    /// Stays where it starts
    Steady,
    /// A random walk, the same for the same seed
    Walk,
    /// Down by a third in two falls, and half of it back, in 380 prices
    Crash,
}

/// Why a text is no `FEED=PRICE` or `FEED=CSV`.
#[derive(Debug, Error)]
pub enum AssignmentError {
    #[error("expected FEED={0}, with SOL, BTC or USDC for FEED")]
    Shape(&'static str),
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error(transparent)]
    Price(#[from] PriceError),
}

/// Why the prices asked for cannot be shown.
#[derive(Debug, Error)]
pub enum OracleError {
    #[error("--seed and --volatility are of a random walk: add --oracle walk, or leave them out")]
    NoWalk,
    #[error(
        "{feed} is given both a price to start at and candles, which have their own: leave out --price or --candles"
    )]
    PriceBesideCandles { feed: Feed },
    #[error(transparent)]
    Candles(#[from] CandleError),
}

fn start_price(text: &str) -> Result<(Feed, UsdPrice), AssignmentError> {
    let (feed, price) = text.split_once('=').ok_or(AssignmentError::Shape("PRICE"))?;
    Ok((feed.parse()?, price.parse()?))
}

fn candle_file(text: &str) -> Result<(Feed, PathBuf), AssignmentError> {
    let (feed, path) = text.split_once('=').ok_or(AssignmentError::Shape("CSV"))?;
    Ok((feed.parse()?, path.into()))
}

impl OracleOptions {
    /// Prices each feed will publish.
    ///
    /// # Errors
    /// [`OracleError`].
    pub fn script(&self) -> Result<OracleScript, OracleError> {
        if self.oracle != Motion::Walk && (self.seed.is_some() || self.volatility.is_some()) {
            return Err(OracleError::NoWalk);
        }
        let paths =
            Feed::ALL.into_iter().map(|feed| Ok((feed, self.path(feed)?))).collect::<Result<_, OracleError>>()?;
        Ok(OracleScript { paths, confidence_bps: self.confidence, tick_seconds: self.tick })
    }

    fn path(&self, feed: Feed) -> Result<PricePath, OracleError> {
        let start = last_of(&self.price, feed).copied();
        if let Some(file) = last_of(&self.candles, feed) {
            if start.is_some() {
                return Err(OracleError::PriceBesideCandles { feed });
            }
            let candles = match self.from {
                Some(from) => perp_candles::read_from(file, from)?,
                None => perp_candles::read(file)?,
            };
            return Ok(PricePath::Candles(CandlePath::new(candles, feed.start_price())));
        }
        let start = start.unwrap_or(feed.start_price());
        // A stablecoin that walks or crashes with the rest would be a different experiment: it takes candles.
        Ok(match self.oracle {
            _ if feed == Feed::Usdc => PricePath::Steady(start),
            Motion::Steady => PricePath::Steady(start),
            Motion::Crash => PricePath::Crash(Crash::new(start)),
            Motion::Walk => {
                let seed = self.seed.unwrap_or(DEFAULT_SEED).wrapping_add(feed as u64);
                PricePath::Walk(RandomWalk::new(start, seed, self.volatility.unwrap_or(DEFAULT_VOLATILITY), self.tick))
            }
        })
    }
}

/// The value given last wins, as with every flag.
fn last_of<T>(assignments: &[(Feed, T)], feed: Feed) -> Option<&T> {
    assignments.iter().rev().find(|(assigned, _)| *assigned == feed).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn script(flags: &[&str]) -> Result<OracleScript, OracleError> {
        Cli::try_parse_from([&["perp-localnet"], flags].concat()).unwrap().options.oracle.script()
    }

    fn prices(script: &mut OracleScript) -> Vec<(Feed, String)> {
        script.paths.iter_mut().map(|(feed, path)| (*feed, path.next_price().to_string())).collect()
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_demo_takes_a_place_to_run_at_and_no_prices() {
        let cli = Cli::try_parse_from(["perp-localnet", "demo", "--json", "--rpc-port", "9000"]).unwrap();
        let Some(Command::Demo(options)) = cli.command else { panic!("{cli:?}") };
        assert!(options.json);
        assert_eq!(options.node.ports(), Ports { rpc: 9000, ..Ports::default() });
        for flags in [["perp-localnet", "--json", "demo"], ["perp-localnet", "--seed=2", "demo"]] {
            assert!(Cli::try_parse_from(flags).is_err());
        }
    }

    #[test]
    fn prices_walk_at_the_desk_unless_they_are_told_to_rest() {
        let desk =
            |flags: &[&str]| match Cli::try_parse_from([&["perp-localnet", "desk"], flags].concat()).unwrap().command {
                Some(Command::Desk(options)) => options,
                other => panic!("{other:?}"),
            };
        assert_eq!(desk(&[]).run.oracle.oracle, Motion::Walk);
        let told = desk(&["--oracle", "steady", "--rpc-port", "9000", "--page-port", "4000"]);
        assert_eq!((told.run.oracle.oracle, told.run.node.rpc_port, told.page_port), (Motion::Steady, 9000, 4000));
    }

    #[test]
    fn every_feed_has_a_path() {
        let shown = prices(&mut script(&["--price", "btc=50000"]).unwrap());
        let expected = [(Feed::Sol, "140.615937"), (Feed::Btc, "50000.00"), (Feed::Usdc, "1.00")];
        assert_eq!(shown, expected.map(|(feed, price)| (feed, price.to_string())));
    }

    #[test]
    fn candles_replace_the_motion_of_their_feed_only() {
        let day = perp_candles::recorded_days().join("btc_usd_1m_2021-04-17_2021-04-18.csv");
        let assignment = format!("BTC={}", day.display());
        let shown = prices(&mut script(&["--candles", &assignment]).unwrap());
        assert_eq!(shown[0].1, "140.615937");
        assert_eq!(shown[1].1, "61334.81");
    }

    #[test]
    fn candles_can_begin_later() {
        let day = perp_candles::recorded_days().join("btc_usd_1m_2021-04-17_2021-04-18.csv");
        let assignment = format!("BTC={}", day.display());
        let shown = prices(&mut script(&["--candles", &assignment, "--from", "1618617660"]).unwrap());
        assert_eq!(shown[1].1, "61392.55");
        let error = script(&["--candles", &assignment, "--from", "1700000000"]).err().unwrap();
        assert!(matches!(error, OracleError::Candles(CandleError::NothingFrom { .. })), "{error}");
    }

    #[test]
    fn a_flag_that_would_do_nothing_is_refused() {
        let refused = |flags: &[&str]| script(flags).err().unwrap().to_string();
        assert!(refused(&["--seed", "3"]).contains("add --oracle walk"));
        assert!(refused(&["--oracle", "crash", "--volatility", "90"]).contains("add --oracle walk"));
        assert!(script(&["--oracle", "walk", "--seed", "3", "--volatility", "90"]).is_ok());
        let day = perp_candles::recorded_days().join("btc_usd_1m_2021-04-17_2021-04-18.csv");
        let candles = format!("BTC={}", day.display());
        assert!(refused(&["--candles", &candles, "--price", "BTC=50000"]).contains("BTC/USD is given both"));
        assert!(script(&["--candles", &candles, "--price", "SOL=150"]).is_ok());
        assert!(Cli::try_parse_from(["perp-localnet", "--from", "1618617660"]).is_err());
    }

    #[test]
    fn a_malformed_assignment_says_what_is_expected() {
        let message = |flags: [&str; 3]| Cli::try_parse_from(flags).unwrap_err().to_string();
        assert!(message(["perp-localnet", "--price", "SOL"]).contains("expected FEED=PRICE"));
        assert!(message(["perp-localnet", "--price", "SOL=x"]).contains("is not a price"));
        assert!(message(["perp-localnet", "--candles", "DOGE=a.csv"]).contains("no feed is named"));
    }
}
