//! Liquidity: a deposit in two steps, backing for the markets, insurance.

use perp_client::errors::ExchangeError;
use perp_client::instructions::{
    allocate_backing, create_share_account, fund_insurance, request_liquidity_deposit, set_backing_target, NewRequest,
};
use perp_engine::operations::liquidity::{CLOSE_LAMPORTS, PAYMENT_LAMPORTS, VALUATION_LAMPORTS};
use perp_engine::state::PriceLimit;
use perp_engine::units::Atoms;
use solana_pubkey::Pubkey;

use super::{MINUTE, START};
use crate::demo::demo_run::DemoRun;
use crate::demo::participants::PROVIDER;
use crate::demo::show;
use crate::demo::world::World;
use crate::demo::DemoError;
use crate::usdc::ONE;
use crate::wallets::{ADMIN, LIQUIDATOR};

pub const DEPOSIT: Atoms = Atoms::new(5_000_000 * ONE);
/// So little that the market cannot pay a winner at the bottom of the crash before the losers have paid.
const BTC_BACKING: Atoms = Atoms::new(70_000 * ONE);
const MARKET_INSURANCE: Atoms = Atoms::new(100 * ONE);
const SHARED_INSURANCE: Atoms = Atoms::new(2_000 * ONE);
/// From the start of the story to the next full hour that is at least the pool's notice away.
const BOUNDARY: i64 = 15 * MINUTE;
/// What a transaction with one signature costs, in lamports.
const TRANSACTION_FEE: u64 = 5_000;

pub fn play(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    run.chapter("2. Liquidity");
    run.refresh(ADMIN)?;
    let request = request(run)?;
    execute(run, request)?;
    insure(run)?;
    place(run)?;
    run.advance();
    Ok(())
}

fn request(run: &mut DemoRun<'_>) -> Result<Pubkey, DemoError> {
    let owner = run.wallet(PROVIDER)?;
    let addresses = run.addresses;
    let request = addresses.request(&owner, 0);
    let new = NewRequest { nonce: 0, amount: DEPOSIT, limit: PriceLimit::OnePercent };
    let instructions = [
        create_share_account(&addresses, owner, owner),
        request_liquidity_deposit(&addresses, owner, addresses.tokens_of(&owner), &new),
    ];
    let (transition, ()) =
        run.perform(PROVIDER, &instructions, |expected| expected.request_deposit(PROVIDER, request, &new))?;
    let boundary = transition.after.exchange.state.boundary.get();
    let report = transition
        .report(
            "lp asks to deposit",
            "the tokens wait in escrow for the next full hour at least ten minutes away, whose prices nobody knows yet",
        )
        .equal("they wait until", show::moment(START + BOUNDARY), show::moment(boundary))
        .row("in escrow", |world| show::usdc(world.pool.escrow))
        .row("lp's wallet", |world| show::usdc(world.wallet(PROVIDER).usdc));
    run.record(report)?;
    Ok(request)
}

/// Anybody may value the markets, close the hour and pay the request, and is paid for it; the liquidator's bot does.
fn execute(run: &mut DemoRun<'_>, request: Pubkey) -> Result<(), DemoError> {
    let closing = run.closing_flat_epoch(LIQUIDATOR)?;
    let too_early = run.refused(LIQUIDATOR, &closing)?;
    run.go_to(START + BOUNDARY)?;
    run.refresh(ADMIN)?;
    let boundary = run.world.exchange.state.boundary;
    let keeper = run.wallet(LIQUIDATOR)?;
    let lamports = run.lamports(&keeper)?;
    let (closed, ()) = run.perform(LIQUIDATOR, &closing, |expected| expected.close_flat_epoch())?;
    let payment = run.payment(LIQUIDATOR, &request, boundary)?;
    let (paid, ()) = run.perform(LIQUIDATOR, &[payment], |expected| expected.pay_request(&request))?;
    let earned = run.lamports(&keeper)? + 2 * TRANSACTION_FEE - lamports;
    let markets = u64::from(run.world.exchange.market_count);
    let wages = markets * VALUATION_LAMPORTS + CLOSE_LAMPORTS + PAYMENT_LAMPORTS;
    let report = closed
        .then(paid)
        .report("the deposit is executed", "refused at once, then valued, closed and paid by anybody, for a wage")
        .equal("at once", ExchangeError::BoundaryAhead.name(), too_early)
        .row("lp's shares", |world| show::shares(world.wallet(PROVIDER).shares))
        .row("the pool's cash", |world| show::usdc(world.pool.cash))
        .row("in escrow", |world| show::usdc(world.pool.escrow))
        .equal("what the keeper earned", show::lamports(wages), show::lamports(earned));
    run.record(report)
}

fn insure(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    let funder = run.wallet(PROVIDER)?;
    let source = run.addresses.tokens_of(&funder);
    let btc = run.btc;
    let instructions = [
        fund_insurance(&run.addresses, funder, source, Some(btc), MARKET_INSURANCE),
        fund_insurance(&run.addresses, funder, source, None, SHARED_INSURANCE),
    ];
    let (transition, ()) = run.perform(PROVIDER, &instructions, |expected| {
        expected.exchange.fund_insurance(Some(btc), MARKET_INSURANCE)?;
        Ok(expected.exchange.fund_insurance(None, SHARED_INSURANCE)?)
    })?;
    let shares_before = transition.before.wallet(PROVIDER).shares;
    let shares_after = transition.after.wallet(PROVIDER).shares;
    let report = transition
        .report("insurance", "a gift against bankruptcies: a little for BTC-PERP alone, more for all markets")
        .equal("lp's shares, as before", show::shares(shares_before), show::shares(shares_after))
        .row("BTC-PERP's own insurance", |world| show::usdc(world.market(btc).state.ledger.insurance))
        .row("the shared insurance", |world| show::usdc(world.pool.insurance));
    run.record(report)
}

fn place(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    let (sol, btc) = (run.sol, run.btc);
    let target = set_backing_target(&run.addresses, run.wallet(ADMIN)?, btc, BTC_BACKING);
    let instructions =
        [target, allocate_backing(&run.addresses, run.target(sol)), allocate_backing(&run.addresses, run.target(btc))];
    let readings = [(sol, run.reading(sol)?), (btc, run.reading(btc)?)];
    let (transition, ()) = run.perform(ADMIN, &instructions, |expected| {
        expected.exchange.set_backing_target(btc, BTC_BACKING)?;
        for (market, reading) in &readings {
            expected.exchange.allocate_backing(*market, Some(reading))?;
        }
        Ok(())
    })?;
    let backing = |world: &World, market| world.market(market).state.ledger.backing;
    let placed = transition.before.pool.cash.checked_sub(transition.after.pool.cash)?;
    let received = [sol, btc].into_iter().try_fold(Atoms::ZERO, |sum, market| {
        sum.checked_add(backing(&transition.after, market).checked_sub(backing(&transition.before, market))?)
    })?;
    let wanted = run.world.market(sol).state.target_backing;
    let (for_sol, for_btc) = (backing(&transition.after, sol), backing(&transition.after, btc));
    let report = transition
        .report(
            "backing is placed",
            "cash transitions towards each market's target; a market pays from nothing else. BTC-PERP gets little, so that \
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
    run.record(report)
}
