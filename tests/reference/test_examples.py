"""The documents' worked examples in numbers."""

import funding
from averages import weight
from margin import initial_margin, margin_fraction, notional_atoms
from market import impact_potential
from price import converted, spread
from sequence import PARAMETERS
from state import LONG, SHORT, Position
from story import PRICE_250, SOL, USD, Story
from units import ATOM, div_ceil, div_floor


class WorkedExamples(Story):
    def test_prices_of_units_md(self):
        self.begin()
        market = self.exchange.markets[0]
        # $140.615937: ⌊14061593700 · 10^-11 · 2^40⌋; a price of exactly $250 is 2^38.
        self.assertEqual(converted(14_061_593_700, -8, market, div_floor), 154_608_857_782)
        self.assertEqual(market.price.price, PRICE_250)

    def test_the_round_trip_of_trading_md(self):
        self.begin()
        self.does("deposit", account=0, amount=2_000 * USD)
        trader, market = self.exchange.accounts[0], self.exchange.markets[0]
        # 2 · 0.8 = 1 600 000 ppm; √(2^16 · 2) = 362.04 rounds up to 363; so 4.0386 bp, which of $25 000 is $10.0966.
        self.assertEqual(spread(market, 1), div_ceil(PRICE_250 * 1_600_000 * 363, 1_438_109_479_003))
        self.assertAlmostEqual(spread(market, 1) / PRICE_250, 4.0386e-4, places=8)
        self.trades(0, 100 * SOL)
        # $25 000 and $10.0966 of spread and $0.0625 of impact; then a fee of 4 bp
        entry = trader.positions[0].entry_notional / ATOM / USD
        self.assertAlmostEqual(entry, 25_000 + 10.0966 + 0.0625, places=4)
        self.assertEqual(trader.balance, 1_990 * USD)
        # 5 % of $25 000
        self.assertEqual(initial_margin(market, 100 * SOL, PRICE_250), 1_250 * USD)
        self.slot += 1
        self.trades(0, -100 * SOL)
        # both spreads, the impact, fees of $10 and of 2 bp: 2 000 − 2 · 10.0966 − 0.0625 − 10 − 5
        self.assertAlmostEqual(trader.balance / USD, 1_964.7443, places=4)
        self.assertEqual(trader.positions[0], Position())

    def test_impact_beyond_its_limit(self):
        self.begin()
        parameters = self.exchange.markets[0].parameters
        # M·S = 0.4 % · 20 000 000 = 80 000 SOL. There G = 80 000² / (2 · 20 000 000) = 160 SOL; 10 000 SOL
        # further the marginal impact of 0.4 % adds 40.
        self.assertEqual(impact_potential(parameters, 80_000 * SOL), 160 * SOL)
        self.assertEqual(impact_potential(parameters, -90_000 * SOL), 200 * SOL)

    def test_the_liquidation_of_keepers_md(self):
        self.begin()
        # $10 000 at the threshold of $300, an atom below it: (1.25 · 300 − 300) / (1.25 · 3 % − 1 %) = $2 727,
        # of whose penalty of $27.27 the bounty is 30 %: $8.18.
        self.hold(0, 40 * SOL, 40 * SOL * PRICE_250)
        self.exchange.accounts[0].balance = 300 * USD
        self.liquidates(0, "NotLiquidatable")
        self.exchange.accounts[0].balance -= 1
        self.liquidates(0)
        closed = 40 * SOL - self.exchange.accounts[0].positions[0].size
        self.assertAlmostEqual(closed / SOL * 250, 2_727.27, places=1)
        self.assertAlmostEqual(self.bounties() / USD, 8.18, places=2)

    def test_the_liquidations_of_liquidation_md(self):
        # Index; closed SOL; bounty; insurance gained, less what it added; equity after.
        columns = (
            (244, 39.4933, 31.07, 46.02, 553.64),
            (238, 100, 25.05, 18.33 - 3.38, 0),
            (237, 100, 4.27, -4.27, -50),
        )
        for dollars, closed, bounty, insurance, equity in columns:
            self.begin()
            debtor, market = self.exchange.accounts[0], self.exchange.markets[0]
            self.hold(0, 100 * SOL, 100 * SOL * PRICE_250)
            debtor.balance, market.ledger.insurance = 1_250 * USD, 1_000 * USD
            market.price.price = PRICE_250 // 250 * dollars
            self.liquidates(0)
            self.assertAlmostEqual(100 - debtor.positions[0].size / SOL, closed, places=3)
            self.assertAlmostEqual(self.bounties() / USD, bounty, places=1)
            self.assertAlmostEqual(market.ledger.insurance / USD - 1_000, insurance, places=1)
            self.assertAlmostEqual(self.health_of(debtor).equity / USD, equity, places=1)

    def test_the_largest_rates_of_units_md(self):
        # 1 % an hour of funding and of carry at a price of 2^50 need 2^60 / (2^50 / 50) hours, almost six years.
        years = 2**60 / (2**50 / 50) / 24 / 365.25
        self.assertTrue(5.8 < years < 6)


