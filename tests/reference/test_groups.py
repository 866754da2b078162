"""Longs and shorts in markets that move together (margin.md, liquidation.md)."""

import unittest

from margin import adverse_equity_and_margin, view_of
from story import SOL, USD, Story
from units import ATOM

GROUP = {"risk_group": 1, "group_credit": 100_000, "group_divergence": 32_000, "maintenance_fraction": 750_000}
# Nothing that a trade costs, nothing measured: a position asks 3.75 % and 5 % of its notional.
PLAIN = {
    "volatility": 0,
    "measured_weight": 0,
    "taker_fee": 0,
    "taker_fee_rebalancing": 0,
    "impact_limit": 0,
    "carry_rate": 0,
    "carry_surge": 0,
    "funding_velocity": 0,
}


class Hedges(Story):
    def begin_hedged(self, long, short, dollars, **changed):
        """SOL long in market 0 and short in market 1, entered at $250."""
        self.begin(markets=2, **{**PLAIN, **GROUP, **changed})
        self.account = self.exchange.accounts[0]
        for market, size in ((0, long), (1, -short)):
            if size:
                self.hold(0, size * SOL, abs(size) * 250 * USD * ATOM, market)
        self.account.balance = round(dollars * USD)
        for market in (0, 1):
            self.publishes(250, market)

    def asked(self):
        view = view_of(self.account, self.exchange.markets, None, self.now)
        return self.health_of(self.account).required / USD, adverse_equity_and_margin(self.account, view)[1] / USD

    def test_a_balanced_pair_asks_45_percent_of_its_sum(self):
        # $25 000 on either side ask $937.50 and $1250 alone; the group the larger side less a tenth of the other.
        self.begin_hedged(100, 100, 2_000)
        self.assertEqual(self.asked(), (843.75, 1_125))
        self.begin_hedged(100, 60, 2_000)
        self.assertEqual(self.asked(), (937.5 - 56.25, 1_250 - 75))
        self.begin_hedged(100, 0, 2_000)
        self.assertEqual(self.asked(), (937.5, 1_250))
        self.begin_hedged(100, 100, 2_000, risk_group=0)
        self.assertEqual(self.asked(), (1_875, 2_500))

    def test_a_market_without_cash_credits_only_what_the_position_has_lost(self):
        self.begin_hedged(100, 100, 2_000)
        self.exchange.markets[1].ledger.backing = 0
        self.assertEqual(self.asked(), (937.5, 1_250))
        # At $254 the short is $400 down, which a fall would bring back: 3.75 % and 5 % of $25 400 less $40.
        self.later(1)
        for market in (0, 1):
            self.publishes(254, market)
        for asked, expected in zip(self.asked(), (952.5 - 40, 1_270 - 40), strict=True):
            self.assertAlmostEqual(asked, expected, 5)

    def test_the_larger_side_is_closed_first_and_then_both_in_proportion(self):
        self.begin_hedged(100, 100, 800)
        self.liquidates(0)
        # 1.25 · 843.75 − 800 = $254.6875 are missing; a dollar closed on both sides brings ⌈4.6875 % · 0.9⌉ − 2 % = 2.2188 cents:
        # $11 478.61 on either, 45.914459 SOL.
        self.assertEqual(self.account.slot_of(0).size // 1_000, 54_085_541)
        self.liquidates(0, "SmallerSideOfGroup")
        self.liquidates(0, market=1)
        judged = self.health_of(self.account)
        self.assertLess(abs(judged.equity - judged.required * 5 / 4), 200_000)

    def test_what_is_in_excess_is_closed_alone(self):
        self.begin_hedged(100, 40, 890)
        self.liquidates(0, "SmallerSideOfGroup", market=1)
        self.liquidates(0)
        self.liquidates(0, "NotLiquidatable")
        self.assertEqual(self.account.slot_of(1).size, -40 * SOL)

    def test_nobody_makes_himself_liquidatable_by_taking_a_hedge_away(self):
        self.begin_hedged(100, 100, 850)
        self.later(1)
        self.trades(0, 40 * SOL, "ReductionWorsensHealth", market=1)
        self.trades(0, 5 * SOL, market=1)
        # Whole it may be closed, and then the other side.
        self.trades(0, -100 * SOL)
        self.trades(0, 95 * SOL, market=1)
        self.assertEqual(self.account.balance, 850 * USD)


if __name__ == "__main__":
    unittest.main()
