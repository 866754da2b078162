"""What an account asks for its positions in one risk group (margin.md)."""

from dataclasses import dataclass

from ledger import payable
from price import is_dead, is_fresh
from state import LONG, SHORT
from units import ATOM, PPM, atoms_floor, clamp, div_floor, positive_part, share_floor


@dataclass(frozen=True)
class Part:
    """What a position brings to its group: what it requires itself, with and without what markets have not paid, and what it earns."""

    group: int
    side: int
    required: int
    on_cash: int
    earns: int
    credit: int
    frozen: bool


def earned(market, most, lost):
    """What the market could still pay of a move in the position's favor, in atoms; `lost` in raw, negative for a promise."""
    return 0 if market.has_ended() else clamp(atoms_floor(payable(market.ledger) * ATOM + lost), 0, most)


def part_for_maintenance(position, market, view, margins, most, lost):
    """`margins` is what the position requires; a position that is counted at one given price has an oracle."""
    given = market.index == view.touched and view.index_of_touched is not None
    dead = is_dead(market, view.reference) and not given
    earns = 0 if dead else earned(market, most, lost)
    parameters = market.parameters
    frozen = dead or market.has_ended()
    return Part(parameters.risk_group, position.side(), *margins, earns, parameters.group_credit, frozen)


def part_for_initial_margin(position, market, view, margin, most, lost):
    earns = earned(market, most, lost) if is_fresh(market, view.reference) else 0
    parameters = market.parameters
    return Part(parameters.risk_group, position.side(), margin, margin, earns, parameters.group_credit, False)


@dataclass(frozen=True)
class Group:
    """An account's positions in one group."""

    parts: list

    def credit(self):
        return min(part.credit for part in self.parts)

    def of(self, side, what):
        return sum(what(part) for part in self.parts if part.side == side)

    def has(self, side):
        return self.of(side, lambda part: part.required) > 0

    def asked(self, side, what):
        """What a side asks while it loses: the other one earns."""
        earns = self.of(other(side), lambda part: part.earns)
        return positive_part(self.of(side, what) - share_floor(earns, self.credit()))

    def required(self, what=lambda part: part.required):
        return max(self.asked(side, what) for side in (LONG, SHORT))

    def required_on_cash(self):
        return self.required(lambda part: part.on_cash)

    # What closing on a side relieves.

    def asks_more(self, side):
        """How much more a side asks than the other, negative where it asks less."""
        required = [self.asked(one, lambda part: part.required) for one in (side, other(side))]
        return required[0] - required[1]

    def is_frozen(self, side):
        return any(part.frozen for part in self.parts if part.side == side)

    def earns_all(self, side):
        """Whether a side's markets can pay all that it requires."""
        return self.of(side, lambda part: part.earns) >= self.of(side, lambda part: part.required)

    def excess(self, side):
        """What of a side's margin can be closed before the other one asks as much: it asks for more as this one earns less."""
        more = positive_part(self.asks_more(side))
        return div_floor(more * PPM, PPM + self.credit()) if self.earns_all(side) else more

    def relieved(self, side):
        """What of a margin that is closed on both sides beyond the excess the account is relieved of, in ppm."""
        return PPM - self.credit() if self.earns_all(other(side)) else PPM


def other(side):
    return SHORT if side == LONG else LONG


def groups_of(parts):
    """The groups of an account's parts, by their number."""
    numbers = {part.group for part in parts}
    return {number: Group([part for part in parts if part.group == number]) for number in sorted(numbers)}


def required(parts):
    """The margin that all groups require, with and without what markets have not paid."""
    groups = groups_of(parts).values()
    return sum(group.required() for group in groups), sum(group.required_on_cash() for group in groups)
