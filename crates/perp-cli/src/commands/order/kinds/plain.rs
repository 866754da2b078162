//! Orders that stand alone: limits, at the next price, in slices.

use clap::Args;
use perp_engine::operations::orders::NewOrder;
use perp_engine::units::Timestamp;

use super::{trigger, Bound, Common, Way, USUAL_SLIPPAGE};
use crate::amount;
use crate::cli::Context;
use crate::commands::order::place::place;
use crate::failure::Failure;
use crate::output::Report;

// A limit.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Limit {
    /// Symbol, asset or index of the market
    market: String,
    /// Which side
    way: Way,
    /// Size in whole units of the asset, such as 1.5; with --atoms in base units
    size: String,
    /// The price at which it is met, and the worst average that is accepted
    #[arg(long, value_name = "PRICE")]
    at: String,
    /// Only reduces the position there is now
    #[arg(long)]
    reduce_only: bool,
    #[command(flatten)]
    common: Common,
}

impl Limit {
    /// Places it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn place(&self, context: &Context<'_>) -> Result<Report, Failure> {
        place(context, &self.common, &self.market, |it| {
            let size = it.signed("SIZE", &self.size, self.way.side())?;
            let at = amount::price("--at", &self.at, it.units)?;
            let order = self.common.order(size, it.now, 1)?;
            let trigger = trigger(self.way == Way::Buy, false);
            let reduce_only = self.reduce_only;
            Ok(vec![NewOrder { trigger, trigger_price: at, acceptable_price: at, reduce_only, ..order }])
        })
    }
}

// An order at the next price.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Next {
    /// Symbol, asset or index of the market
    market: String,
    /// Which side
    way: Way,
    /// Size in whole units of the asset, such as 1.5; with --atoms in base units
    size: String,
    /// Only reduces the position there is now
    #[arg(long)]
    reduce_only: bool,
    #[command(flatten)]
    bound: Bound,
    #[command(flatten)]
    common: Common,
}

impl Next {
    /// Places it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn place(&self, context: &Context<'_>) -> Result<Report, Failure> {
        place(context, &self.common, &self.market, |it| {
            let size = it.signed("SIZE", &self.size, self.way.side())?;
            let acceptable_price = self.bound.price(size, it.price, Some(USUAL_SLIPPAGE), it.units)?;
            let order = self.common.order(size, it.now, 1)?;
            Ok(vec![NewOrder { acceptable_price, reduce_only: self.reduce_only, ..order }])
        })
    }
}

// An order in slices.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Twap {
    /// Symbol, asset or index of the market
    market: String,
    /// Which side
    way: Way,
    /// Size of all slices together, in whole units of the asset; with --atoms in base units
    size: String,
    /// How many fills
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(2..))]
    slices: u16,
    /// Time from one fill to the next, such as 5m; at least 60s
    #[arg(long, value_name = "TIME")]
    every: String,
    /// When the first is due: a time from now on such as +1h, or Unix seconds [default: now]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only reduces the position there is now
    #[arg(long)]
    reduce_only: bool,
    #[command(flatten)]
    bound: Bound,
    #[command(flatten)]
    common: Common,
}

impl Twap {
    /// Places it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn place(&self, context: &Context<'_>) -> Result<Report, Failure> {
        let seconds_between = amount::seconds("--every", &self.every)?;
        if seconds_between < perp_engine::state::SLICE_SECONDS {
            let least = perp_engine::state::SLICE_SECONDS;
            return Err(Failure::Input(format!("--every is {seconds_between}s, and must be at least {least}s")));
        }
        place(context, &self.common, &self.market, |it| {
            let all = it.size("SIZE", &self.size)?;
            let each = it.split("SIZE", all, self.slices.into())?;
            let size = each.on(self.way.side())?;
            let acceptable_price = self.bound.price(size, it.price, Some(USUAL_SLIPPAGE), it.units)?;
            let active_from = match &self.from {
                Some(text) => amount::moment("--from", text, it.now)?,
                None => Timestamp::NEVER,
            };
            let (reduce_only, order) = (self.reduce_only, self.common.order(size, it.now, self.slices)?);
            Ok(vec![NewOrder { acceptable_price, active_from, reduce_only, seconds_between, ..order }])
        })
    }
}
