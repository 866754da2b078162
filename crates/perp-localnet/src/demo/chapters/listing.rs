//! An exchange and its markets are created.

use perp_candles::Candle;
use perp_engine::state::Parameters;
use perp_engine::units::{Ppm, PPM};
use perp_migrations::migrate;

use super::START;
use crate::cli::NodeOptions;
use crate::demo::demo_run::DemoRun;
use crate::demo::show;
use crate::demo::DemoError;
use crate::report::{Recorder, Step};
use crate::setup::Localnet;
use crate::wallets::ADMIN;

pub fn play<'a>(node: &NodeOptions, day: &'a [Candle], recorder: &'a mut Recorder) -> Result<DemoRun<'a>, DemoError> {
    let localnet = Localnet::start(node.ports(), &node.keys)?;
    localnet.chain().begin_at(START)?;

    let description = localnet.description()?;
    let admin = &localnet.wallets.get(ADMIN)?.keypair;
    let first = migrate(&localnet.connection, &description, admin)?;
    let again = migrate(&localnet.connection, &description, admin)?;
    let needed = |steps: &[perp_migrations::Step]| steps.iter().filter(|step| step.instruction().is_some()).count();

    let mut run = DemoRun::open(localnet, first.addresses, recorder, day)?;
    run.go_to(START)?;
    run.chapter("1. An exchange with two markets");
    let symbols: Vec<_> = run.world.markets.iter().map(show::symbol).collect();
    let mut step = Step::new("migration", "the chain becomes what migrations/localnet.toml describes")
        .equal("created", 1 + description.markets.len(), needed(&first.steps))
        .equal("created when run again", 0, needed(&again.steps))
        .equal("markets", "SOL-PERP, BTC-PERP".into(), symbols.join(", "));
    for (market, described) in run.world.markets.iter().zip(&description.markets) {
        let (listed, wanted) = (&market.state, &described.parameters);
        let same = listed.parameters == *wanted && listed.target_backing == described.target_backing;
        step = step.check(format!("{}'s terms", show::symbol(market)), terms(wanted), terms(&listed.parameters), same);
    }
    run.note(step)?;
    run.advance();
    Ok(run)
}

fn terms(parameters: &Parameters) -> String {
    let Parameters { base_margin, maintenance_fraction, taker_fee, penalty, .. } = *parameters;
    let maintenance = base_margin.wide() * maintenance_fraction.wide() / PPM;
    format!(
        "margin {}, liquidated below {}, fee {}, penalty {}",
        show::percent(base_margin),
        show::percent(u32::try_from(maintenance).map_or(Ppm::ONE, Ppm::new)),
        show::percent(taker_fee),
        show::percent(penalty),
    )
}
