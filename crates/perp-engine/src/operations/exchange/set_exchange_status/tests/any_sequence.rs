//! What all roles together can do in a month, whatever they try.

extern crate alloc;

use super::*;
use crate::fixtures::sol_market;
use crate::operations::market::plan_market_status;
use crate::state::Market;
use alloc::vec::Vec;
use proptest::prelude::*;

const MARKETS: usize = 3;
const MONTH: i64 = 30 * 86_400;
const HOURS_72: i64 = 259_200;

/// Times, from and to, at which something was refused; in their order.
#[derive(Clone, Debug, Default)]
struct Refused(Vec<(i64, i64)>);

impl Refused {
    fn add(&mut self, from: i64, to: i64) {
        match self.0.last_mut() {
            Some(last) if last.1 == from => last.1 = to,
            _ => self.0.push((from, to)),
        }
    }

    /// The most of it within 72 hours: a window that starts where one of them starts has it.
    fn most(&self) -> i64 {
        let within = |start: i64| -> i64 {
            let end = start + HOURS_72;
            self.0.iter().map(|(from, to)| (to.min(&end) - from.max(&start)).max(0)).sum()
        };
        self.0.iter().map(|(from, _)| within(*from)).max().unwrap_or(0)
    }
}

/// An exchange and its markets, and a watch on what is refused there.
struct Watched {
    exchange: ExchangeState,
    markets: [Market; MARKETS],
    now: i64,
    reducing: [Refused; MARKETS],
    increasing: [Refused; MARKETS],
}

impl Watched {
    fn new() -> Self {
        Self {
            exchange: ExchangeState::default(),
            markets: core::array::from_fn(|_| sol_market()),
            now: 0,
            reducing: Default::default(),
            increasing: Default::default(),
        }
    }

    /// Time passes, and nothing happens but that statuses and graces end.
    fn wait(&mut self, seconds: i64) {
        let (now, end) = (self.now, self.now + seconds);
        let seconds_until = |time: Timestamp| time.get() - at(0).now.get();
        let pause = seconds_until(self.exchange.pause.until);
        let own = self.markets.map(|market| seconds_until(market.reduce_only.until));
        let mut times = Vec::from(own);
        times.extend([now, pause, pause + 120, seconds_until(self.exchange.reduce_only.until), end]);
        times.retain(|time| (now..=end).contains(time));
        times.sort_unstable();
        for (from, to) in times.iter().zip(&times[1..]).filter(|(from, to)| from < to) {
            let session = self.exchange.session(at(*from));
            for (market, state) in self.markets.iter().enumerate() {
                let status = state.status_in(&session);
                if status.allows_reducing().is_err() {
                    self.reducing[market].add(*from, *to);
                }
                if status.allows_increasing().is_err() {
                    self.increasing[market].add(*from, *to);
                }
            }
        }
        self.now = end;
    }

    fn act(&mut self, place: usize, order: &StatusOrder) -> Result<(), EngineError> {
        match self.markets.get_mut(place) {
            Some(market) => market.reduce_only = plan_market_status(market, order, at(self.now).now)?,
            None => self.exchange = plan_exchange_status(&self.exchange, order, at(self.now))?,
        }
        Ok(())
    }

    /// The most seconds within 72 hours in which nobody could reduce, and in which somebody could not increase.
    fn most(&self) -> (i64, i64) {
        let most = |refused: &[Refused]| refused.iter().map(Refused::most).max().unwrap();
        (most(&self.reducing), most(&self.increasing))
    }
}

/// Ten minutes without reducing. Without increasing 42 600 s by the exchange, as much by the market and 600 s by pauses with
/// their graces: a day, less the 600 s left for feeds.
const MOST: (i64, i64) = (600, 85_800);

#[derive(Clone, Copy, Debug)]
enum Length {
    Some(u32),
    /// All that is left for the role.
    All,
}

fn act() -> impl Strategy<Value = (i64, usize, Status, Length, bool)> {
    use Status::{Active, Paused, ReduceOnly};
    let wait = prop_oneof![3 => 0i64..5, 3 => 0i64..1_000, 2 => 0i64..50_000, 1 => Just(HOURS_72)];
    let status = prop_oneof![1 => Just(Active), 2 => Just(ReduceOnly), 3 => Just(Paused)];
    let some = prop_oneof![Just(0), 0u32..400, 0u32..40_000].prop_map(Length::Some);
    (wait, 0..MARKETS + 1, status, prop_oneof![some, Just(Length::All)], any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Roles are named anew by the admin as often as it likes; that changes who acts, and no allowance.
    #[test]
    fn attack_no_sequence_of_roles_shuts_anybody_in_or_out_for_longer(acts in proptest::collection::vec(act(), 1..400)) {
        let mut watched = Watched::new();
        for (wait, place, status, length, is_guardian) in acts {
            watched.wait(wait.min(MONTH - watched.now));
            let authority = if is_guardian { Guardian } else { RiskAdmin };
            let seconds = match length {
                Length::Some(seconds) => seconds,
                Length::All => match watched.act(place, &order(status, u32::MAX, authority)) {
                    Err(EngineError::StatusAllowance { left, .. }) => {
                        let besides = if status == Status::Paused { 120 } else { 0 };
                        u32::try_from(left).unwrap().saturating_sub(besides)
                    }
                    _ => 0,
                },
            };
            let _ = watched.act(place, &order(status, seconds, authority));
        }
        watched.wait(HOURS_72);
        let (reducing, increasing) = watched.most();
        prop_assert!(reducing <= MOST.0 && increasing <= MOST.1, "{reducing} and {increasing} s");
    }
}

#[test]
fn attack_whoever_restricts_as_much_as_there_is_reaches_the_bounds_and_no_more() {
    // Whenever nothing is in force the worst that there is allowance for is done: a pause, else reduce-only by the exchange,
    // else by the market.
    let worst = [(MARKETS, Status::Paused, 120), (MARKETS, Status::ReduceOnly, 0), (0, Status::ReduceOnly, 0)];
    let mut watched = Watched::new();
    while watched.now < 2 * HOURS_72 {
        for (place, status, besides) in worst {
            if watched.markets[0].status_in(&watched.exchange.session(at(watched.now))) != Status::Active {
                break;
            }
            let everything = order(status, u32::MAX, RiskAdmin);
            let Err(EngineError::StatusAllowance { left, .. }) = watched.act(place, &everything) else { panic!() };
            if left >= besides.max(1) {
                let seconds = u32::try_from(left - besides).unwrap();
                watched.act(place, &order(status, seconds, RiskAdmin)).unwrap();
            }
        }
        watched.wait(10);
    }
    // One pause of 360 s, charged with its grace; what comes back in 72 hours is the grace of another of no length. Of the
    // 85 800 s without increasing ⌊42 600 · 6600 / 259 200⌋ = 1084 are missing: while the pause and the exchange's own
    // restriction run first, the market's allowance is whole and nothing comes back to it.
    let (reducing, increasing) = watched.most();
    assert_eq!(reducing, 360);
    assert!((MOST.1 - 1_100..=MOST.1).contains(&increasing), "{increasing}");
}
