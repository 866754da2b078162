//! A population on a venue along a path of prices.

use crate::market::{dollars, CAP};
use crate::outcome::Outcome;
use crate::path::{PricePath, TICK};
use crate::population::{Appetite, Wish, LONG_SHARE};
use crate::venue::{trigger, Gauge, Liquidation, Standing, Venue};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How far beyond its computed trigger a position is still asked about, as a part of the price: what funding can move a trigger
/// within the hour for which it is kept.
const BAND: f64 = 0.003;
/// How far the maintenance margin may have moved since triggers were computed, as a part of the notional: far less than the band.
const SLACK: f64 = 0.0005;
const HOUR: i64 = 3_600;
/// Seconds between two rounds of housekeeping.
const KEEPING: i64 = 300;
/// The smallest position anybody wants, in dollars: above the least the market allows.
const SMALLEST: f64 = 150.0;

/// A silence of the oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The first tick without a price.
    pub from: usize,
    /// Ticks without a price.
    pub ticks: usize,
}

impl Outage {
    fn covers(self, tick: usize) -> bool {
        (self.from..self.from + self.ticks).contains(&tick)
    }
}

/// What a run is about.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Open interest of the longs at the beginning, as a part of the cap.
    pub fill: f64,
    /// Seconds that an account is below its margin before it is liquidated.
    pub delay: i64,
    /// When the oracle is silent.
    pub outage: Option<Outage>,
    /// Seed of the population.
    pub seed: u64,
    /// How many trade.
    pub traders: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Close,
    Open,
}

#[derive(Clone, Debug)]
struct Trader {
    appetite: Appetite,
    wish: Wish,
    /// Price at which its equity is gone: kept for an hour. `None` without a position.
    bankruptcy: Option<f64>,
    /// Price beyond which it may be liquidated, by the margin as it was when that was computed.
    trigger: Option<f64>,
    /// Price at which its profit is taken.
    target: f64,
    below_since: Option<i64>,
    liquidated: bool,
    /// Positions it has had, so that what was planned for an earlier one is forgotten.
    life: u32,
}

impl Trader {
    /// Whether a price is beyond the trigger, or no further from it than `band`.
    fn is_near(&self, price: f64, band: f64) -> bool {
        match self.trigger {
            Some(trigger) if self.wish.long => price < trigger * (1.0 + band),
            Some(trigger) => price > trigger * (1.0 - band),
            None => false,
        }
    }

    fn is_target_reached(&self, price: f64) -> bool {
        self.trigger.is_some() && if self.wish.long { price >= self.target } else { price <= self.target }
    }

    /// The prices between which there is nothing to do.
    fn quiet(&self) -> (f64, f64) {
        match self.trigger {
            _ if self.below_since.is_some() => (f64::INFINITY, f64::NEG_INFINITY),
            Some(trigger) if self.wish.long => (trigger * (1.0 + BAND), self.target),
            Some(trigger) => (self.target, trigger * (1.0 - BAND)),
            None => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }
}

struct Simulation<'a, V> {
    venue: V,
    path: &'a PricePath,
    scenario: Scenario,
    traders: Vec<Trader>,
    /// The [quiet](Trader::quiet) prices of each: looked at on every tick, and so kept close together.
    quiet: Vec<(f64, f64)>,
    /// The maintenance margin by which triggers were computed.
    maintenance: f64,
    /// Mean notional of a position, long and short, in dollars.
    notional: [f64; 2],
    events: BinaryHeap<Reverse<(i64, usize, Event, u32)>>,
    outcome: Outcome,
    hours: Hours,
}

/// Sums over the hours of a run.
#[derive(Clone, Copy, Debug, Default)]
struct Hours {
    count: u32,
    margin: f64,
    open_interest: f64,
}

/// Runs a population through a path and returns the venue as it ends with what happened.
///
/// # Panics
/// Where the venue's books do not balance at the end.
pub fn run<V: Venue>(venue: V, path: &PricePath, scenario: Scenario) -> (V, Outcome) {
    watch(venue, path, scenario, |_, _| {})
}

