"""One order against the market's backing (trading.md), and the admission rule (margin.md)."""

from ledger import charge_fee, increase, reduce, repay, settle
from margin import adverse_equity_and_margin, health, judge, maintenance_margin, view_of, view_to_liquidate
from market import charge, stress_loss, surplus, taker_fee
from price import age, require_price, spread, spread_of_confidence
from state import ISOLATED, LONG, REDUCE_ONLY, SHORT
from units import (
    ATOM,
    MAX_PRICE_TO_INCREASE,
    MAX_SIDE_NOTIONAL_TO_INCREASE,
    MAX_SIZE,
    PPM,
    Refused,
    atoms_ceil,
    div_floor,
    notional,
    sign,
)

NO_BOUND_FOR_BUYS = (1 << 64) - 1
NO_BOUND_FOR_SALES = 1


def trade(exchange, account, market, size, acceptable_price, reduce_only, reading=None):
    trader = exchange.account_to_write(account)
    listed, reference = exchange.bring_up_to_date(market, reading, account)
    if acceptable_price == 0:
        raise Refused("AcceptablePriceZero")
    order = Order(exchange, trader, listed, size, acceptable_price, reduce_only, reference)
    order.require_trading()
    order.fill()
    if order.increases and exchange.now <= trader.armed_until:
        raise Refused("OrderArmed")
    trader.free_empty_slots()


class Order:
    """An order and everything that stands before it.

    `at` is the good reading at which an order that rested is filled, as Said; None for the market's own price, with the
    whole spread.
    """

    def __init__(self, exchange, trader, listed, size, acceptable_price, reduce_only, reference, at=None):
        self.exchange, self.trader, self.market = exchange, trader, listed
        self.acceptable_price, self.reference, self.at = acceptable_price, reference, at
        self.position = slot_to_trade(trader, listed)
        self.held = self.position.size
        self.size = size_to_fill(size, self.held, reduce_only)
        self.opposes = sign(self.size) * sign(self.held) < 0
        self.increases = not self.opposes or abs(self.size) > abs(self.held)
        self.price = listed.price.price if at is None else at.price
        self.newest = newest_price(listed, at)

    def require_open(self):
        require_status(self.exchange, self.market, self.increases)
        if self.market.has_ended():
            raise Refused("MarketSettled")
        if self.market.is_due(self.exchange.now):
            raise Refused("SettlementDue")

    def require_trading(self):
        """What a trade asks for."""
        self.require_open()
        require_price_to_trade(self.market, self.increases, self.reference)
        if self.opposes and self.position.last_increase_slot == self.exchange.slot:
            raise Refused("SameSlotReduction")

    def require_filling(self):
        """What an order that rested asks for."""
        self.require_open()
        if self.reference < self.market.price.clock_distrusted_until:
            raise Refused("ClockBehind")
        widest = self.market.parameters.max_confidence_to_increase
        if self.increases and self.at.confidence * PPM > widest * self.at.price:
            raise Refused("PriceTooUncertain")

    def fill(self):
        """Empty slots are not freed."""
        settle(self.trader, self.position, self.market.ledger)
        self.view = view_of(self.trader, self.exchange.markets, self.market.index, self.reference)
        self.owed_before = self.position.owes()
        if self.increases:
            fill_and_admit_increase(self)
        else:
            fill_and_admit_reduction(self)

    def price_it(self):
        """What the order costs, before any cap."""
        if abs(self.market.ledger.skew() + self.size) > MAX_SIZE:
            raise Refused("SizeOutOfRange")
        self.at_index = notional(self.size, self.price)
        if self.at is None:
            unit_spread = spread(self.market, age(self.market, self.reference))
        else:
            unit_spread = spread_of_confidence(self.at.confidence, self.market.parameters)
        self.charge = charge(self.market, self.size, self.price, unit_spread)
        self.fee = taker_fee(self.market, self.size, self.price)

    def fill_notional(self):
        return self.at_index + self.charge if self.size > 0 else self.at_index - self.charge

    def require_acceptable(self):
        """The extreme values are no bound: 2^64 - 1 for a buy, 1 for a sale, which may so fetch nothing at all."""
        if self.acceptable_price == (NO_BOUND_FOR_BUYS if self.size > 0 else NO_BOUND_FOR_SALES):
            return
        bound = abs(self.size) * self.acceptable_price
        fill = self.fill_notional()
        if fill > bound if self.size > 0 else fill < bound:
            raise Refused("PriceBoundExceeded")

    def finish(self):
        """Charges the fee, then pays what is owed for this market from the balance."""
        ledger = self.market.ledger
        charge_fee(self.trader, self.position, ledger, self.fee, self.market.parameters.protocol_share)
        repay(self.trader, self.position, ledger)

    def require_minimum_position(self):
        parameters = self.market.parameters
        price = self.newest if self.increases else self.price
        if notional(self.position.size, price) < parameters.minimum_position * ATOM:
            raise Refused("BelowMinimumPosition")


def newest_price(listed, at):
    """That of the market, or of a reading which is newer: the market does not take in every one that fills an order."""
    return at.price if at is not None and at.published > listed.price.published else listed.price.price


