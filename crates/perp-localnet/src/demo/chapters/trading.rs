//! Accounts, collateral and positions.

use perp_client::errors::ExchangeError;
use perp_client::events::Event;
use perp_client::instructions::{deposit, open_account, trade, Authority};
use perp_engine::operations::position::{Order, TradePlan};
use perp_engine::state::{AccountKind, Position};
use perp_engine::units::products::notional;
use perp_engine::units::{Atoms, Price, Side, SignedAtoms, SignedSize};
use perp_exchange::convert::Units;
use perp_exchange::Exchange;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use super::{LATE, OPENING};
use crate::demo::demo_run::{DemoRun, StepReport, Transition};
use crate::demo::participants::{Participant, ALICE, BOB, CAROL_CROSS, CAROL_ISOLATED, DAVE, ERIN, LIQUIDATOR};
use crate::demo::show;
use crate::demo::world::World;
use crate::demo::DemoError;
use crate::usdc::ONE;
use crate::wallets::ADMIN;

pub fn play(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    run.go_to(OPENING)?;
    run.chapter("3. Traders");
    run.refresh(ADMIN)?;
    let deposits = [(ALICE, 95_000), (BOB, 95_000), (CAROL_CROSS, 20_000), (DAVE, 1_500), (LIQUIDATOR, 0)];
    let report =
        open(run, "accounts and collateral", "who deposits what; the liquidator's account stays empty", &deposits)?;
    run.record(report)?;
    for (participant, market, size) in
        [(ALICE, run.btc, "6"), (BOB, run.btc, "-10"), (ALICE, run.sol, "300"), (DAVE, run.sol, "-100")]
    {
        buy_or_sell(run, participant, market, size)?;
    }
    run.advance();
    Ok(())
}

/// More traders come shortly before the crash.
pub fn play_late(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    run.go_to(LATE)?;
    run.chapter("5. Late longs, shortly before the crash");
    run.refresh(ADMIN)?;
    isolated_accounts(run)?;
    let report = add(run, DAVE, 1_150, "collateral can be added at any time")?;
    run.record(report)?;
    for (participant, size) in [(CAROL_ISOLATED, "1"), (ERIN, "0.8"), (DAVE, "0.6")] {
        buy_or_sell(run, participant, run.btc, size)?;
    }
    run.advance();
    Ok(())
}

/// Two accounts for one market each; what else their owners have is compared whenever one of them is liquidated.
fn isolated_accounts(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    let deposits = [(CAROL_ISOLATED, 5_900), (ERIN, 5_430)];
    let expectation = "each is bound to BTC-PERP: nothing else its owner has can be lost in it";
    let mut report = open(run, "isolated accounts", expectation, &deposits)?;
    for (participant, _) in deposits {
        let authority = participant.authority(run)?;
        let account = run.world.account(&authority.margin_account);
        let bound = account.kind == AccountKind::Isolated as u8;
        let market = if bound { show::symbol(&run.world.market(account.isolated_market)) } else { "none".into() };
        report = report.equal(format!("{participant} is bound to"), "BTC-PERP".into(), market);
        let size = Units::of(&run.world.market(run.sol).state).signed_size("1")?;
        let order = Order::at_any_price(size);
        let elsewhere = trade(&run.addresses, authority, &account, run.target(run.sol), &order);
        let refusal = run.refused(participant.wallet, &[elsewhere])?;
        let rule = ExchangeError::IsolatedToAnotherMarket.name();
        report = report.equal(format!("{participant} buys in SOL-PERP"), rule, refusal);
    }
    run.record(report)
}

fn usdc(whole: u64) -> Atoms {
    Atoms::new(whole * ONE)
}

/// Opens an account for each and deposits into it, a transaction each.
fn open(
    run: &mut DemoRun<'_>,
    name: &str,
    expectation: &str,
    deposits: &[(Participant, u64)],
) -> Result<StepReport, DemoError> {
    let mut vault = run.world.vault;
    let mut transitions = Vec::new();
    for (participant, whole) in deposits {
        transitions.push(open_one(run, *participant, usdc(*whole))?);
        vault = vault.checked_add(usdc(*whole))?;
    }
    let transition = transitions.into_iter().reduce(Transition::then);
    let mut report = transition.ok_or(DemoError::Absent { expected: "margin account" })?.report(name, expectation);
    for (participant, whole) in deposits {
        let balance = run.world.account(&participant.address(run)?).balance;
        report = report.equal(participant.to_string(), show::usdc(usdc(*whole)), show::usdc(balance));
    }
    Ok(report.equal("the vault", show::usdc(vault), show::usdc(run.world.vault)))
}

