"""Decisions: proposals that wait, the steps of a change of parameters, what acts at once (governance.md).

Whether a set of parameters holds together is not checked here, as in the first line of a transcript.
"""

from dataclasses import dataclass, fields, replace

from averages import has_measured_margin, limit as drift_limit
from boundaries import keep_pool
from grace import is_in_force
from price import ROOT_SCALE, SPREAD_DIVISOR, is_recent, is_too_wide, price_of, reference_time, require_price
from state import Parameters, PoolParameters, SecondPrice
from units import MAX_NOTIONAL, PPM, Refused, amount as checked, div_ceil, share_ceil, share_floor, sqrt_ceil

DAY = 86_400
WAIT, LONG_WAIT, LAPSE, HOUR = DAY, 2 * DAY, 7 * DAY, 3_600
STEP = 320
CARRY_A_DAY = 2_000
RATE_ONE = 1 << 60
LONGEST_NOTICE = DAY
INSURANCE_FLOOR, INSURANCE_STEP = 100_000, 10_000
ORACLE_DIFFERENCE = 10_000

PARAMETERS, ORACLE, POOL_PARAMETERS, INSURANCE = "parameters", "oracle", "pool_parameters", "insurance"


@dataclass
class Proposal:
    """What waits; what its kind does not need is None."""

    proposed_at: int
    ripe_from: int
    replaces: int = 0
    steps: int = 0
    what: object = None

    def require_ripe(self, now):
        if now < self.ripe_from:
            raise Refused("ProposalNotRipe")
        if now >= self.ripe_from + LAPSE:
            raise Refused("ProposalLapsed")


# --- What a decision may change -------------------------------------------------------------------------------------


def full_speed_skew(parameters):
    return share_floor(parameters.impact_scale, parameters.impact_limit)


def carry(parameters):
    return parameters.carry_rate + parameters.carry_surge


def require_change(before, after):
    """The rules in their order."""
    if not (
        after.isolated_only == before.isolated_only
        and after.second_max_deviation == before.second_max_deviation
        and after.second_max_age == before.second_max_age
    ):
        raise Refused("MarketChange")
    falls = ("funding_rate_cap", "funding_velocity", "max_accrual_seconds", "ramp_up", "shared_draw_limit")
    skews = full_speed_skew(before), full_speed_skew(after)
    slower = after.funding_velocity * skews[0] <= before.funding_velocity * skews[1]
    if not slower or any(getattr(after, name) > getattr(before, name) for name in falls):
        raise Refused("MarketChange")
    if div_ceil(carry(after) * DAY * PPM, RATE_ONE) > CARRY_A_DAY and carry(after) > carry(before):
        raise Refused("MarketChange")
    if after.open_interest_cap > 2 * before.open_interest_cap or after.backing_cap > before.backing_cap + 10_000:
        raise Refused("MarketChange")
    if after.max_confidence_valid < min(before.max_confidence_valid, 5_000):
        raise Refused("MarketChange")
    if after.max_age_trade < min(before.max_age_trade, 5):
        raise Refused("MarketChange")


def rise(before, after, name):
    return max(0, getattr(after, name) - getattr(before, name))


def cost_of_change(before, after, measured):
    """What the change may cost an open position, in ppm of its notional."""
    return (
        maintenance_rise(before, after, measured)
        + closing_rise(before, after)
        + abs(after.stress_move - before.stress_move)
        + slower_funding(before, after)
    )


def maintenance_rise(before, after, measured):
    fraction = max(
        rise(before, after, "base_margin"),
        rise(before, after, "volatility_margin"),
        measured_rise(before, after),
        premium_rise(before, after),
    )
    part = rise(before, after, "maintenance_fraction")
    if fraction == 0 and part == 0:
        return 0
    if before.size_premium:
        largest = PPM
    else:
        limit = before.measured_limit if has_measured_margin(before) else 0
        largest = max(before.base_margin, before.volatility_margin, measured, limit)
    return share_ceil(fraction, after.maintenance_fraction) + share_ceil(largest, part) + 1


def measured_rise(before, after):
    """By how much more the measured margin may be called for, whatever the volatility."""
    if not has_measured_margin(after):
        return 0
    most = max(0, after.measured_limit - before.base_margin)
    if not has_measured_margin(before):
        return most
    was = before.base_margin * before.measured_weight * after.volatility
    becomes = after.base_margin * after.measured_weight * before.volatility
    steeper = div_ceil((becomes - was) * after.measured_limit, becomes) + 2 if becomes > was else 0
    return min(most, max(rise(before, after, "measured_limit"), steeper))


def premium_rise(before, after):
    more = after.size_premium - before.size_premium
    if more <= 0:
        return 0
    largest = div_ceil(more * sqrt_ceil(MAX_NOTIONAL), 1 << 32)
    return min(largest, div_ceil(more * PPM, after.size_premium)) + 1


