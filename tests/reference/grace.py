"""Two minutes in which a price counts that nobody could answer: after a pause, a silence or a halt (price.md, Grace)."""

from dataclasses import dataclass

from allowances import GRACE, GRACES

SILENCE = 60


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
    ends_a_silence = is_new and before is not None and published - before.published > SILENCE
    if ends_a_silence and now >= grace.until:
        grace.price_before, grace.silent_since = before.price, before.published
    halted = notes_a_halt(grace, clock) and ends_a_silence
    follow_the_pause(grace, before, is_new, clock)
    if now < grace.until:
        return
    previous = reading.get("previous_publish_time", published)
    proved = grace.silent_since != 0 and previous >= grace.silent_since and published - previous > SILENCE
    if not (halted or proved) or not GRACES.charge(grace, 0, GRACES.capacity, now):
        return
    grace.until = (now if halted else published) + GRACE
    grace.pause_began = 0


def notes_a_halt(grace, clock):
    """Whether the clock moved further than a second a slot accounts for, since it was last looked at."""
    by_slots = max(0, clock.slot - grace.seen_slot)
    halted = grace.seen_at != 0 and clock.now - grace.seen_at > by_slots + SILENCE
    grace.seen_at, grace.seen_slot = clock.now, clock.slot
    return halted


def follow_the_pause(grace, before, is_new, clock):
    """The grace of the exchange's last pause begins, or moves with the pause's end."""
    began, ends = clock.pause_began, clock.pause.until + GRACE
    if began == 0:
        return
    if grace.pause_began != began:
        if not is_new or before is None or before.published > began or clock.now >= ends:
            return
        grace.price_before, grace.silent_since = before.price, before.published
        grace.pause_began = began
    grace.until = ends
