use crate::errors::{refused, ExchangeError};
use crate::events::{AccountClosed, AccountOpened, DelegateSet};
use crate::state::{Exchange, MarginAccount, VERSION};
use anchor_lang::prelude::*;
use perp_engine::state::AccountKind;

/// A new margin account.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenAccountArguments {
    /// Number of the account among its owner's; part of its address.
    pub sub_account: u16,
    /// The only market of an isolated account; none for a cross account.
    pub isolated_market: Option<u16>,
}

#[derive(Accounts)]
#[instruction(arguments: OpenAccountArguments)]
pub struct OpenAccount<'info> {
    pub owner: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(
        init,
        payer = payer,
        space = MarginAccount::SPACE,
        seeds = [
            MarginAccount::SEED,
            exchange.key().as_ref(),
            owner.key().as_ref(),
            &arguments.sub_account.to_le_bytes()
        ],
        bump
    )]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    pub system_program: Program<'info, System>,
}

pub fn open_account(ctx: Context<OpenAccount>, arguments: OpenAccountArguments) -> Result<()> {
    let accounts = ctx.accounts;
    if let Some(market) = arguments.isolated_market {
        if market >= accounts.exchange.load()?.market_count {
            return Err(refused(ExchangeError::WrongMarketIndex));
        }
    }
    let mut account = accounts.margin_account.load_init()?;
    account.exchange = accounts.exchange.key();
    account.owner = accounts.owner.key();
    account.sub_account = arguments.sub_account;
    account.bump = ctx.bumps.margin_account;
    account.version = VERSION;
    let kind = if arguments.isolated_market.is_some() { AccountKind::Isolated } else { AccountKind::Cross };
    account.state.kind = kind as u8;
    account.state.isolated_market = arguments.isolated_market.unwrap_or(0);
    emit!(AccountOpened {
        exchange: account.exchange,
        account: accounts.margin_account.key(),
        owner: account.owner,
        sub_account: arguments.sub_account,
        isolated_market: arguments.isolated_market,
    });
    Ok(())
}

#[derive(Accounts)]
pub struct CloseAccount<'info> {
    #[account(mut)]
    pub owner: Signer<'info>,
    #[account(mut, close = owner, has_one = owner @ ExchangeError::NotTheOwner)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

/// Closes an account that holds nothing and owes nothing; its rent returns to the owner.
pub fn close_account(ctx: Context<CloseAccount>) -> Result<()> {
    let account = ctx.accounts.margin_account.load()?;
    if !account.state.is_empty() {
        return Err(refused(ExchangeError::AccountNotEmpty));
    }
    emit!(AccountClosed { account: ctx.accounts.margin_account.key(), owner: account.owner });
    Ok(())
}

#[derive(Accounts)]
pub struct SetDelegate<'info> {
    pub owner: Signer<'info>,
    #[account(mut, has_one = owner @ ExchangeError::NotTheOwner)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

/// Names who may trade for the account; the default key names nobody.
pub fn set_delegate(ctx: Context<SetDelegate>, delegate: Pubkey) -> Result<()> {
    let mut account = ctx.accounts.margin_account.load_mut()?;
    let before = account.delegate;
    account.delegate = delegate;
    emit!(DelegateSet { account: ctx.accounts.margin_account.key(), before, after: delegate });
    Ok(())
}
