"""Collateral, prices, funding, settlement, claims and bankruptcy (state.md, price.md, funding.md, losses.md).

Each operation takes the exchange and the arguments of a transcript's line, changes the state in place, and raises
Refused where the rules do not allow it; the exchange then undoes what was changed.
"""

import funding
import ledger as postings
from margin import adverse_equity_and_margin, equity_in_market, unrealized
from market import age, is_usable, reference_time, take_price
from units import Refused, amount as checked, atoms_floor, share_floor

# --- Collateral -----------------------------------------------------------------------------------------------------


def deposit(exchange, account, amount):
    if amount == 0:
        raise Refused("AmountZero")
    owner = exchange.account_to_write(account)
    owner.balance = checked(owner.balance + amount)


def withdraw(exchange, account, amount):
    owner, markets = exchange.account_to_write(account), exchange.markets
    open_in = [markets[position.market] for position in owner.occupied() if position.size]
    if open_in:
        exchange.require_not_paused()
    if amount == 0:
        raise Refused("AmountZero")
    if any(position.debt for position in owner.positions):
        raise Refused("DebtOutstanding")
    if amount > owner.balance:
        raise Refused("InsufficientBalance")
    owner.balance -= amount
    if open_in:
        require_initial_margin(exchange, owner)


def require_initial_margin(exchange, owner):
    markets, now = exchange.markets, exchange.now
    reference = reference_time(now, [markets[position.market] for position in owner.occupied()])
    for position in owner.occupied():
        market = markets[position.market]
        if position.size and not is_usable(market, reference):
            raise Refused("MarketUnusable")
        if position.size and age(market, reference) > market.parameters.max_age_other_legs:
            raise Refused("LegStale")
    equity, margin = adverse_equity_and_margin(owner, markets, reference)
    if equity < margin:
        raise Refused("InitialMargin")


# --- Price and funding ----------------------------------------------------------------------------------------------


def update_prices(exchange, market, reading):
    """One pair of a market and its price."""
    take_price(exchange.market_to_write(market), reading, exchange.now)


def report_oracle_outage(exchange, market):
    listed = exchange.market_to_write(market)
    if exchange.now - listed.price.published <= listed.parameters.max_age_other_legs:
        raise Refused("PriceStillFresh")
    if listed.price.outage_since != 0:
        raise Refused("OutageAlreadyReported")
    listed.price.outage_since = exchange.now


def update_funding(exchange, market, reading=None):
    listed = exchange.market_to_write(market)
    if reading is not None:
        take_price(listed, reading, exchange.now)
    reference = reference_time(exchange.now, [listed])
    if not is_usable(listed, reference):
        raise Refused("MarketUnusable")
    if age(listed, reference) > listed.parameters.max_age_funding:
        raise Refused("PriceStale")
    if funding.accrue(listed, exchange.now, reference) == funding.INDEX_FULL:
        raise Refused("FundingIndexFull")


# --- Settlement -----------------------------------------------------------------------------------------------------


def settle_funding(exchange, account, market):
    exchange.require_not_paused()
    holder = exchange.account_to_write(account)
    listed, _ = exchange.bring_up_to_date(market, None, None)
    position = occupied_slot(holder, market)
    equity = equity_in_market(holder, position, listed)
    postings.settle(holder, position, listed.ledger)
    postings.repay_debt(holder, position, listed.ledger)
    require_equity_kept(holder, position, listed, equity)
    holder.free_empty_slots()


def settle_pnl(exchange, account, market, reading=None):
    holder = exchange.account_to_write(account)
    listed, reference = exchange.bring_up_to_date(market, reading, None)
    exchange.require_not_paused()
    if not is_usable(listed, reference):
        raise Refused("MarketUnusable")
    if age(listed, reference) > listed.parameters.max_age_liquidate:
        raise Refused("PriceStale")
    position = occupied_slot(holder, market)
    if position.size == 0:
        raise Refused("NoPosition")
    ledger = listed.ledger
    equity = equity_in_market(holder, position, listed)
    postings.settle(holder, position, ledger)
    profit = unrealized(position, listed.price.price)
    if profit >= 0:
        posted = min(atoms_floor(profit), position.debt + postings.payable(ledger))
    else:
        posted = -atoms_floor(-profit)
    postings.post(holder, position, ledger, posted)
    postings.shift_entry(position, ledger, posted)
    postings.repay_debt(holder, position, ledger)
    require_equity_kept(holder, position, listed, equity)


