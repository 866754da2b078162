//! Accounts, collateral and positions.

use perp_client::convert::Units;
use perp_client::instructions::{deposit, open_account, trade, Actor};
use perp_engine::state::{AccountKind, Position};
use perp_engine::trade::Order;
use perp_engine::units::products::notional;
use perp_engine::units::{Atoms, Base, Price, Side, SignedAtoms};
use perp_swap::errors::ExchangeError;
use perp_swap::instructions::OpenAccountArguments;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use super::{LATE, OPENING};
use crate::demo::cast::{Seat, ALICE, BOB, CAROL_CROSS, CAROL_ISOLATED, DAVE, ERIN, LIQUIDATOR};
use crate::demo::show;
use crate::demo::stage::{Move, Scene, Stage};
use crate::demo::world::World;
use crate::demo::DemoError;
use crate::usdc::ONE;
use crate::wallets::ADMIN;

pub fn play(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    stage.go_to(OPENING)?;
    stage.act("3. Traders");
    stage.refresh(ADMIN)?;
    let deposits = [(ALICE, 95_000), (BOB, 95_000), (CAROL_CROSS, 20_000), (DAVE, 1_500), (LIQUIDATOR, 0)];
    let scene =
        open(stage, "accounts and collateral", "who deposits what; the liquidator's account stays empty", &deposits)?;
    stage.record(scene)?;
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
    isolated_accounts(stage)?;
    let scene = add(stage, DAVE, 1_150, "collateral can be added at any time")?;
    stage.record(scene)?;
    for (seat, size) in [(CAROL_ISOLATED, "1"), (ERIN, "0.8"), (DAVE, "0.6")] {
        buy_or_sell(stage, seat, stage.btc, size)?;
    }
    stage.advance();
    Ok(())
}

/// Two accounts for one market each; what else their owners have is compared whenever one of them is liquidated.
fn isolated_accounts(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    let deposits = [(CAROL_ISOLATED, 5_900), (ERIN, 5_430)];
    let expectation = "each is bound to BTC-PERP: nothing else its owner has can be lost in it";
    let mut scene = open(stage, "isolated accounts", expectation, &deposits)?;
    for (seat, _) in deposits {
        let Actor { signer, margin_account } = seat.actor(stage)?;
        let account = stage.world.account(&margin_account);
        let bound = account.kind == AccountKind::Isolated as u8;
        let market = if bound { show::symbol(&stage.world.market(account.isolated_market)) } else { "none".into() };
        scene = scene.equal(format!("{seat} is bound to"), "BTC-PERP".into(), market);
        let size = Units::of(&stage.world.market(stage.sol).state).base("1")?;
        let order = Order { size, price_bound: Price::ZERO, reduce_only: false };
        let actor = Actor { signer, margin_account };
        let elsewhere = trade(&stage.addresses, actor, &account, stage.touched(stage.sol), &order);
        let refusal = stage.refused(seat.wallet, &[elsewhere])?;
        scene = scene.equal(format!("{seat} buys in SOL-PERP"), ExchangeError::IsolatedToAnotherMarket.name(), refusal);
    }
    stage.record(scene)
}

fn usdc(whole: u64) -> Atoms {
    Atoms::new(whole * ONE)
}

