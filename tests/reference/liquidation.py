"""Closing a position of an account below its required margin, or settling its profit (liquidation.md)."""

from dataclasses import dataclass

from groups import other
from ledger import loss, payable, reduce, repay, settle
from margin import (
    Health,
    counted,
    health,
    judge,
    maintenance_margin,
    marginal_maintenance,
    notional_atoms,
    unrealized,
    view_to_liquidate,
)
from market import smallest_maintenance
from price import require_price, spread
from settling import SETTLEMENT_FEE, is_paid_again, settle_profit
from state import NOTICE_OF_END, become, copy_of_account, copy_of_market
from units import (
    ATOM,
    PPM,
    Refused,
    amount,
    atoms_floor,
    div_ceil,
    div_floor,
    notional,
    positive_part,
    share_ceil,
    share_floor,
)

MOST_WITHOUT_PENALTY = 1_000  # ppm of the notional that no penalty covers


def liquidate(exchange, account, liquidator, market, max_size, min_bounty, reading=None):
    if account == liquidator:
        raise Refused("SelfLiquidation")
    debtor, keeper = exchange.account_to_write(account), exchange.account_to_write(liquidator)
    listed, reference = exchange.bring_up_to_date(market, reading, account)
    exchange.require_not_paused()
    position = debtor.slot_of(market)
    if position is None or position.size == 0:
        raise Refused("NoPosition")
    if max_size == 0:
        raise Refused("SizeOutOfRange")

    if listed.has_ended():
        bounty = close_at_the_end(exchange, debtor, position, listed)
    else:
        view, judged = judge(debtor, view_to_liquidate(debtor, exchange.markets, market, reference))
        if judged.is_below_margin():
            require_price(listed, reference, listed.parameters.max_age_liquidate)
            bounty = Liquidation(debtor, position, listed, view, judged).run(max_size)
        elif judged.is_below_margin_on_cash():
            bounty = settle_instead(exchange, debtor, position, listed, view)
        else:
            raise Refused("NotLiquidatable")
    if bounty < min_bounty:
        raise Refused("BountyTooSmall")
    keeper.balance = amount(keeper.balance + bounty)
    debtor.free_empty_slots()


# --- Closing without a penalty, settling without a close --------------------------------------------------------------


def close_at_the_end(exchange, debtor, position, market):
    """At the final price, whatever the account's health."""
    if exchange.now < market.settlement.moved_at + NOTICE_OF_END:
        raise Refused("SettlementNotice")
    settle(debtor, position, market.ledger)
    closed = notional(position.size, market.price.price)
    reduce(debtor, position, market.ledger, abs(position.size), closed)
    added = pay_from_market(market, atoms_floor(closed))
    repay(debtor, position, market.ledger)
    return added


def pay_from_market(market, uncovered):
    """What a close pays whose penalty nobody can pay: about what the fee of opening it has left in the market."""
    parameters, ledger = market.parameters, market.ledger
    left_of_fee = share_floor(parameters.taker_fee_rebalancing, PPM - parameters.protocol_share)
    least = share_floor(uncovered, min(MOST_WITHOUT_PENALTY, left_of_fee))
    added = min(least, ledger.insurance + ledger.backing)
    by_insurance = min(added, ledger.insurance)
    ledger.insurance -= by_insurance
    ledger.backing -= added - by_insurance
    return added


def settle_instead(exchange, debtor, position, market, view):
    """The account is healthy, but not on cash: its profit here becomes cash, for a small fee."""
    ledger = market.ledger
    settle(debtor, position, ledger)
    before = health(debtor, view)
    if payable(ledger) == 0:
        raise Refused("NotLiquidatable")
    paid = settle_profit(debtor, position, market, view.reference)
    if paid <= 0:
        raise Refused("NotLiquidatable")
    repay(debtor, position, ledger)
    if not is_paid_again(position, exchange.now):
        return 0
    fee = min(share_floor(paid, SETTLEMENT_FEE), positive_part(before.equity - before.required), debtor.balance)
    if fee > 0:
        debtor.balance -= fee
        position.settlement_paid_at = exchange.now
    return fee


# --- Closing ----------------------------------------------------------------------------------------------------------


