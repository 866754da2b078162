"""Replays a transcript of operations and compares every field it gives with this implementation's own.

    python3 replay.py FILE [--from N]

Prints the first difference and exits with 1, or a count of what was compared. With `--from N` the operations before
the N-th (counted from 1) are applied but not compared.
"""

import argparse
import gzip
import json
import sys
from collections import Counter

from exchange import OPERATIONS, Exchange

NOT_ARGUMENTS = ("now", "slot", "op", "result", "after")
# Fields of the stored layout without a meaning for the engine.
WITHOUT_MEANING = ("padding", "reserved", "version")


class Difference(Exception):
    def __init__(self, field, expected, got):
        super().__init__(field)
        self.field, self.expected, self.got = field, expected, got


def compare(expected, actual, field):
    """Compares what the transcript says of a thing with the thing: a number, a list or a record."""
    if isinstance(expected, dict):
        if actual is None:
            raise Difference(field, "present", "absent")
        for name, value in expected.items():
            if name not in WITHOUT_MEANING:
                compare(value, member(actual, name, f"{field}.{name}"), f"{field}.{name}")
    elif isinstance(expected, list):
        if len(expected) != len(actual):
            raise Difference(f"{field} (length)", len(expected), len(actual))
        for index, value in enumerate(expected):
            compare(value, actual[index], f"{field}[{index}]")
    elif expected != actual:
        raise Difference(field, expected, actual)


def member(actual, name, field):
    try:
        return getattr(actual, name)
    except AttributeError:
        raise Difference(field, "a field of this name", "none") from None


def compare_after(exchange, line):
    after = line.get("after", {})
    if "account" in after:
        compare(after["account"], exchange.accounts[line["account"]], "account")
    if "market" in after:
        compare(after["market"], exchange.markets[line["market"]], "market")
    for index, expected in after.get("accounts", {}).items():
        compare(expected, exchange.accounts[int(index)], f"accounts.{index}")
    for index, expected in after.get("markets", {}).items():
        compare(expected, exchange.markets[int(index)], f"markets.{index}")
    for index, expected in after.get("orders", {}).items():
        compare(expected, exchange.books.get(int(index)), f"orders.{index}")
    if "order_lamports" in after:
        compare(after["order_lamports"], exchange.order_lamports, "order_lamports")
    if "pool" in after:
        compare(after["pool"], exchange.pool, "pool")
    if "exchange" in after:
        compare(after["exchange"], exchange, "exchange")
    if "queue" in after:
        waiting = sorted((place for place in exchange.queue if place.boundary), key=lambda place: place.boundary)
        compare(after["queue"], waiting, "queue")
    if "rest" in after:
        compare(after["rest"], exchange.rest, "rest")
    for boundary, expected in after.get("epochs", {}).items():
        compare(expected, exchange.epochs.get(int(boundary)), f"epochs.{boundary}")
    if "proposal" in after:
        place = after["proposal"]["kind"], after["proposal"]["subject"]
        compare(after["proposal"]["left"], exchange.proposals.get(place), "proposal")
    if "share_escrow" in after:
        compare(after["share_escrow"], exchange.share_escrow, "share_escrow")
    if "paid" in after:
        compare(after["paid"], exchange.paid, "paid")
    for index, expected in after.get("holders", {}).items():
        compare(expected, exchange.holders[int(index)], f"holders.{index}")
    if "request" in after:
        compare(after["request"], exchange.requests.get((line["holder"], line["nonce"])), "request")


def describe(number, line, difference):
    arguments = {name: value for name, value in line.items() if name not in ("after",)}
    return (
        f"operation {number}: {json.dumps(arguments)}\n"
        f"  field     {difference.field}\n"
        f"  expected  {difference.expected}\n"
        f"  got       {difference.got}"
    )


def replay(lines, first=1):
    """Returns how many operations there were by name and result; raises Difference with its operation noted."""
    lines = iter(lines)
    exchange = Exchange(json.loads(next(lines))["exchange"])
    counts = Counter()
    for number, text in enumerate(lines, start=1):
        line = json.loads(text)
        name = line["op"]
        if name not in OPERATIONS:
            raise SystemExit(f"operation {number}: no operation is called {name}")
        arguments = {name: value for name, value in line.items() if name not in NOT_ARGUMENTS}
        result = exchange.run(name, line["now"], line["slot"], arguments)
        if number >= first:
            try:
                compare(line["result"], result, "result")
                compare_after(exchange, line)
            except Difference as difference:
                difference.number, difference.line, difference.agreed = number, line, sum(counts.values())
                raise
            counts[name, result] += 1
    return counts


def opened(path):
    """A transcript's lines, compressed or not."""
    if str(path).endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8")
    return open(path, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description="Replays a transcript and compares every field it gives.")
    parser.add_argument("file")
    parser.add_argument("--from", dest="first", type=int, default=1, metavar="N", help="compare from this operation on")
    arguments = parser.parse_args()
    with opened(arguments.file) as lines:
        try:
            counts = replay(lines, arguments.first)
        except Difference as difference:
            print(describe(difference.number, difference.line, difference))
            print(f"{difference.agreed} operations agreed before it")
            return 1
    for (name, result), count in sorted(counts.items()):
        print(f"{count:8} {name:32} {result}")
    print(f"{sum(counts.values()):8} operations agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