def closing_rise(before, after):
    fee = max(rise(before, after, "taker_fee"), rise(before, after, "taker_fee_rebalancing"))
    shallower = max(0, before.impact_scale - after.impact_scale)
    scaled = div_ceil(after.impact_limit * shallower, max(1, before.impact_scale))
    impact = max(rise(before, after, "impact_limit"), scaled)
    bounties = [share_ceil(parameters.penalty, parameters.bounty_share_max) for parameters in (before, after)]
    penalty = rise(before, after, "penalty") + max(0, bounties[1] - bounties[0])
    return fee + impact + spread_rise(before, after) + penalty


def spread_rise(before, after):
    """Of a price of a million, as uncertain and as old as one may close at, in a market as volatile as listed."""
    confidence = max(before.max_confidence_valid, after.max_confidence_valid)
    age = max(before.max_age_trade, after.max_age_trade)

    def spread(parameters):
        listed = share_ceil(parameters.spread_volatility, parameters.volatility)
        measured = share_ceil(parameters.spread_measured, parameters.volatility)
        weight = max(listed, measured) * sqrt_ceil(ROOT_SCALE * (age + 1))
        drift = drift_limit(PPM, parameters.volatility)
        return (
            share_ceil(confidence, parameters.spread_confidence)
            + div_ceil(PPM * weight, SPREAD_DIVISOR)
            + share_ceil(drift, parameters.spread_drift)
        )

    return max(0, spread(after) - spread(before))


def slower_funding(before, after):
    """What a rate that stands costs more in a day where it returns to zero more slowly."""
    was, becomes = full_speed_skew(before), full_speed_skew(after)
    slowest = after.funding_velocity if becomes <= was else after.funding_velocity * was // becomes
    area = max(0, before.funding_velocity - slowest) * 2 * DAY * DAY
    return div_ceil(min(area, before.funding_rate_cap * DAY) * PPM, RATE_ONE)


def next_step(before, target, measured):
    """The target, or an equal part of the way to it for every parameter, as far as one step may go."""
    parts = max(1, div_ceil(cost_of_change(before, target, measured), STEP))
    for _ in range(4):
        step = Parameters(**{
            field.name: towards(getattr(before, field.name), getattr(target, field.name), parts)
            for field in fields(Parameters)
        })
        if step == before:
            break
        if cost_of_change(before, step, measured) <= STEP:
            return step
        parts *= 2
    raise Refused("MarketChange")


def towards(number, target, parts):
    step = abs(target - number) // parts
    return number + step if target >= number else number - step


# --- A market's parameters ------------------------------------------------------------------------------------------


def measured_margin(market):
    return div_ceil(market.averages.measured_margin, 3_600)


def propose_parameters(exchange, market, parameters):
    listed, target = exchange.markets[market], Parameters(**parameters)
    if listed.is_to_end():
        raise Refused("AlreadyDelisted")
    if target == listed.parameters:
        raise Refused("NothingToChange")
    require_change(listed.parameters, target)
    next_step(listed.parameters, target, measured_margin(listed))
    open_proposal(exchange, (PARAMETERS, market), WAIT, what=target, replaces=listed.parameter_changes)


def apply_parameters(exchange, market, reading=None):
    listed, _ = exchange.bring_up_to_date(market, reading, None)
    proposal = exchange.proposals[PARAMETERS, market]
    proposal.require_ripe(exchange.now)
    if proposal.replaces != listed.parameter_changes:
        raise Refused("ProposalOutdated")
    require_answered(exchange, listed)
    before = listed.parameters
    target = replace(
        proposal.what, second_max_deviation=before.second_max_deviation, second_max_age=before.second_max_age
    )
    require_change(before, target)
    listed.parameters = next_step(before, target, measured_margin(listed))
    if is_too_wide(listed, listed.price.price, listed.price.confidence):
        raise Refused("PriceTooUncertain")
    listed.parameter_changes += 1
    left = None
    if listed.parameters != target:
        left = replace(
            proposal,
            ripe_from=exchange.now + HOUR,
            replaces=listed.parameter_changes,
            steps=proposal.steps + 1,
        )
    exchange.set_proposal((PARAMETERS, market), left)


def require_answered(exchange, market):
    """Every leg counts at a point, and nothing that was kept is still to be valued."""
    boundary = exchange.boundary
    if exchange.boundary_has_come() or boundary and market.at_boundary.boundary == boundary:
        raise Refused("BoundaryOpen")
    if market.is_to_end():
        raise Refused("AlreadyDelisted")
    if not market.ledger.has_open_interest():
        return
    if is_in_force(market, exchange.now):
        raise Refused("GraceInForce")
    reference = reference_time(exchange.now, [market])
    require_price(market, reference, market.parameters.max_age_liquidate)


