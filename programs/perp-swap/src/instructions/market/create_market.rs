use crate::access::check_admin;
use crate::arguments::{check_name, MarketParameters, OracleSource};
use crate::context;
use crate::errors::{denied, refused, require, ExchangeError};
use crate::events::{log, MarketCreated};
use crate::state::{Exchange, Market, VERSION};
use anchor_lang::prelude::*;
use perp_accounts::oracle::OracleBinding;
use perp_engine::market::claims::FULL_CLAIM_FACTOR;
use perp_engine::operations::market::plan_set_backing_target;
use perp_engine::state::Parameters;
use perp_engine::units::{Atoms, MAX_BASE_DECIMALS};

/// Accounts of `create_market`.
#[derive(Accounts)]
#[instruction(index: u16)]
pub struct CreateMarket<'info> {
    /// The exchange's admin; pays for the account.
    #[account(mut)]
    pub admin: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The new market.
    #[account(
        init,
        payer = admin,
        space = Market::SPACE,
        seeds = [Market::SEED, exchange.key().as_ref(), &index.to_le_bytes()],
        bump
    )]
    pub market: AccountLoader<'info, Market>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl CreateMarket<'_> {
    /// # Errors
    /// [`ExchangeError::MissingRole`], [`ExchangeError::WrongMarketIndex`], [`ExchangeError::DecimalsOutOfRange`],
    /// [`ExchangeError::NameNotText`].
    pub fn validate(&self, index: u16, symbol: &[u8], base_decimals: u8) -> Result<()> {
        let Self { admin, exchange, market: _, system_program: _ } = self;
        let exchange = exchange.load()?;
        check_admin(&exchange, admin.key)?;
        require(index == exchange.market_count, ExchangeError::WrongMarketIndex)?;
        require(base_decimals <= MAX_BASE_DECIMALS, ExchangeError::DecimalsOutOfRange)?;
        check_name(symbol)
    }
}

/// Lists a market.
#[allow(clippy::too_many_arguments)] // a listing has as many
pub fn create_market(
    ctx: Context<CreateMarket>,
    index: u16,
    symbol: [u8; 16],
    base_decimals: u8,
    oracle: OracleSource,
    second_oracle: Option<OracleSource>,
    parameters: MarketParameters,
    target_backing: u64,
) -> Result<()> {
    let accounts = ctx.accounts;
    let oracle = OracleBinding::from(oracle);
    oracle.validate().map_err(|rule| denied(rule.into()))?;
    let second_oracle = second_oracle.map(OracleBinding::from);
    if let Some(second) = &second_oracle {
        second.validate_second(&oracle).map_err(|rule| denied(rule.into()))?;
    }
    let parameters = Parameters::from(parameters);
    parameters.validate().map_err(refused)?;
    require(second_oracle.is_some() == (parameters.second_max_age > 0), ExchangeError::SecondOracleParameters)?;
    let target = plan_set_backing_target(Atoms::new(target_backing)).map_err(refused)?;

    let mut exchange = accounts.exchange.load_mut()?;
    exchange.market_count =
        exchange.market_count.checked_add(1).ok_or_else(|| denied(ExchangeError::TooManyMarkets))?;
    let mut market = accounts.market.load_init()?;
    market.exchange = accounts.exchange.key();
    market.oracle = oracle;
    market.second_oracle = second_oracle.unwrap_or(OracleBinding::NONE);
    market.symbol = symbol;
    market.bump = ctx.bumps.market;
    market.version = VERSION;
    market.state.index = index;
    market.state.base_decimals = base_decimals;
    market.state.quote_decimals = exchange.quote_decimals;
    market.state.parameters = parameters;
    market.state.target_backing = target;
    market.state.ledger.claim_factor = FULL_CLAIM_FACTOR;

    log(&MarketCreated {
        exchange: accounts.exchange.key(),
        time: context::now()?,
        market: accounts.market.key(),
        market_index: index,
        market_sequence: market.state.next_event(),
        symbol,
        base_decimals,
        target_backing,
    })?;
    Ok(())
}
