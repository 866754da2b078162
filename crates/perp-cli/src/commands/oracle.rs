//! `perp oracle`: what price accounts say, what markets have taken in, and taking it in.

use clap::{Args, Subcommand};
use perp_client::instructions::{report_oracle_outage, update_prices};
use perp_engine::market::price::{price_requirement, PriceUse};
use perp_exchange::convert::Units;

use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};
use crate::send::{Desk, Intent, SendFlags};

// What about prices.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tells what every market has cached, and what its price account says
    Show,
    /// Takes what price accounts say into their markets, for anybody
    Update {
        /// Symbols, assets or indices of the markets [default: every market whose account says something new]
        markets: Vec<String>,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Notes that no valid price arrives, for anybody
    Report {
        /// Symbol, asset or index of the market
        market: String,
        #[command(flatten)]
        send: SendFlags,
    },
}

impl Arguments {
    /// Does it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        match &self.command {
            None | Some(Command::Show) => Ok(Report::of([show(&context.chain()?)])),
            Some(Command::Update { markets, send }) => update(context, markets, *send),
            Some(Command::Report { market, send }) => report(context, market, *send),
        }
    }
}

fn show(chain: &Chain) -> Section {
    let (readings, now) = (chain.fresh.readings(), chain.now());
    let rows = chain.markets.iter().map(|listed| {
        // As the chain has it, without what the price account says.
        let market = &listed.state;
        let units = Units::of(market);
        let age = |published: perp_engine::units::Timestamp| match published.is_never() {
            true => Cell::None,
            false => now.seconds_since(published).map_or(Cell::None, Cell::Seconds),
        };
        let posted = readings.get(&market.index);
        let said = chain.exchange().market(market.index).ok().filter(|_| posted.is_some());
        vec![
            Cell::text(chain.symbol(market.index)),
            Cell::price(market.price.price, units),
            Cell::price(market.price.confidence, units),
            age(market.price.published),
            said.map_or(Cell::None, |said| Cell::price(said.price.price, units)),
            posted.map_or(Cell::None, |posted| age(perp_engine::units::Timestamp::new(posted.reading.publish_time()))),
            Cell::Seconds(price_requirement(market, PriceUse::Increase).age),
            Cell::Seconds(price_requirement(market, PriceUse::Liquidate).age),
            Cell::time(market.price.outage_since),
            Cell::price(market.second_price.price, units),
        ]
    });
    let columns = [
        "market",
        "cached",
        "confidence",
        "age",
        "account says",
        "its age",
        "trades to",
        "liquidates to",
        "outage since",
        "second price",
    ];
    Section::rows("oracles", "Prices", &columns, rows.collect())
}

fn update(context: &Context<'_>, markets: &[String], flags: SendFlags) -> Result<Report, Failure> {
    let key = context.settings.keypair()?;
    let chain = context.chain()?;
    let named: Vec<u16> =
        markets.iter().map(|name| chain.market(name).map(|market| market.state.index)).collect::<Result<_, _>>()?;
    let news: Vec<_> = chain.fresh.news().filter(|(market, _)| named.is_empty() || named.contains(market)).collect();
    if news.is_empty() {
        return Err(Failure::Refused("no price account says anything that its market has not taken in".into()));
    }
    let symbols: Vec<String> = news.iter().map(|(market, _)| chain.symbol(*market)).collect();
    let intent = Intent {
        what: format!("take in the prices of {}", symbols.join(", ")),
        instructions: vec![update_prices(chain.addresses(), news)],
        preview: vec![show(&chain)],
        warnings: Vec::new(),
        final_because: None,
    };
    Desk { chain: &chain, output: context.output, flags }.carry_out(&key, intent)
}

fn report(context: &Context<'_>, market: &str, flags: SendFlags) -> Result<Report, Failure> {
    let key = context.settings.keypair()?;
    let chain = context.chain()?;
    let index = chain.market(market)?.state.index;
    chain.exchange().clone().report_oracle_outage(index)?;
    let intent = Intent {
        what: format!("report that no valid price arrives in {}", chain.symbol(index)),
        instructions: vec![report_oracle_outage(chain.addresses(), index)],
        preview: vec![show(&chain)],
        warnings: Vec::new(),
        final_because: None,
    };
    Desk { chain: &chain, output: context.output, flags }.carry_out(&key, intent)
}
