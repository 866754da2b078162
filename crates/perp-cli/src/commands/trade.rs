//! `perp trade`: market orders, filled at once.

use clap::{Args, Subcommand};
use perp_client::instructions::trade;
use perp_engine::operations::position::{Order, TradePlan};
use perp_engine::state::Account;
use perp_engine::units::products::{price_share_ceil, size_share_floor};
use perp_engine::units::{Price, QuoteX40, Side, SignedSize, Size};
use perp_exchange::convert::Units;
use solana_signer::Signer;

use super::events::average;
use super::health;
use crate::amount;
use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};
use crate::send::{Desk, Intent, SendFlags};
use crate::whose::Whose;

// Which order.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Buys: opens or increases a long, reduces or flips a short
    Buy(Sized),
    /// Sells: opens or increases a short, reduces or flips a long
    Sell(Sized),
    /// Closes a position, whole or in part
    Close {
        /// Symbol, asset or index of the market
        market: String,
        /// Closes this part of it, such as 50% [default: all]
        #[arg(long, value_name = "SHARE", conflicts_with = "size")]
        part: Option<String>,
        /// Closes so much of it, in whole units of the asset [default: all]
        #[arg(long, value_name = "SIZE")]
        size: Option<String>,
        #[command(flatten)]
        terms: Terms,
    },
    /// Closes a position and opens the same size on the other side
    Flip {
        /// Symbol, asset or index of the market
        market: String,
        #[command(flatten)]
        terms: Terms,
    },
}

#[derive(Debug, Args)]
struct Sized {
    /// Symbol, asset or index of the market
    market: String,
    /// Size in whole units of the asset, such as 1.5; with --atoms in base units
    size: String,
    /// Shrinks to the position and never opens one
    #[arg(long)]
    reduce_only: bool,
    #[command(flatten)]
    terms: Terms,
}

#[derive(Debug, Args)]
struct Terms {
    /// How much worse than the previewed average the price may be
    #[arg(long, value_name = "SHARE", default_value = "0.5%", conflicts_with = "limit")]
    slippage: String,
    /// Worst average price that is accepted, in place of --slippage
    #[arg(long, value_name = "PRICE")]
    limit: Option<String>,
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    send: SendFlags,
}

/// The size of an order of an account in a market.
type SizeOf<'a> = dyn Fn(&Chain, u16, &Account) -> Result<SignedSize, Failure> + 'a;

/// An order before its bound is known.
struct Wanted<'a> {
    market: &'a str,
    terms: &'a Terms,
    reduce_only: bool,
    size: Box<SizeOf<'a>>,
}

impl Arguments {
    /// Trades.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        let raw = context.output.atoms;
        let sized = |sized: &'_ Sized, buys: bool| -> Result<Report, Failure> {
            let size = |chain: &Chain, market: u16, _: &Account| {
                amount::signed("SIZE", amount::size("SIZE", &sized.size, chain.units(market), raw)?, buys)
            };
            let (market, terms) = (sized.market.as_str(), &sized.terms);
            fill(context, &Wanted { market, terms, reduce_only: sized.reduce_only, size: Box::new(size) })
        };
        match &self.command {
            Command::Buy(order) => sized(order, true),
            Command::Sell(order) => sized(order, false),
            Command::Close { market, part, size, terms } => {
                let part = part.as_deref().map(|text| amount::percent("--part", text)).transpose()?;
                let closed = move |chain: &Chain, index: u16, account: &Account| {
                    let held = held(chain, index, account)?;
                    let closed = match (part, size) {
                        (Some(part), _) => size_share_floor(held.size(), part)?,
                        (None, Some(text)) => amount::size("--size", text, chain.units(index), raw)?,
                        (None, None) => held.size(),
                    };
                    against(held, closed)
                };
                fill(context, &Wanted { market, terms, reduce_only: true, size: Box::new(closed) })
            }
            Command::Flip { market, terms } => {
                let flipped = |chain: &Chain, index: u16, account: &Account| {
                    let held = held(chain, index, account)?;
                    against(held, held.size().checked_add(held.size())?)
                };
                fill(context, &Wanted { market, terms, reduce_only: false, size: Box::new(flipped) })
            }
        }
    }
}

