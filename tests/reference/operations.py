"""Collateral, prices, funding, claims and bankruptcy (state.md, price.md, funding.md, losses.md).

Each operation takes the exchange and the arguments of a transcript's line, changes the state in place, and raises
Refused where the rules do not allow it; the exchange then undoes what was changed.
"""

import funding
import ledger as postings
from margin import adverse_equity_and_margin, funding_owed, unrealized, view_of
from market import liabilities
from price import is_dead, reference_time, require_price, take_reading, take_second_reading
from ranges import better_end, stress_range
from settling import occupied_slot
from units import ATOM, Refused, amount as checked, div_ceil, share_floor

# --- Collateral -----------------------------------------------------------------------------------------------------


def deposit(exchange, account, amount):
    if amount == 0:
        raise Refused("AmountZero")
    owner = exchange.account_to_write(account)
    owner.balance = checked(owner.balance + amount)


def withdraw(exchange, account, amount):
    """With open positions at the worse end of every leg's range; funding counts as last accrued."""
    owner = exchange.account_to_write(account)
    if owner.has_open_position():
        exchange.require_not_paused()
    if amount == 0:
        raise Refused("AmountZero")
    if exchange.now <= owner.armed_until:
        raise Refused("OrderArmed")
    if any(position.owes() for position in owner.positions):
        raise Refused("DebtOutstanding")
    if amount > owner.balance:
        raise Refused("InsufficientBalance")
    owner.balance -= amount
    if owner.has_open_position():
        held = [exchange.markets[position.market] for position in owner.occupied()]
        reference = reference_time(exchange.now, held)
        equity, margin = adverse_equity_and_margin(owner, view_of(owner, exchange.markets, None, reference))
        if equity < margin:
            raise Refused("InitialMargin")


# --- Price and funding ----------------------------------------------------------------------------------------------


def update_prices(exchange, market, reading):
    """One pair of a market and its price."""
    exchange.bring_up_to_date(market, reading, None)


def update_second_price(exchange, market, reading):
    """Of all that the market is only its second price goes by it."""
    take_second_reading(exchange.market_as_kept(market, reading), reading, exchange.now)


def update_funding(exchange, market, reading=None):
    listed = exchange.market_as_kept(market, reading)
    if reading is not None:
        take_reading(listed, reading, exchange)
    if listed.has_ended():
        raise Refused("MarketSettled")
    reference = reference_time(exchange.now, [listed])
    if listed.ledger.funding_time != 0 and not funding.can_accrue(listed, reference):
        require_price(listed, reference, listed.parameters.max_age_funding)
    if exchange.accrue(listed, reference) == funding.INDEX_FULL:
        raise Refused("FundingIndexFull")


# --- Claims ---------------------------------------------------------------------------------------------------------


def fund_claims(exchange, market):
    """A short market's claims wait until the open profit is noted as claims too, but for a hundredth."""
    listed = exchange.market_as_kept(market)
    ledger = listed.ledger
    if min(ledger.backing, ledger.unfunded_claims()) <= 0:
        raise Refused("NothingToFund")
    if ledger.short and ledger.has_open_interest():
        require_price(listed, reference_time(exchange.now, [listed]), listed.parameters.max_age_liquidate)
        owed = liabilities(listed, listed.price.price)
        if 100 * (owed - ledger.unfunded_claims()) > owed:
            raise Refused("ProfitsNotNoted")
    postings.fund_claims(ledger)


def redeem_claim(exchange, account, market):
    holder, listed = exchange.account_to_write(account), exchange.market_as_kept(market)
    if postings.redeem(holder, occupied_slot(holder, market), listed.ledger) == 0:
        raise Refused("NothingToRedeem")
    holder.free_empty_slots()


def waive_claim(exchange, account, market):
    """Gives up what is not funded of a claim; what is funded is paid."""
    holder, listed = exchange.account_to_write(account), exchange.market_as_kept(market)
    position = occupied_slot(holder, market)
    if position.claim == 0:
        raise Refused("NoClaim")
    if holder.has_open_position():
        raise Refused("PositionsOpen")
    if any(slot.owes() for slot in holder.positions):
        raise Refused("DebtOutstanding")
    postings.redeem(holder, position, listed.ledger)
    postings.drop_claim(position, listed.ledger, position.claim)
    holder.free_empty_slots()


# --- Bankruptcy and insurance ---------------------------------------------------------------------------------------


def resolve_bankruptcy(exchange, account, market):
    """What a bankrupt account owes one market is paid by its balance, by both insurances, and by nobody."""
    debtor = exchange.account_to_write(account)
    listed, _ = exchange.bring_up_to_date(market, None, account)
    exchange.require_not_paused()
    promised = promised_by_dead_oracles(exchange, debtor, listed)
    position, ledger = debtor.slot_of(market), listed.ledger
    if position is None or position.debt == 0:
        raise Refused("NoDebt")
    if debtor.balance + promised >= sum(slot.debt for slot in debtor.positions):
        raise Refused("NotBankrupt")
    for slot in debtor.occupied():
        if postings.funded_part(slot, exchange.markets[slot.market].ledger) > 0:
            raise Refused("ClaimNotRedeemed")

    claims = sum(slot.claim for slot in debtor.positions)
    recoverable = sum(slot.recoverable for slot in debtor.positions)
    postings.repay(debtor, position, ledger)
    unpaid = position.debt
    pay_from_insurance(position, ledger)
    pay_from_shared_insurance(exchange, position, listed)
    ledger.written_off = checked(ledger.written_off + position.debt)
    ledger.debts -= position.debt
    position.debt = 0
    position.recoverable += min(unpaid, max(0, claims - recoverable) + promised)
    debtor.free_empty_slots()


def promised_by_dead_oracles(exchange, debtor, listed):
    """What the open positions, all in markets whose oracle is dead, may come to at most."""
    markets = [exchange.markets[slot.market] for slot in debtor.occupied()]
    reference = reference_time(exchange.now, [*markets, listed])
    promised = 0
    for slot, market in zip(debtor.occupied(), markets):
        if slot.size == 0:
            continue
        if not is_dead(market, reference):
            raise Refused("PositionsOpen")
        best = better_end(slot.side(), stress_range(market, reference))
        promised += div_ceil(max(0, unrealized(slot, best) - funding_owed(slot, market)), ATOM)
    return promised


def pay_from_insurance(position, ledger):
    paid = min(ledger.insurance, position.debt)
    ledger.insurance -= paid
    pay_into_backing(position, ledger, paid)


def pay_from_shared_insurance(exchange, position, market):
    """At most a share of what it held when the window of all markets opened, and the market's limit for life."""
    pool, ledger = exchange.pool_to_write(), market.ledger
    draw, parameters = pool.shared_draw, pool.parameters
    if draw.window_start == 0 or exchange.now >= draw.window_start + parameters.shared_draw_window:
        draw.window_start, draw.insurance_at_start, draw.drawn = exchange.now, pool.insurance, 0
    of_window = share_floor(draw.insurance_at_start, parameters.shared_draw_share) - draw.drawn
    of_life = market.parameters.shared_draw_limit - ledger.shared_drawn
    paid = min(pool.insurance, of_window, of_life, position.debt)
    pool.insurance -= paid
    draw.drawn += paid
    ledger.shared_drawn += paid
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
