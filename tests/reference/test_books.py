"""The stored transcripts, and what must hold after every operation of random sequences."""

import json
import unittest
from collections import Counter
from pathlib import Path

from epoch import DEPOSIT, is_in
from liquidity import DEAD_SHARES, LARGEST_UNSETTLED
from replay import Difference, opened, replay
from sequence import RandomSequence, equity_and_value, sums_of_positions, tokens, transcript
from state import LONG, SHORT
from units import ATOM, share_floor
from valuation import ALLOWANCE_SECONDS


def what_happens(lines):
    """What the names of operations and results do not tell of a transcript's boundaries."""
    seen, kinds, epochs = Counter(), {}, {}
    unsettled, rest = 0, 0
    for line in map(json.loads, lines):
        name, after = line.get("op", "the first line"), line.get("after", {})
        if "rest" in after:
            before, rest = rest, sum(after["rest"]["withdrawals"]["amounts"])
            seen["a rest rides along"] += rest < before
            seen["a rest is all that waits"] += rest > 0 and after.get("exchange", {}).get("boundary") == 0
        if name.startswith("request_liquidity"):
            kinds[line["nonce"]] = name.removeprefix("request_liquidity_")
        elif name == "settle_pnl" and "keeper" in line and "pool" in after:
            seen["a settlement is paid for"] += 1
        elif name == "close_epoch" and after:
            (closed,) = after["epochs"].values()
            seen["a close pays a part"] += 0 < closed["redeemed"] < closed["leaving"]
            closed["too_much"] = unsettled > share_floor(closed["upper"], LARGEST_UNSETTLED)
            epochs[closed["boundary"]] = closed
        elif name == "pay_liquidity_request" and after:
            kind, paid = kinds[line["nonce"]], after["paid"]
            seen[f"a {kind} gets tokens"] += paid["tokens"] > 0
            seen[f"a {kind} gets shares"] += paid["shares"] > 0
            seen["a part is paid"] += after["request"] is not None
            # Under another limit it would have got the other.
            (closed,) = (epochs[int(boundary)] for boundary in after["epochs"])
            returned = paid["shares" if kind == "withdrawal" else "tokens"] > 0
            seen[f"a limit returns a {kind}"] += returned and closed[f"{kind}s_accepted"] > 0
            seen["too much unsettled returns a deposit"] += returned and kind == "deposit" and closed["too_much"]
        elif name == "value_market" and after:
            seen[how_it_is_valued(line, after["markets"][str(line["market"])])] += 1
            unsettled = after["pool"]["epoch"]["unsettled"]
        elif name in ("place_orders", "arm_order", "execute_order") and after:
            seen.update(what_becomes_of_orders(name, line, after))
    return seen


def what_becomes_of_orders(name, line, after):
    places, paid = after["orders"][str(line["account"])]["places"], after.get("paid")
    if name == "place_orders":
        armed = any(place.get("fills_from") == line["now"] + 11 for place in places)
        return ["an order by time is armed at once"] * armed + ["an order is cancelled"] * (paid["lamports_returned"] > 0)
    place = places[line["place"]]
    if name == "arm_order":
        if not place["fills_from"]:
            return ["a trigger trails"]
        return ["a reduce-only order is armed" if place["reduce_only"] else "an order by price is armed"]
    if paid["forfeited"]:
        return ["an order that cannot be borne costs"]
    if not paid["lamports"]:
        return ["a fill would be worse than acceptable"]
    wakes = any(place.get("position") and place["active_from"] == line["now"] for place in places)
    goes_on = ["a slice is filled"] * (place["slices"] > 0)
    return ["an order is filled", *goes_on, *["a child wakes"] * wakes]


def how_it_is_valued(line, market):
    kept, reading = market["at_boundary"], line.get("reading")
    if kept["valued"] != kept["boundary"]:
        return "a reading is noted"
    if not any(side["open_interest"] for side in kept["ledger"]["sides"]):
        return "valued without positions"
    if line["now"] > kept["boundary"] + ALLOWANCE_SECONDS:
        if kept["reading"]["published"]:
            return "valued at a reading near the boundary"
        return "valued at the range of its price"
    return "valued at the boundary's reading" if reading else "valued at its final price"


class Vectors(unittest.TestCase):
    OPERATIONS = (
        *("trade", "liquidate", "resolve_bankruptcy", "redeem_claim", "waive_claim", "fund_claims"),
        *("delist_market", "begin_settlement", "update_second_price", "allocate_backing"),
        *("open_orders", "place_orders", "arm_order", "execute_order", "sweep_order", "close_orders"),
    )
    REFUSALS = (
        ("fund_claims", "ProfitsNotNoted"),
        ("trade", "SettlementDue"),
        ("liquidate", "SettlementNotice"),
        ("liquidate", "LiquidationWorsensHealth"),
        ("allocate_backing", "BoundaryNear"),
        ("value_market", "NoBoundaryReading"),
        ("arm_order", "OrderNotMet"),
        ("execute_order", "NoFillReading"),
        ("execute_order", "OrderNotArmed"),
        ("trade", "OrderArmed"),
        ("execute_order", "EarlierOrderArmed"),
    )
    # A deposit that is refused gets tokens, a withdrawal shares.
    EVENTS = (
        *(f"a {kind} gets {what}" for kind in ("deposit", "withdrawal") for what in ("tokens", "shares")),
        *("a close pays a part", "a part is paid", "a settlement is paid for", "a reading is noted"),
        *("valued at the boundary's reading", "valued at a reading near the boundary"),
        *("valued at the range of its price", "valued without positions"),
        *("a limit returns a deposit", "a limit returns a withdrawal", "too much unsettled returns a deposit"),
        *("a rest is all that waits", "a rest rides along"),
        *("an order by time is armed at once", "an order by price is armed", "a reduce-only order is armed"),
        *("a trigger trails", "an order is filled", "a slice is filled", "a child wakes", "an order is cancelled"),
        *("a fill would be worse than acceptable", "an order that cannot be borne costs"),
    )

    def test_every_stored_transcript_of_the_exchange_agrees(self):
        stored = sorted((Path(__file__).parent / "vectors").iterdir())
        self.assertTrue(stored)
        counts, seen = Counter(), Counter()
        for path in stored:
            with self.subTest(path.name), opened(path) as file:
                lines = list(file)
                replayed = replay(lines)
                self.assertGreaterEqual(sum(replayed.values()), 900)
                counts += replayed
                seen += what_happens(lines)
        # More than opening and closing: somebody is liquidated, goes bankrupt and has a claim; a market ends.
        for name in self.OPERATIONS:
            self.assertGreater(counts[name, "ok"], 0, name)
        for refusal in self.REFUSALS:
            self.assertGreater(counts[refusal], 0, refusal)
        for event in self.EVENTS:
            self.assertGreater(seen[event], 0, event)


class Sequences(unittest.TestCase):
    MOVES_TOKENS = {"deposit": 1, "request_liquidity_deposit": 1, "fund_insurance": 1, "withdraw": -1}

    def test_the_books_balance_after_every_operation(self):
        for seed in range(3):
            sequence = RandomSequence(seed)
            exchange, held = sequence.exchange, 0
            for number in range(1_500):
                line = sequence.step()
                if line["result"] == "ok":
                    held += self.MOVES_TOKENS.get(line["op"], 0) * line.get("amount", 0) - exchange.paid.tokens
                pool = exchange.pool
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
