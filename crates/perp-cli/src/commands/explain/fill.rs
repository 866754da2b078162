//! Fills and settlements, number by number.

use perp_client::events::{FundingSettled, MarketMoment, OrderExecuted, ProfitSettled, Traded};
use perp_engine::market::fill::{impact_ceil, quote};
use perp_engine::market::price::spread_ceil;
use perp_engine::state::{Market, PriceCache};
use perp_engine::units::products::notional;
use perp_engine::units::{Price, QuoteX40, Side, SignedAtoms, SignedSize, Size, Timestamp};
use perp_engine::EngineError;

use super::line::{place, Line};
use super::replay::{Filled, Known};
use crate::chain::Chain;
use crate::failure::Failure;
use crate::output::Cell;

/// A market as a fill found it, as far as its events tell: its parameters, its price, and both sides' open interest.
pub fn found(
    chain: &Chain,
    index: u16,
    state: &MarketMoment,
    filled: (i64, i64),
    price: Price,
    time: i64,
) -> Option<Market> {
    let listed = &chain.markets.get(usize::from(index))?.state;
    let (before, after) = (SignedSize::new(filled.0), SignedSize::new(filled.1));
    let on = |size: SignedSize, side: Side| if size.side() == Some(side) { size.size().get() } else { 0 };
    let of = |side: Side, after_it: u64| {
        after_it.checked_sub(on(after, side)).and_then(|rest| rest.checked_add(on(before, side))).map(Size::new)
    };
    let mut market = Market {
        parameters: listed.parameters,
        index,
        base_decimals: listed.base_decimals,
        quote_decimals: listed.quote_decimals,
        ..Market::default()
    };
    let published = Timestamp::new(time);
    market.price = PriceCache { price, published, newest_published: published, ..PriceCache::default() };
    for (side, open, index) in [
        (Side::Long, state.long_open_interest, state.long_funding_index),
        (Side::Short, state.short_open_interest, state.short_funding_index),
    ] {
        let totals = market.ledger.side_mut(side);
        totals.open_interest = of(side, open)?;
        totals.funding_index = perp_engine::units::FundingIndex::new(index);
    }
    Some(market)
}

/// The price without the charge: what a resting order's reading said.
fn price_of(filled: &Filled, charge: QuoteX40) -> Option<Price> {
    let bare = match filled.side() {
        Side::Long => filled.notional.checked_sub(charge).ok()?,
        Side::Short => filled.notional.checked_add(charge).ok()?,
    };
    let price = bare.get().checked_div(i128::from(filled.size.size().get()))?;
    u64::try_from(price).ok().map(Price::new)
}

/// What the numbers of a fill are called.
struct Told<'a> {
    market: u16,
    state: &'a MarketMoment,
    time: i64,
    price: Price,
    charge: i128,
    spread: i128,
    impact: i128,
    realized: i64,
    funding: i64,
    redeemed: u64,
    repaid: u64,
    size_after: i64,
    balance: (u64, u64),
    rests: bool,
}

impl Told<'_> {
    /// Whether it closed a position whole, whose cost is capped so that it worsens nothing.
    fn closes_whole(&self, filled: &Filled) -> bool {
        self.size_after == 0 && !filled.before.is_zero()
    }
}

/// Every number of a market order.
///
/// # Errors
/// [`Failure`] where the events contradict each other.
pub fn traded(chain: &Chain, before: &Known, it: &Traded) -> Result<Vec<Line>, Failure> {
    let told = Told {
        market: it.market_index,
        state: &it.state,
        time: it.time,
        price: Price::new(it.state.index_price),
        charge: it.charge,
        spread: it.spread,
        impact: it.impact,
        realized: it.realized,
        funding: it.funding,
        redeemed: it.redeemed,
        repaid: it.repaid,
        size_after: it.size_after,
        balance: (it.balance_before, it.balance_after),
        rests: false,
    };
    lines(chain, before, &Filled::traded(it), &told)
}

/// Every number of a resting order's fill; nothing where it was not filled.
///
/// # Errors
/// [`Failure`] where the events contradict each other.
pub fn executed(chain: &Chain, before: &Known, it: &OrderExecuted) -> Result<Vec<Line>, Failure> {
    let (Some(filled), Some(fill)) = (Filled::executed(it), &it.fill) else { return Ok(Vec::new()) };
    let Some(price) = price_of(&filled, QuoteX40::new(fill.charge)) else { return Ok(Vec::new()) };
    let told = Told {
        market: it.market_index,
        state: &it.state,
        time: it.time,
        price,
        charge: fill.charge,
        spread: fill.spread,
        impact: fill.impact,
        realized: fill.realized,
        funding: fill.funding,
        redeemed: fill.redeemed,
        repaid: fill.repaid,
        size_after: fill.size_after,
        balance: (it.balance_before, it.balance_after),
        rests: true,
    };
    lines(chain, before, &filled, &told)
}

