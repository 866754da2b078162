"""Requests, closes and payments: who belongs to which boundary, and who gets what (liquidity.md)."""

from boundaries import boundary_after
from epoch import LastEpoch
from sequence import START
from story import ANY, DAY, FIRST, FIVE, HOUR, ONE, SHARES, SOL, TEN, TWO, USD, Epochs
from units import ATOM


class Requests(Epochs):
    def test_the_first_deposit_belongs_to_the_first_boundary_after_its_notice(self):
        self.begin()
        pool, ledger = self.exchange.pool, self.exchange.markets[0].ledger
        ledger.backing = 0
        self.values("NoBoundary")
        self.at(FIRST - 600)
        self.deposits(1_000 * USD, nonce=1)
        self.assertEqual((self.exchange.boundary, pool.escrow), (FIRST, 1_000 * USD))
        # Another second, and it is an hour later.
        self.later(1)
        self.deposits(1_000 * USD, nonce=2)
        self.assertEqual(self.exchange.queue[(FIRST + HOUR) // HOUR % 32].deposits.amounts[ANY], 1_000 * USD)
        self.at(FIRST - 1)
        self.values("BoundaryAhead")
        self.does("close_epoch", "BoundaryAhead")
        self.later(1)
        self.does("close_epoch", "MarketsNotValued")
        self.values()
        self.values("MarketValued")
        self.pays(1, "WrongEpoch")
        self.does("close_epoch")
        self.pays(1)
        self.pays(2, "WrongEpoch")
        # 200 ppm of $1 000 are set apart; a share is an atom, and 10 000 are nobody's.
        self.assertEqual((pool.settling, pool.cash, pool.shares), (200_000, 999_800_000, 999_800_000))
        self.assertEqual((self.exchange.holders[0], pool.escrow), (999_790_000, 1_000 * USD))
        self.assertEqual(pool.last, LastEpoch(FIRST, 999_800_000, 999_800_000, 999_800_000))
        self.assertEqual((self.exchange.boundary, list(self.exchange.requests)), (FIRST + HOUR, [(0, 2)]))

    def test_a_withdrawal_gives_a_days_notice_and_a_deposit_comes_before_it(self):
        self.begin_with_shares()
        self.withdraws(1_000 * USD, nonce=1)
        self.assertEqual(self.exchange.boundary, FIRST + DAY)
        self.deposits(1_000 * USD, nonce=2)
        self.assertEqual(self.exchange.boundary, FIRST)
        self.assertEqual(self.exchange.holders[0], 99_000 * USD)
        self.at(FIRST)
        self.values()
        self.does("close_epoch")
        self.assertEqual(self.exchange.boundary, FIRST + DAY)

    def test_what_is_too_small_is_refused_unless_it_is_all(self):
        self.begin_with_shares()
        request = {"holder": 0, "nonce": 1, "limit": ANY}
        self.does("request_liquidity_deposit", "RequestTooSmall", amount=10 * USD - 1, **request)
        self.does("request_liquidity_withdrawal", "AmountZero", amount=0, **request)
        self.does("request_liquidity_withdrawal", "InsufficientBalance", amount=SHARES, **request)
        self.does("request_liquidity_withdrawal", "RequestTooSmall", amount=10 * USD - 1, **request)
        self.exchange.holders[0] = 7
        self.does("request_liquidity_withdrawal", amount=7, **request)

    def test_a_request_pays_for_every_market_and_gets_back_what_is_left(self):
        self.begin_with_shares(markets=2)
        for nonce in (1, 2, 3):
            self.deposits(1_000 * USD, nonce)
        self.at(FIRST)
        for market in (0, 1):
            self.values(market=market)
        # Each paid 2 · 10 000 + 20 000; two valuations cost 10 000 each.
        self.assertEqual(self.exchange.pool.epoch.waiting.lamports, 3 * 40_000 - 2 * 10_000)
        self.does("close_epoch")
        # Of 100 000 the close takes 20 000: a third of the rest is 26 666, and two are left to it besides.
        paid = self.exchange.paid
        self.assertEqual((paid.lamports, paid.lamports_kept), (20_002, 3 * 26_666))
        for nonce in (1, 2, 3):
            self.pays(nonce)
            self.assertEqual(self.exchange.paid.lamports, 26_666)

    def test_a_place_that_is_needed_again_loses_nobody(self):
        pool, _ = self.begin_with_shares()
        self.withdraws(1_000 * USD, nonce=1)
        self.deposits(1_000 * USD, nonce=2)
        # Nobody does anything for seven hours, when a withdrawal's boundary is the 32nd after the first.
        self.at(FIRST + 7 * HOUR + 1)
        self.withdraws(1_000 * USD, nonce=3)
        self.assertEqual(pool.epoch.waiting.deposits.requests[ANY], 1)
        self.values()
        self.does("close_epoch")
        self.assertEqual(self.pays(2), (0, 999_800_000))
        # The same once an hour has passed for which nobody was ready: who waited for it waits for what comes next.
        self.begin_with_shares()
        self.deposits(1_000 * USD, nonce=1)
        self.later(HOUR)
        self.deposits(1_000 * USD, nonce=2)
        self.at(FIRST + HOUR)
        self.withdraws(1_000 * USD, nonce=3)
        self.at(FIRST + 8 * HOUR + 1)
        self.withdraws(1_000 * USD, nonce=4)
        place = self.exchange.queue[(FIRST + HOUR) // HOUR % 32]
        self.assertEqual((place.boundary, place.deposits.requests[ANY]), (FIRST + 33 * HOUR, 0))
        self.values()
        self.does("close_epoch")
        self.assertEqual(self.exchange.boundary, FIRST + 9 * HOUR)
        self.at(self.exchange.boundary)
        self.values()
        self.does("close_epoch")
        self.assertEqual(self.pays(2), (0, 999_800_000))

    def test_what_a_late_close_has_passed_by_waits_for_the_next_boundary(self):
        self.begin_with_shares()
        self.deposits(1_000 * USD, nonce=1)
        self.later(HOUR)
        self.deposits(1_000 * USD, nonce=2)
        # A minute and a second before the fifth hour, and then a minute before the sixth.
        for nonce, time in ((3, FIRST + 4 * HOUR - 61), (4, FIRST + 5 * HOUR - 59)):
            self.at(time)
            self.values()
            self.does("close_epoch")
            self.deposits(1_000 * USD, nonce)
            self.assertEqual(self.exchange.boundary, boundary_after(time, HOUR) + (nonce == 4) * HOUR)
            self.at(self.exchange.boundary)
        closed = self.exchange.epochs[FIRST + 4 * HOUR]
        self.assertEqual((closed.previous, closed.requests), (FIRST, 1))


class Closes(Epochs):
    def close_at(self, lower, upper):
        """Closes the awaited boundary as if the pool had been worth so much."""
        self.at(self.exchange.boundary)
        self.values()
        epoch = self.exchange.pool.epoch
        epoch.lower, epoch.upper = lower, upper
        self.does("close_epoch")
        return self.exchange.epochs[self.exchange.pool.last.boundary]

    def test_limits_compare_with_the_boundary_before(self):
        pool, _ = self.begin_with_shares()
        self.deposits(1_000 * USD, nonce=0)
        # What there is no boundary to compare with is accepted.
        self.close_at(SHARES, SHARES)
        self.assertEqual(self.exchange.epochs[FIRST].deposits_accepted, 0b11111)
        # Of the last hour's 200 000 shares and $200 000, at $2 % more.
        pool.shares = SHARES
        for limit in (ANY, ONE, TWO):
            self.deposits(1_000 * USD, nonce=1 + limit, limit=limit)
        closed = self.close_at(SHARES, SHARES // 100 * 102)
        self.assertEqual(closed.deposits_accepted, 0b11101)
        # The one that is refused lies there to be returned, and gets lamports back like the others.
        self.assertEqual((closed.deposited, closed.requests, pool.escrow), (2_000 * USD, 3, 1_000 * USD))
        self.assertEqual(self.pays(1 + ONE), (1_000 * USD, 0))
        self.assertEqual(pool.escrow, 0)

    def test_a_withdrawal_that_brings_too_little_comes_back(self):
        pool, _ = self.begin_with_shares()
        for limit in range(5):
            self.withdraws(1_000 * USD, nonce=limit, limit=limit)
        self.deposits(1_000 * USD, nonce=10)
        self.close_at(SHARES, SHARES)
        pool.shares = SHARES
        self.assertEqual(self.exchange.pool.last.lower, SHARES)
        # An atom more than 5 % less.
        closed = self.close_at(SHARES // 100 * 95 - 1, SHARES)
        self.assertEqual((closed.withdrawals_accepted, closed.leaving), (0b10001, 2_000 * USD))
        self.assertEqual(self.pays(FIVE), (0, 1_000 * USD))
        self.assertEqual(self.exchange.holders[0], 96_000 * USD)
        # 2 000 shares are an atom less than $1 900, of which $0.38 is the fee; the half is rounded down as well.
        self.assertEqual(closed.paid, 1_899_619_999)
        self.assertEqual(self.pays(TEN), (949_809_999, 0))

    def test_a_withdrawal_may_bring_exactly_so_much_less(self):
        pool, _ = self.begin_with_shares()
        pool.last = LastEpoch(START - HOUR, SHARES, SHARES, SHARES)
        self.withdraws(1_000 * USD, nonce=1)
        closed = self.close_at(SHARES // 100 * 95, SHARES)
        self.assertEqual(closed.withdrawals_accepted, 0b11001)

    def test_a_worthless_pool_sells_nothing_and_redeems_nothing(self):
        pool, _ = self.begin_with_shares()
        self.withdraws(1_000 * USD, nonce=1)
        self.later(85_000)
        self.deposits(1_000 * USD, nonce=2)
        closed = self.close_at(0, 0)
        self.assertEqual((closed.deposits_accepted, closed.withdrawals_accepted, closed.requests), (0, 0, 2))
        self.assertEqual((self.pays(1), self.pays(2)), ((0, 1_000 * USD), (1_000 * USD, 0)))

    def test_what_sells_nothing_leaves_the_price_that_limits_go_by(self):
        pool, _ = self.begin_with_shares()
        half = LastEpoch(START - HOUR, SHARES // 2, SHARES // 2 + 1, SHARES // 2)
        # Half of the shares cost $100 000 and an atom, so that all cost twice that; never less than they are worth.
        for lower, upper in ((SHARES - 1, SHARES + 2), (SHARES + 3, SHARES + 3)):
            pool.last, pool.shares = half, SHARES
            self.deposits(1_000 * USD, nonce=lower)
            self.at(self.exchange.boundary)
            self.values()
            pool.epoch.lower, pool.epoch.upper, pool.epoch.sells_nothing = lower, 0, 1
            self.does("close_epoch")
            closed = self.exchange.epochs[pool.last.boundary]
            self.assertEqual((closed.upper, pool.last.upper, closed.deposits_accepted), (upper, upper, 0))

    def test_more_shares_than_there_can_be_are_not_sold(self):
        pool, _ = self.begin_with_shares()
        self.deposits(1_000 * USD, nonce=1)
        # 2 · 10^11 shares that are worth 8 atoms: 10^9 atoms less a fee would buy 2.5 · 10^19, more than 2^62.
        closed = self.close_at(8, 8)
        self.assertEqual((closed.deposits_accepted, closed.deposited, pool.settling), (0, 0, 0))
        self.assertEqual(self.pays(1), (1_000 * USD, 0))

    def test_what_the_cash_does_not_reach_waits_in_proportion(self):
        pool, ledger = self.begin_with_shares()
        self.withdraws(60_000 * USD, nonce=1)
        self.withdraws(100_000 * USD, nonce=2, holder=1)
        boundary = self.exchange.boundary
        closed = self.close_at(SHARES, SHARES)
        # $100 000 for 160 000 shares: five eighths of each, less 200 ppm of $20.
        self.assertEqual((closed.redeemed, closed.paid, pool.cash), (100_000 * USD, 99_980 * USD, 0))
        self.assertEqual((pool.payable, pool.shares), (99_980 * USD, 100_000 * USD))
        # Both wait for the next hour with what they have paid: 2 · 30 000 − 10 000 − 20 000.
        waiting = self.exchange.queue[(boundary + HOUR) // HOUR % 32]
        self.assertEqual((waiting.withdrawals.amounts[ANY], waiting.lamports), (60_000 * USD, 30_000))
        self.assertEqual(self.pays(1), (37_492_500_000, 0))
        rest = self.exchange.requests[0, 1]
        self.assertEqual((rest.amount, rest.belongs_from), (22_500 * USD, boundary + HOUR))
        self.pays(1, "WrongEpoch")
        # The backing comes home, and at the next boundary they are paid whole.
        self.exchange.markets[0].target_backing = 0
        self.does("allocate_backing", market=0)
        closed = self.close_at(100_000 * USD, 100_000 * USD)
        self.assertEqual((closed.leaving, closed.redeemed), (60_000 * USD, 60_000 * USD))
        self.assertEqual(self.pays(1), (22_495_500_000, 0))
        # The other is still to be paid what he got at the boundary before.
        self.assertEqual(self.pays(2, holder=1), (62_487_500_000, 0))
        self.assertEqual(self.pays(2, holder=1), (37_492_500_000, 0))
        self.assertEqual((self.exchange.requests, self.exchange.epochs, pool.payable), ({}, {}, 0))

    def test_as_many_shares_are_redeemed_as_the_cash_pays_for(self):
        pool, _ = self.begin_with_shares()
        self.withdraws(80_000 * USD, nonce=1)
        self.withdraws(80_000 * USD, nonce=2, holder=1)
        # $100 000 at $0.90 a share: 111 111.111111 of 160 000, rounded up, and half of what is left each.
        closed = self.close_at(SHARES // 10 * 9, SHARES)
        self.assertEqual((closed.redeemed, pool.cash), (111_111_111_112, 0))
        self.pays(1)
        self.assertEqual(self.exchange.requests[0, 1].amount, 24_444_444_444)

    def test_what_rounding_leaves_of_the_payments_returns_to_the_pool(self):
        pool, _ = self.begin_with_shares()
        for nonce, amount in enumerate((10_000_000, 10_000_001, 10_000_003)):
            self.withdraws(amount, nonce)
        # A share is worth half an atom: 15 000 002 for all, less ⌈3 000.0004⌉.
        closed = self.close_at(SHARES // 2, SHARES)
        self.assertEqual((closed.paid, pool.payable), (14_997_001, 14_997_001))
        cash = pool.cash
        for nonce, paid in enumerate((4_998_999, 4_999_000, 4_999_001)):
            self.assertEqual(self.pays(nonce), (paid, 0))
        self.assertEqual((pool.payable, pool.cash), (0, cash + 1))


class InNumbers(Epochs):
    """The example of liquidity.md: 40 000 SOL long, 30 000 SOL short, and $300 of funding that is not settled."""

    def begin_with_sides(self, entry_of_longs, entry_of_shorts, backing):
        self.begin(holders=2)
        pool, ledger = self.exchange.pool, self.exchange.markets[0].ledger
        pool.cash, pool.shares, ledger.backing = 400_000 * USD, 1_000_000 * USD, backing * USD
        self.exchange.holders[:] = [pool.shares, 0]
        self.hold(0, 40_000 * SOL, entry_of_longs * USD * ATOM)
        self.hold(1, -30_000 * SOL, entry_of_shorts * USD * ATOM)
        ledger.sides[0].funding_checkpoint -= 300 * USD * ATOM
        return pool

    def value_at_255(self):
        boundary = self.exchange.boundary
        self.at(boundary)
        self.values(dollars=255, published=boundary, confidence=0.1)

    def close_to(self, atoms, dollars):
        self.assertAlmostEqual(atoms / USD, dollars, places=2)

    def test_nobody_settled(self):
        pool = self.begin_with_sides(10_000_000, 7_560_000, 700_000)
        self.deposits(1_000 * USD, nonce=1)
        self.value_at_255()
        self.close_to(pool.epoch.lower, 896_000)
        self.close_to(pool.epoch.upper, 1_100_300)

    def test_settled(self):
        # All entered at $255: longs are paid $200 000 and shorts pay $90 000.
        pool = self.begin_with_sides(10_200_000, 7_650_000, 590_000)
        pool.last = LastEpoch(START - HOUR, 979_000 * USD, 981_000 * USD, 1_000_000 * USD)
        self.withdraws(500_000 * USD, nonce=1)
        self.later(85_000)
        self.deposits(50_000 * USD, nonce=2, holder=1)
        self.deposits(20_000 * USD, nonce=3, holder=1, limit=ONE)
        boundary = self.exchange.boundary
        self.value_at_255()
        self.close_to(pool.epoch.lower, 986_000)
        self.close_to(pool.epoch.upper, 991_300)
        self.does("close_epoch")
        closed = self.exchange.epochs[boundary]
        # 0.9913 is above 0.981 · 1.01 = 0.99081.
        self.assertEqual((closed.deposits_accepted, closed.withdrawals_accepted), (0b11101, 0b11111))
        # $49 990 for shares at $0.9913; $449 990 of cash for shares worth $493 000.
        self.close_to(closed.issued, 50_428.73)
        self.close_to(closed.redeemed, 456_379.31)
        self.assertEqual((closed.paid, pool.cash, pool.settling), (449_900_002_000, 0, 99_998_000))
        # Rents apart three requests have paid 30 000 lamports each; 20 000 come back, the withdrawal's with its rest.
        paid = self.exchange.paid
        self.assertEqual((closed.lamports_each, paid.lamports, paid.lamports_kept), (20_000, 20_000, 40_000))
        self.assertEqual(self.pays(3, holder=1), (20_000 * USD, 0))
        self.pays(1)
        self.close_to(self.exchange.requests[0, 1].amount, 43_620.69)
        self.assertEqual(self.exchange.paid.lamports, 0)