/// The same, and the venue is shown after every tick with a price.
///
/// # Panics
/// As [`run`].
pub fn watch<V: Venue>(venue: V, path: &PricePath, scenario: Scenario, show: impl FnMut(&V, usize)) -> (V, Outcome) {
    let mut simulation = Simulation::populated(venue, path, scenario);
    simulation.play(show);
    let Simulation { venue, outcome, .. } = simulation;
    venue.check().unwrap_or_else(|violation| panic!("{} {scenario:?}: {violation}", path.name));
    (venue, outcome.rounded())
}

impl<'a, V: Venue> Simulation<'a, V> {
    /// Everybody has a position at the first price.
    fn populated(venue: V, path: &'a PricePath, scenario: Scenario) -> Self {
        let traders: Vec<Trader> = (0..scenario.traders)
            .map(|number| {
                let mut appetite = Appetite::of(scenario.seed, number);
                let wish = appetite.wish();
                Trader {
                    appetite,
                    wish,
                    bankruptcy: None,
                    trigger: None,
                    target: 0.0,
                    below_since: None,
                    liquidated: false,
                    life: 0,
                }
            })
            .collect();
        let sum = |long| {
            traders.iter().map(|trader| trader.wish).filter(|wish| wish.long == long).map(|wish| wish.size).sum::<f64>()
        };
        let longs = scenario.fill * CAP;
        let notional = [longs / sum(true), longs * (1.0 / LONG_SHARE - 1.0) / sum(false)];
        let outcome = Outcome { coverage: 1.0, ..Outcome::default() };
        let quiet = vec![(f64::NEG_INFINITY, f64::INFINITY); scenario.traders];
        let mut simulation = Self {
            maintenance: venue.maintenance(),
            venue,
            path,
            scenario,
            traders,
            quiet,
            notional,
            events: BinaryHeap::new(),
            outcome,
            hours: Hours::default(),
        };
        for trader in 0..scenario.traders {
            simulation.open(trader, path.start, dollars(path.ticks[0]));
        }
        // As if each had come when the others were there already.
        for trader in 0..scenario.traders {
            simulation.venue.top_up(trader);
            simulation.remember(trader);
        }
        (simulation.outcome.opened, simulation.outcome.traded, simulation.outcome.spread) = (0, 0.0, 0.0);
        simulation
    }

    fn play(&mut self, mut show: impl FnMut(&V, usize)) {
        let first = self.venue.gauge();
        let (mut gauge, mut last) = (first, dollars(self.path.ticks[0]));
        let mut drift = 0.0;
        for tick in 1..self.path.ticks.len() {
            let (now, truth) = (self.path.time(tick), self.path.ticks[tick]);
            if self.scenario.outage.is_some_and(|outage| outage.covers(tick)) {
                self.venue.publish(now, None);
                self.watch_unseen(now, dollars(truth));
                continue;
            }
            self.venue.publish(now, Some(truth));
            let price = dollars(truth);
            drift -= gauge.skew * (price - last);
            last = price;
            self.outcome.coverage = self.outcome.coverage.min(self.venue.gauge().coverage);
            self.follow_margin();
            self.attend(tick, now, price, gauge);
            self.happen(now, price);
            if now % KEEPING < TICK {
                self.venue.keep();
            }
            if now % HOUR < TICK {
                self.hourly();
            }
            gauge = self.venue.gauge();
            self.outcome.claims = self.outcome.claims.max(gauge.claims);
            show(&self.venue, tick);
        }
        let end = self.path.time(self.path.ticks.len() - 1);
        for trader in 0..self.traders.len() {
            self.heal(trader, end);
        }
        self.outcome.providers = gauge.providers - first.providers;
        self.outcome.providers_hedged = self.outcome.providers - drift;
        let hours = f64::from(self.hours.count.max(1));
        self.outcome.margin = self.hours.margin / hours;
        self.outcome.open_interest = self.hours.open_interest / hours;
    }

