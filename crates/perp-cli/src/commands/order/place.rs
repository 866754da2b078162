//! Placing, replacing and cancelling, previewed by the engine.

use perp_client::instructions::{open_orders, place_orders, OrdersOf, TargetMarket};
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::{Account, OrderBook, OrderTrigger, RestingOrder};
use perp_engine::units::{Price, Timestamp};
use perp_exchange::convert::Units;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::kinds::Common;
use super::orders_section;
use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};
use crate::send::{Desk, Intent, SendFlags};
use crate::whose::{Found, Whose};

/// What an order is placed into.
pub struct Placement<'a> {
    /// The exchange.
    pub chain: &'a Chain,
    /// The market.
    pub market: u16,
    /// Its units.
    pub units: Units,
    /// Its price now.
    pub price: Price,
    /// The chain's time.
    pub now: Timestamp,
    /// The account.
    pub account: &'a Account,
    /// The orders that it has.
    pub orders: &'a OrderBook,
    /// Whether sizes are given in base units.
    pub raw: bool,
}

/// An account and its orders, at which somebody may place some.
struct Table {
    chain: Chain,
    key: Keypair,
    found: Found,
    orders: OrderBook,
    is_open: bool,
}

impl Table {
    fn of(context: &Context<'_>, whose: &Whose) -> Result<Self, Failure> {
        let chain = context.chain()?;
        let (key, found) = whose.trader(context.settings, &chain)?;
        let orders = found.orders(&chain)?;
        let is_open = orders.is_some();
        Ok(Self { chain, key, found, orders: orders.unwrap_or_default(), is_open })
    }

    fn placement(&self, market: u16, raw: bool) -> Result<Placement<'_>, Failure> {
        let state = self.chain.exchange().market(market)?;
        Ok(Placement {
            chain: &self.chain,
            market,
            units: Units::of(state),
            price: state.price.price,
            now: self.chain.now(),
            account: &self.found.account.state,
            orders: &self.orders,
            raw,
        })
    }

    fn order(&self, place: u8) -> Result<&RestingOrder, Failure> {
        self.orders.order(place.into()).map_err(|_| {
            let places: Vec<String> = self.orders.occupied().map(|(place, _)| place.to_string()).collect();
            let there = if places.is_empty() {
                "no order waits".into()
            } else {
                format!("orders are at {}", places.join(", "))
            };
            Failure::Refused(format!(
                "there is no order at place {place} of margin account {}: {there}",
                self.found.address
            ))
        })
    }

    /// Cancels and places in one market, in one transaction.
    fn carry_out(
        &self,
        context: &Context<'_>,
        flags: SendFlags,
        market: u16,
        (cancel, new): (&[u8], &[NewOrder]),
        what: String,
    ) -> Result<Report, Failure> {
        let chain = &self.chain;
        let (account, owner) = (&self.found.account.state, self.found.account.owner);
        for place in cancel {
            self.order(*place)?;
        }
        let after = chain.exchange().preview_placement(account, &self.orders, market, cancel, new, None)?;
        let mut instructions = Vec::new();
        let mut warnings = Vec::new();
        if !self.is_open {
            if self.key.pubkey() != owner {
                return Err(Failure::Refused(format!(
                    "the account of the orders is not open: its owner {owner} opens it with `perp order open`"
                )));
            }
            instructions.push(open_orders(self.found.authority(owner), owner));
            warnings
                .push("the account of the orders is opened first, for a rent that comes back when it is closed".into());
        }
        instructions.extend(chain.freshen(account, Some(market)));
        let of = OrdersOf { owner, margin_account: self.found.address, account };
        // Where nothing is placed no price is needed.
        let target = if new.is_empty() { TargetMarket::at_cached_price(market) } else { chain.fresh.target(market) };
        instructions.push(place_orders(chain.addresses(), self.key.pubkey(), &of, target, cancel, new));
        let lamports = Section::fields(
            "lamports",
            "Lamports for whoever fills them",
            [("held", Cell::Lamports(after.plan.paid)), ("returned", Cell::Lamports(after.plan.returned))],
        );
        if !after.plan.armed_until.is_never() {
            warnings.push("it is armed at once: until it is filled, at most a quarter of a minute, the account withdraws and increases nothing".into());
        }
        let intent = Intent {
            what,
            instructions,
            preview: vec![orders_section(chain, &after.orders, &after.account)?, lamports],
            warnings,
            final_because: (!after.plan.armed_until.is_never()).then_some("an order that is armed is not cancelled"),
        };
        Desk { chain, output: context.output, flags }.carry_out(&self.key, intent)
    }
}

