"""A market's price: how a reading enters its cache, which seconds it remembers, and how wide its spread is (price.md)."""

from dataclasses import dataclass

from averages import take_into_averages
from grace import Before, is_in_force, look_for_grace
from state import NOTICE_OF_END, SECONDS, Second, Settlement
from units import (
    ATOM,
    MAX_PRICE,
    PPM,
    Refused,
    clamp,
    div_ceil,
    div_floor,
    share_ceil,
    share_floor,
    sqrt_ceil,
    sqrt_floor,
)

SECONDS_PER_YEAR = 31_557_600
# The root of the age is taken of 2^16 times the seconds, so that of the year is scaled by 2^8; the root times a
# volatility is in parts per million. 1 438 109 479 003 in the text.
ROOT_SCALE = 1 << 16
SPREAD_DIVISOR = sqrt_floor(ROOT_SCALE * PPM * PPM * SECONDS_PER_YEAR)

MAX_I64 = (1 << 63) - 1
FRESH_SECONDS = 15
CLOCK_DISTRUST = 60


@dataclass(frozen=True)
class Said:
    """What a reading says, in raw per base unit, and when."""

    price: int
    confidence: int
    published: int


# --- Taking a reading in ------------------------------------------------------------------------------------------


def converted(mantissa, exponent, market, divide):
    """`mantissa · 10^(e + q − b) · 2^40`, in raw per base unit, rounded by `divide`."""
    power = exponent + market.quote_decimals - market.base_decimals
    if power >= 0:
        return mantissa * 10**power * ATOM
    return divide(mantissa * ATOM, 10**-power)


def require_reading(reading):
    """What the reader of an oracle's account refuses, once its owner, layout and feed are checked."""
    if not -18 <= reading["exponent"] <= 0:
        raise Refused("OracleExponentOutOfRange")
    if reading["price"] <= 0:
        raise Refused("OraclePriceNotPositive")
    if reading["confidence"] > MAX_I64:
        raise Refused("OracleConfidenceOutOfRange")
    if reading["publish_time"] <= 0:
        raise Refused("OraclePublishTimeNotPositive")


def price_of(market, reading):
    """Price and confidence in raw per base unit."""
    price = converted(reading["price"], reading["exponent"], market, div_floor)
    if not 1 <= price <= MAX_PRICE:
        raise Refused("PriceOutOfRange")
    return price, converted(reading["confidence"], reading["exponent"], market, div_ceil)


def is_too_wide(market, price, confidence):
    return confidence * PPM > market.parameters.max_confidence_valid * price


def take_reading(market, reading, clock):
    """Takes a reading in; `clock` has the time, the slot and the exchange's pause. Only PriceOutOfRange is an error."""
    require_reading(reading)
    published, cache, now = reading["publish_time"], market.price, clock.now
    if published > now + market.parameters.future_tolerance:
        cache.clock_distrusted_until = now + CLOCK_DISTRUST
        return
    undoes = market.has_ended() and shows_that_the_feed_lived(market, published, now)
    if market.has_ended() and not undoes:
        return
    is_new = published > cache.published
    if not is_new and not is_recent(published, max(now, cache.newest_published)):
        return
    price, confidence = price_of(market, reading)
    if is_too_wide(market, price, confidence) or not is_in_bounds(market, price, published):
        if is_new:
            cache.newest_published = max(cache.newest_published, published)
        return

    before = Before(cache.price, cache.published) if cache.price else None
    if is_new:
        accept(market, price, confidence, published, now)
        if undoes or is_recent(published, max(now, cache.newest_published)):
            cache.outage_since = 0
        if undoes:
            market.settlement = Settlement(delisted_from=market.settlement.delisted_from)
    elif not remember(market, price, published):
        return
    look_for_grace(market, reading, before, is_new, clock)


def take_second_reading(market, reading, now):
    """Keeps what the second source says where it is newer, good, and not ahead of the clock."""
    require_reading(reading)
    if market.parameters.second_max_age == 0:
        raise Refused("NoSecondOracle")
    published, held = reading["publish_time"], market.second_price
    if published > now + market.parameters.future_tolerance or published <= held.published:
        return
    price, confidence = price_of(market, reading)
    if not is_too_wide(market, price, confidence):
        held.price, held.confidence, held.published = price, confidence, published


