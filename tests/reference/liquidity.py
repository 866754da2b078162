"""The pool's value, requests, and how backing is moved (liquidity.md)."""

import funding
from market import age, is_usable, liabilities, lower_value, reference_time, stress_loss, surplus, upper_value
from state import ACTIVE, Request, copy_of_market
from units import Refused, amount as checked, div_floor, share_floor

# Counted with the first deposit and minted to nobody.
DEAD_SHARES = 10_000

# --- What the pool is worth -----------------------------------------------------------------------------------------


def pool_value(exchange, value_of_market, maturity, forgoes):
    """The pool's cash and what `value_of_market` says of each market, in atoms.

    Whoever `forgoes` counts a market that cannot be valued as zero; otherwise it refuses the execution.
    """
    reference = reference_time(exchange.now, exchange.markets)
    total = exchange.pool.cash
    for market in exchange.markets:
        if market.ledger.has_open_interest():
            if not is_usable(market, reference):
                if not forgoes:
                    raise Refused("MarketUnusable")
                continue
            if age(market, reference) > market.parameters.max_age_liquidate:
                raise Refused("LegStale")
            if market.price.published < maturity:
                raise Refused("PriceBeforeMaturity")
            # Funding counts as if it were accrued up to now; the market itself is only read.
            market = copy_of_market(market)
            funding.accrue(market, exchange.now, reference)
        try:
            total += value_of_market(market)
        except Refused as refusal:
            if not (forgoes and refusal.name == "NotionalOutOfRange"):
                raise
    return checked(total)


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
    value = pool_value(exchange, upper_value, maturity, forgoes=False)

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
    value = pool_value(exchange, lower_value, maturity, forgoes=executor == holder)

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
    if ledger.has_open_interest():
        if not is_usable(listed, reference):
            raise Refused("MarketUnusable")
        if age(listed, reference) > listed.parameters.max_age_liquidate:
            raise Refused("PriceStale")
    if inward:
        place(pool, listed, target - ledger.backing)
    else:
        take_back(pool, listed, ledger.backing - target)


def place(pool, market, wanted):
    ledger = market.ledger
    if ledger.backing < liabilities(market):
        raise Refused("MarketCapacity")
    room = share_floor(pool.cash + pool.placed, market.parameters.backing_cap) - ledger.net_principal
    moved = min(wanted, pool.cash, room)
    if moved <= 0:
        raise Refused("NothingToMove")
    pool.cash -= moved
    pool.placed = checked(pool.placed + moved)
    ledger.backing = checked(ledger.backing + moved)
    ledger.net_principal = checked(ledger.net_principal + moved)


def take_back(pool, market, wanted):
    ledger = market.ledger
    covered = ledger.backing - liabilities(market)
    moved = min(wanted, covered, surplus(market) - stress_loss(market))
    if moved <= 0:
        raise Refused("MarketCapacity")
    principal = min(moved, ledger.net_principal)
    ledger.backing -= moved
    ledger.net_principal -= principal
    pool.placed -= principal
    pool.cash = checked(pool.cash + moved)
