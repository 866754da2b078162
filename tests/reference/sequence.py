"""Random sequences of operations, written as a transcript, and sums over a whole exchange.

The sequences serve this implementation's own test and show what a transcript looks like; what the engine is held
against is written by the engine.
"""

import json
from collections import Counter
from dataclasses import asdict
from random import Random

from exchange import Exchange
from state import LONG, SHORT
from units import ATOM

# SOL-PERP with the numbers that docs/parameters.md lists to start from.
PARAMETERS = {
    "open_interest_cap": 100_000 * 10**9,
    "impact_scale": 20_000_000 * 10**9,
    "open_interest_low": 50_000 * 10**9,
    "open_interest_high": 200_000 * 10**9,
    "size_premium": 0,
    "funding_velocity": 2**60 // 77_760_000_000,
    "funding_rate_cap": 2**60 // 3_600_000,
    "carry_rate": 5 * 2**60 // (100 * 31_557_600),
    "carry_surge": 35 * 2**60 // (100 * 31_557_600),
    "minimum_position": 100_000_000,
    "minimum_bounty": 50_000,
    "shared_draw_limit": 100_000_000_000,
    "base_margin": 50_000,
    "maintenance_fraction": 600_000,
    "volatility_margin": 0,
    "measured_weight": 330_000,
    "measured_limit": 200_000,
    "ramp_up": 600_000,
    "ramp_down": 20_000,
    "max_price_step": 18_000,
    "penalty": 10_000,
    "bounty_share_min": 300_000,
    "bounty_share_max": 500_000,
    "backing_share": 200_000,
    "liquidation_buffer": 250_000,
    "impact_limit": 4_000,
    "taker_fee": 400,
    "taker_fee_rebalancing": 200,
    "protocol_share": 100_000,
    "spread_confidence": 1_000_000,
    "spread_volatility": 2_000_000,
    "spread_measured": 3_000_000,
    "spread_drift": 250_000,
    "volatility": 800_000,
    "max_confidence_to_increase": 5_000,
    "max_confidence_valid": 15_000,
    "stress_move": 150_000,
    "backing_cap": 500_000,
    "max_accrual_seconds": 3_600,
    "max_age_trade": 5,
    "max_age_liquidate": 15,
    "max_age_funding": 60,
    "future_tolerance": 10,
    "outage_delay": 300,
    "settle_after": 172_800,
    "isolated_only": 0,
    "second_max_deviation": 0,
    "second_max_age": 0,
    "risk_group": 0,
    "group_credit": 0,
    "group_divergence": 0,
}

POOL_PARAMETERS = {
    "minimum_request": 10_000_000,
    "epoch_seconds": 3_600,
    "deposit_notice": 600,
    "withdrawal_notice": 86_400,
    "queue_fee": 200,
    "hysteresis": 50_000,
    "shared_draw_share": 100_000,
    "shared_draw_window": 86_400,
}

# Lamports for 192 bytes and the 128 that an account has besides, 6 960 each.
EPOCH_RENT = 6_960 * (192 + 128)
START = 1_700_000_000
PARTS_OF_A_MARKET = ("price", "averages", "grace", "settlement", "ledger", "at_boundary")


def description(markets=1, accounts=2, holders=1, target=0, **changed):
    """The first line of a transcript: markets with the starting numbers but for what is changed."""
    market = {
        "parameters": {**PARAMETERS, **changed},
        "base_decimals": 9,
        "quote_decimals": 6,
        "target_backing": target,
    }
    return {
        "pool_parameters": POOL_PARAMETERS,
        "markets": [market] * markets,
        "accounts": accounts,
        "holders": holders,
        "epoch_rent": EPOCH_RENT,
    }


def reading(dollars, time, confidence=0, previous=None):
    """A reading of a price in dollars with exponent −8, by a feed that spoke a second before unless it says otherwise."""
    return {
        "price": round(dollars * 10**8),
        "confidence": round(confidence * 10**8),
        "exponent": -8,
        "publish_time": time,
        "previous_publish_time": time - 1 if previous is None else previous,
    }


# --- Sums over a whole exchange -----------------------------------------------------------------------------------