def tighten_market(exchange, market, open_interest_cap, open_interest_low, max_confidence_to_increase):
    listed, _ = exchange.bring_up_to_date(market, None, None)
    before = listed.parameters
    after = replace(
        before,
        open_interest_cap=open_interest_cap,
        open_interest_low=open_interest_low,
        max_confidence_to_increase=max_confidence_to_increase,
    )
    if any(getattr(after, field.name) > getattr(before, field.name) for field in fields(Parameters)):
        raise Refused("NotATightening")
    if after == before:
        raise Refused("NothingToChange")
    listed.parameters = after
    listed.parameter_changes += 1


# --- A market's oracle ----------------------------------------------------------------------------------------------


def propose_oracle(exchange, market, second_max_deviation, second_max_age):
    if exchange.markets[market].is_to_end():
        raise Refused("AlreadyDelisted")
    open_proposal(exchange, (ORACLE, market), LONG_WAIT, what=(second_max_deviation, second_max_age))


def apply_oracle(exchange, market, reading):
    listed, _ = exchange.bring_up_to_date(market, None, None)
    proposal = exchange.proposals[ORACLE, market]
    proposal.require_ripe(exchange.now)
    require_answered(exchange, listed)
    if not is_recent(reading["publish_time"], exchange.now):
        raise Refused("PriceStale")
    other, confidence = price_of(listed, reading)
    price = listed.price.price
    near = abs(other - price) <= share_floor(price, ORACLE_DIFFERENCE) or not listed.ledger.has_open_interest()
    if is_too_wide(listed, other, confidence) or not near:
        raise Refused("OraclePriceDiffers")
    deviation, age = proposal.what
    listed.parameters = replace(listed.parameters, second_max_deviation=deviation, second_max_age=age)
    listed.second_price = SecondPrice()
    exchange.set_proposal((ORACLE, market), None)


# --- The pool -------------------------------------------------------------------------------------------------------


def require_pool_change(before, after):
    if after.epoch_seconds != before.epoch_seconds:
        raise Refused("PoolChange")
    if after.withdrawal_notice > max(before.withdrawal_notice, LONGEST_NOTICE):
        raise Refused("PoolChange")
    if after.shared_draw_share > before.shared_draw_share or after.shared_draw_window < before.shared_draw_window:
        raise Refused("PoolChange")
    if after == before:
        raise Refused("NothingToChange")


def propose_pool_parameters(exchange, parameters):
    target = PoolParameters(**parameters)
    require_pool_change(exchange.pool.parameters, target)
    open_proposal(exchange, (POOL_PARAMETERS, 0), WAIT, what=target)


def apply_pool_parameters(exchange):
    proposal = exchange.proposals[POOL_PARAMETERS, 0]
    proposal.require_ripe(exchange.now)
    if exchange.boundary_has_come():
        raise Refused("BoundaryOpen")
    require_pool_change(exchange.pool.parameters, proposal.what)
    exchange.pool_to_write().parameters = proposal.what
    exchange.set_proposal((POOL_PARAMETERS, 0), None)


def require_insurance(pool, amount):
    if amount == 0:
        raise Refused("AmountZero")
    principal = pool.cash + pool.placed
    floor, most = share_ceil(principal, INSURANCE_FLOOR), share_floor(principal, INSURANCE_STEP)
    if pool.insurance - amount < floor or amount > most:
        raise Refused("InsuranceFloor")


def propose_insurance(exchange, amount):
    require_insurance(exchange.pool, amount)
    open_proposal(exchange, (INSURANCE, 0), WAIT, what=amount)


def apply_insurance(exchange):
    proposal = exchange.proposals[INSURANCE, 0]
    proposal.require_ripe(exchange.now)
    require_insurance(exchange.pool, proposal.what)
    keep_pool(exchange)
    pool = exchange.pool_to_write()
    pool.insurance -= proposal.what
    pool.cash = checked(pool.cash + proposal.what)
    exchange.set_proposal((INSURANCE, 0), None)


# --- Proposals ------------------------------------------------------------------------------------------------------


def open_proposal(exchange, place, wait, **content):
    if place in exchange.proposals:
        raise Refused("ProposalOpen")
    exchange.set_proposal(place, Proposal(exchange.now, exchange.now + wait, **content))


def cancel_proposal(exchange, kind, subject, role=None):
    """By a role that may propose the same, by the guardian, or, without a role, by anybody once it is of no use."""
    proposal = exchange.proposals[kind, subject]
    outdated = kind == PARAMETERS and exchange.markets[subject].parameter_changes != proposal.replaces
    if role is None and not outdated and exchange.now < proposal.ripe_from + LAPSE:
        raise Refused("ProposalStands")
    exchange.set_proposal((kind, subject), None)