def occupied_slot(account, market):
    position = account.slot_of(market)
    if position is None:
        raise Refused("NoPosition")
    return position


def require_equity_kept(holder, position, market, equity_before):
    """A fall by one atom, which coverage can round off, is none."""
    if equity_in_market(holder, position, market) < equity_before - 1:
        raise Refused("SettlementLowersEquity")


# --- Claims ---------------------------------------------------------------------------------------------------------


def fund_claims(exchange, market):
    postings.fund_claims(exchange.market_to_write(market).ledger)


def redeem_claim(exchange, account, market):
    holder, listed = exchange.account_to_write(account), exchange.market_to_write(market)
    if postings.redeem(holder, occupied_slot(holder, market), listed.ledger) == 0:
        raise Refused("NothingToRedeem")
    holder.free_empty_slots()


def waive_claim(exchange, account, market):
    """Gives up what is not funded of a claim; what is funded is paid."""
    holder, listed = exchange.account_to_write(account), exchange.market_to_write(market)
    position = occupied_slot(holder, market)
    if position.claim == 0:
        raise Refused("NoClaim")
    if holder.has_open_position():
        raise Refused("PositionsOpen")
    if any(slot.debt for slot in holder.positions):
        raise Refused("DebtOutstanding")
    postings.redeem(holder, position, listed.ledger)
    postings.drop_claim(position, listed.ledger, position.claim)
    holder.free_empty_slots()


# --- Bankruptcy and insurance ---------------------------------------------------------------------------------------


def resolve_bankruptcy(exchange, account, market):
    exchange.require_not_paused()
    debtor = exchange.account_to_write(account)
    if debtor.has_open_position():
        raise Refused("PositionsOpen")
    if debtor.balance + sum(slot.claim - slot.debt for slot in debtor.positions) >= 0:
        raise Refused("NotBankrupt")
    position = debtor.slot_of(market)
    if position is None or position.debt == 0:
        raise Refused("NoDebt")
    ledger = exchange.market_to_write(market).ledger

    postings.repay_debt(debtor, position, ledger)
    for other in debtor.occupied():
        if other is not position:
            other_ledger = exchange.market_to_write(other.market).ledger
            pay_from_claim(debtor, position, ledger, other, other_ledger)
    pay_from_insurance(position, ledger)
    pay_from_shared_insurance(exchange, position, ledger)
    ledger.written_off = checked(ledger.written_off + position.debt)
    ledger.debts -= position.debt
    position.debt = 0
    debtor.free_empty_slots()


def pay_from_claim(debtor, position, ledger, other, other_ledger):
    """What is funded of a claim on another market is cash; the rest is set off, one for one."""
    postings.redeem(debtor, other, other_ledger)
    postings.repay_debt(debtor, position, ledger)
    set_off = min(other.claim, position.debt)
    postings.drop_claim(other, other_ledger, set_off)
    position.debt -= set_off
    ledger.debts -= set_off


def pay_from_insurance(position, ledger):
    paid = min(ledger.insurance, position.debt)
    ledger.insurance -= paid
    pay_into_backing(position, ledger, paid)


def pay_from_shared_insurance(exchange, position, ledger):
    """At most a share of what the shared insurance held when the market's window opened, per window."""
    pool, draw = exchange.pool_to_write(), ledger.shared_draw
    parameters = pool.parameters
    if draw.window_start == 0 or exchange.now >= draw.window_start + parameters.shared_draw_window:
        draw.window_start, draw.insurance_at_start, draw.drawn = exchange.now, pool.insurance, 0
    left = share_floor(draw.insurance_at_start, parameters.shared_draw_share) - draw.drawn
    paid = min(pool.insurance, left, position.debt)
    pool.insurance -= paid
    draw.drawn += paid
    pay_into_backing(position, ledger, paid)


def pay_into_backing(position, ledger, paid):
    ledger.backing = checked(ledger.backing + paid)
    ledger.debts -= paid
    position.debt -= paid


def fund_insurance(exchange, amount, market=None):
    """Gives tokens to a market's insurance, or to the shared one where no market is named."""
    if amount == 0:
        raise Refused("AmountZero")
    funded = exchange.pool_to_write() if market is None else exchange.market_to_write(market).ledger
    funded.insurance = checked(funded.insurance + amount)
