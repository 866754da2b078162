"""Statuses, targets, fees, and the life of a margin account (governance.md, state.md)."""

from allowances import GRACE, PAUSES, REDUCTIONS
from state import ACTIVE, ISOLATED, PAUSED, REDUCE_ONLY, Account
from units import MAX_AMOUNT, Refused

ROLES_WITH_ALL = ("admin", "risk_admin")


def in_force(restriction, now):
    return now < restriction.until


def lift(restriction, allowance, now):
    """Ends it now where it is in force; what it did not last comes back."""
    allowance.give_back(restriction, max(0, restriction.until - max(now, restriction.spent_at)), now)
    restriction.until = min(now, restriction.until)


def impose(restriction, allowance, seconds, role, now):
    if role == "guardian" and in_force(restriction, now) and now + seconds <= restriction.until:
        raise Refused("GuardianOnlyTightens")
    lift(restriction, allowance, now)
    limit = allowance.capacity // 2 if role == "guardian" else allowance.capacity
    if not allowance.charge(restriction, seconds, limit, now):
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
    now = exchange.now
    if status == PAUSED:
        raise Refused("MarketsDoNotPause")
    if status == ACTIVE and role == "guardian":
        raise Refused("GuardianOnlyTightens")
    listed, _ = exchange.bring_up_to_date(market, None, None)
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
    if closed.balance or closed.occupied() or account in exchange.books:
        raise Refused("AccountNotEmpty")
    exchange.put_account(account, None)
