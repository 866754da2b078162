"""Requests for liquidity, the close of a boundary that serves them, and their payment (liquidity.md)."""

from boundaries import (
    add_to_queue,
    boundary_after,
    earliest_in_queue,
    keep_pool,
    next_boundary,
    require_boundary,
)
from epoch import (
    DEPOSIT,
    PRICE_LIMITS,
    WITHDRAWAL,
    ClosedEpoch,
    Epoch,
    LastEpoch,
    Paid,
    Request,
    RequestSums,
    Waiting,
    is_in,
)
from units import (
    MAX_AMOUNT,
    PPM,
    Refused,
    amount as checked,
    div_ceil,
    div_floor,
    positive_part,
    share_ceil,
    share_floor,
)
from valuation import VALUATION_LAMPORTS

# Counted with the first deposit and minted to nobody.
DEAD_SHARES = 10_000
CLOSE_LAMPORTS = 20_000

# --- Requests -------------------------------------------------------------------------------------------------------


def request_liquidity_deposit(exchange, holder, nonce, amount, limit):
    pool = exchange.pool_to_write()
    if amount < pool.parameters.minimum_request:
        raise Refused("RequestTooSmall")
    pool.escrow = checked(pool.escrow + amount)
    wait_for_boundary(exchange, holder, nonce, DEPOSIT, amount, limit, pool.parameters.deposit_notice)


def request_liquidity_withdrawal(exchange, holder, nonce, amount, limit):
    held, parameters = exchange.holders[holder], exchange.pool.parameters
    if amount == 0:
        raise Refused("AmountZero")
    if amount > held:
        raise Refused("InsufficientBalance")
    if amount < parameters.minimum_request and amount != held:
        raise Refused("RequestTooSmall")
    exchange.set_holder(holder, held - amount)
    exchange.set_share_escrow(exchange.share_escrow + amount)
    wait_for_boundary(exchange, holder, nonce, WITHDRAWAL, amount, limit, parameters.withdrawal_notice)


def wait_for_boundary(exchange, holder, nonce, kind, amount, limit, notice):
    if not 0 <= limit < len(PRICE_LIMITS):
        raise Refused("UnknownPriceLimit")
    # Before this one takes the place of one that belongs to the boundary which has come.
    keep_pool(exchange)
    epoch = exchange.pool.parameters.epoch_seconds
    belongs_from = exchange.now + notice
    boundary = boundary_after(belongs_from, epoch)
    exchange.set_request(holder, nonce, Request(kind, amount, belongs_from, limit))

    sums = RequestSums(only(limit, amount), only(limit, 1))
    sums = {"deposits": sums} if kind == DEPOSIT else {"withdrawals": sums}
    waiting = Waiting(boundary, valuation_lamports(exchange), **sums)
    add_to_queue(exchange.queue_to_write(), waiting, epoch, boundary_after(exchange.now, epoch))
    # One that has come is waited for until it is closed, and this one is later.
    exchange.set_boundary(min(exchange.boundary, boundary) if exchange.boundary else boundary)


def only(limit, number):
    """The number at the place of a limit."""
    return tuple(number * (place == limit) for place in range(len(PRICE_LIMITS)))


def valuation_lamports(exchange):
    """What a request pays for the valuation of every market and the close; what is left comes back."""
    return VALUATION_LAMPORTS * len(exchange.markets) + CLOSE_LAMPORTS


# --- The close of a boundary ----------------------------------------------------------------------------------------


def close_epoch(exchange):
    """Serves everybody who waits for the boundary at once, each kind by one sum."""
    keep_pool(exchange)
    boundary = require_boundary(exchange)
    pool = exchange.pool_to_write()
    epoch, fee = pool.epoch, pool.parameters.queue_fee
    waiting = epoch.waiting
    if epoch.valued != epoch.markets:
        raise Refused("MarketsNotValued")
    upper = max(epoch.lower, cost_before(pool)) if epoch.sells_nothing else epoch.upper
    price = LastEpoch(boundary, epoch.lower, upper, pool.shares)
    buys = 0 if epoch.sells_nothing else limits_that(buys_within, price, pool.last)
    sells = limits_that(sells_within, price, pool.last)

    deposited, entering, created, issued = entry(waiting.deposits.under(buys), fee, price)
    if max(pool.shares + created, pool.cash + entering) > MAX_AMOUNT:
        # Nothing may keep a boundary from closing: what would be more shares or cash than there can be is returned.
        buys = deposited = entering = created = issued = 0
    leaving = sum(waiting.withdrawals.under(sells).amounts)
    redeemed, taken = redeemable(leaving, price, pool.cash + entering)
    paid = taken - share_ceil(taken, fee)

    requests = sum(waiting.deposits.requests) + sum(waiting.withdrawals.requests)
    lamports_each = div_floor(positive_part(waiting.lamports - CLOSE_LAMPORTS), requests) if requests else 0
    following = next_boundary(exchange.now, pool.parameters.epoch_seconds)
    closed = ClosedEpoch(
        previous=pool.last.boundary,
        boundary=boundary,
        rest_belongs_from=following,
        lower=epoch.lower,
        upper=upper,
        shares=pool.shares,
        deposited=deposited,
        issued=issued,
        leaving=leaving,
        redeemed=redeemed,
        paid=paid,
        payable=paid,
        lamports_each=lamports_each,
        requests=requests,
        deposits_accepted=buys,
        withdrawals_accepted=sells,
    )
    queue, passing = exchange.queue_to_write(), 0
    if redeemed < leaving:
        rest = rest_of(waiting.withdrawals.under(sells), closed)
        add_to_queue(queue, rest, pool.parameters.epoch_seconds, following)
        passing = sum(rest.withdrawals.requests)
    # What cannot be divided goes to the caller besides.
    exchange.paid.lamports = waiting.lamports - lamports_each * requests
    exchange.paid.lamports_kept = lamports_each * (requests - passing)
    earliest = earliest_in_queue(queue)
    exchange.set_boundary(max(earliest, following) if earliest else 0)
    exchange.set_epoch(boundary, closed if requests else None)
    exchange.set_share_escrow(exchange.share_escrow + issued - redeemed)

    # The first shares are worth an atom each, whatever the pool holds.
    pool.last = price if pool.shares else LastEpoch(boundary, created, created, created)
    pool.epoch = Epoch()
    pool.escrow -= deposited
    pool.cash = checked(pool.cash + entering - taken)
    pool.payable = checked(pool.payable + paid)
    pool.settling = checked(pool.settling + (deposited - entering) + (taken - paid))
    pool.shares = checked(pool.shares + created - redeemed)


