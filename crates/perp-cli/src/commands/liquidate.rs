//! `perp liquidate`: who is below the margin, and closing what may be closed.

use clap::{Args, Subcommand};
use perp_accounts::MarginAccount;
use perp_client::instructions::{liquidate, open_account, resolve_bankruptcy, Authority};
use perp_engine::operations::position::{LiquidationOrder, LiquidationPlan};
use perp_engine::state::Account;
use perp_engine::units::{Atoms, Size};
use perp_exchange::convert::Units;
use perp_exchange::sizing::LADDER;
use solana_signer::Signer;

use super::health;
use crate::amount;
use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};
use crate::send::{Desk, Intent, SendFlags};
use crate::settings::address;
use crate::whose;

// What about liquidations.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists every position that may be liquidated now, with what it pays
    List,
    /// Tells the open interest that other prices of a market would liquidate, from 30 % below to 30 % above
    Map {
        /// Symbol, asset or index of the market
        market: String,
    },
    /// Liquidates a position; the bounty goes to the signer's margin account, which is opened where there is none
    Run {
        /// Address of the margin account
        account: String,
        /// Symbol, asset or index of the market
        market: String,
        /// Closes at most so much, in whole units of the asset [default: what restores the margin]
        #[arg(long, value_name = "SIZE")]
        max_size: Option<String>,
        /// Does nothing for less than this
        #[arg(long, value_name = "AMOUNT")]
        min_bounty: Option<String>,
        /// Number of the signer's margin account that gets the bounty
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        sub_account: u16,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Settles what a bankrupt account owes a market, for anybody
    Resolve {
        /// Address of the margin account
        account: String,
        /// Symbol, asset or index of the market
        market: String,
        #[command(flatten)]
        send: SendFlags,
    },
}

/// All that may be closed, for any bounty.
const ANYTHING: LiquidationOrder = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };

impl Arguments {
    /// Does it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        match &self.command {
            Command::List => list(&context.chain()?),
            Command::Map { market } => map(&context.chain()?, market),
            Command::Run { account, market, max_size, min_bounty, sub_account, send } => {
                let bounds = (max_size.as_deref(), min_bounty.as_deref());
                run(context, (account, market), bounds, *sub_account, *send)
            }
            Command::Resolve { account, market, send } => resolve(context, account, market, *send),
        }
    }
}

fn list(chain: &Chain) -> Result<Report, Failure> {
    let (exchange, decimals) = (chain.exchange(), chain.decimals());
    let nobody = Account::opened(None);
    let mut found = Vec::new();
    for (address, account) in chain.venue.all::<MarginAccount>()? {
        for (_, position) in account.state.occupied() {
            let planned = exchange.preview_liquidation(&account.state, &nobody, position.market, &ANYTHING, None);
            if let Ok(after) = planned {
                found.push((address, position.market, after.plan));
            }
        }
    }
    found.sort_by_key(|(address, market, plan)| (std::cmp::Reverse(plan.penalty.bounty), *address, *market));
    let rows = found.iter().map(|(address, market, plan)| {
        vec![
            Cell::address(address),
            Cell::text(chain.symbol(*market)),
            Cell::text(format!("{:?}", plan.reason).to_lowercase()),
            Cell::size(plan.closed, chain.units(*market)),
            Cell::signed_atoms(plan.before.equity, decimals),
            Cell::atoms(plan.before.margin, decimals),
            Cell::atoms(plan.penalty.bounty, decimals),
        ]
    });
    let columns = ["account", "market", "reason", "closes", "equity", "required margin", "bounty"];
    Ok(Report::of([Section::rows("liquidations", "Positions that may be liquidated now", &columns, rows.collect())]))
}

fn map(chain: &Chain, market: &str) -> Result<Report, Failure> {
    let index = chain.market(market)?.state.index;
    let units = chain.units(index);
    let accounts = chain.venue.all::<MarginAccount>()?;
    let steps = chain.exchange().cascade(accounts.values().map(|account| &account.state), index, &LADDER)?;
    let rows = steps.iter().map(|step| {
        let [long, short] = step.interest;
        vec![
            Cell::Share(step.change.into()),
            Cell::price(step.price, units),
            Cell::Count(step.accounts.into()),
            Cell::size(long, units),
            Cell::size(short, units),
        ]
    });
    let columns = ["change", "price", "accounts", "long", "short"];
    let heading = format!("What other prices of {} would liquidate", chain.symbol(index));
    Ok(Report::of([Section::rows("map", heading, &columns, rows.collect())]))
}

