//! How far prices may move against an account.

use perp_engine::market::measured_margin::measured_margin_ceil;
use perp_engine::risk::margin::maintenance_margin_ceil;
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::state::{Account, Grace, Market, RecentPrices, Settlement};
use perp_engine::units::products::notional;
use perp_engine::units::{Clock, FundingIndex, Price, Side, Size, Timestamp, MAX_PRICE};
use perp_exchange::Exchange;

use super::limits::Limits;

/// Moves are parts of the price in units of 2^-40.
const MOVE_BITS: u32 = 40;
/// A move of the whole price.
const WHOLE: u64 = 1 << MOVE_BITS;
/// The farthest move that is looked at: a short's trigger is at most so many times its price, and one more.
const FARTHEST: u64 = 16 << MOVE_BITS;
/// A move is known to a millionth of the price, or to a sixty-fourth of itself.
const NEAREST: u64 = 1 << (MOVE_BITS - 20);
/// Questions that the search takes at most; four are usual.
const MOST_QUESTIONS: u32 = 64;
/// What sums of rounded numbers may be off by, in atoms.
const ROUNDING: i128 = 64;
/// What the rounded margin fraction of a position is worth, as a part of its notional.
const FRACTION_PARTS: i128 = 250_000;

/// The price of a market that an account may see before it is asked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    pub market: u16,
    pub side: Side,
    pub price: u64,
}

/// The triggers of an account. Most accounts have one position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Triggers {
    One(Trigger),
    Several(Box<[Trigger]>),
}

impl Triggers {
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Trigger> {
        match self {
            Self::One(trigger) => std::slice::from_ref(trigger).iter(),
            Self::Several(triggers) => triggers.iter(),
        }
    }
}

/// Every market at the worst of its limits, at whatever price is asked for: what triggers are found on.
///
/// An account is counted with nothing of what its markets owe it as cash, which is never better for it than how a liquidation judges
/// it, at the prices themselves, while a range's better end is never worse.
pub(super) struct Worst {
    /// By their numbers; none that has no limits.
    markets: Vec<Option<AtWorst>>,
    clock: Clock,
    /// The open positions of the account that is asked about.
    legs: Vec<Leg>,
    /// Surplus to be left for rounding, in atoms.
    spare: i128,
}

/// A market at its limits.
struct AtWorst {
    market: Market,
    limits: Limits,
    /// The price of now.
    price: u64,
}

impl Worst {
    pub(super) fn of(exchange: &Exchange, limits: impl Fn(&Market) -> Option<Limits>) -> Self {
        let mut markets = Vec::new();
        for market in exchange.markets() {
            let place = usize::from(market.index);
            if markets.len() <= place {
                markets.resize_with(place + 1, || None);
            }
            let at_worst = |limits| {
                let price = market.price.price.get();
                AtWorst { market: at_worst(market, &limits, exchange.clock.now), limits, price }
            };
            markets[place] = limits(market).map(at_worst);
        }
        Self { markets, clock: exchange.clock, legs: Vec::new(), spare: ROUNDING }
    }

    /// The triggers of an account with positions; none where it has no room, or its markets have no limits.
    pub(super) fn triggers(&mut self, account: &Account) -> Option<Triggers> {
        self.take(account)?;
        let by = self.room(account)?;
        let trigger = |leg: &Leg| Trigger { market: leg.market, side: leg.side, price: leg.moved(by) };
        Some(match self.legs.as_slice() {
            [leg] => Triggers::One(trigger(leg)),
            legs => Triggers::Several(legs.iter().map(trigger).collect()),
        })
    }

    /// Asks about this account from now on.
    fn take(&mut self, account: &Account) -> Option<()> {
        self.legs.clear();
        self.spare = ROUNDING;
        for (_, position) in account.occupied() {
            let AtWorst { market, limits, price } = self.markets.get(usize::from(position.market))?.as_ref()?;
            let Some(side) = position.size.side() else { continue };
            if side == Side::Long {
                self.spare = self.spare.checked_add(spare_of(position.size.size(), market, limits)?)?;
            }
            self.legs.push(Leg { market: position.market, side, price: *price });
        }
        Some(())
    }

