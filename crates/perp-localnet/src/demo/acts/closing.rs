//! Survivors close, everybody withdraws, empty accounts are closed.

use perp_client::health::health;
use perp_client::instructions::{close_account, create_token_account, withdraw};
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use solana_instruction::Instruction;

use super::crash::Toll;
use super::trading::close;
use super::{CRASH, MINUTE};
use crate::demo::cast::{self, Seat, ALICE, DAVE, LIQUIDATOR};
use crate::demo::show;
use crate::demo::stage::{Move, Stage};
use crate::demo::world::World;
use crate::demo::DemoError;
use crate::wallets::ADMIN;

pub fn play(stage: &mut Stage<'_>, toll: &Toll) -> Result<(), DemoError> {
    stage.go_to(CRASH[1] + 2 * MINUTE)?;
    stage.act("9. Closing");
    stage.refresh(ADMIN)?;
    for seat in [ALICE, DAVE] {
        for market in [stage.btc, stage.sol] {
            let expectation = "closing a whole position is always possible while equity is not negative";
            let scene = close(stage, seat, market, expectation)?;
            let before = &scene.moved.before;
            let equity = health(&before.snapshot(), &before.account(&seat.address(stage)?))?.maintenance.equity;
            let scene =
                scene.check("equity before", "at least 0 USDC", show::signed_usdc(equity), !equity.is_negative());
            stage.record(scene)?;
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
    let not_empty = stage.refused(ALICE.wallet, &[close_account(ALICE.actor(stage)?)])?;
    let mut vault = stage.world.vault;
    let mut moves = Vec::new();
    let mut withdrawn = Vec::new();
    for seat in seats {
        let moved = take_out(stage, seat, Vec::new())?;
        let balance = moved.before.account(&seat.address(stage)?).balance;
        let purse = |world: &World| world.purse(seat.wallet).usdc;
        withdrawn.push((seat, balance, show::change(purse(&moved.before), purse(&moved.after))));
        vault = vault.minus(balance)?;
        moves.push(moved);
    }
    let Some(moved) = moves.into_iter().reduce(Move::then) else { return Ok(()) };
    let mut scene = moved.scene(
        "everybody leaves",
        "each withdraws all of its balance and closes its account, which only an empty one can",
    );
    for (seat, balance, taken) in withdrawn {
        scene = scene.equal(format!("{seat} took out"), show::change(Atoms::ZERO, balance), taken);
    }
    let (accounts, left) = (stage.world.accounts.len(), stage.world.vault);
    let scene = scene
        .equal("closing one with a balance", ExchangeError::AccountNotEmpty.name(), not_empty)
        .equal("margin accounts left", "0".into(), accounts.to_string())
        .equal("the vault", show::usdc(vault), show::usdc(left));
    stage.record(scene)
}
