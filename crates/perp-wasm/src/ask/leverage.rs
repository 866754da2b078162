//! Sizes of a leverage, and the leverage that an edge bears.

use super::views::small;
use super::{Output, Question};
use crate::layout::{KellyView, OfEdge, OfLeverage, SizeView, VolatilityTarget};
use crate::refused::Refused;
use crate::world::World;
use perp_engine::units::{Ppm, Price, SignedAtoms};
use perp_exchange::sizing;

pub(super) fn size(_: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<OfLeverage>()?;
    let size = sizing::size_of_leverage(SignedAtoms::new(asked.equity), asked.leverage, Price::new(asked.price))?;
    output.put(&SizeView { size: size.get() })
}

pub(super) fn volatility(_: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<VolatilityTarget>()?;
    let (equity, price) = (SignedAtoms::new(asked.equity), Price::new(asked.price));
    let size = sizing::size_for_volatility(equity, price, asked.volatility, Ppm::new(small(asked.target)?))?;
    output.put(&SizeView { size: size.get() })
}

pub(super) fn kelly(_: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<OfEdge>()?;
    let edge = sizing::Edge { mean: asked.mean, volatility: asked.volatility, days: small(asked.days)? };
    let found = sizing::kelly(&edge, Ppm::new(small(asked.fraction)?))?;
    output.put(&KellyView {
        full: found.full,
        low: found.low,
        high: found.high,
        shrinkage: found.shrinkage.wide(),
        leverage: found.leverage,
        growth: found.growth,
    })
}
