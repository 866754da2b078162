//! Survivors close, everybody withdraws, empty accounts are closed.

use perp_client::instructions::{close_account, create_token_account, withdraw};
use perp_engine::units::Atoms;
use solana_instruction::Instruction;

use super::crash::Toll;
use super::trading::close;
use super::{CRASH, MINUTE};
use crate::demo::cast::{self, Seat, ALICE, DAVE, LIQUIDATOR};
use crate::demo::show;
use crate::demo::stage::{Move, Stage};
use crate::demo::DemoError;
use crate::wallets::ADMIN;

pub fn play(stage: &mut Stage<'_>, toll: &Toll) -> Result<(), DemoError> {
    stage.go_to(CRASH[1] + 2 * MINUTE)?;
    stage.act("9. Closing");
    stage.refresh(ADMIN)?;
    for seat in [ALICE, DAVE] {
        for market in [stage.btc, stage.sol] {
            close(stage, seat, market, "closing a whole position is always possible while equity is not negative")?;
        }
    }
    pay_the_liquidator(stage, toll)?;
    leave(stage)?;
    stage.advance();
    Ok(())
}

fn pay_the_liquidator(stage: &mut Stage<'_>, toll: &Toll) -> Result<(), DemoError> {
    let name = LIQUIDATOR.wallet;
    let wallet = stage.wallet(name)?;
    let token_account = create_token_account(&stage.addresses, wallet, wallet);
    let moved = take_out(stage, LIQUIDATOR, vec![token_account])?;
    let before = moved.before.purse(name).usdc;
    let scene = moved
        .scene("the liquidator withdraws its bounties", "earned without a token of its own, now in its wallet")
        .equal("its wallet before", show::usdc(Atoms::ZERO), show::usdc(before))
        .row("its wallet", |world| show::usdc(world.purse(name).usdc))
        .equal("all its bounties", show::usdc(toll.bounties), show::usdc(stage.world.purse(name).usdc));
    stage.record(scene)
}

/// Withdraws all of a balance and closes the account.
fn take_out(stage: &mut Stage<'_>, seat: Seat, mut instructions: Vec<Instruction>) -> Result<Move, DemoError> {
    let actor = seat.actor(stage)?;
    let address = actor.margin_account;
    let account = stage.world.account(&address);
    let amount = account.balance;
    let destination = stage.addresses.tokens_of(&actor.signer);
    if !amount.is_zero() {
        instructions.push(withdraw(&stage.addresses, actor, &account, destination, amount));
    }
    instructions.push(close_account(actor));
    let (moved, ()) = stage.perform(seat.wallet, &instructions, |world| {
        if !amount.is_zero() {
            world.withdraw(seat.wallet, &address, amount)?;
        }
        world.close_account(&address)
    })?;
    Ok(moved)
}

fn leave(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    let seats: Vec<_> = cast::ALL.into_iter().filter(|seat| *seat != LIQUIDATOR).collect();
    let moves = seats.iter().map(|seat| take_out(stage, *seat, Vec::new())).collect::<Result<Vec<_>, _>>()?;
    let Some(moved) = moves.into_iter().reduce(Move::then) else { return Ok(()) };
    let mut scene = moved.scene(
        "everybody leaves",
        "each withdraws all of its balance and closes its account, which only an empty one can",
    );
    for seat in &seats {
        let address = seat.address(stage)?;
        let taken = scene.moved.before.account(&address).balance;
        scene = scene.figure(format!("{seat} took out"), show::usdc(taken));
    }
    let scene = scene
        .row("margin accounts left", |world| world.accounts.len().to_string())
        .row("the vault", |world| show::usdc(world.vault));
    stage.record(scene)
}
