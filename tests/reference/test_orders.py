"""Resting orders: the example of the specification, and rules that the transcripts seldom meet (orders.md)."""

from unittest.mock import patch

from sequence import reading
from state import AT_OR_ABOVE, AT_OR_BELOW, AT_TIME, Book
from story import NO_BOUND, SOL, USD, Story
from units import PPM

TIP = 40_000
# Nothing but the confidence, the listed volatility, impact and fee costs anything, and the tolerance is 2 s: d = 3.
PLAIN = {
    "funding_velocity": 0,
    "carry_rate": 0,
    "carry_surge": 0,
    "spread_measured": 0,
    "spread_drift": 0,
    "future_tolerance": 2,
}


def price(dollars):
    return dollars * (1 << 40) // 1_000


def order(size, **terms):
    """An order by time, at once."""
    plain = {
        "size": size,
        "trigger": AT_TIME,
        "trigger_price": 0,
        "trailing": 0,
        "acceptable_price": NO_BOUND[1 if size > 0 else -1],
        "reduce_only": False,
        "active_from": 0,
        "expires": 0,
        "slices": 1,
        "seconds_between": 0,
        "group": 0,
        "parent": None,
        "lamports": TIP,
    }
    return {**plain, **terms}


def above(dollars, size, **terms):
    return order(size, trigger=AT_OR_ABOVE, trigger_price=price(dollars), **terms)


def below(dollars, size, **terms):
    return order(size, trigger=AT_OR_BELOW, trigger_price=price(dollars), **terms)


