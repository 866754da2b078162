//! Each rule of the watch by itself.

use super::*;
use crate::watch::limits::{Limits, State};
use crate::watch::triggers::{Trigger, Triggers, Worst};
use perp_engine::state::{Grace, RATE_BITS};
use perp_engine::units::{FundingIndex, Ppm, Price, Side, Size, Timestamp};

impl Venue {
    /// Whether the account can be liquidated or settled, once the watch is found to know that.
    fn is_found(&mut self) -> bool {
        let due = self.due();
        let all = self.scanned(0..self.count());
        assert_eq!(self.scanned(due.into_iter()), all);
        !all.is_empty()
    }
}

/// Accounts of every kind: from 4 to 18 times, of which every third holds two markets, with and against one another.
fn mixed() -> Venue {
    let mut venue = Venue::new();
    let sizes: [i64; 4] = [100, -100, 60, -60];
    for number in 0..32usize {
        let (size, second) = (sizes[number % 4], sizes[(number / 4) % 4]);
        let notional = 25 * (size.abs() + if number % 3 == 0 { second.abs() } else { 0 });
        let trader = venue.trader(notional as u64 / (4 + number as u64 * 14 / 32) + 3);
        venue.trade(trader, (number % 3) as u16, size);
        if number % 3 == 0 {
            venue.trade(trader, 1, second);
        }
    }
    venue
}

/// The exchange with every market at the limits that triggers allow for, and at these prices.
fn at_limits(exchange: &Exchange, limits: &BTreeMap<u16, Limits>, prices: &[(u16, u64)]) -> Exchange {
    let mut at = exchange.clone();
    for market in exchange.markets() {
        let (mut market, limits) = (*market, limits[&market.index]);
        for (side, most) in Side::BOTH.into_iter().zip(limits.funding) {
            market.ledger.side_mut(side).funding_index = FundingIndex::new(most);
        }
        (market.ledger.funding_time, market.averages.measured_margin) = (exchange.clock.now, limits.measured);
        (market.price.published, market.price.newest_published) = (exchange.clock.now, exchange.clock.now);
        if let Some((_, price)) = prices.iter().find(|(index, _)| *index == market.index) {
            market.price.price = Price::new(*price);
        }
        at.put_market(market);
    }
    at
}

#[test]
fn at_its_triggers_and_all_limits_an_account_is_safe_and_a_little_beyond_it_is_not() {
    let mut venue = mixed();
    (0..MARKETS).for_each(|market| venue.price(market));
    let (exchange, session) = (venue.exchange.clone(), venue.exchange.session());
    let limits = exchange.markets().iter().map(|market| {
        let state = State::of(market, &session).unwrap();
        (market.index, Limits::around(&state).unwrap())
    });
    let limits: BTreeMap<u16, Limits> = limits.collect();
    let mut worst = Worst::of(&exchange, |market| limits.get(&market.index).copied());
    let (mut safe, mut beyond) = (0, 0);
    for (number, account) in exchange.accounts().iter().enumerate().filter(|(_, account)| account.has_open_position()) {
        let triggers = worst.triggers(account).unwrap();
        let now = |trigger: &Trigger| exchange.market(trigger.market).unwrap().price.price.get();
        let is_found = |prices: &[(u16, u64)], venue: &mut Venue| {
            venue.exchange = at_limits(&exchange, &limits, prices);
            !venue.scanned(std::iter::once(number)).is_empty()
        };
        let prices: Vec<(u16, u64)> = triggers.iter().map(|trigger| (trigger.market, trigger.price)).collect();
        assert!(!is_found(&prices, &mut venue), "{triggers:?}");
        safe += 1;
        // The search stops a sixty-fourth of the move before the end of it, and margins of longs allow for a rise to twice the price.
        let further = |trigger: &Trigger| {
            let (now, more) = (now(trigger), trigger.price.abs_diff(now(trigger)) / 40);
            (trigger.market, if trigger.price < now { trigger.price - more } else { trigger.price + more })
        };
        if let Triggers::One(trigger) = &triggers {
            assert!(is_found(&[further(trigger)], &mut venue), "{trigger:?}");
            beyond += 1;
        }
    }
    assert!(safe > 25 && beyond > 15, "{safe} {beyond}");
}

