//! The books: whose money is in the vault, and where every token went.

use perp_engine::units::Atoms;

use crate::demo::show;
use crate::demo::stage::Stage;
use crate::demo::DemoError;
use crate::report::Step;
use crate::usdc::ONE;
use crate::wallets::FUNDED;

pub fn play(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    stage.act("11. The books");
    vault(stage)?;
    wallets(stage)?;
    stage.advance();
    Ok(())
}

fn vault(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    stage.look_again()?;
    let world = &stage.world;
    let balances = world.accounts.values().try_fold(Atoms::ZERO, |sum, account| sum.plus(account.state.balance))?;
    let mut claims = vec![
        ("margin accounts".to_string(), balances),
        ("the pool's cash".into(), world.pool.cash),
        ("liquidity requests".into(), world.pool.escrow),
        ("the shared insurance".into(), world.pool.insurance),
    ];
    for market in &world.markets {
        let (symbol, books) = (show::symbol(market), &market.state.books);
        claims.extend([
            (format!("{symbol}: backing"), books.backing),
            (format!("{symbol}: set aside for claims"), books.pot),
            (format!("{symbol}: insurance"), books.insurance),
            (format!("{symbol}: protocol fees"), books.protocol_fees),
        ]);
    }
    let sum = claims.iter().try_fold(Atoms::ZERO, |sum, (_, amount)| sum.plus(*amount))?;
    let mut step = Step::new("whose money is in the vault", "every atom in the vault belongs to exactly one of these");
    for (name, amount) in claims {
        step = step.figure(name, show::usdc(amount));
    }
    let step = step.equal("sum", show::usdc(world.vault), show::usdc(sum));
    stage.note(step)
}

fn wallets(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    stage.look_again()?;
    let supply = stage.supply(&stage.addresses.quote_mint)?;
    let world = &stage.world;
    let mut step = Step::new(
        "where all test USDC went",
        "what was minted is in wallets or in the vault: insurance, and the worth of the shares nobody owns",
    );
    let mut held = world.vault;
    for (name, purse) in &world.purses {
        let start = FUNDED.iter().find(|(funded, _)| funded == name).map_or(0, |(_, whole)| whole * ONE);
        if start == 0 && purse.usdc.is_zero() {
            continue;
        }
        held = held.plus(purse.usdc)?;
        let gained = show::change(Atoms::new(start), purse.usdc);
        step = step.figure(*name, format!("{} ({gained})", show::usdc(purse.usdc)));
    }
    let markets = world.markets.iter().map(|market| market.state.books.insurance);
    let insurance = markets.chain([world.pool.insurance]).try_fold(Atoms::ZERO, Atoms::plus)?;
    let step = step
        .figure("insurance left", show::usdc(insurance))
        .figure("the pool's cash, of which nobody has a share", show::usdc(world.pool.cash))
        .equal(
            "these are all that is left in the vault",
            show::usdc(insurance.plus(world.pool.cash)?),
            show::usdc(world.vault),
        )
        .equal("minted", show::usdc(supply), show::usdc(held))
        .figure("transactions sent", stage.transactions());
    stage.note(step)
}
