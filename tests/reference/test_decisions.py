"""The cost of a change and its steps, with the numbers of governance.md worked out."""

import unittest
from dataclasses import replace

import decisions
from state import Parameters
from story import DAY, HOUR, Story
from story import SOL as ONE
from units import Refused
from sequence import description, reading

SOL = Parameters(**description()["markets"][0]["parameters"])
UNMEASURED = replace(SOL, measured_weight=0)


def cost(before, **changes):
    return decisions.cost_of_change(before, replace(before, **changes), 0)


def steps(before, after):
    taken = 0
    while before != after:
        step = decisions.next_step(before, after, 0)
        assert decisions.cost_of_change(before, step, 0) <= decisions.STEP
        before, taken = step, taken + 1
    return taken


class Costs(unittest.TestCase):
    def test_a_maintenance_margin_that_doubles_costs_three_points_and_takes_four_days(self):
        # 60 % of the 5 points by which the base margin rises, and a ppm of rounding.
        self.assertEqual(cost(UNMEASURED, base_margin=100_000), 30_001)
        self.assertEqual(steps(UNMEASURED, replace(UNMEASURED, base_margin=100_000)), 95)
        # With a measured margin twice as much is called for, up to its limit of 20 %.
        self.assertEqual(cost(SOL, base_margin=100_000), 60_003)

    def test_each_term(self):
        # f is at most the limit of the measured margin, 20 %: a tenth of it.
        self.assertEqual(cost(SOL, maintenance_fraction=700_000), 20_001)
        self.assertEqual(cost(SOL, measured_limit=210_000), 6_001)
        self.assertEqual(cost(SOL, volatility=400_000), 60_003)
        self.assertEqual(cost(SOL, taker_fee=500, taker_fee_rebalancing=350), 150)
        self.assertEqual(cost(SOL, penalty=12_000), 3_000)
        self.assertEqual(cost(SOL, impact_scale=SOL.impact_scale // 2), 2_000)
        self.assertEqual(cost(SOL, stress_move=140_000), 10_000)
        self.assertEqual(cost(SOL, spread_confidence=1_500_000), 7_500)
        # The cap of the rate for a day: 24 times 0.1 %.
        self.assertEqual(cost(SOL, funding_velocity=SOL.funding_velocity // 2), 24_000)

    def test_what_loosens_costs_nothing_and_is_one_step(self):
        looser = replace(SOL, base_margin=49_000, taker_fee=300, open_interest_high=2 * SOL.open_interest_high)
        self.assertEqual(decisions.cost_of_change(SOL, looser, 0), 0)
        self.assertEqual(decisions.next_step(SOL, looser, 0), looser)

    def test_what_no_decision_does(self):
        for changes in (
            {"funding_rate_cap": SOL.funding_rate_cap + 1},
            {"impact_scale": SOL.impact_scale // 2},
            {"open_interest_cap": 2 * SOL.open_interest_cap + 1},
            {"backing_cap": SOL.backing_cap + 10_001},
            {"max_age_trade": 4},
            {"isolated_only": 1},
            {"carry_surge": 2 * SOL.carry_surge},
        ):
            with self.assertRaises(Refused, msg=changes) as refused:
                decisions.require_change(SOL, replace(SOL, **changes))
            self.assertEqual(refused.exception.name, "MarketChange")


class Stories(Story):
    def test_a_margin_is_raised_after_a_day_an_hour_at_a_time(self):
        self.begin()
        market = self.exchange.markets[0]
        market.parameters = replace(market.parameters, measured_weight=0)
        self.does("deposit", account=0, amount=10_000 * 10**6)
        self.publishes(250)
        self.trades(0, 10 * ONE)
        before = market.parameters
        self.does("propose_parameters", market=0, parameters=vars(replace(before, base_margin=70_000)))
        self.does("propose_parameters", "ProposalOpen", market=0, parameters=vars(replace(before, base_margin=60_000)))
        self.later(DAY - 1)
        self.publishes(250)
        self.does("apply_parameters", "ProposalNotRipe", market=0)
        self.later(1)
        for step in range(38):
            self.does("apply_parameters", market=0, reading=reading(250, self.now))
            if step < 37:
                self.does("apply_parameters", "ProposalNotRipe", market=0)
            self.later(HOUR)
        self.assertEqual(market.parameters, replace(before, base_margin=70_000))
        self.assertEqual((market.parameter_changes, self.exchange.proposals), (38, {}))

    def test_what_is_tightened_outdates_what_was_proposed(self):
        self.begin()
        before = self.exchange.markets[0].parameters
        wider = replace(before, open_interest_high=2 * before.open_interest_high)
        self.does("propose_parameters", market=0, parameters=vars(wider))
        numbers = {
            "open_interest_cap": before.open_interest_cap // 2,
            "open_interest_low": before.open_interest_low,
            "max_confidence_to_increase": before.max_confidence_to_increase,
        }
        self.does("cancel_proposal", "ProposalStands", kind="parameters", subject=0)
        self.does("tighten_market", market=0, **numbers)
        self.does("tighten_market", "NothingToChange", market=0, **numbers)
        self.later(DAY)
        self.publishes(250)
        self.does("apply_parameters", "ProposalOutdated", market=0)
        self.does("cancel_proposal", kind="parameters", subject=0)

    def test_insurance_stays_a_tenth_of_the_pool(self):
        self.begin()
        pool = self.exchange.pool
        pool.cash, pool.placed, pool.insurance = 100_000, 0, 10_500
        self.does("propose_insurance", "InsuranceFloor", amount=501)
        self.does("propose_insurance", "AmountZero", amount=0)
        self.does("propose_insurance", amount=500)
        self.later(DAY)
        self.does("apply_insurance")
        self.assertEqual((pool.cash, pool.insurance), (100_500, 10_000))


if __name__ == "__main__":
    unittest.main()
