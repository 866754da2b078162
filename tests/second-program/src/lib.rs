//! A program that trades on the exchange: for its users, each within a limit, and for vaults whose leverage it bounds by what the exchange
//! answers. All it knows of the exchange is the committed interface file: `idls` is a link to the folder `idl`.

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
/// First seed of the vaults; the second one is the manager.
pub const VAULT_SEED: &[u8] = b"vault";
/// After a vault's trade its equity at adverse prices is at least so many times its initial margin.
pub const VAULT_COVER: i128 = 2;

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

    /// Opens the margin account of a manager's vault, which the vault itself owns: nobody withdraws from it but by this program.
    pub fn open_vault(ctx: Context<OpenVault>) -> Result<()> {
        let accounts = ctx.accounts;
        let opened = perp_swap::cpi::accounts::OpenAccount {
            owner: accounts.vault.to_account_info(),
            payer: accounts.manager.to_account_info(),
            exchange: accounts.exchange.to_account_info(),
            margin_account: accounts.margin_account.to_account_info(),
            system_program: accounts.system_program.to_account_info(),
        };
        let manager = accounts.manager.key();
        let seeds: &[&[u8]] = &[VAULT_SEED, manager.as_ref(), &[ctx.bumps.vault]];
        let signers = [seeds];
        let call = CpiContext::new_with_signer(accounts.perp_swap.key(), opened, &signers);
        perp_swap::cpi::open_account(call, 0, None)
    }

    /// Puts tokens that lie in the vault's token account into its margin account.
    pub fn fund_vault(ctx: Context<MoveVault>, amount: u64) -> Result<()> {
        let accounts = ctx.accounts;
        let deposited = perp_swap::cpi::accounts::Deposit {
            owner: accounts.vault.to_account_info(),
            exchange: accounts.exchange.to_account_info(),
            margin_account: accounts.margin_account.to_account_info(),
            source: accounts.tokens.to_account_info(),
            vault: accounts.exchange_vault.to_account_info(),
            quote_mint: accounts.quote_mint.to_account_info(),
            token_program: accounts.token_program.to_account_info(),
        };
        let manager = accounts.manager.key();
        let seeds: &[&[u8]] = &[VAULT_SEED, manager.as_ref(), &[ctx.bumps.vault]];
        let signers = [seeds];
        let call = CpiContext::new_with_signer(accounts.perp_swap.key(), deposited, &signers);
        perp_swap::cpi::deposit(call, amount)
    }

    /// Takes tokens out of the vault's margin account to any token account.
    ///
    /// Remaining accounts: the markets of the vault's positions.
    pub fn leave_vault<'info>(ctx: Context<'info, MoveVault<'info>>, amount: u64) -> Result<()> {
        let accounts = ctx.accounts;
        let withdrawn = perp_swap::cpi::accounts::Withdraw {
            owner: accounts.vault.to_account_info(),
            exchange: accounts.exchange.to_account_info(),
            margin_account: accounts.margin_account.to_account_info(),
            vault: accounts.exchange_vault.to_account_info(),
            destination: accounts.tokens.to_account_info(),
            quote_mint: accounts.quote_mint.to_account_info(),
            token_program: accounts.token_program.to_account_info(),
        };
        let manager = accounts.manager.key();
        let seeds: &[&[u8]] = &[VAULT_SEED, manager.as_ref(), &[ctx.bumps.vault]];
        let signers = [seeds];
        let call = CpiContext::new_with_signer(accounts.perp_swap.key(), withdrawn, &signers)
            .with_remaining_accounts(ctx.remaining_accounts.to_vec());
        perp_swap::cpi::withdraw(call, amount)
    }

    /// Fills an order of the manager's for his vault, asks the exchange how the vault stands then, and refuses what leaves it less than
    /// [`VAULT_COVER`] times its initial margin.
    ///
    /// Remaining accounts: the markets of the vault's other positions.
    pub fn trade_for_vault<'info>(
        ctx: Context<'info, TradeForVault<'info>>,
        size: i64,
        acceptable_price: u64,
        reduce_only: bool,
    ) -> Result<()> {
        let accounts = ctx.accounts;
        let order_accounts = perp_swap::cpi::accounts::Trade {
            trader: accounts.vault.to_account_info(),
            exchange: accounts.exchange.to_account_info(),
            margin_account: accounts.margin_account.to_account_info(),
            market: accounts.market.to_account_info(),
            oracle: Some(accounts.oracle.to_account_info()),
        };
        let manager = accounts.manager.key();
        let seeds: &[&[u8]] = &[VAULT_SEED, manager.as_ref(), &[ctx.bumps.vault]];
        let signers = [seeds];
        let mut markets = ctx.remaining_accounts.to_vec();
        let call = CpiContext::new_with_signer(accounts.perp_swap.key(), order_accounts, &signers)
            .with_remaining_accounts(markets.clone());
        perp_swap::cpi::trade(call, size, acceptable_price, reduce_only)?;

        markets.push(accounts.market.to_account_info());
        let asked = perp_swap::cpi::accounts::ViewHealth {
            exchange: accounts.exchange.to_account_info(),
            margin_account: accounts.margin_account.to_account_info(),
        };
        let call = CpiContext::new(accounts.perp_swap.key(), asked).with_remaining_accounts(markets);
        let health = perp_swap::cpi::view_health(call)?.get();
        let needed = i128::from(health.initial_margin) * VAULT_COVER;
        require_gte!(i128::from(health.initial_equity), needed, SecondProgramError::AboveLeverage);
        Ok(())
    }
}

