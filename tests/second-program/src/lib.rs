//! A program that trades on the exchange for its users, each within a limit. All it knows of the exchange is the
//! committed interface file: `idls` is a link to the folder `idl`.

// Anchor's macros expand to code these lints object to.
#![allow(unexpected_cfgs, clippy::diverging_sub_expression, clippy::too_many_arguments)]

use anchor_lang::prelude::*;
use perp_swap::accounts::{Exchange, MarginAccount, Market};
use perp_swap::program::PerpSwap;

declare_id!("SecondProgram111111111111111111111111111111");
declare_program!(perp_swap);

// The macro above reads the file behind the compiler's back: this makes a new interface compile anew.
const _: &[u8] = include_bytes!("../idls/perp_swap.json");

/// First seed of the delegates; the second one is the owner of the margin accounts.
pub const DELEGATE_SEED: &[u8] = b"delegate";

#[program]
pub mod second_program {
    use super::*;

    /// Fills an order for a margin account that has made [`TradeFor::delegate`] its delegate, and refuses what leaves it
    /// with a position of more than `max_size` base units, long or short, in the market.
    ///
    /// Remaining accounts: those of the exchange's `trade`.
    pub fn trade_for<'info>(
        ctx: Context<'info, TradeFor<'info>>,
        size: i64,
        acceptable_price: u64,
        reduce_only: bool,
        max_size: u64,
    ) -> Result<()> {
        let accounts = ctx.accounts;
        let order_accounts = perp_swap::cpi::accounts::Trade {
            trader: accounts.delegate.to_account_info(),
            exchange: accounts.exchange.to_account_info(),
            margin_account: accounts.margin_account.to_account_info(),
            market: accounts.market.to_account_info(),
            oracle: Some(accounts.oracle.to_account_info()),
        };
        let owner = accounts.owner.key();
        let seeds: &[&[u8]] = &[DELEGATE_SEED, owner.as_ref(), &[ctx.bumps.delegate]];
        let signers = [seeds];
        let call = CpiContext::new_with_signer(accounts.perp_swap.key(), order_accounts, &signers)
            .with_remaining_accounts(ctx.remaining_accounts.to_vec());
        perp_swap::cpi::trade(call, size, acceptable_price, reduce_only)?;

        let index = accounts.market.load()?.state.index;
        let account = accounts.margin_account.load()?;
        let mut positions = account.state.positions.iter();
        let position = positions.find(|position| position.occupied == 1 && position.market == index);
        let held = position.map_or(0, |position| position.size.unsigned_abs());
        require_gte!(max_size, held, SecondProgramError::AboveLimit);
        Ok(())
    }
}

/// Accounts of `trade_for`.
#[derive(Accounts)]
pub struct TradeFor<'info> {
    /// Owner of the margin account.
    pub owner: Signer<'info>,
    /// Signs the order.
    /// CHECK: its address is the owner's, and the exchange compares it with the margin account's delegate.
    #[account(seeds = [DELEGATE_SEED, owner.key().as_ref()], bump)]
    pub delegate: UncheckedAccount<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The market's price account.
    /// CHECK: the exchange compares it with the market's binding.
    pub oracle: UncheckedAccount<'info>,
    /// The exchange's program.
    pub perp_swap: Program<'info, PerpSwap>,
}

/// Why this program refuses what the exchange allows.
#[error_code]
pub enum SecondProgramError {
    /// The position would be larger than `max_size`.
    #[msg("The position would be larger than the limit.")]
    AboveLimit,
}
