//! The liquidity provider leaves.

use perp_client::errors::ExchangeError;
use perp_client::instructions::{
    allocate_backing, create_token_account, request_liquidity_withdrawal, set_backing_target, withdraw_protocol_fees,
    NewRequest,
};
use perp_engine::state::PriceLimit;
use perp_engine::units::products::{part_of_atoms_floor, share_ceil};
use perp_engine::units::Atoms;
use solana_pubkey::Pubkey;

use super::{DAY, HOUR};
use crate::demo::demo_run::DemoRun;
use crate::demo::participants::PROVIDER;
use crate::demo::show;
use crate::demo::DemoError;
use crate::wallets::{ADMIN, LIQUIDATOR};

pub fn play(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    run.chapter("10. The liquidity provider leaves");
    let request = request(run)?;
    run.go_to(run.now() + DAY)?;
    run.refresh(ADMIN)?;
    wind_down(run)?;
    run.go_to(run.world.exchange.state.boundary.get())?;
    run.refresh(ADMIN)?;
    execute(run, request)?;
    run.advance();
    Ok(())
}

fn request(run: &mut DemoRun<'_>) -> Result<Pubkey, DemoError> {
    let owner = run.wallet(PROVIDER)?;
    let addresses = run.addresses;
    let request = addresses.request(&owner, 1);
    let shares = run.world.wallet(PROVIDER).shares;
    let value = run.world.in_memory().pool_value()?.lower;
    let worth = part_of_atoms_floor(shares, value, run.world.pool.shares)?;
    let new = NewRequest { nonce: 1, amount: shares, limit: PriceLimit::None };
    let instruction = request_liquidity_withdrawal(&addresses, owner, addresses.shares_of(&owner), &new);
    let (transition, ()) =
        run.perform(PROVIDER, &[instruction], |expected| expected.request_withdrawal(PROVIDER, request, &new))?;
    let at_once = run.closing_flat_epoch(LIQUIDATOR)?;
    let too_early = run.refused(LIQUIDATOR, &at_once)?;
    let (day, boundary) = (run.now() + DAY, transition.after.exchange.state.boundary.get());
    let (left, escrowed) = (transition.after.wallet(PROVIDER).shares, transition.after.share_escrow);
    let report = transition
        .report("lp asks to withdraw", "all shares wait in escrow for a day: nobody leaves before a loss that is known")
        .equal("lp's shares", show::shares(Atoms::ZERO), show::shares(left))
        .equal("shares in escrow", show::shares(shares), show::shares(escrowed))
        .check(
            "they wait until",
            &format!("the first full hour from {} on", show::moment(day)),
            show::moment(boundary),
            (day..day + HOUR).contains(&boundary) && boundary % HOUR == 0,
        )
        .equal("leaving at once", ExchangeError::BoundaryAhead.name(), too_early)
        .figure("worth now, at least", show::usdc(worth));
    run.record(report)?;
    Ok(request)
}

/// Nobody has a position left: with a target of zero all backing returns, and the protocol takes its fees.
fn wind_down(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    let admin = run.wallet(ADMIN)?;
    let destination = run.addresses.tokens_of(&admin);
    let (sol, btc) = (run.sol, run.btc);
    let mut instructions = vec![create_token_account(&run.addresses, admin, admin)];
    for market in [sol, btc] {
        instructions.extend([
            set_backing_target(&run.addresses, admin, market, Atoms::ZERO),
            allocate_backing(&run.addresses, run.target(market)),
            withdraw_protocol_fees(&run.addresses, admin, market, destination),
        ]);
    }
    let readings = [(sol, run.reading(sol)?), (btc, run.reading(btc)?)];
    let (transition, ()) = run.perform(ADMIN, &instructions, |expected| {
        for (market, reading) in &readings {
            expected.exchange.set_backing_target(*market, Atoms::ZERO)?;
            expected.exchange.allocate_backing(*market, Some(reading))?;
            expected.exchange.withdraw_protocol_fees(*market)?;
        }
        Ok(())
    })?;
    let sizes = transition.before.markets.iter().flat_map(|market| market.state.ledger.sides);
    let open = sizes.filter(|side| !side.open_interest.is_zero()).count();
    let backing = transition.before.markets.iter().map(|market| market.state.ledger.backing);
    let backing = backing.into_iter().try_fold(Atoms::ZERO, Atoms::checked_add)?;
    let returned = show::change(transition.before.pool.cash, transition.after.pool.cash);
    let report = transition
        .report("the markets wind down", "a day later nobody has a position: all backing returns to the pool")
        .equal("markets' sides with a position", "0".into(), open.to_string())
        .equal("all backing, returned to the pool", show::change(Atoms::ZERO, backing), returned)
        .row("SOL-PERP's backing", |world| show::usdc(world.market(sol).state.ledger.backing))
        .row("BTC-PERP's backing", |world| show::usdc(world.market(btc).state.ledger.backing))
        .row("the pool's cash", |world| show::usdc(world.pool.cash))
        .row("the protocol's fees, in the admin's wallet", |world| show::usdc(world.wallet(ADMIN).usdc));
    run.record(report)
}

fn execute(run: &mut DemoRun<'_>, request: Pubkey) -> Result<(), DemoError> {
    let (closing, boundary) = (run.closing_flat_epoch(LIQUIDATOR)?, run.world.exchange.state.boundary);
    let shares = run.world.request(&request)?.state.amount;
    let lower = run.world.in_memory().pool_value()?.lower;
    let worth = part_of_atoms_floor(shares, lower, run.world.pool.shares)?;
    let (closed, ()) = run.perform(LIQUIDATOR, &closing, |expected| expected.close_flat_epoch())?;
    let payment = run.payment(LIQUIDATOR, &request, boundary)?;
    let (paid, ()) = run.perform(LIQUIDATOR, &[payment], |expected| expected.pay_request(&request))?;
    let tokens = run.supply(&run.addresses.share_mint)?;
    let transition = closed.then(paid);
    // What is set apart of it pays for settling traders before a boundary.
    let fee = share_ceil(worth, transition.after.pool.parameters.queue_fee)?;
    let received = show::change(transition.before.wallet(PROVIDER).usdc, transition.after.wallet(PROVIDER).usdc);
    let report = transition
        .report("the withdrawal is executed", "shares are burned at the lower value of the pool, by anybody")
        .row("lp's wallet", |world| show::usdc(world.wallet(PROVIDER).usdc))
        .row("shares in escrow", |world| show::shares(world.share_escrow))
        .row("shares left: nobody's, locked since the first deposit", |world| show::shares(world.pool.shares))
        .row("the pool's cash", |world| show::usdc(world.pool.cash))
        .equal("shares not burned", show::shares(Atoms::ZERO), show::shares(tokens))
        .equal(
            "paid: their part of the lower value, less 0.02 %",
            show::change(Atoms::ZERO, worth.checked_sub(fee)?),
            received,
        );
    run.record(report)
}
