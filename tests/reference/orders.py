"""Resting orders: placing and cancelling, arming, filling and sweeping them (orders.md)."""

from copy import copy
from dataclasses import replace

from ledger import forfeit
from margin import adverse_equity_and_margin, health, initial_margin, view_of, view_to_liquidate
from price import Said, is_in_bounds, is_too_wide, nearest_in_bounds, price_of, require_reading
from state import (
    AT_OR_ABOVE,
    AT_TIME,
    ORDER_PLACES,
    REDUCE_ONLY,
    SLOTS,
    Book,
    RestingOrder,
    become,
    copy_of_account,
    copy_of_market,
)
from trading import NO_BOUND_FOR_BUYS, NO_BOUND_FOR_SALES, Order, newest_price
from units import ATOM, MAX_SIZE, PPM, Refused, atoms_ceil, positive_part, share_ceil, sign

FILL_SECONDS = 15
READING_SECONDS = 10
REARM_SECONDS = 30
TURN_SECONDS = 5
LEAST_SECONDS_BETWEEN = 60
LEAST_TIP = 40_000

# What its account or its market cannot bear ends an order that may increase.
CANNOT_BE_BORNE = (
    "InitialMargin",
    "DebtOutstanding",
    "BelowMinimumPosition",
    "ReductionWorsensHealth",
    "NegativeEquity",
    "OpenInterestCap",
    "MarketCapacity",
    "SideNotionalTooLarge",
    "ReduceOnly",
)


# --- The account of the orders ----------------------------------------------------------------------------------------


def open_orders(exchange, account):
    exchange.set_book(account, Book())


def close_orders(exchange, account):
    if any(order.slices for order in exchange.books[account].places):
        raise Refused("OrdersNotEmpty")
    exchange.set_book(account, None)


# --- An order in time -------------------------------------------------------------------------------------------------


def is_armed(order, now):
    return order.fills_from != 0 and now <= order.fills_from + FILL_SECONDS


def waiting(order, active_from):
    """The order, armed no more."""
    waits = copy(order)
    waits.active_from, waits.fills_from, waits.armed_size, waits.margin_held = active_from, 0, 0, 0
    return waits


def with_next_slice(order):
    """None after the last."""
    if order.slices == 1:
        return None
    waits = waiting(order, order.fills_from + order.seconds_between)
    waits.slices -= 1
    return waits


def disarmed(order):
    """What comes of an order that was armed for nothing: None where that was its last slice."""
    if order.trigger == AT_TIME:
        return with_next_slice(order)
    return waiting(order, order.fills_from + REARM_SECONDS)


def as_of(order, now):
    if order.fills_from == 0 or is_armed(order, now):
        return order
    return disarmed(order)


def protected(order, account):
    """The size of the position that a reduce-only order reduces, zero where that is gone."""
    position = account.slot_of(order.market)
    if position is None or sign(position.size) * sign(order.size) >= 0 or position.number != order.position:
        return 0
    return abs(position.size)


def is_dead(order, account, now):
    order = as_of(order, now)
    if order is None:
        return True
    if order.fills_from == 0 and order.expires and now > order.expires:
        return True
    return bool(order.reduce_only and not order.parent and not protected(order, account))


def tip(order):
    return order.lamports // order.slices


def order_at(book, place):
    if place >= ORDER_PLACES or not book.places[place].slices:
        raise Refused("NoOrder")
    return book.places[place]


def take_out(book, place):
    """Takes an order and its children out. Returns their lamports."""
    lamports = 0
    for index, order in enumerate(book.places):
        if index == place or order.parent == place + 1:
            lamports += order.lamports
            book.places[index] = RestingOrder()
    return lamports


# --- Placing ----------------------------------------------------------------------------------------------------------


def place_orders(exchange, account, market, cancel, orders, reading=None):
    owner, book = exchange.account_to_write(account), exchange.book_to_write(account)
    listed, reference = exchange.bring_up_to_date(market, reading, account)
    if orders:
        require_not_ended(listed, exchange.now)
    returned = sum(cancelled(book, place, exchange.now) for place in cancel)
    paid, placed = 0, []
    for terms in orders:
        free = next((index for index, order in enumerate(book.places) if not order.slices), None)
        if free is None:
            raise Refused("NoFreeOrder")
        order = resting(terms, placed, book, owner, listed, reference)
        paid += order.lamports
        if order.trigger == AT_TIME and not order.parent and reference >= order.active_from:
            order = armed(exchange, account, book, free, order, listed, reference)
        book.places[free] = order
        placed.append(free)
    exchange.move_order_lamports(paid - returned)
    exchange.paid.lamports_returned = returned


