//! Liquidity: a deposit in two steps, backing for the markets, insurance.

use perp_client::instructions::{
    allocate_backing, create_share_account, execute_liquidity_deposit, fund_insurance, request_liquidity_deposit,
    return_liquidity_deposit, set_backing_target,
};
use perp_engine::state::DEAD_SHARES;
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_swap::instructions::RequestArguments;
use solana_pubkey::Pubkey;

use super::{MINUTE, START};
use crate::demo::cast::PROVIDER;
use crate::demo::show;
use crate::demo::stage::Stage;
use crate::demo::world::World;
use crate::demo::DemoError;
use crate::usdc::ONE;
use crate::wallets::{ADMIN, LIQUIDATOR};

pub const DEPOSIT: Atoms = Atoms::new(5_000_000 * ONE);
/// So little that the market cannot pay a winner at the bottom of the crash before the losers have paid.
const BTC_BACKING: Atoms = Atoms::new(70_000 * ONE);
const MARKET_INSURANCE: Atoms = Atoms::new(100 * ONE);
const SHARED_INSURANCE: Atoms = Atoms::new(2_000 * ONE);
/// A hundredth of a SOL for whoever executes the request.
const TIP: u64 = 10_000_000;
/// What a transaction with one signature costs, in lamports.
const TRANSACTION_FEE: u64 = 5_000;

pub fn play(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    stage.act("2. Liquidity");
    stage.refresh(ADMIN)?;
    let request = request(stage)?;
    execute(stage, request)?;
    insure(stage)?;
    place(stage)?;
    stage.advance();
    Ok(())
}

fn request(stage: &mut Stage<'_>) -> Result<Pubkey, DemoError> {
    let owner = stage.wallet(PROVIDER)?;
    let addresses = stage.addresses;
    let request = addresses.request(&owner, 0);
    let minimum_output = DEPOSIT.minus(Atoms::new(DEAD_SHARES))?;
    let arguments = RequestArguments { nonce: 0, amount: DEPOSIT, minimum_output, tip: TIP };
    let instructions = [
        create_share_account(&addresses, owner, owner),
        request_liquidity_deposit(
            &addresses,
            owner,
            addresses.tokens_of(&owner),
            addresses.shares_of(&owner),
            arguments,
        ),
    ];
    let (moved, ()) =
        stage.perform(PROVIDER, &instructions, |world| world.request_deposit(PROVIDER, request, &arguments))?;
    let stored = stage.world.request(&request)?;
    let called_back = stage.refused(PROVIDER, &[return_liquidity_deposit(&addresses, owner, &stored)])?;
    let scene = moved
        .scene(
            "lp asks to deposit",
            "the tokens wait in escrow; the request cannot be called back, and executes at prices that nobody knows yet",
        )
        .equal("calling it back", ExchangeError::RequestNotLapsed.name(), called_back)
        .row("in escrow", |world| show::usdc(world.pool.escrow))
        .row("lp's wallet", |world| show::usdc(world.purse(PROVIDER).usdc));
    stage.record(scene)?;
    Ok(request)
}

/// Anybody may execute the request, and is paid for it; the liquidator's bot does.
fn execute(stage: &mut Stage<'_>, request: Pubkey) -> Result<(), DemoError> {
    let executor = stage.wallet(LIQUIDATOR)?;
    let market_count = stage.world.exchange.market_count;
    let stored = stage.world.request(&request)?;
    let instruction = execute_liquidity_deposit(&stage.addresses, executor, &stored, market_count);
    let too_early = stage.refused(LIQUIDATOR, std::slice::from_ref(&instruction))?;

    stage.go_to(START + MINUTE)?;
    stage.refresh(ADMIN)?;
    let lamports = stage.lamports(&executor)?;
    let in_request = stage.lamports(&request)?;
    let (moved, _) = stage.perform(LIQUIDATOR, &[instruction], |world| world.execute_deposit(PROVIDER, &request))?;
    let earned = stage.lamports(&executor)? + TRANSACTION_FEE - lamports;
    let scene = moved
        .scene("the deposit is executed", "refused at once, executed by anybody a minute later, for a tip")
        .equal("at once", ExchangeError::RequestNotMature.name(), too_early)
        .row("lp's shares", |world| show::shares(world.purse(PROVIDER).shares))
        .row("the pool's cash", |world| show::usdc(world.pool.cash))
        .row("in escrow", |world| show::usdc(world.pool.escrow))
        .equal("the executor's reward, rent and tip", show::lamports(in_request), show::lamports(earned));
    stage.record(scene)
}

