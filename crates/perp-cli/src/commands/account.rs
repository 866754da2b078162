//! `perp account`: how a margin account stands; opening, closing and delegating it.

use clap::{Args, Subcommand};
use perp_accounts::MarginAccount;
use perp_client::instructions::{close_account, close_orders, open_account, set_delegate, Authority};
use perp_engine::state::AccountKind;
use perp_engine::units::Side;
use perp_exchange::sizing::LADDER;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::health;
use super::order::orders_section;
use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};
use crate::send::{Desk, Intent, SendFlags};
use crate::settings::address;
use crate::whose::{Found, Whose};

// What about an account.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tells how it stands: equity, margins, positions, orders, and what more it may trade
    Show {
        #[command(flatten)]
        whose: Whose,
    },
    /// Lists an owner's margin accounts
    List {
        /// Wallet that owns them [default: the one that signs]
        #[arg(long, value_name = "ADDRESS")]
        owner: Option<String>,
    },
    /// Tells its profit and health at other prices of a market, from 30 % below to 30 % above
    Ladder {
        /// Symbol, asset or index of the market
        market: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// Opens one, for a rent that comes back when it is closed
    Open {
        /// Number of the margin account among its owner's
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        sub_account: u16,
        /// Binds it to one market, so that it can lose no more than what is in it
        #[arg(long, value_name = "MARKET")]
        isolated: Option<String>,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Closes an empty one, with the account of its orders; the rents come back
    Close {
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Names who may trade for it, and neither withdraw nor close it
    Delegate {
        /// Wallet that may trade, or "nobody"
        delegate: String,
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        send: SendFlags,
    },
}

impl Arguments {
    /// Does it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        match &self.command {
            None => show(context, &self.whose),
            Some(Command::Show { whose }) => show(context, whose),
            Some(Command::Ladder { market, whose }) => ladder(context, market, whose),
            Some(Command::List { owner }) => list(context, owner.as_deref()),
            Some(Command::Open { sub_account, isolated, send }) => {
                open(context, *sub_account, isolated.as_deref(), *send)
            }
            Some(Command::Close { whose, send }) => close(context, whose, *send),
            Some(Command::Delegate { delegate, whose, send }) => set(context, delegate, whose, *send),
        }
    }
}

fn show(context: &Context<'_>, whose: &Whose) -> Result<Report, Failure> {
    let chain = context.chain()?;
    let found = whose.find(context.settings, &chain)?;
    let exchange = chain.exchange();
    let state = &found.account.state;
    let mut numbers = health::numbers(exchange, state, chain.decimals());
    let leverage = exchange.account_leverage(state)?.times().and_then(|times| i64::try_from(times).ok());
    numbers.push(("notional of equity", leverage.map_or(Cell::None, Cell::Share)));
    let mut sections = vec![
        about(&chain, &found),
        Section::fields("health", "Health", numbers),
        health::positions(&chain, exchange, state),
        largest(&chain, &found)?,
    ];
    if let Some(orders) = found.orders(&chain)? {
        sections.push(orders_section(&chain, &orders, state)?);
    }
    Ok(Report::of(sections))
}

/// Whose it is, and what has happened to it.
fn about(chain: &Chain, found: &Found) -> Section {
    let (account, decimals) = (&found.account, chain.decimals());
    let kind = match AccountKind::from_byte(account.state.kind) {
        Some(AccountKind::Isolated) => format!("isolated to {}", chain.symbol(account.state.isolated_market)),
        _ => "cross".into(),
    };
    let counters = &account.state.counters;
    let delegate = if account.delegate == Pubkey::default() { Cell::None } else { Cell::address(&account.delegate) };
    Section::fields(
        "account",
        "Margin account",
        [
            ("address", Cell::address(&found.address)),
            ("owner", Cell::address(&account.owner)),
            ("delegate", delegate),
            ("number", Cell::Count(account.sub_account.into())),
            ("kind", Cell::text(kind)),
            ("armed until", Cell::time(account.state.armed_until)),
            ("deposited", Cell::atoms(counters.deposited, decimals)),
            ("withdrawn", Cell::atoms(counters.withdrawn, decimals)),
            ("realized", Cell::signed_atoms(counters.realized, decimals)),
            ("funding", Cell::signed_atoms(counters.funding, decimals)),
            ("fees", Cell::atoms(counters.fees, decimals)),
            ("penalties", Cell::atoms(counters.penalties, decimals)),
            ("bounties", Cell::atoms(counters.bounties, decimals)),
        ],
    )
}

/// The largest orders that would fill now.
fn largest(chain: &Chain, found: &Found) -> Result<Section, Failure> {
    let (exchange, state) = (chain.exchange(), &found.account.state);
    let mut rows = Vec::new();
    for market in exchange.markets() {
        let units = chain.units(market.index);
        let of = |side| exchange.largest_order(state, market.index, side, None);
        let cell = |size: Option<_>| size.map_or(Cell::None, |size| Cell::signed_size(size, units));
        let (long, short) = (of(Side::Long)?, of(Side::Short)?);
        rows.push(vec![Cell::text(chain.symbol(market.index)), cell(long), cell(short)]);
    }
    Ok(Section::rows("largest_orders", "Largest orders that would fill now", &["market", "buy", "sell"], rows))
}

