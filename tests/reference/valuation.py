"""What a market was worth to the pool at a boundary: the least at which shares are redeemed, the most at which they are
issued (liquidity.md)."""

from copy import copy
from dataclasses import replace

import funding
from boundaries import keep_pool, require_boundary
from epoch import BoundaryReading
from market import unrealized_of_side
from price import is_in_bounds, is_too_wide, price_of, reference_time, require_reading, spread_of_confidence
from ranges import stress_range
from state import LONG, SHORT, Settlement, copy_of_ledger
from units import (
    ATOM,
    MAX_AMOUNT,
    MAX_PRICE,
    Refused,
    amount as checked,
    atoms_ceil,
    negative_part,
    positive_part,
    share_ceil,
)

# Readings of a boundary count for so long after it.
ALLOWANCE_SECONDS = 1_800
# Without the boundary's own, the earliest published within so many seconds of it counts.
NEAR_SECONDS = 10
VALUATION_LAMPORTS = 10_000


def value_market(exchange, market, reading=None):
    if reading is not None:
        require_reading(reading)
    listed, _ = exchange.bring_up_to_date(market, None, None)
    keep_pool(exchange)
    boundary = require_boundary(exchange)
    kept, epoch = listed.at_boundary, exchange.pool_to_write().epoch
    if kept.valued == boundary or market >= epoch.markets:
        raise Refused("MarketValued")

    stood = as_it_stood(listed)
    funding.accrue(stood, boundary, reference_time(boundary, [stood]))
    found, noted = reading_of_boundary(stood, reading, exchange.now)
    ends = certain_range(stood, found) if found else ends_without_reading(stood, exchange.now)
    valued = kept.valued if ends is None else boundary
    listed.at_boundary = replace(kept, valued=valued, reading=noted, ledger=stood.ledger)
    if ends is not None:
        add_to_epoch(epoch, stood, found, ends)
        exchange.paid.lamports = min(epoch.waiting.lamports, VALUATION_LAMPORTS)
        epoch.waiting = replace(epoch.waiting, lamports=epoch.waiting.lamports - exchange.paid.lamports)


def add_to_epoch(epoch, stood, found, ends):
    """Adds what the market was worth. Where losers owe too much, or more than there can be, no share is sold."""
    epoch.valued += 1
    epoch.lower = checked(epoch.lower + lower_value(stood.ledger, ends))
    upper = epoch.upper + upper_value(stood.ledger, ends)
    if upper > MAX_AMOUNT or found and losers_owe_too_much(stood, found.price):
        epoch.sells_nothing = 1
    else:
        epoch.upper = upper


def as_it_stood(market):
    """The market with the books of the boundary. What has ended since they were kept had not ended then."""
    kept, stood = market.at_boundary, copy(market)
    stood.price, stood.second_price, stood.averages = kept.price, kept.second_price, kept.averages
    stood.ledger = copy_of_ledger(kept.ledger)
    settlement = market.settlement
    if settlement.moved_at >= kept.boundary or settlement.price != kept.price.price:
        stood.settlement = Settlement(delisted_from=settlement.delisted_from)
    return stood


# --- The price at the boundary --------------------------------------------------------------------------------------


def needs_no_price(stood):
    return stood.is_final(stood.at_boundary.boundary) or not stood.ledger.has_open_interest()


def is_too_late(stood, now):
    """Whether no reading counts any more that is handed in now."""
    return now > stood.at_boundary.boundary + ALLOWANCE_SECONDS


def reading_of_boundary(stood, reading, now):
    """The reading at which the market is valued, where there is one, and the one noted near the boundary."""
    noted, boundary = stood.at_boundary.reading, stood.at_boundary.boundary
    if needs_no_price(stood):
        return None, noted
    if is_too_late(stood, now):
        return (noted if noted.published else None), noted
    found = usable(stood, reading, boundary)
    if found.previous < boundary:
        return found, noted
    return None, min((known for known in (noted, found) if known.published), key=order_of_near)


def ends_without_reading(stood, now):
    """The prices between which the true one lay, where no reading says so; None while one may."""
    if needs_no_price(stood):
        return stood.price.price, stood.price.price
    return stress_range(stood, stood.at_boundary.boundary) if is_too_late(stood, now) else None


def usable(stood, reading, boundary):
    """What a reading says that may be the boundary's or is near it."""
    if reading is None or stood.has_ended():
        raise Refused("NoBoundaryReading")
    published, previous = reading["publish_time"], reading.get("previous_publish_time", reading["publish_time"])
    price, confidence = price_of(stood, reading)
    is_good = not is_too_wide(stood, price, confidence) and is_in_bounds(stood, price, published)
    is_near = boundary <= published <= boundary + NEAR_SECONDS
    if not is_good or not (is_near or previous < boundary <= published):
        raise Refused("NoBoundaryReading")
    return BoundaryReading(price, confidence, published, previous)


def order_of_near(reading):
    """The first of several near the boundary counts, whoever hands it in; of equal ones that of less certainty."""
    return reading.published, reading.previous, -reading.confidence, reading.price


def certain_range(market, reading):
    """The price within the part of the spread that its confidence makes."""
    around = spread_of_confidence(reading.confidence, market.parameters)
    return positive_part(reading.price - around), min(MAX_PRICE, reading.price + around)


# --- One market, in atoms -------------------------------------------------------------------------------------------


def pending_of_both_sides(ledger):
    return ledger.sides[LONG].pending_funding() + ledger.sides[SHORT].pending_funding()


def lower_value(ledger, ends):
    """What is left of the backing once winners are paid and no loser has paid."""
    return min(left_for_pool(ledger, end) for end in ends)


def left_for_pool(ledger, price):
    """At one end; never below zero, since the pool is liable for nothing beyond what it has placed."""
    won = sum(atoms_ceil(positive_part(unrealized_of_side(ledger, side, price))) for side in (LONG, SHORT))
    owed = atoms_ceil(negative_part(pending_of_both_sides(ledger)))
    return positive_part(ledger.backing - ledger.unfunded_claims() - won - owed)


def upper_value(ledger, ends):
    """What is left if all losers pay, the winners of their own market first."""
    settled = (ledger.backing + ledger.claims_reserve - ledger.claims + ledger.debts) * ATOM
    settled += pending_of_both_sides(ledger)
    return max(atoms_ceil(positive_part(settled + left_by_losers(ledger, end))) for end in ends)


def profits(ledger, price):
    """Of longs and shorts, in raw."""
    return [unrealized_of_side(ledger, side, price) for side in (LONG, SHORT)]


def left_by_losers(ledger, price):
    """What losers have yet to pay beyond what winners of the same market get, in raw."""
    return negative_part(sum(profits(ledger, price)))


def losers_owe_too_much(stood, price):
    """Whether that is more than the stress move of what they entered at."""
    sides = zip(stood.ledger.sides, profits(stood.ledger, price))
    entered = sum(atoms_ceil(side.entry_notional) for side, profit in sides if profit < 0)
    return left_by_losers(stood.ledger, price) > share_ceil(entered, stood.parameters.stress_move) * ATOM