    /// The margin of everybody moves with what the market measures, and triggers with it.
    fn follow_margin(&mut self) {
        let maintenance = self.venue.maintenance();
        if (maintenance - self.maintenance).abs() < SLACK {
            return;
        }
        self.maintenance = maintenance;
        for trader in 0..self.traders.len() {
            self.look(trader);
        }
    }

    /// While the oracle is silent nobody can act, and time below the margin passes all the same.
    fn watch_unseen(&mut self, now: i64, price: f64) {
        for trader in 0..self.traders.len() {
            if self.traders[trader].is_near(price, 0.0) {
                self.traders[trader].below_since.get_or_insert(now);
                self.look(trader);
            } else {
                self.heal(trader, now);
            }
        }
    }

    /// An account that is no longer below its margin.
    fn heal(&mut self, trader: usize, now: i64) {
        if let Some(since) = self.traders[trader].below_since.take() {
            self.outcome.longest_below = self.outcome.longest_below.max(now - since);
            self.look(trader);
        }
    }

    /// Works out anew when there is something to do about a trader.
    fn look(&mut self, trader: usize) {
        let (state, maintenance) = (&mut self.traders[trader], self.maintenance);
        state.trigger = state.bankruptcy.map(|bankruptcy| trigger(state.wish.long, bankruptcy, maintenance));
        self.quiet[trader] = state.quiet();
    }

    /// Liquidates who is below the margin, and takes the profit of who has reached it.
    fn attend(&mut self, tick: usize, now: i64, price: f64, gauge: Gauge) {
        // A market that cannot pay everything counts profit for less, which no trigger knows.
        let all = gauge.coverage < 1.0 && now % KEEPING < TICK;
        for number in 0..self.traders.len() {
            let (low, high) = self.quiet[number];
            if low < price && price < high && !all {
                continue;
            }
            let trader = &self.traders[number];
            let is_asked = trader.is_near(price, BAND) || all && trader.trigger.is_some();
            if is_asked && self.venue.is_below_margin(number) {
                self.liquidate(number, tick, now);
                continue;
            }
            self.heal(number, now);
            if self.traders[number].is_target_reached(price) {
                self.close(number, now);
            }
        }
    }

    /// Liquidates an account that is below its margin, once that has lasted long enough.
    fn liquidate(&mut self, number: usize, tick: usize, now: i64) {
        let since = *self.traders[number].below_since.get_or_insert(now);
        self.look(number);
        if now - since < self.scenario.delay {
            return;
        }
        let Some(liquidation) = self.venue.liquidate(number) else { return };
        self.heal(number, now);
        self.count(number, tick, &liquidation);
        if liquidation.whole {
            self.gone(number);
            if let Some(after) = self.traders[number].appetite.recovery() {
                self.plan(now + after, number, Event::Open);
            }
        } else {
            self.remember(number);
        }
    }

    fn count(&mut self, number: usize, tick: usize, liquidation: &Liquidation) {
        let trader = &mut self.traders[number];
        let outcome = &mut self.outcome;
        outcome.liquidated += u64::from(!trader.liquidated);
        trader.liquidated = true;
        outcome.close(liquidation.reason, liquidation.notional);
        if recovers(
            &liquidation.before,
            self.maintenance,
            &self.path.ticks[tick..].iter().map(|price| dollars(*price)).take((HOUR / TICK) as usize),
        ) {
            outcome.recovered_notional += liquidation.notional;
        }
        outcome.bear(liquidation.bad_debt);
    }

    fn happen(&mut self, now: i64, price: f64) {
        while let Some(Reverse((at, number, event, life))) = self.events.peek().copied() {
            if at > now {
                return;
            }
            self.events.pop();
            if life != self.traders[number].life {
                continue;
            }
            match event {
                Event::Close => self.close(number, now),
                Event::Open => {
                    self.traders[number].wish = self.traders[number].appetite.wish();
                    self.open(number, now, price);
                }
            }
        }
    }

