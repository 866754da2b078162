"""Books that are kept, the price of a boundary, what a market was worth, settling before it (liquidity.md)."""

from dataclasses import asdict

from exchange import Exchange
from sequence import description, reading
from story import FIRST, HOUR, PRICE_250, SOL, USD, Epochs
from units import ATOM, MAX_AMOUNT

FORTY = 40 * SOL


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
        # $100 000 of cash and as much backing, of which winners leave $98 960; a confidence that rounds up costs an atom.
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
        # Entered at $300: 15 % of $12 000 are $1 800, and they are $2 000 behind. Shorts have lost nothing.
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
        # Ten seconds of carry of 5 % a year on a tenth of the cap are $0.00396; some funding comes on top.
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
