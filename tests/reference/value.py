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
            if not is_withdrawal and not is_dead(market, reference):
                require_settled_losses(market)
        try:
            total += value_of_market(market, ends)
        except Refused as refusal:
            if not (by_owner and refusal.name == "NotionalOutOfRange"):
                raise
    return checked(total)


def require_valuable(market, reference, maturity, refuses_dead):
    if market.is_final(reference):
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
    if market.is_final(reference):
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
    """What is left if all losers pay, the winners of their own market first."""
    ledger = market.ledger
    settled = (ledger.backing + ledger.claims_reserve - ledger.claims + ledger.debts) * ATOM
    settled += pending_of_both_sides(ledger)
    return max(atoms_ceil(positive_part(settled + left_by_losers(ledger, end))) for end in ends)


def profits(ledger, price):
    """Of longs and shorts, in raw."""
    return [unrealized_of_side(ledger, side, price) for side in (LONG, SHORT)]


def left_by_losers(ledger, price):
    """What losers have yet to pay beyond what winners of the same market get, in raw."""
    return negative_part(sum(profits(ledger, price)))


def require_settled_losses(market):
    """Losers owe no more than the stress move of what they entered at."""
    ledger, price = market.ledger, market.price.price
    lost = [profit < 0 for profit in profits(ledger, price)]
    entered = sum(atoms_ceil(ledger.sides[side].entry_notional) for side in (LONG, SHORT) if lost[side])
    if left_by_losers(ledger, price) > share_ceil(entered, market.parameters.stress_move) * ATOM:
        raise Refused("LossesNotSettled")
