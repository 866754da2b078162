use crate::access::check_owner;
use crate::context;
use crate::errors::refused;
use crate::events::{log, DelegateLimited};
use crate::state::MarginAccount;
use anchor_lang::prelude::*;
use perp_engine::operations::account::plan_delegate_limits;
use perp_engine::state::DelegateLimits;
use perp_engine::units::{Atoms, Timestamp};

/// Accounts of `limit_delegate`.
#[derive(Accounts)]
pub struct LimitDelegate<'info> {
    /// The margin account's owner.
    pub owner: Signer<'info>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

impl LimitDelegate<'_> {
    /// # Errors
    /// [`NotTheOwner`](crate::errors::ExchangeError::NotTheOwner).
    pub fn validate(&self) -> Result<()> {
        let Self { owner, margin_account } = self;
        check_owner(&*margin_account.load()?, owner.key)
    }
}

/// Sets what the margin account's delegate may do at most.
pub fn limit_delegate(
    ctx: Context<LimitDelegate>,
    expires: i64,
    markets: u64,
    largest_notional: u64,
    equity_floor: u64,
    reduce_only: bool,
) -> Result<()> {
    let mut account = ctx.accounts.margin_account.load_mut()?;
    let limits = DelegateLimits {
        expires: Timestamp::new(expires),
        markets,
        largest_notional: Atoms::new(largest_notional),
        equity_floor: Atoms::new(equity_floor),
        limited: 1,
        reduce_only: u8::from(reduce_only),
        padding: [0; 6],
    };
    account.state.delegate = plan_delegate_limits(&limits).map_err(refused)?;
    log(&DelegateLimited {
        exchange: account.exchange,
        time: context::now()?,
        account: ctx.accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        delegate: account.delegate,
        expires,
        markets,
        largest_notional,
        equity_floor,
        reduce_only,
    })?;
    Ok(())
}