fn lines(chain: &Chain, before: &Known, filled: &Filled, told: &Told<'_>) -> Result<Vec<Line>, Failure> {
    let (units, decimals) = (chain.units(told.market), chain.decimals());
    let exact = |amount: i128| Cell::Exact(amount, decimals);
    let signed = |amount: i64| Cell::Atoms(amount.into(), decimals);
    let atoms = |amount: u64| Cell::Atoms(amount.into(), decimals);
    let rule = if told.rests { place::FILLING } else { place::FILL };
    let sizes = (filled.before.get(), told.size_after);
    let market = found(chain, told.market, told.state, sizes, told.price, told.time);
    let index_notional = filled.at_index(told.price)?;
    let charge = QuoteX40::new(told.charge);
    let paid = match filled.side() {
        Side::Long => index_notional.checked_add(charge),
        Side::Short => index_notional.checked_sub(charge),
    };
    // A close whole whose cost is capped pays less of all three.
    let quoted = market.as_ref().and_then(|market| {
        let skew = perp_engine::market::fill::skew(&market.ledger).ok()?;
        let impact = notional(impact_ceil(skew, filled.size, &market.parameters).ok()?, told.price).ok()?;
        let fee = quote(market, filled.size, Timestamp::new(told.time)).ok()?.fee;
        Some((impact, fee))
    });
    let capped = |computed: i128, paid: i128| if told.closes_whole(filled) { computed.min(paid) } else { computed };
    let impact = quoted.map(|(impact, _)| exact(capped(impact.get(), told.impact)));
    let fee =
        quoted.map(|(_, fee)| atoms(u64::try_from(capped(fee.get().into(), filled.fee.get().into())).unwrap_or(0)));
    let spread = spread_of(chain, filled, told)?;
    let ledger = before.ledger(told.market, told.state, told.balance.0);
    let protocol = chain.exchange().market(told.market)?.parameters.protocol_share;
    let posted = before.fill(ledger, filled, protocol)?;
    let is_cash = !before.owes && told.redeemed == 0 && told.repaid == 0;
    let balance = is_cash.then(|| atoms(posted.ledger.balance.get()));
    let price_rule = if told.rests { "the reading of the order's moment" } else { "the market's last valid price" };
    Ok(vec![
        Line::told("price", Cell::price(told.price, units), price_rule, rule),
        Line::compared(
            "impact",
            exact(told.impact),
            impact.unwrap_or(Cell::None),
            "price · (G(skew after) − G(skew before)), one-sided",
            place::FILL,
        ),
        Line::if_known("spread", exact(told.spread), spread, "size · spread of one base unit", place::SPREAD),
        Line::compared(
            "charge",
            exact(told.charge),
            exact(told.spread + told.impact),
            "spread + impact, at most the notional",
            rule,
        ),
        Line::compared(
            "notional",
            exact(filled.notional.get()),
            paid.map_or(Cell::None, |paid| exact(paid.get())),
            "size · price, worse by the charge",
            rule,
        ),
        Line::if_known(
            "fee",
            atoms(filled.fee.get()),
            fee,
            "⌈increasing · taker_fee + rebalancing · taker_fee_rebalancing⌉",
            place::FILL,
        ),
        Line::compared(
            "funding",
            signed(told.funding),
            Cell::signed_atoms(posted.funding, decimals),
            "−size · (index now − index at the last settlement)",
            place::FUNDING,
        ),
        Line::compared(
            "realized",
            signed(told.realized),
            Cell::signed_atoms(posted.realized, decimals),
            "⌊what the closed part fetched − ⌊entry · closed / size⌋⌋",
            place::POSITION,
        ),
        Line::compared(
            "position after",
            Cell::Size(told.size_after, units),
            filled.before.checked_add(filled.size).map_or(Cell::None, |size| Cell::signed_size(size, units)),
            "position before + size",
            place::POSITION,
        ),
        Line::told("redeemed", atoms(told.redeemed), "what is funded of a claim", place::CLAIMS),
        Line::told("repaid", atoms(told.repaid), "what is owed, as far as the balance goes", place::LEDGER),
        if_cash(told, balance, posted.realized, decimals),
    ])
}

/// The balance; profit that its market could not pay is a claim instead.
fn if_cash(told: &Told<'_>, computed: Option<Cell>, realized: SignedAtoms, decimals: u8) -> Line {
    let after = Cell::Atoms(told.balance.1.into(), decimals);
    const POSTED: &str = "balance + funding + realized − fee, posted one after the other";
    let short = computed.as_ref().is_some_and(|computed| match computed {
        Cell::Atoms(computed, _) => i128::from(told.balance.1) < *computed,
        _ => false,
    });
    let won = realized.positive_part().get() > 0 || told.funding > 0;
    if short && won {
        return Line::told("balance after", after, "profit that the market could not pay is a claim", place::CLAIMS);
    }
    Line::if_known("balance after", after, computed, POSTED, place::LEDGER)
}

