"""The whole exchange: its state, and operations that either happen as a whole or change nothing."""

from copy import copy

import backing
import decisions
import funding
import governance
import liquidation
import liquidity
import operations
import orders
import settlement
import settling
import trading
import valuation
from boundaries import keep_market
from epoch import QUEUE_BOUNDARIES, Paid, Waiting
from grace import is_in_force
from market import is_short
from price import reference_time, take_reading
from state import (
    ACTIVE,
    ISOLATED,
    PAUSED,
    REDUCE_ONLY,
    Account,
    Market,
    Parameters,
    Pool,
    PoolParameters,
    Restriction,
    become,
    copy_of_account,
    copy_of_book,
    copy_of_market,
    copy_of_pool,
)
from units import Refused

OPERATIONS = {
    operation.__name__: operation
    for operation in (
        trading.trade,
        orders.open_orders,
        orders.place_orders,
        orders.arm_order,
        orders.execute_order,
        orders.sweep_order,
        orders.close_orders,
        liquidation.liquidate,
        operations.deposit,
        operations.withdraw,
        operations.update_prices,
        operations.update_second_price,
        operations.update_funding,
        settling.settle_funding,
        settling.settle_pnl,
        operations.fund_claims,
        operations.redeem_claim,
        operations.waive_claim,
        operations.resolve_bankruptcy,
        operations.fund_insurance,
        settlement.report_oracle_outage,
        settlement.delist_market,
        settlement.begin_settlement,
        liquidity.request_liquidity_deposit,
        liquidity.request_liquidity_withdrawal,
        valuation.value_market,
        liquidity.close_epoch,
        liquidity.pay_liquidity_request,
        backing.allocate_backing,
        governance.set_exchange_status,
        governance.set_market_status,
        governance.set_backing_target,
        governance.withdraw_protocol_fees,
        decisions.propose_parameters,
        decisions.apply_parameters,
        decisions.propose_oracle,
        decisions.apply_oracle,
        decisions.propose_pool_parameters,
        decisions.apply_pool_parameters,
        decisions.propose_insurance,
        decisions.apply_insurance,
        decisions.cancel_proposal,
        decisions.tighten_market,
        governance.open_account,
        governance.close_account,
    )
}