/// What a liquidation comes to.
fn planned(plan: &LiquidationPlan, units: Units) -> Section {
    let decimals = units.quote_decimals;
    Section::fields(
        "liquidation",
        "Liquidation",
        [
            ("reason", Cell::text(format!("{:?}", plan.reason).to_lowercase())),
            ("closed", Cell::size(plan.closed, units)),
            ("notional", Cell::exact(plan.notional, decimals)),
            ("realized", Cell::signed_atoms(plan.realized, decimals)),
            ("bounty", Cell::atoms(plan.penalty.bounty, decimals)),
            ("equity before", Cell::signed_atoms(plan.before.equity, decimals)),
            ("required before", Cell::atoms(plan.before.margin, decimals)),
            ("equity after", Cell::signed_atoms(plan.after.equity, decimals)),
            ("required after", Cell::atoms(plan.after.margin, decimals)),
        ],
    )
}

fn run(
    context: &Context<'_>,
    (account, market): (&str, &str),
    (max_size, min_bounty): (Option<&str>, Option<&str>),
    sub_account: u16,
    flags: SendFlags,
) -> Result<Report, Failure> {
    let target = address("ACCOUNT", account)?;
    let key = context.settings.keypair()?;
    let chain = context.chain()?;
    let index = chain.market(market)?.state.index;
    let (units, raw) = (chain.units(index), context.output.atoms);
    let found = whose::fetch(&chain, &target)?;
    let max_size = max_size.map(|text| amount::size("--max-size", text, units, raw)).transpose()?;
    let min_bounty = min_bounty.map(|text| amount::quote("--min-bounty", text, chain.decimals(), raw)).transpose()?;
    let order = LiquidationOrder {
        max_size: max_size.unwrap_or(ANYTHING.max_size),
        min_bounty: min_bounty.unwrap_or(ANYTHING.min_bounty),
    };
    let signer = key.pubkey();
    let own = Authority { signer, margin_account: chain.addresses().margin_account(&signer, sub_account) };
    if own.margin_account == target {
        return Err(Failure::Refused(
            "the liquidated account cannot receive the bounty: choose another --sub-account".into(),
        ));
    }
    let (mut instructions, mut warnings) = (Vec::new(), Vec::new());
    let credited = match chain.venue.connection.find::<MarginAccount>(&own.margin_account)? {
        Some(credited) => credited.state,
        None => {
            instructions.push(open_account(chain.addresses(), signer, signer, sub_account, None));
            warnings.push(format!("margin account {sub_account} of the signer is opened first, for the bounty"));
            Account::opened(None)
        }
    };
    let (exchange, before) = (chain.exchange(), found.account.state);
    let after = exchange.preview_liquidation(&before, &credited, index, &order, None)?;
    let mut later = exchange.clone();
    later.put_market(after.market);
    instructions.extend(chain.freshen(&before, Some(index)));
    instructions.push(liquidate(chain.addresses(), own, target, &before, chain.fresh.target(index), &order));
    let intent = Intent {
        what: format!("liquidate margin account {target} in {}", chain.symbol(index)),
        instructions,
        preview: vec![
            planned(&after.plan, units),
            health::change(&chain, (exchange, &before), (&later, &after.account), Some(index)),
        ],
        warnings,
        final_because: Some("what is closed of another's position is not given back"),
    };
    Desk { chain: &chain, output: context.output, flags }.carry_out(&key, intent)
}

fn resolve(context: &Context<'_>, account: &str, market: &str, flags: SendFlags) -> Result<Report, Failure> {
    let target = address("ACCOUNT", account)?;
    let key = context.settings.keypair()?;
    let chain = context.chain()?;
    let index = chain.market(market)?.state.index;
    let found = whose::fetch(&chain, &target)?;
    let before = found.account.state;
    let after = chain.exchange().preview_bankruptcy(&before, index)?;
    let mut later = chain.exchange().clone();
    later.put_market(after.market);
    let intent = Intent {
        what: format!("resolve what bankrupt margin account {target} owes {}", chain.symbol(index)),
        instructions: vec![resolve_bankruptcy(chain.addresses(), target, &before, index)],
        preview: vec![health::change(&chain, (chain.exchange(), &before), (&later, &after.account), Some(index))],
        warnings: Vec::new(),
        final_because: Some("what insurance has paid or the backing has lost does not come back by itself"),
    };
    Desk { chain: &chain, output: context.output, flags }.carry_out(&key, intent)
}
