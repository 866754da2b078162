"""What the tests share: an exchange with SOL at $250, and helpers that read like sentences."""

import unittest

from boundaries import boundary_after
from epoch import PRICE_LIMITS
from exchange import Exchange
from margin import health, view_of
from sequence import START, description, reading

USD = 10**6  # atoms
SOL = 10**9  # base units
PRICE_250 = 1 << 38
NO_BOUND = {1: 2**64 - 1, -1: 1}
ALL = 2**64 - 1

HOUR, DAY = 3_600, 86_400
ANY, ONE, TWO, FIVE, TEN = range(len(PRICE_LIMITS))
# The first whole hour after the stories begin, 2 800 s later.
FIRST = boundary_after(START, HOUR)
# Shares of a pool that has some, an atom each.
SHARES = 200_000 * USD


class Story(unittest.TestCase):
    """Markets with SOL at $250, published a second ago, and a million of backing each."""

    def begin(self, **changed):
        self.exchange = Exchange(description(**changed))
        self.now, self.slot = START, 1
        for market in self.exchange.markets:
            self.publishes(250, market.index)
            market.ledger.backing = 1_000_000 * USD
        self.later(1)

    def later(self, seconds):
        """Two slots pass a second, so that the chain is never halted by itself."""
        self.now += seconds
        self.slot += 2 * seconds

    def does(self, name, expected="ok", **arguments):
        self.assertEqual(self.exchange.run(name, self.now, self.slot, arguments), expected, name)

    def publishes(self, dollars, market=0, published=None, confidence=0, previous=None):
        published = self.now if published is None else published
        self.does("update_prices", market=market, reading=reading(dollars, published, confidence, previous))

    def trades(self, account, size, expected="ok", market=0, reduce_only=False):
        bound = NO_BOUND[1 if size > 0 else -1]
        arguments = {"market": market, "size": size, "acceptable_price": bound, "reduce_only": reduce_only}
        self.does("trade", expected, account=account, **arguments)

    def liquidates(self, account, expected="ok", market=0, max_size=ALL):
        """The last account is the one that is credited."""
        liquidator = len(self.exchange.accounts) - 1
        arguments = {"account": account, "liquidator": liquidator, "market": market}
        self.does("liquidate", expected, max_size=max_size, min_bounty=0, **arguments)

    def bounties(self):
        return self.exchange.accounts[-1].balance

    def health_of(self, account):
        return health(account, view_of(account, self.exchange.markets, None, self.now))

    def hold(self, account, size, entry, market=0):
        """Gives an account a position without a trade: size in base units, entry in raw."""
        ledger = self.exchange.markets[market].ledger
        position = next(slot for slot in self.exchange.accounts[account].positions if not slot.occupied)
        position.occupied, position.market, position.size, position.entry_notional = 1, market, size, entry
        side = ledger.sides[position.side()]
        position.funding_index = side.funding_index
        side.open_interest += abs(size)
        side.entry_notional += entry
        side.funding_checkpoint += abs(size) * side.funding_index
        return position

    def claims(self, account, amount, market=0):
        ledger = self.exchange.markets[market].ledger
        position = next(slot for slot in self.exchange.accounts[account].positions if not slot.occupied)
        position.occupied, position.market, position.claim = 1, market, amount
        position.claim_factor, position.claim_round = ledger.claim_factor, ledger.claim_round
        ledger.claims += amount
        return position

    def owes(self, account, amount, market=0):
        position = next(slot for slot in self.exchange.accounts[account].positions if not slot.occupied)
        position.occupied, position.market, position.debt = 1, market, amount
        self.exchange.markets[market].ledger.debts += amount
        return position


class Epochs(Story):
    def begin_with_shares(self, **changed):
        """A pool of $200 000, half of it placed, whose 200 000 shares two holders have in halves."""
        self.begin(holders=2, **changed)
        pool, ledger = self.exchange.pool, self.exchange.markets[0].ledger
        pool.shares, pool.cash, pool.placed = SHARES, SHARES // 2, SHARES // 2
        ledger.backing = ledger.net_principal = SHARES // 2
        self.exchange.holders[:] = [SHARES // 2] * 2
        return pool, ledger

    def deposits(self, amount, nonce, limit=ANY, holder=0):
        self.does("request_liquidity_deposit", holder=holder, nonce=nonce, amount=amount, limit=limit)

    def withdraws(self, amount, nonce, limit=ANY, holder=0):
        self.does("request_liquidity_withdrawal", holder=holder, nonce=nonce, amount=amount, limit=limit)

    def at(self, time):
        self.later(time - self.now)

    def values(self, expected="ok", dollars=None, published=None, previous=None, market=0, confidence=0):
        handed_in = dollars and reading(dollars, published, confidence, previous)
        self.does("value_market", expected, market=market, reading=handed_in)

    def worth(self):
        """What the markets that are valued were worth at least and at most, where no cash has moved since."""
        pool = self.exchange.pool
        return pool.epoch.lower - pool.cash, pool.epoch.upper - pool.cash

    def pays(self, nonce, expected="ok", holder=0):
        """Returns what the owner gets, in tokens and shares."""
        self.does("pay_liquidity_request", expected, holder=holder, nonce=nonce)
        return self.exchange.paid.tokens, self.exchange.paid.shares