fn open_one(run: &mut DemoRun<'_>, participant: Participant, amount: Atoms) -> Result<Transition, DemoError> {
    let Authority { signer, margin_account } = participant.authority(run)?;
    let isolated_market = participant.isolated.then_some(run.btc);
    let mut instructions = vec![open_account(&run.addresses, signer, signer, participant.sub_account, isolated_market)];
    if !amount.is_zero() {
        instructions.push(deposit_of(run, participant, amount)?);
    }
    let (transition, ()) = run.perform(participant.wallet, &instructions, |expected| {
        expected.open_account(margin_account, isolated_market)?;
        if !amount.is_zero() {
            expected.with_account(&margin_account, |exchange, account| exchange.deposit(account, amount))?;
        }
        Ok(())
    })?;
    Ok(transition)
}

fn deposit_of(run: &DemoRun<'_>, participant: Participant, amount: Atoms) -> Result<Instruction, DemoError> {
    let authority = participant.authority(run)?;
    let source = run.addresses.tokens_of(&authority.signer);
    Ok(deposit(&run.addresses, authority, source, amount))
}

/// A deposit into an account that is open already.
pub fn add(
    run: &mut DemoRun<'_>,
    participant: Participant,
    whole: u64,
    expectation: &str,
) -> Result<StepReport, DemoError> {
    let (address, amount) = (participant.address(run)?, usdc(whole));
    let instruction = deposit_of(run, participant, amount)?;
    let (transition, _) = run.perform(participant.wallet, &[instruction], |expected| {
        expected.with_account(&address, |exchange, account| exchange.deposit(account, amount))
    })?;
    Ok(transition
        .report(format!("{} deposits {} more", participant.wallet, show::usdc(amount)), expectation)
        .row(participant.to_string(), |world| show::usdc(world.account(&address).balance)))
}

/// The index worsened by a hundredth: the worst average price the order accepts.
fn bound(index: Price, side: Side) -> Result<Price, DemoError> {
    let slack = Price::new(index.get() / 100);
    Ok(match side {
        Side::Long => index.checked_add(slack)?,
        Side::Short => index.checked_sub(slack)?,
    })
}

/// Sends an order, and fills it in memory.
fn fill(
    run: &mut DemoRun<'_>,
    participant: Participant,
    market: u16,
    order: &Order,
) -> Result<(Transition, TradePlan), DemoError> {
    let (authority, reading) = (participant.authority(run)?, run.reading(market)?);
    let account = run.world.account(&authority.margin_account);
    let instruction = trade(&run.addresses, authority, &account, run.target(market), order);
    run.perform(participant.wallet, &[instruction], |expected| {
        expected.with_account(&authority.margin_account, |exchange: &mut Exchange, account| {
            exchange.trade(account, market, order, Some(&reading))
        })
    })
}

/// What the event of a trade must say, and what it says.
fn told(run: &DemoRun<'_>, transition: &Transition, plan: &TradePlan) -> Result<[String; 2], DemoError> {
    let events = run.events(transition)?;
    let [Event::Traded(event)] = &events[..] else { return Err(DemoError::Absent { expected: "event Traded" }) };
    let told = |size, fee, balance| format!("{size}, {}, {}", show::usdc(fee), show::usdc(balance));
    Ok([
        told(plan.size.get(), plan.fill.fee, plan.ledger.balance),
        told(event.size, Atoms::new(event.fee), Atoms::new(event.balance_after)),
    ])
}