def resting(terms, placed, book, owner, listed, reference):
    """The order that these terms make."""
    parent = terms["parent"]
    if parent is not None and parent >= len(placed):
        raise Refused("OrderTerms")
    book.sequence += 1
    order = RestingOrder(
        **{name: terms[name] for name in ("size", "trigger", "trigger_price", "trailing", "acceptable_price")},
        **{name: terms[name] for name in ("expires", "slices", "seconds_between", "group", "lamports")},
        reduce_only=int(terms["reduce_only"]),
        active_from=max(terms["active_from"], reference),
        number=book.sequence,
        market=listed.index,
    )
    if order.size == 0 or (not order.reduce_only and abs(order.size) > MAX_SIZE):
        raise Refused("SizeOutOfRange")
    if order.acceptable_price == 0:
        raise Refused("AcceptablePriceZero")
    if not agrees(order, parent is not None):
        raise Refused("OrderTerms")
    if order.lamports < LEAST_TIP * order.slices:
        raise Refused("OrderTipTooSmall")
    if parent is not None:
        order.parent = mark_of_parent(book, placed[parent], order)
    elif order.reduce_only:
        order.position = number_to_reduce(owner, order)
    return order


def agrees(order, is_child):
    trails, priced = order.trailing != 0, order.trigger_price != 0
    if order.trigger == AT_TIME:
        met = not trails and not priced and order.slices >= 1
    else:
        met = trails != priced and order.trailing < PPM and order.slices == 1
    spaced = order.seconds_between >= LEAST_SECONDS_BETWEEN if order.slices > 1 else order.seconds_between == 0
    lives = order.expires == 0 or order.expires >= order.active_from
    return met and spaced and lives and (order.reduce_only or not is_child)


def mark_of_parent(book, place, order):
    parent = book.places[place]
    same_group = order.group != 0 and order.group == parent.group
    if parent.parent or sign(parent.size) == sign(order.size) or same_group:
        raise Refused("OrderTerms")
    return place + 1


def number_to_reduce(owner, order):
    position = owner.slot_of(order.market)
    if position is None or position.size == 0:
        raise Refused("NoPosition")
    if sign(position.size) == sign(order.size):
        raise Refused("ReduceOnlyViolated")
    return position.number


# --- Arming -----------------------------------------------------------------------------------------------------------


def arm_order(exchange, account, market, place, reading=None):
    owner, book = exchange.account_to_write(account), exchange.book_to_write(account)
    listed, reference = exchange.bring_up_to_date(market, reading, account)
    stored = order_at(book, place)
    if stored.market != market:
        raise Refused("MarketMissing")
    if is_armed(stored, exchange.now):
        raise Refused("OrderArmed")
    order = as_of(stored, exchange.now)
    if order is None or is_dead(order, owner, exchange.now):
        raise Refused("OrderDead")
    if order.parent:
        raise Refused("OrderAsleep")
    moved = trailed(order, listed, reading, reference)
    if moved is None:
        moved = armed(exchange, account, book, place, order, listed, reference)
    book.places[place] = moved


def trailed(order, listed, reading, reference):
    """The order with its trigger moved, or None where the reading, or the time, meets it."""
    if order.trigger == AT_TIME:
        if reference < order.active_from:
            raise Refused("OrderNotMet")
        return None
    found = reading and good(listed, reading)
    if not found:
        raise Refused("OrderNotMet")
    price, published = found.price, found.published
    is_recent = reference - listed.parameters.max_age_trade <= published <= reference
    if published <= order.active_from or not is_recent:
        raise Refused("OrderNotMet")
    rises, trigger = order.trigger == AT_OR_ABOVE, order.trigger_price
    if order.trailing:
        better = price < order.best if rises else price > order.best
        if order.best_published == 0 or better:
            moved = copy(order)
            moved.best, moved.best_published = price, published
            return moved
        if published <= order.best_published:
            raise Refused("OrderNotMet")
        away = share_ceil(order.best, order.trailing)
        trigger = order.best + away if rises else order.best - away
    if price < trigger if rises else price > trigger:
        raise Refused("OrderNotMet")
    return None


def good(listed, reading):
    """What a reading says that may meet an order, else None."""
    said = narrow(listed, reading)
    if said is None or not is_in_bounds(listed, said.price, said.published):
        return None
    return said


def good_to_fill(listed, reading):
    """What a reading says that may fill an order, else None.

    Anybody can hand in a second price that was published after it, and so moves it into the bounds and no further.
    """
    said = narrow(listed, reading)
    if said is None:
        return None
    nearest = nearest_in_bounds(listed, said.price, said.published)
    if nearest != said.price and listed.second_price.published <= said.published:
        return None
    return replace(said, price=nearest)


