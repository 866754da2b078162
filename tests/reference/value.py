"""What the pool is worth: the least at which shares are redeemed, the most at which they are issued (liquidity.md)."""

import funding
from market import unrealized_of_side
from price import age, is_dead, reference_time, require_price, spread_of_confidence
from ranges import NEWEST, price_range
from state import LONG, SHORT, copy_of_market
from units import (
    ATOM,
    MAX_PRICE,
    Refused,
    amount as checked,
    atoms_ceil,
    atoms_floor,
    negative_part,
    positive_part,
    share_ceil,
)


def pool_value(exchange, value_of_market, maturity, is_withdrawal, by_owner=False):
    """The pool's cash and what `value_of_market` says of each market, in atoms.

    Only the owner of a withdrawal takes a dead market at its worse end, and as nothing where it has no value.
    """
    reference = reference_time(exchange.now, exchange.markets)
    total = exchange.pool.cash
    for market in exchange.markets:
        ends = (0, 0)
        if market.ledger.has_open_interest():
            require_valuable(market, reference, maturity, is_withdrawal and not by_owner)
            # Funding counts as if it were accrued up to now; the market itself is only read.
            market = copy_of_market(market)
            funding.accrue(market, exchange.now, reference)
            ends = interval(market, reference)
        try:
            total += value_of_market(market, ends)
        except Refused as refusal:
            if not (by_owner and refusal.name == "NotionalOutOfRange"):
                raise
    return checked(total)


def require_valuable(market, reference, maturity, refuses_dead):
    if market.has_ended():
        return
    if is_dead(market, reference):
        if refuses_dead:
            raise Refused("LegStale")
        return
    if age(market, reference) > market.parameters.max_age_liquidate:
        raise Refused("LegStale")
    require_price(market, reference, market.parameters.max_age_liquidate)
    if market.price.published < maturity:
        raise Refused("PriceBeforeMaturity")


def interval(market, reference):
    """The prices between which the true one lies."""
    price = market.price.price
    if market.has_ended():
        return price, price
    if is_dead(market, reference):
        return price_range(market, reference, NEWEST, with_grace=False)
    around = spread_of_confidence(market)
    return positive_part(price - around), min(MAX_PRICE, price + around)


# --- One market, in atoms -------------------------------------------------------------------------------------------


def pending_of_both_sides(ledger):
    return ledger.sides[LONG].pending_funding() + ledger.sides[SHORT].pending_funding()


def lower_value(market, ends):
    """What is left of the backing once winners are paid and no loser has paid."""
    return min(left_for_pool(market.ledger, end) for end in ends)


def left_for_pool(ledger, price):
    """At one end; never below zero, since the pool is liable for nothing beyond what it has placed."""
    won = sum(atoms_ceil(positive_part(unrealized_of_side(ledger, side, price))) for side in (LONG, SHORT))
    owed = atoms_ceil(negative_part(pending_of_both_sides(ledger)))
    return positive_part(ledger.backing - ledger.unfunded_claims() - won - owed)


def upper_value(market, ends):
    """What is left if losers pay what they can lose in a stress move, the winners of their own market first."""
    low, high = ends
    ledger = market.ledger
    settled = (ledger.backing + ledger.claims_reserve - ledger.claims + ledger.debts) * ATOM
    settled += pending_of_both_sides(ledger)
    pairs = ((low, low), (high, high), (low, high))
    return max(atoms_ceil(positive_part(settled + left_by_losers(market, *pair))) for pair in pairs)


def left_by_losers(market, price_of_longs, price_of_shorts):
    """In raw."""
    long = unrealized_of_side(market.ledger, LONG, price_of_longs)
    short = unrealized_of_side(market.ledger, SHORT, price_of_shorts)
    if long < 0 and short < 0:
        return min(-long, most_to_lose(market, LONG)) + min(-short, most_to_lose(market, SHORT))
    losing = LONG if long < short else SHORT
    return min(negative_part(long + short), most_to_lose(market, losing))


def most_to_lose(market, side):
    """In raw: what the side's entry notional loses in a stress move."""
    entry = atoms_floor(market.ledger.sides[side].entry_notional)
    return share_ceil(entry, market.parameters.stress_move) * ATOM
