"""Statuses, targets, fees, and the life of a margin account (governance.md, state.md)."""

from dataclasses import dataclass

import funding
from market import reference_time
from state import ACTIVE, ISOLATED, PAUSED, REDUCE_ONLY, Account
from units import MAX_AMOUNT, Refused

WINDOW = 72 * 3_600
GRACE = 120

ROLES_WITH_ALL = ("admin", "risk_admin")


@dataclass(frozen=True)
class Allowance:
    """Seconds that may be spent at once, that come back in 72 hours, and that each restriction costs besides."""

    capacity: int
    refill: int
    besides: int

    def spent(self, restriction, now):
        """In 1/259 200 of a second."""
        back = self.refill * max(0, now - restriction.spent_at)
        return max(0, restriction.spent - back)


PAUSES = Allowance(capacity=480, refill=120, besides=GRACE)
REDUCTIONS = Allowance(capacity=36_000, refill=6_600, besides=0)


def in_force(restriction, now):
    return now < restriction.until


def lift(restriction, allowance, now):
    """Ends it now where it is in force; what it did not last comes back."""
    unspent = max(0, restriction.until - max(now, restriction.spent_at))
    restriction.spent = max(0, allowance.spent(restriction, now) - unspent * WINDOW)
    restriction.spent_at = max(now, restriction.spent_at)
    restriction.until = min(now, restriction.until)


def impose(restriction, allowance, seconds, role, now):
    if role == "guardian" and in_force(restriction, now) and now + seconds <= restriction.until:
        raise Refused("GuardianOnlyTightens")
    lift(restriction, allowance, now)
    limit = allowance.capacity * WINDOW
    if role == "guardian":
        limit //= 2
    restriction.spent += (seconds + allowance.besides) * WINDOW
    if restriction.spent > limit:
        raise Refused("StatusAllowance")
    restriction.until = now + seconds


def in_grace(exchange, now):
    return exchange.pause.until <= now < exchange.pause.until + GRACE


def set_exchange_status(exchange, status, seconds, role):
    require_role(role)
    exchange.statuses_to_write()
    now, pause, reduce_only = exchange.now, exchange.pause, exchange.reduce_only
    if role == "guardian" and (status == ACTIVE or status < exchange.own_status()):
        raise Refused("GuardianOnlyTightens")
    if status == PAUSED:
        if not in_force(pause, now) and not in_grace(exchange, now):
            exchange.pause_began = now
        impose(pause, PAUSES, seconds, role, now)
        return
    if status == REDUCE_ONLY:
        impose(reduce_only, REDUCTIONS, seconds, role, now)
    else:
        lift(reduce_only, REDUCTIONS, now)
    lift(pause, PAUSES, now)


def set_market_status(exchange, market, status, seconds, role):
    require_role(role)
    listed, now = exchange.market_to_write(market), exchange.now
    if status == PAUSED:
        raise Refused("MarketsDoNotPause")
    if status == ACTIVE and role == "guardian":
        raise Refused("GuardianOnlyTightens")
    funding.accrue(listed, now, reference_time(now, [listed]))
    if status == REDUCE_ONLY:
        impose(listed.reduce_only, REDUCTIONS, seconds, role, now)
    else:
        lift(listed.reduce_only, REDUCTIONS, now)


def require_role(role):
    if role not in ROLES_WITH_ALL and role != "guardian":
        raise Refused("MissingRole")


def set_backing_target(exchange, market, target):
    if target > MAX_AMOUNT:
        raise Refused("Overflow")
    exchange.market_to_write(market).target_backing = target


def withdraw_protocol_fees(exchange, market):
    ledger = exchange.market_to_write(market).ledger
    if ledger.protocol_fees == 0:
        raise Refused("NoProtocolFees")
    ledger.protocol_fees = 0


def open_account(exchange, account, isolated_market=None):
    """Opens the account with the next number, or one that was closed."""
    if isolated_market is not None and isolated_market >= len(exchange.markets):
        raise Refused("NoSuchMarket")
    opened = Account()
    if isolated_market is not None:
        opened.kind, opened.isolated_market = ISOLATED, isolated_market
    exchange.put_account(account, opened)


def close_account(exchange, account):
    closed = exchange.accounts[account]
    if closed.balance or closed.occupied():
        raise Refused("AccountNotEmpty")
    exchange.put_account(account, None)
