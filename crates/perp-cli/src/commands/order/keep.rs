//! What anybody may do with an order, and the account that orders lie in.

use clap::Args;
use perp_client::instructions::{arm_order, close_orders, execute_order, open_orders, sweep_order, OrdersOf};
use perp_client::jobs::fills_at;
use perp_engine::state::OrderBook;
use perp_engine::EngineError;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::orders_section;
use crate::bring::Brought;
use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};
use crate::send::{Desk, Intent, SendFlags};
use crate::whose::{Found, Whose};

// Which order of which account.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Place {
    /// Place of the order, from 0 to 15
    #[arg(value_parser = clap::value_parser!(u8).range(0..16))]
    place: u8,
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    send: SendFlags,
}

/// An order of anybody's account, and who pays for what is done with it.
struct Seen {
    chain: Chain,
    key: Keypair,
    found: Found,
    orders: OrderBook,
    market: u16,
}

impl Place {
    fn seen(&self, context: &Context<'_>) -> Result<Seen, Failure> {
        let key = context.settings.keypair()?;
        let chain = context.chain()?;
        let found = self.whose.find(context.settings, &chain)?;
        let orders = found.orders(&chain)?.unwrap_or_default();
        let market = orders.order(self.place.into()).map(|order| order.market)?;
        Ok(Seen { chain, key, found, orders, market })
    }

    /// Arms it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn arm(&self, context: &Context<'_>) -> Result<Report, Failure> {
        let mut seen = self.seen(context)?;
        let (account, market) = (seen.found.account.state, seen.market);
        seen.chain.bring(context.settings, &account, Some(market))?;
        let (account, target) = (&seen.found.account.state, seen.chain.fresh.target(seen.market));
        let readings = seen.chain.fresh.readings();
        let reading = readings.get(&seen.market).map(|posted| posted.reading);
        let exchange = seen.chain.exchange();
        let after = exchange.preview_arming(account, &seen.orders, self.place.into(), seen.market, reading.as_ref())?;
        let of = seen.of();
        let instruction = arm_order(seen.chain.addresses(), &of, target, self.place);
        let preview = orders_section(&seen.chain, &after.orders, &after.account)?;
        self.sent(context, &seen, "arm", instruction, preview)
    }

    /// Fills it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn fill(&self, context: &Context<'_>) -> Result<Report, Failure> {
        let mut seen = self.seen(context)?;
        let (market, order) = (seen.market, *seen.orders.order(self.place.into())?);
        let own = seen.chain.fresh.readings().get(&market).copied();
        let posted = match own.filter(|said| fills_at(order.fills_from, &said.reading)) {
            Some(posted) => posted,
            None if order.is_armed(seen.chain.now())? => {
                let server = context.settings.prices_url();
                let (brought, posted) = Brought::of_second(&seen.chain, server, market, order.fills_from)?;
                seen.chain.brought = Some(brought);
                posted
            }
            None => return Err(EngineError::OrderNotArmed.into()),
        };
        let account = &seen.found.account.state;
        let exchange = seen.chain.exchange();
        let after =
            exchange.preview_execution(account, &seen.orders, self.place.into(), seen.market, &posted.reading)?;
        let of = seen.of();
        let caller = seen.key.pubkey();
        let addresses = seen.chain.addresses();
        let instruction = execute_order(addresses, caller, &of, &seen.orders, seen.market, posted.account, self.place);
        let lamports = after.plan.lamports;
        let preview = Section::fields(
            "lamports",
            "Lamports",
            [("tip", Cell::Lamports(lamports.tip)), ("returned", Cell::Lamports(lamports.returned))],
        );
        self.sent(context, &seen, "fill", instruction, preview)
    }

    /// Takes it out.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn sweep(&self, context: &Context<'_>) -> Result<Report, Failure> {
        let seen = self.seen(context)?;
        let mut exchange = seen.chain.exchange().clone();
        let ended = exchange.market(seen.market)?.settlement.is_final(seen.chain.now()).then_some(seen.market);
        let account = exchange.add_account(seen.found.account.state);
        exchange.put_orders(account, seen.orders)?;
        let returned = exchange.sweep_order(account, self.place.into(), ended)?;
        let (addresses, owner) = (seen.chain.addresses(), seen.found.account.owner);
        let instruction = sweep_order(addresses, owner, seen.found.address, ended, self.place);
        let preview = Section::fields("lamports", "Lamports", [("returned", Cell::Lamports(returned))]);
        self.sent(context, &seen, "sweep", instruction, preview)
    }

    fn sent(
        &self,
        context: &Context<'_>,
        seen: &Seen,
        verb: &str,
        instruction: solana_instruction::Instruction,
        preview: Section,
    ) -> Result<Report, Failure> {
        let account = &seen.found.account.state;
        let mut instructions: Vec<_> = seen.chain.freshen(account, Some(seen.market)).into_iter().collect();
        instructions.push(instruction);
        let intent = Intent {
            what: format!("{verb} the order at place {} of margin account {}", self.place, seen.found.address),
            instructions,
            preview: vec![preview],
            warnings: Vec::new(),
            final_because: (verb == "fill").then_some("a fill is not taken back"),
        };
        Desk { chain: &seen.chain, output: context.output, flags: self.send }.carry_out(&seen.key, intent)
    }
}

impl Seen {
    fn of(&self) -> OrdersOf<'_> {
        let account = &self.found.account;
        OrdersOf { owner: account.owner, margin_account: self.found.address, account: &account.state }
    }
}

/// Opens the account of the orders.
///
/// # Errors
/// [`Failure`].
pub fn open(context: &Context<'_>, whose: &Whose, flags: SendFlags) -> Result<Report, Failure> {
    let chain = context.chain()?;
    let (key, found) = whose.owner(context.settings, &chain)?;
    if found.orders(&chain)?.is_some() {
        return Err(Failure::Refused(format!(
            "the account of the orders of margin account {} is open already",
            found.address
        )));
    }
    let intent = Intent {
        what: format!("open the account of the orders of margin account {}", found.address),
        instructions: vec![open_orders(found.authority(key.pubkey()), key.pubkey())],
        preview: Vec::new(),
        warnings: Vec::new(),
        final_because: None,
    };
    Desk { chain: &chain, output: context.output, flags }.carry_out(&key, intent)
}

/// Closes the account of the orders.
///
/// # Errors
/// [`Failure`].
pub fn close(context: &Context<'_>, whose: &Whose, flags: SendFlags) -> Result<Report, Failure> {
    let chain = context.chain()?;
    let (key, found) = whose.owner(context.settings, &chain)?;
    let Some(orders) = found.orders(&chain)? else {
        return Err(Failure::Refused(format!("no account of orders of margin account {} is open", found.address)));
    };
    if !orders.is_empty() {
        return Err(Failure::Refused(format!(
            "orders of margin account {} rest: cancel them with `perp order cancel-all`",
            found.address
        )));
    }
    let intent = Intent {
        what: format!("close the account of the orders of margin account {}", found.address),
        instructions: vec![close_orders(found.authority(key.pubkey()))],
        preview: Vec::new(),
        warnings: Vec::new(),
        final_because: None,
    };
    Desk { chain: &chain, output: context.output, flags }.carry_out(&key, intent)
}
