use crate::access::{check_custody, check_exchange, check_pool};
use crate::context;
use crate::errors::refused;
use crate::events::{log, InsuranceFunded};
use crate::state::{Exchange, Market, Pool};
use crate::token::Transfer;
use anchor_lang::prelude::*;
use perp_engine::operations::market::{plan_fund_market_insurance, plan_fund_shared_insurance};
use perp_engine::units::Atoms;

/// Accounts of `fund_insurance`.
#[derive(Accounts)]
pub struct FundInsurance<'info> {
    /// Who pays.
    pub funder: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool, which holds the shared insurance.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The market whose insurance is funded; none for the shared insurance.
    #[account(mut)]
    pub market: Option<AccountLoader<'info, Market>>,
    /// Token account that pays.
    /// CHECK: the token program checks mint, balance and that the funder may spend it.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// The exchange's vault.
    /// CHECK: its address is the exchange's.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The exchange's quote mint.
    /// CHECK: its address is the exchange's.
    pub quote_mint: UncheckedAccount<'info>,
    /// Program that owns the quote mint.
    /// CHECK: its address is the exchange's.
    pub token_program: UncheckedAccount<'info>,
}

impl FundInsurance<'_> {
    /// # Errors
    /// Those of [`check_custody`], [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { funder: _, exchange, pool, market, source: _, vault, quote_mint, token_program } = self;
        let stored = exchange.load()?;
        check_pool(&stored, pool.as_ref().key)?;
        check_custody(&stored, vault.key, quote_mint.key, token_program.key)?;
        match market {
            Some(market) => check_exchange(exchange, &market.load()?.exchange),
            None => Ok(()),
        }
    }
}

/// Gives tokens to a market's insurance or the shared one.
pub fn fund_insurance(ctx: Context<FundInsurance>, amount: u64) -> Result<()> {
    let accounts = ctx.accounts;
    let amount = Atoms::new(amount);
    let mut event = InsuranceFunded {
        exchange: accounts.exchange.key(),
        time: context::now()?,
        market: accounts.market.as_ref().map(|market| market.key()),
        market_index: None,
        market_sequence: None,
        pool_sequence: None,
        funder: accounts.funder.key(),
        amount: amount.get(),
        before: 0,
        after: 0,
    };
    match &accounts.market {
        Some(market) => {
            let mut market = market.load_mut()?;
            event.before = market.state.ledger.insurance.get();
            market.state.ledger = plan_fund_market_insurance(&market.state, amount).map_err(refused)?;
            event.after = market.state.ledger.insurance.get();
            event.market_index = Some(market.state.index);
            event.market_sequence = Some(market.state.next_event());
        }
        None => {
            let mut pool = accounts.pool.load_mut()?;
            event.before = pool.state.insurance.get();
            pool.state = plan_fund_shared_insurance(&pool.state, amount).map_err(refused)?;
            event.after = pool.state.insurance.get();
            event.pool_sequence = Some(pool.state.next_event());
        }
    }
    log(&event)?;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.quote_mint,
        from: &accounts.source,
        to: &accounts.vault,
        authority: &accounts.funder,
    }
    .by_user(amount, accounts.exchange.load()?.quote_decimals)
}
