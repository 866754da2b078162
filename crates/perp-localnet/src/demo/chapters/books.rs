//! The books: whose money is in the vault, and where every token went.

use perp_engine::units::Atoms;

use crate::demo::demo_run::DemoRun;
use crate::demo::show;
use crate::demo::DemoError;
use crate::report::Step;
use crate::usdc::ONE;
use crate::wallets::FUNDED;

pub fn play(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    run.chapter("11. The books");
    vault(run)?;
    wallets(run)?;
    run.advance();
    Ok(())
}

fn vault(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    run.look_again()?;
    let world = &run.world;
    let balances =
        world.accounts.values().try_fold(Atoms::ZERO, |sum, account| sum.checked_add(account.state.balance))?;
    let mut claims = vec![
        ("margin accounts".to_string(), balances),
        ("the pool's cash".into(), world.pool.cash),
        ("liquidity requests".into(), world.pool.escrow),
        ("withdrawals that are not paid yet".into(), world.pool.payable),
        ("set apart for settling traders".into(), world.pool.settling),
        ("the shared insurance".into(), world.pool.insurance),
    ];
    for market in &world.markets {
        let (symbol, ledger) = (show::symbol(market), &market.state.ledger);
        claims.extend([
            (format!("{symbol}: backing"), ledger.backing),
            (format!("{symbol}: set aside for claims"), ledger.claims_reserve),
            (format!("{symbol}: insurance"), ledger.insurance),
            (format!("{symbol}: protocol fees"), ledger.protocol_fees),
        ]);
    }
    let sum = claims.iter().try_fold(Atoms::ZERO, |sum, (_, amount)| sum.checked_add(*amount))?;
    let mut step = Step::new("whose money is in the vault", "every atom in the vault belongs to exactly one of these");
    for (name, amount) in claims {
        step = step.figure(name, show::usdc(amount));
    }
    let step = step.equal("sum", show::usdc(world.vault), show::usdc(sum));
    run.note(step)
}

fn wallets(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    run.look_again()?;
    let supply = run.supply(&run.addresses.quote_mint)?;
    let world = &run.world;
    let mut step = Step::new(
        "where all test USDC went",
        "what was minted is in wallets or in the vault: insurance, the worth of the shares nobody owns, and what liquidity paid \
         for settlements",
    );
    let mut sum = world.vault;
    for (name, held) in &world.wallets {
        let start = FUNDED.iter().find(|(funded, _)| funded == name).map_or(0, |(_, whole)| whole * ONE);
        if start == 0 && held.usdc.is_zero() {
            continue;
        }
        sum = sum.checked_add(held.usdc)?;
        let gained = show::change(Atoms::new(start), held.usdc);
        step = step.figure(*name, format!("{} ({gained})", show::usdc(held.usdc)));
    }
    let markets = world.markets.iter().map(|market| market.state.ledger.insurance);
    let insurance = markets.chain([world.pool.insurance]).try_fold(Atoms::ZERO, Atoms::checked_add)?;
    let step = step
        .figure("insurance left", show::usdc(insurance))
        .figure("the pool's cash, of which nobody has a share", show::usdc(world.pool.cash))
        .figure("set apart for settling traders", show::usdc(world.pool.settling))
        .equal(
            "these are all that is left in the vault",
            show::usdc(insurance.checked_add(world.pool.cash)?.checked_add(world.pool.settling)?),
            show::usdc(world.vault),
        )
        .equal("minted", show::usdc(supply), show::usdc(sum))
        .figure("transactions sent", run.transactions());
    run.note(step)
}
