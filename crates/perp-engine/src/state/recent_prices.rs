use crate::units::{Price, Timestamp};
use bytemuck::{Pod, Zeroable};

/// Seconds whose prices a market remembers.
pub const SECONDS: usize = 16;
/// A price is fresh for so many seconds: what is older is no price but the middle of a range.
pub const FRESH_SECONDS: u32 = 15;

const _: () = assert!(FRESH_SECONDS as usize + 1 == SECONDS);

/// The good prices published within one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Second {
    /// The lowest of them.
    pub low: Price,
    /// The highest.
    pub high: Price,
    /// Which second; zero where there is none.
    pub published: Timestamp,
}

/// A market's good prices of the last sixteen seconds: what it takes to judge an account with several positions at one second,
/// although their prices arrive one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct RecentPrices {
    /// Second `t` lies at `t` modulo sixteen.
    pub seconds: [Second; SECONDS],
}

/// How many seconds before `reference` a price was published; `None` where that is after it or no longer fresh.
fn seconds_ago(published: Timestamp, reference: Timestamp) -> Option<u32> {
    if published > reference {
        return None;
    }
    u32::try_from(reference.get().abs_diff(published.get())).ok().filter(|ago| *ago <= FRESH_SECONDS)
}

/// Whether a price published then is fresh.
pub fn is_fresh(published: Timestamp, reference: Timestamp) -> bool {
    seconds_ago(published, reference).is_some()
}

impl RecentPrices {
    /// Takes a good price into its second, whether it is the newest or not, unless a later second has its place. The lowest and
    /// the highest of a second do not depend on the order in which its readings arrive. Says whether anything changed.
    pub fn record(&mut self, price: Price, published: Timestamp) -> bool {
        let place = usize::try_from(published.get().rem_euclid(SECONDS as i64)).unwrap_or(0);
        let Some(second) = self.seconds.get_mut(place) else { return false };
        let recorded = if second.published < published {
            Second { low: price, high: price, published }
        } else if second.published == published {
            Second { low: second.low.min(price), high: second.high.max(price), published }
        } else {
            return false;
        };
        let changed = *second != recorded;
        *second = recorded;
        changed
    }

    /// The seconds with a fresh price: bit `k` stands for `k` seconds ago.
    pub fn held(&self, reference: Timestamp) -> u16 {
        let ago = self.seconds.iter().filter_map(|second| seconds_ago(second.published, reference));
        ago.fold(0, |held, ago| held | 1u16.checked_shl(ago).unwrap_or(0))
    }

    /// The lowest and the highest of the fresh prices of at most so many seconds ago; `None` where there is none.
    pub fn extremes(&self, most_ago: u32, reference: Timestamp) -> Option<(Price, Price)> {
        self.seconds
            .iter()
            .filter(|second| seconds_ago(second.published, reference).is_some_and(|ago| ago <= most_ago))
            .map(|second| (second.low, second.high))
            .reduce(|(low, high), (other_low, other_high)| (low.min(other_low), high.max(other_high)))
    }
}

const _: () = assert!(core::mem::size_of::<RecentPrices>() == 24 * SECONDS);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::at;

    fn time(seconds_later: i64) -> Timestamp {
        at(seconds_later).now
    }

    fn recorded(readings: &[(u64, i64)]) -> RecentPrices {
        let mut recent = RecentPrices::default();
        for (price, seconds_later) in readings {
            recent.record(Price::new(*price), time(*seconds_later));
        }
        recent
    }

    #[test]
    fn a_second_keeps_its_lowest_and_highest_in_whatever_order_they_come() {
        let readings = [(250, 0), (240, 0), (260, 1)];
        let (one_way, other_way) = (recorded(&readings), recorded(&[readings[2], readings[1], readings[0]]));
        assert_eq!(one_way, other_way);
        assert_eq!(one_way.extremes(1, time(1)), Some((Price::new(240), Price::new(260))));
        assert_eq!(one_way.extremes(0, time(1)), Some((Price::new(260), Price::new(260))));
    }

    #[test]
    fn a_price_is_fresh_for_fifteen_seconds() {
        let recent = recorded(&[(250, 0)]);
        assert_eq!((recent.held(time(0)), recent.held(time(15)), recent.held(time(16))), (1, 1 << 15, 0));
        assert_eq!(recent.extremes(15, time(16)), None);
        assert_eq!([15, 16].map(|age| is_fresh(time(1), time(1 + age))), [true, false]);
        // What is ahead of the reference is of no second before it.
        assert_eq!(recorded(&[(250, 1)]).held(time(0)), 0);
    }

    #[test]
    fn a_later_second_in_its_place_is_not_replaced_by_an_older_one() {
        let mut recent = recorded(&[(250, 16)]);
        assert!(!recent.record(Price::new(240), time(0)));
        assert_eq!(recent.extremes(15, time(16)), Some((Price::new(250), Price::new(250))));
        assert!(recent.record(Price::new(260), time(32)));
        assert_eq!(recent.extremes(15, time(32)), Some((Price::new(260), Price::new(260))));
    }

    #[test]
    fn saying_the_same_again_changes_nothing() {
        let mut recent = recorded(&[(250, 4)]);
        assert!(!recent.record(Price::new(250), time(4)));
        assert!(recent.record(Price::new(249), time(4)));
    }
}
