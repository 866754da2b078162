//! An order in the place of another.

use clap::Args;
use perp_engine::operations::orders::NewOrder;
use perp_engine::units::{Ppm, Price, Side, Timestamp};

use super::Common;
use crate::amount;
use crate::cli::Context;
use crate::commands::order::place::replace;
use crate::failure::Failure;
use crate::output::Report;

// What of an order changes.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Replace {
    /// Place of the order, from 0 to 15
    #[arg(value_parser = clap::value_parser!(u8).range(0..16))]
    place: u8,
    /// Another price; of one that trails another distance, such as 5%
    #[arg(long, value_name = "PRICE")]
    at: Option<String>,
    /// Another size, in whole units of the asset
    #[arg(long, value_name = "SIZE")]
    size: Option<String>,
    /// Another worst average price that is accepted
    #[arg(long, value_name = "PRICE")]
    limit: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl Replace {
    /// Cancels the order and places the changed one.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn place(&self, context: &Context<'_>) -> Result<Report, Failure> {
        replace(context, &self.common, self.place, |it, old| {
            let side = old.size.side().unwrap_or(Side::Long);
            let size = match &self.size {
                Some(text) => it.size("--size", text)?.on(side)?,
                None => old.size,
            };
            let was_limit = old.acceptable_price == old.trigger_price;
            let (mut trigger_price, mut trailing) = (old.trigger_price, old.trailing);
            if let Some(text) = &self.at {
                if trailing == Ppm::ZERO && trigger_price == Price::ZERO {
                    return Err(Failure::Input(format!(
                        "--at is {text}, and the order at place {} waits for a time",
                        self.place
                    )));
                }
                if trailing == Ppm::ZERO {
                    trigger_price = amount::price("--at", text, it.units)?;
                } else {
                    trailing = amount::percent("--at", text)?;
                }
            }
            let acceptable_price = match &self.limit {
                Some(text) => amount::price("--limit", text, it.units)?,
                None if was_limit => trigger_price,
                None => old.acceptable_price,
            };
            let expires = if self.common.expires.is_some() { self.common.expires(it.now)? } else { old.expires };
            let lamports = if self.common.tip.is_some() { self.common.lamports(old.slices)? } else { old.lamports };
            Ok(NewOrder {
                size,
                trigger: old.kind(),
                trigger_price,
                trailing,
                acceptable_price,
                reduce_only: old.is_reduce_only(),
                active_from: Timestamp::NEVER,
                expires,
                slices: old.slices,
                seconds_between: old.seconds_between,
                group: old.group,
                parent: None,
                lamports,
            })
        })
    }
}
