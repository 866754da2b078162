//! What a boundary gives to its requests, from the values of the markets and the amounts asked for.

use super::pool::side_profit;
use super::prices::{has_ended, stale_range, Range};
use super::{ceil_div, PPM};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Market, PriceLimit, RequestKind, PRICE_LIMITS};
use perp_engine::units::{Side, MAX_ATOMS, MAX_PRICE, X40_PER_ATOM};

/// What the pool was worth at a boundary, at least and at most, and the shares there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolWorth {
    pub lower: i128,
    pub upper: i128,
    pub shares: i128,
}

/// A request that belongs to a boundary.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub kind: RequestKind,
    pub amount: i128,
    pub limit: PriceLimit,
}

/// What its requests get at a boundary, in sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    pub deposits_accepted: [bool; PRICE_LIMITS],
    pub withdrawals_accepted: [bool; PRICE_LIMITS],
    pub deposited: i128,
    /// Shares that come into being.
    pub created: i128,
    /// What of them somebody gets: all but the dead ones.
    pub issued: i128,
    pub leaving: i128,
    pub redeemed: i128,
    /// Tokens that leave the pool's cash for the withdrawals, and what of them they get.
    pub taken: i128,
    pub paid: i128,
    pub fees: i128,
}

/// In parts per million.
fn part_of(limit: PriceLimit) -> Option<i128> {
    match limit {
        PriceLimit::None => None,
        PriceLimit::OnePercent => Some(10_000),
        PriceLimit::TwoPercent => Some(20_000),
        PriceLimit::FivePercent => Some(50_000),
        PriceLimit::TenPercent => Some(100_000),
    }
}

/// Whether a share costs at most so much more than at the boundary before.
fn sells(worth: &PoolWorth, before: &PoolWorth, limit: PriceLimit) -> bool {
    if worth.shares == 0 {
        return true;
    }
    let Some(part) = part_of(limit).filter(|_| before.shares > 0) else { return worth.upper > 0 };
    let price = ceil_div(worth.upper * before.shares, worth.shares);
    worth.upper > 0 && price <= before.upper + before.upper * part / PPM
}

/// Whether it brings at most so much less.
fn redeems(worth: &PoolWorth, before: &PoolWorth, limit: PriceLimit) -> bool {
    if worth.shares == 0 || worth.lower == 0 {
        return false;
    }
    let Some(part) = part_of(limit).filter(|_| before.shares > 0) else { return true };
    worth.lower * before.shares / worth.shares >= ceil_div(before.lower * (PPM - part), PPM)
}

/// Serves requests at a boundary, which sells no shares unless `sells_any`. `unclaimed` are shares in the queue that nobody's request has any more, by limit: the parts of a
/// share that a partial redemption cut off. `cash` is what the pool has when it is closed.
pub fn serve(
    worth: &PoolWorth,
    sells_any: bool,
    before: &PoolWorth,
    asked: &[Asked],
    unclaimed: &[i128; PRICE_LIMITS],
    cash: i128,
    fee_ppm: i128,
) -> Served {
    let mut deposits_accepted = PriceLimit::ALL.map(|limit| sells_any && sells(worth, before, limit));
    let withdrawals_accepted = PriceLimit::ALL.map(|limit| redeems(worth, before, limit));
    let sum = |kind, accepted: &[bool; PRICE_LIMITS]| -> i128 {
        let of_kind = asked.iter().filter(|it| it.kind == kind && accepted[it.limit.index()]);
        of_kind.map(|it| it.amount).sum()
    };
    let buys = |deposited: i128| {
        let entering = deposited - ceil_div(deposited * fee_ppm, PPM);
        (entering, if worth.shares == 0 { entering } else { entering * worth.shares / worth.upper.max(1) })
    };
    // More shares than there can be are not sold.
    if worth.shares + buys(sum(RequestKind::Deposit, &deposits_accepted)).1 > i128::from(MAX_ATOMS) {
        deposits_accepted = [false; PRICE_LIMITS];
    }
    let deposited = sum(RequestKind::Deposit, &deposits_accepted);
    let (entering, created) = buys(deposited);
    let entry_fee = deposited - entering;
    let issued = if worth.shares == 0 { (entering - 10_000).max(0) } else { created };

    let forgotten = unclaimed.iter().zip(withdrawals_accepted).filter(|(_, accepted)| *accepted);
    let leaving =
        sum(RequestKind::Withdrawal, &withdrawals_accepted) + forgotten.map(|(shares, _)| shares).sum::<i128>();
    let due = if leaving == 0 { 0 } else { leaving * worth.lower / worth.shares };
    let there_is = cash + entering;
    let (redeemed, taken) =
        if due <= there_is { (leaving, due) } else { (ceil_div(leaving * there_is, due), there_is) };
    let exit_fee = ceil_div(taken * fee_ppm, PPM);
    Served {
        deposits_accepted,
        withdrawals_accepted,
        deposited,
        created,
        issued,
        leaving,
        redeemed,
        taken,
        paid: taken - exit_fee,
        fees: entry_fee + exit_fee,
    }
}

