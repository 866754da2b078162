//! The liquidity provider leaves.

use perp_client::instructions::{
    allocate_backing, create_token_account, execute_liquidity_withdrawal, request_liquidity_withdrawal,
    set_backing_target, withdraw_protocol_fees,
};
use perp_client::quote::pool_value;
use perp_engine::units::products::part_of_atoms_floor;
use perp_engine::units::Atoms;
use perp_swap::instructions::RequestArguments;
use solana_pubkey::Pubkey;

use super::{DAY, MINUTE};
use crate::demo::cast::PROVIDER;
use crate::demo::show;
use crate::demo::stage::Stage;
use crate::demo::DemoError;
use crate::wallets::{ADMIN, LIQUIDATOR};

pub fn play(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    stage.act("10. The liquidity provider leaves");
    let request = request(stage)?;
    stage.go_to(stage.now() + DAY + MINUTE)?;
    stage.refresh(ADMIN)?;
    wind_down(stage)?;
    execute(stage, request)?;
    stage.advance();
    Ok(())
}

fn request(stage: &mut Stage<'_>) -> Result<Pubkey, DemoError> {
    let owner = stage.wallet(PROVIDER)?;
    let addresses = stage.addresses;
    let request = addresses.request(&owner, 1);
    let shares = stage.world.purse(PROVIDER).shares;
    let market_count = stage.world.exchange.market_count;
    let value = pool_value(&stage.world.snapshot(), &stage.world.pool, market_count)?.lower;
    let worth = part_of_atoms_floor(shares, value, stage.world.pool.shares)?;
    // A day may cost it a hundredth.
    let minimum_output = Atoms::new(worth.get() - worth.get() / 100);
    let arguments = RequestArguments { nonce: 1, amount: shares, minimum_output, tip: 0 };
    let instruction = request_liquidity_withdrawal(
        &addresses,
        owner,
        addresses.shares_of(&owner),
        addresses.tokens_of(&owner),
        arguments,
    );
    let (moved, ()) =
        stage.perform(PROVIDER, &[instruction], |world| world.request_withdrawal(PROVIDER, request, &arguments))?;
    let scene = moved
        .scene("lp asks to withdraw", "all shares wait in escrow for a day: nobody leaves before a loss that is known")
        .row("lp's shares", |world| show::shares(world.purse(PROVIDER).shares))
        .row("shares in escrow", |world| show::shares(world.share_escrow))
        .figure("worth now, at least", show::usdc(worth));
    stage.record(scene)?;
    Ok(request)
}

/// Nobody has a position left: with a target of zero all backing returns, and the protocol takes its fees.
fn wind_down(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    let admin = stage.wallet(ADMIN)?;
    let destination = stage.addresses.tokens_of(&admin);
    let (sol, btc) = (stage.sol, stage.btc);
    let mut instructions = vec![create_token_account(&stage.addresses, admin, admin)];
    for market in [sol, btc] {
        instructions.extend([
            set_backing_target(&stage.addresses, admin, market, Atoms::ZERO),
            allocate_backing(&stage.addresses, stage.touched(market)),
            withdraw_protocol_fees(&stage.addresses, admin, market, destination),
        ]);
    }
    let (moved, ()) = stage.perform(ADMIN, &instructions, |world| {
        for market in [sol, btc] {
            world.set_backing_target(market, Atoms::ZERO)?;
            world.allocate_backing(market)?;
            world.withdraw_protocol_fees(ADMIN, market)?;
        }
        Ok(())
    })?;
    let scene = moved
        .scene("the markets wind down", "a day later nobody has a position: all backing returns to the pool")
        .row("SOL-PERP's backing", |world| show::usdc(world.market(sol).state.books.backing))
        .row("BTC-PERP's backing", |world| show::usdc(world.market(btc).state.books.backing))
        .row("the pool's cash", |world| show::usdc(world.pool.cash))
        .row("the protocol's fees, in the admin's wallet", |world| show::usdc(world.purse(ADMIN).usdc));
    stage.record(scene)
}

fn execute(stage: &mut Stage<'_>, request: Pubkey) -> Result<(), DemoError> {
    let executor = stage.wallet(LIQUIDATOR)?;
    let market_count = stage.world.exchange.market_count;
    let stored = stage.world.requests.get(&request).copied().ok_or(DemoError::Absent { expected: "request" })?;
    let instruction = execute_liquidity_withdrawal(&stage.addresses, executor, &stored, market_count);
    let (moved, plan) =
        stage.perform(LIQUIDATOR, &[instruction], |world| world.execute_withdrawal(PROVIDER, &request))?;
    let scene = moved
        .scene("the withdrawal is executed", "shares are burned at the lower value of the pool, by anybody")
        .row("lp's wallet", |world| show::usdc(world.purse(PROVIDER).usdc))
        .row("shares in escrow", |world| show::shares(world.share_escrow))
        .row("shares left: nobody's, locked since the first deposit", |world| show::shares(world.pool.shares))
        .row("the pool's cash", |world| show::usdc(world.pool.cash))
        .figure("paid", show::usdc(plan.paid));
    stage.record(scene)
}