/// The spread, where the market still is as the fill left it, or none is charged for age and volatility.
fn spread_of(chain: &Chain, filled: &Filled, told: &Told<'_>) -> Result<Option<Cell>, Failure> {
    let Some(listed) = chain.markets.get(usize::from(told.market)) else { return Ok(None) };
    if listed.state.sequence != told.state.sequence || told.rests {
        return Ok(None);
    }
    let reference = Timestamp::new(told.time).max(listed.state.price.newest_published);
    let whole = notional(filled.size.size(), spread_ceil(&listed.state, reference)?)?.get();
    let computed = if told.closes_whole(filled) { whole.min(told.spread) } else { whole };
    Ok(Some(Cell::Exact(computed, chain.decimals())))
}

/// Every number of a settlement of funding.
///
/// # Errors
/// [`Failure`] where the events contradict each other.
pub fn funding(chain: &Chain, before: &Known, it: &FundingSettled) -> Result<Vec<Line>, Failure> {
    let decimals = chain.decimals();
    let mut ledger = before.ledger(it.market_index, &it.state, it.balance_before);
    let (units, position) = (chain.units(it.market_index), ledger.position);
    let settled = ledger.settle()?;
    if ledger.position.size.is_zero() {
        ledger.repay_debt()?;
    }
    let is_cash = !before.owes && it.redeemed == 0 && it.repaid == 0;
    let balance = is_cash.then(|| Cell::atoms(ledger.balance, decimals));
    let now = match position.size.side() {
        Some(Side::Short) => it.state.short_funding_index,
        _ => it.state.long_funding_index,
    };
    let atoms = |amount: u64| Cell::Atoms(amount.into(), decimals);
    Ok(vec![
        Line::told("position", Cell::signed_size(position.size, units), "as its fills left it", place::POSITION),
        Line::told(
            "index at the last settlement",
            index(position.funding_index.get()),
            "2^-40 atoms per base unit",
            place::FUNDING,
        ),
        Line::told("index now", index(now), "2^-40 atoms per base unit", place::FUNDING),
        Line::compared(
            "funding",
            Cell::Atoms(it.funding.into(), decimals),
            Cell::signed_atoms(settled.funding, decimals),
            "−size · (index now − index at the last settlement); what is owed rounds up, what is received down",
            place::FUNDING,
        ),
        Line::told("redeemed", atoms(it.redeemed), "what is funded of a claim", place::CLAIMS),
        Line::told("repaid", atoms(it.repaid), "what is owed, once the position is closed", place::LEDGER),
        Line::if_known("balance after", atoms(it.balance_after), balance, "balance + funding", place::LEDGER),
    ])
}

fn index(index: i64) -> Cell {
    Cell::text(index.to_string())
}

/// Every number of a settlement of profit or loss.
///
/// # Errors
/// [`Failure`] where the events contradict each other.
pub fn profit(chain: &Chain, before: &Known, it: &ProfitSettled) -> Result<Vec<Line>, Failure> {
    let decimals = chain.decimals();
    let mut ledger = before.ledger(it.market_index, &it.state, it.balance_before);
    let settled = ledger.settle()?;
    let position = ledger.position;
    let gain = perp_engine::units::products::unrealized_profit(
        position.size,
        position.entry_notional.get(),
        Price::new(it.state.index_price),
    )?;
    ledger.shift_entry(SignedAtoms::new(it.profit))?;
    ledger.repay_debt()?;
    let is_cash = !before.owes && it.redeemed == 0 && it.repaid == 0;
    let balance = is_cash.then(|| Cell::atoms(ledger.balance, decimals));
    let atoms = |amount: u64| Cell::Atoms(amount.into(), decimals);
    let told = Cell::Atoms(it.profit.into(), decimals);
    let whole = settled_whole(gain)?;
    const RULE: &str = "⌊profit⌋ as far as the market pays, or ⌊loss⌋ at the better end of its range";
    let profit = match whole == it.profit {
        true => Line::compared("profit", told, Cell::Atoms(whole.into(), decimals), RULE, place::PROFIT),
        // Less was paid, or the range of the last seconds counted.
        false => Line::told("profit", told, RULE, place::PROFIT),
    };
    Ok(vec![
        Line::compared(
            "funding",
            Cell::Atoms(it.funding.into(), decimals),
            Cell::signed_atoms(settled.funding, decimals),
            "−size · (index now − index at the last settlement)",
            place::FUNDING,
        ),
        Line::told("unrealized at the index", Cell::exact(gain, decimals), "size · index − entry", place::EQUITY),
        profit,
        Line::told("redeemed", atoms(it.redeemed), "what is funded of a claim", place::CLAIMS),
        Line::told("repaid", atoms(it.repaid), "what is owed, while the price is fresh", place::LEDGER),
        Line::if_known("balance after", atoms(it.balance_after), balance, "balance + funding + profit", place::LEDGER),
    ])
}

/// An unrealized profit or loss in whole atoms, towards zero.
fn settled_whole(gain: QuoteX40) -> Result<i64, EngineError> {
    if gain.is_negative() {
        let loss = gain.negative_part()?.to_atoms_floor()?;
        return Ok(loss.signed()?.checked_neg()?.get());
    }
    Ok(gain.to_atoms_floor()?.signed()?.get())
}
