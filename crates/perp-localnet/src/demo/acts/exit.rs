//! The liquidity provider leaves.

use perp_client::instructions::{
    allocate_backing, create_token_account, execute_liquidity_withdrawal, request_liquidity_withdrawal,
    set_backing_target, withdraw_protocol_fees,
};
use perp_client::quote::pool_value;
use perp_engine::liquidity::matures_at;
use perp_engine::state::RequestKind;
use perp_engine::units::products::part_of_atoms_floor;
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
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
    let (executor, stored) = (stage.wallet(LIQUIDATOR)?, stage.world.request(&request)?);
    let at_once = execute_liquidity_withdrawal(&addresses, executor, &stored, market_count);
    let too_early = stage.refused(LIQUIDATOR, &[at_once])?;
    let matures = matures_at(&stored.state, RequestKind::Withdrawal, &moved.after.pool.parameters)?;
    let (left, escrowed) = (moved.after.purse(PROVIDER).shares, moved.after.share_escrow);
    let scene = moved
        .scene("lp asks to withdraw", "all shares wait in escrow for a day: nobody leaves before a loss that is known")
        .equal("lp's shares", show::shares(Atoms::ZERO), show::shares(left))
        .equal("shares in escrow", show::shares(shares), show::shares(escrowed))
        .equal("they wait until", show::moment(stage.now() + DAY), show::moment(matures.get()))
        .equal("leaving at once", ExchangeError::RequestNotMature.name(), too_early)
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
    let sizes = moved.before.markets.iter().flat_map(|market| market.state.books.sides);
    let open = sizes.filter(|side| !side.open_interest.is_zero()).count();
    let backing = moved.before.markets.iter().map(|market| market.state.books.backing);
    let backing = backing.into_iter().try_fold(Atoms::ZERO, Atoms::plus)?;
    let returned = show::change(moved.before.pool.cash, moved.after.pool.cash);
    let scene = moved
        .scene("the markets wind down", "a day later nobody has a position: all backing returns to the pool")
        .equal("markets' sides with a position", "0".into(), open.to_string())
        .equal("all backing, returned to the pool", show::change(Atoms::ZERO, backing), returned)
        .row("SOL-PERP's backing", |world| show::usdc(world.market(sol).state.books.backing))
        .row("BTC-PERP's backing", |world| show::usdc(world.market(btc).state.books.backing))
        .row("the pool's cash", |world| show::usdc(world.pool.cash))
        .row("the protocol's fees, in the admin's wallet", |world| show::usdc(world.purse(ADMIN).usdc));
    stage.record(scene)
}

fn execute(stage: &mut Stage<'_>, request: Pubkey) -> Result<(), DemoError> {
    let executor = stage.wallet(LIQUIDATOR)?;
    let market_count = stage.world.exchange.market_count;
    let stored = stage.world.request(&request)?;
    let instruction = execute_liquidity_withdrawal(&stage.addresses, executor, &stored, market_count);
    let (moved, _) = stage.perform(LIQUIDATOR, &[instruction], |world| world.execute_withdrawal(PROVIDER, &request))?;
    let tokens = stage.supply(&stage.addresses.share_mint)?;
    let lower = pool_value(&moved.before.snapshot(), &moved.before.pool, market_count)?.lower;
    let worth = part_of_atoms_floor(stored.state.amount, lower, moved.before.pool.shares)?;
    let paid = show::change(moved.before.purse(PROVIDER).usdc, moved.after.purse(PROVIDER).usdc);
    let scene = moved
        .scene("the withdrawal is executed", "shares are burned at the lower value of the pool, by anybody")
        .row("lp's wallet", |world| show::usdc(world.purse(PROVIDER).usdc))
        .row("shares in escrow", |world| show::shares(world.share_escrow))
        .row("shares left: nobody's, locked since the first deposit", |world| show::shares(world.pool.shares))
        .row("the pool's cash", |world| show::usdc(world.pool.cash))
        .equal("shares not burned", show::shares(Atoms::ZERO), show::shares(tokens))
        .equal("paid: their part of the lower value", show::change(Atoms::ZERO, worth), paid);
    stage.record(scene)
}
