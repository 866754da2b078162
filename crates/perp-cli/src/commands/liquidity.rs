//! `perp liquidity`: the pool, entering and leaving it.

use clap::{Args, Subcommand, ValueEnum};
use perp_accounts::{EpochRecord, LiquidityRequest, MarginAccount};
use perp_client::instructions::{
    create_destination, create_share_account, pay_liquidity_request, request_liquidity_deposit,
    request_liquidity_withdrawal, NewRequest,
};
use perp_engine::operations::liquidity::{plan_request_deposit, plan_request_withdrawal, valuation_lamports};
use perp_engine::state::{PriceLimit, RequestKind};
use perp_engine::units::{Atoms, QuoteX40};
use perp_exchange::convert::show_atoms;
use perp_exchange::quotes::Providing;
use perp_exchange::sizing::Leverage;
use solana_signer::Signer;

use crate::amount;
use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};
use crate::send::{Desk, Intent, SendFlags};
use crate::settings::address;

// What about liquidity.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
/// How far the share price may have moved against a request.
enum Limit {
    /// At any price
    Any,
    /// By one percent
    #[value(name = "1%")]
    One,
    /// By two percent
    #[value(name = "2%")]
    Two,
    /// By five percent
    #[value(name = "5%")]
    Five,
    /// By ten percent
    #[value(name = "10%")]
    Ten,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tells what the pool is worth, what it is exposed to, and what it has earned
    Show,
    /// Lists the requests that wait
    Requests {
        /// Only those of this wallet
        #[arg(long, value_name = "ADDRESS")]
        owner: Option<String>,
    },
    /// Asks to enter: tokens wait for a boundary, and buy shares at the price that holds then
    Deposit {
        /// Amount of the quote token, such as 1000; with --atoms in atoms
        amount: String,
        #[command(flatten)]
        request: RequestFlags,
    },
    /// Asks to leave: shares wait for a boundary, and are paid at the price that holds then
    Withdraw {
        /// Shares, such as 1000; with --atoms in their smallest unit
        shares: String,
        #[command(flatten)]
        request: RequestFlags,
    },
    /// Pays out a request whose boundary is closed, for anybody
    Pay {
        /// Address of the request
        request: String,
        #[command(flatten)]
        send: SendFlags,
    },
}

#[derive(Debug, Args)]
struct RequestFlags {
    /// How far the share price may have moved against it since the last boundary; beyond that it is returned
    #[arg(long, value_enum, default_value_t = Limit::Any)]
    limit: Limit,
    #[command(flatten)]
    send: SendFlags,
}

impl Limit {
    const fn price_limit(self) -> PriceLimit {
        let [any, one, two, five, ten] = PriceLimit::ALL;
        match self {
            Self::Any => any,
            Self::One => one,
            Self::Two => two,
            Self::Five => five,
            Self::Ten => ten,
        }
    }
}

impl Arguments {
    /// Does it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        match &self.command {
            None | Some(Command::Show) => show(&context.chain()?),
            Some(Command::Requests { owner }) => requests(context, owner.as_deref()),
            Some(Command::Deposit { amount, request: flags }) => request(context, ("AMOUNT", amount), flags, true),
            Some(Command::Withdraw { shares, request: flags }) => request(context, ("SHARES", shares), flags, false),
            Some(Command::Pay { request, send }) => pay(context, request, *send),
        }
    }
}

