use crate::errors::{refused, ExchangeError};
use crate::events::MarketCreated;
use crate::oracle::validate_binding;
use crate::state::{Exchange, Market, OracleArguments, VERSION};
use anchor_lang::prelude::*;
use perp_engine::claims::FULL_CLAIM_FACTOR;
use perp_engine::state::{Parameters, MAX_MARKETS};
use perp_engine::units::Atoms;

/// A new market.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateMarketArguments {
    /// Must be the exchange's next index.
    pub index: u16,
    /// Asset symbol, zero-padded.
    pub symbol: [u8; 16],
    /// One base unit is 10^-`base_decimals` of the asset. 0 ..= 18.
    pub base_decimals: u8,
    pub oracle: OracleArguments,
    pub parameters: Parameters,
    pub target_backing: Atoms,
}

#[derive(Accounts)]
#[instruction(arguments: CreateMarketArguments)]
pub struct CreateMarket<'info> {
    #[account(mut)]
    pub admin: Signer<'info>,
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(
        init,
        payer = admin,
        space = Market::SPACE,
        seeds = [Market::SEED, exchange.key().as_ref(), &arguments.index.to_le_bytes()],
        bump
    )]
    pub market: AccountLoader<'info, Market>,
    pub system_program: Program<'info, System>,
}

pub fn create_market(ctx: Context<CreateMarket>, arguments: CreateMarketArguments) -> Result<()> {
    let exchange_key = ctx.accounts.exchange.key();
    let mut exchange = ctx.accounts.exchange.load_mut()?;
    exchange.require_admin(ctx.accounts.admin.key)?;
    if arguments.index != exchange.market_count {
        return Err(refused(ExchangeError::WrongMarketIndex));
    }
    if usize::from(exchange.market_count) >= MAX_MARKETS {
        return Err(refused(ExchangeError::TooManyMarkets));
    }
    if arguments.base_decimals > 18 {
        return Err(refused(ExchangeError::DecimalsOutOfRange));
    }
    validate_binding(&arguments.oracle.binding().map_err(refused)?).map_err(refused)?;
    arguments.parameters.validate().map_err(refused)?;
    let target_backing = arguments.target_backing.in_range().map_err(refused)?;

    let mut market = ctx.accounts.market.load_init()?;
    market.exchange = exchange_key;
    market.oracle_program = arguments.oracle.program;
    market.oracle_account = arguments.oracle.account;
    market.feed_id = arguments.oracle.feed_id;
    market.oracle_kind = arguments.oracle.kind;
    market.symbol = arguments.symbol;
    market.bump = ctx.bumps.market;
    market.version = VERSION;
    market.state.index = arguments.index;
    market.state.base_decimals = arguments.base_decimals;
    market.state.quote_decimals = exchange.quote_decimals;
    market.state.parameters = arguments.parameters;
    market.state.target_backing = target_backing;
    market.state.books.claim_factor = FULL_CLAIM_FACTOR;
    exchange.market_count = exchange.market_count.checked_add(1).ok_or(refused(ExchangeError::Overflow))?;

    emit!(MarketCreated {
        exchange: exchange_key,
        market: ctx.accounts.market.key(),
        index: arguments.index,
        symbol: arguments.symbol,
        target_backing: target_backing.get(),
    });
    Ok(())
}