/// Accounts of `open_vault`.
#[derive(Accounts)]
pub struct OpenVault<'info> {
    /// The manager, who pays.
    #[account(mut)]
    pub manager: Signer<'info>,
    /// Owns the margin account.
    /// CHECK: its address is the manager's.
    #[account(seeds = [VAULT_SEED, manager.key().as_ref()], bump)]
    pub vault: UncheckedAccount<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account to be.
    /// CHECK: the exchange checks its address.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// The system program.
    pub system_program: Program<'info, System>,
    /// The exchange's program.
    pub perp_swap: Program<'info, PerpSwap>,
}

/// Accounts of `fund_vault` and, signed by the manager, of `leave_vault`.
#[derive(Accounts)]
pub struct MoveVault<'info> {
    /// The manager.
    pub manager: Signer<'info>,
    /// Owns the margin account and the tokens.
    /// CHECK: its address is the manager's.
    #[account(seeds = [VAULT_SEED, manager.key().as_ref()], bump)]
    pub vault: UncheckedAccount<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The vault's margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// Token account that pays or receives; the vault's own where it pays.
    /// CHECK: the token program checks mint and authority.
    #[account(mut)]
    pub tokens: UncheckedAccount<'info>,
    /// The exchange's vault.
    /// CHECK: the exchange checks it.
    #[account(mut)]
    pub exchange_vault: UncheckedAccount<'info>,
    /// The exchange's quote mint.
    /// CHECK: the exchange checks it.
    pub quote_mint: UncheckedAccount<'info>,
    /// The token program.
    /// CHECK: the exchange checks it.
    pub token_program: UncheckedAccount<'info>,
    /// The exchange's program.
    pub perp_swap: Program<'info, PerpSwap>,
}

/// Accounts of `trade_for_vault`.
#[derive(Accounts)]
pub struct TradeForVault<'info> {
    /// The manager.
    pub manager: Signer<'info>,
    /// Owns the margin account.
    /// CHECK: its address is the manager's.
    #[account(seeds = [VAULT_SEED, manager.key().as_ref()], bump)]
    pub vault: UncheckedAccount<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The vault's margin account.
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
    /// Less than [`VAULT_COVER`] times the initial margin would be left.
    #[msg("The vault's leverage would be above the limit.")]
    AboveLeverage,
}
