"""One market by itself: its price, what a fill costs, and what it can bear (price.md, trading.md, losses.md)."""

from averages import take_into_averages
from state import LONG, SHORT
from units import (
    ATOM,
    MAX_PRICE,
    PPM,
    Refused,
    atoms_ceil,
    atoms_floor,
    div_ceil,
    div_floor,
    negative_part,
    notional,
    positive_part,
    share_ceil,
    share_floor,
    sign,
    sqrt_ceil,
    sqrt_floor,
)

SECONDS_PER_YEAR = 31_557_600
# The root of the age is taken of 2^16 times the seconds, so that of the year is scaled by 2^8; the root times a
# volatility is in parts per million. 1 438 109 479 003 in the text.
ROOT_SCALE = 1 << 16
SPREAD_DIVISOR = sqrt_floor(ROOT_SCALE * PPM * PPM * SECONDS_PER_YEAR)

MAX_I64 = (1 << 63) - 1


# --- Price ------------------------------------------------------------------------------------------------------


def converted(mantissa, exponent, market, divide):
    """`mantissa · 10^(e + q − b) · 2^40`, in raw per base unit, rounded by `divide`."""
    power = exponent + market.quote_decimals - market.base_decimals
    if power >= 0:
        return mantissa * 10**power * ATOM
    return divide(mantissa * ATOM, 10**-power)


def take_price(market, reading, now):
    """Takes a reading into the market's cache. One that is not newer is no error and changes nothing."""
    if not -18 <= reading["exponent"] <= 0:
        raise Refused("OracleExponentOutOfRange")
    if reading["price"] <= 0:
        raise Refused("OraclePriceNotPositive")
    if reading["confidence"] > MAX_I64:
        raise Refused("OracleConfidenceOutOfRange")
    if reading["publish_time"] <= 0:
        raise Refused("OraclePublishTimeNotPositive")

    published = reading["publish_time"]
    if published > now + market.parameters.future_tolerance:
        raise Refused("PriceFromTheFuture")
    cache = market.price
    if published <= cache.newest_published:
        return
    price = converted(reading["price"], reading["exponent"], market, div_floor)
    if not 1 <= price <= MAX_PRICE:
        raise Refused("PriceOutOfRange")
    confidence = converted(reading["confidence"], reading["exponent"], market, div_ceil)
    cache.newest_published = published
    if confidence * PPM > market.parameters.max_confidence_valid * price:
        return
    take_into_averages(market, price, published)
    cache.price = price
    cache.confidence = confidence
    cache.published = published
    cache.outage_since = 0


def is_usable(market, reference):
    """Judged at the time from which ages are measured."""
    cache = market.price
    if cache.price == 0:
        return False
    if cache.newest_published != cache.published:
        return False
    return cache.outage_since == 0 or reference < cache.outage_since + market.parameters.outage_delay


def reference_time(now, markets):
    """From when ages are measured: the clock, or the newest publish time the instruction's markets have seen."""
    return max([now] + [market.price.newest_published for market in markets])


def age(market, reference):
    return max(0, reference - market.price.published)


def spread(market, seconds):
    """`⌈k · confidence⌉ + ⌈max(z · σ, v · σ measured) · √(age + 1 s) · price⌉ + ⌈d · drift⌉`, in raw per base unit."""
    parameters, averages = market.parameters, market.averages
    listed = share_ceil(parameters.spread_volatility, parameters.volatility)
    measured = share_ceil(parameters.spread_measured, averages.fast_volatility)
    weight = max(listed, measured) * sqrt_ceil(ROOT_SCALE * (seconds + 1))
    for_volatility = div_ceil(market.price.price * weight, SPREAD_DIVISOR)
    return spread_of_confidence(market) + for_volatility + share_ceil(averages.drift, parameters.spread_drift)


def spread_of_confidence(market):
    """The part of the spread in which liquidity is valued."""
    return share_ceil(market.price.confidence, market.parameters.spread_confidence)


# --- Fill -------------------------------------------------------------------------------------------------------


def skew_of_full_impact(parameters):
    """`M·S` in whole base units: from there on the marginal impact is `M`, and funding moves at full speed."""
    return share_floor(parameters.impact_scale, parameters.impact_limit)


def impact_potential(parameters, skew):
    """`G(s)` in base units, rounded up once."""
    size, scale, limit = abs(skew), parameters.impact_scale, skew_of_full_impact(parameters)
    if size <= limit:
        return div_ceil(size * size, 2 * scale)
    return div_ceil(limit * (2 * size - limit), 2 * scale)


def impact(parameters, skew_before, skew_after):
    after = impact_potential(parameters, skew_after)
    if sign(skew_before) * sign(skew_after) < 0:
        return after
    return positive_part(after - impact_potential(parameters, skew_before))


