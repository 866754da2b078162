"""Equity and margin of an account, judged in two ways (margin.md)."""

from dataclasses import dataclass, replace

from groups import groups_of, part_for_initial_margin, part_for_maintenance
from groups import required as required_by_groups
from ledger import funded_part, payable
from price import is_dead, is_fresh, spread_at
from ranges import APART, better_end, moment_of, price_range, worse_end
from state import LONG
from units import (
    ATOM,
    PPM,
    atoms_ceil,
    atoms_floor,
    clamp,
    div_ceil,
    negative_part,
    notional,
    positive_part,
    share_ceil,
    sqrt_ceil,
)

SIZE_PREMIUM_SCALE = 1 << 32


# --- Margin requirements, in atoms; every step rounds up ------------------------------------------------------------


def notional_atoms(size, price):
    return atoms_ceil(notional(size, price))


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


def maintenance_margin(market, size, price):
    value = notional_atoms(size, price)
    return share_ceil(value, maintenance_fraction(market, value))


def initial_margin(market, size, price):
    parameters = market.parameters
    value = notional_atoms(size, price)
    fraction = margin_fraction(market, value)
    low, high = parameters.open_interest_low, parameters.open_interest_high
    above = clamp(market.ledger.larger_side() - low, 0, high - low)
    fraction += div_ceil((PPM - fraction) * above, high - low)
    return share_ceil(value, fraction)


def margin_to_fill(market, size, price):
    """What a leg needs where an order that rested increases one: it grows with open interest, as initial margin does."""
    return share_ceil(initial_margin(market, size, price), market.parameters.maintenance_fraction)