fn show(chain: &Chain) -> Result<Report, Failure> {
    let decimals = chain.decimals();
    let Providing { value, shares, cash, placed, last, boundary, entering, leaving, markets } =
        chain.exchange().providing()?;
    let atoms = |amount: Atoms| Cell::atoms(amount, decimals);
    let pool = Section::fields(
        "pool",
        "The pool",
        [
            ("worth to who leaves", atoms(value.lower)),
            ("worth to who enters", atoms(value.upper)),
            ("not settled", atoms(value.unsettled)),
            ("shares", atoms(shares)),
            ("cash", atoms(cash)),
            ("placed in markets", atoms(placed)),
            ("entering", atoms(entering)),
            ("leaving, in shares", atoms(leaving)),
            ("next boundary", boundary.map_or(Cell::None, Cell::time)),
            ("last boundary", Cell::time(last.boundary)),
            ("worth then", atoms(last.upper)),
            ("shares then", atoms(last.shares)),
        ],
    );
    let exposure = markets.iter().map(|it| {
        vec![
            Cell::text(chain.symbol(it.market)),
            atoms(it.backing),
            atoms(it.placed),
            Cell::signed_size(it.delta, chain.units(it.market)),
            Cell::signed_atoms(it.delta_notional, decimals),
            atoms(it.stress_loss),
        ]
    });
    let columns = ["market", "backing", "placed", "delta", "delta notional", "stress loss"];
    let exposure = Section::rows("exposure", "What it is exposed to", &columns, exposure.collect());
    let mut earned = Vec::new();
    for it in &markets {
        let exact = |amount: QuoteX40| Cell::exact(amount, decimals);
        let sums = &it.earned;
        earned.push(vec![
            Cell::text(chain.symbol(it.market)),
            exact(sums.spread),
            exact(sums.impact),
            exact(sums.fees),
            exact(sums.funding),
            exact(sums.carry),
            exact(sums.penalties),
            exact(sums.traders),
            exact(sums.total()?),
        ]);
    }
    let columns = ["market", "spread", "impact", "fees", "funding", "carry", "penalties", "traders lost", "total"];
    let earned = Section::rows("earned", "What it has earned since each market was listed", &columns, earned);
    Ok(Report::of([pool, exposure, earned, leverage(chain)?]))
}

/// Everybody's positions over what stands behind them.
fn leverage(chain: &Chain) -> Result<Section, Failure> {
    let (exchange, decimals) = (chain.exchange(), chain.decimals());
    let accounts = chain.venue.all::<MarginAccount>()?;
    let system = exchange.system_leverage(accounts.values().map(|account| &account.state))?;
    let row = |what: String, it: Leverage| {
        let times = it.times().and_then(|times| i64::try_from(times).ok());
        let (notional, behind) = (Cell::atoms(it.notional, decimals), Cell::signed_atoms(it.behind, decimals));
        vec![Cell::Text(what), notional, behind, times.map_or(Cell::None, Cell::Share)]
    };
    let mut rows = vec![
        row("all positions over traders' equity".into(), system.traders),
        row("all skews over the pool".into(), system.pool),
    ];
    for market in exchange.markets() {
        let of = exchange.market_leverage(market.index)?;
        rows.push(row(format!("{}: positions over backing", chain.symbol(market.index)), of.gross));
        rows.push(row(format!("{}: skew over backing", chain.symbol(market.index)), of.net));
    }
    Ok(Section::rows("leverage", "Leverage", &["what", "notional", "behind it", "notional of that"], rows))
}

fn kind(request: &LiquidityRequest) -> &'static str {
    if request.kind == RequestKind::Deposit as u8 {
        "deposit"
    } else {
        "withdrawal"
    }
}

fn requests(context: &Context<'_>, owner: Option<&str>) -> Result<Report, Failure> {
    let owner = owner.map(|text| address("--owner", text)).transpose()?;
    let chain = context.chain()?;
    let decimals = chain.decimals();
    let all = chain.venue.all::<LiquidityRequest>()?;
    let records = chain.venue.all::<EpochRecord>()?;
    let rows =
        all.iter().filter(|(_, request)| owner.is_none_or(|owner| owner == request.owner)).map(|(at, request)| {
            let closed = records.values().any(|record| record.state.is_of(&request.state));
            vec![
                Cell::address(at),
                Cell::address(&request.owner),
                Cell::text(kind(request)),
                Cell::atoms(request.state.amount, decimals),
                Cell::time(request.state.belongs_from),
                Cell::Flag(closed),
            ]
        });
    let columns = ["request", "owner", "kind", "amount", "belongs to a boundary from", "may be paid"];
    Ok(Report::of([Section::rows("requests", "Requests that wait", &columns, rows.collect())]))
}