def narrow(listed, reading):
    """What a reading says, None where its confidence is too wide."""
    require_reading(reading)
    price, confidence = price_of(listed, reading)
    return None if is_too_wide(listed, price, confidence) else Said(price, confidence, reading["publish_time"])


def armed(exchange, account, book, place, order, listed, reference):
    owner = exchange.accounts[account]
    others = [
        other
        for index, other in enumerate(book.places)
        if index != place and other.slices and is_armed(other, exchange.now)
    ]
    increasing = [other for other in others if not other.reduce_only]
    require_not_ended(listed, exchange.now)
    exchange.require_not_paused()
    if reference < listed.price.clock_distrusted_until:
        raise Refused("ClockBehind")
    order = copy(order)
    order.fills_from = reference + listed.parameters.future_tolerance + 1
    if order.reduce_only:
        left = protected(order, owner)
        if not left:
            raise Refused("OrderDead")
        order.armed_size = min(left, abs(order.size))
    else:
        if exchange.status_of(listed) == REDUCE_ONLY:
            raise Refused("ReduceOnly")
        require_free_position(owner, order, increasing)
        order.margin_held = margin_to_hold(exchange, owner, listed, order, increasing, reference)
    owner.armed_until = max(owner.armed_until, order.fills_from + FILL_SECONDS)
    return order


def is_beside(order, other):
    """Whether the two are of one market and one side."""
    return order.market == other.market and sign(order.size) == sign(other.size)


def require_free_position(owner, order, others):
    """An order that enters its market needs a slot besides those of the orders that enter others."""
    if owner.slot_of(order.market) is not None:
        return
    entering = [
        other
        for other in others
        if other.market != order.market and owner.slot_of(other.market) is None
    ]
    if len(owner.occupied()) + len(entering) >= SLOTS:
        raise Refused("NoFreePosition")


def margin_to_hold(exchange, owner, listed, order, others, reference):
    """What the order needs beyond what those beside it hold, which with it make one position."""
    beside = [other for other in others if is_beside(order, other)]
    size = order.size + sum(other.size for other in beside)
    needed = margin_needed(exchange, owner, listed, size, reference)
    held = positive_part(needed - sum(other.margin_held for other in beside))
    equity, margin = adverse_equity_and_margin(owner, view_of(owner, exchange.markets, listed.index, reference))
    if equity < margin + held + sum(other.margin_held for other in others):
        raise Refused("InitialMargin")
    return held


def margin_needed(exchange, owner, listed, size, reference):
    """What a trade of this size would cost now, and initial margin: of such a position, or what the leg's grows by.

    Nothing is traded. The leg's margin after the trade, and that of such a position, are with the open interest then.
    """
    account, market = copy_of_account(owner), copy_of_market(listed)
    bound = NO_BOUND_FOR_BUYS if size > 0 else NO_BOUND_FOR_SALES
    trial = Order(exchange, owner, listed, size, bound, False, reference)
    trial.require_trading()
    price = view_of(owner, exchange.markets, listed.index, reference).ends(listed)[1]
    before = initial_margin(listed, trial.held, price)
    trial.fill()
    cost = atoms_ceil(trial.charge) + trial.fee
    grown = initial_margin(listed, trial.position.size, price) - before
    margin = max(initial_margin(listed, size, price), grown)
    become(owner, account)
    become(listed, market)
    return margin + cost


def last_armed(book):
    """Until when an order is armed, or was armed last; zero where none is."""
    armed = [order for order in book.places if order.fills_from != 0]
    return max((order.fills_from + FILL_SECONDS for order in armed), default=0)


def require_not_ended(listed, now):
    if listed.has_ended():
        raise Refused("MarketSettled")
    if listed.is_due(now):
        raise Refused("SettlementDue")


# --- Filling ----------------------------------------------------------------------------------------------------------


def execute_order(exchange, account, market, place, reading):
    owner, book = exchange.account_to_write(account), exchange.book_to_write(account)
    listed, reference = exchange.bring_up_to_date(market, reading, account)
    order = order_at(book, place)
    if order.market != market:
        raise Refused("MarketMissing")
    if not is_armed(order, exchange.now):
        raise Refused("OrderNotArmed")
    if is_dead(order, owner, exchange.now):
        raise Refused("OrderDead")
    has_waited = exchange.now >= reading["publish_time"] + TURN_SECONDS
    if not has_waited and any(fills_before(other, order, owner, exchange.now) for other in book.places):
        raise Refused("EarlierOrderArmed")
    at = reading_to_fill(order, listed, reading, exchange.now)
    size = size_of_fill(order, owner, listed, at.price)
    account_before, market_before = copy_of_account(owner), copy_of_market(listed)
    try:
        fill = Order(exchange, owner, listed, size, order.acceptable_price, bool(order.reduce_only), reference, at)
        fill.require_filling()
        fill.fill()
    except Refused as refusal:
        become(owner, account_before)
        become(listed, market_before)
        paid = end_without_fill(exchange, owner, listed, book, place, size, refusal, at, reference)
    else:
        paid = end_with_fill(book, place, fill.position.number, reference, exchange.now)
        owner.free_empty_slots()
    owner.armed_until = last_armed(book)
    exchange.paid.lamports, exchange.paid.lamports_returned = paid
    exchange.move_order_lamports(-sum(paid))


