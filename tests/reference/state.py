"""The whole state as plain records, with the fields of docs/accounts.md."""

from copy import copy
from dataclasses import dataclass, field

from epoch import BoundaryReading, Epoch, LastEpoch

LONG, SHORT = 0, 1
SLOTS = 12
# Of the last sixteen seconds a market remembers its good prices.
SECONDS = 16

ACTIVE, REDUCE_ONLY, PAUSED = 0, 1, 2

# From the move on nobody is closed for so many seconds, in which an end by an outage can be undone.
NOTICE_OF_END = 86_400

CROSS, ISOLATED = 0, 1

ORDER_PLACES = 16
AT_TIME, AT_OR_ABOVE, AT_OR_BELOW = 0, 1, 2

# Mantissa 2^47 with exponent 0: a claim of which nothing is funded.
CLAIM_FACTOR_ONE = 1 << 47


@dataclass
class Parameters:
    """A market's parameters, fixed when it is listed; integers as stored."""

    open_interest_cap: int
    impact_scale: int
    open_interest_low: int
    open_interest_high: int
    size_premium: int
    funding_velocity: int
    funding_rate_cap: int
    carry_rate: int
    carry_surge: int
    minimum_position: int
    minimum_bounty: int
    shared_draw_limit: int
    base_margin: int
    maintenance_fraction: int
    volatility_margin: int
    measured_weight: int
    measured_limit: int
    ramp_up: int
    ramp_down: int
    max_price_step: int
    penalty: int
    bounty_share_min: int
    bounty_share_max: int
    backing_share: int
    liquidation_buffer: int
    impact_limit: int
    taker_fee: int
    taker_fee_rebalancing: int
    protocol_share: int
    spread_confidence: int
    spread_volatility: int
    spread_measured: int
    spread_drift: int
    volatility: int
    max_confidence_to_increase: int
    max_confidence_valid: int
    stress_move: int
    backing_cap: int
    max_accrual_seconds: int
    max_age_trade: int
    max_age_liquidate: int
    max_age_funding: int
    future_tolerance: int
    outage_delay: int
    settle_after: int
    isolated_only: int
    second_max_deviation: int
    second_max_age: int
    risk_group: int
    group_credit: int
    group_divergence: int


@dataclass
class PoolParameters:
    minimum_request: int
    epoch_seconds: int
    deposit_notice: int
    withdrawal_notice: int
    queue_fee: int
    hysteresis: int
    shared_draw_share: int
    shared_draw_window: int


@dataclass
class PriceCache:
    price: int = 0
    confidence: int = 0
    published: int = 0
    newest_published: int = 0
    outage_since: int = 0
    clock_distrusted_until: int = 0


@dataclass
class SecondPrice:
    """What the second source last said."""

    price: int = 0
    confidence: int = 0
    published: int = 0


@dataclass
class Second:
    """The good prices of one second that a market remembers."""

    low: int = 0
    high: int = 0
    published: int = 0


@dataclass
class Averages:
    fast_average: int = 0
    settlement_average: int = 0
    drift: int = 0
    sample_price: int = 0
    sample_high: int = 0
    sample_low: int = 0
    sampled_at: int = 0
    fast_variance: int = 0
    slow_variance: int = 0
    fast_volatility: int = 0
    slow_volatility: int = 0
    measured_margin: int = 0


@dataclass
class Grace:
    """The price that counts as well for two minutes, until when, and what is spent of its allowance."""

    price_before: int = 0
    silent_since: int = 0
    pause_began: int = 0
    until: int = 0
    spent: int = 0
    spent_at: int = 0
    seen_at: int = 0
    seen_slot: int = 0


@dataclass
class Settlement:
    """How a market comes to its end: from when it may, when it was moved, and the outage that is to blame."""

    delisted_from: int = 0
    moved_at: int = 0
    outage_since: int = 0
    price: int = 0


@dataclass
class Side:
    open_interest: int = 0
    entry_notional: int = 0
    funding_index: int = 0
    funding_checkpoint: int = 0
    carry_fraction: int = 0
    mean_interest: int = 0

    def pending_funding(self):
        """What the side's traders owe in funding not settled, raw; negative where they are to receive it."""
        return self.open_interest * self.funding_index - self.funding_checkpoint


@dataclass
class SharedDraw:
    window_start: int = 0
    insurance_at_start: int = 0
    drawn: int = 0


@dataclass
class Ledger:
    sides: list = field(default_factory=lambda: [Side(), Side()])
    funding_rate: int = 0
    funding_time: int = 0
    funding_fraction: int = 0
    backing: int = 0
    net_principal: int = 0
    claims: int = 0
    claims_reserve: int = 0
    claim_factor: int = CLAIM_FACTOR_ONE
    debts: int = 0
    insurance: int = 0
    protocol_fees: int = 0
    written_off: int = 0
    shared_drawn: int = 0
    positions_opened: int = 0
    claim_round: int = 0
    short: int = 0

    def skew(self):
        return self.sides[LONG].open_interest - self.sides[SHORT].open_interest

    def larger_side(self):
        return max(self.sides[LONG].open_interest, self.sides[SHORT].open_interest)

    def smaller_side(self):
        return min(self.sides[LONG].open_interest, self.sides[SHORT].open_interest)

    def has_open_interest(self):
        return self.larger_side() > 0

    def unfunded_claims(self):
        return self.claims - self.claims_reserve


@dataclass
class Restriction:
    """A status with an end, and what is spent of its allowance, in 1/259 200 of a second."""

    until: int = 0
    spent: int = 0
    spent_at: int = 0