/// Places the orders that `made` makes.
///
/// # Errors
/// [`Failure`].
pub fn place(
    context: &Context<'_>,
    common: &Common,
    market: &str,
    made: impl Fn(&Placement<'_>) -> Result<Vec<NewOrder>, Failure>,
) -> Result<Report, Failure> {
    let mut table = Table::of(context, &common.whose)?;
    let index = table.chain.market(market)?.state.index;
    let orders = made(&table.placement(index, context.output.atoms)?)?;
    // One that is due is armed at once, at a price that is young.
    if orders.iter().any(|order| order.trigger == OrderTrigger::AtTime && order.parent.is_none()) {
        let account = table.found.account.state;
        table.chain.bring(context.settings, &account, Some(index))?;
    }
    let what = match orders.len() {
        1 => format!("place an order in {}", table.chain.symbol(index)),
        count => format!("place {count} orders in {}", table.chain.symbol(index)),
    };
    table.carry_out(context, common.send, index, (&common.cancel, &orders), what)
}

/// Puts what `made` makes of a waiting order in its stead.
///
/// # Errors
/// [`Failure`].
pub fn replace(
    context: &Context<'_>,
    common: &Common,
    place: u8,
    made: impl Fn(&Placement<'_>, &RestingOrder) -> Result<NewOrder, Failure>,
) -> Result<Report, Failure> {
    let table = Table::of(context, &common.whose)?;
    let old = *table.order(place)?;
    if old.is_asleep() {
        return Err(Failure::Refused(format!(
            "the order at place {place} waits for the fill of another: cancel both and place them anew"
        )));
    }
    let new = made(&table.placement(old.market, context.output.atoms)?, &old)?;
    let mut cancel = vec![place];
    cancel.extend(common.cancel.iter().filter(|other| **other != place));
    let what = format!("replace the order at place {place} in {}", table.chain.symbol(old.market));
    table.carry_out(context, common.send, old.market, (&cancel, &[new]), what)
}

/// Cancels the orders at these places.
///
/// # Errors
/// [`Failure`].
pub fn cancel(context: &Context<'_>, whose: &Whose, flags: SendFlags, places: &[u8]) -> Result<Report, Failure> {
    let table = Table::of(context, whose)?;
    let mut once: Vec<u8> = places.to_vec();
    once.sort_unstable();
    once.dedup();
    let first = once.first().copied().unwrap_or_default();
    let market = table.order(first)?.market;
    let listed: Vec<String> = once.iter().map(u8::to_string).collect();
    table.carry_out(context, flags, market, (&once, &[]), format!("cancel the orders at places {}", listed.join(", ")))
}

/// Cancels every order that is not armed and sleeps for none that is cancelled anyway.
///
/// # Errors
/// [`Failure`].
pub fn cancel_all(
    context: &Context<'_>,
    whose: &Whose,
    flags: SendFlags,
    market: Option<&str>,
) -> Result<Report, Failure> {
    let table = Table::of(context, whose)?;
    let only = market.map(|name| table.chain.market(name).map(|market| market.state.index)).transpose()?;
    let now = table.chain.now();
    let (mut places, mut armed) = (Vec::new(), 0usize);
    for (place, order) in table.orders.occupied() {
        if only.is_some_and(|only| only != order.market) || order.is_asleep() {
            continue;
        }
        if order.is_armed(now)? {
            armed += 1;
        } else {
            places.push(u8::try_from(place).unwrap_or(u8::MAX));
        }
    }
    let Some(first) = places.first() else {
        let armed = if armed > 0 { format!(", and {armed} that are armed are not cancelled") } else { String::new() };
        return Err(Failure::Refused(format!("no order of margin account {} waits{armed}", table.found.address)));
    };
    let market = table.order(*first)?.market;
    let what = format!("cancel {} orders of margin account {}", places.len(), table.found.address);
    table.carry_out(context, flags, market, (&places, &[]), what)
}
