"""Turning funding and unrealized profit or loss into cash (losses.md, Settling profit and loss)."""

import ledger as postings
from margin import unrealized
from price import is_fresh
from ranges import better_end, settled_price, widest_range
from units import Refused, amount, atoms_floor, share_floor

SETTLEMENT_FEE = 100  # ppm of what is settled
SECONDS_BETWEEN_FEES = 600
# For so long before a boundary the queue pays for settlements.
SETTLING_SECONDS = 6


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


def settle_pnl(exchange, account, market, reading=None, keeper=None):
    """Where a `keeper`'s account is named the queue pays into it for a settlement just before a boundary."""
    if keeper == account:
        raise Refused("SelfLiquidation")
    holder = exchange.account_to_write(account)
    listed, reference = exchange.bring_up_to_date(market, reading, None)
    exchange.require_not_paused()
    position = occupied_slot(holder, market)
    if position.size == 0:
        raise Refused("NoPosition")
    funding = postings.settle(holder, position, listed.ledger)
    posted = settle_profit(holder, position, listed, reference)
    if is_fresh(listed, reference):
        postings.repay(holder, position, listed.ledger)
    if keeper is not None:
        pay_for_settlement(exchange, keeper, position, abs(posted) + funding)


def pay_for_settlement(exchange, keeper, position, moved):
    """A basis point of what moved, out of what requests have paid: who enters or leaves finds it settled."""
    is_soon = 0 < exchange.boundary - exchange.now <= SETTLING_SECONDS
    if not is_soon or not is_paid_again(position, exchange.now):
        return
    reward = min(share_floor(moved, SETTLEMENT_FEE), exchange.pool.settling)
    if reward > 0:
        credited = exchange.account_to_write(keeper)
        credited.balance = amount(credited.balance + reward)
        exchange.pool_to_write().settling -= reward
        position.settlement_paid_at = exchange.now


def is_paid_again(position, now):
    """A profit that comes and goes is not settled for the fee."""
    return now - position.settlement_paid_at >= SECONDS_BETWEEN_FEES


def settle_profit(holder, position, market, reference):
    """Posts the profit or loss of a settled slot, and moves its entry by that. Returns what was posted."""
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
    return posted