# --- At which prices --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """The prices at which an account's legs are judged.

    `touched` is the index of the market that the instruction is about, None for a withdrawal. `index_of_touched` is
    the single price at which its leg counts instead of at its range. Where an order that rested increases that leg
    `fills` says so: then every leg needs at least the margin to fill it, and the others profit by no better price than
    their markets' last.
    """

    markets: list
    reference: int
    moment: object
    touched: object = None
    index_of_touched: object = None
    with_graces: bool = True
    others_are_stale: bool = False
    fills: bool = False

    def ends(self, market):
        if market.index == self.touched:
            if self.index_of_touched is not None:
                return self.index_of_touched, self.index_of_touched
            return price_range(market, self.reference, self.moment, self.with_graces)
        return price_range(market, self.reference, self.moment, self.with_graces, self.others_are_stale)

    def at_index(self):
        """The touched leg at the index, at which it is filled or closed, and the others as before."""
        return self.at_price(self.markets[self.touched].price.price)

    def at_price(self, price):
        return replace(self, index_of_touched=price)

    def margin_of(self, market, size, price):
        margin = maintenance_margin(market, size, price)
        if self.fills:
            margin = max(margin, margin_to_fill(market, size, price))
        return margin

    def profit_of(self, position, market, price):
        """Unrealized profit as it counts, in raw, negative for a loss."""
        if position.size == 0:
            return 0
        profit = unrealized(position, price)
        if self.fills and market.index != self.touched:
            profit = min(profit, positive_part(unrealized(position, market.price.price)))
        return profit

    def to_fill(self):
        return replace(self, fills=True)

    def without_graces(self):
        return replace(self, with_graces=False)


def view_of(account, markets, touched, reference):
    return View(markets, reference, moment_of(account, markets, touched, reference), touched)


def view_to_liquidate(account, markets, touched, reference):
    """Where the prices are apart the other legs count as not fresh, since at no second all are known."""
    view = view_of(account, markets, touched, reference)
    return replace(view, others_are_stale=view.moment == APART)


# --- For maintenance ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Health:
    """Equity, margin of all notionals and required margin in atoms; the same with nothing that markets have not paid."""

    equity: int
    margin: int
    required: int
    equity_on_cash: int
    required_on_cash: int
    groups: dict

    def is_below_margin(self):
        return self.equity < self.required

    def is_below_margin_on_cash(self):
        return self.equity_on_cash < self.required_on_cash


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


def counted(position, market, profit):
    """What settling the leg with a profit would post, in raw: funded and not owed, and what the market would promise."""
    funding = funding_owed(position, market)
    receiving = atoms_floor(negative_part(funding)) * ATOM
    paying = atoms_ceil(positive_part(funding)) * ATOM
    loss = positive_part(negative_part(profit) - receiving) + paying
    gain = positive_part(profit) + positive_part(receiving - negative_part(profit))

    funded = funded_part(position, market.ledger)
    unfunded = (position.claim - funded) * ATOM
    debt = position.debt * ATOM
    promised = positive_part(gain - debt) + positive_part(unfunded - loss)
    owed = positive_part(loss - unfunded) + positive_part(debt - gain)
    return funded * ATOM - owed, promised


def health(account, view):
    """Each leg at the end of its range that is better for its owner."""
    value, promises, margins, required, on_cash = account.balance * ATOM, 0, 0, 0, 0
    parts = []
    for position in account.occupied():
        market = view.markets[position.market]
        ends, price, margin = None, 0, 0
        if position.size:
            ends = view.ends(market)
            price = better_end(position.side(), ends)
            margin = view.margin_of(market, position.size, price)
        settled, promised = counted(position, market, view.profit_of(position, market, price))
        paid = min(promised, payable(market.ledger) * ATOM)
        if position.size and is_dead(market, view.reference):
            at_worse = view.profit_of(position, market, worse_end(position.side(), ends))
            paid = min(paid, counted(position, market, at_worse)[1])
        value += settled
        promises += paid
        margins += margin
        itself = margin - atoms_floor(min(margin * ATOM, promised - paid))
        itself_on_cash = margin - atoms_floor(min(margin * ATOM, promised))
        if position.size and market.parameters.risk_group:
            # To fill an order a leg may need more margin; it earns no more for that.
            most = maintenance_margin(market, position.size, price)
            owed = funded_part(position, market.ledger) * ATOM - settled
            asks = itself, itself_on_cash
            parts.append(part_for_maintenance(position, market, view, asks, most, owed - promised))
        else:
            required += itself
            on_cash += itself_on_cash
    grouped, grouped_on_cash = required_by_groups(parts)
    required, on_cash = required + grouped, on_cash + grouped_on_cash
    equity = atoms_floor(value + promises)
    return Health(equity, margins, required, atoms_floor(value), on_cash, groups_of(parts))


def judge(debtor, view):
    """At which prices, and what the account is worth at them: graces keep no account whose equity is negative without."""
    judged = health(debtor, view)
    if not judged.is_below_margin():
        without = health(debtor, view.without_graces())
        if without.equity < 0:
            return view.without_graces(), without
    return view, judged


# --- For initial margin -----------------------------------------------------------------------------------------------


def adverse_value(position, market, view):
    """What a leg adds to equity for initial margin, in raw: nothing of profit beyond what it cancels."""
    value = 0
    if position.size:
        price, worse = worse_end(position.side(), view.ends(market)), 0
        if is_fresh(market, view.reference):
            worse = abs(position.size) * spread_at(market, view.reference)
        if position.side() == LONG:
            worse = min(worse, notional(position.size, price))
        value = min(0, unrealized(position, price) - worse - funding_owed(position, market))
    return value - position.debt * ATOM


def adverse_equity_and_margin(account, view):
    """Equity at the worse ends and initial margin of an account, in atoms."""
    value, margin, parts = account.balance * ATOM, 0, []
    for position in account.occupied():
        market = view.markets[position.market]
        value += adverse_value(position, market, view)
        if position.size:
            low, high = view.ends(market)
            itself = initial_margin(market, position.size, high)
            if not market.parameters.risk_group:
                margin += itself
                continue
            # What it earns: at the better end it has lost least, at the lower one its margin is smallest.
            worth = unrealized(position, better_end(position.side(), (low, high))) - funding_owed(position, market)
            most = initial_margin(market, position.size, low)
            lost = -worth - position.claim * ATOM
            parts.append(part_for_initial_margin(position, market, view, itself, most, lost))
    return atoms_floor(value), margin + required_by_groups(parts)[0]