def tokens(exchange):
    """What the vault must hold: every term of custody, in atoms."""
    pool = exchange.pool
    total = sum(account.balance for account in exchange.accounts) + pool.insurance + pool.cash
    total += pool.escrow + pool.payable + pool.settling
    for market in exchange.markets:
        ledger = market.ledger
        total += ledger.backing + ledger.claims_reserve + ledger.insurance + ledger.protocol_fees
    return total


def equity_and_value(exchange, prices):
    """Everybody's equity, the pool's value, insurance and fees at any prices, in raw: what the tokens add up to."""
    total = sum(account.balance for account in exchange.accounts) * ATOM
    for account in exchange.accounts:
        for slot in account.occupied():
            market = exchange.markets[slot.market]
            total += (slot.claim - slot.debt) * ATOM
            if slot.size:
                index = market.ledger.sides[slot.side()].funding_index
                entry = slot.entry_notional if slot.size > 0 else -slot.entry_notional
                total += slot.size * prices[slot.market] - entry
                total -= abs(slot.size) * (index - slot.funding_index)
    total += (exchange.pool.cash + exchange.pool.insurance) * ATOM
    for market in exchange.markets:
        ledger, price = market.ledger, prices[market.index]
        longs, shorts = ledger.sides
        total += (ledger.backing + ledger.claims_reserve - ledger.claims + ledger.debts) * ATOM
        total += longs.entry_notional - longs.open_interest * price
        total += shorts.open_interest * price - shorts.entry_notional
        total += longs.pending_funding() + shorts.pending_funding()
        total += (ledger.insurance + ledger.protocol_fees) * ATOM
    return total


def sums_of_positions(exchange, market):
    """A market's aggregates as its positions add up to them."""
    sums = {"claims": 0, "debts": 0, LONG: [0, 0, 0], SHORT: [0, 0, 0]}
    for account in exchange.accounts:
        slot = account.slot_of(market)
        if slot is None:
            continue
        sums["claims"] += slot.claim
        sums["debts"] += slot.debt
        if slot.size:
            size = abs(slot.size)
            for index, amount in enumerate((size, slot.entry_notional, size * slot.funding_index)):
                sums[slot.side()][index] += amount
    return sums


# --- Random sequences ---------------------------------------------------------------------------------------------