fn request(
    context: &Context<'_>,
    (name, text): (&str, &str),
    flags: &RequestFlags,
    enters: bool,
) -> Result<Report, Failure> {
    let key = context.settings.keypair()?;
    let chain = context.chain()?;
    let (decimals, addresses, owner) = (chain.decimals(), chain.addresses(), key.pubkey());
    let amount = amount::quote(name, text, decimals, context.output.atoms)?;
    let source = if enters { addresses.tokens_of(&owner) } else { addresses.shares_of(&owner) };
    let held = chain.venue.connection.tokens(&source)?.unwrap_or_default();
    if held < amount {
        let what = if enters { "tokens" } else { "shares" };
        return Err(Failure::Refused(format!(
            "{owner} holds {} {what} in {source}, and {name} is {}: ask for at most that",
            show_atoms(held, decimals),
            show_atoms(amount, decimals)
        )));
    }
    let limit = flags.limit.price_limit();
    let exchange = chain.exchange();
    let (pool, state, clock) = (&exchange.pool, &exchange.state, exchange.clock);
    let lamports = valuation_lamports(exchange.market_count, exchange.epoch_rent)?;
    let plan = if enters {
        plan_request_deposit(pool, state, amount, limit, lamports, clock)?
    } else {
        plan_request_withdrawal(pool, state, amount, held, limit, lamports, clock)?
    };
    let taken: Vec<u64> = chain
        .venue
        .all::<LiquidityRequest>()?
        .values()
        .filter(|request| request.owner == owner)
        .map(|request| request.nonce)
        .collect();
    let nonce = (0..).find(|nonce| !taken.contains(nonce)).unwrap_or_default();
    let new = NewRequest { nonce, amount, limit };
    let mut instructions = Vec::new();
    if enters {
        if chain.venue.connection.tokens(&addresses.shares_of(&owner))?.is_none() {
            instructions.push(create_share_account(addresses, owner, owner));
        }
        instructions.push(request_liquidity_deposit(addresses, owner, source, &new));
    } else {
        instructions.push(request_liquidity_withdrawal(addresses, owner, source, &new));
    }
    let preview = Section::fields(
        "request",
        "Request",
        [
            ("address", Cell::address(&addresses.request(&owner, nonce))),
            ("amount", Cell::atoms(amount, decimals)),
            ("belongs to the first boundary from", Cell::time(plan.request.belongs_from)),
            ("next boundary", Cell::time(plan.awaited)),
            ("kept for whoever serves it", Cell::Lamports(lamports)),
        ],
    );
    let (verb, what) = if enters { ("enter the pool with", "") } else { ("leave the pool with", " shares") };
    let intent = Intent {
        what: format!("{verb} {}{what}", show_atoms(amount, decimals)),
        instructions,
        preview: vec![preview],
        warnings: vec!["the price is that of the boundary, which nobody knows yet".into()],
        final_because: Some("a request is not taken back"),
    };
    Desk { chain: &chain, output: context.output, flags: flags.send }.carry_out(&key, intent)
}

fn pay(context: &Context<'_>, request: &str, flags: SendFlags) -> Result<Report, Failure> {
    let at = address("REQUEST", request)?;
    let key = context.settings.keypair()?;
    let chain = context.chain()?;
    let found: LiquidityRequest = chain.venue.connection.fetch(&at)?;
    let records = chain.venue.all::<EpochRecord>()?;
    let record = records.values().find(|record| record.state.is_of(&found.state)).ok_or_else(|| {
        Failure::Refused(format!(
            "the boundary of request {at} is not closed: it belongs to the first one from {} on",
            Cell::time(found.state.belongs_from).shown(false)
        ))
    })?;
    let caller = key.pubkey();
    let preview = Section::fields(
        "request",
        "Request",
        [
            ("owner", Cell::address(&found.owner)),
            ("kind", Cell::text(kind(&found))),
            ("amount", Cell::atoms(found.state.amount, chain.decimals())),
            ("boundary", Cell::time(record.state.boundary)),
        ],
    );
    let intent = Intent {
        what: format!("pay out liquidity request {at}"),
        instructions: vec![
            create_destination(chain.addresses(), caller, &found, record),
            pay_liquidity_request(chain.addresses(), caller, &found, record),
        ],
        preview: vec![preview],
        warnings: Vec::new(),
        final_because: None,
    };
    Desk { chain: &chain, output: context.output, flags }.carry_out(&key, intent)
}