#[test]
fn an_account_that_a_grace_alone_protects_has_no_room() {
    let mut venue = Venue::new();
    // 100 SOL at $250 with $2 000, which at $236 are not enough; for two minutes the price before a silence counts beside it.
    let trader = venue.trader(2_000);
    assert!(venue.trade(trader, 0, 1_000));
    let mut market = *venue.exchange.market(0).unwrap();
    let (before, now) = (market.price.price, venue.exchange.clock.now);
    venue.cents[0] = 23_600;
    venue.price(0);
    market = *venue.exchange.market(0).unwrap();
    let (silent_since, until) = (Timestamp::new(now.get() - 100), now.after(120).unwrap());
    market.grace = Grace { price_before: before, silent_since, until, ..market.grace };
    venue.exchange.put_market(market);
    assert_eq!((venue.is_found(), venue.due()), (false, vec![trader]));
    let found = (0..20).find(|_| {
        venue.exchange.wait(10, 20).unwrap();
        venue.price(0);
        venue.is_found()
    });
    assert!(found.is_some_and(|waited| waited >= 10), "{found:?}");
}

/// How many are found at every step, as all prices move by a thousandth of the first ones at a time.
fn found_on_the_way(by: i64) -> Vec<usize> {
    let mut venue = mixed();
    (0..200)
        .map(|step| {
            venue.cents = vec![START + step * by * START / 1_000; usize::from(MARKETS)];
            (0..MARKETS).for_each(|market| venue.price(market));
            venue.exchange.wait(1, 2).unwrap();
            venue.is_found();
            venue.scanned(0..venue.count()).len()
        })
        .collect()
}

#[test]
fn everybody_is_found_at_the_first_price_at_which_that_is_possible() {
    for by in [-1, 1] {
        let found = found_on_the_way(by);
        // One after the other, until a fifth more or less leaves few.
        let times = found.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(found[0] == 0 && times > 8 && found[199] > 10, "{found:?}");
    }
}

#[test]
fn a_rise_makes_a_long_due_whose_margin_grows_faster_than_it_gains() {
    // 4.5 ppm for each root of an atom: of $10 000 or 10^10 atoms 45 %, which grows with the root of the price, and 90 % of that.
    // Nothing else moves: neither funding nor measured margin.
    let steep = Parameters {
        volatility: Ppm::ZERO,
        measured_weight: Ppm::ZERO,
        funding_velocity: 0,
        carry_rate: 0,
        carry_surge: 0,
        size_premium: (45 << 32) / 10,
        maintenance_fraction: Ppm::new(900_000),
        minimum_bounty: Atoms::new(1),
        ..sol_parameters()
    };
    let mut venue = Venue::of([steep, sol_parameters(), sol_parameters()]);
    // $4 950 for 40 SOL, less fee and impact. At twice the price 57 % of $20 000 are $11 500 of $14 900; at 5 times 90 % of $50 000 are
    // $45 000, of $44 900 that are there.
    let trader = venue.trader(4_950);
    assert!(venue.trade(trader, 0, 400));
    assert_eq!((venue.is_found(), venue.watch.count()), (false, (1, 0)));
    let found = (0..120).find(|_| {
        venue.cents[0] += venue.cents[0] / 50;
        venue.price(0);
        venue.exchange.wait(1, 2).unwrap();
        venue.is_found()
    });
    assert!(found.is_some_and(|_| venue.cents[0] > 3 * START), "{found:?} at {}", venue.cents[0]);
}

#[test]
fn funding_alone_makes_an_account_due() {
    // 100 % a day per day at full skew, which is 0.4 % of 200 000 SOL: half of it reaches the cap of 0.1 % an hour within two hours.
    let quick = Parameters {
        impact_scale: Size::new(200_000 * SOL),
        funding_velocity: (1 << RATE_BITS) / (86_400 * 86_400),
        ..sol_parameters()
    };
    let mut venue = Venue::of([quick, sol_parameters(), sol_parameters()]);
    // $5 500 for $100 000 long, of which fee and impact take some 200: 2.3 % above the margin of 3 %. Nobody is short, so that the rate
    // takes $100 an hour.
    let trader = venue.trader(5_500);
    assert!(venue.trade(trader, 0, 4_000));
    let hours = (0..72).find(|_| {
        venue.exchange.wait(3_600, 7_200).unwrap();
        venue.price(0);
        venue.is_found()
    });
    assert!(hours.is_some_and(|hours| (15..35).contains(&hours)), "{hours:?}");
    assert_eq!(venue.cents[0], START);
}

#[test]
fn measured_margin_alone_makes_an_account_due() {
    let mut venue = Venue::new();
    // $5 200 for $100 000 long, 2.1 % above the margin of 3 %. Moves of 1 % up and back every ten seconds are a volatility more than ten
    // times the listed one: the fraction rises by a percent a minute from 5 %, and 60 % of 8.6 % are above what is there.
    let trader = venue.trader(5_200);
    assert!(venue.trade(trader, 0, 4_000));
    let moves = (0..600).find(|step| {
        venue.exchange.wait(10, 20).unwrap();
        venue.cents[0] = START + 250 * (step % 2);
        venue.price(0);
        venue.is_found()
    });
    assert!(moves.is_some_and(|moves| moves > 18), "{moves:?}");
    assert!(venue.cents[0] >= START);
}