    fn plan(&mut self, at: i64, number: usize, event: Event) {
        self.events.push(Reverse((at, number, event, self.traders[number].life)));
    }

    fn open(&mut self, number: usize, now: i64, price: f64) {
        let wish = self.traders[number].wish;
        let notional = (wish.size * self.notional[usize::from(!wish.long)]).max(SMALLEST);
        let Ok(fill) = self.venue.open(number, wish.long, notional, notional / wish.leverage) else {
            self.outcome.refused += 1;
            let again = self.traders[number].appetite.pause();
            self.plan(now + again, number, Event::Open);
            return;
        };
        self.outcome.opened += 1;
        self.outcome.trade(fill);
        self.traders[number].target = price * if wish.long { 1.0 + wish.take_profit } else { 1.0 - wish.take_profit };
        self.remember(number);
        self.plan(now + wish.holding, number, Event::Close);
    }

    fn close(&mut self, number: usize, now: i64) {
        let Ok(fill) = self.venue.close(number) else {
            // Not at present: its equity is gone, and whoever liquidates comes first.
            self.plan(now + TICK, number, Event::Close);
            return;
        };
        self.outcome.trade(fill);
        self.heal(number, now);
        self.gone(number);
        let after = self.traders[number].appetite.pause();
        self.plan(now + after, number, Event::Open);
    }

    /// The trader has no position any more.
    fn gone(&mut self, number: usize) {
        let trader = &mut self.traders[number];
        (trader.bankruptcy, trader.liquidated) = (None, false);
        trader.life += 1;
        self.look(number);
    }

    fn remember(&mut self, number: usize) {
        self.traders[number].bankruptcy = self.venue.standing(number).as_ref().map(Standing::bankruptcy);
        self.look(number);
    }

    fn hourly(&mut self) {
        let (mut margin, mut notional, mut longs) = (0.0, 0.0, 0.0);
        for number in 0..self.traders.len() {
            if let Some(standing) = self.venue.standing(number) {
                self.traders[number].bankruptcy = Some(standing.bankruptcy());
                self.look(number);
                margin += standing.balance;
                notional += standing.notional();
                longs += if standing.size > 0.0 { standing.notional() } else { 0.0 };
            }
        }
        if notional > 0.0 {
            self.hours.count += 1;
            self.hours.margin += margin / notional;
            self.hours.open_interest += longs;
        }
    }
}

/// Whether a position would have been above its margin again at one of these prices, and not bankrupt before.
fn recovers(before: &Standing, maintenance: f64, prices: &(impl Iterator<Item = f64> + Clone)) -> bool {
    let (long, bankrupt) = (before.size > 0.0, before.bankruptcy());
    let trigger = trigger(long, bankrupt, maintenance);
    for price in prices.clone() {
        if if long { price <= bankrupt } else { price >= bankrupt } {
            return false;
        }
        if if long { price > trigger } else { price < trigger } {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long() -> Standing {
        // 10 units at $100 with $50 of equity: liquidated below (1000 − 50) / (10 · 97 %) = $97.94, bankrupt at $95.
        Standing { size: 10.0, price: 97.0, equity: 20.0, balance: 50.0 }
    }

    #[test]
    fn a_position_recovers_where_it_is_above_its_margin_before_it_is_bankrupt() {
        let recovers = |prices: &[f64]| recovers(&long(), 0.03, &prices.iter().copied());
        assert!(recovers(&[97.0, 96.0, 98.0]));
        assert!(!recovers(&[97.0, 96.0, 97.9]));
        assert!(!recovers(&[97.0, 95.0, 98.0]));
        let short = Standing { size: -10.0, price: 103.0, ..long() };
        // Mirrored: liquidated above (1030 + 20) / (10 · 103 %) = $101.94, bankrupt at $105.
        assert!(super::recovers(&short, 0.03, &[103.0, 104.0, 101.9].into_iter()));
        assert!(!super::recovers(&short, 0.03, &[103.0, 105.0, 101.9].into_iter()));
    }
}
