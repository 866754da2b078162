"""Closing part or all of a position of an account below its maintenance margin (liquidation.md)."""

from ledger import loss, reduce, repay_debt, settle
from margin import maintenance, marginal_maintenance, notional_atoms, require_legs_to_liquidate
from market import age, is_usable
from state import become, copy_of_account, copy_of_market
from units import ATOM, PPM, Refused, amount, atoms_floor, div_ceil, div_floor, notional, positive_part, share_floor


def liquidate(exchange, account, liquidator, market, max_size, min_bounty, reading=None):
    if account == liquidator:
        raise Refused("SelfLiquidation")
    debtor, keeper = exchange.account_to_write(account), exchange.account_to_write(liquidator)
    listed, reference = exchange.bring_up_to_date(market, reading, account)
    exchange.require_not_paused()
    if not is_usable(listed, reference):
        raise Refused("MarketUnusable")
    if age(listed, reference) > listed.parameters.max_age_liquidate:
        raise Refused("PriceStale")
    position = debtor.slot_of(market)
    if position is None or position.size == 0:
        raise Refused("NoPosition")
    if max_size == 0:
        raise Refused("SizeOutOfRange")
    require_legs_to_liquidate(debtor, exchange.markets, market, reference)

    liquidation = Liquidation(exchange, debtor, listed, reference)
    liquidation.require_below_margin()
    settle(debtor, position, listed.ledger)
    liquidation.require_below_margin()
    held = abs(position.size)
    size = liquidation.size_to_close(held, max_size)
    bounty = liquidation.close_or_undo(size)
    if bounty is None:
        if max_size < held:
            raise Refused("LiquidationWorsensHealth")
        bounty = liquidation.close(held)
    if bounty < min_bounty:
        raise Refused("BountyTooSmall")
    keeper.balance = amount(keeper.balance + bounty)
    debtor.free_empty_slots()


class Liquidation:
    """One close, with the account's equity and maintenance margin before it."""

    def __init__(self, exchange, debtor, market, reference):
        self.exchange, self.debtor, self.market, self.reference = exchange, debtor, market, reference

    def maintenance(self):
        return maintenance(self.debtor, self.exchange.markets, self.reference)

    def require_below_margin(self):
        self.equity, self.margin = self.maintenance()
        if self.equity >= self.margin:
            raise Refused("NotLiquidatable")

    def size_to_close(self, held, max_size):
        parameters = self.market.parameters
        size = min(self.size_needed(held), max_size, held)
        left = notional(held - size, self.market.price.price)
        return held if left < parameters.minimum_position * ATOM else size

    def size_needed(self, held):
        """What restores `(1 + b) · MM`."""
        parameters = self.market.parameters
        value = notional_atoms(self.market, held)
        restored = PPM + parameters.liquidation_buffer
        shortfall = positive_part(share_floor(self.margin, restored) - self.equity)
        slope = div_ceil(restored * marginal_maintenance(self.market, value), PPM) - parameters.penalty
        if self.equity <= 0 or slope <= 0 or shortfall * PPM >= value * slope:
            return held
        needed = div_floor(shortfall * PPM, slope)
        return max(1, div_floor(held * needed, value))

    def close_or_undo(self, size):
        """Closes a size. Where that is a part and does not help, everything is as before and there is no bounty."""
        part = size < abs(self.debtor.slot_of(self.market.index).size)
        account_before, market_before = copy_of_account(self.debtor), copy_of_market(self.market)
        bounty = self.close(size)
        if part:
            equity_after, margin_after = self.maintenance()
            if equity_after - margin_after < self.equity - self.margin:
                become(self.debtor, account_before)
                become(self.market, market_before)
                return None
        return bounty

    def close(self, size):
        """Closes at the index, charges the penalty and pays what debt there is cash for. Returns the bounty."""
        debtor, ledger, parameters = self.debtor, self.market.ledger, self.market.parameters
        position = debtor.slot_of(self.market.index)
        closed = notional(size, self.market.price.price)
        reduce(debtor, position, ledger, size, closed)

        equity_left, _ = self.maintenance()
        penalty = min(share_floor(atoms_floor(closed), parameters.penalty), positive_part(min(self.equity, equity_left)))
        collected = loss(debtor, position, ledger, penalty)
        bounty = min(share_floor(penalty, self.bounty_share()), collected)
        for_backing = share_floor(penalty, parameters.backing_share)
        insurance = positive_part(min(penalty - bounty - for_backing, collected - bounty))
        ledger.backing -= bounty + insurance
        ledger.insurance = amount(ledger.insurance + insurance)
        repay_debt(debtor, position, ledger)
        return bounty

    def bounty_share(self):
        """The bounty's share of the penalty in ppm: it grows with how far equity is below the margin."""
        low, high = self.market.parameters.bounty_share_min, self.market.parameters.bounty_share_max
        return low + share_floor(high - low, self.depth())

    def depth(self):
        if self.margin == 0:
            return 0
        if self.equity <= 0:
            return PPM
        return div_floor((self.margin - self.equity) * PPM, self.margin)