def charge(market, size, seconds):
    """What spread and impact make an order worse by, in raw; at most the order's notional at the index."""
    index = market.price.price
    skew = market.ledger.skew()
    worse = abs(size) * spread(market, seconds) + index * impact(market.parameters, skew, skew + size)
    return min(worse, abs(size) * index)


def taker_fee(market, size):
    """The fee in atoms; what brings the skew towards zero, at most to zero, pays the lower rate."""
    parameters = market.parameters
    skew = market.ledger.skew()
    rebalancing = min(abs(size), abs(skew)) if sign(size) * sign(skew) < 0 else 0
    increasing = abs(size) - rebalancing
    weighted = increasing * parameters.taker_fee + rebalancing * parameters.taker_fee_rebalancing
    return div_ceil(weighted * market.price.price, PPM * ATOM)


# --- Solvency: every term is rounded by itself, to atoms ----------------------------------------------------------


def unrealized_of_side(ledger, side, price):
    """Unrealized profit of a whole side in raw, negative for a loss."""
    whole = ledger.sides[side]
    value = notional(whole.open_interest, price)
    return value - whole.entry_notional if side == LONG else whole.entry_notional - value


def smallest_maintenance(parameters):
    """`m` in ppm: a losing side is good for this part of its notional and no more."""
    return share_floor(parameters.base_margin, parameters.maintenance_fraction)


def assets(market):
    """What the market can pay with, in atoms."""
    ledger, price = market.ledger, market.price.price
    total = ledger.backing
    for side in (LONG, SHORT):
        whole = ledger.sides[side]
        lost = atoms_floor(negative_part(unrealized_of_side(ledger, side, price)))
        value = atoms_floor(notional(whole.open_interest, price))
        total += min(lost, share_floor(value, smallest_maintenance(market.parameters)))
        total += atoms_floor(positive_part(whole.pending_funding()))
    return total


def liabilities(market):
    """What the market owes, in atoms."""
    ledger, price = market.ledger, market.price.price
    total = ledger.unfunded_claims()
    for side in (LONG, SHORT):
        total += atoms_ceil(positive_part(unrealized_of_side(ledger, side, price)))
        total += atoms_ceil(negative_part(ledger.sides[side].pending_funding()))
    return total


def surplus(market):
    return assets(market) - liabilities(market)


def stress_loss(market):
    """What the backing loses in a jump of the price by the stress move, in atoms."""
    ledger, price, move = market.ledger, market.price.price, market.parameters.stress_move
    larger = atoms_ceil(notional(ledger.larger_side(), price))
    smaller = atoms_ceil(notional(ledger.smaller_side(), price))
    good_for = share_floor(smaller, min(move, smallest_maintenance(market.parameters)))
    return positive_part(share_ceil(larger, move) - good_for)


def coverage(market):
    """The part of what it owes that the market can pay, as numerator and denominator; at most one."""
    owned, owed = assets(market), liabilities(market)
    return (1, 1) if owned >= owed else (owned, owed)


# --- Value for the pool -------------------------------------------------------------------------------------------


def lower_value(market):
    """What is left of the backing once winners are paid and no loser has paid, in atoms."""
    return min(left_for_pool(market.ledger, end) for end in interval(market))


def upper_value(market):
    """What is left if every loser and debtor pays, in atoms: linear in the price, so largest at one end."""
    low, high = interval(market)
    end = high if market.ledger.skew() < 0 else low
    return atoms_ceil(positive_part(net_asset_value(market.ledger, end)))


def interval(market):
    """The prices between which the true one lies; without open interest no price counts."""
    if not market.ledger.has_open_interest():
        return 0, 0
    around, price = spread_of_confidence(market), market.price.price
    return positive_part(price - around), min(MAX_PRICE, price + around)


def pending_of_both_sides(ledger):
    return ledger.sides[LONG].pending_funding() + ledger.sides[SHORT].pending_funding()


def left_for_pool(ledger, price):
    """One end of the interval; never below zero, since the pool is liable for nothing beyond what it has placed."""
    won = sum(atoms_ceil(positive_part(unrealized_of_side(ledger, side, price))) for side in (LONG, SHORT))
    owed = atoms_ceil(negative_part(pending_of_both_sides(ledger)))
    return positive_part(ledger.backing - ledger.unfunded_claims() - won - owed)


def net_asset_value(ledger, price):
    """`R + CR − K + Debt − U_L − U_S + pending funding`, in raw."""
    won = sum(unrealized_of_side(ledger, side, price) for side in (LONG, SHORT))
    cash = (ledger.backing - ledger.unfunded_claims() + ledger.debts) * ATOM
    return cash - won + pending_of_both_sides(ledger)
