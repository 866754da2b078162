"""One order against the market's backing (trading.md), and the admission rule (margin.md)."""

from ledger import charge_fee, increase, reduce, repay_debt, settle
from margin import adverse_equity_and_margin, maintenance, maintenance_margin, require_legs_to_trade
from market import age, charge, is_usable, stress_loss, surplus, taker_fee
from state import ISOLATED, REDUCE_ONLY
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
    position = slot_to_trade(trader, market)
    held = position.size
    size = size_to_fill(size, held, reduce_only)
    opposes = sign(size) * sign(held) < 0
    increases = not opposes or abs(size) > abs(held)

    require_status(exchange, listed, increases)
    require_price(exchange, listed, increases, reference)
    if opposes and position.last_increase_slot == exchange.slot:
        raise Refused("SameSlotReduction")
    require_legs_to_trade(trader, exchange.markets, market, reference, increases)

    settle(trader, position, listed.ledger)
    order = Order(exchange, trader, position, listed, size, reference, acceptable_price)
    if increases:
        fill_and_admit_increase(order)
    else:
        fill_and_admit_reduction(order)
    trader.free_empty_slots()


class Order:
    """An order with everything that stood before it, after settling."""

    def __init__(self, exchange, trader, position, market, size, reference, acceptable_price):
        self.exchange, self.trader, self.position, self.market = exchange, trader, position, market
        self.size, self.acceptable_price, self.reference = size, acceptable_price, reference
        self.held = position.size
        self.debt_before = position.debt

    def price_it(self):
        """What the order costs, before any cap."""
        if abs(self.market.ledger.skew() + self.size) > MAX_SIZE:
            raise Refused("SizeOutOfRange")
        self.at_index = notional(self.size, self.market.price.price)
        self.charge = charge(self.market, self.size, age(self.market, self.reference))
        self.fee = taker_fee(self.market, self.size)

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
        """Charges the fee, then pays the debt to this market from the balance."""
        ledger = self.market.ledger
        charge_fee(self.trader, self.position, ledger, self.fee, self.market.parameters.protocol_share)
        repay_debt(self.trader, self.position, ledger)

    def require_minimum_position(self):
        parameters, price = self.market.parameters, self.market.price.price
        if notional(self.position.size, price) < parameters.minimum_position * ATOM:
            raise Refused("BelowMinimumPosition")


def slot_to_trade(trader, market):
    """The market's own slot, or the first free one, occupied for the time being."""
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


def require_price(exchange, market, increases, reference):
    """The row of price.md's table that the order falls under."""
    parameters, cache = market.parameters, market.price
    if not is_usable(market, reference):
        raise Refused("MarketUnusable")
    if age(market, reference) > parameters.max_age_trade:
        raise Refused("PriceStale")
    if increases and cache.confidence * PPM > parameters.max_confidence_to_increase * cache.price:
        raise Refused("PriceTooUncertain")


# --- Increasing: opening, adding, flipping ----------------------------------------------------------------------


def fill_and_admit_increase(order):
    order.price_it()
    order.require_acceptable()
    position, market, ledger = order.position, order.market, order.market.ledger
    surplus_before, stress_loss_before = surplus(market), stress_loss(market)
    fill = order.fill_notional()
    closed = abs(order.held) if sign(order.held) * sign(order.size) < 0 else 0
    if closed > 0:
        part = div_floor(fill * closed, abs(order.size))
        reduce(order.trader, position, ledger, closed, part)
        fill -= part
    opened = order.size - sign(order.size) * closed
    increase(position, ledger, opened, fill, order.exchange.slot)
    order.require_minimum_position()
    require_room(position, market)

    order.finish()
    require_no_debt(order)
    equity, margin = adverse_equity_and_margin(order.trader, order.exchange.markets, order.reference)
    if equity < margin:
        raise Refused("InitialMargin")
    require_capacity(market, surplus_before, stress_loss_before)


def require_room(position, market):
    price, side = market.price.price, market.ledger.sides[position.side()]
    if price > MAX_PRICE_TO_INCREASE:
        raise Refused("PriceTooHighToIncrease")
    if side.open_interest > market.parameters.open_interest_cap:
        raise Refused("OpenInterestCap")
    if atoms_ceil(notional(side.open_interest, price)) > MAX_SIDE_NOTIONAL_TO_INCREASE:
        raise Refused("SideNotionalTooLarge")


def require_no_debt(order):
    """A debt that the order's own fee leaves is a matter of the initial margin."""
    if min(order.debt_before, order.position.debt) > 0:
        raise Refused("DebtOutstanding")
    if any(slot.debt for slot in order.trader.occupied() if slot is not order.position):
        raise Refused("DebtOutstanding")


def require_capacity(market, surplus_before, stress_loss_before):
    """The market can bear it, or is no worse off: the stress loss no larger, what is left after it no smaller."""
    left, needed = surplus(market), stress_loss(market)
    if left >= needed:
        return
    if needed > stress_loss_before or left - needed < surplus_before - stress_loss_before:
        raise Refused("MarketCapacity")


# --- Reducing and closing ---------------------------------------------------------------------------------------


def fill_and_admit_reduction(order):
    trader, position = order.trader, order.position
    standing = (trader, order.exchange.markets, order.reference)
    equity, margin = maintenance(*standing)
    if equity < 0:
        raise Refused("NegativeEquity")
    order.price_it()
    closes = abs(order.size) == abs(order.held)
    if closes:
        cap_closing_cost(order, equity, margin)
    order.require_acceptable()
    reduce(trader, position, order.market.ledger, abs(order.size), order.fill_notional())
    if not closes:
        order.require_minimum_position()
    order.finish()
    if closes:
        return
    equity_after, margin_after = maintenance(*standing)
    if equity_after < 0 or equity_after * margin < equity * margin_after:
        raise Refused("ReductionWorsensHealth")


def cap_closing_cost(order, equity, margin):
    """Caps fee, spread and impact of a whole close at the equity behind the leg; the charge gives way first."""
    leg = maintenance_margin(order.market, order.held)
    cap = equity if margin == 0 else div_floor(equity * leg, margin)
    order.fee = min(order.fee, cap)
    order.charge = min(order.charge, (cap - order.fee) * ATOM)
