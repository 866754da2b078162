"""One market by itself: what a fill costs and what it can bear (trading.md, losses.md)."""

from state import LONG, SHORT
from units import (
    ATOM,
    PPM,
    Refused,
    atoms_ceil,
    atoms_floor,
    div_ceil,
    negative_part,
    notional,
    positive_part,
    share_ceil,
    share_floor,
    sign,
)

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


def charge(market, size, index, unit_spread):
    """What spread and impact make an order worse by, in raw; at most the order's notional at the index."""
    skew = market.ledger.skew()
    worse = abs(size) * unit_spread + index * impact(market.parameters, skew, skew + size)
    return min(worse, abs(size) * index)


def taker_fee(market, size, index):
    """The fee in atoms; what brings the skew towards zero, at most to zero, pays the lower rate."""
    parameters = market.parameters
    skew = market.ledger.skew()
    rebalancing = min(abs(size), abs(skew)) if sign(size) * sign(skew) < 0 else 0
    increasing = abs(size) - rebalancing
    weighted = increasing * parameters.taker_fee + rebalancing * parameters.taker_fee_rebalancing
    return div_ceil(weighted * index, PPM * ATOM)


# --- Solvency: every term is rounded by itself, to atoms ----------------------------------------------------------


def unrealized_of_side(ledger, side, price):
    """Unrealized profit of a whole side in raw, negative for a loss."""
    whole = ledger.sides[side]
    value = notional(whole.open_interest, price)
    return value - whole.entry_notional if side == LONG else whole.entry_notional - value


def smallest_maintenance(parameters):
    """`m` in ppm: a losing side is good for this part of its notional and no more."""
    return share_floor(parameters.base_margin, parameters.maintenance_fraction)


def assets(market, price):
    """What the market can pay with at a price, in atoms."""
    ledger = market.ledger
    total = ledger.backing
    for side in (LONG, SHORT):
        whole = ledger.sides[side]
        lost = atoms_floor(negative_part(unrealized_of_side(ledger, side, price)))
        value = atoms_floor(notional(whole.open_interest, price))
        total += min(lost, share_floor(value, smallest_maintenance(market.parameters)))
        total += atoms_floor(positive_part(whole.pending_funding()))
    return total


def liabilities(market, price):
    """What the market owes at a price, in atoms."""
    ledger = market.ledger
    total = ledger.unfunded_claims()
    for side in (LONG, SHORT):
        total += atoms_ceil(positive_part(unrealized_of_side(ledger, side, price)))
        total += atoms_ceil(negative_part(ledger.sides[side].pending_funding()))
    return total


def surplus(market, price):
    return assets(market, price) - liabilities(market, price)


def stress_loss(market, price):
    """What the backing loses in a jump of the price by the stress move, in atoms."""
    ledger, move = market.ledger, market.parameters.stress_move
    larger = atoms_ceil(notional(ledger.larger_side(), price))
    smaller = atoms_ceil(notional(ledger.smaller_side(), price))
    good_for = share_floor(smaller, min(move, smallest_maintenance(market.parameters)))
    return positive_part(share_ceil(larger, move) - good_for)


def net_asset_value(ledger, price):
    """The market's own term of NAV in raw: what it is worth if every loser and debtor pays."""
    won = sum(unrealized_of_side(ledger, side, price) for side in (LONG, SHORT))
    pending = ledger.sides[LONG].pending_funding() + ledger.sides[SHORT].pending_funding()
    return (ledger.backing + ledger.claims_reserve - ledger.claims + ledger.debts) * ATOM - won + pending


def is_short(market):
    """Whether the market could not pay everybody; no, where that leaves its range."""
    try:
        return int(net_asset_value(market.ledger, market.price.price) < 0)
    except Refused:
        return 0
