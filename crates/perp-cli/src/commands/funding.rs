//! `perp funding`: what each side pays the other, accruing it, and settling it.

use clap::{Args, Subcommand};
use perp_client::instructions::{settle_funding, update_funding};
use perp_engine::risk::margin::unsettled_funding_owed;
use perp_engine::units::Side;
use perp_exchange::convert::Units;

use super::health;
use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};
use crate::send::{Desk, Intent, SendFlags};
use crate::whose::Whose;

// What about funding.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tells every market's rate, its bound, and who pays
    Show,
    /// Tells what an account's positions owe or are owed
    Owed {
        #[command(flatten)]
        whose: Whose,
    },
    /// Settles the funding of a position, for anybody
    Settle {
        /// Symbol, asset or index of the market
        market: String,
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Accrues a market's funding up to now, for anybody
    Update {
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
            None | Some(Command::Show) => Ok(Report::of([rates(&context.chain()?)])),
            Some(Command::Owed { whose }) => owed(context, whose),
            Some(Command::Settle { market, whose, send }) => settle(context, market, whose, *send),
            Some(Command::Update { market, send }) => update(context, market, *send),
        }
    }
}

fn rates(chain: &Chain) -> Section {
    let rows = chain.exchange().markets().iter().map(|market| {
        let (units, ledger, parameters) = (Units::of(market), &market.ledger, &market.parameters);
        let rate = |rate: u64| Cell::Rate(i64::try_from(rate).unwrap_or(i64::MAX));
        let payer = match ledger.funding_rate {
            0 => "nobody",
            1.. => "longs",
            _ => "shorts",
        };
        vec![
            Cell::text(chain.symbol(market.index)),
            Cell::Rate(ledger.funding_rate),
            Cell::text(payer),
            rate(parameters.funding_rate_cap),
            rate(parameters.carry_rate),
            rate(parameters.carry_surge),
            Cell::size(ledger.side(Side::Long).open_interest, units),
            Cell::size(ledger.side(Side::Short).open_interest, units),
            Cell::time(ledger.funding_time),
        ]
    });
    let columns = ["market", "rate", "who pays", "largest rate", "carry", "surge", "long", "short", "accrued to"];
    Section::rows("funding", "Funding", &columns, rows.collect())
}

fn owed(context: &Context<'_>, whose: &Whose) -> Result<Report, Failure> {
    let chain = context.chain()?;
    let found = whose.find(context.settings, &chain)?;
    let (exchange, decimals) = (chain.exchange(), chain.decimals());
    let mut rows = Vec::new();
    for (_, position) in found.account.state.occupied() {
        let mut market = *exchange.market(position.market)?;
        market.refresh(None, &exchange.session())?;
        rows.push(vec![
            Cell::text(chain.symbol(position.market)),
            Cell::signed_size(position.size, Units::of(&market)),
            Cell::exact(unsettled_funding_owed(position, &market.ledger)?, decimals),
            Cell::signed_atoms(position.funding, decimals),
        ]);
    }
    let columns = ["market", "size", "owed now", "received since opened"];
    Ok(Report::of([Section::rows(
        "owed",
        "Funding that is not settled; negative where the account is owed",
        &columns,
        rows,
    )]))
}

fn settle(context: &Context<'_>, market: &str, whose: &Whose, flags: SendFlags) -> Result<Report, Failure> {
    let key = context.settings.keypair()?;
    let chain = context.chain()?;
    let index = chain.market(market)?.state.index;
    let found = whose.find(context.settings, &chain)?;
    let (exchange, before) = (chain.exchange(), found.account.state);
    let after = exchange.preview_settle_funding(&before, index)?;
    let mut later = exchange.clone();
    later.put_market(after.market);
    let decimals = chain.decimals();
    let settled = after.plan.settled;
    let preview = Section::fields(
        "settled",
        "Settled",
        [
            ("funding", Cell::signed_atoms(settled.funding, decimals)),
            ("redeemed", Cell::atoms(settled.redeemed, decimals)),
            ("repaid", Cell::atoms(settled.repaid, decimals)),
        ],
    );
    let intent = Intent {
        what: format!("settle the funding of margin account {} in {}", found.address, chain.symbol(index)),
        instructions: vec![settle_funding(chain.addresses(), found.address, index)],
        preview: vec![preview, health::change(&chain, (exchange, &before), (&later, &after.account), Some(index))],
        warnings: Vec::new(),
        final_because: None,
    };
    Desk { chain: &chain, output: context.output, flags }.carry_out(&key, intent)
}

fn update(context: &Context<'_>, market: &str, flags: SendFlags) -> Result<Report, Failure> {
    let key = context.settings.keypair()?;
    let chain = context.chain()?;
    let index = chain.market(market)?.state.index;
    let mut exchange = chain.exchange().clone();
    let seconds = exchange.update_funding(index, None)?;
    let rate = exchange.market(index)?.ledger.funding_rate;
    let preview =
        Section::fields("accrued", "Accrued", [("seconds", Cell::Seconds(seconds)), ("rate after", Cell::Rate(rate))]);
    let intent = Intent {
        what: format!("accrue the funding of {}", chain.symbol(index)),
        instructions: vec![update_funding(chain.addresses(), chain.fresh.target(index))],
        preview: vec![preview],
        warnings: Vec::new(),
        final_because: None,
    };
    Desk { chain: &chain, output: context.output, flags }.carry_out(&key, intent)
}