class RandomSequence:
    """Draws operations that mostly make sense, with prices that jump so far that markets run dry."""

    def __init__(self, seed, markets=3, accounts=6, holders=2):
        self.random = Random(seed)
        self.header = description(markets, accounts, holders, target=150_000 * 10**6)
        self.exchange = Exchange(self.header)
        self.now, self.slot = START, 1
        self.dollars = [250.0] * markets
        self.nonce = 0
        self.results = Counter()

    def draw(self):
        """The next operation's name and arguments."""
        random = self.random
        pauses = (0, 0, 0, 1, 1, 1, 1, 2, 2, 40) if random.random() < 0.98 else (400, 4_000, 90_000)
        self.now += random.choice(pauses)
        if random.random() < 0.02:
            self.now = max(self.now, self.exchange.boundary - random.randrange(-20, 30))
        self.slot += random.choice((0, 1, 1, 3))
        market = random.randrange(len(self.dollars))
        accounts = range(len(self.exchange.accounts))
        in_market = [index for index in accounts if self.exchange.accounts[index].slot_of(market)]
        account = random.choice(in_market if in_market and random.random() < 0.5 else accounts)
        if random.random() < 0.3:
            self.dollars[market] *= 1 + random.choice((0.001, 0.01, 0.01, 0.2)) * random.uniform(-1, 1)
        handed_in = self.reading(market) if random.random() < 0.9 else None
        if random.random() < 0.5:
            return self.draw_of_pool(market)
        position = self.exchange.accounts[account].slot_of(market)
        held = position.size if position else 0
        name = random.choice(
            ("trade",) * 6
            + ("liquidate",) * 8
            + ("deposit", "withdraw", "settle_funding", "settle_pnl", "settle_pnl", "redeem_claim", "waive_claim")
            + ("resolve_bankruptcy",) * 3
        )
        if name == "trade":
            most = 1 + int(15 * self.exchange.accounts[account].balance / self.dollars[market] * 1000)
            size = random.choice((-held, -held // 2, random.randrange(-most, most), 10**10))
            bound = 1 if size < 0 else 2**64 - 1
            return name, {
                "account": account,
                "market": market,
                "size": size,
                "acceptable_price": bound,
                "reduce_only": random.random() < 0.2,
                "reading": handed_in,
            }
        if name == "liquidate":
            return name, {
                "account": account,
                "liquidator": random.randrange(len(self.exchange.accounts)),
                "market": market,
                "max_size": random.choice((2**64 - 1, 10**11)),
                "min_bounty": 0,
                "reading": handed_in,
            }
        if name in ("deposit", "withdraw"):
            most = 10**10 if name == "deposit" else self.exchange.accounts[account].balance + 2
            return name, {"account": account, "amount": random.randrange(0, most)}
        if name == "waive_claim" and random.random() < 0.8:
            name = "redeem_claim"
        arguments = {"account": account, "market": market}
        if name == "settle_pnl":
            arguments["reading"] = handed_in
            arguments["keeper"] = random.choice((None, *range(len(self.exchange.accounts))))
        return name, arguments

    def draw_of_pool(self, market):
        random = self.random
        name = random.choice(
            ("update_prices",) * 14
            + ("fund_claims", "fund_claims", "update_funding", "allocate_backing", "allocate_backing")
            + ("report_oracle_outage", "fund_insurance", "begin_settlement")
            + ("ask_of_pool", "ask_of_pool") + ("close_epoch",) * 2 + ("value_market",) * 8
            + ("pay_liquidity_request",) * 3 * bool(self.exchange.requests)
        )
        if name == "begin_settlement" and random.random() < 0.1:
            name = "delist_market"
        if name == "ask_of_pool":
            return self.request()
        if name == "pay_liquidity_request":
            holder, nonce = random.choice(list(self.exchange.requests))
            return name, {"holder": holder, "nonce": nonce}
        if name == "close_epoch":
            return name, {}
        if name == "value_market":
            return name, {"market": market, "reading": self.reading_of_boundary(market)}
        if name == "fund_insurance":
            return name, {"amount": random.randrange(1, 10**9), "market": random.choice((None, market))}
        arguments = {"market": market}
        if name in ("update_prices", "update_funding", "allocate_backing"):
            arguments["reading"] = self.reading(market)
        return name, arguments

    def reading(self, market):
        dollars = self.dollars[market]
        width = self.random.choice((0,) * 20 + (0.001, 0.007, 0.02))
        published = self.now - self.random.randrange(3)
        return reading(dollars, published, dollars * width, published - self.random.choice((1, 1, 1, 90)))

    def request(self):
        """Somebody puts liquidity in or takes it out."""
        random = self.random
        holder = random.randrange(len(self.exchange.holders))
        self.nonce += 1
        arguments = {"holder": holder, "nonce": self.nonce, "limit": random.randrange(5)}
        if random.random() < 0.6:
            return "request_liquidity_deposit", {**arguments, "amount": random.randrange(10**7, 10**12)}
        amount = self.exchange.holders[holder] // random.choice((1, 1, 3, 10))
        return "request_liquidity_withdrawal", {**arguments, "amount": amount}

    def reading_of_boundary(self, market):
        """The boundary's reading, one near it, or another one."""
        handed_in, random = self.reading(market), self.random
        published = self.exchange.boundary + random.randrange(4)
        if self.exchange.boundary and random.random() < 0.9:
            handed_in["publish_time"] = published
            handed_in["previous_publish_time"] = published - random.choice((0, 1, 3, 5))
        return handed_in

    def step(self):
        """Runs one operation and returns its line of the transcript."""
        name, arguments = self.draw()
        result = self.exchange.run(name, self.now, self.slot, arguments)
        self.results[name, result] += 1
        after = {"pool": asdict(self.exchange.pool), "exchange": {"boundary": self.exchange.boundary}}
        del after["pool"]["parameters"]
        if "account" in arguments:
            after["account"] = asdict(self.exchange.accounts[arguments["account"]])
        if arguments.get("market") is not None:
            market = self.exchange.markets[arguments["market"]]
            after["market"] = {part: asdict(getattr(market, part)) for part in PARTS_OF_A_MARKET}
        return {"now": self.now, "slot": self.slot, "op": name, **arguments, "result": result, "after": after}


def transcript(seed, operations):
    """The lines of a random sequence's transcript."""
    sequence = RandomSequence(seed)
    yield json.dumps({"exchange": sequence.header})
    for _ in range(operations):
        yield json.dumps(sequence.step())
