//! `perp deposit`: collateral into a margin account.

use clap::Args;
use perp_accounts::MarginAccount;
use perp_client::instructions::{deposit, open_account, Authority};
use perp_engine::operations::account::plan_deposit;
use perp_engine::state::Account;
use perp_exchange::convert::show_atoms;
use solana_signer::Signer;

use super::health;
use crate::amount;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::send::{Desk, Intent, SendFlags};

// How much, and into which account.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    /// Amount of the quote token, such as 1250.5; with --atoms in atoms
    pub amount: String,
    /// Number of the margin account among the signer's; opened where there is none
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub sub_account: u16,
    #[command(flatten)]
    pub send: SendFlags,
}

impl Arguments {
    /// Deposits.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        let key = context.settings.keypair()?;
        let chain = context.chain()?;
        let decimals = chain.decimals();
        let amount = amount::quote("AMOUNT", &self.amount, decimals, context.output.atoms)?;
        let (owner, addresses) = (key.pubkey(), chain.addresses());
        let authority = Authority { signer: owner, margin_account: addresses.margin_account(&owner, self.sub_account) };
        let source = addresses.tokens_of(&owner);
        let held = chain.venue.connection.tokens(&source)?.unwrap_or_default();
        if held < amount {
            return Err(Failure::Refused(format!(
                "{owner} holds {} in {source}, and AMOUNT is {}: deposit at most that",
                show_atoms(held, decimals),
                show_atoms(amount, decimals)
            )));
        }
        let found = chain.venue.connection.find::<MarginAccount>(&authority.margin_account)?;
        let (mut instructions, mut warnings) = (Vec::new(), Vec::new());
        let before = match found {
            Some(found) => found.state,
            None => {
                instructions.push(open_account(addresses, owner, owner, self.sub_account, None));
                warnings.push(format!(
                    "margin account {} is opened first, as a cross account, for a rent that comes back when it is closed",
                    self.sub_account
                ));
                Account::opened(None)
            }
        };
        let mut after = before;
        plan_deposit(&before, amount)?.apply(&mut after);
        instructions.push(deposit(addresses, authority, source, amount));
        let exchange = chain.exchange();
        let intent = Intent {
            what: format!("deposit {} into margin account {}", show_atoms(amount, decimals), authority.margin_account),
            instructions,
            preview: vec![health::change(&chain, (exchange, &before), (exchange, &after), None)],
            warnings,
            final_because: None,
        };
        Desk { chain: &chain, output: context.output, flags: self.send }.carry_out(&key, intent)
    }
}
