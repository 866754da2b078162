"""Orders, claims and statuses: what is refused and what is not (trading.md, losses.md, governance.md)."""

from story import PRICE_250, SOL, USD, Story


class Rules(Story):
    def test_a_sale_of_one_unit_fetches_nothing(self):
        self.begin()
        self.does("deposit", account=0, amount=2_000 * USD)
        # From no skew at all a base unit pays a whole one of impact. 1 is no bound, so that only the size refuses it.
        self.trades(0, -1, "BelowMinimumPosition")
        order = {"account": 0, "market": 0, "size": -1, "acceptable_price": 2, "reduce_only": False}
        self.does("trade", "PriceBoundExceeded", **order)

    def test_a_claim_is_not_waived_while_something_is_owed(self):
        self.begin(markets=3)
        self.claims(0, 1_000)
        self.hold(0, SOL, SOL * PRICE_250, market=1)
        self.does("waive_claim", "PositionsOpen", account=0, market=0)
        self.begin(markets=3)
        self.claims(0, 1_000)
        self.owes(0, 1, market=2)
        self.does("waive_claim", "DebtOutstanding", account=0, market=0)

    def test_an_order_bound_of_zero_is_refused(self):
        self.begin()
        order = {"account": 0, "market": 0, "size": SOL, "acceptable_price": 0, "reduce_only": False}
        self.does("trade", "AcceptablePriceZero", **order)

    def test_a_position_is_not_reduced_in_the_slot_of_its_increase(self):
        self.begin()
        self.does("deposit", account=0, amount=2_000 * USD)
        self.trades(0, 100 * SOL)
        self.trades(0, -100 * SOL, "SameSlotReduction")

    def test_only_a_debt_that_stays_refuses_an_increase(self):
        self.begin(markets=2)
        self.does("deposit", account=0, amount=2_000 * USD)
        self.owes(0, 50 * USD)
        self.trades(0, SOL, "DebtOutstanding", market=1)
        self.trades(0, SOL)
        self.assertEqual(self.exchange.accounts[0].positions[0].debt, 0)

    def test_pauses_use_up_an_allowance_that_comes_back_over_days(self):
        self.begin()
        self.does("set_market_status", "MarketsDoNotPause", market=0, status=2, seconds=1, role="admin")
        # 100 s and the grace are 220 of the guardian's 240; 260 of 480 are left for the others: 140 s and the grace.
        self.does("set_exchange_status", status=2, seconds=100, role="guardian")
        self.does("settle_funding", "Paused", account=0, market=0)
        self.does("update_funding", market=0)
        self.does("set_exchange_status", "GuardianOnlyTightens", status=1, seconds=60, role="guardian")
        self.later(100)
        self.publishes(250)
        self.trades(0, SOL, "ReduceOnly")
        self.does("settle_funding", "NoPosition", account=0, market=0)
        self.does("set_exchange_status", "StatusAllowance", status=2, seconds=0, role="guardian")
        self.does("set_exchange_status", "StatusAllowance", status=2, seconds=141, role="risk_admin")
        self.does("set_exchange_status", status=2, seconds=140, role="risk_admin")
        # Lifted at once the 140 s return, and the grace does not.
        self.does("set_exchange_status", status=0, seconds=0, role="admin")
        self.does("set_exchange_status", "StatusAllowance", status=2, seconds=21, role="admin")
        # 120 s in 72 hours.
        self.later(72 * 3_600)
        self.does("set_exchange_status", "StatusAllowance", status=2, seconds=141, role="admin")
        self.does("set_exchange_status", status=2, seconds=140, role="admin")

    def test_a_thin_market_takes_isolated_accounts_alone(self):
        self.begin(markets=2, accounts=[None, 1], isolated_only=1)
        self.exchange.accounts[1].balance = 2_000 * USD
        self.trades(0, SOL, "IsolatedMarket", market=1)
        self.trades(1, SOL, market=1)