class Averages(Story):
    def test_weights_are_halved_by_their_half_life(self):
        self.assertEqual((weight(60, 0), weight(60, 60)), (0, 1 << 31))
        # 1 − 2^(−1/4)
        self.assertEqual(weight(120, 30), 683_344_693)

    def test_a_sample_of_price_md(self):
        self.begin()
        market = self.exchange.markets[0]
        # 0.1 % within 15 s is 118.9 % a √year, which weighs 8.2996 % and 1.7179 %: roots of 34.2512 % and 15.583 %.
        self.later(14)
        self.publishes(250.25)
        averages = market.averages
        self.assertAlmostEqual(averages.fast_volatility / 1e6, 0.342512, places=5)
        self.assertAlmostEqual(averages.slow_volatility / 1e6, 0.155830, places=5)
        # The average has taken in $250 alone; the distance counts as far as 16 · 80 % · √(1 s), 0.2279 % of the price.
        self.assertEqual(averages.fast_average, PRICE_250 << 13)
        self.assertEqual(averages.drift, market.price.price - PRICE_250)
        self.later(1)
        self.publishes(252)
        self.assertAlmostEqual(averages.drift / market.price.price, 0.0022785, places=6)

    def test_of_one_price_the_fast_average_counts_a_minute_and_the_settlements_ten(self):
        self.begin()
        averages = self.exchange.markets[0].averages
        self.publishes(251)
        self.later(600)
        self.publishes(251)
        # A half-life of each: halfway from $250, to which the second before $251 counted alone.
        for average in (averages.fast_average, averages.settlement_average):
            self.assertAlmostEqual(average / (PRICE_250 << 13) * 250, 250.5, places=6)

    def test_a_print_is_taken_in_within_a_limit_that_grows_with_the_root_of_the_time(self):
        self.begin()
        averages = self.exchange.markets[0].averages
        self.publishes(375)
        self.later(4)
        self.publishes(250)
        # 16 · 80 % · √(1 s) of $375 are $0.8545; twice that for 4 s, of which the fast average takes in 1 − 2^(−4/60).
        self.assertAlmostEqual(averages.fast_average / (PRICE_250 << 13) * 250 - 250, 2 * 0.8545 * 0.045158, places=4)

    def test_a_market_few_people_post_in_is_not_restless_for_that(self):
        self.begin()
        averages = self.exchange.markets[0].averages
        self.later(3_600)
        self.publishes(250.25)
        # 0.1 % is 84.07 % a √year where it took half a minute, and 7.674 % where it took an hour; both weigh as half a
        # minute, 15.910 % and 3.4064 %.
        self.assertAlmostEqual(averages.fast_volatility / 1e6, 0.8407 * 0.15910**0.5, places=4)
        self.assertAlmostEqual(averages.slow_volatility / 1e6, 0.07674 * 0.034064**0.5, places=5)

    def test_a_print_and_the_way_back_move_no_margin_and_a_restless_hour_does(self):
        self.begin()
        market, base = self.exchange.markets[0], 3_600 * 50_000
        for dollars in (125, 250):
            self.later(15)
            self.publishes(dollars)
        self.assertEqual(market.averages.measured_margin, base)
        for step in range(240):
            self.later(15)
            self.publishes(250 + step % 2)
        self.assertGreater(market.averages.measured_margin, base * 3 // 2)
        value = notional_atoms(SOL, market.price.price)
        self.assertGreater(margin_fraction(market, value), 75_000)


class Funding(Story):
    def test_the_closed_form_is_the_path_second_by_second(self):
        self.begin()
        parameters = self.exchange.markets[0].parameters
        cap = PARAMETERS["funding_rate_cap"]
        paths = ((0, 10**13, 5_000), (cap, -(10**14), 9_000), (-cap // 3, 0, 90_000), (cap, 1, 7))
        # Ten seconds below the cap at full skew, and an odd bit, so that the cap cuts the eleventh second short.
        almost = (cap - 10 * PARAMETERS["funding_velocity"] - 5, 10**14, 40)
        for rate, skew, seconds in paths + (almost,):
            area, now = {LONG: 0, SHORT: 0}, rate
            for _ in range(seconds):
                after = funding.next_rate(parameters, now, skew)
                area[LONG if now + after > 0 else SHORT] += abs(now + after)
                now = after
            end, stretches = funding.rate_path(parameters, rate, skew, seconds)
            self.assertEqual(end, now)
            for side in (LONG, SHORT):
                self.assertEqual(sum(twice for payers, twice in stretches if payers == side), area[side])

    def test_accruing_often_or_once_owes_the_same(self):
        results = []
        for pieces in ([3_600], [60] * 60, [1] * 3_600):
            self.begin()
            market = self.exchange.markets[0]
            self.hold(0, 900 * SOL, 900 * SOL * PRICE_250)
            self.hold(1, -400 * SOL, 400 * SOL * PRICE_250)
            for seconds in pieces:
                funding.accrue_seconds(market, seconds)
            long = market.ledger.sides[LONG]
            results.append((market.ledger.funding_rate, long.funding_index, long.carry_fraction))
        self.assertEqual(len(set(results)), 1)

    def test_a_rate_that_nobody_accrued_falls_to_zero(self):
        self.begin()
        ledger = self.exchange.markets[0].ledger
        step = div_ceil(PARAMETERS["funding_velocity"], 4)
        ledger.funding_rate = 5 * step
        # Two seconds beyond the hour that an accrual covers; then, without a skew, ⌈v / 4⌉ a second as well.
        funding.accrue_seconds(self.exchange.markets[0], PARAMETERS["max_accrual_seconds"] + 2)
        self.assertEqual(ledger.funding_rate, 0)
        self.assertEqual(funding.idle_rate(self.exchange.markets[0].parameters, -5 * step, 2), -3 * step)

    def test_a_surge_goes_to_the_insurance(self):
        self.begin()
        ledger, cap = self.exchange.markets[0].ledger, PARAMETERS["open_interest_cap"]
        self.hold(0, cap, cap * PRICE_250)
        # After half an hour the mean is half of the cap, after an hour all of it: a surge of 35 % a year.
        funding.accrue_seconds(self.exchange.markets[0], 1_800)
        self.assertEqual((ledger.sides[LONG].mean_interest, ledger.insurance), (cap // 2, 0))
        ledger.sides[LONG].mean_interest = cap
        funding.accrue_seconds(self.exchange.markets[0], 3_600)
        # $25 million · 35 % · an hour of a year
        self.assertAlmostEqual(ledger.insurance / USD, 25e6 * 0.35 * 3_600 / 31_557_600, places=2)

    def test_funding_owed_rounds_up_and_funding_received_down(self):
        self.begin()
        ledger = self.exchange.markets[0].ledger
        for account, size in ((0, SOL), (1, -SOL)):
            self.hold(account, size, SOL * PRICE_250)
            self.exchange.accounts[account].balance = 100
        # 2 000 raw for each of 10^9 base units is 1.82 atoms: two are paid and one is received.
        ledger.sides[LONG].funding_index, ledger.sides[SHORT].funding_index = 2_000, -2_000
        ledger.funding_time = self.now
        before = ledger.backing
        for account in (0, 1):
            self.does("settle_funding", account=account, market=0)
        self.assertEqual([account.balance for account in self.exchange.accounts], [98, 101])
        self.assertEqual(ledger.backing, before + 1)
