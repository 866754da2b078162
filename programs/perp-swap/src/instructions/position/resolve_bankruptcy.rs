use crate::access::{check_exchange, check_pool};
use crate::context::{session, write_market};
use crate::errors::refused;
use crate::events::{record, BankruptcyResolved, ClaimUsed};
use crate::state::{Exchange, MarginAccount, Market, Pool};
use anchor_lang::prelude::*;
use perp_engine::operations::position::{begin_bankruptcy, Bankruptcy};
use perp_engine::EngineError;

/// Accounts of `resolve_bankruptcy`.
#[event_cpi]
#[derive(Accounts)]
pub struct ResolveBankruptcy<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool, which holds the shared insurance.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The bankrupt margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The market it owes.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl ResolveBankruptcy<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, pool, margin_account, market, event_authority: _, program: _ } = self;
        check_pool(&*exchange.load()?, pool.as_ref().key)?;
        check_exchange(exchange, &margin_account.load()?.exchange)?;
        check_exchange(exchange, &market.load()?.exchange)
    }
}

/// Settles what a bankrupt margin account owes a market.
pub fn resolve_bankruptcy<'info>(ctx: Context<'info, ResolveBankruptcy<'info>>) -> Result<()> {
    let accounts = &ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut account = accounts.margin_account.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let mut pool = accounts.pool.load_mut()?;
    let balance_before = account.state.balance;
    let (insurance_before, shared_insurance_before) = (market.state.ledger.insurance, pool.state.insurance);

    let mut bankruptcy = begin_bankruptcy(&account.state, &market.state, &session).map_err(refused)?;
    let claims_used = set_claims_off(&mut bankruptcy, &mut account, ctx.remaining_accounts)?;
    let plan = bankruptcy.finish(&pool.state, session.clock).map_err(refused)?;
    plan.apply(&mut account.state, &mut market.state, &mut pool.state);

    let event = BankruptcyResolved {
        exchange: account.exchange,
        time: session.clock.now.get(),
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        market: accounts.market.key(),
        market_index: market.state.index,
        market_sequence: market.state.next_event(),
        pool_sequence: pool.state.next_event(),
        debt: plan.debt.get(),
        paid_by_balance: plan.paid_by_balance.get(),
        paid_by_claims: plan.paid_by_claims.get(),
        paid_by_insurance: plan.paid_by_insurance.get(),
        paid_by_shared_insurance: plan.paid_by_shared_insurance.get(),
        written_off: plan.written_off.get(),
        claims_used,
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
        insurance_before: insurance_before.get(),
        insurance_after: market.state.ledger.insurance.get(),
        shared_insurance_before: shared_insurance_before.get(),
        shared_insurance_after: pool.state.insurance.get(),
    };
    record(&event, &accounts.event_authority)
}

/// Sets off the claims in the account's other slots, whose markets are `others` in the order of the slots; markets in
/// which the account holds nothing are passed over.
fn set_claims_off<'info>(
    bankruptcy: &mut Bankruptcy,
    account: &mut MarginAccount,
    others: &'info [AccountInfo<'info>],
) -> Result<Vec<ClaimUsed>> {
    let mut claims_used = Vec::new();
    let mut slots = bankruptcy.other_slots(&account.state).collect::<Vec<_>>().into_iter().peekable();
    for other in others {
        let mut market = write_market(other, &account.exchange)?;
        let Some(slot) = slots.next_if(|slot| market_in(account, *slot) == market.state.index) else { continue };
        let set_off = bankruptcy.set_off(&mut account.state, slot, &mut market.state).map_err(refused)?;
        if !set_off.is_empty() {
            claims_used.push(ClaimUsed {
                market_index: market.state.index,
                market_sequence: market.state.next_event(),
                redeemed: set_off.redeemed.get(),
                set_off: set_off.set_off.get(),
            });
        }
    }
    match slots.next() {
        Some(slot) => Err(refused(EngineError::MarketMissing { expected: market_in(account, slot) })),
        None => Ok(claims_used),
    }
}

/// Index of the market of a slot.
fn market_in(account: &MarginAccount, slot: usize) -> u16 {
    account.state.positions.get(slot).map_or(u16::MAX, |position| position.market)
}
