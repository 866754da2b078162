"""When boundaries are, who waits for which, and the books as they stand when one comes (liquidity.md)."""

from copy import copy
from dataclasses import replace

from epoch import QUEUE_BOUNDARIES, Epoch, Waiting
from state import BoundaryLedger, copy_of_ledger
from units import Refused

# Backing rests for so long before a boundary, and the next one is at least so far from a close.
REST_SECONDS = 60


def boundary_after(time, epoch):
    """The first whole multiple of `epoch` at or after a time."""
    return time + -time % epoch


def next_boundary(now, epoch):
    """The first that nobody has begun to keep books for."""
    return boundary_after(now + REST_SECONDS, epoch)


def require_boundary(exchange):
    """Returns the boundary that the exchange waits for, which has come."""
    if exchange.boundary == 0:
        raise Refused("NoBoundary")
    if not exchange.boundary_has_come():
        raise Refused("BoundaryAhead")
    return exchange.boundary


# --- Who waits ------------------------------------------------------------------------------------------------------


def add_to_queue(queue, waiting, epoch, following):
    """Adds requests at the place of their boundary.

    What is there of a boundary 32 epochs ago goes to the place of `following`, the first it can belong to now.
    """
    place = waiting.boundary // epoch % QUEUE_BOUNDARIES
    found = queue[place]
    if found.boundary not in (0, waiting.boundary):
        queue[place] = Waiting()
        merge(queue, replace(found, boundary=following), epoch)
    merge(queue, waiting, epoch)


def merge(queue, waiting, epoch):
    place = waiting.boundary // epoch % QUEUE_BOUNDARIES
    queue[place] = waiting.plus(queue[place])


def take_from_queue(queue, boundary):
    """Takes out whoever waits for this boundary or one before it, and returns them together."""
    taken = Waiting(boundary)
    for place, found in enumerate(queue):
        if 0 < found.boundary <= boundary:
            taken = taken.plus(found)
            queue[place] = Waiting()
    return taken


def earliest_in_queue(queue):
    """The earliest boundary that anybody waits for; zero where nobody does."""
    return min((waiting.boundary for waiting in queue if waiting.boundary), default=0)


# --- The books ------------------------------------------------------------------------------------------------------


def keep_market(exchange, market, published=None):
    """Keeps the market's books once, as they are when the awaited boundary has come.

    It has come by the clock, or by the publish time of the reading that is about to be taken in, unless that is too far
    ahead of the clock.
    """
    boundary, kept = exchange.boundary, market.at_boundary
    if boundary in (0, kept.boundary):
        return
    latest = exchange.now + market.parameters.future_tolerance
    came_with_reading = published is not None and boundary <= published <= latest
    if exchange.boundary_has_come() or came_with_reading:
        market.at_boundary = BoundaryLedger(
            boundary=boundary,
            valued=kept.valued,
            price=copy(market.price),
            second_price=copy(market.second_price),
            averages=copy(market.averages),
            ledger=copy_of_ledger(market.ledger),
        )


def keep_pool(exchange):
    """Keeps the pool's cash once, as it is when the awaited boundary has come, with the requests that belong to it."""
    pool, boundary = exchange.pool, exchange.boundary
    if exchange.boundary_has_come() and pool.epoch.waiting.boundary != boundary:
        pool = exchange.pool_to_write()
        waiting = take_from_queue(exchange.queue_to_write(), boundary)
        pool.epoch = Epoch(lower=pool.cash, upper=pool.cash, markets=len(exchange.markets), waiting=waiting)
