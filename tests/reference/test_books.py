"""The stored transcripts, and what must hold after every operation of random sequences."""

import json
import unittest
from collections import Counter
from pathlib import Path

from liquidity import DEAD_SHARES
from replay import Difference, opened, replay
from sequence import RandomSequence, equity_and_value, sums_of_positions, tokens, transcript
from state import DEPOSIT, LONG, SHORT, is_in
from units import ATOM


class Vectors(unittest.TestCase):
    def test_every_stored_transcript_of_the_exchange_agrees(self):
        stored = sorted((Path(__file__).parent / "vectors").iterdir())
        self.assertTrue(stored)
        for path in stored:
            with self.subTest(path.name), opened(path) as lines:
                counts = replay(lines)
                self.assertGreaterEqual(sum(counts.values()), 900)
                # More than opening and closing: somebody is liquidated, goes bankrupt and has a claim; a market ends.
                names = ("trade", "liquidate", "resolve_bankruptcy", "redeem_claim", "waive_claim", "fund_claims")
                for name in (*names, "delist_market", "begin_settlement", "update_second_price"):
                    self.assertGreater(counts[name, "ok"], 0, name)
                for name, refusal in (
                    ("fund_claims", "ProfitsNotNoted"),
                    ("execute_liquidity_deposit", "LossesNotSettled"),
                    ("execute_liquidity_withdrawal", "LegStale"),
                    ("trade", "SettlementDue"),
                    ("liquidate", "SettlementNotice"),
                    ("liquidate", "LiquidationWorsensHealth"),
                ):
                    self.assertGreater(counts[name, refusal], 0, refusal)


class Sequences(unittest.TestCase):
    MOVES_TOKENS = {"deposit": 1, "request_liquidity_deposit": 1, "fund_insurance": 1, "withdraw": -1}

    def test_the_books_balance_after_every_operation(self):
        for seed in range(3):
            sequence = RandomSequence(seed)
            exchange, came = sequence.exchange, 0
            for number in range(1_500):
                line = sequence.step()
                if line["result"] == "ok":
                    came += self.MOVES_TOKENS.get(line["op"], 0) * line.get("amount", 0)
                held, pool = came - sum(exchange.paid_out), exchange.pool
                self.assertEqual(tokens(exchange), held, (seed, number))
                prices = [sequence.random.randrange(1, 1 << 40) for _ in exchange.markets]
                set_apart = pool.escrow + pool.payable + pool.settling
                self.assertEqual(equity_and_value(exchange, prices), (held - set_apart) * ATOM, (seed, number))
                for market in exchange.markets:
                    self.compare_sums(exchange, market)
                self.compare_requests(exchange)
            self.assertGreater(sequence.results["close_epoch", "ok"], 5)
            self.assertGreater(sequence.results["pay_liquidity_request", "ok"], 20)

    def compare_requests(self, exchange):
        """What is set apart is what requests are still to get."""
        pool, escrow, due = exchange.pool, 0, Counter()
        for request in exchange.requests.values():
            closed = exchange.epoch_of(request)
            if closed:
                due[closed.boundary] += 1
            if request.kind == DEPOSIT and not (closed and is_in(request.limit, closed.deposits_accepted)):
                escrow += request.amount
        self.assertEqual(pool.escrow, escrow)
        self.assertEqual(due, {boundary: closed.requests for boundary, closed in exchange.epochs.items()})
        self.assertEqual(pool.payable, sum(closed.payable for closed in exchange.epochs.values()))
        dead = DEAD_SHARES if pool.shares else 0
        self.assertEqual(pool.shares, dead + sum(exchange.holders) + exchange.share_escrow)

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
