use crate::units::{Price, Timestamp};
use bytemuck::{Pod, Zeroable};

/// Length of a span, in seconds. Whoever updates the prices of an account with several positions needs them in one span: two
/// seconds are what the readings of one moment take to arrive.
pub const SPAN_SECONDS: i64 = 2;
/// Spans a market remembers.
pub const SPANS: usize = 8;
/// A price is fresh for at least this many seconds, wherever in its span it was published. What is not fresh is no price but
/// the middle of a range.
pub const FRESH_SECONDS: u32 = 14;

const _: () = assert!(FRESH_SECONDS as i64 == (SPANS as i64 - 1) * SPAN_SECONDS);

/// The good prices published within one span of two seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Span {
    /// The lowest of them.
    pub low: Price,
    /// The highest.
    pub high: Price,
    /// Publish time of the latest; which span it is follows from it. Zero where there is none.
    pub published: Timestamp,
}

/// A market's good prices of the last sixteen seconds: what it takes to judge an account with several positions at one
/// moment, although their prices arrive one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct RecentPrices {
    /// The span of publish time `t` is number `⌊t / 2⌋` and lies at that number modulo eight.
    pub spans: [Span; SPANS],
}

/// The number of the span a time lies in.
const fn span_number(time: Timestamp) -> i64 {
    time.get() >> 1
}

const _: () = assert!(SPAN_SECONDS == 1 << 1);

/// How many spans before that of `reference` a time lies; `None` where it lies after it.
fn spans_ago(time: Timestamp, reference: Timestamp) -> Option<u32> {
    span_number(reference).checked_sub(span_number(time)).and_then(|ago| u32::try_from(ago).ok())
}

/// Whether a price published then is fresh: its span is one of the eight up to that of `reference`.
pub fn is_fresh(published: Timestamp, reference: Timestamp) -> bool {
    spans_ago(published, reference).is_some_and(|ago| ago < SPANS as u32)
}

impl RecentPrices {
    /// Takes a good price into its span, whether it is the newest or not, unless a later span has its place. The lowest and the
    /// highest of a span do not depend on the order in which its readings arrive. Says whether anything changed.
    pub fn record(&mut self, price: Price, published: Timestamp) -> bool {
        let number = span_number(published);
        let place = usize::try_from(number.rem_euclid(SPANS as i64)).unwrap_or(0);
        let Some(span) = self.spans.get_mut(place) else { return false };
        let held = span_number(span.published);
        let recorded = if held < number {
            Span { low: price, high: price, published }
        } else if held == number {
            let published = span.published.max(published);
            Span { low: span.low.min(price), high: span.high.max(price), published }
        } else {
            return false;
        };
        let changed = *span != recorded;
        *span = recorded;
        changed
    }

    /// The spans with a fresh price: bit `k` stands for the one `k` spans ago.
    pub fn held(&self, reference: Timestamp) -> u8 {
        let ago = self.spans.iter().map(|span| spans_ago(span.published, reference));
        ago.fold(0, |held, ago| held | ago.and_then(|ago| 1u8.checked_shl(ago)).unwrap_or(0))
    }

    /// The lowest and the highest of the prices of at most so many spans ago; `None` where there is none.
    pub fn extremes(&self, most_ago: u32, reference: Timestamp) -> Option<(Price, Price)> {
        self.spans
            .iter()
            .filter(|span| spans_ago(span.published, reference).is_some_and(|ago| ago <= most_ago))
            .map(|span| (span.low, span.high))
            .reduce(|(low, high), (other_low, other_high)| (low.min(other_low), high.max(other_high)))
    }
}

const _: () = assert!(core::mem::size_of::<RecentPrices>() == 24 * SPANS);

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
    fn a_span_keeps_its_lowest_and_highest_in_whatever_order_they_come() {
        // The fixture's time is even, so seconds 0 and 1 share a span and 2 begins the next.
        let (one_way, other_way) =
            (recorded(&[(250, 0), (240, 1), (260, 2)]), recorded(&[(260, 2), (240, 1), (250, 0)]));
        assert_eq!(one_way, other_way);
        assert_eq!(one_way.extremes(1, time(2)), Some((Price::new(240), Price::new(260))));
        assert_eq!(one_way.extremes(0, time(2)), Some((Price::new(260), Price::new(260))));
    }

    #[test]
    fn a_price_is_fresh_for_fourteen_or_fifteen_seconds() {
        let recent = recorded(&[(250, 0)]);
        assert_eq!((recent.held(time(0)), recent.held(time(15)), recent.held(time(16))), (1, 1 << 7, 0));
        assert_eq!(recent.extremes(7, time(16)), None);
        // Published in the second half of its span it is so for a second less.
        assert_eq!([14, 15].map(|age| is_fresh(time(1), time(1 + age))), [true, false]);
        // Ahead of the reference by less than its span it is of this span.
        assert_eq!(recorded(&[(250, 1)]).held(time(0)), 1);
    }

    #[test]
    fn a_later_span_in_its_place_is_not_replaced_by_an_older_one() {
        let mut recent = recorded(&[(250, 16)]);
        assert!(!recent.record(Price::new(240), time(0)));
        assert_eq!(recent.extremes(7, time(16)), Some((Price::new(250), Price::new(250))));
        assert!(recent.record(Price::new(260), time(32)));
        assert_eq!(recent.extremes(7, time(32)), Some((Price::new(260), Price::new(260))));
    }

    #[test]
    fn saying_the_same_again_changes_nothing() {
        let mut recent = recorded(&[(250, 4)]);
        assert!(!recent.record(Price::new(250), time(4)));
        assert!(recent.record(Price::new(249), time(4)));
    }
}
