//! Entries with what wakes with their fills, and several at once.

use clap::Args;
use perp_engine::operations::orders::NewOrder;
use perp_engine::units::{Price, Side};

use super::{all_of, trigger, Bound, Common, Way, USUAL_SLIPPAGE};
use crate::amount;
use crate::cli::Context;
use crate::commands::order::place::{place, Placement};
use crate::failure::Failure;
use crate::output::Report;

// An entry with its exits.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Bracket {
    /// Symbol, asset or index of the market
    market: String,
    /// Which side the entry is on
    way: Way,
    /// Size in whole units of the asset, such as 1.5; with --atoms in base units
    size: String,
    /// The entry's price, and the worst average that is accepted for it
    #[arg(long, value_name = "PRICE")]
    at: String,
    /// The price of the stop
    #[arg(long, value_name = "PRICE")]
    stop: String,
    /// The price of the target
    #[arg(long, value_name = "PRICE")]
    target: Option<String>,
    #[command(flatten)]
    bound: Bound,
    #[command(flatten)]
    common: Common,
}

/// What wakes with the fill of an entry: it closes all of what was opened, at prices on the right sides of the entry's.
fn child(
    it: &Placement<'_>,
    common: &Common,
    bound: &Bound,
    (side, entry, parent): (Side, Price, u8),
    (flag, text): (&str, &str),
    is_stop: bool,
) -> Result<NewOrder, Failure> {
    let at = amount::price(flag, text, it.units)?;
    let size = all_of(side.opposite());
    let is_right = match (side, is_stop) {
        (Side::Long, true) | (Side::Short, false) => at < entry,
        (Side::Long, false) | (Side::Short, true) => at > entry,
    };
    if !is_right {
        let name = if is_stop { "a stop" } else { "a target" };
        let where_ = if (side == Side::Long) == is_stop { "below" } else { "above" };
        let entered = if side == Side::Long { "bought" } else { "sold" };
        return Err(Failure::Input(format!(
            "{flag} is {text}, and {name} of what is {entered} at {} lies {where_} that",
            it.units.show_price(entry)
        )));
    }
    let usual = (!is_stop).then_some(USUAL_SLIPPAGE);
    let acceptable_price = bound.price(size, at, usual, it.units)?;
    let trigger = trigger(size.side() == Some(Side::Long), is_stop);
    let order = common.order(size, it.now, 1)?;
    let parent = Some(parent);
    Ok(NewOrder { trigger, trigger_price: at, acceptable_price, reduce_only: true, parent, ..order })
}

impl Bracket {
    /// Places the entry with what wakes with its fill.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn place(&self, context: &Context<'_>) -> Result<Report, Failure> {
        place(context, &self.common, &self.market, |it| {
            let side = self.way.side();
            let size = it.signed("SIZE", &self.size, side)?;
            let at = amount::price("--at", &self.at, it.units)?;
            let entry = self.common.order(size, it.now, 1)?;
            let trigger = trigger(self.way == Way::Buy, false);
            let entry = NewOrder { trigger, trigger_price: at, acceptable_price: at, ..entry };
            let group = it.free_group()?;
            let of = (side, at, 0);
            let stop = child(it, &self.common, &self.bound, of, ("--stop", &self.stop), true)?;
            let mut orders = vec![entry, NewOrder { group, ..stop }];
            if let Some(target) = &self.target {
                let target = child(it, &self.common, &self.bound, of, ("--target", target), false)?;
                orders.push(NewOrder { group, ..target });
            }
            Ok(orders)
        })
    }
}

// Several limits.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Ladder {
    /// Symbol, asset or index of the market
    market: String,
    /// Which side
    way: Way,
    /// Size of all of them together, in whole units of the asset; with --atoms in base units
    size: String,
    /// Price of the first
    #[arg(long, value_name = "PRICE")]
    from: String,
    /// Price of the last
    #[arg(long, value_name = "PRICE")]
    to: String,
    /// How many
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(2..=16))]
    count: u8,
    /// The price of a stop, which wakes with the fill of each
    #[arg(long, value_name = "PRICE")]
    stop: Option<String>,
    #[command(flatten)]
    bound: Bound,
    #[command(flatten)]
    common: Common,
}

impl Ladder {
    /// Places them.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn place(&self, context: &Context<'_>) -> Result<Report, Failure> {
        place(context, &self.common, &self.market, |it| {
            let (from, to) =
                (amount::price("--from", &self.from, it.units)?, amount::price("--to", &self.to, it.units)?);
            if from == to {
                return Err(Failure::Input(format!("--from and --to are both {}: give two prices", self.from)));
            }
            let side = self.way.side();
            let size = it.split("SIZE", it.size("SIZE", &self.size)?, self.count.into())?.on(side)?;
            let trigger = trigger(self.way == Way::Buy, false);
            let mut orders = Vec::new();
            for rung in 0..self.count {
                let at = between(from, to, rung, self.count);
                let order = self.common.order(size, it.now, 1)?;
                let place = u8::try_from(orders.len()).unwrap_or(u8::MAX);
                orders.push(NewOrder { trigger, trigger_price: at, acceptable_price: at, ..order });
                if let Some(stop) = &self.stop {
                    orders.push(child(it, &self.common, &self.bound, (side, at, place), ("--stop", stop), true)?);
                }
            }
            Ok(orders)
        })
    }
}

/// The price of a rung, evenly between the first and the last.
fn between(from: Price, to: Price, rung: u8, count: u8) -> Price {
    let (first, last) = (i128::from(from.get()), i128::from(to.get()));
    let at = first + (last - first) * i128::from(rung) / i128::from(count.saturating_sub(1).max(1));
    Price::new(u64::try_from(at).unwrap_or(u64::MAX))
}
