//! `perp order`: orders that wait for a price or a time.

mod keep;
mod kinds;
mod place;

use clap::{Args, Subcommand};
use perp_engine::state::{Account, OrderBook, OrderTrigger, RestingOrder};
use perp_engine::units::{Ppm, Timestamp, MAX_SIZE};
use perp_exchange::convert::Units;

use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};
use crate::send::SendFlags;
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
    /// Lists the orders that wait
    List {
        #[command(flatten)]
        whose: Whose,
    },
    /// Buys at or below a price, or sells at or above it
    Limit(kinds::Limit),
    /// Closes the position once the price has gone against it
    Stop(kinds::Protection),
    /// Closes the position once the price has gone far enough for it
    Target(kinds::Protection),
    /// Closes the position once the price has come back from its best by a distance
    Trailing(kinds::Trailing),
    /// Fills at the next price, which nobody knows yet
    Next(kinds::Next),
    /// Fills in slices over time
    Twap(kinds::Twap),
    /// A stop and a target of the position, of which one cancels the other
    Oco(kinds::Oco),
    /// An entry by price, with a stop and a target that wake with its fill
    Bracket(kinds::Bracket),
    /// Several limits between two prices, each with a stop where one is named
    Ladder(kinds::Ladder),
    /// Gives a waiting order another price, size or time of expiry, in one transaction
    Replace(kinds::Replace),
    /// Cancels orders by their places
    Cancel {
        /// Places of the orders, from 0 to 15
        #[arg(required = true, value_parser = clap::value_parser!(u8).range(0..16))]
        places: Vec<u8>,
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Cancels every order that is not armed
    CancelAll {
        /// Only those of this market
        #[arg(long, value_name = "MARKET")]
        market: Option<String>,
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Arms an order that is met, for anybody
    Arm(keep::Place),
    /// Fills an armed order at what its market's price account says, for anybody, and takes its tip
    Fill(keep::Place),
    /// Takes a dead order out, for anybody; what it held goes to its owner
    Sweep(keep::Place),
    /// Opens the account of the orders, for a rent that comes back
    Open {
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Closes the account of the orders, in which none is left
    Close {
        #[command(flatten)]
        whose: Whose,
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
            Command::List { whose } => list(context, whose),
            Command::Limit(order) => order.place(context),
            Command::Stop(order) => order.place(context, true),
            Command::Target(order) => order.place(context, false),
            Command::Trailing(order) => order.place(context),
            Command::Next(order) => order.place(context),
            Command::Twap(order) => order.place(context),
            Command::Oco(order) => order.place(context),
            Command::Bracket(order) => order.place(context),
            Command::Ladder(order) => order.place(context),
            Command::Replace(order) => order.place(context),
            Command::Cancel { places, whose, send } => place::cancel(context, whose, *send, places),
            Command::CancelAll { market, whose, send } => place::cancel_all(context, whose, *send, market.as_deref()),
            Command::Arm(place) => place.arm(context),
            Command::Fill(place) => place.fill(context),
            Command::Sweep(place) => place.sweep(context),
            Command::Open { whose, send } => keep::open(context, whose, *send),
            Command::Close { whose, send } => keep::close(context, whose, *send),
        }
    }
}

fn list(context: &Context<'_>, whose: &Whose) -> Result<Report, Failure> {
    let chain = context.chain()?;
    let found = whose.find(context.settings, &chain)?;
    let orders = found.orders(&chain)?.unwrap_or_default();
    Ok(Report::of([orders_section(&chain, &orders, &found.account.state)?]))
}

/// The orders that rest, as they stand.
///
/// # Errors
/// [`Failure`] at the end of time.
pub fn orders_section(chain: &Chain, orders: &OrderBook, account: &Account) -> Result<Section, Failure> {
    let mut rows = Vec::new();
    for (place, order) in orders.occupied() {
        let units = chain.units(order.market);
        let trailing = if order.trailing == Ppm::ZERO { Cell::None } else { Cell::share(order.trailing) };
        let place = u64::try_from(place).unwrap_or(u64::MAX);
        rows.push(vec![
            Cell::Count(place),
            Cell::Count(order.number),
            Cell::text(chain.symbol(order.market)),
            size_cell(order, units),
            Cell::text(trigger_name(order)),
            Cell::price(order.trigger_price, units),
            trailing,
            Cell::text(state_name(order, account, chain.now())?),
            Cell::Flag(order.is_reduce_only()),
            Cell::Count(order.slices.into()),
            Cell::time(order.active_from),
            Cell::time(order.expires),
            Cell::Lamports(order.lamports),
        ]);
    }
    let columns = [
        "place",
        "number",
        "market",
        "size",
        "trigger",
        "price",
        "trailing",
        "state",
        "reduce only",
        "fills left",
        "active from",
        "expires",
        "tip",
    ];
    Ok(Section::rows("orders", "Orders that wait", &columns, rows))
}

/// The size of one fill; the largest numbers stand for all of the position.
fn size_cell(order: &RestingOrder, units: Units) -> Cell {
    if order.is_reduce_only() && order.size.size().get() > MAX_SIZE {
        return Cell::text("all");
    }
    Cell::signed_size(order.size, units)
}

/// When it fills.
fn trigger_name(order: &RestingOrder) -> &'static str {
    match order.kind() {
        OrderTrigger::AtTime => "at a time",
        OrderTrigger::AtOrAbove => "at or above",
        OrderTrigger::AtOrBelow => "at or below",
    }
}

/// How it stands.
fn state_name(order: &RestingOrder, account: &Account, now: Timestamp) -> Result<&'static str, Failure> {
    Ok(if order.is_dead(account, now)? {
        "dead"
    } else if order.is_armed(now)? {
        "armed"
    } else if order.is_asleep() {
        "asleep"
    } else {
        "waiting"
    })
}
