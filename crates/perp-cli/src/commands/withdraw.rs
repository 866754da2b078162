//! `perp withdraw`: collateral out of a margin account.

use clap::Args;
use perp_client::instructions::{create_token_account, withdraw};
use perp_exchange::convert::show_atoms;

use super::health;
use crate::amount;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::send::{Desk, Intent, SendFlags};
use crate::settings::address;
use crate::whose::Whose;

// How much, from where, to where.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    /// Amount of the quote token, such as 1250.5, or "all" of an account without positions; with --atoms in atoms
    pub amount: String,
    /// Token account that receives it [default: the owner's own]
    #[arg(long, value_name = "ADDRESS")]
    pub to: Option<String>,
    #[command(flatten)]
    pub whose: Whose,
    #[command(flatten)]
    pub send: SendFlags,
}

impl Arguments {
    /// Withdraws.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        let foreign = self.to.as_deref().map(|text| address("--to", text)).transpose()?;
        let mut chain = context.chain()?;
        let (key, found) = self.whose.owner(context.settings, &chain)?;
        chain.bring(context.settings, &found.account.state, None)?;
        let (decimals, exchange, addresses) = (chain.decimals(), chain.exchange(), chain.addresses());
        let before = found.account.state;
        let amount = match self.amount.as_str() {
            "all" if before.has_open_position() => return Err(Failure::Refused(
                "AMOUNT is \"all\", and the account has positions: close them, or give an amount that is free for more"
                    .into(),
            )),
            "all" => before.balance,
            text => amount::quote("AMOUNT", text, decimals, context.output.atoms)?,
        };
        let plan = exchange.preview_withdrawal(&before, amount)?;
        let mut after = before;
        plan.apply(&mut after);
        let owner = found.account.owner;
        let mut instructions = Vec::new();
        let destination = match foreign {
            Some(to) => {
                if chain.venue.connection.tokens(&to)?.is_none() {
                    return Err(Failure::Input(format!(
                        "--to is {to}, where there is no token account: give one of the quote token {}",
                        addresses.quote_mint
                    )));
                }
                to
            }
            None => {
                let own = addresses.tokens_of(&owner);
                if chain.venue.connection.tokens(&own)?.is_none() {
                    instructions.push(create_token_account(addresses, owner, owner));
                }
                own
            }
        };
        instructions.extend(chain.freshen(&before, None));
        instructions.push(withdraw(addresses, found.authority(owner), &before, destination, amount));
        let intent = Intent {
            what: format!("withdraw {} to {destination}", show_atoms(amount, decimals)),
            instructions,
            preview: vec![health::change(&chain, (exchange, &before), (exchange, &after), None)],
            warnings: Vec::new(),
            final_because: foreign.map(|_| "what another's token account has received does not come back"),
        };
        Desk { chain: &chain, output: context.output, flags: self.send }.carry_out(&key, intent)
    }
}
