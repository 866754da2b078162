"""Statuses, targets, fees, and the life of a margin account (governance.md, state.md)."""

import funding
from market import end_of_pause, in_force, reference_time
from state import ISOLATED, PAUSED, Account
from units import MAX_AMOUNT, Refused

DAY = 86_400

ROLES_WITHOUT_END = ("admin", "risk_admin")


def set_exchange_status(exchange, status, role):
    stored, now = exchange.status_to_write(), exchange.now
    pause_ended = now if in_force(stored, now) == PAUSED else end_of_pause(stored, now)
    set_status(stored, status, role, now)
    exchange.resumed_at = max(exchange.resumed_at, pause_ended)


def set_market_status(exchange, market, status, role):
    listed, now = exchange.market_to_write(market), exchange.now
    funding.accrue(listed, exchange, now, reference_time(now, [listed]))
    set_status(listed.status, status, role, now)
    if status == PAUSED:
        listed.paused_at = now


def set_status(stored, status, role, now):
    if role in ROLES_WITHOUT_END:
        stored.current, stored.until, stored.reverts_to = status, 0, status
        return
    if role != "guardian":
        raise Refused("MissingRole")
    before = in_force(stored, now)
    if status <= before:
        raise Refused("GuardianOnlyTightens")
    running = stored.until != 0 and now < stored.until
    if not running:
        if stored.until != 0 and now < stored.until + DAY:
            raise Refused("GuardianMustWait")
        stored.until, stored.reverts_to = now + DAY, before
    stored.current = status


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