    /// How far all prices may move against all its positions; none where it has no room. A little less than that, by a millionth or a
    /// sixty-fourth of it. What is returned was asked about, and so is safe itself.
    fn room(&mut self, account: &Account) -> Option<u64> {
        let mut safe = (0, self.surplus(account, 0).filter(|surplus| *surplus >= 0)?);
        let whole = self.surplus(account, WHOLE);
        let mut beyond = (WHOLE, whole);
        if whole.is_some_and(|surplus| surplus >= 0) {
            (safe, beyond) = ((WHOLE, whole.unwrap_or(0)), (FARTHEST, self.surplus(account, FARTHEST)));
            if beyond.1.is_some_and(|surplus| surplus >= 0) {
                return Some(FARTHEST);
            }
        }
        // What is left falls about evenly with the move: where it ends is guessed, and then looked for a step beyond what is safe.
        let mut guesses = true;
        for _ in 0..MOST_QUESTIONS {
            let near = NEAREST.max(safe.0 >> 6);
            let between = beyond.0.abs_diff(safe.0);
            if between <= near {
                break;
            }
            let middle = match (guesses, beyond.1) {
                (true, Some(short)) => safe.0 + part(between, safe.1, short).saturating_sub(near / 2).max(near / 4),
                (true, None) => safe.0.midpoint(beyond.0),
                (false, _) => safe.0 + near,
            };
            let middle = middle.min(beyond.0 - 1);
            match self.surplus(account, middle) {
                Some(surplus) if surplus >= 0 => (safe, guesses) = ((middle, surplus), !guesses),
                surplus => (beyond, guesses) = ((middle, surplus), true),
            }
        }
        Some(safe.0)
    }

    /// What the account has beyond its margin and the spare after this move against all its positions; none where that cannot be told.
    fn surplus(&mut self, account: &Account, by: u64) -> Option<i128> {
        for leg in &self.legs {
            if let Some(Some(at_worst)) = self.markets.get_mut(usize::from(leg.market)) {
                at_worst.market.price.price = Price::new(leg.moved(by));
            }
        }
        let held =
            account.occupied().filter_map(|(_, position)| self.markets.get(usize::from(position.market))?.as_ref());
        let portfolio = Portfolio::new(account, None, held.map(|at_worst| &at_worst.market), self.clock).ok()?;
        portfolio.health_on_cash().ok()?.surplus().checked_sub(self.spare)
    }
}

/// The part of a distance at which something ends that falls evenly from `left` to `short`, which is negative.
fn part(distance: u64, left: i128, short: i128) -> u64 {
    let fall = left.saturating_sub(short).max(1);
    let at = i128::from(distance).checked_mul(left).map_or(0, |product| product / fall);
    u64::try_from(at).unwrap_or(0).min(distance)
}

/// An open position.
struct Leg {
    market: u16,
    side: Side,
    price: u64,
}

impl Leg {
    /// The price after a move against the position.
    fn moved(&self, by: u64) -> u64 {
        let change = (u128::from(self.price) * u128::from(by)) >> MOVE_BITS;
        let change = u64::try_from(change).unwrap_or(u64::MAX);
        match self.side {
            Side::Long => self.price.saturating_sub(change),
            Side::Short => self.price.saturating_add(change).min(MAX_PRICE),
        }
    }
}

/// The market with nothing but its price counting, known at this moment, and everything else at its limit.
fn at_worst(market: &Market, limits: &Limits, now: Timestamp) -> Market {
    let mut worst = *market;
    (worst.price.published, worst.price.newest_published) = (now, now);
    (worst.price.outage_since, worst.price.clock_distrusted_until) = (Timestamp::NEVER, Timestamp::NEVER);
    (worst.recent, worst.grace, worst.settlement) = (RecentPrices::default(), Grace::default(), Settlement::default());
    for (side, most) in Side::BOTH.into_iter().zip(limits.funding) {
        worst.ledger.side_mut(side).funding_index = FundingIndex::new(most);
    }
    worst.averages.measured_margin = limits.measured;
    worst
}

/// What to leave for the margin of a long, whose fraction grows in steps as the price rises. None where its margin grows faster
/// than it gains, so that a rise could move it below.
fn spare_of(size: Size, worst: &Market, limits: &Limits) -> Option<i128> {
    let value = notional(size, Price::new(limits.price)).ok()?.to_atoms_ceil().ok()?;
    let measured = measured_margin_ceil(worst).ok()?;
    let margin = maintenance_margin_ceil(value, measured, &worst.parameters).ok()?.margin;
    let (margin, value) = (i128::from(margin.get()), i128::from(value.get()));
    // With a premium the margin grows one and a half times as fast as its fraction.
    (margin.checked_mul(5)? <= value.checked_mul(3)?).then_some(value / FRACTION_PARTS + 1)
}