def cost_before(pool):
    """What the pool's shares cost at the boundary before; nothing where there were none, or it is more than there can be."""
    cost = div_ceil(pool.last.upper * pool.shares, pool.last.shares) if pool.last.shares else 0
    return cost if cost <= MAX_AMOUNT else 0


def rest_of(withdrawals, closed):
    """What passes to the next boundary for want of cash: a part of each, with what they have paid to be valued."""
    unredeemed = closed.leaving - closed.redeemed
    amounts = tuple(div_floor(amount * unredeemed, closed.leaving) for amount in withdrawals.amounts)
    rest = RequestSums(amounts, withdrawals.requests)
    lamports = closed.lamports_each * sum(withdrawals.requests)
    return Waiting(closed.rest_belongs_from, lamports, withdrawals=rest)


def limits_that(are_kept, price, before):
    return sum(1 << limit for limit, part in enumerate(PRICE_LIMITS) if are_kept(price, before, part))


def buys_within(price, before, part):
    """Whether a share costs at most so much more than at the boundary before."""
    if price.shares == 0:
        return True
    if price.upper == 0:
        return False
    if part is None or before.shares == 0:
        return True
    most = before.upper + share_floor(before.upper, part)
    return div_ceil(price.upper * before.shares, price.shares) <= most


def sells_within(price, before, part):
    """Whether a share brings at most so much less than at the boundary before."""
    if price.shares == 0 or price.lower == 0:
        return False
    if part is None or before.shares == 0:
        return True
    least = share_ceil(before.lower, PPM - part)
    return div_floor(price.lower * before.shares, price.shares) >= least


def entry(deposits, fee, price):
    """What deposits put in, what is left of it without the fee, the shares it creates, and what depositors get."""
    deposited = sum(deposits.amounts)
    entering = deposited - share_ceil(deposited, fee)
    if price.shares == 0:
        return deposited, entering, entering, positive_part(entering - DEAD_SHARES)
    created = div_floor(entering * price.shares, price.upper) if entering else 0
    return deposited, entering, created, created


def redeemable(leaving, price, cash):
    """Shares that the cash redeems, and what it pays for them."""
    due = div_floor(leaving * price.lower, price.shares) if leaving else 0
    if due <= cash:
        return leaving, due
    return div_ceil(leaving * cash, due), cash


# --- Payment --------------------------------------------------------------------------------------------------------


def pay_liquidity_request(exchange, holder, nonce):
    """Pays what a request got at its boundary; what its limit refused comes back as it came."""
    request = exchange.requests[holder, nonce]
    keep_pool(exchange)
    pool, closed = exchange.pool_to_write(), exchange.epoch_to_write(request)
    amount, left = request.amount, None
    tokens = shares = 0
    if request.kind == DEPOSIT and is_in(request.limit, closed.deposits_accepted):
        shares = div_floor(closed.issued * amount, closed.deposited)
    elif request.kind == DEPOSIT:
        tokens = amount
        pool.escrow -= amount
    elif is_in(request.limit, closed.withdrawals_accepted):
        # A rest may have been too small to leave anything.
        tokens = div_floor(closed.paid * amount, closed.leaving) if closed.leaving else 0
        closed.payable -= tokens
        pool.payable -= tokens
        if closed.redeemed < closed.leaving:
            rest = div_floor((closed.leaving - closed.redeemed) * amount, closed.leaving)
            left = Request(WITHDRAWAL, rest, closed.rest_belongs_from, request.limit)
    else:
        shares = amount
    closed.requests -= 1
    if closed.requests == 0:
        pool.payable -= closed.payable
        pool.cash = checked(pool.cash + closed.payable)
        exchange.set_epoch(closed.boundary, None)
    exchange.set_request(holder, nonce, left)
    exchange.set_share_escrow(exchange.share_escrow - shares)
    exchange.set_holder(holder, exchange.holders[holder] + shares)
    lamports = closed.lamports_each if left is None else 0
    exchange.paid = Paid(lamports=lamports, tokens=tokens, shares=shares)
