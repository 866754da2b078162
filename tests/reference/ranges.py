"""The moment at which an account is judged, and the range of each of its markets' prices (price.md)."""

from grace import is_in_force
from price import FRESH_SECONDS, is_dead, is_fresh, spread_at
from state import LONG
from units import MAX_PRICE, div_floor, share_ceil

NEWEST, APART = "newest", "apart"


def moment(markets, reference):
    """Newest, apart, or for how many seconds the prices count, as the markets with a size and the touched one agree."""
    asked = [market for market in markets if is_fresh(market, reference) and not market.is_final(reference)]
    if len({market.price.published for market in asked}) <= 1:
        return NEWEST
    for seconds in range(FRESH_SECONDS + 1):
        if all(remembers(market, reference - seconds) for market in asked):
            return seconds
    return APART


def moment_of(account, markets, touched, reference):
    """The moment of an account's legs, and of the market that the instruction is about where there is one."""
    asked = [markets[slot.market] for slot in account.occupied() if slot.size and slot.market != touched]
    if touched is not None:
        asked.append(markets[touched])
    return moment(asked, reference)


def remembers(market, time):
    return any(second.published == time for second in market.recent if second.published)


def price_range(market, reference, at_moment, with_grace=True, as_stale=False):
    """The lowest and highest price that count."""
    price = market.price.price
    if market.is_final(reference):
        low, high = price, price
    elif not is_fresh(market, reference) or as_stale:
        low, high = stress_range(market, reference)
    elif at_moment == NEWEST:
        low, high = price, price
    else:
        low, high = remembered_range(market, reference, FRESH_SECONDS if at_moment == APART else at_moment)
    if with_grace and is_in_force(market, reference):
        low, high = min(low, market.grace.price_before), max(high, market.grace.price_before)
    return low, high


def stress_range(market, reference):
    """What a price that is missing stands for: the stress move to both sides, at most half of the price."""
    price = market.price.price
    wide = max(share_ceil(price, market.parameters.stress_move), spread_at(market, reference))
    wide = min(wide, div_floor(price, 2))
    return price - wide, min(MAX_PRICE, price + wide)


def remembered_range(market, reference, seconds):
    counted = [second for second in market.recent if second.published and 0 <= reference - second.published <= seconds]
    if not counted:
        return market.price.price, market.price.price
    return min(second.low for second in counted), max(second.high for second in counted)


def widest_range(market, reference):
    """All that the market remembers while its price is fresh, its grace included."""
    return price_range(market, reference, APART)


def better_end(side, ends):
    return ends[1] if side == LONG else ends[0]


def worse_end(side, ends):
    return ends[0] if side == LONG else ends[1]


def settled_price(market, side, reference, ends):
    """At what profit turns into cash: the valid price, or the worse end of the range once the oracle is dead."""
    return worse_end(side, ends) if is_dead(market, reference) else market.price.price