fn insure(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    let funder = stage.wallet(PROVIDER)?;
    let source = stage.addresses.tokens_of(&funder);
    let btc = stage.btc;
    let instructions = [
        fund_insurance(&stage.addresses, funder, source, Some(btc), MARKET_INSURANCE),
        fund_insurance(&stage.addresses, funder, source, None, SHARED_INSURANCE),
    ];
    let (moved, ()) = stage.perform(PROVIDER, &instructions, |world| {
        world.fund_insurance(PROVIDER, Some(btc), MARKET_INSURANCE)?;
        world.fund_insurance(PROVIDER, None, SHARED_INSURANCE)
    })?;
    let shares_before = moved.before.purse(PROVIDER).shares;
    let shares_after = moved.after.purse(PROVIDER).shares;
    let scene = moved
        .scene("insurance", "a gift against bankruptcies: a little for BTC-PERP alone, more for all markets")
        .equal("lp's shares, as before", show::shares(shares_before), show::shares(shares_after))
        .row("BTC-PERP's own insurance", |world| show::usdc(world.market(btc).state.books.insurance))
        .row("the shared insurance", |world| show::usdc(world.pool.insurance));
    stage.record(scene)
}

fn place(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    let (sol, btc) = (stage.sol, stage.btc);
    let target = set_backing_target(&stage.addresses, stage.wallet(ADMIN)?, btc, BTC_BACKING);
    let instructions = [
        target,
        allocate_backing(&stage.addresses, stage.touched(sol)),
        allocate_backing(&stage.addresses, stage.touched(btc)),
    ];
    let (moved, ()) = stage.perform(ADMIN, &instructions, |world| {
        world.set_backing_target(btc, BTC_BACKING)?;
        world.allocate_backing(sol)?;
        world.allocate_backing(btc).map(drop)
    })?;
    let backing = |world: &World, market| world.market(market).state.books.backing;
    let placed = moved.before.pool.cash.minus(moved.after.pool.cash)?;
    let received = [sol, btc].into_iter().try_fold(Atoms::ZERO, |sum, market| {
        sum.plus(backing(&moved.after, market).minus(backing(&moved.before, market))?)
    })?;
    let wanted = stage.world.market(sol).state.target_backing;
    let (for_sol, for_btc) = (backing(&moved.after, sol), backing(&moved.after, btc));
    let scene = moved
        .scene(
            "backing is placed",
            "cash moves towards each market's target; a market pays from nothing else. BTC-PERP gets little, so that \
             its limit can be seen",
        )
        .row("SOL-PERP's backing", |world| show::usdc(backing(world, sol)))
        .row("BTC-PERP's backing", |world| show::usdc(backing(world, btc)))
        .row("the pool's cash", |world| show::usdc(world.pool.cash))
        .check(
            "SOL-PERP's, towards its target",
            &format!("above 0, at most {}", show::usdc(wanted)),
            show::usdc(for_sol),
            !for_sol.is_zero() && for_sol <= wanted,
        )
        .equal("BTC-PERP's, at its target", show::usdc(BTC_BACKING), show::usdc(for_btc))
        .equal("the pool gave = the markets got", show::usdc(placed), show::usdc(received));
    stage.record(scene)
}
