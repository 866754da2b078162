//! What each kind of order is made of.

use clap::{Args, ValueEnum};
use perp_engine::operations::orders::{NewOrder, ORDER_TIP_LAMPORTS};
use perp_engine::state::OrderTrigger;
use perp_engine::units::products::price_share_ceil;
use perp_engine::units::{Ppm, Price, Side, SignedSize, Size, Timestamp};
use perp_exchange::convert::Units;

use super::place::{place, Placement};
use crate::amount;
use crate::cli::Context;
use crate::commands::trade::held;
use crate::failure::Failure;
use crate::output::Report;
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

/// Everything of a position, on the side that closes it.
pub const fn all_of(side: Side) -> SignedSize {
    match side {
        Side::Long => SignedSize::new(i64::MAX),
        Side::Short => SignedSize::new(-i64::MAX),
    }
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
        super::place::replace(context, &self.common, self.place, |it, old| {
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
