//! Accounts, collateral and positions.

use perp_client::convert::Units;
use perp_client::instructions::{deposit, open_account, trade, Actor};
use perp_engine::trade::Order;
use perp_engine::units::{Atoms, Price, Side};
use perp_swap::instructions::OpenAccountArguments;
use solana_instruction::Instruction;

use super::{LATE, OPENING};
use crate::demo::cast::{Seat, ALICE, BOB, CAROL_CROSS, CAROL_ISOLATED, DAVE, ERIN, LIQUIDATOR};
use crate::demo::show;
use crate::demo::stage::{Move, Stage};
use crate::demo::DemoError;
use crate::usdc::ONE;
use crate::wallets::ADMIN;

pub fn play(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    stage.go_to(OPENING)?;
    stage.act("3. Traders");
    stage.refresh(ADMIN)?;
    let deposits = [(ALICE, 95_000), (BOB, 95_000), (CAROL_CROSS, 20_000), (DAVE, 1_500), (LIQUIDATOR, 0)];
    open(stage, "accounts and collateral", "who deposits what; the liquidator's account stays empty", &deposits)?;
    for (seat, market, size) in
        [(ALICE, stage.btc, "6"), (BOB, stage.btc, "-10"), (ALICE, stage.sol, "300"), (DAVE, stage.sol, "-100")]
    {
        buy_or_sell(stage, seat, market, size)?;
    }
    stage.advance();
    Ok(())
}

/// More traders come shortly before the crash.
pub fn play_late(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    stage.go_to(LATE)?;
    stage.act("5. Late longs, shortly before the crash");
    stage.refresh(ADMIN)?;
    let deposits = [(CAROL_ISOLATED, 5_900), (ERIN, 5_430)];
    open(
        stage,
        "isolated accounts",
        "each is bound to BTC-PERP: nothing else its owner has can be lost in it",
        &deposits,
    )?;
    add(stage, DAVE, 1_150, "collateral can be added at any time")?;
    for (seat, size) in [(CAROL_ISOLATED, "1"), (ERIN, "0.8"), (DAVE, "0.6")] {
        buy_or_sell(stage, seat, stage.btc, size)?;
    }
    stage.advance();
    Ok(())
}

fn usdc(whole: u64) -> Atoms {
    Atoms::new(whole * ONE)
}

/// Opens an account for each and deposits into it, a transaction each.
fn open(stage: &mut Stage<'_>, name: &str, expectation: &str, deposits: &[(Seat, u64)]) -> Result<(), DemoError> {
    let opened = deposits.iter().map(|(seat, whole)| open_one(stage, *seat, usdc(*whole)));
    let moves = opened.collect::<Result<Vec<_>, _>>()?;
    let Some(moved) = moves.into_iter().reduce(Move::then) else { return Ok(()) };
    let mut scene = moved.scene(name, expectation);
    for (seat, _) in deposits {
        let address = seat.address(stage)?;
        scene = scene.row(seat.to_string(), move |world| show::usdc(world.account(&address).balance));
    }
    let scene = scene.row("the vault", |world| show::usdc(world.vault));
    stage.record(scene)
}

fn open_one(stage: &mut Stage<'_>, seat: Seat, amount: Atoms) -> Result<Move, DemoError> {
    let Actor { signer, margin_account } = seat.actor(stage)?;
    let isolated_market = seat.isolated.then_some(stage.btc);
    let arguments = OpenAccountArguments { sub_account: seat.sub_account, isolated_market };
    let mut instructions = vec![open_account(&stage.addresses, signer, signer, arguments)];
    if !amount.is_zero() {
        instructions.push(deposit_of(stage, seat, amount)?);
    }
    let (moved, ()) = stage.perform(seat.wallet, &instructions, |world| {
        world.open_account(margin_account, isolated_market);
        world.deposit(seat.wallet, &margin_account, amount)
    })?;
    Ok(moved)
}

fn deposit_of(stage: &Stage<'_>, seat: Seat, amount: Atoms) -> Result<Instruction, DemoError> {
    let actor = seat.actor(stage)?;
    let source = stage.addresses.tokens_of(&actor.signer);
    Ok(deposit(&stage.addresses, actor, source, amount))
}

