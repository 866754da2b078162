"""Requests, and how backing is moved (liquidity.md)."""

from market import liabilities, stress_loss, surplus
from price import is_dead, require_price
from ranges import NEWEST, price_range
from state import ACTIVE, Request
from units import Refused, amount as checked, div_floor, share_floor
from value import lower_value, pool_value, upper_value

# Counted with the first deposit and minted to nobody.
DEAD_SHARES = 10_000

# --- Requests -------------------------------------------------------------------------------------------------------


def request_liquidity_deposit(exchange, holder, nonce, amount, minimum_output):
    if minimum_output == 0:
        raise Refused("OutputBoundZero")
    pool = exchange.pool_to_write()
    if amount < pool.parameters.minimum_request:
        raise Refused("RequestTooSmall")
    pool.escrow = checked(pool.escrow + amount)
    exchange.set_request("deposit", holder, nonce, Request(amount, minimum_output, exchange.now))


def request_liquidity_withdrawal(exchange, holder, nonce, amount, minimum_output):
    if minimum_output == 0:
        raise Refused("OutputBoundZero")
    if amount == 0:
        raise Refused("AmountZero")
    held = exchange.holders[holder]
    if amount > held:
        raise Refused("InsufficientBalance")
    if amount < exchange.pool.parameters.minimum_request and amount != held:
        raise Refused("RequestTooSmall")
    exchange.set_holder(holder, held - amount)
    exchange.set_request("withdrawal", holder, nonce, Request(amount, minimum_output, exchange.now))


def require_executable(exchange, request, delay, validity):
    """Returns when the request matured."""
    exchange.require_not_paused()
    maturity = request.requested_at + delay
    if exchange.now < maturity:
        raise Refused("RequestNotMature")
    if exchange.now >= maturity + validity:
        raise Refused("RequestExpired")
    return maturity


def require_expired(exchange, request, delay, validity):
    if exchange.now < request.requested_at + delay + validity:
        raise Refused("RequestNotExpired")


def execute_liquidity_deposit(exchange, holder, nonce):
    pool, request = exchange.pool_to_write(), exchange.request("deposit", holder, nonce)
    parameters = pool.parameters
    maturity = require_executable(exchange, request, parameters.deposit_delay, parameters.deposit_validity)
    value = pool_value(exchange, upper_value, maturity, is_withdrawal=False)

    if pool.shares == 0:
        counted, minted = request.amount, request.amount - DEAD_SHARES
    else:
        if value == 0:
            raise Refused("PoolWorthless")
        counted = minted = div_floor(request.amount * pool.shares, value)
    if minted < request.minimum_output:
        raise Refused("OutputTooSmall")
    pool.escrow -= request.amount
    pool.cash = checked(pool.cash + request.amount)
    pool.shares = checked(pool.shares + counted)
    exchange.set_holder(holder, exchange.holders[holder] + minted)
    exchange.set_request("deposit", holder, nonce, None)


def execute_liquidity_withdrawal(exchange, holder, nonce, executor=None):
    pool, request = exchange.pool_to_write(), exchange.request("withdrawal", holder, nonce)
    parameters = pool.parameters
    maturity = require_executable(exchange, request, parameters.withdrawal_delay, parameters.withdrawal_validity)
    value = pool_value(exchange, lower_value, maturity, is_withdrawal=True, by_owner=executor == holder)

    if value == 0:
        raise Refused("PoolWorthless")
    redeemed, paid = request.amount, div_floor(request.amount * value, pool.shares)
    if paid == 0 or paid < request.minimum_output:
        raise Refused("OutputTooSmall")
    if pool.cash < paid:
        redeemed = div_floor(pool.cash * pool.shares, value)
        paid = div_floor(redeemed * value, pool.shares)
        if paid == 0:
            raise Refused("PoolIlliquid")
    pool.cash -= paid
    pool.shares -= redeemed
    exchange.set_request("withdrawal", holder, nonce, rest_of_request(request, redeemed))


def rest_of_request(request, redeemed):
    """What waits after a part was executed, with the rest of its minimum; None for nothing."""
    left = request.amount - redeemed
    if left == 0:
        return None
    minimum_of_part = div_floor(request.minimum_output * redeemed, request.amount)
    return Request(left, request.minimum_output - minimum_of_part, request.requested_at)


def refund_liquidity_deposit(exchange, holder, nonce):
    pool, request = exchange.pool_to_write(), exchange.request("deposit", holder, nonce)
    require_expired(exchange, request, pool.parameters.deposit_delay, pool.parameters.deposit_validity)
    pool.escrow -= request.amount
    exchange.set_request("deposit", holder, nonce, None)


def refund_liquidity_withdrawal(exchange, holder, nonce):
    parameters, request = exchange.pool.parameters, exchange.request("withdrawal", holder, nonce)
    require_expired(exchange, request, parameters.withdrawal_delay, parameters.withdrawal_validity)
    exchange.set_holder(holder, exchange.holders[holder] + request.amount)
    exchange.set_request("withdrawal", holder, nonce, None)


# --- Backing --------------------------------------------------------------------------------------------------------


def allocate_backing(exchange, market, reading=None):
    listed, reference = exchange.bring_up_to_date(market, reading, None)
    pool, ledger, target = exchange.pool_to_write(), listed.ledger, listed.target_backing
    band = share_floor(target, pool.parameters.hysteresis)
    inward = ledger.backing + band < target
    if not inward and ledger.backing <= target + band:
        raise Refused("WithinHysteresis")
    exchange.require_not_paused()
    if inward and exchange.status_of(listed) != ACTIVE:
        raise Refused("ReduceOnly")
    price, dead = listed.price.price, is_dead(listed, reference)
    if ledger.has_open_interest():
        if inward or not dead:
            require_price(listed, reference, listed.parameters.max_age_liquidate)
        if dead:
            price = worse_for_the_market(listed, reference)
    if inward:
        place(pool, listed, price, target - ledger.backing)
    else:
        take_back(pool, listed, price, ledger.backing - target)


def worse_for_the_market(market, reference):
    """The end of a dead oracle's range at which less is left after the stress loss; of equals the lower."""
    ends = price_range(market, reference, NEWEST, with_grace=False)
    return min(ends, key=lambda end: surplus(market, end) - stress_loss(market, end))


def place(pool, market, price, wanted):
    ledger = market.ledger
    if ledger.backing < liabilities(market, price):
        raise Refused("MarketCapacity")
    room = share_floor(pool.cash + pool.placed, market.parameters.backing_cap) - ledger.net_principal
    moved = min(wanted, pool.cash, room)
    if moved <= 0:
        raise Refused("NothingToMove")
    pool.cash -= moved
    pool.placed = checked(pool.placed + moved)
    ledger.backing = checked(ledger.backing + moved)
    ledger.net_principal = checked(ledger.net_principal + moved)


def take_back(pool, market, price, wanted):
    ledger = market.ledger
    covered = ledger.backing - liabilities(market, price)
    moved = min(wanted, covered, surplus(market, price) - stress_loss(market, price))
    if moved <= 0:
        raise Refused("MarketCapacity")
    principal = min(moved, ledger.net_principal)
    ledger.backing -= moved
    ledger.net_principal -= principal
    pool.placed -= principal
    pool.cash = checked(pool.cash + moved)
