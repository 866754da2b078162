"""Equity and margin of an account (margin.md)."""

from ledger import funded_part
from market import age, coverage, is_usable, spread
from units import (
    ATOM,
    PPM,
    Refused,
    atoms_ceil,
    atoms_floor,
    clamp,
    div_ceil,
    div_floor,
    negative_part,
    notional,
    positive_part,
    share_ceil,
    sqrt_ceil,
)

SIZE_PREMIUM_SCALE = 1 << 32


# --- Margin requirements, in atoms; every step rounds up ------------------------------------------------------------


def notional_atoms(market, size):
    return atoms_ceil(notional(size, market.price.price))


def size_premium(parameters, value):
    """`size_premium · √n` in ppm, without the end at 100 %."""
    return div_ceil(parameters.size_premium * sqrt_ceil(value), SIZE_PREMIUM_SCALE)


def without_premium(market):
    """What of the margin fraction does not depend on the size, in ppm."""
    parameters, measured = market.parameters, div_ceil(market.averages.measured_margin, 3_600)
    return max(parameters.base_margin, parameters.volatility_margin, measured)


def margin_fraction(market, value):
    return min(max(without_premium(market), size_premium(market.parameters, value)), PPM)


def maintenance_fraction(market, value):
    """MMF in ppm."""
    return share_ceil(margin_fraction(market, value), market.parameters.maintenance_fraction)


def marginal_maintenance(market, value):
    """What one more atom of notional adds to the maintenance margin, in ppm."""
    fraction = maintenance_fraction(market, value)
    binds = size_premium(market.parameters, value) > without_premium(market)
    return div_ceil(3 * fraction, 2) if binds else fraction


def maintenance_margin(market, size):
    value = notional_atoms(market, size)
    return share_ceil(value, maintenance_fraction(market, value))


def initial_margin(market, size):
    parameters = market.parameters
    value = notional_atoms(market, size)
    fraction = margin_fraction(market, value)
    low, high = parameters.open_interest_low, parameters.open_interest_high
    above = clamp(market.ledger.larger_side() - low, 0, high - low)
    fraction += div_ceil((PPM - fraction) * above, high - low)
    return share_ceil(value, fraction)


# --- Equity ---------------------------------------------------------------------------------------------------------


def unrealized(position, price):
    """Unrealized profit in raw, negative for a loss."""
    value = notional(position.size, price)
    return value - position.entry_notional if position.size > 0 else position.entry_notional - value


def funding_owed(position, market):
    """Unsettled funding in raw, negative where it is to be received."""
    if position.size == 0:
        return 0
    index = market.ledger.sides[position.side()].funding_index
    return abs(position.size) * (index - position.funding_index)


def maintenance_value(position, market):
    """What a leg adds to equity for maintenance, in raw."""
    profit = unrealized(position, market.price.price) if position.size else 0
    funding = funding_owed(position, market)
    won, lost = positive_part(profit), negative_part(profit)
    receiving = atoms_floor(negative_part(funding)) * ATOM
    paying = atoms_ceil(positive_part(funding)) * ATOM
    loss = positive_part(lost - receiving) + paying
    gain = won + positive_part(receiving - lost)

    funded = funded_part(position, market.ledger)
    unfunded = (position.claim - funded) * ATOM
    debt = position.debt * ATOM
    promised = positive_part(gain - debt) + positive_part(unfunded - loss)
    owed = positive_part(loss - unfunded) + positive_part(debt - gain)
    return funded * ATOM - owed + counted(promised, market)


def counted(promised, market):
    """What of a promise counts, in raw: all of it, or whole atoms of the part that the market can pay."""
    if promised == 0:
        return 0
    numerator, denominator = coverage(market)
    if numerator == denominator:
        return promised
    return div_floor(atoms_floor(promised) * numerator, denominator) * ATOM


def maintenance(account, markets, reference):
    """Equity and maintenance margin of an account in atoms. A leg in an unusable market demands no margin."""
    value, margin = account.balance * ATOM, 0
    for position in account.occupied():
        market = markets[position.market]
        value += maintenance_value(position, market)
        if position.size and is_usable(market, reference):
            margin += maintenance_margin(market, position.size)
    return atoms_floor(value), margin


def equity_in_market(account, position, market):
    """Balance and one leg, in atoms: what settling that leg can change."""
    return atoms_floor(account.balance * ATOM + maintenance_value(position, market))


def adverse_value(position, market, reference):
    """What a leg adds to equity for initial margin, in raw: nothing of profit beyond what it cancels."""
    value = 0
    if position.size:
        worse = abs(position.size) * spread(market, age(market, reference))
        if position.size > 0:
            worse = min(worse, notional(position.size, market.price.price))
        value = min(0, unrealized(position, market.price.price) - worse - funding_owed(position, market))
    return value - position.debt * ATOM


def adverse_equity_and_margin(account, markets, reference):
    """Equity at adverse prices and initial margin of an account, in atoms."""
    value, margin = account.balance * ATOM, 0
    for position in account.occupied():
        market = markets[position.market]
        value += adverse_value(position, market, reference)
        if position.size:
            margin += initial_margin(market, position.size)
    return atoms_floor(value), margin


# --- Prices of other legs, slot by slot --------------------------------------------------------------------------


def other_legs(account, markets, touched):
    return [(slot, markets[slot.market]) for slot in account.occupied() if slot.market != touched]


def require_legs_to_trade(account, markets, touched, reference, increases):
    """A leg without a size needs no price. To reduce, an unusable market's leg counts as it stands."""
    for position, market in other_legs(account, markets, touched):
        if position.size == 0:
            continue
        if not is_usable(market, reference):
            if increases:
                raise Refused("MarketUnusable")
        elif age(market, reference) > market.parameters.max_age_other_legs:
            raise Refused("LegStale")


def require_legs_to_liquidate(account, markets, touched, reference):
    """A claim counts at its market's coverage, so that it needs a price too."""
    for position, market in other_legs(account, markets, touched):
        if not (position.size or position.claim) or not is_usable(market, reference):
            continue
        if age(market, reference) > market.parameters.max_age_liquidate:
            raise Refused("LegStale")