/// A deposit into an account that is open already.
pub fn add(stage: &mut Stage<'_>, seat: Seat, whole: u64, expectation: &str) -> Result<(), DemoError> {
    let (address, amount) = (seat.address(stage)?, usdc(whole));
    let instruction = deposit_of(stage, seat, amount)?;
    let (moved, ()) =
        stage.perform(seat.wallet, &[instruction], |world| world.deposit(seat.wallet, &address, amount))?;
    let scene = moved
        .scene(format!("{} deposits {} more", seat.wallet, show::usdc(amount)), expectation)
        .row(seat.to_string(), |world| show::usdc(world.account(&address).balance));
    stage.record(scene)
}

/// The index worsened by a hundredth: the worst average price the order accepts.
fn bound(index: Price, side: Side) -> Result<Price, DemoError> {
    let slack = Price::new(index.get() / 100);
    Ok(match side {
        Side::Long => index.plus(slack)?,
        Side::Short => index.minus(slack)?,
    })
}

fn buy_or_sell(stage: &mut Stage<'_>, seat: Seat, market: u16, size: &str) -> Result<(), DemoError> {
    let listed = stage.world.market(market);
    let size = Units::of(&listed.state).base(size)?;
    let side = size.side().unwrap_or(Side::Long);
    let index = listed.state.price.price;
    let order = Order { size, price_bound: bound(index, side)?, reduce_only: false };

    let actor = seat.actor(stage)?;
    let address = actor.margin_account;
    let account = stage.world.account(&address);
    let instruction = trade(&stage.addresses, actor, &account, stage.touched(market), &order);
    let (moved, preview) = stage.perform(seat.wallet, &[instruction], |world| world.trade(&address, market, &order))?;

    let (verb, symbol) = (if side == Side::Long { "long" } else { "short" }, show::symbol(&listed));
    let plan = &preview.plan;
    let mut scene = moved
        .scene(
            format!("{} goes {verb} {} in {symbol}", seat.wallet, show::size(&listed, size.size())),
            format!("{} is filled at once, at the index worsened by spread and impact", seat),
        )
        .row("position", |world| show::base(&listed, world.position(&address, market).size))
        .row("average entry", |world| show::average_entry(&listed, &world.position(&address, market)))
        .row("balance", |world| show::usdc(world.account(&address).balance))
        .row("open interest, long", |world| {
            show::size(&listed, world.market(market).state.books.sides[0].open_interest)
        })
        .row("open interest, short", |world| {
            show::size(&listed, world.market(market).state.books.sides[1].open_interest)
        })
        .figure("index", show::price(&listed, index))
        .figure("cost of spread and impact", show::usdc(plan.fill.charge.amount_ceil()?))
        .figure("fee", show::usdc(plan.fill.fee))
        .figure("equity after", show::signed_usdc(plan.after.equity))
        .figure("maintenance margin after", show::usdc(plan.after.margin));
    if let Some(liquidation_price) = preview.liquidation_price? {
        scene = scene.figure("would be liquidated when the index reaches", show::price(&listed, liquidation_price));
    }
    stage.record(scene)
}

/// Sells or buys back the whole position.
pub fn close(stage: &mut Stage<'_>, seat: Seat, market: u16, expectation: &str) -> Result<(), DemoError> {
    let listed = stage.world.market(market);
    let actor = seat.actor(stage)?;
    let address = actor.margin_account;
    let account = stage.world.account(&address);
    let position = stage.world.position(&address, market);
    let Some(side) = position.size.side() else { return Ok(()) };
    let size = position.size.size().on(side.opposite())?;
    let order = Order { size, price_bound: Price::ZERO, reduce_only: true };
    let instruction = trade(&stage.addresses, actor, &account, stage.touched(market), &order);
    let (moved, preview) = stage.perform(seat.wallet, &[instruction], |world| world.trade(&address, market, &order))?;
    let (plan, symbol) = (preview.plan, show::symbol(&listed));
    let scene = moved
        .scene(format!("{} closes {} in {symbol}", seat.wallet, show::base(&listed, position.size)), expectation)
        .row("position", |world| show::base(&listed, world.position(&address, market).size))
        .row("balance", |world| show::usdc(world.account(&address).balance))
        .row("claim on the market", |world| show::usdc(world.position(&address, market).claim))
        .row(format!("{symbol}'s backing"), |world| show::usdc(world.market(market).state.books.backing))
        .figure("index", show::price(&listed, listed.state.price.price))
        .figure("profit or loss since it was settled last", show::signed_usdc(plan.realised))
        .figure("fee", show::usdc(plan.fill.fee));
    stage.record(scene)
}
