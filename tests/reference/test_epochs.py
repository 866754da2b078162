"""Liquidity in epochs: who belongs to which boundary, what it is worth there, and who gets what (liquidity.md)."""

from dataclasses import asdict

from boundaries import boundary_after
from exchange import Exchange
from sequence import START, description, reading
from state import PRICE_LIMITS, LastEpoch
from story import PRICE_250, SOL, USD, Story
from units import ATOM, MAX_AMOUNT

HOUR, DAY = 3_600, 86_400
ANY, ONE, TWO, FIVE, TEN = range(len(PRICE_LIMITS))
# The first whole hour after the stories begin, 2 800 s later.
FIRST = boundary_after(START, HOUR)
SHARES = 200_000 * USD
FORTY = 40 * SOL


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


class Values(Epochs):
    def test_who_enters_pays_the_most_and_who_leaves_gets_the_least(self):
        pool, _ = self.begin_with_shares()
        # Longs are $1 000 ahead at $250 and $1 040 at $251.
        self.hold(0, FORTY, 9_000 * USD * ATOM)
        self.withdraws(1_000 * USD, nonce=1)
        self.later(85_000)
        self.deposits(1_000 * USD + 1, nonce=2, holder=1)
        boundary = self.exchange.boundary
        self.at(boundary)
        self.values(dollars=250, published=boundary, confidence=1)
        # $100 000 of cash and as much backing; winners leave $98 960 of it but for an atom, since a confidence rounds up.
        self.assertEqual(self.worth(), (98_960 * USD - 1, 100_000 * USD))
        self.does("close_epoch")
        # For 1 000 shares $994.799999, less 200 ppm rounded up; for $1 000.000001 without its fee, rounded up
        # too, as many shares as dollars.
        closed = self.exchange.epochs[boundary]
        self.assertEqual((closed.redeemed, closed.paid), (1_000 * USD, 994_799_999 - 198_960))
        self.assertEqual((closed.issued, pool.settling), (999_800_000, 200_001 + 198_960))
        self.assertEqual(self.pays(1), (994_601_039, 0))
        self.assertEqual(self.pays(2, holder=1), (0, 999_800_000))
        self.assertEqual(self.exchange.holders, [99_000 * USD, 100_000 * USD + 999_800_000])
        self.assertEqual((pool.payable, self.exchange.epochs), (0, {}))

    def test_losers_pay_for_whoever_enters_and_for_nobody_who_leaves(self):
        pool, ledger = self.begin_with_shares()
        # $1 000 behind and $200 ahead, $50 owed and $20 claimed.
        self.hold(0, FORTY, 11_000 * USD * ATOM)
        self.hold(1, -20 * SOL, 5_200 * USD * ATOM)
        self.claims(0, 20 * USD)
        self.owes(1, 50 * USD)
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST)
        self.values(dollars=250, published=FIRST)
        self.assertEqual(self.worth(), ((100_000 - 200 - 20) * USD, (100_000 + 800 - 20 + 50) * USD))

    def test_no_share_is_sold_while_losers_owe_more_than_a_stress_move(self):
        pool, _ = self.begin_with_shares()
        # Entered at $300: 15 % of $12 000 are $1 800, and they are $2 000 behind. Shorts have lost nothing and do not count.
        self.hold(0, FORTY, 12_000 * USD * ATOM)
        self.hold(1, -FORTY, 10_000 * USD * ATOM)
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST)
        self.values(dollars=250, published=FIRST)
        self.assertEqual((pool.epoch.sells_nothing, self.worth()), (1, (100_000 * USD, 0)))
        self.does("close_epoch")
        self.assertEqual(self.pays(1), (1_000 * USD, 0))
        # With shorts $200 ahead, who are paid by them, it is $1 800: that is sold, and all of it counts.
        self.begin_with_shares()
        self.hold(0, FORTY, 12_000 * USD * ATOM)
        self.hold(1, -FORTY, 10_200 * USD * ATOM)
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST)
        self.values(dollars=250, published=FIRST)
        self.assertEqual(self.worth(), (99_800 * USD, 101_800 * USD))
        self.does("close_epoch")
        # $999.80 at $1.009 a share.
        self.assertAlmostEqual(self.pays(1)[1] / USD, 990.8821, places=4)

    def test_a_range_sells_shares_at_its_worst(self):
        self.begin_with_shares()
        self.hold(0, FORTY, 12_000 * USD * ATOM)
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST + 1_801)
        self.values()
        # $212.50 to $287.50: losers owe $500 to $3 500, and a trifle for a range that is rounded up.
        self.assertEqual(self.worth(), (100_000 * USD, 103_500 * USD + 1))
        self.assertEqual(self.exchange.pool.epoch.sells_nothing, 0)

    def test_no_share_is_sold_where_losers_owe_more_than_there_can_be(self):
        pool, ledger = self.begin_with_shares()
        self.hold(0, FORTY, 11_000 * USD * ATOM)
        self.deposits(1_000 * USD, nonce=1)
        pool.cash, ledger.backing = MAX_AMOUNT, 0
        self.at(FIRST)
        self.values(dollars=250, published=FIRST)
        self.assertEqual((pool.epoch.sells_nothing, self.worth()), (1, (0, 0)))
        # There is no room for the tokens either.
        pool.epoch.sells_nothing = 0
        self.does("close_epoch")
        self.assertEqual(self.exchange.epochs[FIRST].deposits_accepted, 0)

    def test_what_happens_after_the_boundary_does_not_count(self):
        pool, ledger = self.begin_with_shares()
        position = self.hold(0, FORTY, 10_000 * USD * ATOM)
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST)
        # Whoever gains $5 000 a second later is paid, and what is left beyond the new target goes home.
        self.later(1)
        self.publishes(375)
        self.does("settle_pnl", account=0, market=0)
        self.assertEqual(position.entry_notional, 15_000 * USD * ATOM)
        self.exchange.markets[0].target_backing = 50_000 * USD
        self.does("allocate_backing", market=0)
        # A second of carry comes on top.
        self.assertAlmostEqual(pool.cash / USD, 145_000, places=2)
        self.values(dollars=250, published=FIRST)
        self.does("close_epoch")
        self.assertEqual((pool.last.lower, pool.last.upper), (200_000 * USD, 200_000 * USD))

    def test_a_market_is_kept_by_a_reading_ahead_of_the_clock(self):
        self.begin_with_shares()
        market = self.exchange.markets[0]
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST - 3)
        self.publishes(251, published=FIRST - 1)
        self.assertEqual(market.at_boundary.boundary, 0)
        self.publishes(252, published=FIRST)
        self.assertEqual(market.at_boundary.boundary, FIRST)
        self.assertEqual(market.at_boundary.price.price, PRICE_250 * 251 // 250)
        # One too far ahead is no price, and keeps nothing.
        self.later(2 * HOUR)
        self.values()
        self.does("close_epoch")
        self.deposits(1_000 * USD, nonce=2)
        self.at(self.exchange.boundary - 11)
        self.publishes(253, published=self.exchange.boundary)
        self.assertEqual(market.at_boundary.boundary, FIRST)

    def test_funding_accrues_up_to_the_boundary_and_no_further(self):
        pool, ledger = self.begin_with_shares()
        ledger.backing = 1_000_000 * USD
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST - 10)
        self.hold(0, 10_000 * SOL, 10_000 * SOL * PRICE_250)
        self.publishes(250)
        self.at(FIRST + 300)
        self.values(dollars=250, published=FIRST)
        kept = self.exchange.markets[0].at_boundary.ledger
        self.assertEqual(kept.funding_time, FIRST)
        # Ten seconds of carry of 5 % a year on a tenth of the cap are $0.00396; funding of an increasing rate comes on top.
        owed = kept.sides[0].pending_funding() / ATOM / USD
        self.assertGreater(owed, 2_500_000 * 0.005 * 10 / 31_557_600)
        upper = -(-(1_000_000 * USD * ATOM + kept.sides[0].pending_funding()) // ATOM)
        self.assertEqual(self.worth(), (1_000_000 * USD, upper))


class Readings(Epochs):
    def await_reading(self, **changed):
        self.begin_with_shares(**changed)
        # Worth 40 dollars less to the pool for every dollar above $200.
        self.hold(0, FORTY, 8_000 * USD * ATOM)
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST)

    def lost(self):
        """What traders have won of the backing at most, in dollars."""
        return round(100_000 - self.worth()[0] / USD, 4)

    def test_the_reading_of_the_boundary_is_final_whatever_was_noted(self):
        self.await_reading()
        self.values("NoBoundaryReading")
        self.values("NoBoundaryReading", 250, published=FIRST - 1, previous=FIRST - 2)
        self.values("NoBoundaryReading", 250, published=FIRST + 11, previous=FIRST)
        self.values(dollars=251, published=FIRST + 1, previous=FIRST)
        self.does("close_epoch", "MarketsNotValued")
        self.values(dollars=252, published=FIRST + 700, previous=FIRST - 1)
        self.assertEqual(self.lost(), 40 * 52)

    def test_of_those_near_the_boundary_the_earliest_counts_once_no_more_do(self):
        self.await_reading()
        self.values(dollars=253, published=FIRST + 9, previous=FIRST + 8)
        self.values(dollars=251, published=FIRST + 4, previous=FIRST + 3)
        self.values(dollars=252, published=FIRST + 7, previous=FIRST + 6)
        # Of the same second that with the earlier predecessor, then the wider, then the lower.
        self.values(dollars=260, published=FIRST + 4, previous=FIRST + 3, confidence=2)
        self.values(dollars=254, published=FIRST + 4, previous=FIRST + 2)
        self.values(dollars=254, published=FIRST + 4, previous=FIRST + 2, confidence=1)
        self.values(dollars=255, published=FIRST + 4, previous=FIRST + 2, confidence=1)
        self.at(FIRST + 1_800)
        self.values("NoBoundaryReading")
        self.later(1)
        # $254 and $1 of confidence; that of the boundary comes too late.
        self.values(dollars=250, published=FIRST, previous=FIRST - 1)
        self.assertEqual(self.lost(), 40 * 55)

    def test_without_any_the_range_of_the_price_it_had_counts(self):
        self.await_reading()
        self.at(FIRST + 1_801)
        self.values()
        # 15 % of $250: $287.50 at most.
        self.assertEqual(self.lost(), 40 * 87.5)
        self.await_reading(stress_move=10_000, outage_delay=300)
        self.at(FIRST + 1_801)
        self.values()
        # 2 · 80 % · √(2 801 s), by the time that had passed at the boundary: 1.5074 %.
        self.assertAlmostEqual(self.lost() / 40 - 50, 250 * 0.015074, places=3)

    def test_a_market_whose_end_may_be_undone_takes_no_reading(self):
        self.begin_with_shares()
        settlement = self.exchange.markets[0].settlement
        self.hold(0, FORTY, 8_000 * USD * ATOM)
        settlement.outage_since, settlement.moved_at, settlement.price = self.now, self.now, PRICE_250
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST)
        self.values("NoBoundaryReading", 250, published=FIRST)
        self.at(FIRST + 1_801)
        self.values()
        self.assertEqual(self.lost(), 40 * 87.5)

    def test_a_market_that_has_ended_since_had_not_ended_then(self):
        self.await_reading(stress_move=10_000)
        market = self.exchange.markets[0]
        market.settlement.delisted_from = self.now - HOUR
        # In the boundary's own second, but its books are kept before.
        self.does("begin_settlement", market=0)
        self.values("NoBoundaryReading")
        self.at(FIRST + 1_801)
        self.values()
        # The range that it had at the boundary, and none of a final price.
        self.assertAlmostEqual(self.lost() / 40 - 50, 250 * 0.015074, places=3)

    def test_a_market_that_ended_after_its_books_were_kept_had_not_ended(self):
        self.begin_with_shares()
        self.hold(0, FORTY, 8_000 * USD * ATOM)
        self.deposits(1_000 * USD, nonce=1)
        self.exchange.markets[0].settlement.delisted_from = self.now - HOUR
        self.publishes(255)
        self.at(FIRST - 3)
        # The books are kept by a reading ahead of the clock, and the final price is an average of $250 and $255.
        self.publishes(260, published=FIRST)
        self.later(1)
        self.does("begin_settlement", market=0)
        self.at(FIRST)
        self.values("NoBoundaryReading")
        self.values(dollars=260, published=FIRST)
        self.assertEqual(self.lost(), 40 * 60)

    def test_a_market_listed_since_was_worth_nothing(self):
        self.await_reading()
        self.values(dollars=250, published=FIRST)
        self.exchange.markets.append(Exchange(description(markets=2)).markets[1])
        self.values("MarketValued", market=1)
        self.does("close_epoch")

    def test_a_reading_too_wide_or_out_of_bounds_is_none(self):
        self.begin_with_shares(second_max_age=60, second_max_deviation=10_000)
        self.hold(0, FORTY, 8_000 * USD * ATOM)
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST - 1)
        self.does("update_second_price", market=0, reading=reading(250, FIRST - 1))
        self.at(FIRST)
        # 1.5 % of $250 are $3.75; the second source bears out 1 % and what volatility makes of two seconds.
        self.values("NoBoundaryReading", 250, published=FIRST, confidence=3.76)
        self.values("NoBoundaryReading", 254, published=FIRST)
        # What it says from the boundary on does not count.
        self.does("update_second_price", market=0, reading=reading(254, FIRST))
        self.values("NoBoundaryReading", 254, published=FIRST)
        self.values(dollars=251, published=FIRST)
        self.assertEqual(self.lost(), 40 * 51)

    def test_a_market_without_positions_and_one_that_has_ended_need_none(self):
        self.begin_with_shares(markets=2)
        second = self.exchange.markets[1]
        self.hold(0, FORTY, 8_000 * USD * ATOM, market=1)
        second.settlement.moved_at, second.settlement.price = self.now, second.price.price
        second.ledger.backing = 0
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST)
        self.values(market=0)
        self.values(market=1)
        self.assertEqual((self.exchange.pool.epoch.valued, self.lost()), (2, 0))


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

    def test_more_shares_than_there_can_be_are_not_sold(self):
        pool, _ = self.begin_with_shares()
        self.deposits(1_000 * USD, nonce=1)
        # 2 · 10^11 shares that are worth 8 atoms: 10^9 atoms less their fee would buy 2.5 · 10^19, which is more than 2^62.
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