class Exchange:
    def __init__(self, description):
        """From the first line of a transcript."""
        self.epoch_rent = description["epoch_rent"]
        self.pool = Pool(PoolParameters(**description["pool_parameters"]))
        self.markets = [listed(index, market) for index, market in enumerate(description["markets"])]
        self.accounts = new_accounts(description["accounts"])
        self.holders = [0] * description["holders"]
        self.books = {}
        self.proposals = {}
        self.order_lamports = 0
        self.share_escrow = 0
        self.requests = {}
        self.epochs = {}
        self.queue = [Waiting() for _ in range(QUEUE_BOUNDARIES)]
        self.rest = Waiting()
        self.boundary = 0
        self.paid = Paid()
        self.pause, self.pause_began = Restriction(), 0
        self.reduce_only = Restriction()
        self.now = 0
        self.slot = 0
        self._saved = {}

    # --- Operations -----------------------------------------------------------------------------------------------

    def run(self, name, now, slot, arguments):
        """Runs one operation. Returns `ok`, or the name of the error with which it was refused."""
        self.now, self.slot, self.paid, self._saved = now, slot, Paid(), {}
        try:
            OPERATIONS[name](self, **arguments)
        except Refused as refusal:
            self._undo()
            return refusal.name
        return "ok"

    def _undo(self):
        for undo in self._saved.values():
            undo()

    def _save(self, key, undo):
        self._saved.setdefault(key, undo)

    # --- What an operation writes: kept as it was until the operation is through ------------------------------------

    def account_to_write(self, index):
        account = self.accounts[index]
        if ("account", index) not in self._saved:
            before = copy_of_account(account)
            self._save(("account", index), lambda: become(account, before))
        return account

    def put_account(self, index, account):
        if index == len(self.accounts):
            self.accounts.append(None)
        before = self.accounts[index]
        self._save(("account", index), lambda: self.accounts.__setitem__(index, before))
        self.accounts[index] = account

    def set_book(self, account, book):
        self._put(self.books, account, book)

    def book_to_write(self, account):
        """The orders of an account."""
        self.set_book(account, copy_of_book(self.books[account]))
        return self.books[account]

    def move_order_lamports(self, lamports):
        self._set("order_lamports", self.order_lamports + lamports)

    def market_to_write(self, index):
        market = self.markets[index]
        if ("market", index) not in self._saved:
            before = copy_of_market(market)
            self._save(("market", index), lambda: become(market, before))
        return market

    def pool_to_write(self):
        before = copy_of_pool(self.pool)
        self._save(("pool",), lambda: become(self.pool, before))
        return self.pool

    def statuses_to_write(self):
        pause, pause_began, reduce_only = copy(self.pause), self.pause_began, copy(self.reduce_only)

        def undo():
            self.pause, self.pause_began, self.reduce_only = pause, pause_began, reduce_only

        self._save(("statuses",), undo)

    def set_holder(self, index, shares):
        before = self.holders[index]
        self._save(("holder", index), lambda: self.holders.__setitem__(index, before))
        self.holders[index] = shares

    def set_share_escrow(self, shares):
        self._set("share_escrow", shares)

    def set_boundary(self, boundary):
        self._set("boundary", boundary)

    def set_rest(self, rest):
        self._set("rest", rest)

    def _set(self, name, value):
        before = getattr(self, name)
        self._save((name,), lambda: setattr(self, name, before))
        setattr(self, name, value)

    def queue_to_write(self):
        before = list(self.queue)
        self._save(("queue",), lambda: setattr(self, "queue", before))
        return self.queue

    def set_request(self, holder, nonce, request):
        self._put(self.requests, (holder, nonce), request)

    def set_proposal(self, place, proposal):
        self._put(self.proposals, place, proposal)

    def set_epoch(self, boundary, closed):
        self._put(self.epochs, boundary, closed)

    def epoch_of(self, request):
        """The closed epoch to which a request belongs, or None."""
        for closed in self.epochs.values():
            if closed.previous < request.belongs_from <= closed.boundary:
                return closed
        return None

    def epoch_to_write(self, request):
        closed = copy(self.epoch_of(request))
        if closed is None:
            raise Refused("WrongEpoch")
        self.set_epoch(closed.boundary, closed)
        return closed

    def _put(self, table, key, record):
        """Stores a record under its key, or takes it out where there is none any more."""
        before = table.get(key)
        self._save((id(table), key), lambda: put(table, key, before))
        put(table, key, record)

    # --- Steps that operations share ----------------------------------------------------------------------------------

    def own_status(self):
        """What somebody set for the whole exchange and has not ended, without the grace."""
        if governance.in_force(self.pause, self.now):
            return PAUSED
        return REDUCE_ONLY if governance.in_force(self.reduce_only, self.now) else ACTIVE

    def status_of(self, market):
        """The stricter of the exchange's status and the market's; at least reduce-only in a grace and before its end."""
        limited = (
            governance.in_grace(self, self.now)
            or governance.in_force(market.reduce_only, self.now)
            or is_in_force(market, self.now)
            or market.is_to_end()
        )
        return max(self.own_status(), REDUCE_ONLY if limited else ACTIVE)

    def require_not_paused(self):
        if self.own_status() == PAUSED:
            raise Refused("Paused")

    def boundary_has_come(self):
        """Whether the boundary that the exchange waits for has, by the clock."""
        return 0 < self.boundary <= self.now

    def market_as_kept(self, index, reading=None):
        """The market to be written, its books kept if a boundary has come, or comes with the reading."""
        market = self.market_to_write(index)
        keep_market(self, market, reading and reading["publish_time"])
        return market

    def bring_up_to_date(self, index, reading, account):
        """Takes the reading in, accrues funding at the new price and notes whether the market is short.

        Returns the market and the time from which ages count. `account` is the one whose other markets the
        instruction hands in, or None where it hands in none.
        """
        market = self.market_as_kept(index, reading)
        if reading is not None:
            take_reading(market, reading, self)
        handed_in = [market]
        if account is not None:
            handed_in += [self.markets[position.market] for position in self.accounts[account].occupied()]
        reference = reference_time(self.now, handed_in)
        self.accrue(market, reference)
        return market, reference

    def accrue(self, market, reference):
        """Accrues and notes whether the market is short. Returns what became of the accrual."""
        outcome = funding.accrue(market, self.now, reference)
        market.ledger.short = is_short(market)
        return outcome


def put(table, key, record):
    if record is None:
        table.pop(key, None)
    else:
        table[key] = record


def listed(index, description):
    return Market(
        index=index,
        parameters=Parameters(**description["parameters"]),
        base_decimals=description["base_decimals"],
        quote_decimals=description["quote_decimals"],
        target_backing=description["target_backing"],
    )


def new_accounts(description):
    """A number of cross accounts, or for each account the market it is isolated to, null for a cross account."""
    if isinstance(description, int):
        return [Account() for _ in range(description)]
    return [
        Account() if market is None else Account(kind=ISOLATED, isolated_market=market) for market in description
    ]
