//! What closes a position: stops, targets, stops that trail, both of which one cancels the other.

use clap::Args;
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::OrderTrigger;
use perp_engine::units::{Ppm, Side, SignedSize};

use super::{any_price, trigger, Bound, Common, USUAL_SLIPPAGE};
use crate::amount;
use crate::cli::Context;
use crate::commands::order::place::{place, Placement};
use crate::failure::Failure;
use crate::output::Report;

// A stop or a target.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Protection {
    /// Symbol, asset or index of the market
    market: String,
    /// The price at which it is met
    #[arg(long, value_name = "PRICE")]
    at: String,
    /// Closes so much of the position, in whole units of the asset [default: all]
    #[arg(long, value_name = "SIZE")]
    size: Option<String>,
    #[command(flatten)]
    bound: Bound,
    #[command(flatten)]
    common: Common,
}

impl Protection {
    /// Places it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn place(&self, context: &Context<'_>, is_stop: bool) -> Result<Report, Failure> {
        place(context, &self.common, &self.market, |it| {
            let size = it.closing(self.size.as_deref())?;
            Ok(vec![protection(it, &self.common, &self.bound, size, ("--at", &self.at), is_stop)?])
        })
    }
}

/// A stop or a target of the position there is, refused where its price is on the wrong side of the market's.
fn protection(
    it: &Placement<'_>,
    common: &Common,
    bound: &Bound,
    size: SignedSize,
    (flag, text): (&str, &str),
    is_stop: bool,
) -> Result<NewOrder, Failure> {
    let at = amount::price(flag, text, it.units)?;
    let trigger = trigger(size.side() == Some(Side::Long), is_stop);
    let (now, name) = (it.price, if is_stop { "stop" } else { "target" });
    let is_met = match trigger {
        OrderTrigger::AtOrAbove => now >= at,
        _ => now <= at,
    };
    if is_met {
        let (side, held) = match trigger {
            OrderTrigger::AtOrAbove => ("above", if is_stop { "short" } else { "long" }),
            _ => ("below", if is_stop { "long" } else { "short" }),
        };
        return Err(Failure::Input(format!(
            "{flag} is {text}, and the {name} of a {held} lies {side} the market's price, which is {}: it would be met at once",
            it.units.show_price(now)
        )));
    }
    let usual = (!is_stop).then_some(USUAL_SLIPPAGE);
    let acceptable_price = bound.price(size, at, usual, it.units)?;
    let order = common.order(size, it.now, 1)?;
    Ok(NewOrder { trigger, trigger_price: at, acceptable_price, reduce_only: true, ..order })
}

// A trailing stop.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Trailing {
    /// Symbol, asset or index of the market
    market: String,
    /// Distance from the best price, such as 5%
    #[arg(long, value_name = "SHARE")]
    distance: String,
    /// Closes so much of the position, in whole units of the asset [default: all]
    #[arg(long, value_name = "SIZE")]
    size: Option<String>,
    /// Worst average price that is accepted [default: any]
    #[arg(long, value_name = "PRICE")]
    limit: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl Trailing {
    /// Places it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn place(&self, context: &Context<'_>) -> Result<Report, Failure> {
        let trailing = amount::percent("--distance", &self.distance)?;
        if trailing == Ppm::ZERO || trailing == Ppm::ONE {
            return Err(Failure::Input(format!("--distance is {}: give one above 0% and below 100%", self.distance)));
        }
        place(context, &self.common, &self.market, |it| {
            let size = it.closing(self.size.as_deref())?;
            let trigger = trigger(size.side() == Some(Side::Long), true);
            let acceptable_price = match &self.limit {
                Some(text) => amount::price("--limit", text, it.units)?,
                None => any_price(size),
            };
            let order = self.common.order(size, it.now, 1)?;
            Ok(vec![NewOrder { trigger, trailing, acceptable_price, reduce_only: true, ..order }])
        })
    }
}

// A stop and a target.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Oco {
    /// Symbol, asset or index of the market
    market: String,
    /// The price of the stop
    #[arg(long, value_name = "PRICE")]
    stop: String,
    /// The price of the target
    #[arg(long, value_name = "PRICE")]
    target: String,
    /// Closes so much of the position, in whole units of the asset [default: all]
    #[arg(long, value_name = "SIZE")]
    size: Option<String>,
    #[command(flatten)]
    bound: Bound,
    #[command(flatten)]
    common: Common,
}

impl Oco {
    /// Places both.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn place(&self, context: &Context<'_>) -> Result<Report, Failure> {
        place(context, &self.common, &self.market, |it| {
            let size = it.closing(self.size.as_deref())?;
            let group = it.free_group()?;
            let stop = protection(it, &self.common, &self.bound, size, ("--stop", &self.stop), true)?;
            let target = protection(it, &self.common, &self.bound, size, ("--target", &self.target), false)?;
            Ok(vec![NewOrder { group, ..stop }, NewOrder { group, ..target }])
        })
    }
}