class Orders(Story):
    def begin_with(self, dollars, **changed):
        self.begin(**{**PLAIN, **changed})
        self.start = self.now
        self.does("deposit", account=0, amount=dollars * USD)
        self.does("open_orders", account=0)

    def places(self, *orders, cancel=(), market=0, expected="ok"):
        terms = {"market": market, "cancel": list(cancel), "orders": list(orders)}
        self.does("place_orders", expected, account=0, **terms)

    def at(self, seconds):
        """So many seconds after the beginning."""
        self.later(self.start + seconds - self.now)

    def said(self, dollars, seconds, confidence=0.05):
        published = self.start + seconds
        return reading(dollars, published, confidence, published - 1)

    def arms(self, place, handed_in=None, expected="ok"):
        self.does("arm_order", expected, account=0, market=0, place=place, reading=handed_in)

    def fills(self, place, handed_in, expected="ok", market=0):
        self.does("execute_order", expected, account=0, market=market, place=place, reading=handed_in)
        return self.exchange.paid

    def second_says(self, dollars, seconds):
        said = reading(dollars, self.start + seconds, 0)
        self.does("update_second_price", market=0, reading=said)

    @property
    def held(self):
        """What the first orders hold, as many as hold anything."""
        return [order.margin_held for order in self.book.places if order.margin_held]

    @property
    def book(self):
        return self.exchange.books[0]

    @property
    def owner(self):
        return self.exchange.accounts[0]

    def test_the_example_of_orders_md(self):
        self.begin_with(2_000)
        children = {"reduce_only": True, "group": 1, "parent": 0}
        entry = above(252, 20 * SOL, acceptable_price=price(256))
        self.places(entry, below(245, -20 * SOL, **children), above(265, -20 * SOL, **children))
        self.assertEqual(self.exchange.order_lamports, 3 * TIP)
        # $252.10 arms it: 5 % of $5 042, $1 of confidence, $1.43605 of volatility, $0.00252 of impact and $2.0168 of fee.
        self.at(40)
        self.arms(0, self.said(252.10, 40))
        armed = self.book.places[0]
        self.assertEqual((armed.fills_from, armed.margin_held), (self.start + 43, 252_100_000 + 4_455_376))
        self.assertEqual(self.owner.armed_until, self.start + 58)
        self.does("withdraw", "OrderArmed", account=0, amount=1)
        # The market is at $254; the reading of 43 s said $252.50.
        self.at(44)
        self.does("update_prices", market=0, reading=self.said(254, 44))
        self.at(45)
        self.assertEqual(self.fills(0, self.said(252.50, 43)).lamports, TIP)
        self.assertEqual(self.owner.armed_until, 0)
        self.assertEqual(self.owner.positions[0].entry_notional >> 40, 5_051_002_525)
        self.assertEqual(self.owner.balance, 2_000 * USD - 2_020_000)
        self.assertEqual([place.position for place in self.book.places[1:3]], [1, 1])
        # $244.90 arms the stop, which sells at $244.40.
        self.at(300)
        self.arms(1, self.said(244.90, 300))
        self.at(304)
        paid = self.fills(1, self.said(244.40, 303))
        self.assertEqual((paid.lamports, paid.lamports_returned), (TIP, TIP))
        # 2000 − 2.02 − 164.002526 − 0.9776
        self.assertEqual((self.owner.balance, self.exchange.order_lamports), (1_832_999_874, 0))
        self.assertEqual(self.book, Book(sequence=3))
        self.does("close_orders", account=0)

    def test_a_trigger_trails_and_what_was_published_before_the_best_price_is_no_return(self):
        self.begin_with(20_000)
        self.trades(0, 20 * SOL)
        self.places(order(-20 * SOL, trigger=AT_OR_BELOW, trailing=10_000, reduce_only=True))
        for seconds, dollars, expected in (
            (10, 250, "ok"),
            (20, 300, "ok"),
            # 1 % below $300 is $297.
            (19, 296, "OrderNotMet"),
            (21, 297.01, "OrderNotMet"),
            (22, 296.99, "ok"),
        ):
            self.at(seconds + 1)
            self.arms(0, self.said(dollars, seconds), expected)
        self.assertEqual((self.book.places[0].best, self.book.places[0].armed_size), (price(300), 20 * SOL))

    def test_an_order_armed_for_nothing_leaves_its_owner_half_of_the_time(self):
        self.begin_with(20_000)
        self.places(below(260, SOL))
        self.at(5)
        self.arms(0, self.said(250, 5))
        # From 8 s on, until 23 s; then what is published after 38 s meets it.
        self.at(23)
        self.places(cancel=[0], expected="OrderArmed")
        self.at(38)
        self.arms(0, self.said(250, 38), "OrderNotMet")
        self.at(39)
        self.arms(0, self.said(250, 39))
        self.assertEqual(self.book.places[0].fills_from, self.start + 42)

    def test_what_its_account_cannot_bear_pays_what_the_fill_would_have_lost(self):
        self.begin_with(1_000)
        self.publishes(250)
        self.places(order(40 * SOL))
        # The reading of 3 s said $250; at $230 a fill there would have lost 40 · $20 and left less than $200 where 3 % of
        # $9 200, $276, are required. $230 is rounded down to 2^-40 atoms a base unit, so the loss is a little more than $800.
        self.at(5)
        self.publishes(230)
        ledger = self.exchange.markets[0].ledger
        backing, insurance = ledger.backing, ledger.insurance
        paid = self.fills(0, self.said(250, 3))
        self.assertEqual((paid.forfeited, paid.lamports, paid.lamports_returned), (800 * USD + 1, TIP, 0))
        self.assertEqual((self.owner.balance, self.owner.armed_until), (200 * USD - 1, 0))
        # A tenth is the protocol's, the rest the market's insurance.
        ledger = self.exchange.markets[0].ledger
        self.assertEqual((ledger.insurance - insurance, ledger.protocol_fees), (720 * USD + 1, 80 * USD))
        self.assertEqual(ledger.backing, backing)
        self.assertEqual(self.book, Book(sequence=1))

    def test_it_pays_no_more_than_its_balance(self):
        self.begin_with(1_000, markets=2)
        # $100 ahead elsewhere: an equity of $1 100.
        self.hold(0, 10 * SOL, 10 * SOL * price(240), market=1)
        self.publishes(250)
        self.publishes(250, market=1)
        self.places(order(40 * SOL))
        # 40 · $30 are more than $1 000.
        self.at(5)
        self.publishes(220)
        self.publishes(250, market=1)
        self.assertEqual(self.fills(0, self.said(250, 3)).forfeited, 1_000 * USD)

    def test_it_pays_no_more_than_its_equity(self):
        # $1 000, and elsewhere 10 or 20 SOL, bought at $250 and at $187.50 since: $625 or $1 250 behind. The fill would have lost
        # 30 · $20, rounded up.
        for held, forfeited in ((10 * SOL, 375 * USD), (20 * SOL, 0)):
            self.begin_with(1_000, markets=2)
            self.hold(0, held, held * price(250), market=1)
            self.publishes(250)
            self.publishes(250, market=1)
            self.places(order(30 * SOL))
            self.at(5)
            self.publishes(230)
            self.publishes(187.5, market=1)
            paid = self.fills(0, self.said(250, 3))
            self.assertEqual((paid.forfeited, paid.lamports), (forfeited, TIP))
            self.assertEqual((self.owner.balance, self.book), (1_000 * USD - forfeited, Book(sequence=1)))

    def test_its_equity_is_what_a_liquidation_judges_it_to_be(self):
        self.begin_with(1_000, markets=2)
        self.hold(0, 10 * SOL, 10 * SOL * price(250), market=1)
        self.publishes(250)
        self.publishes(250, market=1)
        self.places(order(30 * SOL))
        self.at(1)
        self.publishes(187.5, market=1)
        # Seventeen seconds old that price counts at its better end, 15 % higher: 215.625 · 10 are $343.75 less than $2 500. The
        # fill would have lost 30 · $25.
        self.at(18)
        self.publishes(225)
        self.assertEqual(self.fills(0, self.said(250, 3)).forfeited, 656_250_000)

    def test_what_leaves_maintenance_margin_is_filled(self):
        self.begin_with(1_000)
        self.publishes(250)
        self.places(order(40 * SOL))
        # 40 · $15 and about $6 of cost leave $394, more than 3 % of $9 400 and less than 5 %.
        self.at(5)
        self.publishes(235)
        self.assertEqual(self.fills(0, self.said(250, 3)).forfeited, 0)
        self.assertEqual(self.owner.positions[0].size, 40 * SOL)

    def test_it_is_filled_where_unpaid_profit_elsewhere_keeps_its_account_from_being_liquidated(self):
        for dollars, lost in ((230, 0), (222, 2_800 * USD + 1)):
            self.begin_with(3_100, markets=2)
            # 100 SOL of another market, bought at $250 and at $300 since: $5 000 that it cannot pay cover what the position requires.
            self.hold(0, 100 * SOL, 100 * SOL * price(250), market=1)
            self.publishes(250)
            self.publishes(300, market=1)
            self.exchange.markets[1].ledger.backing = 0
            # 5 % of $25 000 and of $30 000 are $2 750.
            self.places(order(100 * SOL))
            self.at(5)
            self.publishes(dollars)
            self.publishes(300, market=1)
            # A loss of $2 000 and about $20 of cost leave more than 3 % of $23 000, $690, and less than $900 besides; one of $2 800
            # does not.
            self.assertEqual(self.fills(0, self.said(250, 3)).forfeited, lost, dollars)

    def test_a_full_market_costs_only_what_the_fill_would_have_lost(self):
        # $249 is rounded down, so a buy loses an atom more than $4 by it; so is $251, and a sale loses $4 rounded up.
        for dollars, size, lost in (
            (251, 4 * SOL, 0),
            (249, 4 * SOL, 4 * USD + 1),
            (249, -4 * SOL, 0),
            (251, -4 * SOL, 4 * USD),
        ):
            self.begin_with(2_000, open_interest_cap=10 * SOL)
            self.does("deposit", account=1, amount=2_000 * USD)
            self.publishes(250)
            self.places(order(size))
            # A stranger leaves room for 3 SOL.
            self.trades(1, 7 * SOL if size > 0 else -7 * SOL)
            self.at(5)
            self.publishes(dollars)
            self.assertEqual(self.fills(0, self.said(250, 3)).forfeited, lost, (dollars, size))

    def test_while_it_is_armed_nothing_else_increases(self):
        self.begin_with(1_000)
        self.publishes(250)
        self.trades(0, 10 * SOL)
        self.places(order(SOL, active_from=self.now + 1))
        self.later(1)
        self.publishes(250)
        self.arms(0)
        # What would be refused anyhow says why.
        self.trades(0, 500 * SOL, "InitialMargin")
        self.trades(0, SOL, "OrderArmed")
        # A flip increases as well, and a reduction does not.
        self.trades(0, -11 * SOL, "OrderArmed")
        self.trades(0, -SOL)
        self.does("withdraw", "OrderArmed", account=0, amount=1)
        self.at(4)
        self.publishes(250)
        self.fills(0, self.said(250, 4))
        self.trades(0, SOL)
        self.does("withdraw", account=0, amount=1)

    def test_while_what_only_reduces_is_armed_nothing_increases_either(self):
        self.begin_with(1_000, markets=2)
        self.publishes(250)
        self.trades(0, 10 * SOL)
        self.later(1)
        self.publishes(250)
        self.places(order(-SOL, reduce_only=True))
        # Met at 1 s, filled from 4 s on, handed in until 19 s.
        self.assertEqual(self.owner.armed_until, self.start + 19)
        self.trades(0, SOL, "OrderArmed")
        self.trades(0, -11 * SOL, "OrderArmed")
        self.trades(0, -SOL)
        self.does("withdraw", "OrderArmed", account=0, amount=1)
        self.publishes(250, market=1)
        self.places(order(SOL), market=1)
        self.at(5)
        self.publishes(250)
        # The other one is left.
        self.fills(1, self.said(250, 4), market=1)
        self.assertEqual(self.owner.armed_until, self.start + 19)
        self.trades(0, SOL, "OrderArmed")
        self.fills(0, self.said(250, 4))
        self.assertEqual(self.owner.armed_until, 0)
        self.trades(0, SOL)
        self.does("withdraw", account=0, amount=1)
        # Armed for nothing at 5 s it keeps its owner until 23 s.
        self.places(order(-SOL, reduce_only=True))
        self.at(23)
        self.does("withdraw", "OrderArmed", account=0, amount=1)
        self.at(24)
        self.does("withdraw", account=0, amount=1)

    def test_every_armed_order_holds_its_margin(self):
        self.begin_with(1_000)
        self.publishes(250)
        # 5 % of $7 500 are $375, and about $5 are cost: two of them leave less than a third needs.
        self.places(order(30 * SOL), order(30 * SOL))
        self.places(order(30 * SOL), expected="InitialMargin")
        self.places(order(SOL))
        self.at(4)
        self.publishes(250)
        self.fills(0, self.said(250, 3))
        # Of those that are left the later one is armed until 18 s.
        self.assertEqual(self.owner.armed_until, self.start + 18)

    def test_what_is_armed_of_a_market_and_side_is_asked_for_one_position(self):
        # At no age the spread is 2 · 0.8 · √(1 / 31 557 600) = 2.84818 bp, $0.0712046 of a SOL. Of 30 SOL it is $2.136138,
        # the impact 30² / (2 · 20 000 000) = 0.0000225 SOL or $0.005625 and the fee $3: $5.141763. Of 60 SOL they are
        # $4.272276, $0.0225 and $6: $10.294776. A trade of 60 SOL needs the spread a second time: $14.567052.
        one, both, traded = 5_141_763, 10_294_776, 14_567_052
        for changed, of_one, of_both in (
            # 5 % of $7 500 and of $15 000.
            ({}, 375 * USD, 750 * USD),
            # A premium of ⌈√n⌉ ppm: 8.6603 % of $7 500 and 12.2475 % of $15 000.
            ({"size_premium": 1 << 32}, 649_522_500, 1_837_125_000),
            # Open interest of 60 SOL is a twentieth of the way to 95 % more: 9.75 % of $15 000.
            ({"open_interest_low": 50 * SOL, "open_interest_high": 250 * SOL}, 375 * USD, 1_462_500_000),
        ):
            # A balance of what a trade of both needs arms both, an atom less the first one alone.
            for missing, expected, held in (
                (0, "ok", [of_one + one, of_both + both - of_one - one]),
                (1, "InitialMargin", [of_one + one]),
            ):
                self.begin_with(1, **changed)
                self.owner.balance = of_both + traded - missing
                self.publishes(250)
                self.places(order(30 * SOL))
                self.places(order(30 * SOL), expected=expected)
                self.assertEqual(self.held, held, changed)

    def test_orders_of_the_other_side_or_of_another_market_hold_their_own(self):
        self.begin_with(2_000, markets=2, size_premium=1 << 32)
        self.publishes(250)
        self.publishes(250, market=1)
        # As above; a sale from no skew costs what a buy does.
        for size, market in ((30 * SOL, 0), (-30 * SOL, 0), (30 * SOL, 1)):
            self.places(order(size), market=market)
        self.assertEqual(self.held, [649_522_500 + 5_141_763] * 3)
        # 3 · $654.664263 are $1 963.992789; the rest is less than 5 % of $1 000.
        self.places(order(-4 * SOL), market=1, expected="InitialMargin")

    def test_what_the_others_hold_may_be_enough(self):
        self.begin_with(6_000, open_interest_low=50 * SOL, open_interest_high=250 * SOL)
        self.does("deposit", account=1, amount=30_000 * USD)
        self.publishes(250)
        self.trades(1, 150 * SOL)
        # With 180 SOL open 5 % + 95 % · 130 / 200, 66.75 % of $7 500. The impact is (180² − 150²) / (2 · 20 000 000) =
        # 0.0002475 SOL, $0.061875; the spread of above is $2.136138, the fee $3.
        self.places(order(30 * SOL))
        # Once the stranger has closed 31 SOL need 5 % of $7 750.
        self.later(1)
        self.publishes(250)
        self.trades(1, -150 * SOL)
        self.places(order(SOL))
        self.assertEqual(self.held, [5_006_250_000 + 5_198_013])
        self.assertNotEqual(self.book.places[1].fills_from, 0)

    def test_a_reduction_that_may_increase_holds_margin_as_well(self):
        self.begin_with(1_000)
        self.publishes(250)
        self.trades(0, 40 * SOL)
        self.later(1)
        self.publishes(250)
        # 5 % of $10 000 are in use; $490 are left, less than a sale of 40 SOL needs by itself.
        self.places(order(-40 * SOL), expected="InitialMargin")
        self.places(order(-20 * SOL))
        # Two sales of 20 SOL need as much together.
        self.places(order(-20 * SOL), expected="InitialMargin")
        # 5 % of $5 000, 20 · $0.0712046 of spread, and $1 as what reduces the skew pays half the fee.
        self.assertEqual(self.held, [250 * USD + 1_424_092 + USD])

    def test_orders_of_a_market_fill_in_the_order_in_which_they_were_armed(self):
        self.begin_with(1_000, markets=2)
        self.publishes(250)
        self.trades(0, 10 * SOL)
        self.later(1)
        self.publishes(250)
        self.publishes(250, market=1)
        reducing, sale, buy = order(-SOL, reduce_only=True), order(-SOL), order(SOL)
        self.places(reducing, buy, sale)
        self.places(buy, market=1)
        self.assertEqual(self.book.places[0].armed_size, SOL)
        self.at(5)
        for place in (1, 2):
            self.fills(place, self.said(250, 4), "EarlierOrderArmed")
        # One in another market waits for none of them.
        self.fills(3, self.said(250, 4), market=1)
        for place in (0, 1, 2):
            self.fills(place, self.said(250, 4))
        self.assertEqual(self.owner.slot_of(0).size, 9 * SOL)

    def test_a_fill_takes_out_of_its_group_what_is_not_armed(self):
        self.begin_with(1_000)
        self.publishes(250)
        self.places(order(SOL, group=1), order(-SOL, group=1), order(SOL, group=2))
        self.places(order(SOL, trigger=AT_OR_BELOW, trigger_price=price(240), group=1))
        self.at(5)
        self.fills(1, self.said(250, 3), "EarlierOrderArmed")
        self.fills(0, self.said(250, 3))
        # The second is armed as well, and over if it does not fill; the fourth is not.
        self.assertEqual([place.slices for place in self.book.places[:4]], [0, 1, 1, 0])
        self.assertEqual(self.book.places[1].expires, self.exchange.now - 1)
        self.fills(1, self.said(250, 3))

    def test_an_order_is_armed_where_a_slot_is_left_besides_those_of_the_others(self):
        self.begin_with(2_000, markets=13)
        for market in range(1, 12):
            self.trades(0, SOL, market=market)
        # One slot is left: for orders of one market, and for those of markets that the account is in.
        self.places(order(SOL))
        self.places(order(SOL), market=12, expected="NoFreePosition")
        self.places(order(SOL))
        self.places(order(SOL), market=11)

    def test_what_only_reduces_needs_no_slot(self):
        self.begin_with(2_000, markets=13)
        for market in range(1, 12):
            self.trades(0, SOL, market=market)
        self.later(1)
        self.places(order(-SOL, reduce_only=True), market=11)
        self.trades(0, -SOL, market=11)
        # Two slots are left, for two markets.
        self.places(order(SOL))
        self.places(order(SOL), market=12)

    def test_it_stays_armed_where_no_slot_is_left(self):
        self.begin_with(2_000, markets=13)
        self.publishes(250)
        self.places(order(SOL))
        for market in range(1, 13):
            self.hold(0, SOL, SOL * price(250), market)
        self.at(5)
        self.fills(0, self.said(250, 3), "NoFreePosition")
        self.assertEqual((self.book.places[0].fills_from, self.owner.armed_until), (self.start + 3, self.start + 18))

    def test_a_fill_needs_the_more_margin_the_more_has_filled_before(self):
        # With 180 SOL open initial margin is 66.75 % of $7 500, of which six tenths are $3 003.75: more than 3 %. The fee is $3, the
        # impact (180² − 150²) / (2 · 20 000 000) = 0.0002475 SOL, $0.061875.
        for missing, size in ((0, 30 * SOL), (1, 0)):
            self.begin_with(1, open_interest_low=50 * SOL, open_interest_high=250 * SOL)
            self.owner.balance = 3_003_750_000 + 3_061_875 - missing
            self.does("deposit", account=1, amount=30_000 * USD)
            self.publishes(250)
            # By itself it needs 5 %.
            self.places(order(30 * SOL))
            self.trades(1, 150 * SOL)
            self.at(5)
            self.assertEqual(self.fills(0, self.said(250, 3, confidence=0)).forfeited, 0)
            self.assertEqual((self.owner.positions[0].size, self.book), (size, Book(sequence=1)))

    def test_legs_in_other_markets_need_the_more_margin_the_more_has_filled_there(self):
        # With 180 SOL open there 30 SOL need six tenths of 66.75 % of $7 500, $3 003.75, and a SOL here 3 % of $250, $7.50. The fee is
        # $0.10, the impact 1² / (2 · 20 000 000) SOL, $0.00000625.
        for missing, filled in ((0, True), (1, False)):
            self.begin_with(1, markets=2, open_interest_low=50 * SOL, open_interest_high=250 * SOL)
            self.owner.balance = 3_003_750_000 + 7_500_000 + 100_000 + 7 - missing
            self.does("deposit", account=1, amount=30_000 * USD)
            self.hold(0, 30 * SOL, 30 * SOL * price(250), market=1)
            self.publishes(250)
            self.publishes(250, market=1)
            # As the exchange is the legs need 5 % of $7 500 and of $250.
            self.places(order(SOL))
            self.trades(1, 150 * SOL, market=1)
            self.at(3)
            self.publishes(250)
            self.publishes(250, market=1)
            self.at(5)
            self.assertEqual(self.fills(0, self.said(250, 3, confidence=0)).forfeited, 0)
            self.assertEqual(self.owner.slot_of(0) is not None, filled, missing)

    def test_profit_in_other_markets_counts_for_a_fill_at_their_last_price_at_most(self):
        # The other market said $270 at 4 s, at which this one has a price as well: there 10 SOL need 3 % of $2 700, $81. Here 40 SOL
        # need 3 % of $9 600, $288, and lose 40 · $10 by the newest price, $0.01 of impact and $4 of fee. All prices are rounded down to
        # 2^-40 atoms a base unit: together an atom less.
        needed = 81 * USD + 288 * USD + 400 * USD + 10_000 + 4 * USD + 1
        for last, profit in (
            # 10 · $10, where $270 would be $200.
            (260, 100 * USD),
            # A loss by its last price is none at its better end, and so is no profit.
            (240, 0),
        ):
            for missing, filled in ((0, True), (1, False)):
                self.begin_with(1, markets=2)
                self.owner.balance = needed - profit - missing
                self.hold(0, 10 * SOL, 10 * SOL * price(250), market=1)
                self.publishes(250)
                self.publishes(250, market=1)
                # 5 % of $2 500 and of $10 000 are $625.
                self.places(order(40 * SOL))
                self.at(4)
                self.publishes(240)
                self.publishes(270, market=1)
                self.at(5)
                self.publishes(last, market=1)
                self.fills(0, self.said(250, 3, confidence=0))
                self.assertEqual(self.owner.slot_of(0) is not None, filled, (last, missing))

    def test_a_loss_in_other_markets_counts_for_a_fill_at_its_better_end(self):
        # As above, but bought there at $280: at $270 10 SOL have lost $100, by the last price $200.
        for missing, filled in ((0, True), (1, False)):
            self.begin_with(1_100, markets=2)
            self.hold(0, 10 * SOL, 10 * SOL * price(280), market=1)
            self.publishes(250)
            self.publishes(250, market=1)
            self.places(order(40 * SOL))
            self.owner.balance = 81 * USD + 288 * USD + 400 * USD + 10_000 + 4 * USD + 1 + 100 * USD - missing
            self.at(4)
            self.publishes(240)
            self.publishes(270, market=1)
            self.at(5)
            self.publishes(260, market=1)
            self.fills(0, self.said(250, 3, confidence=0))
            self.assertEqual(self.owner.slot_of(0) is not None, filled, missing)

    def test_an_order_that_adds_holds_what_the_margin_of_its_position_grows_by(self):
        # 30 SOL are held. A buy of 30 SOL costs $2.136138 of spread, (60² − 30²) / (2 · 20 000 000) = 0.0000675 SOL or $0.016875 of
        # impact, and $3.
        cost = 5_153_013
        for changed, of_size, of_growth in (
            # 5 % of $7 500, and of $15 000 less that.
            ({}, 375 * USD, 375 * USD),
            # A premium of ⌈√n⌉ ppm: 8.6603 % of $7 500; 12.2475 % of $15 000 less that.
            ({"size_premium": 1 << 32}, 649_522_500, 1_837_125_000 - 649_522_500),
            # With 60 SOL open 9.75 %: of $7 500; of $15 000 less the 5 % of $7 500 that 30 SOL need with 30 open.
            (
                {"open_interest_low": 50 * SOL, "open_interest_high": 250 * SOL},
                731_250_000,
                1_462_500_000 - 375 * USD,
            ),
        ):
            # One order, or two that are asked for one position.
            for sizes in ([30 * SOL], [10 * SOL, 20 * SOL]):
                self.begin_with(5_000, **changed)
                self.hold(0, 30 * SOL, 30 * SOL * price(250))
                self.publishes(250)
                self.places(*[order(size) for size in sizes])
                self.assertEqual(sum(self.held), max(of_size, of_growth) + cost, (changed, sizes))

    def test_an_order_that_adds_is_armed_with_what_its_position_needs(self):
        # As above with the premium. All 60 SOL count the spread less, and those that are bought cost it besides.
        held = 1_837_125_000 - 649_522_500 + 5_153_013
        for missing, expected in ((0, "ok"), (1, "InitialMargin")):
            self.begin_with(1, size_premium=1 << 32)
            self.hold(0, 30 * SOL, 30 * SOL * price(250))
            self.publishes(250)
            # The trade itself: 90 · $0.0712046 of spread, $0.016875 and $3 beside the margin of 60 SOL.
            self.owner.balance = 1_837_125_000 + 9_425_289 - missing
            self.places(order(30 * SOL), expected=expected)
            self.assertEqual(self.held, [held] if expected == "ok" else [])

    def test_a_flip_holds_the_margin_of_its_whole_size(self):
        self.begin_with(5_000)
        self.hold(0, 30 * SOL, 30 * SOL * price(250))
        self.publishes(250)
        self.places(order(-40 * SOL))
        # 5 % of $10 000, though the leg will need no more than 5 % of $2 500. 40 · $0.0712046 of spread; from a skew of 30 SOL to one of
        # 10 SOL the impact is 10² / (2 · 20 000 000) = 0.0000025 SOL, $0.000625; $1.50 and $1 of fee.
        self.assertEqual(self.held, [500 * USD + 2_848_809 + 2_500_000])

    def test_a_fill_closes_just_the_position_where_too_little_would_be_left_or_opened(self):
        # $100 are the least: 0.4 SOL at $250, 0.25 SOL at $400, at which the orders are armed. 10 SOL are held.
        tenth = SOL // 10
        for at, newest, sold, left in (
            # $75 would be left, or opened; $100 are enough, and an atom less is not.
            (250, 250, 97 * tenth, 0),
            (250, 250, 103 * tenth, 0),
            (250, 250, 96 * tenth, 4 * tenth),
            (250, 250, 96 * tenth + 1, 0),
            (250, 250, 104 * tenth, -4 * tenth),
            (250, 250, 104 * tenth - 1, 0),
            (250, 250, 100 * tenth, 0),
            # That is judged at the price of the fill, not at the market's: $75 at the one, $120 at the other.
            (250, 400, 97 * tenth, 0),
            (250, 400, 103 * tenth, 0),
            (400, 250, 97 * tenth, 3 * tenth),
            # What is opened is also judged at the market's: the order is over.
            (400, 250, 103 * tenth, 100 * tenth),
        ):
            for side in (1, -1):
                self.begin_with(8_000)
                self.hold(0, side * 10 * SOL, 10 * SOL * price(250))
                self.publishes(400)
                self.places(order(-side * sold))
                self.at(5)
                self.publishes(newest)
                self.fills(0, self.said(at, 3, confidence=0))
                position = self.owner.slot_of(0)
                self.assertEqual(position.size if position else 0, side * left, (at, newest, sold, side))
                self.assertEqual(self.book, Book(sequence=1))

    def test_of_what_only_reduces_too_little_is_left_as_well(self):
        tenth = SOL // 10
        for size, left in ((97 * tenth, 0), (96 * tenth, 4 * tenth), (2**62, 0)):
            self.begin_with(8_000)
            self.hold(0, 10 * SOL, 10 * SOL * price(250)).number = 1
            self.publishes(250)
            self.places(order(-size, reduce_only=True))
            self.at(5)
            self.fills(0, self.said(250, 3, confidence=0))
            position = self.owner.slot_of(0)
            self.assertEqual(position.size if position else 0, left, size)

    def test_what_closes_just_its_position_is_bound_by_its_price_and_charged_for_its_size(self):
        self.begin_with(8_000)
        self.hold(0, 10 * SOL, 10 * SOL * price(250))
        self.publishes(400)
        self.places(order(-10 * SOL - 3 * SOL // 10, acceptable_price=price(249)))
        self.at(5)
        self.fills(0, self.said(250, 3, confidence=0))
        # They end the skew: no impact, and a fee of 2 bp of $2 500.
        self.assertEqual(self.owner.balance, 8_000 * USD - 500_000)

    def test_a_newer_second_price_moves_a_fill_to_the_nearest_price_within_its_bounds(self):
        # 1 % and, a second apart, 2 · 0.8 · 363 / 256 · √(1 / 31 557 600) = 4.038635 bp: of $240 $0.0969273, of $260 $0.1050045.
        # The impact is 10² / (2 · 20 000 000) = 0.0000025 SOL, about $0.0006.
        for dollars, published, entry in (
            # 10 · $242.4969273 + $0.0006062.
            (240, 4, 2_424_969_878),
            # 10 · $257.2949955 + $0.0006432 are $2 572.950598007, and as both prices are whole 2^-40 atoms a base unit a bit less.
            (260, 4, 2_572_950_597),
            # The reading is in the bounds of $250: 10 · $250 + $0.000625.
            (250, 4, 2_500_000_625),
            # One of the same second or of before is what it was.
            (240, 3, None),
            (240, 2, None),
        ):
            self.begin_with(2_000, second_max_deviation=10_000, second_max_age=60)
            self.publishes(250)
            self.places(order(10 * SOL))
            self.at(5)
            self.second_says(dollars, published)
            filled = self.said(250, 3, confidence=0)
            # Its own confidence may not be too wide either: $4 are more than 1.5 %.
            self.fills(0, self.said(250, 3, confidence=4), "NoFillReading")
            self.fills(0, filled, "NoFillReading" if entry is None else "ok")
            self.assertEqual(self.owner.positions[0].entry_notional >> 40, entry or 0, (dollars, published))

    def test_a_newer_second_price_keeps_a_reading_from_meeting_an_order(self):
        self.begin_with(2_000, second_max_deviation=10_000, second_max_age=60)
        self.places(below(260, SOL))
        self.at(5)
        self.second_says(240, 5)
        self.arms(0, self.said(250, 4), "OrderNotMet")

    def test_where_the_reading_is_the_newest_price_the_fill_loses_nothing(self):
        # The reading of 3 s fills at $242.496927, as above, and is no price of the market. Its price until then is from before; or
        # it has said $241 since, $1.496927 less.
        for said_since, forfeited in ((False, 0), (True, 5_987_710)):
            self.begin_with(2_000, second_max_deviation=10_000, second_max_age=60, open_interest_cap=10 * SOL)
            self.does("deposit", account=1, amount=2_000 * USD)
            self.publishes(230)
            self.places(order(4 * SOL))
            # A stranger leaves room for 3 SOL.
            self.trades(1, 7 * SOL)
            self.at(5)
            self.second_says(240, 4)
            if said_since:
                self.publishes(241, published=self.start + 4)
            self.assertEqual(self.fills(0, self.said(250, 3)).forfeited, forfeited)

    def test_a_reading_that_the_market_does_not_take_in_is_the_newest_price_of_its_fill(self):
        self.begin_with(1_000)
        self.publishes(250)
        self.places(order(40 * SOL))
        # The market said $230 a second before the reading, at which the fill would leave less than 3 % of $9 200.
        self.at(2)
        self.publishes(230)
        self.at(5)
        with patch("exchange.take_reading"):
            self.assertEqual(self.fills(0, self.said(250, 3)).forfeited, 0)
        self.assertEqual(self.owner.positions[0].size, 40 * SOL)

    def test_a_reading_that_meets_an_order_is_no_older_than_one_that_prices_a_trade(self):
        self.begin_with(2_000)
        self.places(below(260, SOL))
        self.at(20)
        self.arms(0, self.said(250, 14), "OrderNotMet")
        self.arms(0, self.said(250, 15))

    def test_a_market_that_has_ended_cancels_at_once_and_sweeps_once_nothing_can_undo_it(self):
        self.begin_with(2_000)
        self.publishes(250)
        self.places(below(200, SOL), below(200, SOL))
        settlement = self.exchange.markets[0].settlement
        settlement.moved_at, settlement.outage_since, settlement.price = self.now, self.now - 1, price(250)
        self.places(below(200, SOL), expected="MarketSettled")
        self.places(cancel=[0])
        self.later(86_399)
        sweeps = {"account": 0, "place": 1, "market": 0}
        self.does("sweep_order", "OrderAlive", **sweeps)
        self.later(1)
        self.does("sweep_order", **sweeps)
        self.assertEqual(self.exchange.order_lamports, 0)

    def test_terms_that_do_not_go_together(self):
        self.begin_with(2_000)
        self.publishes(250)
        for wrong, name in (
            (order(0), "SizeOutOfRange"),
            (order(2**57 + 1), "SizeOutOfRange"),
            (order(SOL, acceptable_price=0), "AcceptablePriceZero"),
            (order(SOL, trigger_price=1), "OrderTerms"),
            (below(250, SOL, trailing=1), "OrderTerms"),
            (order(SOL, trigger=AT_OR_ABOVE, trailing=PPM), "OrderTerms"),
            (below(250, SOL, slices=2, seconds_between=60, lamports=2 * TIP), "OrderTerms"),
            (order(SOL, slices=2, seconds_between=59, lamports=2 * TIP), "OrderTerms"),
            (order(SOL, seconds_between=1), "OrderTerms"),
            (order(SOL, expires=self.now - 1), "OrderTerms"),
            (order(SOL, parent=0), "OrderTerms"),
            (order(SOL, lamports=TIP - 1), "OrderTipTooSmall"),
            (order(SOL, reduce_only=True), "NoPosition"),
        ):
            self.places(below(200, SOL), wrong, expected=name)
        self.places(*[below(200, SOL)] * 17, expected="NoFreeOrder")
        self.assertEqual(self.book, Book())
