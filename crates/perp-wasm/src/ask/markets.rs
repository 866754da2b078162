use super::views::times;
use super::{Output, Question};
use crate::layout::{MarketView, OfMarket};
use crate::refused::Refused;
use crate::world::{index, World};

pub(super) fn market(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<OfMarket>()?;
    let quote = world.exchange()?.market_quote(index(asked.market)?)?;
    let market = &quote.market;
    let ledger = &market.ledger;
    let [long, short] = &ledger.sides;
    let ahead = quote.rate_ahead;
    output.put(&MarketView {
        price: market.price.price.get(),
        confidence: market.price.confidence.get(),
        published: market.price.published.get(),
        age: quote.age,
        status: quote.status as u64,
        reduce_only_until: market.reduce_only.until.get(),
        is_fresh: quote.is_fresh.into(),
        is_dead: quote.is_dead.into(),
        outage_since: market.price.outage_since.get(),
        delisted_from: market.settlement.delisted_from.get(),
        settled_at: market.settlement.moved_at.get(),
        spread: quote.spread.get(),
        funding_rate: ledger.funding_rate,
        funding_rate_in_an_hour: ahead.map_or(0, |ahead| ahead.in_an_hour),
        funding_rate_in_a_day: ahead.map_or(0, |ahead| ahead.in_a_day),
        long_interest: long.open_interest.get(),
        short_interest: short.open_interest.get(),
        interest_cap: market.parameters.open_interest_cap.get(),
        skew: quote.skew.get(),
        backing: ledger.backing.get(),
        target_backing: market.target_backing.get(),
        insurance: ledger.insurance.get(),
        claims: ledger.claims.get(),
        claims_reserve: ledger.claims_reserve.get(),
        debts: ledger.debts.get(),
        is_short: ledger.is_short().into(),
        surplus: quote.solvency.surplus.get(),
        stress_loss: quote.solvency.stress_loss.get(),
        gross_leverage: times(&quote.leverage.gross),
        net_leverage: times(&quote.leverage.net),
        fast_volatility: market.averages.fast_volatility.wide(),
        slow_volatility: market.averages.slow_volatility.wide(),
        initial_fraction: quote.initial_fraction.wide(),
        maintenance_fraction: quote.maintenance_fraction.wide(),
        base_decimals: market.base_decimals.into(),
        quote_decimals: market.quote_decimals.into(),
    })
}
