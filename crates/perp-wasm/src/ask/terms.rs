//! What is typed as the terms of an order.

use super::views::{byte, side, small};
use super::{Output, Question};
use crate::layout::{PartOfSize, PriceSteps, PriceView, SizeView, Tolerance};
use crate::refused::Refused;
use crate::world::World;
use perp_engine::units::{Ppm, Price, Size};
use perp_exchange::terms;

pub(super) fn worst_price(_: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<Tolerance>()?;
    let tolerance = Ppm::new(small(asked.tolerance)?);
    let price = terms::worst_price(Price::new(asked.price), side(asked.side)?, tolerance)?;
    output.put(&PriceView { price: price.get() })
}

pub(super) fn part_of_size(_: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<PartOfSize>()?;
    let size = terms::part_of_size_floor(Size::new(asked.size), asked.part, asked.whole)?;
    output.put(&SizeView { size: size.get() })
}

pub(super) fn price_steps(_: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<PriceSteps>()?;
    for price in terms::price_steps(Price::new(asked.first), Price::new(asked.last), byte(asked.steps)?)? {
        output.put(&PriceView { price: price.get() })?;
    }
    Ok(())
}