class Boundaries(Epochs):
    def test_backing_rests_in_the_last_minute(self):
        self.begin_with_shares()
        self.exchange.markets[0].target_backing = 50_000 * USD
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST - 59)
        self.does("allocate_backing", "BoundaryNear", market=0)
        self.at(FIRST)
        self.does("allocate_backing", market=0)
        self.begin_with_shares()
        self.exchange.markets[0].target_backing = 50_000 * USD
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST - 60)
        self.does("allocate_backing", market=0)

    def test_nothing_is_placed_before_those_who_leave_are_paid(self):
        self.begin_with_shares()
        self.exchange.markets[0].target_backing = 150_000 * USD
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST + HOUR)
        self.does("allocate_backing", "BoundaryNear", market=0)
        self.values()
        self.does("close_epoch")
        self.exchange.markets[0].parameters.backing_cap = 10**6
        self.does("allocate_backing", market=0)

    def test_the_queue_pays_for_settlements_in_the_last_six_seconds(self):
        pool, _ = self.begin_with_shares()
        pool.settling = 150_000
        for account in (0, 1):
            # $1 000 ahead: a basis point is $0.10.
            self.hold(account, FORTY, 9_000 * USD * ATOM)
        self.exchange.accounts.append(type(self.exchange.accounts[0])())
        self.deposits(1_000 * USD, nonce=1)
        self.does("settle_pnl", "SelfLiquidation", account=0, market=0, keeper=0)
        self.at(FIRST - 7)
        self.publishes(250)
        for account, seconds, paid in ((0, 0, 0), (1, 1, 100_000)):
            self.later(seconds)
            self.does("settle_pnl", account=account, market=0, keeper=2)
            self.assertEqual(self.bounties(), paid)
        # Once in ten minutes for a position, and no more than there is.
        self.publishes(275)
        self.does("settle_pnl", account=1, market=0, keeper=2)
        self.assertEqual(self.bounties(), 100_000)
        self.does("settle_pnl", account=0, market=0, keeper=2)
        self.assertEqual((self.bounties(), pool.settling), (150_000, 0))
        self.does("settle_pnl", account=0, market=0)

    def test_losers_are_settled_for_the_fee_as_well(self):
        pool, _ = self.begin_with_shares()
        pool.settling = USD
        self.hold(0, FORTY, 11_000 * USD * ATOM)
        self.exchange.accounts[0].balance = 1_000 * USD
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST - 1)
        self.publishes(250)
        self.does("settle_pnl", account=0, market=0, keeper=1)
        self.assertEqual(self.bounties(), 100_000)
        self.at(FIRST + 600)
        self.publishes(255)
        self.does("settle_pnl", account=0, market=0, keeper=1)
        self.assertEqual(self.bounties(), 100_000)
        self.assertEqual(self.exchange.accounts[0].positions[0].settlement_paid_at, FIRST - 1)

    def test_funding_is_settled_for_the_fee_too(self):
        pool, ledger = self.begin_with_shares()
        pool.settling = USD
        self.hold(0, FORTY, 10_000 * USD * ATOM)
        self.exchange.accounts[0].balance = 1_000 * USD
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST - 1)
        # $1 000 of funding, and a profit of $10: a basis point of both.
        ledger.sides[0].funding_index += 1_000 * USD * ATOM // FORTY
        self.publishes(250.25)
        self.does("settle_pnl", account=0, market=0, keeper=1)
        self.assertEqual(self.bounties(), 101_000)

    def test_books_are_kept_before_claims_move_and_the_second_source_speaks(self):
        def is_kept(name, **arguments):
            self.does(name, market=0, **arguments)
            self.assertEqual(self.exchange.markets[0].at_boundary.boundary, FIRST)
            return self.exchange.markets[0].at_boundary

        for name in ("fund_claims", "redeem_claim", "waive_claim"):
            self.begin_with_shares()
            self.claims(0, 1_000)
            if name == "redeem_claim":
                self.does("fund_claims", market=0)
            before = asdict(self.exchange.markets[0].ledger)
            self.deposits(1_000 * USD, nonce=1)
            self.at(FIRST)
            kept = is_kept(name, **({} if name == "fund_claims" else {"account": 0}))
            self.assertEqual(asdict(kept.ledger), before)
        self.begin_with_shares(second_max_age=60)
        self.deposits(1_000 * USD, nonce=1)
        self.at(FIRST)
        kept = is_kept("update_second_price", reading=reading(250, FIRST))
        self.assertEqual(kept.second_price.published, 0)

    def test_what_a_payment_returns_to_the_pool_was_not_there_before(self):
        pool, _ = self.begin_with_shares()
        for nonce in (1, 2):
            self.deposits(1_000 * USD, nonce)
            self.at(self.exchange.boundary)
            if nonce == 1:
                self.values()
                self.does("close_epoch")
        # An atom that rounding has left.
        self.exchange.epochs[FIRST].payable = pool.payable = 1
        cash = pool.cash
        self.pays(1)
        self.assertEqual((pool.epoch.lower, pool.cash), (cash, cash + 1))

    def test_nobody_waiting_nothing_is_kept(self):
        self.begin_with_shares()
        self.at(FIRST)
        self.publishes(250)
        self.assertEqual(self.exchange.markets[0].at_boundary.boundary, 0)
        self.does("close_epoch", "NoBoundary")


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
        # Three requests have paid 30 000 lamports each; 20 000 come back to each, the withdrawal's with its rest.
        paid = self.exchange.paid
        self.assertEqual((closed.lamports_each, paid.lamports, paid.lamports_kept), (20_000, 20_000, 40_000))
        self.assertEqual(self.pays(3, holder=1), (20_000 * USD, 0))
        self.pays(1)
        self.close_to(self.exchange.requests[0, 1].amount, 43_620.69)
        self.assertEqual(self.exchange.paid.lamports, 0)
