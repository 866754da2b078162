"""Funding and carry (funding.md): the path of the rate in closed form, and what it adds to the indices."""

from copy import copy

from market import skew_of_full_impact
from price import age
from state import LONG, SHORT
from units import MAX_INDEX, amount, atoms_floor, div_ceil, div_floor, sign

FUNDING_BITS = 61  # twice the area under the path of the rate is in 2^-60, so the area is in 2^-61
CARRY_BITS = 60
MEAN_SECONDS = 3_600  # the mean of the open interest is one of an hour

ACCRUED, NOTHING, INDEX_FULL = "accrued", "nothing", "index full"


def full_speed(parameters, skew):
    """`q`, four times what the rate moves away from zero each second."""
    velocity, full = parameters.funding_velocity, skew_of_full_impact(parameters)
    if skew == 0:
        return 0
    if abs(skew) >= full:
        return 4 * velocity
    return div_floor(4 * velocity * abs(skew), full)


def speed_away(parameters, skew):
    return div_floor(full_speed(parameters, skew), 4)


def speed_toward(parameters, skew):
    return max(full_speed(parameters, skew), div_ceil(parameters.funding_velocity, 4))


def next_rate(parameters, rate, skew):
    """The rate one second later: the rule itself, of which `rate_path` is the closed form."""
    opposed = rate != 0 and sign(rate) != sign(skew)
    if opposed:
        return sign(rate) * max(0, abs(rate) - speed_toward(parameters, skew))
    return sign(skew) * min(parameters.funding_rate_cap, abs(rate) + speed_away(parameters, skew))


def falling(magnitude, speed, seconds):
    """A magnitude that falls to zero: seconds used, where it ends, and twice the area under it."""
    if speed == 0:
        return seconds, magnitude, 2 * magnitude * seconds
    to_zero = div_ceil(magnitude, speed)
    if seconds < to_zero:
        end = magnitude - seconds * speed
        return seconds, end, seconds * (magnitude + end)
    before_last = magnitude - (to_zero - 1) * speed
    return to_zero, 0, (to_zero - 1) * (magnitude + before_last) + before_last


def rising(magnitude, speed, cap, seconds):
    """A magnitude that rises to the cap and stays there: where it ends, and twice the area under it."""
    if speed == 0:
        return magnitude, 2 * magnitude * seconds
    to_cap = div_ceil(cap - magnitude, speed)
    if seconds < to_cap:
        end = magnitude + seconds * speed
        return end, seconds * (magnitude + end)
    if to_cap == 0:
        return cap, 2 * cap * seconds
    before_last = magnitude + (to_cap - 1) * speed
    area = (to_cap - 1) * (magnitude + before_last) + (before_last + cap)
    return cap, area + 2 * cap * (seconds - to_cap)


def rate_path(parameters, rate, skew, seconds):
    """The rate after some seconds, and for each stretch in which one side pays that side and twice the area."""
    stretches = []
    if rate != 0 and sign(rate) != sign(skew):
        payers = LONG if rate > 0 else SHORT
        used, magnitude, area = falling(abs(rate), speed_toward(parameters, skew), seconds)
        stretches.append((payers, area))
        rate = sign(rate) * magnitude
        seconds -= used
    if seconds > 0 and skew != 0 and sign(rate) in (0, sign(skew)):
        payers = LONG if skew > 0 else SHORT
        magnitude, area = rising(abs(rate), speed_away(parameters, skew), parameters.funding_rate_cap, seconds)
        stretches.append((payers, area))
        rate = sign(skew) * magnitude
    return rate, stretches


def carry_rates(parameters, side):
    """What a side pays per second in 2^-60: the carry, and the surge that is the insurance's."""
    cap = parameters.open_interest_cap
    rate = div_floor(parameters.carry_rate * min(side.open_interest, cap), cap)
    used = max(0, 2 * min(cap, side.mean_interest) - cap)
    return rate, div_floor(parameters.carry_surge * used, cap)


def moved_mean(side, seconds):
    """The mean of the side's open interest, a step nearer to it."""
    distance = side.open_interest - side.mean_interest
    step = div_floor(abs(distance) * min(seconds, MEAN_SECONDS), MEAN_SECONDS)
    return side.mean_interest + sign(distance) * step


def can_accrue(market, reference):
    """An accrual asks for age and confidence alone, and a valid price has the confidence."""
    return market.price.price != 0 and age(market, reference) <= market.parameters.max_age_funding


def accrue(market, now, reference):
    """Accrues funding and carry up to now, whatever the statuses, if the price allows it."""
    ledger = market.ledger
    if ledger.funding_time == 0:
        ledger.funding_time = now
        return ACCRUED
    if market.has_ended():
        ledger.funding_time = max(ledger.funding_time, now)
        return NOTHING
    if not can_accrue(market, reference):
        return NOTHING
    elapsed = now - ledger.funding_time
    ledger.funding_time = max(ledger.funding_time, now)
    if elapsed <= 0:
        return NOTHING
    return ACCRUED if accrue_seconds(market, elapsed) else INDEX_FULL


def idle_rate(parameters, rate, seconds):
    """What is left of a rate after seconds that accrue nothing."""
    return sign(rate) * max(0, abs(rate) - seconds * div_ceil(parameters.funding_velocity, 4))


def accrue_seconds(market, elapsed):
    """Adds the seconds' funding and carry to the indices; False, and no change, where an index would be full."""
    ledger, parameters, price = market.ledger, market.parameters, market.price.price
    seconds = min(elapsed, parameters.max_accrual_seconds)
    sides = [copy(side) for side in ledger.sides]
    interest = [side.open_interest for side in sides]
    fraction = ledger.funding_fraction

    rate = idle_rate(parameters, ledger.funding_rate, elapsed - seconds)
    rate, stretches = rate_path(parameters, rate, ledger.skew(), seconds)
    for payers, twice_area in stretches:
        receivers = SHORT if payers == LONG else LONG
        if interest[payers] == 0:
            continue
        total = twice_area * price + fraction
        owed, fraction = total >> FUNDING_BITS, total % (1 << FUNDING_BITS)
        sides[payers].funding_index += owed
        if interest[receivers] > 0:
            matched = min(interest[payers], interest[receivers])
            sides[receivers].funding_index -= div_floor(owed * matched, interest[receivers])

    for_insurance = 0  # raw
    for side in sides:
        side.mean_interest = moved_mean(side, seconds)
        if side.open_interest == 0:
            continue
        carry, surge = carry_rates(parameters, side)
        total = price * (carry + surge) * seconds + side.carry_fraction
        side.funding_index += total >> CARRY_BITS
        side.carry_fraction = total % (1 << CARRY_BITS)
        for_insurance += side.open_interest * ((price * surge * seconds) >> CARRY_BITS)

    if any(abs(side.funding_index) > MAX_INDEX for side in sides):
        return False
    moved = min(atoms_floor(for_insurance), ledger.backing)
    ledger.backing -= moved
    ledger.insurance = amount(ledger.insurance + moved)
    ledger.funding_rate, ledger.funding_fraction, ledger.sides = rate, fraction, sides
    return True