@dataclass
class Liquidation:
    """One close, with the account's equity and required margin before it."""

    debtor: object
    position: object
    market: object
    view: object
    judged: Health

    def run(self, max_size):
        """Returns the bounty."""
        position, market = self.position, self.market
        counts_at_index = set(self.view.ends(market)) == {market.price.price}
        settle(self.debtor, position, market.ledger)
        self.view = self.view.at_index()
        if not counts_at_index:
            self.judged = health(self.debtor, self.view)
        self.equity, self.required = self.judged.equity, self.judged.required
        self.deepest = self.deepest_without_loss()
        self.group = self.group_to_relieve()
        held = abs(position.size)
        bounty = self.close_or_undo(self.size_to_close(held, max_size))
        if bounty is None:
            if max_size < held:
                raise Refused("LiquidationWorsensHealth")
            bounty = self.close(held)
        return bounty

    def group_to_relieve(self):
        """The position's risk group where the account is on both sides of it, and this one is to be closed first; else None."""
        group = health(self.debtor, self.view).groups.get(self.market.parameters.risk_group)
        side = self.position.side()
        if group is None or not group.has(other(side)):
            return None
        if group.asks_more(side) >= 0:
            return group
        if group.is_frozen(other(side)) or self.equity <= 0:
            return None
        raise Refused("SmallerSideOfGroup")

    def rate(self):
        """What the account pays of what is closed, in ppm: at least the most that trading out and the bounty cost."""
        parameters, price = self.market.parameters, self.market.price.price
        worse = div_ceil(spread(self.market, 0) * PPM, price)
        largest_bounty = share_ceil(parameters.penalty, parameters.bounty_share_max)
        trading_out = worse + parameters.impact_limit + parameters.taker_fee
        return min(PPM, max(parameters.penalty, trading_out + largest_bounty))

    def size_to_close(self, held, max_size):
        parameters = self.market.parameters
        size = min(self.size_needed(held), max_size, held)
        left = notional(held - size, self.market.price.price)
        return held if left < parameters.minimum_position * ATOM else size

    def size_needed(self, held):
        """What restores `(1 + b) · RM`."""
        value = notional_atoms(held, self.market.price.price)
        restored = PPM + self.market.parameters.liquidation_buffer
        shortfall = positive_part(share_floor(self.required, restored) - self.equity)
        marginal = marginal_maintenance(self.market, value)
        buffered = div_ceil(restored * marginal, PPM)
        slope = buffered - self.rate()
        if self.equity <= 0 or slope < 0:
            return held
        alone = 0
        if self.group is not None:
            # The excess of this side relieves as a position that stands alone, what lies beyond it as both sides together.
            side = self.position.side()
            excess = div_floor(self.group.excess(side) * PPM, max(1, marginal))
            brought = div_floor(excess * slope, PPM)
            if excess < value and shortfall > brought:
                alone, shortfall = excess, shortfall - brought
                slope = div_ceil(buffered * self.group.relieved(side), PPM) - 2 * self.rate()
        if slope <= 0 or shortfall * PPM >= (value - alone) * slope:
            return held
        needed = alone + div_floor(shortfall * PPM, slope)
        return max(1, div_floor(held * needed, value))

    def close_or_undo(self, size):
        """Closes a size. Where that is a part and does not help, everything is as before and there is no bounty."""
        part = size < abs(self.position.size)
        account_before, market_before = copy_of_account(self.debtor), copy_of_market(self.market)
        before = self.spare(self.judged)
        bounty = self.close(size)
        if part:
            if self.spare(health(self.debtor, self.view)) <= before:
                become(self.debtor, account_before)
                become(self.market, market_before)
                self.position = self.debtor.slot_of(self.market.index)
                return None
        return bounty

    def spare(self, judged):
        """What equity is above the required margin; in a group, whose other side is to follow, above what the position requires."""
        if self.group is None:
            return judged.equity - judged.required
        margin = maintenance_margin(self.market, self.position.size, self.market.price.price)
        promised = counted(self.position, self.market, unrealized(self.position, self.market.price.price))[1]
        unpaid = promised - min(promised, payable(self.market.ledger) * ATOM)
        return judged.equity - (margin - atoms_floor(min(margin * ATOM, unpaid)))

    def close(self, size):
        """Closes at the index, charges the penalty and pays what is owed as far as there is cash. Returns the bounty."""
        debtor, position, ledger, parameters = self.debtor, self.position, self.market.ledger, self.market.parameters
        raw = notional(size, self.market.price.price)
        closed, rate = atoms_floor(raw), self.rate()
        reduce(debtor, position, ledger, size, raw)

        equity_left = health(debtor, self.view).equity
        due = share_floor(closed, rate)
        charged = min(due, positive_part(min(self.equity, equity_left)))
        penalty = min(share_floor(closed, parameters.penalty), charged)
        collected = loss(debtor, position, ledger, charged)
        earned = min(share_floor(penalty, self.bounty_share()), collected)
        for_backing = share_floor(penalty, parameters.backing_share)
        insurance = min(positive_part(penalty - earned - for_backing), collected - earned)
        ledger.backing -= earned + insurance
        ledger.insurance = amount(ledger.insurance + insurance)

        uncovered = 0
        if charged < due or charged == 0:
            uncovered = positive_part(closed - (div_ceil(charged * PPM, rate) if rate else 0))
        added = pay_from_market(self.market, uncovered)
        repay(debtor, position, ledger)
        return earned + added

    def bounty_share(self):
        """The bounty's share of the penalty in ppm: it grows with how far equity is below the margin."""
        low, high = self.market.parameters.bounty_share_min, self.market.parameters.bounty_share_max
        return low + share_floor(high - low, self.depth())

    def depth(self):
        if self.required == 0:
            return 0
        counted = min(positive_part(self.equity), self.required)
        return min(div_floor((self.required - counted) * PPM, self.required), PPM - self.deepest)

    def deepest_without_loss(self):
        """The largest part of an open leg's maintenance margin that a penalty takes, in ppm."""
        deepest = 0
        for slot in self.debtor.occupied():
            if slot.size:
                parameters = self.view.markets[slot.market].parameters
                base = max(1, smallest_maintenance(parameters))
                rate = max(parameters.penalty, self.rate())
                if self.is_hedged(slot):
                    # Both sides pay, on the margin that the credit leaves of one.
                    base, rate = max(1, share_floor(base, PPM - parameters.group_credit)), 2 * rate
                deepest = max(deepest, min(PPM, div_ceil(rate * PPM, base)))
        return deepest

    def is_hedged(self, slot):
        """Whether the account has a position on the other side in the same risk group."""
        group = self.view.markets[slot.market].parameters.risk_group
        sides = [
            held.side()
            for held in self.debtor.occupied()
            if held.size and group and self.view.markets[held.market].parameters.risk_group == group
        ]
        return other(slot.side()) in sides
