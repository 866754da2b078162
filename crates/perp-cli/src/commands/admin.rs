//! `perp admin`: what the exchange's roles may do, how long they may still restrict it, and what waits.

mod shown;

use clap::{Args, Subcommand};
use perp_accounts::Exchange;
use perp_client::instructions::{
    accept_admin, delist_market, propose_admin, set_backing_target, set_exchange_status, set_market_status, set_roles,
    withdraw_protocol_fees,
};
use perp_engine::state::{Status, StatusAuthority, StatusOrder};
use perp_exchange::convert::show_atoms;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::markets::status_name;
use crate::amount;
use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};
use crate::send::{Desk, Intent, SendFlags};
use crate::settings::address;

// What about the exchange.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tells the roles, the status in force, and how long each may still be restricted
    Show,
    /// Tells what the pool or a market was set up with; it holds for its whole life
    Parameters {
        /// Symbol, asset or index of the market [default: the pool]
        market: Option<String>,
    },
    /// Tells what waits: a proposed admin, a boundary, delistings, markets that may be moved to settlement
    Pending,
    /// Pauses the exchange for a while; it ends by itself, and the seconds are charged to the allowance
    Pause {
        /// For how long, such as 5m
        seconds: String,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Ends a pause and a restriction of the exchange, or of a market
    Resume {
        /// Only this market's restriction
        #[arg(long, value_name = "MARKET")]
        market: Option<String>,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Lets positions only shrink for a while, everywhere or in one market
    ReduceOnly {
        /// For how long, such as 1h
        seconds: String,
        /// Only in this market
        #[arg(long, value_name = "MARKET")]
        market: Option<String>,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Proposes another admin, who has to accept
    Propose {
        /// Wallet of the successor
        successor: String,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Accepts to be admin
    Accept {
        #[command(flatten)]
        send: SendFlags,
    },
    /// Names the risk admin and the guardian
    Roles {
        /// Wallet of the risk admin [default: the present one]
        #[arg(long, value_name = "ADDRESS")]
        risk_admin: Option<String>,
        /// Wallet of the guardian [default: the present one]
        #[arg(long, value_name = "ADDRESS")]
        guardian: Option<String>,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Sets where a market's backing is moved to
    BackingTarget {
        /// Symbol, asset or index of the market
        market: String,
        /// Amount of the quote token; with --atoms in atoms
        amount: String,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Announces the end of a market
    Delist {
        /// Symbol, asset or index of the market
        market: String,
        #[command(flatten)]
        send: SendFlags,
    },
    /// Pays a market's protocol fees to a token account
    WithdrawFees {
        /// Symbol, asset or index of the market
        market: String,
        /// Token account that receives them
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        #[command(flatten)]
        send: SendFlags,
    },
}

/// An exchange and who signs for a role.
struct Office<'a> {
    context: &'a Context<'a>,
    chain: Chain,
    key: Keypair,
    root: Exchange,
}

impl<'a> Office<'a> {
    fn open(context: &'a Context<'a>) -> Result<Self, Failure> {
        let key = context.settings.keypair()?;
        let chain = context.chain()?;
        let root = chain.venue.connection.fetch(&chain.addresses().exchange)?;
        Ok(Self { context, chain, key, root })
    }

    fn signer(&self) -> Pubkey {
        self.key.pubkey()
    }

    /// Refuses where the signer holds none of the roles that may do this.
    fn require(&self, roles: &[(&str, Pubkey)]) -> Result<(), Failure> {
        let signer = self.signer();
        if roles.iter().any(|(_, holder)| *holder == signer) {
            return Ok(());
        }
        let holders: Vec<String> = roles.iter().map(|(role, holder)| format!("the {role} {holder}")).collect();
        Err(Failure::Refused(format!("{signer} may not do this: {} may", holders.join(" or "))))
    }

    fn carry_out(
        &self,
        flags: SendFlags,
        what: String,
        instruction: Instruction,
        preview: Section,
        final_because: Option<&'static str>,
    ) -> Result<Report, Failure> {
        let intent = Intent {
            what,
            instructions: vec![instruction],
            preview: vec![preview],
            warnings: Vec::new(),
            final_because,
        };
        Desk { chain: &self.chain, output: self.context.output, flags }.carry_out(&self.key, intent)
    }

    /// By which role the signer sets a status.
    fn authority(&self) -> Result<StatusAuthority, Failure> {
        let root = &self.root;
        self.require(&[("admin", root.admin), ("risk admin", root.risk_admin), ("guardian", root.guardian)])?;
        let is_admin = [root.admin, root.risk_admin].contains(&self.signer());
        Ok(if is_admin { StatusAuthority::RiskAdmin } else { StatusAuthority::Guardian })
    }

    /// Sets a status of the exchange or of a market.
    fn set(&self, market: Option<&str>, status: Status, seconds: u32, flags: SendFlags) -> Result<Report, Failure> {
        let order = StatusOrder { status, seconds, authority: self.authority()? };
        let mut exchange = self.chain.exchange().clone();
        let now = self.chain.now();
        let addresses = self.chain.addresses();
        let (instruction, of, before, after) = match market {
            None => {
                let before = exchange.state.own_status(now);
                exchange.set_exchange_status(&order)?;
                let instruction = set_exchange_status(addresses, self.signer(), status, seconds);
                (instruction, "the exchange".to_owned(), before, exchange.state.own_status(now))
            }
            Some(name) => {
                let index = self.chain.market(name)?.state.index;
                let before = exchange.market(index)?.own_status(now);
                exchange.set_market_status(index, &order)?;
                let instruction = set_market_status(addresses, self.signer(), index, status, seconds);
                (instruction, self.chain.symbol(index), before, exchange.market(index)?.own_status(now))
            }
        };
        let preview = Section::fields(
            "status",
            "Status",
            [
                ("before", Cell::text(status_name(before))),
                ("after", Cell::text(status_name(after))),
                ("for", Cell::Seconds(seconds.into())),
            ],
        );
        let length = Cell::Seconds(seconds.into()).shown(false);
        let what = match status {
            Status::Active => format!("make {of} active"),
            _ => format!("make {of} {} for {length}", status_name(status)),
        };
        self.carry_out(
            flags,
            what,
            instruction,
            preview,
            Some("what it costs of the allowance comes back with time alone"),
        )
    }
}

impl Arguments {
    /// Does it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        match &self.command {
            Command::Show => shown::roles(&context.chain()?),
            Command::Parameters { market } => shown::parameters(&context.chain()?, market.as_deref()),
            Command::Pending => shown::pending(&context.chain()?),
            Command::Pause { seconds, send } => {
                let seconds = amount::seconds("SECONDS", seconds)?;
                Office::open(context)?.set(None, Status::Paused, seconds, *send)
            }
            Command::Resume { market, send } => Office::open(context)?.set(market.as_deref(), Status::Active, 0, *send),
            Command::ReduceOnly { seconds, market, send } => {
                let seconds = amount::seconds("SECONDS", seconds)?;
                Office::open(context)?.set(market.as_deref(), Status::ReduceOnly, seconds, *send)
            }
            Command::Propose { successor, send } => {
                let successor = address("SUCCESSOR", successor)?;
                let office = Office::open(context)?;
                office.require(&[("admin", office.root.admin)])?;
                let preview = names("admin", &office.root.admin, &successor);
                let instruction = propose_admin(office.chain.addresses(), office.signer(), successor);
                office.carry_out(*send, format!("propose {successor} as admin"), instruction, preview, None)
            }
            Command::Accept { send } => {
                let office = Office::open(context)?;
                office.require(&[("proposed admin", office.root.pending_admin)])?;
                let preview = names("admin", &office.root.admin, &office.signer());
                let instruction = accept_admin(office.chain.addresses(), office.signer());
                let reason = Some("only the new admin can propose another one");
                office.carry_out(*send, "become admin".into(), instruction, preview, reason)
            }
            Command::Roles { risk_admin, guardian, send } => {
                let named =
                    |flag: &str, text: &Option<String>| text.as_deref().map(|text| address(flag, text)).transpose();
                let (risk_admin, guardian) = (named("--risk-admin", risk_admin)?, named("--guardian", guardian)?);
                if risk_admin.is_none() && guardian.is_none() {
                    return Err(Failure::input("nobody is named: give --risk-admin, --guardian or both"));
                }
                let office = Office::open(context)?;
                office.require(&[("admin", office.root.admin)])?;
                let (root, addresses) = (&office.root, office.chain.addresses());
                let after = (risk_admin.unwrap_or(root.risk_admin), guardian.unwrap_or(root.guardian));
                let rows = [("risk admin", root.risk_admin, after.0), ("guardian", root.guardian, after.1)];
                let rows = rows
                    .map(|(role, before, after)| vec![Cell::text(role), Cell::address(&before), Cell::address(&after)]);
                let preview = Section::rows("roles", "Roles", &["role", "before", "after"], rows.to_vec());
                let instruction = set_roles(addresses, office.signer(), after.0, after.1);
                office.carry_out(*send, "name the roles".into(), instruction, preview, None)
            }
            Command::BackingTarget { market, amount, send } => {
                let office = Office::open(context)?;
                let (root, decimals) = (&office.root, office.chain.decimals());
                office.require(&[("admin", root.admin), ("risk admin", root.risk_admin)])?;
                let listed = office.chain.market(market)?.state;
                let target = amount::quote("AMOUNT", amount, decimals, context.output.atoms)?;
                office.chain.exchange().clone().set_backing_target(listed.index, target)?;
                let preview = Section::fields(
                    "target",
                    "Backing target",
                    [
                        ("before", Cell::atoms(listed.target_backing, decimals)),
                        ("after", Cell::atoms(target, decimals)),
                    ],
                );
                let instruction = set_backing_target(office.chain.addresses(), office.signer(), listed.index, target);
                let symbol = office.chain.symbol(listed.index);
                let what = format!("move the backing of {symbol} towards {}", show_atoms(target, decimals));
                office.carry_out(*send, what, instruction, preview, None)
            }
            Command::Delist { market, send } => {
                let office = Office::open(context)?;
                office.require(&[("admin", office.root.admin)])?;
                let index = office.chain.market(market)?.state.index;
                let mut exchange = office.chain.exchange().clone();
                exchange.delist_market(index)?;
                let due = exchange.market(index)?.settlement.delisted_from;
                let preview = Section::fields("delisting", "Delisting", [("trading ends", Cell::time(due))]);
                let instruction = delist_market(office.chain.addresses(), office.signer(), index);
                let what = format!("announce the end of {}", office.chain.symbol(index));
                office.carry_out(*send, what, instruction, preview, Some("a delisting is not taken back"))
            }
            Command::WithdrawFees { market, to, send } => {
                let to = address("--to", to)?;
                let office = Office::open(context)?;
                office.require(&[("admin", office.root.admin)])?;
                let (index, decimals) = (office.chain.market(market)?.state.index, office.chain.decimals());
                let fees = office.chain.exchange().market(index)?.ledger.protocol_fees;
                perp_engine::operations::market::plan_withdraw_protocol_fees(office.chain.exchange().market(index)?)?;
                if office.chain.venue.connection.tokens(&to)?.is_none() {
                    return Err(Failure::Input(format!(
                        "--to is {to}, where there is no token account: give one of the quote token"
                    )));
                }
                let preview = Section::fields("fees", "Protocol fees", [("amount", Cell::atoms(fees, decimals))]);
                let instruction = withdraw_protocol_fees(office.chain.addresses(), office.signer(), index, to);
                let what = format!("pay {} to {to}", show_atoms(fees, decimals));
                office.carry_out(
                    *send,
                    what,
                    instruction,
                    preview,
                    Some("what a token account has received does not come back"),
                )
            }
        }
    }
}

fn names(what: &'static str, before: &Pubkey, after: &Pubkey) -> Section {
    Section::fields(what, "Admin", [("before", Cell::address(before)), ("after", Cell::address(after))])
}