def is_in_bounds(market, price, published):
    """Whether the second source bears a price of the first out."""
    return nearest_in_bounds(market, price, published) == price


def nearest_in_bounds(market, price, published):
    """The price that the second source bears out, where it has said anything at about this time, nearest to that of the first."""
    second, parameters = market.second_price, market.parameters
    apart = abs(published - second.published)
    if second.published == 0 or apart > parameters.second_max_age:
        return price
    weight = share_ceil(parameters.spread_volatility, parameters.volatility) * sqrt_ceil(ROOT_SCALE * (apart + 1))
    allowed = (
        share_floor(second.price, parameters.second_max_deviation)
        + share_ceil(second.confidence, parameters.spread_confidence)
        + div_ceil(second.price * weight, SPREAD_DIVISOR)
    )
    return clamp(price, second.price - allowed, second.price + allowed)


def shows_that_the_feed_lived(market, published, now):
    """Whether a good reading of this time undoes the settlement; of one too wide the time is seen, as ever."""
    settlement = market.settlement
    return (
        settlement.outage_since != 0
        and now < settlement.moved_at + NOTICE_OF_END
        and settlement.outage_since < published <= settlement.moved_at
        and published > market.price.published
    )


def accept(market, price, confidence, published, now):
    """The reading becomes the valid price; in a grace the measured margin stays what it was."""
    cache, margin = market.price, market.averages.measured_margin
    stands_still = is_in_force(market, now)
    take_into_averages(market, price, published)
    if stands_still:
        market.averages.measured_margin = margin
    remember(market, price, published)
    cache.newest_published = max(cache.newest_published, published)
    cache.price, cache.confidence, cache.published = price, confidence, published


# --- The last sixteen seconds ---------------------------------------------------------------------------------------


def remember(market, price, published):
    """Enters a good price into its second. Returns whether that changed anything."""
    place = published % SECONDS
    held = market.recent[place]
    if held.published > published:
        return False
    if held.published < published:
        market.recent[place] = Second(price, price, published)
        return True
    if held.low <= price <= held.high:
        return False
    held.low, held.high = min(held.low, price), max(held.high, price)
    return True


def is_recent(time, reference):
    return 0 <= reference - time <= FRESH_SECONDS


def is_fresh(market, reference):
    """Whether the market's price is; a final one always is."""
    if market.is_final(reference):
        return True
    cache = market.price
    return is_recent(cache.published, reference) and reference >= cache.clock_distrusted_until


# --- Age, requirements, spread --------------------------------------------------------------------------------------


def reference_time(now, markets):
    """From when ages are measured: the clock, or the newest publish time the instruction's markets have seen."""
    return max([now] + [market.price.newest_published for market in markets])


def age(market, reference):
    return max(0, reference - market.price.published)


def is_dead(market, reference):
    """An outage was reported so long ago that the oracle is held for dead."""
    since = market.price.outage_since
    return since != 0 and not market.is_final(reference) and reference >= since + market.parameters.outage_delay


def require_price(market, reference, oldest, error="PriceStale"):
    """A final price meets every requirement."""
    if market.is_final(reference):
        return
    if reference < market.price.clock_distrusted_until:
        raise Refused("ClockBehind")
    if age(market, reference) > oldest:
        raise Refused(error)


def spread(market, seconds):
    """`⌈k · confidence⌉ + ⌈max(z · σ, v · σ measured) · √(age + 1 s) · price⌉ + ⌈d · drift⌉`, in raw per base unit."""
    parameters, averages = market.parameters, market.averages
    listed = share_ceil(parameters.spread_volatility, parameters.volatility)
    measured = share_ceil(parameters.spread_measured, averages.fast_volatility)
    weight = max(listed, measured) * sqrt_ceil(ROOT_SCALE * (seconds + 1))
    for_volatility = div_ceil(market.price.price * weight, SPREAD_DIVISOR)
    for_confidence = spread_of_confidence(market.price.confidence, parameters)
    return for_confidence + for_volatility + share_ceil(averages.drift, parameters.spread_drift)


def spread_at(market, reference):
    """The spread at the price's age; a final price has none."""
    return 0 if market.is_final(reference) else spread(market, age(market, reference))


def spread_of_confidence(confidence, parameters):
    """The part of the spread in which a market is valued."""
    return share_ceil(confidence, parameters.spread_confidence)
