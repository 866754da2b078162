"""Ranges, moments, graces and the end of a market (price.md, settlement.md)."""

from copy import copy

from margin import view_to_liquidate
from ranges import APART, NEWEST, moment_of
from sequence import reading
from story import PRICE_250, SOL, USD, Story
from units import ATOM


class Ranges(Story):
    def test_legs_count_at_the_newest_second_that_all_markets_remember(self):
        self.begin(markets=2)
        account, markets = self.exchange.accounts[0], self.exchange.markets
        for market in (0, 1):
            self.hold(0, 40 * SOL, 40 * SOL * PRICE_250, market)
        self.assertEqual(moment_of(account, markets, None, self.now), NEWEST)
        self.publishes(240)
        # The first market said $250 a second ago, when the second did, and $240 since.
        self.assertEqual(moment_of(account, markets, None, self.now), 1)
        view = view_to_liquidate(account, markets, 0, self.now)
        self.assertEqual(view.ends(markets[0]), (PRICE_250 * 24 // 25, PRICE_250))
        # Fifteen seconds later they have no second in common: the other leg counts at the stress move of 15 %.
        self.later(14)
        self.publishes(250, market=1)
        self.later(1)
        view = view_to_liquidate(account, markets, 1, self.now)
        self.assertEqual(view.moment, APART)
        self.assertAlmostEqual(view.ends(markets[0])[1] / PRICE_250 * 250, 240 * 1.15, places=6)

    def test_no_other_markets_price_stops_a_liquidation(self):
        self.begin(markets=2, accounts=2)
        for market in (0, 1):
            self.hold(0, 40 * SOL, 40 * SOL * PRICE_250, market)
        self.later(100)
        self.publishes(200)
        # $2 000 behind here, and there at best 15 % ahead, which that market could pay: −$500.
        self.liquidates(0)
        self.assertEqual(self.exchange.accounts[0].slot_of(0).size, 0)
        self.liquidates(0, "PriceStale", market=1)

    def test_of_a_price_that_is_missing_a_loss_is_settled_at_the_better_end(self):
        self.begin()
        self.exchange.accounts[0].balance = 3_000 * USD
        self.hold(0, 40 * SOL, 50 * SOL * PRICE_250)
        self.later(100)
        self.does("settle_pnl", account=0, market=0)
        # $2 500 behind at $250; 15 % higher, rounded up, it is an atom less than $1 000.
        self.assertEqual(self.exchange.accounts[0].balance, 2_000 * USD + 1)

    def test_a_reading_ahead_of_the_clock_is_no_price(self):
        self.begin()
        self.exchange.accounts[0].balance = 2_000 * USD
        self.publishes(300, published=self.now + 11)
        self.assertEqual(self.exchange.markets[0].price.price, PRICE_250)
        self.trades(0, SOL, "ClockBehind")
        self.later(60)
        self.publishes(250)
        self.trades(0, SOL)

    def test_a_market_that_never_had_a_price_misses_none(self):
        self.begin()
        self.exchange.markets[0].price.published = 0
        self.does("report_oracle_outage", "NoPriceYet", market=0)

    def test_a_price_too_wide_is_seen_and_an_outage_noted(self):
        self.begin()
        market = self.exchange.markets[0]
        self.publishes(54, confidence=216)
        self.assertEqual((market.price.price, market.price.newest_published), (PRICE_250, self.now))
        self.does("report_oracle_outage", "PriceStillFresh", market=0)
        self.later(15)
        self.does("report_oracle_outage", market=0)
        self.does("report_oracle_outage", "OutageAlreadyReported", market=0)
        self.publishes(250)
        self.assertEqual(self.exchange.markets[0].price.outage_since, 0)

    def test_only_a_fresh_reading_ends_a_reported_outage(self):
        self.begin()
        self.later(15)
        self.does("report_oracle_outage", market=0)
        reported = self.now
        # Sixteen seconds old it is the valid price, and nobody knows the price of now.
        self.later(100)
        self.publishes(260, published=self.now - 16)
        price = self.exchange.markets[0].price
        self.assertEqual((price.price, price.outage_since), (PRICE_250 * 26 // 25, reported))
        # One that is too wide and ahead of the clock is news by which the next is 17 s old.
        self.publishes(54, published=self.now + 2, confidence=216)
        self.publishes(260, published=self.now - 15)
        self.assertEqual(self.exchange.markets[0].price.outage_since, reported)
        self.publishes(260, published=self.now - 13)
        self.assertEqual(self.exchange.markets[0].price.outage_since, 0)


class SecondSource(Story):
    def hears(self, dollars, expected="ok", published=None):
        said = reading(dollars, self.now if published is None else published)
        self.does("update_second_price", expected, market=0, reading=said)

    def test_a_price_that_the_second_source_does_not_bear_out_is_seen_and_is_none(self):
        self.begin(second_max_deviation=10_000, second_max_age=60)
        market = self.exchange.markets[0]
        self.hears(250)
        # 1 % and, of the same second, 0.0285 %: $252.57 and $247.43 are within it.
        for dollars in (252.58, 247.42):
            self.publishes(dollars)
            self.assertEqual((market.price.price, market.price.newest_published), (PRICE_250, self.now))
        self.publishes(252.57)
        self.assertEqual(market.price.published, self.now)
        # A minute later it bounds with 0.223 % besides, and then no more.
        self.later(60)
        self.publishes(256)
        self.assertEqual(market.price.published, self.now - 60)
        self.later(1)
        self.publishes(256)
        self.assertEqual(market.price.published, self.now)

    def test_the_second_source_changes_nothing_else(self):
        self.begin(second_max_deviation=10_000, second_max_age=60)
        market = self.exchange.markets[0]
        price = copy(market.price)
        self.hears(300, published=self.now + 10)
        self.hears(200, published=self.now + 9)
        self.hears(200, published=self.now + 11)
        self.assertEqual(market.second_price.published, self.now + 10)
        self.assertEqual(market.price, price)

    def test_a_market_without_one_hears_none(self):
        self.begin()
        self.hears(250, "NoSecondOracle")


class Graces(Story):
    def begin_long(self, balance=400):
        """$10 000 of notional with a maintenance margin of $300."""
        self.begin()
        self.hold(0, 40 * SOL, 40 * SOL * PRICE_250)
        self.exchange.accounts[0].balance = balance * USD

    def test_after_a_silence_of_the_feed_the_price_before_counts_for_two_minutes(self):
        self.begin_long()
        silent_since = self.now - 1
        self.later(100)
        self.publishes(245, previous=silent_since)
        self.liquidates(0, "NotLiquidatable")
        self.trades(1, SOL, "ReduceOnly")
        self.later(120)
        self.publishes(245)
        self.liquidates(0)

    def test_it_keeps_nobody_whose_equity_is_negative_without_it(self):
        self.begin_long()
        silent_since = self.now - 1
        self.later(100)
        # $400 less $420
        self.publishes(239.5, previous=silent_since)
        self.liquidates(0)

    def test_a_silence_of_those_who_post_is_none(self):
        self.begin_long()
        self.later(100)
        self.publishes(245)
        self.liquidates(0)

    def test_after_a_halt_of_the_chain(self):
        self.begin_long()
        self.now, self.slot = self.now + 100, self.slot + 39
        self.publishes(245)
        # A slot accounts for a second: 101 s since the last look, 41 slots, 60 s besides.
        self.liquidates(0)
        self.begin_long()
        self.now, self.slot = self.now + 100, self.slot + 38
        self.publishes(245)
        self.liquidates(0, "NotLiquidatable")

    def test_a_reading_handed_in_late_neither_uses_a_halt_up_nor_is_the_price_before_it(self):
        self.begin_long()
        seen = self.now - 1
        self.now, self.slot = self.now + 100, self.slot + 38
        self.publishes(245, published=self.now - 16)
        grace = self.exchange.markets[0].grace
        self.assertEqual((grace.until, grace.price_before, grace.seen_at), (0, PRICE_250, seen))
        self.publishes(245)
        self.liquidates(0, "NotLiquidatable")
        grace = self.exchange.markets[0].grace
        self.assertEqual((grace.until, grace.price_before, grace.seen_at), (self.now + 120, PRICE_250, self.now))

    def test_three_at_once_are_granted_and_no_fourth(self):
        self.begin()
        market = self.exchange.markets[0]
        for expected in (True, True, True, False):
            before = market.price.published
            self.later(200)
            self.publishes(250, previous=before)
            self.assertEqual(self.now < market.grace.until, expected)


class Settlement(Story):
    def end_by_outage(self):
        self.later(15)
        self.does("report_oracle_outage", market=0)
        self.later(2 * 86_400 - 1)
        self.does("begin_settlement", "SettlementNotDue", market=0)
        self.later(1)
        self.does("begin_settlement", market=0)

    def test_a_dead_oracle_ends_a_market_at_the_average(self):
        self.begin()
        self.hold(0, 40 * SOL, 40 * SOL * PRICE_250)
        self.end_by_outage()
        self.assertEqual(self.exchange.markets[0].price.price, PRICE_250)
        self.trades(0, -SOL, "MarketSettled")
        self.trades(0, SOL, "ReduceOnly")
        self.later(86_399)
        self.liquidates(0, "SettlementNotice")
        self.later(1)
        self.liquidates(0, max_size=1)
        # 1.8 bp of $10 000, from the backing
        self.assertEqual((self.exchange.accounts[0].occupied(), self.bounties()), ([], 1_800_000))

    def test_until_nothing_can_undo_it_profit_is_settled_at_the_worse_end(self):
        self.begin(accounts=3)
        # $400 ahead at $250; at 15 % less $1 100 behind, and at 15 % more no loss.
        self.hold(0, 40 * SOL, 40 * SOL * PRICE_250 - 400 * USD * ATOM)
        self.end_by_outage()
        self.does("settle_pnl", account=0, market=0)
        self.assertEqual(self.exchange.accounts[0].balance, 0)
        self.later(86_399)
        self.does("settle_pnl", account=0, market=0)
        self.assertEqual(self.exchange.accounts[0].balance, 0)
        self.later(1)
        self.does("settle_pnl", account=0, market=0)
        self.assertEqual(self.exchange.accounts[0].balance, 400 * USD)

    def test_once_a_delisting_is_due_nothing_is_traded_and_its_price_is_final_at_the_move(self):
        self.begin()
        self.hold(0, 40 * SOL, 40 * SOL * PRICE_250 - 400 * USD * ATOM)
        self.does("delist_market", market=0)
        self.later(2 * 86_400 - 1)
        self.publishes(250)
        self.trades(0, -4 * SOL)
        self.later(1)
        self.publishes(250)
        self.trades(0, -4 * SOL, "SettlementDue")
        self.later(3_600 - 1)
        self.does("begin_settlement", "SettlementNotDue", market=0)
        self.later(1)
        self.does("begin_settlement", market=0)
        self.trades(0, -4 * SOL, "MarketSettled")
        balance = self.exchange.accounts[0].balance
        self.does("settle_pnl", account=0, market=0)
        # What 36 of the 40 SOL have gained: $360, to an atom.
        self.assertAlmostEqual(self.exchange.accounts[0].balance - balance, 360 * USD, delta=1)

    def test_a_reading_of_the_outage_undoes_it(self):
        self.begin()
        self.hold(0, 40 * SOL, 40 * SOL * PRICE_250)
        self.end_by_outage()
        moved = self.now
        self.later(1_000)
        self.publishes(260)
        self.assertTrue(self.exchange.markets[0].has_ended())
        self.publishes(260, published=moved)
        market = self.exchange.markets[0]
        self.assertFalse(market.has_ended())
        self.assertEqual((market.price.published, market.settlement.price, market.price.outage_since), (moved, 0, 0))

    def test_a_delisting_is_not_undone(self):
        self.begin()
        self.exchange.accounts[0].balance = 2_000 * USD
        self.does("delist_market", market=0)
        self.does("delist_market", "AlreadyDelisted", market=0)
        self.trades(0, SOL, "ReduceOnly")
        self.later(2 * 86_400)
        self.publishes(260)
        self.does("begin_settlement", "SettlementNotDue", market=0)
        self.later(3_600)
        self.does("begin_settlement", market=0)
        # The average is moved by none of the time that the last price has been there.
        self.assertEqual(self.exchange.markets[0].price.price, PRICE_250)
        self.publishes(260, published=self.now)
        self.does("update_funding", "MarketSettled", market=0)