/// What so many shares cost at the boundary before, in atoms, rounded up; nothing where there were none.
pub fn cost_before(before: &PoolWorth, shares: i128) -> i128 {
    if before.shares == 0 {
        0
    } else {
        ceil_div(before.upper * shares, before.shares)
    }
}

/// A reading near a boundary in the market's unit: published, its predecessor, price and confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Near {
    pub published: i64,
    pub previous: i64,
    pub price: i128,
    pub confidence: i128,
}

impl Near {
    /// Which of two counts: the earlier, then that with the earlier predecessor, then the wider, then the lower.
    pub fn first(self, other: Self) -> Self {
        let order = |it: &Self| (it.published, it.previous, -it.confidence, it.price);
        if order(&other) < order(&self) {
            other
        } else {
            self
        }
    }

    fn range(&self, market: &Market) -> Range {
        let width = ceil_div(self.confidence * i128::from(market.parameters.spread_confidence.get()), PPM);
        let (low, high) = ((self.price - width).max(0), (self.price + width).min(i128::from(MAX_PRICE)));
        Range { low, high, last: None }
    }
}

/// What is known of a market's price at a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Between which two prices it lay; the one itself where there is a reading.
    Range { low: i128, high: i128, price: Option<i128> },
    /// A reading near the boundary, which counts unless a better one comes.
    Near(Near),
    /// Nothing yet.
    Nothing,
}

/// A reading in the market's unit, if it is certain enough.
fn converted(market: &Market, reading: &OracleReading) -> Option<Near> {
    // Atoms per base unit: 10^(exponent + quote decimals − base decimals), which is below one here.
    let decimals = -reading.exponent() - i32::from(market.quote_decimals) + i32::from(market.base_decimals);
    let unit = 10i128.pow(u32::try_from(decimals).unwrap());
    let price = i128::from(reading.price()) * X40_PER_ATOM / unit;
    let confidence = ceil_div(i128::from(reading.confidence()) * X40_PER_ATOM, unit);
    let widest = price * i128::from(market.parameters.max_confidence_valid.get()) / PPM;
    let (published, previous) = (reading.publish_time(), reading.previous_publish_time());
    (confidence <= widest).then_some(Near { published, previous, price, confidence })
}

/// What is known of the price of a market, kept as it stood at a boundary, at `now`: with what is handed in, and the earliest reading
/// near the boundary so far.
pub fn known(then: &Market, handed: Option<&OracleReading>, near: Option<Near>, boundary: i64, now: i64) -> Known {
    let within = |Range { low, high, .. }: Range, price| Known::Range { low, high, price };
    let at = |near: Near| within(near.range(then), Some(near.price));
    let flat = then.ledger.sides.iter().all(|side| side.open_interest.is_zero());
    if flat || has_ended(then, boundary) {
        let last = i128::from(then.price.price.get());
        return Known::Range { low: last, high: last, price: None };
    }
    if now > boundary + 1_800 {
        return near.map_or_else(|| within(stale_range(then, boundary), None), at);
    }
    let ended = then.settlement.has_begun();
    let Some(read) = handed.filter(|_| !ended).and_then(|reading| converted(then, reading)) else {
        return Known::Nothing;
    };
    if read.published < boundary {
        Known::Nothing
    } else if read.previous < boundary {
        at(read)
    } else if read.published <= boundary + 10 {
        Known::Near(near.map_or(read, |near| near.first(read)))
    } else {
        Known::Nothing
    }
}

/// Whether losers owe more, beyond what winners of the same market get, than a stress move of what they entered at.
pub fn losers_owe_too_much(market: &Market, price: i128) -> bool {
    let profits = Side::BOTH.map(|side| (side, side_profit(&market.ledger, side, price)));
    let losing = profits.iter().filter(|(_, profit)| *profit < 0);
    let entered = |side: Side| ceil_div(market.ledger.side(side).entry_notional.get().get(), X40_PER_ATOM);
    let entered: i128 = losing.map(|(side, _)| entered(*side)).sum();
    let owed = -profits.iter().map(|(_, profit)| profit).sum::<i128>();
    owed > ceil_div(entered * i128::from(market.parameters.stress_move.get()), PPM) * X40_PER_ATOM
}