fn ladder(context: &Context<'_>, market: &str, whose: &Whose) -> Result<Report, Failure> {
    let chain = context.chain()?;
    let index = chain.market(market)?.state.index;
    let found = whose.find(context.settings, &chain)?;
    let (units, decimals) = (chain.units(index), chain.decimals());
    let rungs = chain.exchange().ladder(&found.account.state, index, &LADDER)?;
    let rows = rungs.iter().map(|rung| {
        vec![
            Cell::Share(rung.change.into()),
            Cell::price(rung.price, units),
            Cell::signed_atoms(rung.profit, decimals),
            Cell::signed_atoms(rung.health.equity, decimals),
            Cell::atoms(rung.health.margin, decimals),
            Cell::Flag(rung.health.is_below_margin()),
        ]
    });
    let columns = ["change", "price", "profit", "equity", "required margin", "liquidatable"];
    let heading = format!("At other prices of {}", chain.symbol(index));
    Ok(Report::of([Section::rows("ladder", heading, &columns, rows.collect())]))
}

fn list(context: &Context<'_>, owner: Option<&str>) -> Result<Report, Failure> {
    let chain = context.chain()?;
    let owner = match owner {
        Some(text) => address("--owner", text)?,
        None => context.settings.keypair()?.pubkey(),
    };
    let mut own: Vec<_> = chain.venue.all::<MarginAccount>()?.into_iter().filter(|(_, it)| it.owner == owner).collect();
    own.sort_by_key(|(_, account)| account.sub_account);
    let decimals = chain.decimals();
    let rows = own.iter().map(|(address, account)| {
        let health = chain.exchange().health(&account.state).ok();
        let equity = health.map_or(Cell::None, |health| Cell::signed_atoms(health.maintenance.equity, decimals));
        let margin = health.map_or(Cell::None, |health| Cell::atoms(health.maintenance.margin, decimals));
        vec![
            Cell::Count(account.sub_account.into()),
            Cell::address(address),
            Cell::atoms(account.state.balance, decimals),
            equity,
            margin,
            Cell::Count(u64::try_from(account.state.occupied().count()).unwrap_or(u64::MAX)),
        ]
    });
    let columns = ["number", "address", "balance", "equity", "required margin", "positions"];
    Ok(Report::of([Section::rows("accounts", format!("Margin accounts of {owner}"), &columns, rows.collect())]))
}

fn open(context: &Context<'_>, number: u16, isolated: Option<&str>, flags: SendFlags) -> Result<Report, Failure> {
    let key = context.settings.keypair()?;
    let chain = context.chain()?;
    let market = isolated.map(|name| chain.market(name).map(|market| market.state.index)).transpose()?;
    let owner = key.pubkey();
    let address = chain.addresses().margin_account(&owner, number);
    if chain.venue.connection.find::<MarginAccount>(&address)?.is_some() {
        return Err(Failure::Refused(format!(
            "margin account {number} of {owner} is open already, at {address}: choose another --sub-account"
        )));
    }
    let kind = market.map_or_else(|| "cross".into(), |market| format!("isolated to {}", chain.symbol(market)));
    let preview = Section::fields(
        "account",
        "Margin account",
        [("address", Cell::address(&address)), ("number", Cell::Count(number.into())), ("kind", Cell::text(kind))],
    );
    let intent = Intent {
        what: format!("open margin account {number} of {owner}"),
        instructions: vec![open_account(chain.addresses(), owner, owner, number, market)],
        preview: vec![preview],
        warnings: Vec::new(),
        final_because: None,
    };
    Desk { chain: &chain, output: context.output, flags }.carry_out(&key, intent)
}

fn close(context: &Context<'_>, whose: &Whose, flags: SendFlags) -> Result<Report, Failure> {
    let chain = context.chain()?;
    let (key, found) = whose.owner(context.settings, &chain)?;
    let authority = Authority { signer: key.pubkey(), margin_account: found.address };
    let mut instructions = Vec::new();
    let mut exchange = chain.exchange().clone();
    let mut state = found.account.state;
    if let Some(orders) = found.orders(&chain)? {
        if !orders.is_empty() {
            return Err(Failure::Refused(format!(
                "orders of margin account {} rest: cancel them with `perp order cancel-all`",
                found.address
            )));
        }
        instructions.push(close_orders(authority));
        state.orders_open = 0;
    }
    let account = exchange.add_account(state);
    exchange.close_account(account)?;
    instructions.push(close_account(authority));
    let intent = Intent {
        what: format!("close margin account {}", found.address),
        instructions,
        preview: vec![about(&chain, &found)],
        warnings: Vec::new(),
        final_because: Some("an account that is opened again counts anew"),
    };
    Desk { chain: &chain, output: context.output, flags }.carry_out(&key, intent)
}

fn set(context: &Context<'_>, delegate: &str, whose: &Whose, flags: SendFlags) -> Result<Report, Failure> {
    let after = match delegate {
        "nobody" => Pubkey::default(),
        text => address("DELEGATE", text)?,
    };
    let chain = context.chain()?;
    let (key, found) = whose.owner(context.settings, &chain)?;
    let name = |key: &Pubkey| if *key == Pubkey::default() { Cell::text("nobody") } else { Cell::address(key) };
    let preview =
        Section::fields("delegate", "Delegate", [("before", name(&found.account.delegate)), ("after", name(&after))]);
    let warnings = match after == Pubkey::default() || after == found.account.delegate {
        true => vec!["orders that the last delegate placed stay: cancel them with `perp order cancel-all`".into()],
        false => Vec::new(),
    };
    let intent = Intent {
        what: format!("let {delegate} trade for margin account {}", found.address),
        instructions: vec![set_delegate(found.authority(key.pubkey()), after)],
        preview: vec![preview],
        warnings,
        final_because: (after != Pubkey::default())
            .then_some("a delegate can lose everything that is in the account by trading"),
    };
    Desk { chain: &chain, output: context.output, flags }.carry_out(&key, intent)
}
