"""How a market ends: a dead oracle or a delisting, and one final price (settlement.md)."""

from units import Refused, div_floor

NOTICE_OF_DELISTING = 48 * 3_600
WAIT_FOR_THE_AVERAGE = 3_600
FINER = 1 << 13


def report_oracle_outage(exchange, market):
    listed = exchange.market_to_write(market)
    cache = listed.price
    if listed.has_ended():
        raise Refused("MarketSettled")
    if cache.published == 0:
        raise Refused("NoPriceYet")
    if exchange.now - cache.published <= listed.parameters.max_age_liquidate:
        raise Refused("PriceStillFresh")
    if cache.outage_since != 0:
        raise Refused("OutageAlreadyReported")
    cache.outage_since = exchange.now


def delist_market(exchange, market):
    if exchange.markets[market].is_to_end():
        raise Refused("AlreadyDelisted")
    listed, _ = exchange.bring_up_to_date(market, None, None)
    listed.settlement.delisted_from = exchange.now + NOTICE_OF_DELISTING


def begin_settlement(exchange, market):
    listed, now = exchange.market_to_write(market), exchange.now
    cache, settlement = listed.price, listed.settlement
    if listed.has_ended():
        raise Refused("MarketSettled")
    by_outage = cache.outage_since and cache.outage_since + listed.parameters.settle_after
    by_delisting = settlement.delisted_from and settlement.delisted_from + WAIT_FOR_THE_AVERAGE
    ways = [time for time in (by_outage, by_delisting) if time]
    if not ways or now < min(ways):
        raise Refused("SettlementNotDue")
    exchange.bring_up_to_date(market, None, None)
    settlement.moved_at = now
    if by_outage and by_outage == min(ways):
        settlement.outage_since = cache.outage_since
    settlement.price = max(1, div_floor(listed.averages.settlement_average, FINER))
    cache.price, cache.confidence = settlement.price, 0