def fills_before(other, order, owner, now):
    """Whether another of its market was armed for an earlier moment, or for the same one and placed before, and can still fill."""
    if not other.slices or not is_armed(other, now) or is_dead(other, owner, now):
        return False
    return other.market == order.market and (other.fills_from, other.number) < (order.fills_from, order.number)


def reading_to_fill(order, listed, reading, now):
    since, published = order.fills_from, reading["publish_time"]
    if not (reading["previous_publish_time"] < since <= published <= since + READING_SECONDS):
        raise Refused("NoFillReading")
    if published > now + listed.parameters.future_tolerance:
        raise Refused("ClockBehind")
    found = good_to_fill(listed, reading)
    if found is None:
        raise Refused("NoFillReading")
    return found


def size_of_fill(order, owner, listed, price):
    """What a reduce-only order was armed for, else its size.

    It is just the position on the other side where too little for one would be left of that, or opened beyond it.
    """
    position = owner.slot_of(order.market)
    held = position.size if position is not None else 0
    size = order.size
    if order.reduce_only:
        size = sign(size) * min(order.armed_size, abs(held))
    if sign(held) * sign(size) >= 0:
        return size
    too_small = abs(held + size) * price < listed.parameters.minimum_position * ATOM
    return -held if too_small else size


def end_with_fill(book, place, number, reference, now):
    """Returns lamports for whoever sent it, and those that go home."""
    order = book.places[place]
    paid, returned = tip(order), 0
    for index, child in enumerate(book.places):
        if child.parent == place + 1:
            awake = copy(child)
            awake.parent, awake.position, awake.active_from = 0, number, max(child.active_from, reference)
            book.places[index] = awake
    going_on = with_next_slice(order)
    if going_on is None:
        book.places[place], returned = RestingOrder(), order.lamports - paid
    else:
        going_on.lamports -= paid
        book.places[place] = going_on
    for index, other in enumerate(book.places):
        if not order.group or index == place or book.places[index].group != order.group:
            continue
        if is_armed(book.places[index], now):
            ended = copy(book.places[index])
            ended.expires = now - 1
            book.places[index] = ended
        else:
            returned += take_out(book, index)
    return paid, returned


def end_without_fill(exchange, owner, listed, book, place, size, refusal, at, reference):
    order = book.places[place]
    if refusal.name == "PriceBoundExceeded":
        waits = disarmed(order)
        if waits is None:
            return 0, take_out(book, place)
        book.places[place] = waits
        return 0, 0
    if order.reduce_only or refusal.name not in CANNOT_BE_BORNE:
        raise refusal
    # What the fill would have lost by the newest price.
    lost = abs(size) * positive_part(sign(size) * (at.price - newest_price(listed, at)))
    equity = health(owner, view_to_liquidate(owner, exchange.markets, listed.index, reference).without_graces()).equity
    share = listed.parameters.protocol_share
    exchange.paid.forfeited = forfeit(owner, listed.ledger, atoms_ceil(lost), equity, share)
    paid, going_on = tip(order), with_next_slice(order)
    if going_on is None:
        return paid, take_out(book, place) - paid
    going_on.lamports -= paid
    book.places[place] = going_on
    return paid, 0


# --- Cancelling and sweeping --------------------------------------------------------------------------------------------


def cancelled(book, place, now):
    if is_armed(order_at(book, place), now):
        raise Refused("OrderArmed")
    return take_out(book, place)


def sweep_order(exchange, account, place, market=None):
    owner, book = exchange.account_to_write(account), exchange.book_to_write(account)
    order = order_at(book, place)
    if market is not None and market != order.market:
        raise Refused("MarketMissing")
    ended = market is not None and exchange.markets[market].is_final(exchange.now)
    if not ended and not is_dead(order, owner, exchange.now):
        raise Refused("OrderAlive")
    returned = take_out(book, place)
    exchange.paid.lamports_returned = returned
    exchange.move_order_lamports(-returned)
