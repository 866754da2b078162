"""Turning funding and unrealized profit or loss into cash (losses.md, Settling profit and loss)."""

import ledger as postings
from margin import unrealized
from price import is_fresh
from ranges import better_end, settled_price, widest_range
from units import Refused, atoms_floor


def occupied_slot(account, market):
    position = account.slot_of(market)
    if position is None:
        raise Refused("NoPosition")
    return position


def settle_funding(exchange, account, market):
    """The debt of an open position waits: its profit may set more of it off."""
    holder = exchange.account_to_write(account)
    listed, _ = exchange.bring_up_to_date(market, None, None)
    exchange.require_not_paused()
    position = occupied_slot(holder, market)
    postings.settle(holder, position, listed.ledger)
    if position.size == 0:
        postings.repay(holder, position, listed.ledger)
    holder.free_empty_slots()


def settle_pnl(exchange, account, market, reading=None):
    holder = exchange.account_to_write(account)
    listed, reference = exchange.bring_up_to_date(market, reading, None)
    exchange.require_not_paused()
    position = occupied_slot(holder, market)
    if position.size == 0:
        raise Refused("NoPosition")
    postings.settle(holder, position, listed.ledger)
    settle_profit(holder, position, listed, reference)
    if is_fresh(listed, reference):
        postings.repay(holder, position, listed.ledger)


def settle_profit(holder, position, market, reference):
    """Posts the profit or loss of a settled slot, and moves its entry by that. Returns the profit, or 0."""
    ledger, side = market.ledger, position.side()
    ends = widest_range(market, reference)
    profit = unrealized(position, settled_price(market, side, reference, ends))
    if profit >= 0:
        posted = atoms_floor(profit)
        if not ledger.short:
            posted = min(posted, position.debt + postings.payable(ledger))
    else:
        posted = -atoms_floor(max(0, -unrealized(position, better_end(side, ends))))
    postings.post(holder, position, ledger, posted)
    postings.shift_entry(position, ledger, posted)
    return max(0, posted)