@dataclass
class BoundaryLedger:
    """A market as it stood at a boundary. Nothing within it is changed: what changes gets another one."""

    boundary: int = 0
    valued: int = 0
    reading: BoundaryReading = BoundaryReading()
    price: PriceCache = field(default_factory=PriceCache)
    second_price: SecondPrice = field(default_factory=SecondPrice)
    averages: Averages = field(default_factory=Averages)
    ledger: Ledger = field(default_factory=lambda: Ledger(claim_factor=0))


@dataclass
class Market:
    index: int
    parameters: Parameters
    base_decimals: int
    quote_decimals: int
    target_backing: int = 0
    price: PriceCache = field(default_factory=PriceCache)
    recent: list = field(default_factory=lambda: [Second() for _ in range(SECONDS)])
    second_price: SecondPrice = field(default_factory=SecondPrice)
    averages: Averages = field(default_factory=Averages)
    grace: Grace = field(default_factory=Grace)
    settlement: Settlement = field(default_factory=Settlement)
    ledger: Ledger = field(default_factory=Ledger)
    reduce_only: Restriction = field(default_factory=Restriction)
    at_boundary: BoundaryLedger = field(default_factory=BoundaryLedger)

    def has_ended(self):
        return self.settlement.moved_at != 0

    def is_final(self, reference):
        """Whether nothing can undo the market's end any more: a delisting at once, an outage a day after the move."""
        settlement = self.settlement
        return self.has_ended() and (settlement.outage_since == 0 or reference >= settlement.moved_at + NOTICE_OF_END)

    def is_due(self, now):
        """Whether the market is delisted and its notice is over."""
        return self.settlement.delisted_from != 0 and now >= self.settlement.delisted_from

    def is_to_end(self):
        return self.settlement.delisted_from != 0 or self.has_ended()


@dataclass
class Position:
    size: int = 0
    entry_notional: int = 0
    funding_index: int = 0
    claim: int = 0
    claim_factor: int = 0
    debt: int = 0
    last_increase_slot: int = 0
    claim_round: int = 0
    settlement_paid_at: int = 0
    recoverable: int = 0
    number: int = 0
    market: int = 0
    occupied: int = 0

    def side(self):
        return LONG if self.size > 0 else SHORT

    def owes(self):
        """A debt, or what is recoverable of one."""
        return self.debt + self.recoverable

    def is_empty(self):
        return not (self.size or self.claim or self.debt or self.recoverable)


@dataclass
class Account:
    balance: int = 0
    armed_until: int = 0
    kind: int = CROSS
    isolated_market: int = 0
    positions: list = field(default_factory=lambda: [Position() for _ in range(SLOTS)])

    def slot_of(self, market):
        """The account's slot in a market, or None."""
        for position in self.positions:
            if position.occupied and position.market == market:
                return position
        return None

    def occupied(self):
        return [position for position in self.positions if position.occupied]

    def has_open_position(self):
        return any(position.size for position in self.positions)

    def free_empty_slots(self):
        """A slot in which nothing is left is freed and zeroed."""
        for index, position in enumerate(self.positions):
            if position.occupied and position.is_empty():
                self.positions[index] = Position()


@dataclass
class RestingOrder:
    """Nothing within it is changed: what changes gets another one. Its place is free while it has no slice."""

    size: int = 0
    trigger_price: int = 0
    acceptable_price: int = 0
    best: int = 0
    best_published: int = 0
    active_from: int = 0
    expires: int = 0
    position: int = 0
    fills_from: int = 0
    armed_size: int = 0
    margin_held: int = 0
    lamports: int = 0
    number: int = 0
    trailing: int = 0
    seconds_between: int = 0
    slices: int = 0
    market: int = 0
    trigger: int = AT_TIME
    reduce_only: int = 0
    group: int = 0
    parent: int = 0


@dataclass
class Book:
    """The resting orders of one margin account."""

    places: list = field(default_factory=lambda: [RestingOrder() for _ in range(ORDER_PLACES)])
    sequence: int = 0


@dataclass
class Pool:
    parameters: PoolParameters
    cash: int = 0
    placed: int = 0
    insurance: int = 0
    escrow: int = 0
    payable: int = 0
    settling: int = 0
    shares: int = 0
    shared_draw: SharedDraw = field(default_factory=SharedDraw)
    epoch: Epoch = field(default_factory=Epoch)
    last: LastEpoch = LastEpoch()


def copy_of_market(market):
    twin = copy(market)
    twin.price = copy(market.price)
    twin.recent = [copy(second) for second in market.recent]
    twin.second_price = copy(market.second_price)
    twin.averages = copy(market.averages)
    twin.grace = copy(market.grace)
    twin.settlement = copy(market.settlement)
    twin.ledger = copy_of_ledger(market.ledger)
    twin.reduce_only = copy(market.reduce_only)
    return twin


def copy_of_ledger(ledger):
    twin = copy(ledger)
    twin.sides = [copy(side) for side in ledger.sides]
    return twin


def copy_of_pool(pool):
    twin = copy(pool)
    twin.shared_draw = copy(pool.shared_draw)
    twin.epoch = copy(pool.epoch)
    return twin


def copy_of_account(account):
    twin = copy(account)
    twin.positions = [copy(position) for position in account.positions]
    return twin


def copy_of_book(book):
    twin = copy(book)
    twin.places = list(book.places)
    return twin


def become(target, twin):
    """Gives a record every field of its twin."""
    vars(target).update(vars(twin))
