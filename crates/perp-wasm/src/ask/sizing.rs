use super::views::{side, small, times};
use super::{Output, Question};
use crate::layout::{
    Cascade, CascadeView, Change, History, HistoryView, Ladder, LargestOrder, Nothing, PriceCandle, RiskToStop,
    RiskView, RungView, Survival, SystemView,
};
use crate::refused::Refused;
use crate::world::{index, World};
use alloc::vec::Vec;
use perp_engine::units::{Atoms, Ppm, Price, SignedSize};
use perp_exchange::sizing::{adverse_move_ceil, volatility_ceil, Candle, LADDER};

fn changes(items: &[Change]) -> Result<Vec<i32>, Refused> {
    if items.is_empty() {
        return Ok(LADDER.to_vec());
    }
    let mut changes = Vec::with_capacity(items.len());
    for item in items {
        let out_of_range = Refused::out_of_range(item.change.cast_unsigned());
        changes.push(i32::try_from(item.change).map_err(|_| out_of_range)?);
    }
    Ok(changes)
}

pub(super) fn ladder(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let (asked, items) = question.items::<Ladder, Change>()?;
    let (account, changes) = (world.account(asked.account)?, changes(items)?);
    for rung in &world.exchange()?.ladder(account, index(asked.market)?, &changes)? {
        output.put(&RungView {
            change: rung.change.into(),
            price: rung.price.get(),
            profit: rung.profit.get(),
            equity: rung.health.equity.get(),
            maintenance_margin: rung.health.margin.get(),
        })?;
    }
    Ok(())
}

pub(super) fn cascade(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let (asked, items) = question.items::<Cascade, Change>()?;
    let (exchange, changes) = (world.exchange()?, changes(items)?);
    for step in &exchange.cascade(exchange.accounts(), index(asked.market)?, &changes)? {
        let [long, short] = step.interest;
        output.put(&CascadeView {
            change: step.change.into(),
            price: step.price.get(),
            accounts: step.accounts.into(),
            long_interest: long.get(),
            short_interest: short.get(),
        })?;
    }
    Ok(())
}

pub(super) fn risk(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<RiskToStop>()?;
    let (market, side) = (index(asked.market)?, side(asked.side)?);
    let found = world.exchange()?.size_for_risk(market, side, Price::new(asked.stop), Atoms::new(asked.risk))?;
    output.put(&RiskView { size: found.size.get(), loss: found.loss.get(), costs: found.costs.get() })
}

pub(super) fn survival(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<Survival>()?;
    let (account, market, side) = (world.account(asked.account)?, index(asked.market)?, side(asked.side)?);
    let adverse = Ppm::new(small(asked.adverse)?);
    let size = world.exchange()?.largest_order_surviving(account, market, side, adverse)?;
    output.put(&LargestOrder { size: size.map_or(0, SignedSize::get) })
}

pub(super) fn history(_: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let (asked, items) = question.items::<History, PriceCandle>()?;
    let candle = |item: &PriceCandle| Candle {
        open: Price::new(item.open),
        high: Price::new(item.high),
        low: Price::new(item.low),
        close: Price::new(item.close),
    };
    let candles: Vec<Candle> = items.iter().map(candle).collect();
    let adverse = adverse_move_ceil(&candles, side(asked.side)?, small(asked.holding)? as usize)?;
    let volatility = volatility_ceil(&candles, small(asked.interval)?)?;
    output.put(&HistoryView { adverse: adverse.wide(), volatility })
}

pub(super) fn system(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    question.only::<Nothing>()?;
    let exchange = world.exchange()?;
    let found = exchange.system_leverage(exchange.accounts())?;
    output.put(&SystemView {
        traders_notional: found.traders.notional.get(),
        traders_equity: found.traders.behind.get(),
        traders_leverage: times(&found.traders),
        pool_notional: found.pool.notional.get(),
        pool_value: found.pool.behind.get(),
        pool_leverage: times(&found.pool),
    })
}