/// The position in a market.
///
/// # Errors
/// [`Failure::Refused`] where there is none.
pub fn held(chain: &Chain, market: u16, account: &Account) -> Result<SignedSize, Failure> {
    let position = account.occupied().find(|(_, position)| position.market == market && !position.size.is_zero());
    position.map(|(_, position)| position.size).ok_or_else(|| {
        Failure::Refused(format!("the account has no position in {}: there is nothing to close", chain.symbol(market)))
    })
}

/// So much on the other side of a position.
fn against(held: SignedSize, size: Size) -> Result<SignedSize, Failure> {
    let side = held.side().map_or(Side::Long, Side::opposite);
    Ok(size.on(side)?)
}

/// The worst price that is accepted.
fn bound(plan: &TradePlan, terms: &Terms, units: Units) -> Result<Price, Failure> {
    if let Some(text) = &terms.limit {
        return amount::price("--limit", text, units);
    }
    let slippage = amount::percent("--slippage", &terms.slippage)?;
    let filled = i128::from(plan.size.size().get());
    let average = plan.notional.get().checked_div(filled).and_then(|price| u64::try_from(price).ok()).map(Price::new);
    let average = average.ok_or_else(|| Failure::Refused("nothing would be filled".into()))?;
    let slack = price_share_ceil(average, slippage)?;
    Ok(match plan.size.side() {
        // What one base unit costs is rounded down above.
        Some(Side::Long) => average.checked_add(slack)?.checked_add(Price::new(1))?,
        _ => Price::new(average.get().saturating_sub(slack.get()).max(1)),
    })
}

/// What a fill comes to.
pub fn plan_section(chain: &Chain, plan: &TradePlan, acceptable: Price, units: Units) -> Result<Section, Failure> {
    let decimals = chain.decimals();
    let exact = |amount: QuoteX40| Cell::exact(amount, decimals);
    let fields = [
        ("size", Cell::signed_size(plan.size, units)),
        ("average price", average(plan.notional.get(), plan.size.get(), units)),
        ("worst accepted", Cell::price(acceptable, units)),
        ("notional", exact(plan.notional)),
        ("spread", exact(plan.fill.spread)),
        ("impact", exact(plan.fill.impact()?)),
        ("fee", Cell::atoms(plan.fill.fee, decimals)),
        ("closed", Cell::size(plan.closed, units)),
        ("opened", Cell::size(plan.opened, units)),
        ("realized", Cell::signed_atoms(plan.realized, decimals)),
        ("funding", Cell::signed_atoms(plan.settled.funding, decimals)),
    ];
    Ok(Section::fields("fill", "Fill", fields))
}

fn fill(context: &Context<'_>, wanted: &Wanted<'_>) -> Result<Report, Failure> {
    let terms = wanted.terms;
    amount::percent("--slippage", &terms.slippage)?;
    let mut chain = context.chain()?;
    let index = chain.market(wanted.market)?.state.index;
    let (key, found) = terms.whose.trader(context.settings, &chain)?;
    chain.bring(context.settings, &found.account.state, Some(index))?;
    let (exchange, units) = (chain.exchange(), chain.units(index));
    let before = found.account.state;
    let size = (wanted.size)(&chain, index, &before)?;
    let order = Order { reduce_only: wanted.reduce_only, ..Order::at_any_price(size) };
    let free = exchange.preview_trade(&before, index, &order, None)?;
    let acceptable_price = bound(&free.plan, terms, units)?;
    let order = Order { acceptable_price, ..order };
    let after = exchange.preview_trade(&before, index, &order, None)?;
    let mut later = exchange.clone();
    later.put_market(after.market);

    let mut instructions: Vec<_> = chain.freshen(&before, Some(index)).into_iter().collect();
    let authority = found.authority(key.pubkey());
    instructions.push(trade(chain.addresses(), authority, &before, chain.fresh.target(index), &order));
    let name = if size.side() == Some(Side::Long) { "buy" } else { "sell" };
    let intent = Intent {
        what: format!("{name} {} {}", units.show_size(after.plan.size.size()), chain.symbol(index)),
        instructions,
        preview: vec![
            plan_section(&chain, &after.plan, acceptable_price, units)?,
            health::change(&chain, (exchange, &before), (&later, &after.account), Some(index)),
        ],
        warnings: Vec::new(),
        final_because: Some("a fill is not taken back"),
    };
    Desk { chain: &chain, output: context.output, flags: terms.send }.carry_out(&key, intent)
}
