"""How the pool's cash gets into a market's backing and back (liquidity.md)."""

from boundaries import REST_SECONDS, keep_pool
from market import liabilities, stress_loss, surplus
from price import is_dead, require_price
from ranges import NEWEST, price_range
from state import ACTIVE
from units import Refused, amount as checked, share_floor


def allocate_backing(exchange, market, reading=None):
    listed, reference = exchange.bring_up_to_date(market, reading, None)
    keep_pool(exchange)
    is_near = 0 < exchange.boundary < exchange.now + REST_SECONDS
    if is_near and not exchange.boundary_has_come():
        raise Refused("BoundaryNear")
    pool, ledger, target = exchange.pool_to_write(), listed.ledger, listed.target_backing
    band = share_floor(target, pool.parameters.hysteresis)
    inward = ledger.backing + band < target
    if not inward and ledger.backing <= target + band:
        raise Refused("WithinHysteresis")
    exchange.require_not_paused()
    if inward and exchange.status_of(listed) != ACTIVE:
        raise Refused("ReduceOnly")
    if inward and is_near:
        # The cash is for those who leave at the boundary, until it is closed.
        raise Refused("BoundaryNear")
    price, dead = listed.price.price, is_dead(listed, reference)
    if ledger.has_open_interest():
        if inward or not dead:
            require_price(listed, reference, listed.parameters.max_age_liquidate)
        if dead:
            price = worse_for_the_market(listed, reference)
    if inward:
        place(pool, listed, price, target - ledger.backing)
    else:
        take_back(pool, listed, price, ledger.backing - target)


def worse_for_the_market(market, reference):
    """The end of a dead oracle's range at which less is left after the stress loss; of equals the lower."""
    ends = price_range(market, reference, NEWEST, with_grace=False)
    return min(ends, key=lambda end: surplus(market, end) - stress_loss(market, end))


def place(pool, market, price, wanted):
    ledger = market.ledger
    if ledger.backing < liabilities(market, price):
        raise Refused("MarketCapacity")
    room = share_floor(pool.cash + pool.placed, market.parameters.backing_cap) - ledger.net_principal
    moved = min(wanted, pool.cash, room)
    if moved <= 0:
        raise Refused("NothingToMove")
    pool.cash -= moved
    pool.placed = checked(pool.placed + moved)
    ledger.backing = checked(ledger.backing + moved)
    ledger.net_principal = checked(ledger.net_principal + moved)


def take_back(pool, market, price, wanted):
    ledger = market.ledger
    covered = ledger.backing - liabilities(market, price)
    moved = min(wanted, covered, surplus(market, price) - stress_loss(market, price))
    if moved <= 0:
        raise Refused("MarketCapacity")
    principal = min(moved, ledger.net_principal)
    ledger.backing -= moved
    ledger.net_principal -= principal
    pool.placed -= principal
    pool.cash = checked(pool.cash + moved)