fn buy_or_sell(run: &mut DemoRun<'_>, participant: Participant, market: u16, size: &str) -> Result<(), DemoError> {
    let listed = run.world.market(market);
    let size = Units::of(&listed.state).signed_size(size)?;
    let side = size.side().unwrap_or(Side::Long);
    let index = listed.state.price.price;
    let order = Order { size, acceptable_price: bound(index, side)?, reduce_only: false };

    let address = participant.address(run)?;
    let (transition, plan) = fill(run, participant, market, &order)?;
    let [expected_event, event] = told(run, &transition, &plan)?;

    let (direction, symbol) = (if side == Side::Long { "long" } else { "short" }, show::symbol(&listed));
    let (before, after) = (transition.before.position(&address, market), transition.after.position(&address, market));
    let charge = plan.fill.charge.to_atoms_ceil()?.signed()?;
    let charged = worse_than_index(&before, &after, size, index)?;
    let fee = show::change(transition.before.account(&address).balance, transition.after.account(&address).balance);
    let liquidated_at = transition.after.in_memory().liquidation_price(&transition.after.account(&address), market)?;
    let mut report = transition
        .report(
            format!("{} goes {direction} {} in {symbol}", participant.wallet, show::size(&listed, size.size())),
            format!("{} is filled at once, at the index worsened by spread and impact", participant),
        )
        .equal(
            "position",
            show::signed_size(&listed, before.size.checked_add(size)?),
            show::signed_size(&listed, after.size),
        )
        .row("average entry", |world| show::average_entry(&listed, &world.position(&address, market)))
        .check(
            "worse than the index by spread and impact",
            &show::signed_usdc(charge),
            show::signed_usdc(charged),
            charged == charge && !charge.is_negative() && !charge.positive_part().is_zero(),
        )
        .equal("fee", show::change(plan.fill.fee, Atoms::ZERO), fee)
        .equal("its event: base units, fee, balance", expected_event, event)
        .row("balance", |world| show::usdc(world.account(&address).balance))
        .row("open interest, long", |world| {
            show::size(&listed, world.market(market).state.ledger.sides[0].open_interest)
        })
        .row("open interest, short", |world| {
            show::size(&listed, world.market(market).state.ledger.sides[1].open_interest)
        })
        .figure("index", show::price(&listed, index))
        .figure("equity after", show::signed_usdc(plan.after.equity))
        .figure("maintenance margin after", show::usdc(plan.after.margin));
    if let Some(price) = liquidated_at {
        report = report.figure("would be liquidated when the index reaches", show::price(&listed, price));
    }
    run.record(report)
}

/// Execution cost above the index, in atoms, rounded up.
fn worse_than_index(
    before: &Position,
    after: &Position,
    size: SignedSize,
    index: Price,
) -> Result<SignedAtoms, DemoError> {
    let entered = after.entry_notional.get().checked_sub(before.entry_notional.get())?;
    let at_index = notional(size.size(), index)?;
    let better = match size.side() {
        Some(Side::Short) => entered.checked_sub(at_index)?,
        _ => at_index.checked_sub(entered)?,
    };
    Ok(better.to_signed_atoms_floor()?.checked_neg()?)
}

/// Sells or buys back the whole position, which there must be.
pub fn close(
    run: &mut DemoRun<'_>,
    participant: Participant,
    market: u16,
    expectation: &str,
) -> Result<StepReport, DemoError> {
    let (listed, address) = (run.world.market(market), participant.address(run)?);
    let position = run.world.position(&address, market);
    let side = position.size.side().ok_or(DemoError::Absent { expected: "position" })?;
    let size = position.size.size().on(side.opposite())?;
    let order = Order { reduce_only: true, ..Order::at_any_price(size) };
    let (transition, plan) = fill(run, participant, market, &order)?;
    let [expected_event, event] = told(run, &transition, &plan)?;
    let symbol = show::symbol(&listed);
    let earned = plan.realized.checked_add(plan.settled.funding)?.checked_sub(plan.fill.fee.signed()?)?;
    let (gained, left) = (gained(&transition, &address, market)?, transition.after.position(&address, market).size);
    Ok(transition
        .report(
            format!("{} closes {} in {symbol}", participant.wallet, show::signed_size(&listed, position.size)),
            expectation,
        )
        .equal("position", show::signed_size(&listed, SignedSize::ZERO), show::signed_size(&listed, left))
        .row("balance", |world| show::usdc(world.account(&address).balance))
        .row("claim on the market", |world| show::usdc(world.position(&address, market).claim))
        .row(format!("{symbol}'s backing"), |world| show::usdc(world.market(market).state.ledger.backing))
        .figure("index", show::price(&listed, listed.state.price.price))
        .figure("profit or loss since it was settled last", show::signed_usdc(plan.realized))
        .figure("fee", show::usdc(plan.fill.fee))
        .equal(
            "profit, funding and fee = what balance and claim gained",
            show::signed_usdc(earned),
            show::signed_usdc(gained),
        )
        .equal("its event: base units, fee, balance", expected_event, event))
}

/// Cash and claim that an account gained in a market, less debt.
fn gained(transition: &Transition, account: &Pubkey, market: u16) -> Result<SignedAtoms, DemoError> {
    let worth = |world: &World| {
        let position = world.position(account, market);
        world.account(account).balance.checked_add(position.claim)?.signed()?.checked_sub(position.debt.signed()?)
    };
    Ok(worth(&transition.after)?.checked_sub(worth(&transition.before)?)?)
}
