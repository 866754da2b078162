"""Two minutes in which a price counts that nobody could answer: after a pause, a silence or a halt (price.md, Grace)."""

from dataclasses import dataclass

from allowances import GRACE, GRACES

SILENCE = 60
# A reading is fresh for so many seconds.
LATEST = 15


@dataclass(frozen=True)
class Before:
    """The valid price until a reading came, and its publish time."""

    price: int
    published: int


def is_in_force(market, time):
    return time < market.grace.until and market.grace.price_before != 0


def look_for_grace(market, reading, before, is_new, clock):
    """What a reading says of the pause, the silence or the halt that it ends."""
    grace, now, published = market.grace, clock.now, reading["publish_time"]
    is_new = is_new and before is not None
    is_fresh = now - published <= LATEST
    halted = is_fresh and has_halted(grace, clock)
    if is_new and now >= grace.until and was_current(market, before):
        if halted or not is_fresh or published - before.published > SILENCE:
            grace.price_before, grace.silent_since = before.price, before.published
    if is_fresh:
        grace.seen_at, grace.seen_slot = now, clock.slot
    follow_the_pause(grace, before, is_new, clock)
    if now < grace.until:
        return
    previous = reading.get("previous_publish_time", published)
    proved = grace.silent_since != 0 and previous >= grace.silent_since and published - previous > SILENCE
    if not (halted or proved) or not GRACES.charge(grace, 0, GRACES.capacity, now):
        return
    grace.until = (now if halted else published) + GRACE
    grace.pause_began = 0


def has_halted(grace, clock):
    """Whether the clock moved further than a second a slot accounts for, since the last fresh reading."""
    by_slots = max(0, clock.slot - grace.seen_slot)
    return grace.seen_at != 0 and clock.now - grace.seen_at > by_slots + SILENCE


def was_current(market, before):
    """Whether the price was valid when a fresh reading was last seen, and is none that was handed in late."""
    seen_at = market.grace.seen_at
    return seen_at == 0 or before.published <= seen_at + market.parameters.future_tolerance


def follow_the_pause(grace, before, is_new, clock):
    """The grace of the exchange's last pause begins, or moves with the pause's end."""
    began, ends = clock.pause_began, clock.pause.until + GRACE
    if began == 0:
        return
    if grace.pause_began != began:
        if not is_new or before.published > began or clock.now >= ends:
            return
        grace.price_before, grace.silent_since = before.price, before.published
        grace.pause_began = began
    grace.until = ends
