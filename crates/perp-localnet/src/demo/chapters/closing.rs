//! Survivors close, everybody withdraws, empty accounts are closed.

use perp_client::errors::ExchangeError;
use perp_client::instructions::{close_account, create_token_account, withdraw};
use perp_engine::units::Atoms;
use solana_instruction::Instruction;

use super::crash::CrashSummary;
use super::trading::close;
use super::{CRASH, MINUTE};
use crate::demo::demo_run::{DemoRun, Transition};
use crate::demo::participants::{self, Participant, ALICE, DAVE, LIQUIDATOR};
use crate::demo::show;
use crate::demo::world::World;
use crate::demo::DemoError;
use crate::wallets::ADMIN;

pub fn play(run: &mut DemoRun<'_>, summary: &CrashSummary) -> Result<(), DemoError> {
    run.go_to(CRASH[1] + 2 * MINUTE)?;
    run.chapter("9. Closing");
    run.refresh(ADMIN)?;
    for participant in [ALICE, DAVE] {
        for market in [run.btc, run.sol] {
            let expectation = "closing a whole position is always possible while equity is not negative";
            let report = close(run, participant, market, expectation)?;
            let before = &report.transition.before;
            let equity = before.in_memory().health(&before.account(&participant.address(run)?))?.maintenance.equity;
            let report =
                report.check("equity before", "at least 0 USDC", show::signed_usdc(equity), !equity.is_negative());
            run.record(report)?;
        }
    }
    pay_the_liquidator(run, summary)?;
    leave(run)?;
    run.advance();
    Ok(())
}

fn pay_the_liquidator(run: &mut DemoRun<'_>, summary: &CrashSummary) -> Result<(), DemoError> {
    let name = LIQUIDATOR.wallet;
    let wallet = run.wallet(name)?;
    let token_account = create_token_account(&run.addresses, wallet, wallet);
    let transition = take_out(run, LIQUIDATOR, vec![token_account])?;
    let before = transition.before.wallet(name).usdc;
    let report = transition
        .report("the liquidator withdraws its bounties", "earned without a token of its own, now in its wallet")
        .equal("its wallet before", show::usdc(Atoms::ZERO), show::usdc(before))
        .row("its wallet", |world| show::usdc(world.wallet(name).usdc))
        .equal("all its bounties", show::usdc(summary.bounties), show::usdc(run.world.wallet(name).usdc));
    run.record(report)
}

/// Withdraws all of a balance and closes the account.
fn take_out(
    run: &mut DemoRun<'_>,
    participant: Participant,
    mut instructions: Vec<Instruction>,
) -> Result<Transition, DemoError> {
    let authority = participant.authority(run)?;
    let address = authority.margin_account;
    let account = run.world.account(&address);
    let amount = account.balance;
    let destination = run.addresses.tokens_of(&authority.signer);
    if !amount.is_zero() {
        instructions.push(withdraw(&run.addresses, authority, &account, destination, amount));
    }
    instructions.push(close_account(authority));
    let (transition, ()) = run.perform(participant.wallet, &instructions, |expected| {
        if !amount.is_zero() {
            expected.with_account(&address, |exchange, account| exchange.withdraw(account, amount))?;
        }
        expected.close_account(&address)
    })?;
    Ok(transition)
}

fn leave(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    let everybody = participants::ALL.into_iter().filter(|participant| *participant != LIQUIDATOR);
    let not_empty = run.refused(ALICE.wallet, &[close_account(ALICE.authority(run)?)])?;
    let mut vault = run.world.vault;
    let mut transitions = Vec::new();
    let mut withdrawn = Vec::new();
    for participant in everybody {
        let transition = take_out(run, participant, Vec::new())?;
        let balance = transition.before.account(&participant.address(run)?).balance;
        let held = |world: &World| world.wallet(participant.wallet).usdc;
        withdrawn.push((participant, balance, show::change(held(&transition.before), held(&transition.after))));
        vault = vault.checked_sub(balance)?;
        transitions.push(transition);
    }
    let Some(transition) = transitions.into_iter().reduce(Transition::then) else { return Ok(()) };
    let mut report = transition.report(
        "everybody leaves",
        "each withdraws all of its balance and closes its account, which only an empty one can",
    );
    for (participant, balance, taken) in withdrawn {
        report = report.equal(format!("{participant} took out"), show::change(Atoms::ZERO, balance), taken);
    }
    let (accounts, left) = (run.world.accounts.len(), run.world.vault);
    let report = report
        .equal("closing one with a balance", ExchangeError::AccountNotEmpty.name(), not_empty)
        .equal("margin accounts left", "0".into(), accounts.to_string())
        .equal("the vault", show::usdc(vault), show::usdc(left));
    run.record(report)
}