/// Opens an account for each and deposits into it, a transaction each.
fn open(stage: &mut Stage<'_>, name: &str, expectation: &str, deposits: &[(Seat, u64)]) -> Result<Scene, DemoError> {
    let mut vault = stage.world.vault;
    let mut moves = Vec::new();
    for (seat, whole) in deposits {
        moves.push(open_one(stage, *seat, usdc(*whole))?);
        vault = vault.plus(usdc(*whole))?;
    }
    let moved = moves.into_iter().reduce(Move::then).ok_or(DemoError::Absent { expected: "margin account" })?;
    let mut scene = moved.scene(name, expectation);
    for (seat, whole) in deposits {
        let balance = stage.world.account(&seat.address(stage)?).balance;
        scene = scene.equal(seat.to_string(), show::usdc(usdc(*whole)), show::usdc(balance));
    }
    Ok(scene.equal("the vault", show::usdc(vault), show::usdc(stage.world.vault)))
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
pub fn add(stage: &mut Stage<'_>, seat: Seat, whole: u64, expectation: &str) -> Result<Scene, DemoError> {
    let (address, amount) = (seat.address(stage)?, usdc(whole));
    let instruction = deposit_of(stage, seat, amount)?;
    let (moved, ()) =
        stage.perform(seat.wallet, &[instruction], |world| world.deposit(seat.wallet, &address, amount))?;
    Ok(moved
        .scene(format!("{} deposits {} more", seat.wallet, show::usdc(amount)), expectation)
        .row(seat.to_string(), |world| show::usdc(world.account(&address).balance)))
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
    let (before, after) = (moved.before.position(&address, market), moved.after.position(&address, market));
    let charge = plan.fill.charge.amount_ceil()?.signed()?;
    let charged = worse_than_index(&before, &after, size, index)?;
    let fee = show::change(moved.before.account(&address).balance, moved.after.account(&address).balance);
    let mut scene = moved
        .scene(
            format!("{} goes {verb} {} in {symbol}", seat.wallet, show::size(&listed, size.size())),
            format!("{} is filled at once, at the index worsened by spread and impact", seat),
        )
        .equal("position", show::base(&listed, before.size.plus(size)?), show::base(&listed, after.size))
        .row("average entry", |world| show::average_entry(&listed, &world.position(&address, market)))
        .check(
            "worse than the index by spread and impact",
            &show::signed_usdc(charge),
            show::signed_usdc(charged),
            charged == charge && !charge.is_negative() && !charge.positive_part().is_zero(),
        )
        .equal("fee", show::change(plan.fill.fee, Atoms::ZERO), fee)
        .row("balance", |world| show::usdc(world.account(&address).balance))
        .row("open interest, long", |world| {
            show::size(&listed, world.market(market).state.books.sides[0].open_interest)
        })
        .row("open interest, short", |world| {
            show::size(&listed, world.market(market).state.books.sides[1].open_interest)
        })
        .figure("index", show::price(&listed, index))
        .figure("equity after", show::signed_usdc(plan.after.equity))
        .figure("maintenance margin after", show::usdc(plan.after.margin));
    if let Some(liquidation_price) = preview.liquidation_price? {
        scene = scene.figure("would be liquidated when the index reaches", show::price(&listed, liquidation_price));
    }
    stage.record(scene)
}

/// By how many atoms, rounded up, an increase entered at a worse price than the index.
fn worse_than_index(before: &Position, after: &Position, size: Base, index: Price) -> Result<SignedAtoms, DemoError> {
    let entered = after.entry.get().minus(before.entry.get())?;
    let at_index = notional(size.size(), index)?;
    let better = match size.side() {
        Some(Side::Short) => entered.minus(at_index)?,
        _ => at_index.minus(entered)?,
    };
    Ok(SignedAtoms::ZERO.minus(better.atoms_floor()?)?)
}

/// Sells or buys back the whole position, which there must be.
pub fn close(stage: &mut Stage<'_>, seat: Seat, market: u16, expectation: &str) -> Result<Scene, DemoError> {
    let listed = stage.world.market(market);
    let actor = seat.actor(stage)?;
    let address = actor.margin_account;
    let account = stage.world.account(&address);
    let position = stage.world.position(&address, market);
    let side = position.size.side().ok_or(DemoError::Absent { expected: "position" })?;
    let size = position.size.size().on(side.opposite())?;
    let order = Order { size, price_bound: Price::ZERO, reduce_only: true };
    let instruction = trade(&stage.addresses, actor, &account, stage.touched(market), &order);
    let (moved, preview) = stage.perform(seat.wallet, &[instruction], |world| world.trade(&address, market, &order))?;
    let (plan, symbol) = (preview.plan, show::symbol(&listed));
    let earned = plan.realised.plus(plan.funding)?.minus(plan.fill.fee.signed()?)?;
    let (gained, left) = (gained(&moved, &address, market)?, moved.after.position(&address, market).size);
    Ok(moved
        .scene(format!("{} closes {} in {symbol}", seat.wallet, show::base(&listed, position.size)), expectation)
        .equal("position", show::base(&listed, Base::ZERO), show::base(&listed, left))
        .row("balance", |world| show::usdc(world.account(&address).balance))
        .row("claim on the market", |world| show::usdc(world.position(&address, market).claim))
        .row(format!("{symbol}'s backing"), |world| show::usdc(world.market(market).state.books.backing))
        .figure("index", show::price(&listed, listed.state.price.price))
        .figure("profit or loss since it was settled last", show::signed_usdc(plan.realised))
        .figure("fee", show::usdc(plan.fill.fee))
        .equal(
            "profit, funding and fee = what balance and claim gained",
            show::signed_usdc(earned),
            show::signed_usdc(gained),
        ))
}

/// Cash and claim that an account gained in a market, less debt.
fn gained(moved: &Move, account: &Pubkey, market: u16) -> Result<SignedAtoms, DemoError> {
    let worth = |world: &World| {
        let position = world.position(account, market);
        world.account(account).balance.plus(position.claim)?.signed()?.minus(position.debt.signed()?)
    };
    Ok(worth(&moved.after)?.minus(worth(&moved.before)?)?)
}
