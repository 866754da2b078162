//! Grace: for two minutes after a pause, a silence of the feed or a halt of the chain a position counts for liquidation at the
//! better of the price before and the present one, and the market only lets positions be reduced.
//!
//! A silence of those who post is none of the feed: only a reading that names its predecessor proves one.

use crate::error::EngineError;
use crate::oracle::OracleReading;
use crate::session::Session;
use crate::state::{is_fresh, AllowanceRule, Grace, Market, PriceCache, StatusAuthority, PAUSE_GRACE_SECONDS};
use crate::units::Timestamp;

#[cfg(test)]
mod tests;

/// A feed or a chain that says nothing for longer than this is silent, in seconds.
const SILENCE_SECONDS: u64 = 60;
/// A grace of the feed or the chain, in seconds.
const GRACE_SECONDS: u32 = 120;
/// Five of them in any 72 hours.
const GRACES: AllowanceRule = AllowanceRule { capacity: 360, refill: 240, besides: 0 };

/// What a market's grace becomes where a good reading was taken in; `before` is the price until then, which the reading
/// replaced where it was the newest.
pub(super) fn grace_after(
    market: &Market,
    before: &PriceCache,
    reading: &OracleReading,
    session: &Session,
) -> Result<Grace, EngineError> {
    let (mut grace, clock) = (market.grace, session.clock);
    let published = Timestamp::new(reading.publish_time());
    let newest = market.price.published == published && before.published != published && !before.published.is_never();
    let fresh = is_fresh(published, clock.now.max(published));
    // The chain halted: the clock moved much further than its slots account for, a second each at the slowest, since the last
    // reading that was fresh. Older ones, handed in first, do not use the halt up.
    let slots = clock.slot.saturating_sub(grace.seen_slot);
    let halted = fresh
        && !grace.seen_at.is_never()
        && clock.now.seconds_since(grace.seen_at)? > slots.checked_add(SILENCE_SECONDS).ok_or(EngineError::Overflow)?;
    let silent = halted || !fresh || published.seconds_since(before.published)? > SILENCE_SECONDS;
    // Before the silence is what was valid when a fresh reading was last seen, not what was handed in late.
    let was_current =
        grace.seen_at.is_never() || before.published <= grace.seen_at.after(market.parameters.future_tolerance)?;
    if newest && silent && was_current && clock.now >= grace.until {
        (grace.price_before, grace.silent_since) = (before.price, before.published);
    }
    if fresh {
        (grace.seen_at, grace.seen_slot) = (clock.now, clock.slot);
    }

    let paused = !session.pause_began.is_never();
    let after_pause = session.pause_ended.after(PAUSE_GRACE_SECONDS)?;
    if paused && grace.pause_began == session.pause_began {
        // Lifting a pause ends its grace earlier as well.
        grace.until = after_pause;
    } else if paused && newest && before.published <= session.pause_began && clock.now < after_pause {
        (grace.price_before, grace.silent_since) = (before.price, before.published);
        (grace.pause_began, grace.until) = (session.pause_began, after_pause);
    }
    if clock.now >= grace.until && (halted || proves_silence(reading, &grace)?) {
        if let Ok(allowance) = grace.allowance.charged(GRACE_SECONDS, &GRACES, StatusAuthority::RiskAdmin, clock.now) {
            let from = if halted { clock.now } else { published };
            let until = from.after(GRACE_SECONDS)?;
            grace = Grace { allowance, until, pause_began: Timestamp::NEVER, ..grace };
        }
    }
    Ok(grace)
}

/// Whether the reading names a predecessor more than a minute before it, within the silence since the price that was kept.
fn proves_silence(reading: &OracleReading, grace: &Grace) -> Result<bool, EngineError> {
    let published = Timestamp::new(reading.publish_time());
    let previous = Timestamp::new(reading.previous_publish_time());
    let silent = published.seconds_since(previous)? > SILENCE_SECONDS;
    Ok(silent && !grace.silent_since.is_never() && previous >= grace.silent_since)
}
