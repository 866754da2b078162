"""The documents' worked examples in numbers, and what must hold after every operation.

    python3 -m unittest
"""

import json
import unittest
from pathlib import Path

import funding
from averages import weight
from exchange import Exchange
from ledger import factor_times, unfunded_part
from margin import initial_margin, maintenance, margin_fraction, notional_atoms
from market import converted, coverage, impact_potential, spread
from replay import Difference, opened, replay
from sequence import (
    PARAMETERS,
    START,
    RandomSequence,
    description,
    equity_and_value,
    reading,
    sums_of_positions,
    tokens,
    transcript,
)
from state import CLAIM_FACTOR_ONE, LONG, SHORT, Position
from units import ATOM, div_ceil, div_floor

USD = 10**6  # atoms
SOL = 10**9  # base units
PRICE_250 = 1 << 38
NO_BOUND = {1: 2**64 - 1, -1: 1}


class Story(unittest.TestCase):
    """One exchange with SOL at $250, one second old, and helpers that read like sentences."""

    def begin(self, **changed):
        self.exchange = Exchange(description(**changed))
        self.now, self.slot = START, 1
        for market in self.exchange.markets:
            self.does("update_prices", market=market.index, reading=reading(250, START))
            market.ledger.backing = 1_000_000 * USD
        self.later(1)

    def later(self, seconds):
        self.now += seconds
        self.slot += 1

    def does(self, name, expected="ok", **arguments):
        self.assertEqual(self.exchange.run(name, self.now, self.slot, arguments), expected, name)

    def trades(self, account, size, expected="ok", market=0, reduce_only=False):
        bound = NO_BOUND[1 if size > 0 else -1]
        arguments = {"market": market, "size": size, "acceptable_price": bound, "reduce_only": reduce_only}
        self.does("trade", expected, account=account, **arguments)

    def maintenance_of(self, account):
        return maintenance(account, self.exchange.markets, self.now)

    def hold(self, account, size, entry, market=0):
        """Gives an account a position without a trade: size in base units, entry in raw."""
        ledger = self.exchange.markets[market].ledger
        position = next(slot for slot in self.exchange.accounts[account].positions if not slot.occupied)
        position.occupied, position.market, position.size, position.entry_notional = 1, market, size, entry
        side = ledger.sides[position.side()]
        side.open_interest += abs(size)
        side.entry_notional += entry
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
        self.assertEqual(initial_margin(market, 100 * SOL), 1_250 * USD)
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
        order = {"account": 0, "liquidator": 1, "market": 0, "max_size": 2**64 - 1, "min_bounty": 0}
        self.does("liquidate", "NotLiquidatable", **order)
        self.exchange.accounts[0].balance -= 1
        self.does("liquidate", **order)
        closed = 40 * SOL - self.exchange.accounts[0].positions[0].size
        self.assertAlmostEqual(closed / SOL * 250, 2_727.27, places=1)
        self.assertAlmostEqual(self.exchange.accounts[1].balance / USD, 8.18, places=2)

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
        self.does("update_prices", market=0, reading=reading(250.25, self.now))
        averages = market.averages
        self.assertAlmostEqual(averages.fast_volatility / 1e6, 0.342512, places=5)
        self.assertAlmostEqual(averages.slow_volatility / 1e6, 0.155830, places=5)
        # The average has taken in $250 alone; the distance counts as far as 16 · 80 % · √(1 s), 0.2279 % of the price.
        self.assertEqual(averages.fast_average, PRICE_250 << 13)
        self.assertEqual(averages.drift, market.price.price - PRICE_250)
        self.later(1)
        self.does("update_prices", market=0, reading=reading(252, self.now))
        self.assertAlmostEqual(averages.drift / market.price.price, 0.0022785, places=6)

    def test_a_print_and_the_way_back_move_no_margin_and_a_restless_hour_does(self):
        self.begin()
        market, base = self.exchange.markets[0], 3_600 * 50_000
        for dollars in (125, 250):
            self.later(15)
            self.does("update_prices", market=0, reading=reading(dollars, self.now))
        self.assertEqual(market.averages.measured_margin, base)
        for step in range(240):
            self.later(15)
            self.does("update_prices", market=0, reading=reading(250 + step % 2, self.now))
        self.assertGreater(market.averages.measured_margin, base * 3 // 2)
        value = notional_atoms(market, SOL)
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


class Claims(Story):
    def test_claims_are_funded_in_proportion(self):
        self.begin()
        ledger = self.exchange.markets[0].ledger
        self.claims(0, 300), self.claims(1, 700)
        ledger.backing = 500
        self.does("fund_claims", market=0)
        self.does("redeem_claim", account=0, market=0)
        self.does("redeem_claim", account=1, market=0)
        # half of each
        self.assertEqual([account.balance for account in self.exchange.accounts], [150, 350])
        ledger.backing = 500
        self.does("fund_claims", market=0)
        self.assertEqual((ledger.claim_round, ledger.claim_factor), (1, CLAIM_FACTOR_ONE))
        self.does("redeem_claim", account=1, market=0)
        self.assertEqual(self.exchange.accounts[1].balance, 700)

    def test_a_redemption_of_nothing_leaves_the_factor(self):
        self.begin()
        position = self.claims(0, 1)
        self.claims(1, 9)
        self.exchange.markets[0].ledger.backing = 3
        self.does("fund_claims", market=0)
        # ⌈1 · 7/10⌉ = 1: nothing of the first claim is funded.
        self.does("redeem_claim", "NothingToRedeem", account=0, market=0)
        self.assertEqual(position.claim_factor, CLAIM_FACTOR_ONE)

    def test_the_factor_rounds_up_and_keeps_its_digits(self):
        # 2^47 · 1/3 has 46 bits before the point: two doublings, rounded up.
        factor = factor_times(CLAIM_FACTOR_ONE, 1, 3)
        self.assertEqual(factor, (2 << 48) + -(-(2**49) // 3))
        for _ in range(50):
            factor = factor_times(factor, 1, 10**6)
        self.assertEqual(unfunded_part(10**18, factor, factor), 10**18)

    def test_waiving_what_is_not_funded_ends_the_round(self):
        self.begin()
        ledger = self.exchange.markets[0].ledger
        self.claims(0, 1_000)
        ledger.backing = 500
        self.does("fund_claims", market=0)
        self.does("waive_claim", account=0, market=0)
        self.assertEqual((self.exchange.accounts[0].balance, ledger.claims, ledger.claims_reserve), (500, 0, 0))
        self.assertEqual(ledger.claim_round, 1)

    def test_who_pays_for_a_bankruptcy(self):
        self.begin(markets=2)
        debtor, (first, second) = self.exchange.accounts[0], [market.ledger for market in self.exchange.markets]
        debtor.balance = 10
        self.owes(0, 100)
        self.claims(0, 20, market=1)
        second.backing = 5
        self.does("fund_claims", market=1)
        first.insurance, self.exchange.pool.insurance, first.backing = 30, 200, 0
        self.does("resolve_bankruptcy", account=0, market=0)
        # 10 of balance, 5 funded and 15 set off of the claim, 30 and a tenth of 200 of insurance, 20 by nobody
        self.assertEqual((first.backing, first.written_off, first.debts), (10 + 5 + 30 + 20, 20, 0))
        self.assertEqual((second.claims, second.claims_reserve), (0, 0))
        self.assertEqual(self.exchange.pool.insurance, 180)


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

    def test_order_and_request_bounds_of_zero_are_refused(self):
        self.begin()
        order = {"account": 0, "market": 0, "size": SOL, "acceptable_price": 0, "reduce_only": False}
        self.does("trade", "AcceptablePriceZero", **order)
        self.does(
            "request_liquidity_deposit", "OutputBoundZero", holder=0, nonce=1, amount=100 * USD, minimum_output=0
        )

    def test_a_position_is_not_reduced_in_the_slot_of_its_increase(self):
        self.begin()
        self.does("deposit", account=0, amount=2_000 * USD)
        self.trades(0, 100 * SOL)
        self.trades(0, -100 * SOL, "SameSlotReduction")

    def test_a_penalty_takes_at_most_what_is_left_after_the_close(self):
        # Two legs with half an atom of profit each: worth an atom together before, and half of one, which is none,
        # once the half of the closed leg has been rounded away.
        self.begin(markets=2)
        for market in (0, 1):
            self.hold(0, 40 * SOL, 40 * SOL * PRICE_250 - ATOM // 2, market)
        debtor = self.exchange.accounts[0]
        self.assertEqual(self.maintenance_of(debtor), (1, 600 * USD))
        self.does("liquidate", account=0, liquidator=1, market=0, max_size=2**64 - 1, min_bounty=0)
        self.assertEqual((debtor.positions[0], debtor.balance), (Position(), 0))

    def test_only_a_debt_that_stays_refuses_an_increase(self):
        self.begin(markets=2)
        self.does("deposit", account=0, amount=2_000 * USD)
        self.owes(0, 50 * USD)
        self.trades(0, SOL, "DebtOutstanding", market=1)
        self.trades(0, SOL)
        self.assertEqual(self.exchange.accounts[0].positions[0].debt, 0)

    def test_a_claim_alone_needs_a_fresh_price_only_for_liquidation(self):
        self.begin(markets=2)
        self.does("deposit", account=0, amount=2_000 * USD)
        self.claims(0, 5, market=1)
        self.later(100)
        self.does("update_prices", market=0, reading=reading(250, self.now))
        self.trades(0, 100 * SOL)
        self.does("withdraw", account=0, amount=100 * USD)
        self.does(
            "liquidate", "LegStale", account=0, liquidator=1, market=0, max_size=2**64 - 1, min_bounty=0
        )

    def test_a_market_without_cash_covers_a_part(self):
        self.begin()
        market = self.exchange.markets[0]
        # Longs are $400 ahead and there are $100: a quarter of their profit counts.
        self.hold(0, 40 * SOL, 40 * SOL * PRICE_250 - 400 * USD * ATOM)
        market.ledger.backing = 100 * USD
        self.assertEqual(coverage(market), (100 * USD, 400 * USD))
        self.assertEqual(self.maintenance_of(self.exchange.accounts[0])[0], 100 * USD)

    def test_the_first_deposit_and_a_withdrawal_in_parts(self):
        self.begin()
        pool, ledger = self.exchange.pool, self.exchange.markets[0].ledger
        ledger.backing = 0
        request = {"holder": 0, "nonce": 1}
        self.does("request_liquidity_deposit", amount=1_000 * USD, minimum_output=1, **request)
        self.does("execute_liquidity_deposit", "RequestNotMature", **request)
        self.later(30)
        self.does("execute_liquidity_deposit", **request)
        # a share is an atom; 10 000 are nobody's
        self.assertEqual((pool.shares, self.exchange.holders[0]), (1_000 * USD, 1_000 * USD - 10_000))
        # Half of the cash is placed, so that of 800 tokens 500 are paid and three eighths of the request wait.
        pool.cash, pool.placed, ledger.backing, ledger.net_principal = (500 * USD,) * 4
        request["nonce"] = 2
        self.does("request_liquidity_withdrawal", amount=800 * USD, minimum_output=800, **request)
        self.later(86_400)
        self.does("execute_liquidity_withdrawal", **request)
        rest = self.exchange.requests["withdrawal", 0, 2]
        self.assertEqual((pool.cash, rest.amount, rest.minimum_output), (0, 300 * USD, 300))

    def test_pauses_use_up_an_allowance_that_comes_back_over_days(self):
        self.begin()
        self.does("set_market_status", "MarketsDoNotPause", market=0, status=2, seconds=1, role="admin")
        # 100 s and the grace are 220 of the guardian's 240; 260 of 480 are left for the others: 140 s and the grace.
        self.does("set_exchange_status", status=2, seconds=100, role="guardian")
        self.does("settle_funding", "Paused", account=0, market=0)
        self.does("update_funding", market=0, reading=reading(250, self.now))
        self.does("set_exchange_status", "GuardianOnlyTightens", status=1, seconds=60, role="guardian")
        self.later(100)
        self.does("update_prices", market=0, reading=reading(250, self.now))
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

    def test_a_price_too_wide_values_nothing_and_an_outage_is_noted(self):
        self.begin()
        market = self.exchange.markets[0]
        self.does("update_prices", market=0, reading=reading(54, self.now, confidence=216))
        self.assertEqual((market.price.price, market.price.newest_published), (PRICE_250, self.now))
        self.does("update_funding", "MarketUnusable", market=0)
        self.does("report_oracle_outage", "PriceStillFresh", market=0)
        self.later(60)
        self.does("report_oracle_outage", market=0)
        self.does("report_oracle_outage", "OutageAlreadyReported", market=0)
        self.does("update_prices", market=0, reading=reading(250, self.now))
        self.assertEqual(market.price.outage_since, 0)


class Vectors(unittest.TestCase):
    def test_every_stored_transcript_of_the_exchange_agrees(self):
        stored = sorted((Path(__file__).parent / "vectors").iterdir())
        self.assertTrue(stored)
        for path in stored:
            with self.subTest(path.name), opened(path) as lines:
                counts = replay(lines)
                self.assertGreaterEqual(sum(counts.values()), 900)
                # More than opening and closing: somebody is liquidated, goes bankrupt and has a claim.
                for name in ("trade", "liquidate", "resolve_bankruptcy", "waive_claim", "fund_claims"):
                    self.assertGreater(counts[name, "ok"], 0, name)


class Sequences(unittest.TestCase):
    MOVES_TOKENS = {"deposit": 1, "request_liquidity_deposit": 1, "fund_insurance": 1, "withdraw": -1}

    def test_the_books_balance_after_every_operation(self):
        for seed in range(3):
            sequence = RandomSequence(seed)
            exchange, held = sequence.exchange, 0
            for number in range(1_500):
                line = sequence.step()
                if line["result"] == "ok":
                    held += self.MOVES_TOKENS.get(line["op"], 0) * line.get("amount", 0)
                self.assertEqual(tokens(exchange), held, (seed, number))
                prices = [sequence.random.randrange(1, 1 << 40) for _ in exchange.markets]
                without_escrow = (held - exchange.pool.escrow) * ATOM
                self.assertEqual(equity_and_value(exchange, prices), without_escrow, (seed, number))
                for market in exchange.markets:
                    self.compare_sums(exchange, market)

    def compare_sums(self, exchange, market):
        ledger, sums = market.ledger, sums_of_positions(exchange, market.index)
        self.assertEqual((sums["claims"], sums["debts"]), (ledger.claims, ledger.debts))
        self.assertLessEqual(ledger.claims_reserve, ledger.claims)
        for side in (LONG, SHORT):
            whole = ledger.sides[side]
            self.assertEqual(sums[side], [whole.open_interest, whole.entry_notional, whole.funding_checkpoint])

    def test_a_transcript_agrees_with_itself_and_a_changed_one_does_not(self):
        lines = list(transcript(seed=7, operations=600))
        self.assertEqual(sum(replay(lines).values()), 600)
        changed = json.loads(lines[400])
        changed["after"]["pool"]["cash"] += 1
        with self.assertRaises(Difference) as caught:
            replay(lines[:400] + [json.dumps(changed)] + lines[401:])
        self.assertEqual((caught.exception.number, caught.exception.field), (400, "pool.cash"))


if __name__ == "__main__":
    unittest.main()
