//! What each kind of order is made of.

mod entries;
mod plain;
mod protection;
mod replace;

pub use entries::{Bracket, Ladder};
pub use plain::{Limit, Next, Twap};
pub use protection::{Oco, Protection, Trailing};
pub use replace::Replace;

use clap::{Args, ValueEnum};
use perp_engine::operations::orders::{NewOrder, ORDER_TIP_LAMPORTS};
use perp_engine::state::OrderTrigger;
use perp_engine::units::products::price_share_ceil;
use perp_engine::units::{Ppm, Price, Side, SignedSize, Size, Timestamp};
use perp_exchange::convert::Units;

use super::place::Placement;
use crate::amount;
use crate::commands::trade::held;
use crate::failure::Failure;
use crate::send::SendFlags;
use crate::whose::Whose;

/// What a target or an order by time may be worse than its price where nobody says.
const USUAL_SLIPPAGE: Ppm = Ppm::new(10_000);
/// Groups are numbered from 1 to this.
const MOST_GROUPS: u8 = u8::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
/// Which side.
pub enum Way {
    /// Opens or increases a long, reduces a short
    Buy,
    /// Opens or increases a short, reduces a long
    Sell,
}

impl Way {
    const fn side(self) -> Side {
        match self {
            Self::Buy => Side::Long,
            Self::Sell => Side::Short,
        }
    }
}

// What every order that is placed may say besides.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Common {
    /// No longer armed after this: a time from now on such as +2h, or Unix seconds [default: never]
    #[arg(long, value_name = "TIME")]
    pub expires: Option<String>,
    /// Lamports for whoever fills it, for each fill [default: 40000, the least]
    #[arg(long, value_name = "LAMPORTS")]
    pub tip: Option<u64>,
    /// Cancels the orders at these places in the same transaction
    #[arg(long, value_name = "PLACES", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(0..16))]
    pub cancel: Vec<u8>,
    #[command(flatten)]
    pub whose: Whose,
    #[command(flatten)]
    pub send: SendFlags,
}

impl Common {
    fn expires(&self, now: Timestamp) -> Result<Timestamp, Failure> {
        let expires = self.expires.as_deref().map(|text| amount::moment("--expires", text, now)).transpose()?;
        match expires {
            Some(at) if at < now => Err(Failure::Input(format!(
                "--expires is {}, which is past: the chain's time is {}; give a later one, or a time from now on such as +2h",
                at.get(),
                now.get()
            ))),
            Some(at) => Ok(at),
            None => Ok(Timestamp::NEVER),
        }
    }

    fn lamports(&self, slices: u16) -> Result<u64, Failure> {
        let each = self.tip.unwrap_or(ORDER_TIP_LAMPORTS);
        if each < ORDER_TIP_LAMPORTS {
            return Err(Failure::Input(format!(
                "--tip is {each}, and must be at least {ORDER_TIP_LAMPORTS} lamports: with less nobody but you would fill it"
            )));
        }
        each.checked_mul(slices.into()).ok_or_else(|| Failure::Input("--tip is too large".into()))
    }

    /// An order with nothing of its own yet.
    fn order(&self, size: SignedSize, now: Timestamp, slices: u16) -> Result<NewOrder, Failure> {
        Ok(NewOrder {
            size,
            trigger: OrderTrigger::AtTime,
            trigger_price: Price::ZERO,
            trailing: Ppm::ZERO,
            acceptable_price: any_price(size),
            reduce_only: false,
            active_from: Timestamp::NEVER,
            expires: self.expires(now)?,
            slices,
            seconds_between: 0,
            group: 0,
            parent: None,
            lamports: self.lamports(slices)?,
        })
    }
}

// How bad a fill may be.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Bound {
    /// Worst average price that is accepted
    #[arg(long, value_name = "PRICE", conflicts_with = "slippage")]
    limit: Option<String>,
    /// How much worse than its price the average may be
    #[arg(long, value_name = "SHARE")]
    slippage: Option<String>,
}

impl Bound {
    /// The worst price that is accepted, measured from `from`; any where nobody says and `usual` is none.
    fn price(&self, size: SignedSize, from: Price, usual: Option<Ppm>, units: Units) -> Result<Price, Failure> {
        if let Some(text) = &self.limit {
            return amount::price("--limit", text, units);
        }
        let said = self.slippage.as_deref().map(|text| amount::percent("--slippage", text)).transpose()?;
        match said.or(usual) {
            None => Ok(any_price(size)),
            Some(slippage) => worse(size, from, slippage),
        }
    }
}

/// A price by so much worse for whoever trades.
fn worse(size: SignedSize, from: Price, by: Ppm) -> Result<Price, Failure> {
    let slack = price_share_ceil(from, by)?;
    Ok(match size.side() {
        Some(Side::Short) => Price::new(from.get().saturating_sub(slack.get()).max(1)),
        _ => from.checked_add(slack)?,
    })
}

/// No bound.
const fn any_price(size: SignedSize) -> Price {
    if size.get() < 0 {
        Price::new(1)
    } else {
        Price::new(u64::MAX)
    }
}

/// The price at which an order against the price of now fills: from above or from below.
const fn trigger(buys: bool, is_stop: bool) -> OrderTrigger {
    match buys == is_stop {
        true => OrderTrigger::AtOrAbove,
        false => OrderTrigger::AtOrBelow,
    }
}

/// Everything of a position, on the side that closes it.
pub const fn all_of(side: Side) -> SignedSize {
    match side {
        Side::Long => SignedSize::new(i64::MAX),
        Side::Short => SignedSize::new(-i64::MAX),
    }
}

impl Placement<'_> {
    /// A size on a side.
    fn signed(&self, name: &str, text: &str, side: Side) -> Result<SignedSize, Failure> {
        Ok(self.size(name, text)?.on(side)?)
    }

    fn size(&self, name: &str, text: &str) -> Result<Size, Failure> {
        amount::size(name, text, self.units, self.raw)
    }

    /// So many equal parts; what is left by the division is less than a base unit each, and is refused.
    fn split(&self, name: &str, size: Size, parts: u64) -> Result<Size, Failure> {
        let each = size.get() / parts.max(1);
        if each * parts != size.get() {
            let fitting = Size::new(each * parts);
            return Err(Failure::Input(format!(
                "{name} is {}, which is not {parts} equal parts of whole base units: give {}",
                self.units.show_size(size),
                self.units.show_size(fitting)
            )));
        }
        Ok(Size::new(each))
    }

    /// What closes the position, or so much of it.
    fn closing(&self, size: Option<&str>) -> Result<SignedSize, Failure> {
        let side = held(self.chain, self.market, self.account)?.side().map_or(Side::Short, Side::opposite);
        match size {
            Some(text) => self.signed("--size", text, side),
            None => Ok(all_of(side)),
        }
    }

    /// A group of which none of the account's orders is.
    fn free_group(&self) -> Result<u8, Failure> {
        let taken = |group: u8| self.orders.occupied().any(|(_, order)| order.group == group);
        (1..=MOST_GROUPS).find(|group| !taken(*group)).ok_or_else(|| Failure::Refused("no group is free".into()))
    }
}