def slot_to_trade(trader, listed):
    """The market's own slot, or the first free one, occupied for the time being."""
    market = listed.index
    if trader.kind != ISOLATED and listed.parameters.isolated_only:
        raise Refused("IsolatedMarket")
    if trader.kind == ISOLATED and trader.isolated_market != market:
        raise Refused("IsolatedToAnotherMarket")
    position = trader.slot_of(market)
    if position is not None:
        return position
    for free in trader.positions:
        if not free.occupied:
            free.occupied, free.market = 1, market
            return free
    raise Refused("NoFreePosition")


def size_to_fill(size, held, reduce_only):
    """The order's size; a reduce-only order shrinks to the position."""
    if size == 0:
        raise Refused("SizeOutOfRange")
    if not reduce_only:
        return size
    if sign(size) * sign(held) >= 0:
        raise Refused("ReduceOnlyViolated")
    return sign(size) * min(abs(size), abs(held))


def require_status(exchange, market, increases):
    exchange.require_not_paused()
    if increases and exchange.status_of(market) == REDUCE_ONLY:
        raise Refused("ReduceOnly")


def require_price_to_trade(market, increases, reference):
    """The row of price.md's table that the order falls under."""
    parameters, cache = market.parameters, market.price
    require_price(market, reference, parameters.max_age_trade)
    if increases and cache.confidence * PPM > parameters.max_confidence_to_increase * cache.price:
        raise Refused("PriceTooUncertain")


# --- Increasing: opening, adding, flipping ----------------------------------------------------------------------


def fill_and_admit_increase(order):
    order.price_it()
    order.require_acceptable()
    position, market, ledger = order.position, order.market, order.market.ledger
    price = order.newest
    surplus_before, stress_loss_before = surplus(market, price), stress_loss(market, price)
    fill = order.fill_notional()
    closed = abs(order.held) if sign(order.held) * sign(order.size) < 0 else 0
    if closed > 0:
        part = div_floor(fill * closed, abs(order.size))
        reduce(order.trader, position, ledger, closed, part)
        fill -= part
    opened = order.size - sign(order.size) * closed
    increase(position, ledger, opened, fill, order.exchange.slot)
    order.require_minimum_position()
    require_room(position, market, price)

    order.finish()
    require_nothing_owed(order)
    require_margin(order)
    require_capacity(market, price, surplus_before, stress_loss_before)


def require_room(position, market, price):
    side = market.ledger.sides[position.side()]
    if price > MAX_PRICE_TO_INCREASE:
        raise Refused("PriceTooHighToIncrease")
    if side.open_interest > market.parameters.open_interest_cap:
        raise Refused("OpenInterestCap")
    if atoms_ceil(notional(side.open_interest, price)) > MAX_SIDE_NOTIONAL_TO_INCREASE:
        raise Refused("SideNotionalTooLarge")


def require_nothing_owed(order):
    """A debt that the order's own fee leaves is a matter of the initial margin."""
    if min(order.owed_before, order.position.owes()) > 0:
        raise Refused("DebtOutstanding")
    if any(slot.owes() for slot in order.trader.occupied() if slot is not order.position):
        raise Refused("DebtOutstanding")


def require_margin(order):
    """Initial margin for a trade; of an order that rested what is not to be liquidated, with the margins to fill it."""
    if order.at is None:
        # The moment is that of the account with the leg it opens.
        equity, margin = adverse_equity_and_margin(order.trader, order.view)
        covered = equity >= margin
    else:
        view = view_to_liquidate(order.trader, order.exchange.markets, order.market.index, order.reference)
        covered = not judge(order.trader, view.at_price(order.newest).to_fill())[1].is_below_margin()
    if not covered:
        raise Refused("InitialMargin")


def require_capacity(market, price, surplus_before, stress_loss_before):
    """The market can bear it, or is no worse off: the stress loss no larger, what is left after it no smaller."""
    left, needed = surplus(market, price), stress_loss(market, price)
    if left >= needed:
        return
    if needed > stress_loss_before or left - needed < surplus_before - stress_loss_before:
        raise Refused("MarketCapacity")


# --- Reducing and closing ---------------------------------------------------------------------------------------


def fill_and_admit_reduction(order):
    trader, position = order.trader, order.position
    view = order.view.at_price(order.price)
    before = health(trader, view)
    if before.equity < 0:
        raise Refused("NegativeEquity")
    order.price_it()
    closes = abs(order.size) == abs(order.held)
    if closes:
        cap_closing_cost(order, before.equity, before.margin)
    order.require_acceptable()
    reduce(trader, position, order.market.ledger, abs(order.size), order.fill_notional())
    if not closes:
        order.require_minimum_position()
    order.finish()
    if closes:
        return
    after = health(trader, view)
    if after.equity < 0 or after.equity * before.margin < before.equity * after.margin:
        raise Refused("ReductionWorsensHealth")
    if is_hedge(order, before) and after.is_below_margin():
        if after.equity * before.required < before.equity * after.required:
            raise Refused("ReductionWorsensHealth")


def is_hedge(order, judged):
    """Whether the account is on the other side of the market's risk group as well."""
    group = judged.groups.get(order.market.parameters.risk_group)
    return group is not None and group.has(SHORT if order.held > 0 else LONG)


def cap_closing_cost(order, equity, margin):
    """Caps fee, spread and impact of a whole close at the equity behind the leg; the charge gives way first."""
    leg = maintenance_margin(order.market, order.held, order.price)
    cap = equity if margin == 0 else div_floor(equity * leg, margin)
    if atoms_ceil(order.charge) + order.fee > cap:
        order.fee = min(order.fee, cap)
        order.charge = min(order.charge, (cap - order.fee) * ATOM)
