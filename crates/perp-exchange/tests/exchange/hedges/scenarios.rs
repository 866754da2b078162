//! The grid of scenarios, and what it takes from an account.

use super::stage::Stage;
use perp_engine::fixtures::PRICE;
use perp_engine::state::Parameters;
use perp_engine::units::PPM;

/// Every way in which the prices of the markets may move, in ppm: a common move of both signs up to each market's own margin, and each
/// market apart from it, at either end or in the middle of `divergence`; no further than its own margin. `steps` lead from none to all of a
/// margin, and as far beyond.
fn scenarios(own: &[i64], divergence: i64, steps: i64) -> Vec<Vec<i64>> {
    let mut all = Vec::new();
    let apart = [0, divergence / 2, divergence];
    for step in -2 * steps..=2 * steps {
        let mut choice = vec![0usize; own.len()];
        loop {
            let moved = own.iter().zip(&choice).map(|(own, choice)| {
                // The common move is a part of each market's own margin; half a divergence below it or above.
                let common = own * step / steps;
                (common + apart[*choice] - divergence / 2).clamp(-own, *own)
            });
            all.push(moved.collect());
            let Some(place) = choice.iter().position(|choice| *choice < 2) else { break };
            choice[place] += 1;
            choice[..place].fill(0);
        }
    }
    all
}

/// The most that any scenario takes from the account's equity, in atoms.
pub fn worst(stage: &Stage, account: usize, own: &[i64], divergence: i64, steps: i64) -> i128 {
    let before = i128::from(stage.health(account).maintenance.equity.get());
    let losses = scenarios(own, divergence, steps).into_iter().map(|scenario| {
        let mut moved = stage.clone();
        for (market, change) in scenario.into_iter().enumerate() {
            let price = i128::from(PRICE) * i128::from(1_000_000 + change) / 1_000_000;
            moved.publish(market as u16, u64::try_from(price).unwrap());
        }
        before - i128::from(moved.health(account).maintenance.equity.get())
    });
    losses.max().unwrap()
}

/// What the worst scenario takes beyond what the account asks, for maintenance and for initial margin, in atoms: below zero where it asks
/// for more.
pub fn beyond(stage: &Stage, account: usize, divergence: i64, steps: i64) -> [i128; 2] {
    let health = stage.health(account);
    let own = |part: fn(&Parameters) -> u64| -> Vec<i64> {
        let margin = |parameters: &Parameters| u64::from(parameters.base_margin.get()) * part(parameters) / PPM;
        let markets = stage.exchange.markets().iter();
        markets.map(|market| i64::try_from(margin(&market.parameters)).unwrap()).collect()
    };
    let maintenance = own(|parameters| parameters.maintenance_fraction.get().into());
    let asked = [(health.maintenance.margin, maintenance), (health.initial.margin, own(|_| PPM))];
    asked.map(|(asked, own)| worst(stage, account, &own, divergence, steps) - i128::from(asked.get()))
}
